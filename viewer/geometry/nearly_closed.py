"""Gaps in a map through which a thread of blood still runs: narrowings, not occlusions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from viewer.geometry.occlusion import Occlusion
from viewer.geometry.section import Sections
from viewer.geometry.tree import Branch, VesselTree, distance_along

BESIDE_MM = 40.0  # of the vessel on each side of the gap
STEP_MM = 0.5
LEAST_OPEN = 0.8  # of the gap's sections must show a narrow lumen
NARROW = 0.6  # of the vessel's width: what is wider is its wall, around clot

Cut = Callable[[np.ndarray, np.ndarray], Sections]


@dataclass(frozen=True, eq=False)
class Thread:
    """A vessel measured through a gap of its map, which reaches from `from_mm` to `to_mm`."""

    sections: Sections
    from_mm: float
    to_mm: float


def thread_through(gap: Occlusion, tree: VesselTree, cut: Cut) -> Thread | None:
    """The lumen that the scan shows through a gap, or None where it shows none; `cut` measures."""
    if gap.to_lps is None:
        return None
    before, before_mm = _side(tree.branches[gap.branch], gap.from_lps, gap.to_lps)
    after, after_mm = _side(tree.branches[gap.beyond], gap.to_lps, gap.from_lps)
    if len(before) < 2 or len(after) < 2:
        return None
    far = float(np.linalg.norm(gap.to_lps - gap.from_lps))
    share = np.linspace(0, 1, max(3, round(far / STEP_MM) + 1))[:, None]
    between = (1 - share) * gap.from_lps + share * gap.to_lps
    path = np.concatenate([before, between, after[::-1]])
    middle = np.full(len(between), 0.5 * (float(np.median(before_mm)) + float(np.median(after_mm))))
    radius = np.concatenate([before_mm, middle, after_mm[::-1]])
    kept = np.concatenate([[True], np.linalg.norm(np.diff(path, axis=0), axis=1) > 1e-6])
    path, radius = path[kept], radius[kept]
    along = distance_along(path)
    sections = cut(path, radius)
    s = sections.frames.s_mm
    first = float(distance_along(np.concatenate([before, gap.from_lps[None]]))[-1])
    from_mm, to_mm = np.array([first, first + far]) * s[-1] / along[-1]
    inside = (s >= from_mm) & (s <= to_mm)
    narrow = sections.values["diameter_equivalent_mm"] < NARROW * gap.reference.value
    if inside.sum() < 2 or narrow[inside].mean() < LEAST_OPEN:
        return None
    return Thread(sections, float(from_mm), float(to_mm))


def _side(
    branch: Branch, face_lps: np.ndarray, other_lps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The points (n,3) of a branch that lead to a gap's face, at last beside it, and radii (n,)."""
    points, radius = branch.points_lps, branch.radius_mm
    at = int(np.linalg.norm(points - face_lps, axis=1).argmin())
    far = np.linalg.norm(points - other_lps, axis=1)
    order = np.arange(len(points))
    sides = (order[:at], order[at + 1 :][::-1])
    # The vessel's own side of the face lies farther from the other face.
    own = max(sides, key=lambda side: float(far[side].mean()) if len(side) else -1.0)
    if len(own) < 2:
        return points[own], radius[own]
    s = distance_along(points[own])
    own = own[s[-1] - s <= BESIDE_MM]
    return points[own], radius[own]
