"""The noise of a scan: how strong it is where, and how it hangs together."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from viewer.enhance.acquisition import along
from viewer.enhance.noise import TISSUE_HU
from viewer.progress import Progress
from viewer.volume.volume import Volume

BLOCK = 8  # voxels along a side of the squares in which noise is measured
SIDES = (32, 24, 16)  # voxels of the even places from which the spectrum comes
ENOUGH_PLACES, FEWEST_PLACES = 60, 8
SLABS, DEEP = 20, 3
CELL_MM = 40.0
ENOUGH_BLOCKS = 12
EVEN_HU = (-160.0, 350.0)
_BIN = 1.5  # of the rings of a spectrum, in steps of the discrete transform


@dataclass(frozen=True, eq=False)
class NoiseMap:
    """The noise's standard deviation on a coarse grid, smooth and positive everywhere.

    `sd_hu` (cells) in HU; `places` are the voxel coordinates of the cells' middles along each
    axis of the scan of `shape`.
    """

    sd_hu: np.ndarray
    places: tuple[np.ndarray, np.ndarray, np.ndarray]
    shape: tuple[int, int, int]

    def at(self, slices: slice = slice(None)) -> np.ndarray:
        """Of each voxel of some slices, float32 (k,j,i) in HU."""
        wanted = [np.arange(n) for n in self.shape]
        wanted[0] = wanted[0][slices]
        matrices = [_linear(w, p) for w, p in zip(wanted, self.places, strict=True)]
        return along(self.sd_hu, matrices)


@dataclass(frozen=True, eq=False)
class NoiseSpectrum:
    """How the noise's variance is spread over frequencies in the slice.

    `power_hu2_mm2` at `cycles_per_mm` is the mean over directions; the integral of
    2 pi f power df up to the last frequency is the variance. `neighbors` are the correlations
    with the next slice and the one after.
    """

    cycles_per_mm: np.ndarray
    power_hu2_mm2: np.ndarray
    neighbors: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Noise:
    """What is known of a scan's noise; `sd_hu` is the deviation of the estimate `hu`."""

    hu: float
    sd_hu: float
    map: NoiseMap
    spectrum: NoiseSpectrum


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Squares of the slices `first` to `first + deep` with a parabola taken out.

    `mean` and `variance` are (slices, rows, columns) of squares, `rest` has the voxels of each.
    """

    first: int
    hu: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    rest: np.ndarray


def measure_noise(volume: Volume, progress: Progress) -> Noise | None:
    """The noise of a scan from places without edges; None where too few were found.

    The level of many places is the mode of their variances, which structure does not move.
    What the parabolas take from low frequencies is given back by the spectrum.
    """
    voxels, spacing = volume.voxels, volume.grid.spacing_mm
    deep = min(DEEP, len(voxels))
    firsts = np.unique(np.linspace(0, len(voxels) - deep, SLABS).astype(int))
    slabs = [
        _blocks(voxels[k : k + deep], int(k))
        for k in progress.over(firsts, len(firsts), "Measuring noise")
    ]
    found = _cells(slabs, volume.grid.shape, spacing)
    if found is None:
        return None
    rough, spread = found
    levels = [rough.at(slice(s.first, s.first + deep)) for s in slabs]
    shape = _shape(slabs, levels, spread)
    if shape is None:
        return None
    power, ratio, ratio_sd = shape
    share = float(np.sqrt(ratio))
    finer = NoiseMap(rough.sd_hu * np.float32(share), rough.places, rough.shape)
    hu, blocks = _in_tissue(slabs, levels)
    hu *= share
    return Noise(
        hu=hu,
        sd_hu=hu * float(np.hypot(0.5 * ratio_sd / ratio, spread / np.sqrt(max(blocks, 1)))),
        map=finer,
        spectrum=_radial(power, hu, spacing, _neighbors(slabs, levels, spread)),
    )


def mode(variances: np.ndarray, spread: float | None = None) -> tuple[float, float, int]:
    """The commonest of many variances, their relative spread and how many agree with it.

    Cube roots of variances of noise are nearly normal (Wilson and Hilferty 1931), so that the
    mean of those within 1.5 deviations of itself is found by iteration from the lower quartile;
    the deviation comes from those below, which no structure adds to.
    """
    roots = np.cbrt(variances)
    middle = float(np.percentile(roots, 25))
    wide = 0.15 if spread is None else spread
    near = roots
    for _ in range(25):
        near = roots[np.abs(roots - middle) < 1.5 * wide * middle]
        if not len(near):
            break
        middle = float(near.mean())
        if spread is None:
            below = near[near < middle]
            wide = float(np.sqrt(np.mean((below - middle) ** 2) / 0.5516)) / middle
            wide = float(np.clip(wide, 0.01, 0.5))
    return (middle / (1 - wide**2)) ** 3, wide, len(near)


def _blocks(planes: np.ndarray, first: int) -> _Blocks:
    """The squares of some slices."""
    hu = planes.astype(np.float32)
    n, a, b = len(hu), hu.shape[1] // BLOCK, hu.shape[2] // BLOCK
    tiles = hu[:, : a * BLOCK, : b * BLOCK].reshape(n, a, BLOCK, b, BLOCK)
    tiles = tiles.transpose(0, 1, 3, 2, 4).reshape(n, a, b, BLOCK * BLOCK)
    mean = tiles.mean(axis=-1)
    rest = tiles - mean[..., None]
    basis = _parabolas(BLOCK)
    rest = rest - (rest @ basis) @ basis.T
    variance = np.einsum("kjix,kjix->kji", rest, rest) / (BLOCK * BLOCK - basis.shape[1])
    # Air that was cut off at the lowest value shows half of its noise.
    cut = (tiles <= hu.min()).mean(axis=-1) > 0.02
    variance[cut | (variance < 1e-3)] = np.nan
    return _Blocks(first, hu, mean, variance, rest)


def _parabolas(side: int) -> np.ndarray:
    """An orthonormal basis of the parabolas over a square (side * side, 6)."""
    y, x = (each.ravel() / side for each in np.indices((side, side)) - (side - 1) / 2)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    return np.asarray(np.linalg.qr(terms)[0], np.float32)


def _cells(
    slabs: list[_Blocks], shape: tuple[int, int, int], spacing: tuple[float, float, float]
) -> tuple[NoiseMap, float] | None:
    """The level in cells of the scan, and the spread of the variances of even squares."""
    variance = np.concatenate([s.variance for s in slabs])
    mean = np.concatenate([s.mean for s in slabs])
    rows = np.concatenate([s.first + np.arange(len(s.mean)) for s in slabs])
    counts = [max(1, round(n * s / CELL_MM)) for n, s in zip(shape, spacing, strict=True)]
    k, j, i = np.indices(variance.shape)
    parts = [rows[k], (j + 0.5) * BLOCK - 0.5, (i + 0.5) * BLOCK - 0.5]
    cell = [
        np.clip((p + 0.5) / n * c, 0, c - 1).astype(int)
        for p, n, c in zip(parts, shape, counts, strict=True)
    ]
    label = np.ravel_multi_index(tuple(cell), counts)
    good = np.isfinite(variance)
    soft = good & (mean > EVEN_HU[0]) & (mean < EVEN_HU[1])
    if np.count_nonzero(good) < ENOUGH_BLOCKS:
        return None
    whole = soft if np.count_nonzero(soft) >= ENOUGH_BLOCKS else good
    level, spread, _ = mode(variance[whole])
    groups = []
    for kind in (soft, good):
        order = np.argsort(label[kind], kind="stable")
        names, starts = np.unique(label[kind][order], return_index=True)
        pieces = np.split(variance[kind][order], starts[1:])
        groups.append(dict(zip(names.tolist(), pieces, strict=True)))
    spreads = [mode(v)[1] for v in groups[0].values() if len(v) >= 60]
    spread = min(spread, float(np.median(spreads))) if spreads else spread
    log, weight = np.zeros(np.prod(counts)), np.zeros(np.prod(counts))
    for name in groups[1]:
        values = groups[0].get(name, np.empty(0))
        if len(values) < ENOUGH_BLOCKS:
            values = groups[1][name]
        if len(values) < ENOUGH_BLOCKS:
            continue
        here, _, agreed = mode(values, spread)
        if agreed > 0.25 * len(values):
            log[name], weight[name] = 0.5 * np.log(here), min(agreed, 100)
    sd = np.exp(_smooth(log.reshape(counts), weight.reshape(counts), 0.5 * float(np.log(level))))
    a, b, c = ((np.arange(c) + 0.5) * n / c - 0.5 for n, c in zip(shape, counts, strict=True))
    return NoiseMap(sd.astype(np.float32), (a, b, c), shape), spread


def _smooth(values: np.ndarray, weight: np.ndarray, usual: float) -> np.ndarray:
    """A weighted mean over about a cell to each side, and `usual` where there is nothing."""
    from scipy.ndimage import gaussian_filter

    above = np.where(weight > 0, values - usual, 0)
    total, norm = (gaussian_filter(v, 0.7, mode="nearest") for v in (weight * above, weight))
    far, far_norm = (gaussian_filter(v, 2.0, mode="nearest") for v in (weight * above, weight))
    out: np.ndarray = usual + (total + 0.05 * far) / (norm + 0.05 * far_norm + 1e-3)
    return out


def _linear(wanted: np.ndarray, places: np.ndarray) -> np.ndarray | None:
    """Matrix (wanted, places) of linear interpolation, constant beyond the ends."""
    if len(places) == 1:
        return np.ones((len(wanted), 1), np.float32)
    at = np.clip(np.interp(wanted, places, np.arange(len(places))), 0, len(places) - 1)
    low = np.minimum(at.astype(int), len(places) - 2)
    out = np.zeros((len(wanted), len(places)), np.float32)
    rows = np.arange(len(wanted))
    out[rows, low] = 1 - (at - low)
    out[rows, low + 1] = at - low
    return out


def _even(slab: _Blocks, level: np.ndarray, spread: float) -> np.ndarray:
    """Which squares hold noise alone (slices, rows, columns)."""
    here = level[:, BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
    here = here[:, : slab.mean.shape[1], : slab.mean.shape[2]]
    inside = (slab.mean > EVEN_HU[0]) & (slab.mean < EVEN_HU[1])
    with np.errstate(invalid="ignore"):
        off = np.cbrt(slab.variance) / np.cbrt(here**2) - 1
    return inside & (np.abs(off) < 2.5 * spread)


def _shape(
    slabs: list[_Blocks], levels: list[np.ndarray], spread: float
) -> tuple[np.ndarray, float, float] | None:
    """The noise's power (side, side) of even places, in units of the squares' variance.

    Also its mean, which is by how much the variance exceeds that of the squares with their
    parabolas taken out, and the deviation of that.
    """
    places: list[np.ndarray] = []
    for side in SIDES:
        places = _places(slabs, levels, spread, side)
        if len(places) >= ENOUGH_PLACES:
            break
    if len(places) < FEWEST_PLACES:
        return None
    side = places[0].shape[0]
    window = np.hanning(side + 1)[:side]
    tapers = np.outer(window, window).astype(np.float32)
    waves = np.fft.fft2(np.stack(places) * tapers)
    power = (np.abs(waves) ** 2 / (tapers**2).sum()).astype(np.float32)
    far = np.hypot(*np.meshgrid(*[np.fft.fftfreq(side) * side] * 2))
    rings = np.arange(1.0, far.max() + _BIN, _BIN)

    def whole(chosen: np.ndarray) -> np.ndarray:
        values = [
            mode(chosen[:, (far >= low) & (far < high)].mean(axis=1))[0]
            for low, high in pairwise(rings)
        ]
        return np.interp(far, 0.5 * (rings[1:] + rings[:-1]), values)

    out = whole(power)
    parts = [float(whole(power[n::4]).mean()) for n in range(4)] if len(places) >= 40 else []
    off = float(np.std(parts, ddof=1) / 2) if parts else 0.1
    return out, float(out.mean()), off


def _places(
    slabs: list[_Blocks], levels: list[np.ndarray], spread: float, side: int
) -> list[np.ndarray]:
    """Even places of the first slices of the slabs, in units of the level, flattened."""
    out = []
    wide = side // BLOCK
    basis = _parabolas(side)
    for slab, level in zip(slabs, levels, strict=True):
        even = _even(slab, level, spread)[0]
        for row in range(0, even.shape[0] - wide + 1, wide):
            for column in range(0, even.shape[1] - wide + 1, wide):
                if even[row : row + wide, column : column + wide].mean() < 0.95:
                    continue
                box = np.s_[
                    row * BLOCK : (row + wide) * BLOCK, column * BLOCK : (column + wide) * BLOCK
                ]
                part, sd = slab.hu[0][box].ravel(), float(level[0][box].mean())
                part = part - basis[:, :3] @ (part @ basis[:, :3])
                part = part.reshape(side, side)
                means = part.reshape(wide, BLOCK, wide, BLOCK).mean(axis=(1, 3))
                if np.abs(means).max() < 1.5 * sd:
                    out.append(part / sd)
    return out


def _in_tissue(slabs: list[_Blocks], levels: list[np.ndarray]) -> tuple[float, int]:
    """The root mean square of the level over soft tissue, and of how many squares."""
    values = []
    for within in (TISSUE_HU, (-1e9, 1e9)):
        for slab, level in zip(slabs, levels, strict=True):
            here = level[:, BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]
            here = here[:, : slab.mean.shape[1], : slab.mean.shape[2]]
            keep = (slab.mean > within[0]) & (slab.mean < within[1]) & np.isfinite(slab.variance)
            values.append(here[keep])
        if sum(len(v) for v in values) >= ENOUGH_BLOCKS:
            break
    found = np.concatenate(values)
    return float(np.sqrt(np.mean(found**2))), len(found)


def _neighbors(slabs: list[_Blocks], levels: list[np.ndarray], spread: float) -> tuple[float, ...]:
    """Correlation of noise with the next slice, the one after and so on."""
    out = []
    for step in range(1, len(slabs[0].hu)):
        both, one, two = [], [], []
        for slab, level in zip(slabs, levels, strict=True):
            even = _even(slab, level, spread)
            pair = even[0] & even[step]
            a, b = slab.rest[0][pair], slab.rest[step][pair]
            both.append(np.einsum("nx,nx->n", a, b))
            one.append(np.einsum("nx,nx->n", a, a))
            two.append(np.einsum("nx,nx->n", b, b))
        scale = np.sqrt(np.concatenate(one) * np.concatenate(two))
        if len(scale) >= ENOUGH_BLOCKS:
            # The median: a vessel that goes through both slices adds to few squares.
            out.append(float(np.median(np.concatenate(both) / scale)))
    return tuple(out)


def _radial(
    power: np.ndarray,
    hu: float,
    spacing: tuple[float, float, float],
    neighbors: tuple[float, ...],
) -> NoiseSpectrum:
    """The mean of a spectrum over directions, scaled to the variance hu^2."""
    side = len(power)
    pixel_mm = float(np.sqrt(spacing[1] * spacing[2]))
    cycles = np.arange(side // 2 + 1) / (side * pixel_mm)
    values = power[0, : side // 2 + 1].astype(float)
    values *= hu**2 / np.trapezoid(2 * np.pi * cycles * values, cycles)
    return NoiseSpectrum(cycles, values, neighbors)
