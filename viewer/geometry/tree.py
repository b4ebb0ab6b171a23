"""The vessel tree: branches with their paths and radii."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from viewer.geometry.repairs import Repair


@dataclass(frozen=True, eq=False)
class Branch:
    """One vessel between two joints or ends.

    `points_lps` (n,3) runs from the root outwards; `radius_mm` (n,) is the radius of the largest
    sphere inside the lumen at each point; `parent` is the index of the branch it leaves, or -1.
    `invented` are the stretches (from, to in mm along it) that no vessel in the scan shows, but a
    gap that was bridged with a person's consent: they are drawn dashed and told as such.
    """

    points_lps: np.ndarray
    radius_mm: np.ndarray
    parent: int = -1
    name: str = ""
    invented: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if len(self.points_lps) != len(self.radius_mm) or len(self.points_lps) < 2:
            raise ValueError("a branch needs two or more points, each with a radius")
        self.points_lps.flags.writeable = False
        self.radius_mm.flags.writeable = False

    @cached_property
    def s_mm(self) -> np.ndarray:
        """Distance of each point from the branch's start along its path (n,)."""
        return distance_along(self.points_lps)

    @property
    def length_mm(self) -> float:
        """Length along the path."""
        return float(self.s_mm[-1])


@dataclass(frozen=True, eq=False)
class VesselTree:
    """Branches of one or several trees; `joints` (j,3) are the points where branches meet.

    Branches run from joint to joint: a branch starts exactly where its parent ends, and a parent
    stands before its children. `repairs` say what was mended or left out on the way to the tree.
    """

    branches: tuple[Branch, ...]
    joints: np.ndarray
    repairs: tuple[Repair, ...] = ()

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return tuple(a for b in self.branches for a in (b.points_lps, b.radius_mm))

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The branches that leave each branch."""
        found: list[list[int]] = [[] for _ in self.branches]
        for number, branch in enumerate(self.branches):
            if branch.parent >= 0:
                found[branch.parent].append(number)
        return tuple(tuple(numbers) for numbers in found)

    @cached_property
    def points_lps(self) -> np.ndarray:
        """All branches' points, one branch after the other (n,3)."""
        return _stacked([b.points_lps for b in self.branches], (0, 3))

    @cached_property
    def radius_mm(self) -> np.ndarray:
        """The radius at each of `points_lps` (n,)."""
        return _stacked([b.radius_mm for b in self.branches], (0,))

    @cached_property
    def branch_of_point(self) -> np.ndarray:
        """The branch of each of `points_lps` (n,)."""
        return np.repeat(np.arange(len(self.branches)), [len(b.radius_mm) for b in self.branches])

    @cached_property
    def _kd_tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.points_lps)

    def nearest_sphere(self, points_lps: np.ndarray, candidates: int = 8) -> np.ndarray:
        """Which of `points_lps` holds the inscribed sphere nearest to each point (k,3): (k,).

        Looks among the `candidates` nearest centers, and so finds the thin vessel beside a thick
        one as long as their centers are that near.
        """
        count = min(candidates, len(self.points_lps))
        far, found = self._kd_tree.query(points_lps, k=count, workers=-1)
        if count == 1:
            return np.asarray(found)
        best = np.argmin(far - self.radius_mm[found], axis=1)
        return np.asarray(np.take_along_axis(found, best[:, None], axis=1)[:, 0])


def distance_along(path: np.ndarray) -> np.ndarray:
    """Distance (n,) in mm of each point of a path (n,3) from its start along it."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def even_path(path: np.ndarray, step_mm: float, *, least: int = 2) -> np.ndarray:
    """The path (n,3) with evenly spaced points about every `step_mm`, its ends kept.

    There are at least `least` points.
    """
    s = distance_along(path)
    even = np.linspace(0.0, s[-1], max(least, round(s[-1] / step_mm) + 1))
    result = np.column_stack([np.interp(even, s, path[:, axis]) for axis in range(3)])
    result[0], result[-1] = path[0], path[-1]
    return result


def joints_of(branches: Sequence[Branch]) -> np.ndarray:
    """The points (j,3) where branches end that others leave."""
    parents = sorted({branch.parent for branch in branches if branch.parent >= 0})
    return np.array([branches[n].points_lps[-1] for n in parents]).reshape(-1, 3)


def tree_numbers(branches: Sequence[Branch]) -> list[int]:
    """The number of the tree that each branch belongs to, counted by their roots."""
    found: list[int] = []
    roots = 0
    for branch in branches:
        found.append(roots if branch.parent < 0 else found[branch.parent])
        roots += branch.parent < 0
    return found


def _stacked(parts: list[np.ndarray], empty: tuple[int, ...]) -> np.ndarray:
    """The parts as one read-only array."""
    joined = np.concatenate(parts) if parts else np.zeros(empty)
    joined.flags.writeable = False
    return joined
