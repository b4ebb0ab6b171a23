"""The names of what leaves the arch of the aorta: to the neck and to the arms."""

import numpy as np

from viewer.geometry.names_aorta import Aorta, Side, sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_neck import name_carotid, name_vertebral
from viewer.geometry.names_ways import Step, Way, Ways

LEAST_MM = 1.4
MAIN_MM = 2.3
RISE = 0.35  # of the way gone
AXILLARY_MM = (18.0, 45.0)  # beyond the top of the subclavian artery


def arch_sides(ways: Ways, aorta: Aorta) -> list[Side]:
    """What leaves the arch upwards, from the heart on."""
    if aorta.arch_mm is None:
        return []
    low, high = aorta.arch_mm[0] - 30.0, aorta.arch_mm[1] + 25.0
    out = []
    for side in aorta.sides:
        if not low <= side.s_mm <= high or side.caliber_mm < LEAST_MM:
            continue
        gone = ways.toward(side.step, ways.joint_radius(side.step) + 25.0)
        if gone[2] > RISE * np.linalg.norm(gone) and gone[2] > 8.0:
            out.append(side)
    return out


def name_arch_arteries(ways: Ways, sides: list[Side], whole: bool) -> list[Named]:
    """Brachiocephalic, carotid, subclavian and vertebral arteries from what leaves the arch.

    Named by their order and by where they go; an arch that fits no known kind has no names.
    Where the arch is not `whole`, two arteries may be any two.
    """
    main = [s for s in sides if s.caliber_mm >= MAIN_MM]
    thin = [s for s in sides if s.caliber_mm < MAIN_MM]
    if len(main) == 4:
        return _four(ways, main, thin)
    if len(main) == 3:
        return _three(ways, main, thin)
    if len(main) == 2 and whole:
        return _two(ways, main, thin)
    return []


def _three(ways: Ways, main: list[Side], thin: list[Side]) -> list[Named]:
    """The usual arch, or one with the right subclavian artery last and a common carotid trunk."""
    if _to_right(ways, main[-1]) and _parts(ways, main[-1].step) is None:
        return []  # a right subclavian artery that comes last: not told apart with three
    order = "of three arteries from the arch"
    left = _thin_vertebral(ways, thin, main)
    return [
        *name_brachiocephalic(ways, main[0].step, 0.9, f"first {order}"),
        *name_carotid(ways, main[1].step, "left", 0.9, f"second {order}"),
        *name_subclavian(ways, main[2].step, "left", 0.9, f"third {order}", vertebral=not left),
        *left,
    ]


def _four(ways: Ways, main: list[Side], thin: list[Side]) -> list[Named]:
    """An aberrant right subclavian artery, or a thick left vertebral artery from the arch."""
    if _to_right(ways, main[3]):
        why = "of four arteries from the arch, of which the last goes behind to the right"
        return [
            *name_carotid(ways, main[0].step, "right", 0.8, f"first {why}"),
            *name_carotid(ways, main[1].step, "left", 0.8, f"second {why}"),
            *name_subclavian(ways, main[2].step, "left", 0.8, f"third {why}"),
            *name_subclavian(ways, main[3].step, "right", 0.8, f"last {why}"),
        ]
    least = min(main[1:], key=lambda s: s.caliber_mm)
    if least.caliber_mm < 0.75 * min(s.caliber_mm for s in main if s is not least):
        return _three(ways, [s for s in main if s is not least], [*thin, least])
    return []


def _two(ways: Ways, main: list[Side], thin: list[Side]) -> list[Named]:
    """A common trunk for the brachiocephalic and the left carotid artery, then the subclavian."""
    split = _parts(ways, main[0].step)
    if split is None or main[0].caliber_mm < main[1].caliber_mm or _to_right(ways, main[1]):
        return []
    left = _thin_vertebral(ways, thin, main)
    why = "of two arteries from the arch"
    return [
        *name_brachiocephalic(ways, main[0].step, 0.75, f"first {why}"),
        *name_subclavian(ways, main[1].step, "left", 0.8, f"last {why}", vertebral=not left),
        *left,
    ]


def _thin_vertebral(ways: Ways, thin: list[Side], main: list[Side]) -> list[Named]:
    """A thin artery between the left carotid and the subclavian artery that rises far."""
    out: list[Named] = []
    for side in thin:
        between = main[-2].s_mm - 3.0 < side.s_mm < main[-1].s_mm + 5.0
        if between and ways.toward(side.step, 90.0)[2] > 45.0:
            why = "thin, from the arch beside the left subclavian artery, and rises far"
            out += name_vertebral(ways, side.step, "left", 0.7, why)
    return out


