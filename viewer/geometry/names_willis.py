"""The arteries that join others at the base of the brain, and what they part into segments."""

from collections.abc import Sequence

import numpy as np

from viewer.geometry.names_given import Named, give
from viewer.geometry.names_ways import Step, Ways

JOINED_MM, NEAR_MM = 1.5, 3.0
ANTERIOR_MM, POSTERIOR_MM = (1.0, 12.0), (6.0, 30.0)
BACKWARDS_MM = 4.0
OPENED_MM = 5.0  # from each of the two
TRUNK_MM, LOOK_MM, HIGHER_MM = 18.0, 12.0, 2.0
ALIKE = 0.55
SURE = 0.6
SIDES = ("left", "right")
FIRST_MM = (2.0, 25.0)  # how long A1 and P1 are at the least and at the most


def name_willis(ways: Ways, found: Sequence[Named]) -> list[Named]:
    """The names, with those of the communicating arteries and of what goes by them.

    A communicating artery is a short nameless branch between the two that it joins; where rings
    were opened it may end a little before the second. It parts an anterior cerebral artery into
    A1 and A2, a posterior one into P1 and P2. The middle one parts into two trunks.
    """
    named = {each.branch for each in found if each.name}
    loose = [n for n in range(len(ways.tree.branches)) if n not in named]
    out = list(found)
    both = [f"{side} anterior cerebral artery" for side in SIDES]
    anterior = _between(ways, found, loose, both[0], both[1], ANTERIOR_MM)
    joints, name = np.zeros((0, 3)), "anterior communicating artery"
    if len(anterior) == 1:
        why = "short, between the two anterior cerebral arteries"
        out += give(ways.way(anterior), name, SURE, why)
        joints = ways.points(anterior[0])[[0, -1]]
    elif len(opened := _opened_between(ways, found, *both)) == 1:
        joints, name = np.repeat(opened, 2, axis=0), f"{name}, where a ring of vessels was opened"
    for side, joint in zip(SIDES, joints, strict=False):
        carotid = f"{side} internal carotid artery"
        out = _parted(ways, out, f"{side} anterior cerebral artery", carotid, name, joint)
    for side in SIDES:
        carotid, cerebral = f"{side} internal carotid artery", f"{side} posterior cerebral artery"
        behind = [
            step
            for step in _between(ways, found, loose, carotid, cerebral, POSTERIOR_MM)
            if ways.points(step)[-1][1] - ways.points(step)[0][1] > BACKWARDS_MM
        ]
        if len(behind) == 1:
            name = f"{side} posterior communicating artery"
            why = "backwards from the internal carotid to the posterior cerebral artery"
            out += give(ways.way(behind), name, SURE, why)
            joint = ways.points(behind[0])[-1]
            out = _parted(ways, out, cerebral, "basilar artery", name, joint)
        out += _trunks(ways, found, side)
    return out


def _parted(
    ways: Ways, found: list[Named], name: str, origin: str, communicating: str, joint: np.ndarray
) -> list[Named]:
    """The names, with a cerebral artery in two segments: from its origin to a joint, and beyond."""
    own = [each for each in found if each.name == name]
    at, steps = _points(ways, found, origin), []
    for branch in dict.fromkeys(each.branch for each in own):
        line = ways.tree.branches[branch].points_lps
        steps.append(Step(branch, _far(at, line[0]) <= _far(at, line[-1])))
        at = ways.points(steps[-1])[-1:]
    way = ways.way(steps)
    end = sum(last - first for _, first, last in {(n.branch, n.from_mm, n.to_mm) for n in own})
    cut = float(way.s_mm[np.linalg.norm(way.points_lps - joint, axis=1).argmin()])
    if not FIRST_MM[0] <= cut <= min(FIRST_MM[1], end):
        return found
    letter = "A" if "anterior" in name else "P"
    sure = min(SURE, *(each.confidence for each in own))
    why = f"from the {origin} to the {communicating}", f"beyond the {communicating}"
    return [
        *(each for each in found if each.name != name),
        *give(way, f"{name} {letter}1", sure, why[0], to_mm=cut),
        *give(way, f"{name} {letter}2", sure, why[1], from_mm=cut, to_mm=end),
    ]


def _between(
    ways: Ways,
    found: Sequence[Named],
    loose: list[int],
    one: str,
    other: str,
    long: tuple[float, float],
) -> list[Step]:
    """The nameless branches (as steps from the first) between two arteries, by their length."""
    first, second = _points(ways, found, one), _points(ways, found, other)
    if not (len(first) and len(second)):
        return []
    out = []
    for number in loose:
        if not long[0] <= ways.tree.branches[number].length_mm <= long[1]:
            continue
        for step in (Step(number, True), Step(number, False)):
            start, end = ways.points(step)[0], ways.points(step)[-1]
            joined = _far(first, start) < JOINED_MM, _far(second, end) < JOINED_MM
            near = _far(first, start) < NEAR_MM and _far(second, end) < NEAR_MM
            if any(joined) and near:
                out.append(step)
                break
    return out


def _opened_between(ways: Ways, found: Sequence[Named], one: str, other: str) -> np.ndarray:
    """The places (n,3) between two arteries at which a ring was opened, so that no branch is left.

    A ring is opened where it is thinnest, so in what joins the two.
    """
    sides = _points(ways, found, one), _points(ways, found, other)
    places = [np.array(r.point_lps) for r in ways.tree.repairs if r.kind == "loop"]
    if not all(len(points) for points in sides):
        return np.zeros((0, 3))
    near = [p for p in places if max(_far(points, p) for points in sides) < OPENED_MM]
    return np.array(near).reshape(-1, 3)


def _points(ways: Ways, found: Sequence[Named], name: str) -> np.ndarray:
    """The points (n,3) of the stretches that bear a name."""
    parts = []
    for each in found:
        if each.name == name:
            branch = ways.tree.branches[each.branch]
            own = (branch.s_mm >= each.from_mm - 0.5) & (branch.s_mm <= each.to_mm + 0.5)
            parts.append(branch.points_lps[own])
    return np.concatenate(parts) if parts else np.zeros((0, 3))


def _far(points_lps: np.ndarray, point_lps: np.ndarray) -> float:
    return float(np.linalg.norm(points_lps - point_lps, axis=1).min())


def _trunks(ways: Ways, found: Sequence[Named], side: str) -> list[Named]:
    """The two trunks into which a middle cerebral artery parts: the upper and the lower one."""
    own = [each for each in found if each.name == f"{side} middle cerebral artery"]
    branches = {each.branch for each in own}
    for each in own:
        length = ways.tree.branches[each.branch].length_mm
        for step, at_end in (
            (Step(each.branch, True), each.to_mm >= length - 0.1),
            (Step(each.branch, False), each.from_mm <= 0.1),
        ):
            pair = [on for on in ways.ahead(step) if on.branch not in branches]
            if not at_end or len(pair) != 2 or len(pair) != len(ways.ahead(step)):
                continue
            wide = sorted(ways.caliber(on) for on in pair)
            high = [float(ways.toward(on, LOOK_MM)[2]) for on in pair]
            if wide[0] < ALIKE * wide[1] or abs(high[0] - high[1]) < HIGHER_MM:
                continue
            upper = int(np.argmax(high))
            out = []
            for kind, on in (("superior", pair[upper]), ("inferior", pair[1 - upper])):
                why = f"the {kind} one of the two that the middle cerebral artery parts into"
                way = ways.follow(on)
                out += give(way, f"{side} {kind} M2 trunk", 0.55, why, to_mm=TRUNK_MM)
            return out
    return []
