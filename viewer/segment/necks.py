"""Vessels that touch, told apart at the necks between them."""

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from viewer.segment.edit import box_around, offsets_mm
from viewer.segment.gates import FULL
from viewer.volume.grid import Grid

REACH_MM = 30.0
NEAR_MM = 3.0
NECK, WIDE = 0.5, 1.6  # of the radius at the click: narrower is a neck, wider another vessel
WHOLE = 0.95


def without_neighbors(voxels: np.ndarray, at: tuple[int, int, int], grid: Grid) -> np.ndarray:
    """The vessel around a voxel without those that touch it (flat numbers, as `voxels` are).

    A ball of half the vessel's radius is pushed from the click: what it does not reach, and what
    is much wider, is another vessel, and the two share what lies between from deep to shallow (a
    watershed). This looks 30 mm around the click; where no neck is found there, all of it stays.
    """
    point = grid.points_lps(np.array(at))
    box = box_around(point, REACH_MM, grid)
    low, high = np.array(box).T
    index = np.column_stack(np.unravel_index(voxels, grid.shape))
    within = np.all((index >= low) & (index < high), axis=1)
    own = np.zeros(tuple(high - low), bool)
    own[tuple((index[within] - low).T)] = True
    depth = ndimage.distance_transform_edt(own, grid.spacing_mm)
    near = np.where(offsets_mm(box, grid, point) <= NEAR_MM, depth, 0)
    start = np.unravel_index(near.argmax(), depth.shape)
    radius = float(depth[start])
    open_, _ = ndimage.label((depth >= NECK * radius) & (depth <= WIDE * radius), FULL)
    markers = np.where(depth >= NECK * radius, np.uint8(2), np.uint8(0))
    markers[open_ == open_[start]] = 1
    kept = watershed(-depth, markers, mask=own, connectivity=FULL) == 1
    if kept.sum() >= WHOLE * own.sum():
        return voxels
    found: np.ndarray = np.ravel_multi_index(tuple((np.argwhere(kept) + low).T), grid.shape)
    return found
