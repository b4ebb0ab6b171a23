"""Angles between vessels, measured where each runs free of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.spatial import cKDTree

from viewer.geometry.frames import Frames
from viewer.geometry.number import Number, unknown
from viewer.geometry.tree import Branch, VesselTree

STRETCH_MM, STRETCH_DIAMETERS = 5.0, 3.0
LEAST_MM = 3.0
PLACE_SD_MM = 0.1
TOGETHER_MM = 3.0  # so far along a path its error is one and the same
FREE = 1.05  # of the sum of two radii
DAUGHTERS, TURN = "between daughters", "off the line of the parent"
TOO_SHORT = "Less than 3 mm of {} runs free of the joint."


@dataclass(frozen=True)
class BranchAngle:
    """The angle (degrees) between two branches of a joint at `point_lps` (3,).

    `kind` is `DAUGHTERS` for two that leave, or `TURN` for how far the second leaves the line in
    which the first arrives.
    """

    branches: tuple[int, int]
    kind: str
    point_lps: np.ndarray
    angle: Number


@dataclass(frozen=True)
class Heading:
    """The direction (3,) of a stretch of a path, and how far off it may be (radians)."""

    direction: np.ndarray
    sd: float


@dataclass(frozen=True)
class NeckAngles:
    """How far the neck of an abdominal aneurysm turns, in degrees; 0 is straight.

    `alpha` between the aorta above the renal arteries and the neck, `beta` between the neck and
    the sac (van Keulen et al. 2009).
    """

    alpha: Number
    beta: Number


def branch_angles(tree: VesselTree) -> tuple[BranchAngle, ...]:
    """All angles at all joints, from the branches' directions beyond the joint's sphere.

    A direction is that of a line through the stretch, a few diameters long, that begins where the
    branch is out of the largest sphere at the joint and clear of the walls of its neighbors.
    """
    found: list[BranchAngle] = []
    for parent, children in enumerate(tree.children):
        if children:
            found += _at_joint(tree, parent, children)
    return tuple(found)


def _at_joint(tree: VesselTree, parent: int, children: Sequence[int]) -> list[BranchAngle]:
    """The angles between a branch and those that leave its end."""
    joint = tree.branches[parent].points_lps[-1]
    ways = {n: _leaving(tree.branches[n]) for n in children} | {
        parent: _leaving(tree.branches[parent], turned=True)
    }
    sphere = max(float(way.radius_mm[0]) for way in ways.values())
    headings = {n: _beyond(n, ways, sphere) for n in ways}
    pairs = [(a, b, DAUGHTERS) for a, b in combinations(children, 2)]
    pairs += [(parent, child, TURN) for child in children]
    out = []
    for one, two, kind in pairs:
        method = f"lines through the centerlines beyond the joint's sphere, {kind}"
        first, second = headings[one], headings[two]
        if first is None or second is None:
            short = one if first is None else two
            name = tree.branches[short].name or f"branch {short}"
            angle = unknown("deg", method, TOO_SHORT.format(name))
        else:
            sign = -1.0 if kind == TURN else 1.0
            angle = _between(Heading(sign * first.direction, first.sd), second, method)
        out.append(BranchAngle((one, two), kind, joint, angle))
    return out


def _leaving(branch: Branch, *, turned: bool = False) -> Branch:
    """A branch as it runs away from the joint."""
    order = slice(None, None, -1 if turned else 1)
    return Branch(branch.points_lps[order].copy(), branch.radius_mm[order].copy())


def _beyond(number: int, ways: dict[int, Branch], sphere_mm: float) -> Heading | None:
    """The direction of one way from a joint, where it is free; None where too little of it is."""
    own = ways[number]
    far = np.linalg.norm(own.points_lps - own.points_lps[0], axis=1)
    free = far > sphere_mm
    for other, way in ways.items():
        if other != number:
            gap, nearest = cKDTree(way.points_lps).query(own.points_lps)
            free &= gap > FREE * (own.radius_mm + way.radius_mm[nearest])
    if not free.any():
        return None
    start = float(own.s_mm[np.argmax(free)])
    radius = float(np.median(own.radius_mm[free]))
    stretch = max(STRETCH_MM, 2 * STRETCH_DIAMETERS * radius)
    # The far end belongs to the next joint.
    end = min(start + stretch, own.length_mm - float(own.radius_mm[-1]))
    return heading(own.points_lps, own.s_mm, start, max(end, start + LEAST_MM))


def heading(
    points_lps: np.ndarray,
    s_mm: np.ndarray,
    from_mm: float,
    to_mm: float,
    *,
    place_sd_mm: float = PLACE_SD_MM,
) -> Heading | None:
    """The direction of a path (n,3) between two places; None where less than 3 mm of it is there.

    It is that of the line of least squares; half of what the path turns within is added to what
    is not known of it.
    """
    inside = (s_mm >= from_mm - 1e-9) & (s_mm <= to_mm + 1e-9)
    if inside.sum() < 3 or np.ptp(s_mm[inside]) < LEAST_MM - 0.5:
        return None
    points, s = points_lps[inside], s_mm[inside]
    direction = _line(points, s)
    half = len(s) // 2
    turn = 0.0
    if half >= 2:
        turn = _angle(_line(points[: half + 1], s[: half + 1]), _line(points[half:], s[half:]))
    length = float(np.ptp(s))
    independent = max(length / TOGETHER_MM, 2.0)
    noise = place_sd_mm / length * np.sqrt(12 / independent)
    return Heading(direction, float(np.hypot(noise, 0.25 * turn)))


def _line(points_lps: np.ndarray, s_mm: np.ndarray) -> np.ndarray:
    away = s_mm - s_mm.mean()
    slope = away @ points_lps
    return np.asarray(slope / max(float(np.linalg.norm(slope)), 1e-12))


def _angle(one: np.ndarray, two: np.ndarray) -> float:
    """The angle (radians) between two directions."""
    return float(np.arctan2(np.linalg.norm(np.cross(one, two)), one @ two))


def _between(one: Heading, two: Heading, method: str) -> Number:
    degrees = np.degrees(_angle(one.direction, two.direction))
    return Number(float(degrees), float(np.degrees(np.hypot(one.sd, two.sd))), "deg", method)


def neck_angles(
    frames: Frames,
    renal_mm: float,
    sac_from_mm: float,
    sac_to_mm: float,
    *,
    above_mm: float = 30.0,
) -> NeckAngles:
    """The angles of a neck along a path that runs with the blood.

    The neck goes from the lowest renal artery at `renal_mm` to `sac_from_mm`, where the aneurysm
    begins; the sac goes on to `sac_to_mm`. Above, `above_mm` of the aorta count.
    """
    if not renal_mm < sac_from_mm < sac_to_mm:
        raise ValueError("the renal artery, the sac's beginning and its end must follow in order")
    points, s = frames.points_lps, frames.s_mm
    above = heading(points, s, renal_mm - above_mm, renal_mm)
    neck = heading(points, s, renal_mm, sac_from_mm)
    sac = heading(points, s, sac_from_mm, sac_to_mm)
    pairs = [
        (above, neck, "between the suprarenal aorta and the neck, lines through the centerline"),
        (neck, sac, "between the neck and the sac, lines through the centerline"),
    ]
    names = [("the suprarenal aorta", "the neck"), ("the neck", "the sac")]
    out = []
    for (one, two, method), (first, second) in zip(pairs, names, strict=True):
        if one is None or two is None:
            short = first if one is None else second
            out.append(unknown("deg", method, f"Less than 3 mm of {short} is in the path."))
        else:
            out.append(_between(one, two, method))
    return NeckAngles(*out)
