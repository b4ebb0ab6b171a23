"""Where a slice cuts a box."""

import numpy as np

from viewer.scene.slice import SlicePlane
from viewer.volume.grid import Grid

# The twelve edges of a box, as pairs of its eight corners (bits: slice, row, column).
EDGES = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]


def box_in_slice(grid: Grid, plane: SlicePlane) -> list[tuple[float, float]]:
    """The corners of the polygon, in pixels and in order round it, in which a slice cuts a grid.

    The grid reaches to the outer sides of its voxels. Empty where the slice passes it by.
    """
    ends = [(-0.5, n - 0.5) for n in grid.shape]
    index = np.array([[ends[axis][bool(c & 4 >> axis)] for axis in range(3)] for c in range(8)])
    corners = grid.points_lps(index)
    depth = np.array([plane.depth_mm(corner) for corner in corners])
    found = []
    for a, b in EDGES:
        if (depth[a] < 0) != (depth[b] < 0):
            share = depth[a] / (depth[a] - depth[b])
            found.append(plane.pixel(corners[a] + share * (corners[b] - corners[a])))
    if len(found) < 3:
        return []
    points = np.array(found)
    away = points - points.mean(axis=0)
    order = np.argsort(np.arctan2(away[:, 1], away[:, 0]))
    return [(float(x), float(y)) for x, y in points[order]]
