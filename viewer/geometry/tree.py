"""The vessel tree: branches with their paths and radii."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Branch:
    """One vessel between two joints or ends.

    `points_lps` (n,3) runs from the root outwards; `radius_mm` (n,) is the radius of the largest
    sphere inside the lumen at each point; `parent` is the index of the branch it leaves, or -1.
    """

    points_lps: np.ndarray
    radius_mm: np.ndarray
    parent: int = -1
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.points_lps) != len(self.radius_mm) or len(self.points_lps) < 2:
            raise ValueError("a branch needs two or more points, each with a radius")
        self.points_lps.flags.writeable = False
        self.radius_mm.flags.writeable = False

    @cached_property
    def s_mm(self) -> np.ndarray:
        """Distance of each point from the branch's start along its path (n,)."""
        steps = np.linalg.norm(np.diff(self.points_lps, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length_mm(self) -> float:
        """Length along the path."""
        return float(self.s_mm[-1])


@dataclass(frozen=True, eq=False)
class VesselTree:
    """Branches of one or several trees; `joints` (j,3) are the points where branches meet."""

    branches: tuple[Branch, ...]
    joints: np.ndarray

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return tuple(a for b in self.branches for a in (b.points_lps, b.radius_mm))
