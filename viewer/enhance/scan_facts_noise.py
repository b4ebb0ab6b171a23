"""The noise of a scan: how strong it is where, and how it hangs together."""

from dataclasses import dataclass

import numpy as np

from viewer.enhance.noise import TISSUE_HU
from viewer.enhance.scan_facts_spectrum import far, planes, rings, taper, unfolded
from viewer.enhance.scan_facts_squares import (
    ENOUGH,
    EVEN_HU,
    Squares,
    calmest,
    differences,
    mode,
    neighbors,
    squares,
)
from viewer.progress import Progress
from viewer.volume.separable import along, linear
from viewer.volume.volume import Volume

SQUARE_MM, SQUARE = 5.5, (5, 8)  # side of the squares in which noise is measured; in voxels
SIDES = (4, 3, 2)  # squares along a side of the even places from which the spectrum comes
ENOUGH_PLACES, FEWEST_PLACES = 60, 8
SLABS, DEEP = 20, 3
CELL_MM = (40.0, 28.0, 28.0)
MOST_UNEVEN = 3.0  # times the usual noise; what seems to be more is structure
QUIET = 25.0  # percent of even places, of which each frequency is taken: the rest has structure
FEW = 8  # voxels, of which one tells how strong the noise is on the whole
MOST_ALIKE = 0.6  # neighboring slices: where more, little noise is left in their differences
LEAST_OFF = 0.02  # of the level, on scans of known noise


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
        matrices = [
            linear(np.interp(each, places, np.arange(len(places))), len(places))
            for each, places in zip(wanted, self.places, strict=True)
        ]
        return along(self.sd_hu, matrices)

    @property
    def usual_hu(self) -> float:
        """The root mean square over the scan, of every few voxels."""
        a, b, c = (max(1, n // FEW) for n in self.shape)
        steps = np.array(self.shape) / (a, b, c)
        x, y, z = ((p + 0.5) / step - 0.5 for p, step in zip(self.places, steps, strict=True))
        thin = NoiseMap(self.sd_hu, (x, y, z), (a, b, c))
        return float(np.sqrt(np.mean(np.square(thin.at(), dtype=np.float64))))

    def within(self, start: tuple[int, int, int], shape: tuple[int, int, int]) -> "NoiseMap":
        """The same of a box of the scan that begins at voxel `start`."""
        a, b, c = (p - first for p, first in zip(self.places, start, strict=True))
        return NoiseMap(self.sd_hu, (a, b, c), shape)


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


def measure_noise(volume: Volume, progress: Progress) -> Noise | None:
    """The noise of a scan from places without edges; None where too few were found.

    It is measured twice: in the slices, and in what each differs by from those beside it, where
    structure that goes through cancels. Structure only adds, so that the lower is believed.
    """
    voxels, spacing = volume.voxels, volume.grid.spacing_mm
    deep = min(DEEP, len(voxels))
    side = int(np.clip(round(SQUARE_MM / np.sqrt(spacing[1] * spacing[2])), *SQUARE))
    firsts = np.unique(np.linspace(0, len(voxels) - deep, SLABS).astype(int))
    slabs = [
        squares(voxels[k : k + deep], int(k), side)
        for k in progress.over(firsts, len(firsts), "Measuring noise")
    ]
    found = _cells(slabs, volume)
    if found is None:
        return None
    rough, spread = found
    levels = _levels(slabs, rough)
    calm = calmest(slabs, levels)
    near = neighbors(calm, levels, spread)
    ways = [_noise(slabs, calm, volume, near)]
    if len(near) > 1 and near[0] < MOST_ALIKE:
        apart, still = ([differences(slab, near) for slab in each] for each in (slabs, calm))
        ways.append(_noise(apart, still, volume, near))
    told = [each for each in ways if each is not None]
    return min(told, key=lambda each: each.hu, default=None)


def _noise(
    slabs: list[Squares], calm: list[Squares], volume: Volume, near: tuple[float, ...]
) -> Noise | None:
    """The noise that squares tell: its level those without structure, its spectrum even places."""
    found = _cells(calm, volume)
    if found is None:
        return None
    rough, spread = found
    levels = _levels(slabs, rough)
    shape = _shape(slabs, levels, spread)
    if shape is None:
        return None
    power, off = shape
    power = _mended(power, slabs[0].side, spread)
    share = float(np.sqrt(power.mean()))
    hu = share * _in_tissue(slabs, levels)
    return Noise(
        hu=hu,
        sd_hu=hu * float(np.hypot(0.5 * off, LEAST_OFF)),
        map=NoiseMap(rough.sd_hu * np.float32(share), rough.places, rough.shape),
        spectrum=_radial(power, hu, volume.grid.spacing_mm, near),
    )


def _levels(slabs: list[Squares], rough: NoiseMap) -> list[np.ndarray]:
    """The level of each voxel of the slabs."""
    return [rough.at(slice(slab.first, slab.first + len(slab.hu))) for slab in slabs]


def _cells(slabs: list[Squares], volume: Volume) -> tuple[NoiseMap, float] | None:
    """The level in cells of the scan, and the spread of the variances of even squares."""
    shape, spacing = volume.grid.shape, volume.grid.spacing_mm
    variance = np.concatenate([s.variance for s in slabs])
    mean = np.concatenate([s.mean for s in slabs])
    rows = np.concatenate([s.first + np.arange(len(s.mean)) for s in slabs])
    counts = [max(1, round(n * s / c)) for n, s, c in zip(shape, spacing, CELL_MM, strict=True)]
    k, j, i = np.indices(variance.shape)
    parts = [rows[k], (j + 0.5) * slabs[0].side - 0.5, (i + 0.5) * slabs[0].side - 0.5]
    cell = [
        np.clip((p + 0.5) / n * c, 0, c - 1).astype(int)
        for p, n, c in zip(parts, shape, counts, strict=True)
    ]
    label = np.ravel_multi_index(tuple(cell), counts)
    good = np.isfinite(variance)
    soft = good & (mean > EVEN_HU[0]) & (mean < EVEN_HU[1])
    if np.count_nonzero(good) < ENOUGH:
        return None
    whole = soft if np.count_nonzero(soft) >= ENOUGH else good
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
        if len(values) < ENOUGH:
            values = groups[1][name]
        if len(values) < ENOUGH:
            continue
        here, _, agreed = mode(values, spread)
        if agreed > 0.25 * len(values) and here < MOST_UNEVEN**2 * level:
            log[name], weight[name] = 0.5 * np.log(here), min(agreed, 100)
    sd = np.exp(_smooth(log.reshape(counts), weight.reshape(counts), 0.5 * float(np.log(level))))
    a, b, c = ((np.arange(c) + 0.5) * n / c - 0.5 for n, c in zip(shape, counts, strict=True))
    return NoiseMap(sd.astype(np.float32), (a, b, c), shape), spread


def _smooth(values: np.ndarray, weight: np.ndarray, usual: float) -> np.ndarray:
    """A weighted mean of near cells, then of farther ones, then `usual` where there is nothing."""
    from scipy.ndimage import gaussian_filter

    above = np.where(weight > 0, values - usual, 0)
    total, norm = (gaussian_filter(v, 0.4, mode="nearest") for v in (weight * above, weight))
    far, far_norm = (gaussian_filter(v, 1.5, mode="nearest") for v in (weight * above, weight))
    out: np.ndarray = usual + (total + 0.05 * far) / (norm + 0.05 * far_norm + 1e-3)
    return out


def _shape(
    slabs: list[Squares],
    levels: list[np.ndarray],
    spread: float,
    sides: tuple[int, ...] = SIDES,
) -> tuple[np.ndarray, float] | None:
    """The noise's power (2-D, from zero) of quiet even places, in units of the level's square.

    Also the deviation of its mean, as a share of that.
    """
    places: list[np.ndarray] = []
    for wide in sides:
        places = _places(slabs, levels, spread, wide)
        if len(places) >= ENOUGH_PLACES:
            break
    if len(places) < FEWEST_PLACES:
        return None
    side = places[0].shape[0]
    around = rings(side)
    waves = np.fft.fft2(np.stack(places) * taper(side))
    power = np.abs(waves) ** 2 / (taper(side) ** 2).sum()
    of_places = np.stack([power[:, ring].mean(axis=1) for ring in around], axis=1)

    def whole(chosen: np.ndarray) -> np.ndarray:
        return unfolded(np.percentile(chosen, QUIET, axis=0), side)

    out = whole(of_places)
    parts = [float(whole(of_places[n::4]).mean()) for n in range(4)] if len(places) >= 40 else []
    off = float(np.std(parts, ddof=1) / 2 / out.mean()) if parts else 0.1
    return out, off


def _mended(power: np.ndarray, side: int, spread: float) -> np.ndarray:
    """The power without what the measuring itself adds and takes, as noise of that power shows.

    Modes and quiet places lie below the mean, the more so the fewer values they are taken of.
    """
    count = 30 * side
    cycles = far(len(power))[0, : len(power) // 2]
    once = power[0, : len(cycles)]
    model, wanted = (np.interp(far(n), cycles, once) for n in (len(power), count))
    white = np.random.default_rng(0).standard_normal((6, count, count), dtype=np.float32)
    noise = np.fft.ifft2(np.fft.fft2(white) * np.sqrt(wanted / wanted.mean())).real
    tissue = [squares(TISSUE_HU[1] / 2 + each[None], 0, side) for each in noise]
    flat = [np.ones_like(slab.hu) for slab in tissue]
    fine = np.concatenate([slab.variance for slab in calmest(tissue, flat)])
    level = mode(fine[np.isfinite(fine)], spread)[0]
    known = [np.float32(np.sqrt(level)) * each for each in flat]
    found = _shape(tissue, known, spread, (len(power) // (2 * side),))
    if found is None:
        return power
    seen = np.maximum(found[0], 1e-3 * found[0].mean())
    return np.asarray(power * np.clip(model / (wanted.mean() * level * seen), 0.5, 2.0))


def _places(
    slabs: list[Squares], levels: list[np.ndarray], spread: float, wide: int
) -> list[np.ndarray]:
    """Even places of the first and last slices of the slabs, flattened, in units of the level."""
    out = []
    block = slabs[0].side
    side = wide * block
    basis = planes(side)
    for slab, level in zip(slabs, levels, strict=True):
        every = slab.even(level, spread)
        for n in sorted({0, len(every) - 1}):
            even = every[n]
            for row in range(0, even.shape[0] - wide + 1, wide):
                for column in range(0, even.shape[1] - wide + 1, wide):
                    if even[row : row + wide, column : column + wide].mean() < 0.95:
                        continue
                    j, i = row * block, column * block
                    part = slab.hu[n, j : j + side, i : i + side].ravel()
                    sd = float(level[n, j : j + side, i : i + side].mean())
                    part = (part - basis @ (part @ basis)).reshape(side, side)
                    means = part.reshape(wide, block, wide, block).mean(axis=(1, 3))
                    if np.abs(means).max() < 2.2 * sd:
                        out.append(part / sd)
    return out


def _in_tissue(slabs: list[Squares], levels: list[np.ndarray]) -> float:
    """The root mean square of the level over soft tissue, over all where there is none."""
    values = []
    for within in (TISSUE_HU, (-1e9, 1e9)):
        for slab, level in zip(slabs, levels, strict=True):
            here = slab.of_squares(level)
            keep = (slab.mean > within[0]) & (slab.mean < within[1]) & np.isfinite(slab.variance)
            values.append(here[keep])
        if sum(len(v) for v in values) >= ENOUGH:
            break
    found = np.concatenate(values)
    return float(np.sqrt(np.mean(found**2)))


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
