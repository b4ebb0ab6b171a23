"""What the fine network sees of thin vessels, on its own fine grid."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.networks.network import Network
from viewer.networks.plan import ARTERY, CLASSES, VEIN
from viewer.networks.run import CERTAIN, predict
from viewer.networks.scaled import scaled
from viewer.networks.tiles import Box
from viewer.progress import Progress
from viewer.segment.context import Context
from viewer.segment.naming import Naming
from viewer.volume.volume import Volume

ASKED_SHARE = 0.15
AROUND_MM = 3.0


@dataclass(frozen=True, eq=False)
class Upright:
    """A scan seen along the patient's axes and cut into cubes of `step_mm`, piece by piece."""

    voxels: np.ndarray
    spacing_mm: tuple[float, float, float]
    step_mm: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cubes along each axis."""
        a, b, c = (
            max(1, round(n * s / self.step_mm))
            for n, s in zip(self.voxels.shape, self.spacing_mm, strict=True)
        )
        return a, b, c

    def piece(self, box: Box) -> np.ndarray:
        """HU (float32) of the cubes in a box, blurred where they hold several voxels."""
        ratio = [self.step_mm / s for s in self.spacing_mm]
        sigma = [0.35 * max(r - 1, 0) for r in ratio]
        return cut_between(self.voxels, box, ratio, sigma)


def cut_between(values: np.ndarray, box: Box, ratio: list[float], sigma: list[float]) -> np.ndarray:
    """Values between voxels (float32) in a box of another grid with the same corner.

    `ratio` is the other grid's step in voxels; `sigma` a blur before, in voxels.
    """
    first = [b.start * r + 0.5 * r - 0.5 for b, r in zip(box, ratio, strict=True)]
    last = [(b.stop - 1) * r + 0.5 * r - 0.5 for b, r in zip(box, ratio, strict=True)]
    rim = [2 + int(3 * s) for s in sigma]
    low = [max(0, int(f) - w) for f, w in zip(first, rim, strict=True)]
    high = [min(n, int(e) + 2 + w) for n, e, w in zip(values.shape, last, rim, strict=True)]
    part = values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float32)
    if max(sigma) > 0:
        part = ndimage.gaussian_filter(part, sigma, truncate=3.0)
    offset = [f - a for f, a in zip(first, low, strict=True)]
    shape = tuple(b.stop - b.start for b in box)
    return np.asarray(ndimage.affine_transform(part, ratio, offset, shape, order=1, mode="nearest"))


@dataclass(frozen=True, eq=False)
class Thin:
    """Probabilities after the fine network (uint8) on the coarse grid: artery, and any vessel."""

    artery: np.ndarray
    vessel: np.ndarray


def thin_vessels(
    volume: Volume,
    context: Context,
    naming: Naming,
    network: Network,
    progress: Progress,
    *,
    overlap: float,
) -> Thin:
    """What the fine network says, asked only where there is body and contrast."""
    grid = context.coarse
    step_mm = network.plan.spacing_mm
    flips = tuple(slice(None, None, -1 if t else 1) for t in grid.turned)
    spacing = volume.grid.spacing_mm
    a, b, c = (spacing[n] for n in grid.order)
    scan = Upright(volume.voxels.transpose(grid.order)[flips], (a, b, c), step_mm)
    names = [getattr(naming, name) for name in CLASSES]
    coarser = [step_mm / s for s in grid.spacing_mm]

    def channels(box: Box) -> np.ndarray:
        said = [cut_between(n, box, coarser, [0.0, 0.0, 0.0]) / CERTAIN for n in names]
        return np.concatenate([scaled(scan.piece(box)), np.stack(said)]).astype(np.float32)

    needed = _needed(context, scan.shape, coarser)
    found = predict(network, channels, needed, progress, overlap=overlap)
    artery = found.probabilities[ARTERY]
    vessel = np.minimum(artery.astype(np.uint16) + found.probabilities[VEIN], CERTAIN)
    back = [s / step_mm for s in grid.spacing_mm]
    first, second, third = (slice(0, n) for n in grid.hu.shape)

    def brought(values: np.ndarray) -> np.ndarray:
        out = cut_between(values, (first, second, third), back, [0.0, 0.0, 0.0])
        return np.asarray(np.rint(out).astype(np.uint8))

    return Thin(brought(artery), brought(vessel))


def _needed(context: Context, shape: tuple[int, int, int], coarser: list[float]) -> np.ndarray:
    """Where the fine network is asked (bool, on its grid): in the body, near contrast."""
    grid, levels = context.coarse, context.levels
    bright = (grid.hu > levels.at(ASKED_SHARE)) & (grid.hu < 1.6 * levels.top) & context.inside
    bright |= context.trunk | context.veins
    near = ndimage.binary_dilation(
        bright, iterations=max(1, round(AROUND_MM / min(grid.spacing_mm)))
    )
    index = [
        np.clip(np.rint((np.arange(n) + 0.5) * r - 0.5).astype(int), 0, m - 1)
        for n, r, m in zip(shape, coarser, near.shape, strict=True)
    ]
    return np.asarray(near[np.ix_(*index)])
