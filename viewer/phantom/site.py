"""Where a disease sits: a stretch of a vessel with its own frame, and how it is reshaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.geometry.tree import Branch, VesselTree, distance_along
from viewer.phantom.scene import Lesion, Solid, Vessels, Wires
from viewer.phantom.tissue import Tissue
from viewer.phantom.vessels import STEP_MM

_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Course:
    """The path of one vessel over the branches of `chain`, one after the other.

    `points_lps` (n,3) lie at most 0.5 mm apart, `radius_mm` (n,) is the lumen's, `branch` (n,)
    the branch of each point. `aside` and `across` (n,3) span the cross-section without twist.
    """

    chain: tuple[int, ...]
    points_lps: np.ndarray
    radius_mm: np.ndarray
    branch: np.ndarray
    aside: np.ndarray

    @cached_property
    def s_mm(self) -> np.ndarray:
        """Distance of each point from the start (n,)."""
        return distance_along(self.points_lps)

    @cached_property
    def along(self) -> np.ndarray:
        """Unit direction of the path at each point (n,3)."""
        around = np.gradient(self.points_lps, axis=0)
        return np.asarray(around / np.linalg.norm(around, axis=1, keepdims=True))

    @cached_property
    def across(self) -> np.ndarray:
        """Unit vectors square to the path and to `aside` (n,3)."""
        return np.cross(self.along, self.aside)

    @cached_property
    def _knots(self) -> np.ndarray:
        """Points that suffice to find the nearest: a quarter of the radius apart."""
        stride = max(1, int(0.25 * np.median(self.radius_mm) / STEP_MM))
        return np.unique(np.r_[np.arange(0, len(self.s_mm), stride), len(self.s_mm) - 1])

    def _nearest(self, points_lps: np.ndarray) -> np.ndarray:
        """The knot nearest to each point (k,).

        Knots are so few that one product in the processor's cache beats a search tree.
        """
        middle = self.points_lps.mean(axis=0)
        knots = self.points_lps[self._knots] - middle
        square, out = (knots**2).sum(axis=1), np.empty(len(points_lps), np.intp)
        for start in range(0, len(points_lps), _CHUNK):
            part = slice(start, start + _CHUNK)
            out[part] = (square - 2 * (points_lps[part] - middle) @ knots.T).argmin(axis=1)
        return self._knots[out]

    def local(self, points_lps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distance along the path, aside and across of it (mm) of points (k,3), three times (k,).

        Beyond its ends the path goes on straight.
        """
        nearest = self._nearest(points_lps)
        if len(self._knots) < len(self.s_mm):
            away = points_lps - self.points_lps[nearest]
            s = self.s_mm[nearest] + np.einsum("ij,ij->i", away, self.along[nearest])
            nearest = np.searchsorted(self.s_mm, s).clip(0, len(self.s_mm) - 1)
        away = points_lps - self.points_lps[nearest]
        along, aside, across = (
            np.einsum("ij,ij->i", away, axis[nearest])
            for axis in (self.along, self.aside, self.across)
        )
        return self.s_mm[nearest] + along, aside, across

    def radius_at(self, s_mm: np.ndarray | float) -> np.ndarray:
        """Radius of the lumen (mm) at distances along the path."""
        return np.interp(s_mm, self.s_mm, self.radius_mm)

    def point_at(self, s_mm: float) -> np.ndarray:
        """The point of the path (3,) at a distance along it."""
        return np.array([np.interp(s_mm, self.s_mm, axis) for axis in self.points_lps.T])

    def sideways_at(self, s_mm: float, angle: float) -> np.ndarray:
        """Unit vector (3,) square to the path, `angle` rad from aside toward across."""
        n = int(np.argmin(np.abs(self.s_mm - s_mm)))
        return np.cos(angle) * self.aside[n] + np.sin(angle) * self.across[n]

    def part(self, from_mm: float, to_mm: float) -> "Course":
        """The points between two distances along the path, in the same chain."""
        low, high = np.searchsorted(self.s_mm, [from_mm, to_mm])
        low = min(int(low), len(self.s_mm) - 2)
        keep = slice(low, max(int(high), low + 2))
        kept = (a[keep] for a in (self.points_lps, self.radius_mm, self.branch, self.aside))
        return Course(self.chain, *kept)


