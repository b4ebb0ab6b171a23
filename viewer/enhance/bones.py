"""Bone, told from enhanced blood by its cortex and its size."""

import numpy as np
from scipy import ndimage

from viewer.enhance.distance import distance_within
from viewer.enhance.slabs import held, slabs, together, whole
from viewer.progress import Progress

CLOSE_MM = 5.0
LEAST_ML = 0.4
EVEN = 0.22


def bone(
    hu: np.ndarray,
    inside: np.ndarray,
    spacing_mm: tuple[float, float, float],
    cortex_hu: float,
    vessels: np.ndarray,
    progress: Progress,
) -> np.ndarray:
    """Bone (and other denser-than-blood masses, such as swallowed contrast) on a coarse grid.

    `hu` float32, `inside` the body, `cortex_hu` the density above which it is not blood, `vessels`
    what is known to be vessel (bool): pieces that lie mostly along it are stents or calcification.
    Marrow is filled by closing the cortex slice by slice.
    """
    dense = (hu > cortex_hu) & inside & ~vessels
    labels, count = ndimage.label(dense, np.ones((3, 3, 3), bool))
    progress.at(0.2)
    size = np.bincount(labels.ravel(), minlength=count + 1)
    near = ndimage.binary_dilation(vessels, iterations=2)
    along = np.bincount(labels[near], minlength=count + 1)
    voxel_ml = float(np.prod(spacing_mm)) / 1000
    keep = (size * voxel_ml > LEAST_ML) & (along < 0.25 * size)
    keep[0] = False
    dense = keep[labels]
    progress.at(0.4)
    out = np.zeros_like(dense)
    reach = CLOSE_MM / spacing_mm[1], CLOSE_MM / spacing_mm[2]
    round_ = disk(reach)
    rows, columns = (int(np.ceil(r)) for r in reach)

    def fill(k: int) -> None:
        box = held(dense[k : k + 1], (slice(k, k + 1), *whole(hu.shape)[1:]))
        if box is None:
            return
        cut = (k, *box[1:])
        padded = np.pad(dense[cut], ((rows, rows), (columns, columns)))
        closed = ndimage.binary_closing(padded, round_)
        closed = ndimage.binary_fill_holes(closed)[rows:-rows, columns:-columns]
        out[cut] = closed & (hu[cut] > 30) & ~vessels[cut]

    together(range(len(dense)), fill, progress.part(0.4, 1.0))
    return out & inside


def disk(reach: tuple[float, float]) -> np.ndarray:
    """An ellipse of ones with half axes in voxels."""
    a, b = (int(np.ceil(r)) for r in reach)
    y, x = np.ogrid[-a : a + 1, -b : b + 1]
    return (y / reach[0]) ** 2 + (x / reach[1]) ** 2 <= 1.0


def uneven(
    hu: np.ndarray, spacing_mm: tuple[float, float, float], progress: Progress
) -> np.ndarray:
    """How uneven the bright surroundings (about 8 mm) of each voxel are: local sd over mean HU.

    Marrow with its cortex is uneven (0.25 to 0.6), blood and organs are not (under 0.2).
    """
    size = [2 * max(1, round(4 / s)) + 1 for s in spacing_mm]
    out = np.empty(hu.shape, np.float32)

    def measure(cut: tuple[slice, slice, slice]) -> None:
        slab, wide, inner = cut
        values = np.clip(hu[wide], -50, 1500).astype(np.float32)
        mean = ndimage.uniform_filter(values, 3)
        spread = ndimage.uniform_filter(values * values, 3)
        spread -= mean * mean
        np.sqrt(np.maximum(spread, 0), out=spread)
        bright = values > 100
        level = ndimage.uniform_filter(values * bright, size)
        spread = ndimage.uniform_filter(spread * bright, size)
        out[slab] = (spread / np.maximum(level, 1e-3))[inner]

    together(slabs(hu.shape, size[0] // 2 + 1), measure, progress)
    return out


def soft_masses(
    bright: np.ndarray,
    unevenness: np.ndarray,
    spacing_mm: tuple[float, float, float],
    progress: Progress,
    radius_mm: float = 8.0,
) -> np.ndarray:
    """Wide and even parts of what is bright (heart, kidney, liver, spleen), bool."""
    depth = distance_within(bright, spacing_mm, radius_mm + 1, progress.part(0, 0.5))
    core = (depth > radius_mm) & (unevenness < EVEN)
    if not core.any():
        return core
    far = distance_within(~core, spacing_mm, radius_mm + 1, progress.part(0.5, 1.0))
    return (far <= radius_mm) & bright
