"""How far voxels lie from a drawn stroke, in any plane."""

from itertools import pairwise

import numpy as np

from viewer.volume.grid import Grid


def path_distance(points_lps: np.ndarray, path_lps: np.ndarray) -> np.ndarray:
    """Distance in mm of points (...,3) from a path of straight pieces through (n,3)."""
    best = np.linalg.norm(points_lps - path_lps[0], axis=-1)
    for a, b in pairwise(path_lps):
        along = b - a
        length2 = float(along @ along)
        if length2 < 1e-12:
            continue
        share = np.clip((points_lps - a) @ along / length2, 0, 1)
        best = np.minimum(best, np.linalg.norm(points_lps - a - share[..., None] * along, axis=-1))
    return best


def plane_thickness(grid: Grid, normal_lps: np.ndarray) -> float:
    """How thick (mm) an oblique plane of voxels without holes is (naive plane, Andres 1997)."""
    normal = np.asarray(normal_lps, dtype=np.float64)
    normal = normal / np.linalg.norm(normal)
    return float(np.abs(normal @ grid.lps_from_index[:3, :3]).max())
