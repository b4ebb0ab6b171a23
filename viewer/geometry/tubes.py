"""A tree's vessels as they would be without sacs: tubes along their paths."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.geometry.course import course_through
from viewer.geometry.names_ways import Ways
from viewer.geometry.tree import VesselTree, distance_along, even_path
from viewer.progress import Progress

STEP_MM = 0.5
WINDOW_MM, WINDOW_RADII = 12.0, 8.0
BULGES = 1.12  # times its healthy radius: there the path may lean into a sac
MOST_BULGE_RADII = 8.0
ALIKE = 0.5
DOME_LENGTH, DOME_NECK, DOME_SHORT = 3.2, 1.2, 1.6


@dataclass(frozen=True, eq=False)
class Tube:
    """One branch's path (n,3) and its healthy radius (n,) mm."""

    branch: int
    points_lps: np.ndarray
    radius_mm: np.ndarray


def domes(tree: VesselTree) -> set[int]:
    """The branches that lead into a sac instead of along a vessel.

    A short blind one that is wider at its end than at its neck, or hardly longer than wide, and
    at whose other end a vessel goes by or divides.
    """
    ways, found = Ways(tree), set()
    for steps in ways.leaving.values():
        if len(steps) > 1:
            continue
        (back,) = steps
        others = sorted(ways.caliber(other) for other in ways.ahead(back))
        if len(others) < 2 or others[-2] < ALIKE * others[-1]:
            continue
        points, radius = ways.points(back.back), ways.radius(back.back)
        own = np.linalg.norm(points - points[0], axis=1) > radius[0]
        own[-max(2, len(own) // 3) :] = True
        radius, s = radius[own], distance_along(points)[own]
        top = int(np.argmax(radius))
        reach = float(s[-1] - s[0]) + float(radius[-1])
        bulb = (
            radius[top] > DOME_NECK * radius[: top + 1].min() and reach < DOME_LENGTH * radius[top]
        )
        if bulb or reach < DOME_SHORT * radius[top]:
            found.add(back.branch)
    return found


def tubes(tree: VesselTree, without: Collection[int] = ()) -> tuple[Tube, ...]:
    """The branches but some, each as wide as its vessel is around the place, without bulges."""
    return tuple(
        _tube(tree, number) for number in range(len(tree.branches)) if number not in without
    )


def _tube(tree: VesselTree, number: int) -> Tube:
    course = course_through(tree, number)
    low, high = course.stretch_mm(number)
    s = course.s_mm
    healthy = _healthy(s, course.radius_mm)
    path = _unbent(s, course.points_lps, course.radius_mm, healthy)
    inside = (s >= low - 1e-6) & (s <= high + 1e-6)
    points, radius = path[inside], healthy[inside]
    even = even_path(points, STEP_MM)
    along = distance_along(points)
    return Tube(number, even, np.interp(np.linspace(0, along[-1], len(even)), along, radius))


def _healthy(s_mm: np.ndarray, radius_mm: np.ndarray) -> np.ndarray:
    """The median radius (n,) around each place of a path."""
    step = max(float(s_mm[-1]) / (len(s_mm) - 1), 1e-6)
    window = max(WINDOW_MM, WINDOW_RADII * float(np.median(radius_mm)))
    count = min(int(2 * window / step) | 1, 2 * len(radius_mm) - 1)
    return np.asarray(ndimage.median_filter(radius_mm, count, mode="nearest"))


def _unbent(
    s_mm: np.ndarray, points_lps: np.ndarray, radius_mm: np.ndarray, healthy_mm: np.ndarray
) -> np.ndarray:
    """The path (n,3), led straight on past short bulges that would draw it aside."""
    bulges, count = ndimage.label(radius_mm > BULGES * healthy_mm)
    kept = np.ones(len(s_mm), bool)
    for number in range(1, count + 1):
        own = np.flatnonzero(bulges == number)
        long = float(s_mm[own[-1]] - s_mm[own[0]])
        if own[0] > 0 and own[-1] < len(s_mm) - 1 and long < MOST_BULGE_RADII * healthy_mm[own[0]]:
            kept[own] = False
    return np.column_stack([np.interp(s_mm, s_mm[kept], axis[kept]) for axis in points_lps.T])


def out_mm(
    points_lps: np.ndarray, vessels: tuple[Tube, ...], reach_mm: float, progress: Progress
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far points (n,3) lie out of the nearest tube, which one (-1: none), its middle (n,3).

    Negative inside; infinite where no tube lies within `reach_mm`.
    """
    far, which = np.full(len(points_lps), np.inf), np.full(len(points_lps), -1)
    middle = np.full(points_lps.shape, np.nan)
    for number, tube in enumerate(vessels):
        progress.at(number / len(vessels))
        reach = float(tube.radius_mm.max()) + reach_mm
        low, high = tube.points_lps.min(axis=0) - reach, tube.points_lps.max(axis=0) + reach
        near = np.flatnonzero(((points_lps >= low) & (points_lps <= high)).all(axis=1))
        if not len(near):
            continue
        away, place = cKDTree(tube.points_lps).query(points_lps[near], distance_upper_bound=reach)
        seen = np.isfinite(away)
        own = away[seen] - tube.radius_mm[place[seen]]
        better = own < far[near[seen]]
        nearer = near[seen][better]
        far[nearer], which[nearer] = own[better], number
        middle[nearer] = tube.points_lps[place[seen][better]]
    return far, which, middle