@dataclass(frozen=True, eq=False)
class Site:
    """The stretch of a course, from one distance along it to another, that a disease takes."""

    course: Course
    from_mm: float
    to_mm: float

    @property
    def length_mm(self) -> float:
        """Length of the stretch."""
        return self.to_mm - self.from_mm

    @property
    def middle_mm(self) -> float:
        """Distance of its middle along the course."""
        return 0.5 * (self.from_mm + self.to_mm)

    @property
    def radius_mm(self) -> float:
        """Radius of the healthy lumen in its middle."""
        return float(self.course.radius_at(self.middle_mm))

    @property
    def x(self) -> np.ndarray:
        """Where the course's points lie in the stretch (n,): from -1, its start, to 1, its end."""
        return (self.course.s_mm - self.middle_mm) / (0.5 * self.length_mm)

    @property
    def points_lps(self) -> np.ndarray:
        """The course's points inside the stretch (k,3)."""
        return self.course.points_lps[np.abs(self.x) <= 1]

    def inner(self, from_mm: float, to_mm: float) -> "Site":
        """A part of this stretch."""
        return Site(self.course, from_mm, to_mm)


@dataclass(frozen=True, eq=False)
class Change:
    """What a disease did: the vessels after it, the bodies that it put in, and its truth."""

    vessels: Vessels
    solids: tuple[Solid | Wires, ...] = ()
    lesions: tuple[Lesion, ...] = ()


def bump(x: np.ndarray) -> np.ndarray:
    """A smooth hill over -1 to 1, of height 1 at 0."""
    return np.where(np.abs(x) < 1, 0.5 * (1 + np.cos(np.pi * np.clip(x, -1, 1))), 0.0)


def plateau(x: np.ndarray, slope: float = 0.3) -> np.ndarray:
    """A smooth table over -1 to 1: height 1, the last `slope` on either side falling to 0."""
    return 0.5 * (1 - np.cos(np.pi * np.clip((1 - np.abs(x)) / slope, 0, 1)))


def course_of(tree: VesselTree, chain: Sequence[int]) -> Course:
    """The course over branches that follow one another."""
    points, radii, numbers = [], [], []
    for n, number in enumerate(chain):
        branch = even(tree.branches[number])
        first = 1 if n else 0
        points.append(branch.points_lps[first:])
        radii.append(branch.radius_mm[first:])
        numbers.append(np.full(len(points[-1]), number))
    path = np.concatenate(points)
    return Course(tuple(chain), path, np.concatenate(radii), np.concatenate(numbers), _aside(path))


