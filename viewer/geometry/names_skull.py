"""The names of neck and head where a scan begins above the arch of the aorta."""

import numpy as np

from viewer.geometry.names_arch import name_brachiocephalic, name_subclavian
from viewer.geometry.names_given import Named
from viewer.geometry.names_head import end_of_carotid, name_carotid_ends
from viewer.geometry.names_neck import carotid_fork, name_carotid, name_vertebral, vertebral_end
from viewer.geometry.names_ways import Step, Way, Ways

LEAST_MM = 1.3
LOW_MM = 20.0
BELOW_MM = 14.0
ASIDE_MM = 7.0
BESIDE_MM = 60.0
FAR_ASIDE_MM = 25.0
TALL_MM = 430.0
ARM_MM = 55.0
FAR_MM = 200.0
STEADY = 1.5
BEHIND_MM = 18.0
CENTRAL_MM = 5.0
UPRIGHT, UPRIGHT_MM = 0.75, 40.0
INTERNAL_MM = 60.0  # an internal carotid artery is longer
GREAT_MM, GREAT_LONG_MM = 7.0, 70.0  # radius and length: no artery of the neck is both


def name_from_below(ways: Ways, pieces: list[tuple[int, ...]], others: list[Step]) -> list[Named]:
    """Names of what comes into a scan of neck or head through its lowest slices.

    `others` lead to vessels that come from a cut arch.
    """
    branches = {b for piece in pieces for b in piece}.union(*(ways.beyond(s) for s in others))
    if not branches:
        return []
    points = np.concatenate([ways.tree.branches[b].points_lps for b in sorted(branches)])
    floor, middle = float(points[:, 2].min()), _middle(ways.tree.points_lps)
    low = [s for s in _entering(ways, branches, floor) if s not in others]
    entering = [s for s in (*low, *others) if ways.caliber(s) >= LEAST_MM and not _great(ways, s)]
    if len(entering) < 2 or float(points[:, 2].max()) - floor > TALL_MM:
        return []  # one vessel that rises may be any, and legs are longer than a neck
    out: list[Named] = []
    rest: list[tuple[Step, str]] = []
    for step in entering:
        x = ways.points(step)[0][0] - middle
        side = "left" if x > 0 else "right"
        named = _trunk(ways, step, side, middle)
        out += named
        if not named and ASIDE_MM < abs(x) < BESIDE_MM:
            rest.append((step, side))
    return out + _in_head(ways, rest, middle)


def _middle(points_lps: np.ndarray) -> float:
    """Where the body's middle lies from right to left (mm), by the upper half of its vessels."""
    z = points_lps[:, 2]
    x = points_lps[z >= 0.5 * (z.min() + z.max()), 0]
    return float(np.mean(np.percentile(x, [4, 96])))


def _entering(ways: Ways, branches: set[int], floor: float) -> list[Step]:
    """The steps that lead up from ends near the lowest slices, or from a sliver of a cut arch."""
    out = []
    for steps in ways.leaving.values():
        start = ways.points(steps[0])[0]
        if start[2] > floor + LOW_MM or steps[0].branch not in branches:
            continue
        if any(ways.points(s)[-1][2] < start[2] - BELOW_MM for s in steps):
            continue  # something comes here from below
        out += [s for s in steps if ways.toward(s, 25.0)[2] > 8.0]
    return out


def _great(ways: Ways, step: Step) -> bool:
    """Whether what rises is the aorta of the chest or belly."""
    way = ways.follow(step)
    wide = way.middle_radius(0.0, GREAT_LONG_MM) >= GREAT_MM
    return bool(wide and way.length_mm >= GREAT_LONG_MM)


