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
from viewer.segment.naming import Naming, brought_back
from viewer.volume.between import between
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
        return between(self.voxels, box, ratio, sigma)


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
        said = [between(n, box, coarser) / CERTAIN for n in names]
        return np.concatenate([scaled(scan.piece(box)), np.stack(said)]).astype(np.float32)

    needed = _needed(context, scan.shape, coarser)
    found = predict(network, channels, needed, progress, overlap=overlap)
    artery = found.probabilities[ARTERY]
    vessel = np.minimum(artery.astype(np.uint16) + found.probabilities[VEIN], CERTAIN)
    return Thin(brought_back(artery, grid, step_mm), brought_back(vessel, grid, step_mm))


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
