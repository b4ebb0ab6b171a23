"""A small box of a scan, restored in a moment as the whole scan would be there."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from viewer.enhance.acquisition import Triple
from viewer.enhance.consistent import AS_GUESSED, Pull, in_body, nearby, pull_of
from viewer.enhance.noise import noise_hu
from viewer.enhance.origin import INFERRED
from viewer.enhance.restore import Whole, restore_scan
from viewer.enhance.restored import Mode, Restored
from viewer.enhance.scan_facts import ScanFacts
from viewer.enhance.slabs import Box, around, inside
from viewer.networks.network import Network
from viewer.progress import Progress, silent
from viewer.volume.volume import Volume

SIDES_MM = (48.0, 40.0, 32.0, 24.0)  # in the plane that is looked at, the first that fits
DEPTHS_MM = (48.0, 24.0, 12.0, 6.0)
FEWEST = 3  # slices or rows along each side
MARGIN = 8  # voxels beyond the box, so that it does not see its own edge
NEW_VOXELS = 3_500_000  # that are restored in a second without a network
NETWORK_SECONDS = 1.2
SAMPLE, SAMPLES, NETWORK_SAMPLES = (8, 24, 24), (3, 7, 7), (2, 3, 3)
SAMPLE_MARGIN = 4
LEAST_TOLD = 0.001
EVEN_HU = (-200.0, 700.0)  # blood with contrast, too


@dataclass(frozen=True, eq=False)
class Glimpse:
    """A restored box in its place, with the noise (HU) in it before and after, nan unknown.

    `residual_hu` is the root mean square of what the scan has more than the scanner would have
    given of the restored box; `inferred` the share of its voxels that no measurement explains.
    """

    volume: Volume
    mode: Mode
    inferred: float
    noise_before_hu: float
    noise_after_hu: float
    residual_hu: float

    @property
    def words(self) -> tuple[str, str]:
        """The promise, and the numbers."""
        promise = "Quieter" if self.mode == "noise" else "Exact"
        numbers = f"Residual {self.residual_hu:.0f} HU"
        if np.isfinite(self.noise_before_hu + self.noise_after_hu):
            before, after = self.noise_before_hu, self.noise_after_hu
            numbers = f"Noise {before:.0f} → {after:.0f} HU, residual {self.residual_hu:.0f} HU"
        if self.inferred >= LEAST_TOLD:
            numbers += f", {100 * self.inferred:.1g} % inferred"
        return f"Preview, not taken: {promise.lower()}", numbers


def whole_of(
    volume: Volume,
    facts: ScanFacts,
    progress: Progress,
    *,
    mode: Mode,
    factor: Triple = (1, 1, 1),
    network: Network | None = None,
) -> Whole:
    """What a part of a scan needs to know of the whole, from samples all over it."""
    if mode == "exact" or facts.noise_hu is None:
        return Whole(facts.noise_hu or 0.0, Pull())
    noise = facts.noise_hu if facts.noise_map is None else facts.noise_map.usual_hu
    guess_only = Whole(noise, AS_GUESSED)
    counts = SAMPLES if network is None else NETWORK_SAMPLES
    boxes = samples(volume.grid.shape, counts, _step(network))
    missing: list[np.ndarray] = []
    levels: list[np.ndarray | float] = []
    near: list[np.ndarray] = []
    bodies: list[np.ndarray] = []
    for box in progress.over(boxes, len(boxes), "Looking at samples"):
        outer = _wider(box, SAMPLE_MARGIN, volume, _step(network))
        part, told = cut(volume, facts, outer)
        made = restore_scan(
            part, told, silent(), mode=mode, factor=factor, network=network, whole=guess_only
        )
        inner = inside(box, outer)
        level: np.ndarray | float = noise
        if told.noise_map is not None:
            level = told.noise_map.at()
        residual = made.residual.astype(np.float32)
        missing.append(residual[inner])
        near.append(nearby(residual, level)[inner])
        bodies.append(in_body(part.voxels - residual)[inner])
        levels.append(level[inner] if isinstance(level, np.ndarray) else level)
    acquisition = replace(made.acquisition, shape=missing[0].shape)
    return Whole(noise, pull_of(missing, near, levels, bodies, acquisition))


def glimpse(
    volume: Volume,
    facts: ScanFacts,
    whole: Whole,
    at_lps: Sequence[float] | np.ndarray,
    into: Sequence[float] | np.ndarray,
    progress: Progress,
    *,
    mode: Mode,
    factor: Triple = (1, 1, 1),
    network: Network | None = None,
) -> Glimpse:
    """The box round a point, restored; it is thin along `into` (LPS) where time is short."""
    most = NEW_VOXELS if network is None else int(NETWORK_SECONDS * network.voxels_per_second)
    most //= int(np.prod(factor))
    inner, outer = box_round(volume, at_lps, into, MARGIN, most, _step(network))
    part, told = cut(volume, facts, outer)
    made = restore_scan(
        part, told, progress, mode=mode, factor=factor, network=network, whole=whole
    )
    return _inside(volume, made, inner, outer)


def box_round(
    volume: Volume,
    at_lps: Sequence[float] | np.ndarray,
    into: Sequence[float] | np.ndarray,
    margin: int,
    most: int,
    step: int = 1,
) -> tuple[Box, Box]:
    """The box to be shown, and the wider one to be worked out, of `most` voxels where it can be.

    The latter begins at multiples of `step` voxels.
    """
    grid = volume.grid
    middle = grid.nearest(np.asarray(at_lps, float))
    deep = int(
        np.argmax(np.abs(grid.index_from_lps[:3, :3] @ np.asarray(into, float)) * grid.spacing_mm)
    )
    for side, depth in itertools.product(SIDES_MM, DEPTHS_MM):
        wide = np.full(3, side)
        wide[deep] = min(depth, side)
        half = np.maximum(np.rint(wide / grid.spacing_mm / 2), FEWEST // 2).astype(int)
        low, high = np.maximum(middle - half, 0), np.minimum(middle + half + 1, grid.shape)
        inner = _box(low, high)
        outer = _wider(inner, margin, volume, step)
        if np.prod([each.stop - each.start for each in outer]) <= most:
            break
    return inner, outer


def cut(volume: Volume, facts: ScanFacts, box: Box) -> tuple[Volume, ScanFacts]:
    """A box of a scan as a volume of its own, and what is known of the scan there."""
    start = (box[0].start, box[1].start, box[2].start)
    grid = volume.grid.box(start, [each.stop for each in box])
    part = Volume(np.ascontiguousarray(volume.voxels[box]), grid)
    if facts.noise_map is None:
        return part, facts
    return part, replace(facts, noise_map=facts.noise_map.within(start, grid.shape))


def samples(shape: Triple, counts: Triple, step: int = 1) -> list[Box]:
    """Boxes of one shape, about the middles of the equal parts of a scan.

    They begin at multiples of `step`, so that with their margins they are alike, too.
    """
    sizes = [min(n, size) for n, size in zip(shape, SAMPLE, strict=True)]
    firsts = []
    for n, size, count in zip(shape, sizes, counts, strict=True):
        fitting = min(count, n // size)
        middles = (np.arange(fitting) + 0.5) * n / fitting
        firsts.append(np.clip(middles - size / 2, 0, n - size).astype(int) // step * step)
    return [_box(np.array(at), np.add(at, sizes)) for at in itertools.product(*firsts)]


def _inside(volume: Volume, made: Restored, inner: Box, outer: Box) -> Glimpse:
    """What is shown of a restored box, without its margin."""
    factor = made.acquisition.factor
    old = inside(inner, outer)
    new = tuple(slice(s.start * f, s.stop * f) for s, f in zip(old, factor, strict=True))
    grid = made.volume.grid.box([s.start for s in new], [s.stop for s in new])
    shown = Volume(np.ascontiguousarray(made.volume.voxels[new]), grid)
    start, stop = zip(*((s.start, s.stop) for s in inner), strict=True)
    before = Volume(np.ascontiguousarray(volume.voxels[inner]), volume.grid.box(start, stop))
    residual = made.residual[old].astype(np.float32)
    return Glimpse(
        shown,
        made.mode,
        float(np.mean(made.origin[new] == INFERRED)),
        noise_hu(before, silent(), EVEN_HU),
        noise_hu(shown, silent(), EVEN_HU),
        float(np.sqrt(np.mean(np.square(residual)))),
    )


def _wider(box: Box, margin: int, volume: Volume, step: int) -> Box:
    """A box with its margin, that begins where the network sees voxels as in the whole scan."""
    first, second, third = (
        slice(side.start // step * step, side.stop)
        for side in around(box, (margin,) * 3, volume.grid.shape)
    )
    return first, second, third


def _step(network: Network | None) -> int:
    return 1 if network is None else network.plan.multiple


def _box(low: np.ndarray, high: np.ndarray) -> Box:
    first, second, third = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return first, second, third