def _trunk(ways: Ways, step: Step, side: str, middle: float) -> list[Named]:
    """A brachiocephalic, subclavian or common carotid artery from below."""
    reach = ways.reach(step)
    start = ways.points(step)[0]
    arms = [
        ways.way_to(step, lambda p: np.asarray(p[:, 0])),
        ways.way_to(step, lambda p: np.asarray(-p[:, 0])),
    ]
    low = np.array([a.points_lps[-1, 0] - middle for a in arms if a.length_mm < FAR_MM] or [0.0])
    high = float(reach[:, 2].max() - start[2])
    why = "comes from below"
    wide = ways.caliber(step)
    if low.min() < -ARM_MM and wide > 4.0 and high > 50.0 and start[0] < middle + 25.0:
        return name_brachiocephalic(ways, step, 0.7, f"{why} and parts to arm and neck")
    if low.max() > ARM_MM and side == "left" and wide > 3.2:
        return name_subclavian(ways, step, side, 0.7, f"{why} and goes to the arm")
    if np.abs(low).max() > ARM_MM:
        return []
    way = ways.follow(step)
    fork = carotid_fork(ways, way, 10.0)
    end = end_of_carotid(ways, way, side)
    if fork is None or (end is not None and end[0] < fork.s_mm + INTERNAL_MM):
        return []
    upright = min(UPRIGHT_MM, fork.s_mm)
    if way.at(fork.s_mm)[2] - way.at(fork.s_mm - upright)[2] < UPRIGHT * upright:
        return []  # the bends of an internal carotid artery in the skull's base
    if ways.caliber(step) > 2.2 and abs(start[0] - middle) < 45.0:
        named = name_carotid(ways, step, side, 0.75, f"{why} and parts in two that rise", 10.0)
        if any("internal" in each.name for each in named):
            return named
    return []


def _in_head(ways: Ways, entering: list[tuple[Step, str]], middle: float) -> list[Named]:
    """Internal carotid and vertebral arteries that come in below the skull's base."""
    out: list[Named] = []
    entering = [each for each in entering if not _far_fellow(ways, each[0], middle)]
    for side in ("left", "right"):
        mine = [step for step, which in entering if which == side]
        mine = sorted(mine, key=lambda s: -ways.points(s)[0][1])
        vertebral = [s for s in mine[:1] if _steady_to_fellow(ways, s)]
        for step in vertebral[:1]:
            why = "comes from below and meets its fellow in the middle"
            out += name_vertebral(ways, step, side, 0.8, why)
        others = [s for s in mine if s not in vertebral and ways.caliber(s) > 1.6]
        if not vertebral and len(others) > 1:
            others = others[1:]  # the one behind may be a vertebral artery
        for step in others:
            way = ways.follow(step)
            named = name_carotid_ends(ways, way, side, 0.75, "comes from below to the brain")
            if len({each.name for each in named}) < 2 or not _inner(way, side):
                continue
            end = end_of_carotid(ways, way, side)
            if end is not None and abs(way.at(end[0])[0] - middle) > CENTRAL_MM:
                out += named
                break
    return out


def _far_fellow(ways: Ways, step: Step, middle: float) -> bool:
    """Whether a vessel meets an alike one far from the body's middle, as in a calf."""
    found = vertebral_end(ways, step)
    if found is None:
        return False
    way, k = found
    return bool(abs(way.at(way.begins_mm[k])[0] - middle) > FAR_ASIDE_MM)


def _steady_to_fellow(ways: Ways, step: Step) -> bool:
    """Whether a vessel meets an alike one in the middle, and is as thick all the way there."""
    found = vertebral_end(ways, step)
    if found is None:
        return False
    way, k = found
    forwards = way.points_lps[0, 1] - way.at(way.begins_mm[k])[1]
    if forwards > BEHIND_MM:
        return False  # an internal carotid artery that meets the basilar one
    return way.middle_radius(0.0, way.begins_mm[k]) < STEADY * ways.caliber(step)


def _inner(way: Way, side: str) -> bool:
    """Whether a way turns to the middle before it parts."""
    sign = 1 if side == "left" else -1
    x = sign * way.points_lps[:, 0]
    return bool(x[0] - x[: int(0.8 * len(x))].min() > ASIDE_MM)
