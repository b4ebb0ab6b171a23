"""Where a restored scan may be measured: what was taken away there must be no more than noise."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.stats import chi2

from viewer.enhance.halves import DOUBTFUL, RestorationCheck
from viewer.enhance.restored import Restored
from viewer.enhance.scan_facts_noise import NoiseMap

NEAR_MM = 5.0
RARE = 1e-4  # of places where noise alone is larger than the limit
LEVEL_OFF = 0.15  # how well the noise at one place of a scan is known
BLOCKS, BLOCK = 48, (8, 24, 24)
NO_STRUCTURE = 4.0  # noises: a block with more holds an edge that was taken away


@dataclass(frozen=True, eq=False)
class Judgment:
    """What speaks against measuring a restored scan at places (n,).

    `misfit` is the root mean square of the residual within 5 mm over the noise there, of which
    noise alone explains `limit`; `apart` how far restorations of two halves of the dose lie apart.
    `left_hu` is what of the noise was not taken away there, nothing where that is not known.
    """

    misfit: np.ndarray
    apart: np.ndarray
    left_hu: np.ndarray
    limit: float

    @property
    def refused(self) -> np.ndarray:
        """Where (n,) bool the restored scan must not be measured."""
        return np.asarray((self.misfit > self.limit) | (self.apart > DOUBTFUL))

    def why(self, number: int) -> str:
        """Why it must not be measured at one place, with the number; "" where it may."""
        misfit, apart = float(self.misfit[number]), float(self.apart[number])
        if misfit > self.limit:
            return (
                f"Not measured on the restored scan: what was taken away here is {misfit:.1f} "
                f"times the noise, and noise alone explains {self.limit:.1f}."
            )
        if apart > DOUBTFUL:
            return (
                "Not measured on the restored scan: restorations of two halves of the dose lie "
                f"{apart:.1f} noises apart here (at most {DOUBTFUL:.0f})."
            )
        return ""


def judged(restored: Restored, check: RestorationCheck | None, points_lps: np.ndarray) -> Judgment:
    """What speaks against measuring a restored scan at places; of points (n,m,3) the worst counts.

    In exact mode nothing was taken away, so that only a check can speak against it.
    """
    places = points_lps.reshape(-1, 3)
    shape = points_lps.shape[:2]
    fine = restored.volume.grid.nearest(places)
    apart = np.zeros(len(places)) if check is None else check.apart[tuple(fine.T)].astype(float)
    misfit, left_hu, limit = np.zeros(len(places)), np.zeros(len(places)), 1.0
    if restored.noise is not None and restored.mode == "noise":
        index = fine // np.array(restored.acquisition.factor)
        misfit = _misfit(restored.residual, restored.noise, index, _reach(restored))
        left_hu = _noise_at(restored.noise, index) * np.sqrt(np.maximum(1 - misfit**2, 0))
        limit = limit_of(independent(restored, restored.noise))
    worst = [each.reshape(shape).max(axis=1) for each in (misfit, apart, left_hu)]
    return Judgment(worst[0], worst[1], worst[2], limit)


def limit_of(voxels: float) -> float:
    """How many noises the root mean square of so many independent voxels reaches by chance.

    That of one place in 10,000, by the chi-square distribution, where the noise is as much
    stronger as its map may be off.
    """
    return float((1 + LEVEL_OFF) * np.sqrt(chi2.isf(RARE, voxels) / voxels))


def independent(restored: Restored, noise: NoiseMap) -> float:
    """How many voxels of a neighborhood of 5 mm are independent, as the residual itself tells.

    The mean of n squares with correlations r varies as that of n^2 / sum r^2 independent ones;
    along each axis by itself, as if they were separable.
    """
    blocks = list(_even(restored.residual, noise))
    if not blocks:
        return 1.0
    found = 1.0
    for axis, reach in enumerate(_reach(restored)):
        wide = 2 * reach + 1
        total = float(wide)
        for lag in range(1, min(wide, BLOCK[axis], restored.residual.shape[axis])):
            total += 2 * (wide - lag) * _correlation(blocks, axis, lag) ** 2
        found *= wide**2 / total
    return max(found, 1.0)


def _correlation(blocks: list[np.ndarray], axis: int, lag: int) -> float:
    """How the residual hangs together with itself so many voxels on."""
    pairs = [(np.moveaxis(b, axis, 0)[lag:], np.moveaxis(b, axis, 0)[:-lag]) for b in blocks]
    both = sum(float(np.vdot(one, other)) for one, other in pairs)
    size = sum(float(np.vdot(one, one) + np.vdot(other, other)) for one, other in pairs)
    return 2 * both / size if size > 0 else 0.0


def _even(residual: np.ndarray, noise: NoiseMap) -> Iterator[np.ndarray]:
    """Blocks of the residual in noises, spread over the scan, in which no structure is."""
    size = np.minimum(BLOCK, residual.shape)
    rng = np.random.default_rng(0)
    for low in rng.integers(0, np.array(residual.shape) - size + 1, (BLOCKS, 3)):
        block = residual[tuple(slice(a, a + n) for a, n in zip(low, size, strict=True))]
        level = _noise_at(noise, (low + size // 2)[None])[0]
        told = block.astype(np.float32) / level
        if np.abs(told).max() < NO_STRUCTURE and told.any():
            yield told - told.mean()


def _reach(restored: Restored) -> tuple[int, int, int]:
    """Half widths of a neighborhood of 5 mm in voxels of the scan."""
    spacing = np.multiply(restored.volume.grid.spacing_mm, restored.acquisition.factor)
    a, b, c = (int(NEAR_MM / mm / 2) for mm in spacing)
    return a, b, c


def _misfit(
    residual: np.ndarray, noise: NoiseMap, index: np.ndarray, reach: tuple[int, int, int]
) -> np.ndarray:
    """The root mean square (n,) of the residual around voxels (n,3), over their noise."""
    away = np.indices([2 * each + 1 for each in reach]).reshape(3, -1) - np.array(reach)[:, None]
    last = np.array(residual.shape) - 1
    places, back = np.unique(index, axis=0, return_inverse=True)
    around = np.clip(places[:, :, None] + away, 0, last[:, None])
    near = residual[around[:, 0], around[:, 1], around[:, 2]].astype(np.float32)
    rms = np.sqrt(np.mean(np.square(near), axis=1))
    found: np.ndarray = (rms / _noise_at(noise, places))[back.reshape(-1)]
    return found


def _noise_at(noise: NoiseMap, index: np.ndarray) -> np.ndarray:
    """The noise (n,) at voxels (n,3), HU."""
    cells = [
        np.interp(axis, places, np.arange(len(places)))
        for axis, places in zip(index.T.astype(float), noise.places, strict=True)
    ]
    found: np.ndarray = map_coordinates(noise.sd_hu, cells, order=1, mode="nearest")
    return np.maximum(found, 1e-3)
