"""Points on fine grids, and where they lie in made-up vessels: what the tests measure with."""

import numpy as np

from viewer.geometry.tree import Branch, VesselTree


def lumen_mm(tree: VesselTree, points_lps: np.ndarray) -> np.ndarray:
    """Signed distance to the wall of a tree of dense branches (k,): balls round its points."""
    from scipy.spatial import cKDTree

    out = np.full(len(points_lps), np.inf)
    for branch in tree.branches:
        points, radii = dense(branch)
        far, nearest = cKDTree(points).query(points_lps)
        np.minimum(out, far - radii[nearest], out=out)
    return out


def dense(branch: Branch, step_mm: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    s = np.arange(0, branch.length_mm, step_mm)
    points = np.column_stack([np.interp(s, branch.s_mm, axis) for axis in branch.points_lps.T])
    return points, np.interp(s, branch.s_mm, branch.radius_mm)


def box_points(box_lps: np.ndarray, step_mm: float) -> np.ndarray:
    axes = [np.arange(a, b, step_mm) + step_mm / 2 for a, b in zip(*box_lps, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def plane_points(z_mm: float, half_mm: float, step_mm: float = 0.1) -> np.ndarray:
    """A square across a vessel that runs along z at x = y = 0."""
    axis = np.arange(-half_mm, half_mm, step_mm) + step_mm / 2
    x, y = (a.ravel() for a in np.meshgrid(axis, axis))
    return np.column_stack([x, y, np.full(len(x), z_mm)])


def volume_ml(inside: np.ndarray, step_mm: float) -> float:
    return float(inside.sum() * step_mm**3 / 1000)
