"""Edge-preserving smoothing whose strength follows the measured noise."""

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import SLAB_VOXELS, together
from viewer.progress import Progress
from viewer.volume.volume import Volume

GRAIN = 0.2  # what is left of the noise, so that readers see that there is some


def denoise(
    volume: Volume, noise_hu: float, progress: Progress, *, strength: float = 1.0
) -> Volume:
    """The volume with noise smoothed and edges kept (int16), on the same grid.

    A self-guided filter (He, Sun and Tang 2013, eq. 7 and 8, in three dimensions) with the slope
    of Lee (1980, eq. 9): where the local variance is that of the noise nearly the mean of the
    neighborhood is taken, where it is far greater (an edge of a vessel) the voxel stays.
    `strength` scales the noise that is assumed; at 0 the voxels come back unchanged.
    """
    if strength <= 0 or noise_hu <= 0:
        return Volume(np.round(volume.voxels).astype(np.int16), volume.grid)
    reach = reach_voxels(volume.grid.spacing_mm)
    hu = np.empty(volume.voxels.shape, np.int16)
    smooth_into(hu, volume, strength * noise_hu, reach, progress)
    return Volume(hu, volume.grid)


def smooth_into(
    out: np.ndarray,
    volume: Volume,
    noise_hu: float,
    reach: tuple[int, int, int],
    progress: Progress,
) -> None:
    """Write the volume smoothed over so many neighbors to each side; int16 gets whole HU."""
    voxels = volume.voxels
    halo = 2 * reach[0]
    depth = max(1, SLAB_VOXELS // int(np.prod(voxels.shape[1:])))

    def smooth(start: int) -> None:
        stop = min(start + depth, len(voxels))
        low, high = max(start - halo, 0), min(stop + halo, len(voxels))
        clean = guided(voxels[low:high].astype(np.float32), reach, noise_hu**2)
        if out.dtype == np.int16:
            np.rint(clean, out=clean)
        out[start:stop] = clean[start - low : stop - low]

    together(range(0, len(voxels), depth), smooth, progress, "Smoothing noise")


def reach_voxels(spacing_mm: tuple[float, float, float]) -> tuple[int, int, int]:
    """Half widths of the neighborhood: about 1.3 mm, and no neighbor farther than 2.6 mm."""
    a, b, c = (0 if s > 2.6 else min(max(1, round(1.3 / s)), 2) for s in spacing_mm)
    return a, b, c


def guided(hu: np.ndarray, reach: tuple[int, int, int], noise_hu2: float) -> np.ndarray:
    """One image smoothed by its own local lines (He, Sun and Tang 2013, eq. 7 and 8), float32."""
    size = [2 * r + 1 for r in reach]

    def mean(image: np.ndarray) -> np.ndarray:
        return ndimage.uniform_filter(image, size, mode="nearest")

    # float32 sums of squares cancel badly far from zero; air is cut, which leaves its mean alone
    middle = np.float32(-300.0)
    centered = hu - middle
    average = mean(centered)
    variance = mean(centered * centered)
    variance -= average * average
    np.maximum(variance, 0, out=variance)
    slope = 1 - np.float32(noise_hu2) / np.maximum(variance, np.float32(1e-3))
    np.maximum(slope, np.float32(GRAIN), out=slope)
    offset = average * (1 - slope)
    out = mean(slope)
    out *= centered
    out += mean(offset)
    out += middle
    return out
