"""How deep each voxel of a mask lies under its wall."""

from typing import Any

import numpy as np
from scipy import ndimage

from viewer.progress import Progress
from viewer.volume.grid import Grid

BLOCK = 2
STEEP = 0.9  # a distance changes by 1 mm a mm, but for where two walls are equally far
NEARLY = 0.01  # of a distance: more would make spurs
QUERY = 100_000


def depths(
    inside: np.ndarray, start: np.ndarray, grid: Grid, wall: Any, progress: Progress
) -> np.ndarray:
    """Distance (k,) in mm from each true voxel, in array order, to the nearest wall point.

    `start` (3,) is the index of the first voxel in the grid, `wall` a k-d tree of points. Far
    from the wall, where looking is slow, it is looked up once for a block of voxels and
    interpolated between the middles of blocks, but for the ridges in the middle of vessels.
    """
    around = np.ones((3, 3, 3), bool)
    whole = ndimage.binary_erosion(_full(inside), around)
    near = ndimage.binary_dilation(whole, around)
    coarse = np.zeros(near.shape, np.float32)
    index = np.argwhere(near) * BLOCK + (BLOCK - 1) / 2 + start
    coarse[near] = _asked(index, grid, wall, progress.part(0.0, 0.4))
    even = whole & (_slope(coarse, grid) > STEEP)
    voxels = np.argwhere(inside)
    known = even[tuple((voxels // BLOCK).T)]
    place = (voxels[known] - (BLOCK - 1) / 2) / BLOCK
    depth = np.empty(len(voxels))
    depth[known] = ndimage.map_coordinates(coarse, place.T, order=1, mode="nearest")
    depth[~known] = _asked(voxels[~known] + start, grid, wall, progress.part(0.4, 1.0))
    return depth


def _full(inside: np.ndarray) -> np.ndarray:
    """Blocks with only true voxels in them; one that sticks out of the array has others."""
    shape = tuple(-(-n // BLOCK) * BLOCK for n in inside.shape)
    full = np.zeros(shape, bool)
    full[tuple(slice(0, n) for n in inside.shape)] = inside
    for axis in range(3):
        full = np.moveaxis(full, axis, 0)
        full = np.moveaxis(full[0::BLOCK] & full[1::BLOCK], 0, axis)
    return full


def _slope(depth_mm: np.ndarray, grid: Grid) -> np.ndarray:
    """How steeply the depth of blocks changes (mm a mm)."""
    square = np.zeros(depth_mm.shape, np.float32)
    for axis in range(3):
        wide = 2 * BLOCK * grid.spacing_mm[axis]
        inner = [slice(None)] * 3
        ahead, behind = inner.copy(), inner.copy()
        inner[axis], ahead[axis], behind[axis] = slice(1, -1), slice(2, None), slice(None, -2)
        change = (depth_mm[tuple(ahead)] - depth_mm[tuple(behind)]) / wide
        square[tuple(inner)] += change**2
    return np.asarray(np.sqrt(square))


def _asked(index: np.ndarray, grid: Grid, wall: Any, progress: Progress) -> np.ndarray:
    """Distance (k,) in mm from indices (k,3) to the wall, known to `NEARLY`."""
    found = np.empty(len(index))
    for first in range(0, len(index), QUERY):
        progress.at(first / len(index))
        some = slice(first, first + QUERY)
        found[some] = wall.query(grid.points_lps(index[some]), eps=NEARLY, workers=-1)[0]
    progress.at(1.0)
    return found