def _aside(points_lps: np.ndarray) -> np.ndarray:
    """Unit vectors square to a path (n,3): what is left there of the axis least along it."""
    along = np.gradient(points_lps, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    axis = np.linalg.svd(along, full_matrices=False)[2][-1]
    left = axis - (along @ axis)[:, None] * along
    return np.asarray(left / np.linalg.norm(left, axis=1, keepdims=True))


def even(branch: Branch) -> Branch:
    """The same branch with points evenly at most 0.5 mm apart."""
    s = np.linspace(0, branch.length_mm, max(3, int(np.ceil(branch.length_mm / STEP_MM)) + 1))
    points = np.column_stack([np.interp(s, branch.s_mm, axis) for axis in branch.points_lps.T])
    points[-1] = branch.points_lps[-1]
    radii = np.interp(s, branch.s_mm, branch.radius_mm)
    return Branch(points, radii, branch.parent, branch.name)


def rejoined(branches: Sequence[Branch], blood: Sequence[Tissue]) -> Vessels:
    """Vessels of branches, with the joints where they meet."""
    parents = sorted({b.parent for b in branches if b.parent >= 0})
    joints = np.array([branches[p].points_lps[-1] for p in parents]).reshape(-1, 3)
    return Vessels(VesselTree(tuple(branches), joints), tuple(blood))


def reshape(
    vessels: Vessels,
    course: Course,
    radius_mm: np.ndarray,
    shift_lps: np.ndarray | None = None,
) -> Vessels:
    """The vessels with a course's radii (n,) changed and its path moved by `shift_lps` (n,3).

    Branches that leave the course follow it with their first 15 mm.
    """
    branches = list(vessels.tree.branches)
    shift = np.zeros_like(course.points_lps) if shift_lps is None else shift_lps
    factor = radius_mm / course.radius_mm
    start = 0
    for number in course.chain:
        branch = even(branches[number])
        stop = start + len(branch.radius_mm)
        branches[number] = Branch(
            branch.points_lps + shift[start:stop],
            branch.radius_mm * factor[start:stop],
            branch.parent,
            branch.name,
        )
        start = stop - 1
    for number, branch in enumerate(branches):
        if branch.parent in course.chain and number not in course.chain:
            branches[number] = _following(branch, branches[branch.parent].points_lps[-1])
    return rejoined(branches, vessels.blood)


def _following(branch: Branch, start_lps: np.ndarray) -> Branch:
    """The branch with its start moved; the pull fades over 15 mm, its end stays."""
    pull = start_lps - branch.points_lps[0]
    if not pull.any():
        return branch
    fade = plateau(branch.s_mm / min(15.0, branch.length_mm), 1.0)
    points = branch.points_lps + fade[:, None] * pull
    points[0] = start_lps
    return Branch(points, branch.radius_mm.copy(), branch.parent, branch.name)


def split(vessels: Vessels, number: int, at_mm: float) -> Vessels:
    """The vessels with one branch cut in two; its second part stands right after the first.

    Within 1 mm of its ends nothing is cut.
    """
    branch = even(vessels.tree.branches[number])
    cut = int(np.argmin(np.abs(branch.s_mm - at_mm)))
    if cut < 2 or cut > len(branch.s_mm) - 3:
        return vessels
    branches = []
    for n, old in enumerate(vessels.tree.branches):
        parent = old.parent + (old.parent >= number)
        if n == number:
            first = Branch(
                branch.points_lps[: cut + 1].copy(),
                branch.radius_mm[: cut + 1].copy(),
                old.parent,
                old.name,
            )
            second = Branch(
                branch.points_lps[cut:].copy(), branch.radius_mm[cut:].copy(), n, old.name
            )
            branches += [first, second]
        else:
            branches.append(Branch(old.points_lps, old.radius_mm, parent, old.name))
    blood = vessels.blood[: number + 1] + vessels.blood[number:]
    return rejoined(branches, blood)


def lesion_at(
    kind: str,
    severity: float,
    site: Site,
    vessels: Vessels,
    numbers: dict[str, float],
    at_mm: float | None = None,
) -> Lesion:
    """The truth of a disease at a site, in the branch that holds `at_mm` (None: its middle)."""
    course = site.course
    at_mm = site.middle_mm if at_mm is None else at_mm
    number = int(course.branch[int(np.argmin(np.abs(course.s_mm - at_mm)))])
    inside = course.s_mm[(course.branch == number) & (np.abs(site.x) <= 1)]
    first = int(np.argmax(course.branch == number))
    start = course.s_mm[max(first - 1, 0)]
    branch = vessels.tree.branches[number]
    at = branch.points_lps[int(np.argmin(np.abs(branch.s_mm - (at_mm - start))))]
    low, high = float(inside.min() - start), float(inside.max() - start)
    return Lesion(kind, severity, at.copy(), number, low, high, numbers)
