"""The search for a free stretch of vessel that suits a disease."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from viewer.geometry.tree import VesselTree
from viewer.phantom.scene import Vessels
from viewer.phantom.site import Course, Site, course_of
from viewer.phantom.tissue import Tissue

APART_MM = 6.0


@dataclass(frozen=True)
class Place:
    """Where a disease wants to sit.

    `names` are patterns of lowercase branch names, the best first ("isthmus to descending": it
    begins in the one and may go on in the other). Without one of them any branch does, but where
    `only` these will do and the vessels have one, none other does. The radius must lie in
    `radius_mm`. The stretch is `length_radii` long where there
    is room, its middle in the range `at` of the free way (0 to 1); `ends` asks for vessels that
    end.
    """

    names: tuple[str, ...]
    radius_mm: tuple[float, float]
    length_radii: float
    at: tuple[float, float]
    blood: Tissue
    ends: bool = False
    only: bool = False


def find_site(
    vessels: Vessels, place: Place, taken_lps: Sequence[np.ndarray], rng: np.random.Generator
) -> Site | None:
    """A stretch of vessel that suits, away from points `taken_lps` (n,3); None where none is free.

    Of the vessels with the best name it takes one at random of those with room enough.
    """
    courses = [
        course_of(vessels.tree, chain)
        for chain in chains(vessels.tree)
        if vessels.blood[chain[0]] is place.blood
        and not (place.ends and vessels.tree.children[chain[-1]])
    ]
    taken = cKDTree(np.concatenate(list(taken_lps))) if taken_lps else None
    open_there = [_open(vessels.tree, course, place, taken) for course in courses]
    names = np.array([branch.name.lower() for branch in vessels.tree.branches])
    for word in _words(place, names):
        first, _, then = word.partition(" to ")
        begins, goes_on = _matches(first, names), _matches(then or first, names)
        found = []
        for course, free in zip(courses, open_there, strict=True):
            fits = free & (begins | goes_on)[course.branch]
            found += _stretches(course, fits, begins[course.branch], place)
        roomy = [site for site, room in found if room >= 0.7]
        if roomy:
            return _placed(roomy[int(rng.integers(len(roomy)))], place, rng)
        if found and not word:
            return _placed(max(found, key=lambda each: each[1])[0], place, rng)
        if found:
            best = max(found, key=lambda each: each[1])
            if best[1] >= 0.45:
                return _placed(best[0], place, rng)
    return None


def _words(place: Place, names: np.ndarray) -> tuple[str, ...]:
    """The patterns of names to try in turn; the empty one, which fits any, is the last."""
    bound = place.only and any(_matches(word, names).any() for word in place.names)
    return place.names if bound else (*place.names, "")


def _matches(word: str, names: np.ndarray) -> np.ndarray:
    """Which names (n,) a pattern fits."""
    return np.array([bool(re.search(word, name)) for name in names])


def chains(tree: VesselTree) -> list[tuple[int, ...]]:
    """The branches put together to whole vessels: each goes on in the straightest like daughter."""
    follows: dict[int, int] = {}
    for number, children in enumerate(tree.children):
        branch = tree.branches[number]
        heading = branch.points_lps[-1] - branch.points_lps[-2]
        best = max(children, key=lambda n: _likeness(tree, number, n, heading), default=-1)
        if best >= 0 and _likeness(tree, number, best, heading) > 0:
            follows[number] = best
    later = set(follows.values())
    out = []
    for number in range(len(tree.branches)):
        if number not in later:
            chain = [number]
            while chain[-1] in follows:
                chain.append(follows[chain[-1]])
            out.append(tuple(chain))
    return out


def _likeness(tree: VesselTree, parent: int, child: int, heading: np.ndarray) -> float:
    """How much a daughter looks like the same vessel (0: not at all)."""
    first, second = tree.branches[parent], tree.branches[child]
    away = second.points_lps[1] - second.points_lps[0]
    straight = float(heading @ away / (np.linalg.norm(heading) * np.linalg.norm(away) + 1e-12))
    thick = float(second.radius_mm[0] / first.radius_mm[-1])
    both_aorta = all("aort" in b.name.lower() for b in (first, second))
    same = bool(first.name) and first.name == second.name
    if straight < 0.3 or thick < 0.5 or not (same or both_aorta):
        return 0.0
    return 1.0 + straight + thick


def _open(tree: VesselTree, course: Course, place: Place, taken: cKDTree | None) -> np.ndarray:
    """Which points of a course (n,) are thick enough, past the ostium, and not taken."""
    low, high = place.radius_mm
    out = (course.radius_mm >= low) & (course.radius_mm <= high)
    parent = tree.branches[course.chain[0]].parent
    ostium = float(tree.branches[parent].radius_mm[-1]) + 1 if parent >= 0 else 0.0
    out &= course.s_mm >= min(ostium, 0.3 * course.s_mm[-1])
    if taken is not None:
        reach = float(course.radius_mm.max()) + APART_MM
        far = taken.query(course.points_lps, distance_upper_bound=reach)[0]
        out &= far > course.radius_mm + APART_MM
    return out


def _stretches(
    course: Course, free: np.ndarray, begins: np.ndarray, place: Place
) -> list[tuple[Site, float]]:
    """The longest free run of a course, with its length over the wanted one (1 at most).

    It begins at a point that `begins` (n,) allows.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, free, False].astype(int)))
    runs = edges.reshape(-1, 2)
    runs = runs[begins[runs[:, 0]]]
    if not len(runs):
        return []
    first, last = runs[int(np.argmax(runs[:, 1] - runs[:, 0]))]
    if last - first < 8:
        return []
    site = Site(course, float(course.s_mm[first]), float(course.s_mm[last - 1]))
    return [(site, min(1.0, site.length_mm / _wanted(site, place)))]


def _wanted(site: Site, place: Place) -> float:
    """The length (mm) that the disease wants in a free run."""
    return max(place.length_radii * site.radius_mm, 4.0)


def _placed(site: Site, place: Place, rng: np.random.Generator) -> Site:
    """The stretch that a disease takes of a free run."""
    length = min(_wanted(site, place), site.length_mm)
    middle = site.from_mm + rng.uniform(*place.at) * site.length_mm
    start = float(np.clip(middle - length / 2, site.from_mm, site.to_mm - length))
    return site.inner(start, start + length)