def _to_right(ways: Ways, side: Side) -> bool:
    """Whether an artery from the arch goes to the patient's right."""
    return bool(ways.toward(side.step, 60.0)[0] < -12.0)


def _parts(ways: Ways, step: Step) -> tuple[Way, list[Side]] | None:
    """The trunk from a step to where it parts for good, and what sets out there and before."""
    way = ways.follow(step)
    sides = [s for s in sides_of(ways, way) if s.caliber_mm >= 1.9 and s.s_mm < 90.0]
    strong = [s for s in sides if s.caliber_mm >= 0.35 * way.middle_radius(8.0, s.s_mm)]
    return (way, strong) if strong else None


def name_brachiocephalic(ways: Ways, step: Step, sure: float, why: str) -> list[Named]:
    """The brachiocephalic artery, with the right carotid and subclavian arteries it parts into.

    A left carotid artery that leaves it is named too.
    """
    name = "brachiocephalic artery"
    found = _parts(ways, step)
    if found is None:
        return give(ways.follow(step), name, sure, why, to_mm=60.0)
    start = ways.points(step)[0]
    arm = ways.way_to(step, lambda p: -(p[:, 0] - start[0]))
    carotid = _carotid_of(ways, arm)
    if carotid is None:
        trunk = ways.way(arm.steps[:1])
        return [
            *give(trunk, name, 0.8 * sure, why, to_mm=60.0),
            *_left_carotid(ways, arm, 0.7 * sure, why),
        ]
    common = arm.step_from(carotid.s_mm)
    out = give(ways.way(arm.steps[:common]), name, sure, why)
    parent = "parts from the brachiocephalic artery"
    out += name_subclavian(ways, arm.steps[common], "right", sure, f"{parent} to the right arm")
    out += name_carotid(ways, carotid.step, "right", sure, f"{parent} to the neck")
    return out + _left_carotid(ways, ways.way(arm.steps[: common + 1]), 0.9 * sure, why, carotid)


def _left_carotid(
    ways: Ways, trunk: Way, sure: float, why: str, right: Side | None = None
) -> list[Named]:
    """A left carotid artery that leaves the brachiocephalic artery, beside the `right` one."""
    for side in sides_of(ways, trunk):
        gone = ways.toward(side.step, 60.0)
        own = right is not None and side.step == right.step
        if not own and side.caliber_mm > MAIN_MM and gone[0] > 10.0 and gone[2] > 15.0:
            reason = f"leaves the brachiocephalic artery to the left: {why}"
            return name_carotid(ways, side.step, "left", sure, reason)
    return []


def _carotid_of(ways: Ways, arm: Way) -> Side | None:
    """The right carotid artery: the thick vessel that leaves the way to the arm and rises."""
    for side in sides_of(ways, arm):
        gone = ways.toward(side.step, 50.0)
        thick = side.caliber_mm > 0.42 * arm.middle_radius(8.0, side.s_mm)
        if thick and gone[2] > 15.0 and gone[0] < 8.0 and side.s_mm > 12.0:
            return side
    return None


def name_subclavian(
    ways: Ways, step: Step, side: str, sure: float, why: str, *, vertebral: bool = True
) -> list[Named]:
    """A subclavian artery, the axillary artery beyond it, and the vertebral artery from it."""
    sign = 1.0 if side == "left" else -1.0
    way = ways.way_to(step, lambda p: sign * p[:, 0])
    top = float(way.s_mm[int(np.argmax(way.points_lps[:, 2]))])
    near, far = (top + each for each in AXILLARY_MM)
    out = give(way, f"{side} subclavian artery", sure, why, to_mm=near)
    reason = f"beyond the top of the {side} subclavian artery, downwards to the arm"
    out += give(way, f"{side} axillary artery", 0.8 * sure, reason, from_mm=far)
    if not vertebral:
        return out
    risers = []
    for each in sides_of(ways, way):
        gone = ways.toward(each.step, 70.0)
        if each.caliber_mm > 0.9 and gone[2] > 25.0 and each.s_mm < top + 15.0:
            risers.append((gone[2], each))
    if risers:
        best = max(risers, key=lambda r: r[0])[1]
        reason = f"leaves the {side} subclavian artery upwards and rises farthest"
        out += name_vertebral(ways, best.step, side, 0.9 * sure, reason)
    return out
