"""The names of the coronary and the pulmonary arteries."""

import numpy as np

from viewer.geometry.names_aorta import Aorta, Side, pulmonary_fork, sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_ways import Step, Way, Ways

ROOT_MM = 38.0
CORONARY_MM = 3.4
TRUNK_MM = 7.0
RISE_MM = 8.0  # from its start, upwards and backwards


def coronary_sides(ways: Ways, aorta: Aorta) -> tuple[list[Side], list[Side]]:
    """What leaves the beginning of an aorta as a left, and as a right coronary artery does."""
    left: list[Side] = []
    right: list[Side] = []
    for side in aorta.sides:
        if side.s_mm >= ROOT_MM or side.caliber_mm >= CORONARY_MM:
            continue
        beyond = ways.joint_radius(side.step) + 12.0
        gone = ways.toward(side.step, beyond)
        if ways.follow(side.step).length_mm < beyond:
            continue
        if gone[0] > 8.0 and gone[0] > -0.5 * gone[1]:
            left.append(side)
        elif gone[1] < -8.0 and gone[0] < 6.0:
            right.append(side)
    return left, right


def name_coronaries(ways: Ways, aorta: Aorta) -> list[Named]:
    """The coronary arteries that leave the root of an aorta."""
    left, right = coronary_sides(ways, aorta)
    out: list[Named] = []
    if left:
        out += _name_left(ways, max(left, key=lambda s: (s.caliber_mm, s.step)).step)
    if right:
        why = "from the root of the aorta forwards and to the right"
        way = ways.follow(max(right, key=lambda s: (s.caliber_mm, s.step)).step)
        out += give(way, "right coronary artery", 0.85, why, to_mm=130.0)
    return out


def _name_left(ways: Ways, step: Step) -> list[Named]:
    """The left main coronary artery, and the two that it parts into."""
    why = "from the root of the aorta to the left"
    main = ways.follow(step)
    fork = next(
        (
            s
            for s in sides_of(ways, main)
            if s.s_mm > 14.0 and s.caliber_mm > 0.5 * main.radius_at(s.s_mm - 2.0)
        ),
        None,
    )
    name = "left main coronary artery"
    if fork is None or fork.s_mm > 50.0:
        return give(main, name, 0.7, why, to_mm=25.0)
    out = give(main, name, 0.85, why, to_mm=fork.s_mm)
    k = main.step_from(fork.s_mm)
    pair = (main.steps[k], fork.step)
    gone = [ways.toward(each, 25.0) for each in pair]
    if abs(gone[0][1] - gone[1][1]) < 12.0:
        return out
    front, back = pair if gone[0][1] < gone[1][1] else pair[::-1]
    end = "of the left main coronary artery"
    out += give(
        ways.follow(front), "left anterior descending artery", 0.8, f"forwards from the fork {end}",
        to_mm=120.0,
    )  # fmt: skip
    return out + give(
        ways.follow(back), "left circumflex artery", 0.8, f"backwards from the fork {end}",
        to_mm=60.0,
    )  # fmt: skip


def name_pulmonary(ways: Ways, piece: tuple[int, ...]) -> list[Named]:
    """The pulmonary trunk and the left and right pulmonary artery of a connected piece."""
    branches = ways.tree.branches
    seed = max(piece, key=lambda b: float(np.median(branches[b].radius_mm)))
    if np.median(branches[seed].radius_mm) < TRUNK_MM:
        return []
    for first in (Step(seed, True), Step(seed, False)):
        trunk = _to_fork(ways, first)
        if trunk is None:
            continue
        way, left, right = trunk
        where = "at the fork of the widest vessel of the lungs"
        out = give(way, "pulmonary trunk", 0.85, "the wide vessel that parts to both lungs")
        for side, on in (("left", left), ("right", right)):
            arm = ways.follow(on)
            end = next(
                (
                    s.s_mm
                    for s in sides_of(ways, arm)
                    if s.s_mm > 12.0 and s.caliber_mm > 0.4 * arm.radius_at(s.s_mm - 3.0)
                ),
                min(40.0, arm.length_mm),
            )
            why = f"to the {side} {where}"
            out += give(arm, f"{side} pulmonary artery", 0.85, why, to_mm=end)
        return out
    return []


def _to_fork(ways: Ways, first: Step) -> tuple[Way, Step, Step] | None:
    """The trunk from the heart to its fork, and the steps to the left and the right lung."""
    for way in (ways.way([first]), ways.follow(first)):
        fork = pulmonary_fork(ways, way)
        if fork is None:
            continue
        node = ways.start(fork[0])
        trunk = [s for s in ways.leaving[node] if s not in fork and ways.caliber(s) > 4.5]
        if not trunk:
            continue
        back = ways.follow(max(trunk, key=ways.caliber))
        rise = back.points_lps[0] - back.points_lps[-1]
        if rise[2] < RISE_MM or rise[1] < RISE_MM:
            continue
        steps = [s.back for s in reversed(back.steps)]
        return ways.way(steps), *fork
    return None
