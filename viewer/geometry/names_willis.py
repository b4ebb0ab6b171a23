"""The arteries that join others at the base of the brain, and the trunks beyond the middle one."""

from collections.abc import Sequence

import numpy as np

from viewer.geometry.names_given import Named, give
from viewer.geometry.names_ways import Step, Ways

JOINED_MM, NEAR_MM = 1.5, 3.0
ANTERIOR_MM, POSTERIOR_MM = (1.0, 12.0), (6.0, 30.0)
BACKWARDS_MM = 4.0
TRUNK_MM, LOOK_MM, HIGHER_MM = 18.0, 12.0, 2.0
ALIKE = 0.55
SURE = 0.6


def name_willis(ways: Ways, found: Sequence[Named]) -> list[Named]:
    """The communicating arteries between named ones, and the trunks of the middle cerebral artery.

    A communicating artery is a short nameless branch between the two that it joins; where rings
    were opened it may end a little before the second.
    """
    named = {each.branch for each in found if each.name}
    loose = [n for n in range(len(ways.tree.branches)) if n not in named]
    out: list[Named] = []
    anterior = _between(
        ways, found, loose, "left anterior cerebral", "right anterior cerebral", ANTERIOR_MM
    )
    if len(anterior) == 1:
        why = "short, between the two anterior cerebral arteries"
        out += give(ways.way(anterior), "anterior communicating artery", SURE, why)
    for side in ("left", "right"):
        ends = (f"{side} internal carotid", f"{side} posterior cerebral")
        behind = [
            step
            for step in _between(ways, found, loose, *ends, POSTERIOR_MM)
            if ways.points(step)[-1][1] - ways.points(step)[0][1] > BACKWARDS_MM
        ]
        if len(behind) == 1:
            why = "backwards from the internal carotid to the posterior cerebral artery"
            out += give(ways.way(behind), f"{side} posterior communicating artery", SURE, why)
        out += _trunks(ways, found, side)
    return out


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


def _points(ways: Ways, found: Sequence[Named], name: str) -> np.ndarray:
    """The points (n,3) of the stretches that bear a name."""
    parts = []
    for each in found:
        if each.name == f"{name} artery":
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
