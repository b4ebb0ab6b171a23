"""Vessels that touch, told apart at the necks between them."""

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from viewer.segment.edit import box_around, offsets_mm
from viewer.segment.gates import FULL
from viewer.segment.mask import Box
from viewer.volume.grid import Grid

REACH_MM = 30.0
STEP_MM = 4.0
NECK, WIDE = 0.7, 1.3  # of the radius at the click: narrower is a neck, wider another vessel
WHOLE = 0.95


def without_neighbors(voxels: np.ndarray, at: tuple[int, int, int], grid: Grid) -> np.ndarray:
    """The vessel around a voxel without those that touch it (flat numbers, as `voxels` are).

    A ball of 0.7 of the vessel's radius is pushed from the click: what it does not reach, and what
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
    clicked = int(np.ravel_multi_index(tuple(np.array(at) - low), depth.shape))
    start = np.unravel_index(climbed(depth, clicked, box, grid), depth.shape)
    radius = float(depth[start])
    passed = depth >= NECK * radius
    wide = depth > WIDE * radius
    if wide.any():  # with the rim around its middle
        wide = ndimage.distance_transform_edt(~wide, grid.spacing_mm) <= WIDE * radius
        middle = grid.points_lps(np.array(start) + low)
        wide &= offsets_mm(box, grid, middle) > radius
    open_, _ = ndimage.label(passed & ~wide, FULL)
    markers = np.where(passed, np.uint8(2), np.uint8(0))
    markers[open_ == open_[start]] = 1
    kept = watershed(-depth, markers, mask=own, connectivity=FULL) == 1
    if kept.sum() >= WHOLE * own.sum():
        return voxels
    found: np.ndarray = np.ravel_multi_index(tuple((np.argwhere(kept) + low).T), grid.shape)
    return found


def climbed(depth_mm: np.ndarray, start: int, box: Box, grid: Grid) -> int:
    """The middle of the vessel above a place near its wall; both are flat numbers in the box.

    Straight from the wall to the middle the depth rises as fast as one goes; along the vessel,
    into a trunk for one, it hardly rises.
    """
    low, high = np.array(box).T[:, :, None]
    while True:
        index = np.array(np.unravel_index(start, depth_mm.shape)) + low[:, 0]
        point = grid.points_lps(index)
        ends = np.clip(box_around(point, STEP_MM, grid), low, high)
        a, b, c = ((int(m), int(n)) for m, n in ends)
        far = offsets_mm((a, b, c), grid, point)
        depth = depth_mm[tuple(slice(*each) for each in ends - low)]
        steep = (far <= STEP_MM) & (depth > depth_mm.flat[start] + 0.5 * far)
        if not steep.any():
            return start
        top = np.unravel_index(int(np.where(steep, depth, 0).argmax()), depth.shape)
        start = int(np.ravel_multi_index(tuple(top + (ends - low)[:, 0]), depth_mm.shape))
