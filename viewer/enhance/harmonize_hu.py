"""Where air, fat and blood lie on a scan, and the map that moves them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.tube_voltage import CALCIUM_AT_KVP, IODINE_AT_KVP, contrast_ratio
from viewer.progress import Progress
from viewer.volume.volume import AIR_HU, Volume

# Where both are looked for, in HU; a scanner whose air is farther off fails its acceptance test.
AIR, FAT = (-1050.0, -960.0), (-150.0, -60.0)
UNENHANCED_HU = 55.0  # muscle without contrast
MOST_IODINE_HU = 450.0  # that arteries gain at 120 kVp
SQUARE_MM, SLICES = 5.0, 40
EVEN_SD, UNEVEN_HU = 1.5, 10.0
NEAR_HU, STEP_HU = 12.0, 4.0
ENOUGH_SQUARES, ENOUGH_PLACES = 40, 5
LEAST_OFF_HU = 0.5
Known = tuple[float, float]  # a value and its standard deviation


@dataclass(frozen=True, eq=False)
class Anchors:
    """HU of outer air, of fat and of the great vessel's blood; None where it was not found.

    `places_lps` are the points (n,3) where each was measured, by its name.
    """

    air: Known | None
    fat: Known | None
    blood: Known | None
    places_lps: Mapping[str, np.ndarray]


def find_anchors(
    volume: Volume, noise_hu: float, progress: Progress, *, with_blood: bool = True
) -> Anchors:
    """Where a scan's air, fat and blood lie; `with_blood` also looks for a great vessel."""
    middle, spread, index = _squares(volume, progress.part(0.0, 0.3))
    even = spread < EVEN_SD * noise_hu + UNEVEN_HU
    places = {}
    for name, within in (("air", AIR), ("fat", FAT)):
        near = _commonest(middle[even], within)
        places[name] = volume.grid.points_lps(index[even][near])
    if with_blood:
        places["blood"] = _great_vessel(volume, progress.part(0.3, 1.0))
    progress.at(1.0)
    found = anchors_at(volume, places)
    if found.air is not None and found.air[0] < volume.voxels.min() + NEAR_HU:
        # It was cut off at the lowest value.
        return anchors_at(volume, places | {"air": np.empty((0, 3))})
    return found


def anchors_at(volume: Volume, places_lps: Mapping[str, np.ndarray]) -> Anchors:
    """Air, fat and blood of a scan at known places."""
    none = np.empty((0, 3))
    air, fat, blood = (_at(volume, places_lps.get(n, none)) for n in ("air", "fat", "blood"))
    return Anchors(air, fat, blood, places_lps)


