"""Distances on big grids, block by block, and only as far as is asked."""

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import Box, around, blocks, common, held, inside, together
from viewer.progress import Progress

NEAR_MM = 6.0


def distance_within(
    mask: np.ndarray,
    spacing_mm: tuple[float, float, float],
    most_mm: float,
    progress: Progress,
) -> np.ndarray:
    """Distance (mm, float32) of each voxel of a mask to the outside, exact up to `most_mm`.

    0 outside the mask; what is farther gets `most_mm`. The border of the array is no outside.
    Few places are deep: only those are looked at again with a wider rim.
    """
    out = np.zeros(mask.shape, np.float32)

    def measure(block: Box) -> None:
        deep, reach_mm = held(mask[block], block), min(NEAR_MM, most_mm)
        while deep is not None:
            rim = [int(np.ceil(reach_mm / s)) + 1 for s in spacing_mm]
            wide = around(deep, rim, mask.shape)
            outside = held(~mask[wide], wide)
            out[deep] = np.float32(most_mm) * mask[deep]
            near = None if outside is None else common(deep, around(outside, rim, mask.shape))
            if near is not None:
                far = _distance(mask, near, around(near, rim, mask.shape), spacing_mm)
                out[near][mask[near]] = np.minimum(far, most_mm)
            if reach_mm >= most_mm:
                return
            deep, reach_mm = held(out[deep] > reach_mm, deep), min(2 * reach_mm, most_mm)

    together(blocks(mask.shape), measure, progress)
    return out


def _distance(
    mask: np.ndarray, near: Box, wide: Box, spacing_mm: tuple[float, float, float]
) -> np.ndarray:
    """Distance (mm, n) of the mask's voxels in a box to what is outside in a wider one."""
    own = inside(near, wide)
    place = ndimage.distance_transform_edt(
        mask[wide], spacing_mm, return_distances=False, return_indices=True
    )
    at = np.nonzero(mask[near])
    total = np.zeros(len(at[0]))
    for axis, step_mm in enumerate(spacing_mm):
        way = place[axis][own][at] - (at[axis] + own[axis].start)
        total += (way * step_mm) ** 2
    return np.sqrt(total)
