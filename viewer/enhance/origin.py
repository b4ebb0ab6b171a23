"""Where each restored voxel comes from, and how much of it no measurement holds."""

from collections.abc import Iterator

import numpy as np

from viewer.enhance.acquisition import Acquisition

MEASURED, INTERPOLATED, DENOISED, INFERRED = range(4)
ORIGINS = ("measured", "interpolated", "denoised", "inferred")
NOTICED_HU = 2.0  # a smaller difference is no difference
BEYOND_SD = 3.5  # of the noise: a voxel moved farther was not only denoised
SLICES = 16


def unseen_hu(fine: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    """The null-space part |x - A+ A x| in HU (float16): what the scanner could not have seen.

    A is the mean over an acquired voxel, and A+ gives this mean to each of its new voxels.
    """
    out = np.empty(fine.shape, np.float16)
    for slab, part in _slabs(fine, acquisition):
        out[slab] = np.abs(part - _spread(_means(part, acquisition), acquisition))
    return out


def origins(
    fine: np.ndarray,
    acquired_hu: np.ndarray,
    classical: np.ndarray,
    noise_hu: np.ndarray | float,
    acquisition: Acquisition,
    *,
    exact: bool,
) -> np.ndarray:
    """What each restored voxel is (uint8, see `ORIGINS`); the boldest of what holds is told.

    `classical` is the volume that needs no network. A voxel is inferred where a network moved it
    away from that by more than the noise, or where more was taken away than noise explains.
    """
    divided = acquisition.voxels > 1
    noise = np.broadcast_to(np.asarray(noise_hu, np.float32), acquired_hu.shape)
    out = np.empty(fine.shape, np.uint8)
    x = acquisition.factor[0]
    for slab, part in _slabs(fine, acquisition):
        own = slice(slab.start // x, slab.stop // x)
        scanned = _spread(acquired_hu[own].astype(np.float32), acquisition)
        sd = _spread(noise[own], acquisition)
        made = np.full(part.shape, INTERPOLATED if divided else MEASURED, np.uint8)
        if not divided:
            moved = np.abs(part - scanned)
            made[moved > 0.5] = DENOISED
            made[moved > BEYOND_SD * sd] = INFERRED
        least = np.maximum(NOTICED_HU, 0.5 * sd if exact else sd)
        made[np.abs(part - classical[slab]) > least] = INFERRED
        out[slab] = made
    return out


def _slabs(fine: np.ndarray, acquisition: Acquisition) -> Iterator[tuple[slice, np.ndarray]]:
    """The slices of some acquired ones at a time, with the values there (float32)."""
    deep = SLICES * acquisition.factor[0]
    for low in range(0, len(fine), deep):
        slab = slice(low, min(low + deep, len(fine)))
        yield slab, fine[slab].astype(np.float32)


def _means(part: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    x, y, z = acquisition.factor
    a, b, c = part.shape
    means: np.ndarray = part.reshape(a // x, x, b // y, y, c // z, z).mean(axis=(1, 3, 5))
    return means


def _spread(values: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    """Each value given to all new voxels of its acquired one."""
    for axis, factor in enumerate(acquisition.factor):
        if factor > 1:
            values = np.repeat(values, factor, axis=axis)
    return values