def _squares(volume: Volume, progress: Progress) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Medians and deviations (n,) of the 5 mm squares of slices, and their middles (index, n,3).

    Squares of padding, which are all one value, are left out.
    """
    wide = [int(np.clip(round(SQUARE_MM / s), 3, 11)) for s in volume.grid.spacing_mm[1:]]
    picked = np.unique(np.linspace(0, len(volume.voxels) - 1, SLICES).astype(int))
    rows, columns = (n // w for n, w in zip(volume.grid.shape[1:], wide, strict=True))
    middle = np.indices((rows, columns)).reshape(2, -1).T * wide + np.array(wide) // 2
    found = []
    for k in progress.over(picked, len(picked), "Measuring air, fat and blood"):
        plane = volume.voxels[k]
        tiles = plane[: rows * wide[0], : columns * wide[1]]
        tiles = tiles.reshape(rows, wide[0], columns, wide[1]).transpose(0, 2, 1, 3)
        tiles = tiles.reshape(rows * columns, -1).astype(np.float32)
        index = np.column_stack([np.full(len(middle), k), middle])
        uneven = np.ptp(tiles, axis=1) > 0
        each = np.median(tiles, axis=1), tiles.std(axis=1), index
        found.append([part[uneven] for part in each])
    medians, spreads, places = (np.concatenate(part) for part in zip(*found, strict=True))
    return medians, spreads, places


def _commonest(values: np.ndarray, within: tuple[float, float]) -> np.ndarray:
    """Which of the values lie near their mode in a range; none where they are few or at its end."""
    low, high = within
    inside = values[(values > low) & (values < high)]
    counts, edges = np.histogram(inside, np.arange(low, high + STEP_HU, STEP_HU))
    middle = float(edges[np.convolve(counts, [1, 2, 1], "same").argmax()] + STEP_HU / 2)
    near = np.abs(values - middle) < NEAR_HU
    for _ in range(20):
        if np.count_nonzero(near) < ENOUGH_SQUARES:
            break
        middle = float(values[near].mean())
        near = np.abs(values - middle) < NEAR_HU
    if np.count_nonzero(near) < ENOUGH_SQUARES or min(middle - low, high - middle) < NEAR_HU:
        return np.zeros(len(values), bool)
    return near


def _great_vessel(volume: Volume, progress: Progress) -> np.ndarray:
    """Places (n,3) along the middle of the great vessel."""
    found = find_great_vessels(volume, progress)
    if not found.chains:
        return np.empty((0, 3))
    spots = found.chains[0].spots[:, :3].round().astype(int)
    return volume.grid.points_lps(np.array([found.coarse.voxel_at(spot) for spot in spots]))


def _at(volume: Volume, places_lps: np.ndarray) -> Known | None:
    """The median over places, each the median of nine voxels of its slice, and its deviation.

    Medians, so that noise that is cut off at the lowest value moves nothing.
    """
    if len(places_lps) < ENOUGH_PLACES:
        return None
    index = np.rint(volume.grid.index(places_lps)).astype(int)
    index = np.clip(index, [0, 1, 1], np.array(volume.grid.shape) - [1, 2, 2])
    k, j, i = index.T
    near = [volume.voxels[k, j + down, i + right] for down in (-1, 0, 1) for right in (-1, 0, 1)]
    each = np.median(near, axis=0)
    middle = float(np.median(each))
    spread = 1.4826 * float(np.median(np.abs(each - middle)))
    # The deviation of a median of normal values is 1.25 times that of their mean.
    return middle, float(np.hypot(1.25 * spread / np.sqrt(len(each)), LEAST_OFF_HU))


@dataclass(frozen=True, eq=False)
class HuMap:
    """A rising line with kinks: `knots_hu` go to `moved_hu`, above the last at the slope `above`.

    Below the first its slope is 1.
    """

    knots_hu: tuple[float, ...]
    moved_hu: tuple[float, ...]
    above: float = 1.0

    def of(self, hu: np.ndarray) -> np.ndarray:
        """HU moved (float32)."""
        values = np.asarray(hu, np.float32)
        out = np.interp(values, self.knots_hu, self.moved_hu).astype(np.float32)
        out += np.float32(self.above) * np.maximum(values - np.float32(self.knots_hu[-1]), 0)
        out += np.minimum(values - np.float32(self.knots_hu[0]), 0)
        return out

    def slope(self, hu: np.ndarray) -> np.ndarray:
        """By how much a small difference grows at HU (float32)."""
        steps = np.diff(self.moved_hu) / np.diff(self.knots_hu)
        every = np.array([1.0, *steps, self.above], np.float32)
        out: np.ndarray = every[np.searchsorted(self.knots_hu, hu)]
        return out


def hu_map(
    found: Anchors,
    air_hu: float | None,
    fat_hu: float | None,
    kvp: tuple[float, float] | None,
) -> HuMap:
    """The map that brings air and fat where they are asked for, and iodine to another voltage.

    Soft tissue without contrast stays, for scanners are set by water. What is added above it is
    iodine's up to what arteries reach and calcium's beyond: by value alone bone and blood of one
    brightness cannot be told apart. `kvp` are the voltages of the scan and the one asked for.
    """
    moves = []
    for anchor, asked in ((found.air, air_hu), (found.fat, fat_hu)):
        if anchor is not None and asked is not None:
            moves.append((anchor[0], asked))
    if found.air is not None and air_hu is not None:
        moves.append((float(AIR_HU) if found.air[0] > AIR_HU + 1 else found.air[0] - 24, AIR_HU))
    moves.append((UNENHANCED_HU, UNENHANCED_HU))
    above = 1.0
    if kvp is not None:
        iodine = contrast_ratio(IODINE_AT_KVP, *kvp)
        brightest = UNENHANCED_HU + MOST_IODINE_HU * contrast_ratio(IODINE_AT_KVP, 120, kvp[0])
        if found.blood is not None:
            brightest = max(brightest, 1.1 * found.blood[0])
        moves.append((brightest, UNENHANCED_HU + iodine * (brightest - UNENHANCED_HU)))
        above = contrast_ratio(CALCIUM_AT_KVP, *kvp)
    moves = sorted(set(moves))
    return HuMap(tuple(a for a, _ in moves), tuple(b for _, b in moves), above)
