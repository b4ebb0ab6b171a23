"""Where each restored voxel comes from, and how much of it no measurement holds."""

from collections.abc import Iterator

import numpy as np

from viewer.enhance.acquisition import Acquisition

MEASURED, INTERPOLATED, DENOISED, INFERRED = range(4)
ORIGINS = ("measured", "interpolated", "denoised", "inferred")
UNMOVED_HU, NOTICED_HU = 0.5, 2.0
BEYOND_SD = 3.5  # of the noise: a voxel moved farther was not only denoised
SLICES = 16


def unseen_hu(fine: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    """The null-space part |x - A+ A x| in HU (float16): what the scanner could not have seen.

    A is the mean over an acquired voxel, and A+ gives this mean to each of its new voxels.
    """
    out = np.empty(fine.shape, np.float16)
    for slab, part in _slabs(fine, acquisition):
        out[slab] = np.abs(part - acquisition.spread(acquisition.means(part)))
    return out


def origins(
    fine: np.ndarray,
    acquired_hu: np.ndarray,
    plain: np.ndarray,
    noise_hu: np.ndarray | float,
    acquisition: Acquisition,
    *,
    exact: bool,
) -> np.ndarray:
    """What each restored voxel is (uint8, see `ORIGINS`); the boldest of what holds is told.

    `plain` is the smoothest volume that agrees with the scan, noise and all. A voxel is inferred
    where it lies farther from that than smoothness (exact) or noise explains.
    """
    usual = INTERPOLATED if acquisition.voxels > 1 else DENOISED
    known = np.nan_to_num(np.asarray(noise_hu, np.float32))
    noise = np.broadcast_to(known, acquired_hu.shape)
    out = np.empty(fine.shape, np.uint8)
    x = acquisition.factor[0]
    for slab, part in _slabs(fine, acquisition):
        sd = acquisition.spread(noise[slab.start // x : slab.stop // x])
        moved = np.abs(part - plain[slab])
        out[slab] = usual
        if usual == DENOISED:
            out[slab][moved <= UNMOVED_HU] = MEASURED
        beyond = 0.5 * sd if exact else BEYOND_SD * sd
        out[slab][moved > np.maximum(NOTICED_HU, beyond)] = INFERRED
    return out


def _slabs(fine: np.ndarray, acquisition: Acquisition) -> Iterator[tuple[slice, np.ndarray]]:
    """The slices of some acquired ones at a time, with the values there (float32)."""
    deep = SLICES * acquisition.factor[0]
    for low in range(0, len(fine), deep):
        slab = slice(low, min(low + deep, len(fine)))
        yield slab, fine[slab].astype(np.float32)
