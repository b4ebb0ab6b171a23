"""An occlusion, and the winding collaterals that carry blood past it."""

import numpy as np

from viewer.geometry.tree import Branch, distance_along
from viewer.phantom.scene import FILLS, Lesion, Solid, Vessels
from viewer.phantom.shapes import box_around
from viewer.phantom.site import Change, Course, Site, rejoined, split
from viewer.phantom.tissue import Tissue
from viewer.phantom.vessels import STEP_MM

# How far past the wall the round ends of a clot would reach: they meet the wall at a slant.
ROUND_MM = 1.5


def occlusion(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A stretch filled with clot, bridged by thin winding branches that refill what follows.

    Severity is its length: from a quarter to three quarters of the way between the collaterals.
    """
    course, radius = site.course, site.radius_mm
    half = 0.5 * (0.25 + 0.5 * severity) * site.length_mm
    part = course.part(site.middle_mm - half, site.middle_mm + half)
    clot, clot_mm2 = _clot(part, vessels.blood[course.chain[0]])
    end = course.point_at(site.to_mm)
    after = vessels
    for at_mm in (site.to_mm, site.from_mm):
        number, within = _where(course, at_mm)
        after = split(after, number, within)
    first = _where(course, site.from_mm)[0]
    count = 2 + int(rng.integers(0, 2)) + round(severity)
    branches, blood = list(after.tree.branches), list(after.blood)
    thin = []
    for n in range(count):
        turn = 2 * np.pi * (n + rng.uniform(-0.3, 0.3)) / count
        bridge = _collateral(branches[first].points_lps[-1], end, course, site, turn, rng)
        thin.append(float(np.clip(radius * rng.uniform(0.16, 0.3), 0.5, 2.0)))
        radii = np.full(len(bridge), thin[-1])
        branches.append(Branch(bridge, radii, first, f"collateral {n + 1}"))
        blood.append(after.blood[first])
    after = rejoined(branches, blood)
    numbers = {
        "occluded_length_mm": float(part.s_mm[-1]),
        "reference_diameter_mm": 2 * radius,
        "clot_volume_ml": float(np.trapezoid(clot_mm2, part.s_mm)) / 1000,
        "collateral_count": float(count),
        "collateral_diameter_mm": 2 * float(np.mean(thin)),
    }
    return Change(after, (clot,), (_lesion(severity, part, after, numbers),))


def _clot(part: Course, blood: Tissue) -> tuple[Solid, np.ndarray]:
    """Clot that fills a part of a course, round at both ends, and its area at each point (mm2)."""
    middle = 0.5 * part.s_mm[-1]
    cap_mm = min(2 * float(np.median(part.radius_mm)), middle)

    def outer(s_mm: np.ndarray) -> np.ndarray:
        past = (np.abs(s_mm - middle) - middle + cap_mm).clip(0) / cap_mm
        return (part.radius_at(s_mm) + ROUND_MM) * np.sqrt((1 - past**2).clip(0))

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = part.local(points_lps)
        past = (np.abs(s - middle) - middle + cap_mm).clip(0)
        wide = part.radius_at(s) + ROUND_MM
        far = np.hypot(np.hypot(aside, across) / wide, past / cap_mm)
        return (far - 1) * np.where(past > 0, np.minimum(wide, cap_mm), wide)

    widest = float(part.radius_mm.max()) + ROUND_MM
    box = box_around(part.points_lps, widest)
    area = np.pi * np.minimum(outer(part.s_mm), part.radius_mm) ** 2
    return Solid(FILLS, Tissue.THROMBUS, box, distance, blood=blood), area


def _where(course: Course, at_mm: float) -> tuple[int, float]:
    """The branch at a distance along a course, and the distance along that branch."""
    n = int(np.argmin(np.abs(course.s_mm - at_mm)))
    number = int(course.branch[n])
    first = max(int(np.argmax(course.branch == number)) - 1, 0)
    return number, float(at_mm - course.s_mm[first])


def _collateral(
    joint_lps: np.ndarray,
    end_lps: np.ndarray,
    course: Course,
    site: Site,
    turn: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Points of a branch that leaves to the side, winds along, and comes back (n,3)."""
    aside = course.sideways_at(site.middle_mm, turn)
    across = course.sideways_at(site.middle_mm, turn + np.pi / 2)
    t = np.linspace(0, 1, 400)
    wide = rng.uniform(1.2, 2.2) * site.radius_mm + 5
    arc = wide * np.sin(np.pi * t) ** 0.6
    waves = np.stack(
        [np.sin(2 * np.pi * rng.uniform(2, 6) * t + rng.uniform(0, 6)) for _ in range(3)]
    )
    wind = 0.12 * wide * np.sin(np.pi * t) * waves
    path = joint_lps + t[:, None] * (end_lps - joint_lps)
    path += (arc + wind[0])[:, None] * aside + (2 * wind[1])[:, None] * across
    path += (0.5 * wind[2])[:, None] * np.cross(aside, across)
    s = distance_along(path)
    even = np.linspace(0, s[-1], int(np.ceil(s[-1] / STEP_MM)) + 1)
    points = np.column_stack([np.interp(even, s, axis) for axis in path.T])
    points[0] = joint_lps
    return points


def _lesion(severity: float, part: Course, vessels: Vessels, numbers: dict[str, float]) -> Lesion:
    """The truth of an occlusion over a part of a course, in the branches as they are now."""
    middle = part.points_lps[len(part.points_lps) // 2]
    tree = vessels.tree
    far = [float(np.linalg.norm(b.points_lps - middle, axis=1).min()) for b in tree.branches]
    number = int(np.argmin(far))
    branch = tree.branches[number]
    low, high = (
        float(branch.s_mm[np.argmin(np.linalg.norm(branch.points_lps - end, axis=1))])
        for end in (part.points_lps[0], part.points_lps[-1])
    )
    return Lesion("occlusion", severity, middle.copy(), number, low, high, numbers)
