"""Whether a restoration would come out the same of a scan with other noise."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from viewer.enhance.scan_facts_noise import NoiseMap, NoiseSpectrum
from viewer.enhance.scan_noise import like_noise
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

NEAR_MM = 3.0
DOUBTFUL = 3.0  # noises by which two halves may lie apart
SIGNAL_SHARE = 1 / 7  # of two halves that agree by chance no more (van Heel and Schatz 2005)
PATCH = 32


@dataclass(frozen=True, eq=False)
class RestorationCheck:
    """How far restorations of two halves of the dose lie apart near each voxel of a restored scan.

    `apart` (float16) lies on the restored `grid` and counts in what is usual (`disagreement`);
    `share` is how much of the scan shows more than `DOUBTFUL`.
    """

    apart: np.ndarray
    grid: Grid
    share: float

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers, and what is held in memory."""
        return (self.apart,)


def checked(apart: np.ndarray, grid: Grid) -> RestorationCheck:
    """The check whose disagreement was measured or read."""
    whole = np.asarray(apart, np.float16)
    return RestorationCheck(whole, grid, float(np.mean(whole > DOUBTFUL)))


def halves(
    volume: Volume, noise: NoiseMap, spectrum: NoiseSpectrum, seed: int = 0
) -> tuple[Volume, Volume]:
    """Two scans of one person as of half the dose each, of which one's noise is not the other's.

    y + e and y - e, where e has the noise's map and spectrum: both have twice its variance, and
    their noises do not correlate (recorrupted pairs; Pang et al. 2021, equation 5).
    """
    rng = np.random.default_rng(seed)
    more = like_noise(volume.grid.shape, volume.grid.spacing_mm, spectrum, rng)
    more *= noise.at()
    one, other = (
        Volume(np.rint(volume.voxels + sign * more).astype(np.int16), volume.grid)
        for sign in (np.float32(1), np.float32(-1))
    )
    return one, other


def disagreement(one: Volume, other: Volume, noise_hu: np.ndarray | float) -> np.ndarray:
    """How far two restorations lie apart near each voxel (float32), in what is usual for them.

    1 is the usual difference, or the noise of the scan (at each voxel) where that is more: the
    halves themselves lie two noises apart, and an edge that was left as it is, as far. More than
    `DOUBTFUL` marks a place where what is shown hangs on the noise. Only what the halves share of
    a neighborhood counts, not single voxels.
    """
    apart = one.voxels.astype(np.float32) - other.voxels
    reach = [2 * int(NEAR_MM / mm / 2) + 1 for mm in one.grid.spacing_mm]
    near = np.sqrt(uniform_filter(np.square(apart), reach, mode="nearest"))
    usual = float(np.median(near[near > 0])) if np.any(near > 0) else 1.0
    made: np.ndarray = near / np.maximum(noise_hu, np.float32(usual))
    return made


def shell_correlation(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fourier shell correlation of two volumes: cycles per voxel (n,) and correlation (n,).

    The shells are one step of the longest axis wide (Harauz and van Heel 1986).
    """
    window = [np.hanning(n + 2)[1:-1] for n in one.shape]
    weight = np.einsum("i,j,k->ijk", *window)
    first, second = (np.fft.fftn((each - each.mean()) * weight) for each in (one, other))
    axes = np.meshgrid(*(np.fft.fftfreq(n) for n in one.shape), indexing="ij")
    radius = np.sqrt(sum(np.square(axis) for axis in axes))
    count = max(one.shape) // 2
    shell = np.rint(radius * 2 * count).astype(int)

    def per_shell(values: np.ndarray) -> np.ndarray:
        return np.bincount(shell.ravel(), values.ravel(), minlength=count + 1)[: count + 1]

    shared = per_shell((first * np.conj(second)).real)
    size = per_shell(np.abs(first) ** 2) * per_shell(np.abs(second) ** 2)
    correlation = shared / np.sqrt(np.maximum(size, 1e-12))
    return np.arange(1, count + 1) / (2 * count), correlation[1:]


def resolved(frequencies: np.ndarray, correlation: np.ndarray) -> float:
    """The first frequency at which two volumes agree no more than by chance, else the last."""
    lost = np.flatnonzero(correlation < SIGNAL_SHARE)
    return float(frequencies[lost[0]] if len(lost) else frequencies[-1])


def patchwise(
    one: np.ndarray, other: np.ndarray, each: Callable[[np.ndarray, np.ndarray], float]
) -> np.ndarray:
    """A number of every cube of 32 voxels that two volumes of one shape are made of."""
    counts = [max(n // PATCH, 1) for n in one.shape]
    out = np.empty(counts, np.float32)
    for place in np.ndindex(*counts):
        box = tuple(slice(PATCH * n, PATCH * (n + 1)) for n in place)
        out[place] = each(one[box], other[box])
    return out
