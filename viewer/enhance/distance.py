"""Distances on big grids, in slabs so that a person can cancel."""

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import slabs
from viewer.progress import Progress


def distance_within(
    mask: np.ndarray,
    spacing_mm: tuple[float, float, float],
    most_mm: float,
    progress: Progress,
) -> np.ndarray:
    """Distance (mm, float32) of each voxel of a mask to the outside, exact up to `most_mm`.

    0 outside the mask; what is farther gets `most_mm`. The border of the array is no outside.
    """
    out = np.zeros(mask.shape, np.float32)
    halo = int(np.ceil(most_mm / spacing_mm[0])) + 1
    for slab, wide, inner in slabs(mask.shape, halo, progress):
        rows = np.flatnonzero(mask[slab].any(axis=(0, 2)))
        columns = np.flatnonzero(mask[slab].any(axis=(0, 1)))
        if len(rows) == 0:
            continue
        j = slice(max(rows[0] - 1, 0), rows[-1] + 2)
        i = slice(max(columns[0] - 1, 0), columns[-1] + 2)
        part = mask[wide, j, i]
        if part.all():
            out[slab, j, i] = most_mm
            continue
        far = ndimage.distance_transform_edt(part, spacing_mm)[inner]
        out[slab, j, i] = np.minimum(far, most_mm)
    return out
