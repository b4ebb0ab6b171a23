"""What the context network calls each place of a scan: artery, vein, bone, chamber, organ."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.enhance.coarse import Coarse
from viewer.networks.network import Network
from viewer.networks.plan import ARTERY, BONE, CHAMBER, DENSE, ORGAN, OTHER, VEIN
from viewer.networks.run import Prediction, predict
from viewer.networks.scaled import scaled
from viewer.progress import Progress

BODY_HU = -300.0
RIM_MM = 5.0


@dataclass(frozen=True, eq=False)
class Naming:
    """Probabilities (uint8, 255 is certain) on the blocks of a `Coarse`, upright like it.

    `pooled` (tiles, c) are the network's deepest features, which tell how familiar the scan is.
    """

    artery: np.ndarray
    vein: np.ndarray
    bone: np.ndarray
    chamber: np.ndarray
    organ: np.ndarray
    dense: np.ndarray
    other: np.ndarray
    pooled: np.ndarray

    @property
    def vessel(self) -> np.ndarray:
        """Probability of artery or vein (uint8)."""
        return np.minimum(self.artery.astype(np.uint16) + self.vein, 255).astype(np.uint8)


def name_places(
    grid: Coarse, network: Network, progress: Progress, *, overlap: float = 0.5
) -> Naming:
    """Ask the context network about every place in the body."""
    step_mm = network.plan.spacing_mm
    hu = respaced(grid.hu, grid.spacing_mm, step_mm)
    solid = ndimage.binary_opening(hu > BODY_HU, iterations=2)
    needed = ndimage.binary_dilation(solid, iterations=max(1, round(RIM_MM / step_mm)))
    found = predict(network, scaled(hu), needed, progress, overlap=overlap)
    back = [brought_back(found, n, grid, step_mm) for n in range(network.plan.classes)]
    return Naming(
        artery=back[ARTERY],
        vein=back[VEIN],
        bone=back[BONE],
        chamber=back[CHAMBER],
        organ=back[ORGAN],
        dense=back[DENSE],
        other=back[OTHER],
        pooled=found.pooled,
    )


def respaced(hu: np.ndarray, spacing_mm: tuple[float, float, float], step_mm: float) -> np.ndarray:
    """HU (float32) on cubes of `step_mm` that begin at the same corner, blurred as they need."""
    sigma = [0.35 * max(step_mm / s - 1, 0) for s in spacing_mm]
    smooth = ndimage.gaussian_filter(hu, sigma)
    shape = [max(1, round(n * s / step_mm)) for n, s in zip(hu.shape, spacing_mm, strict=True)]
    return _turned_to(smooth, shape, [step_mm / s for s in spacing_mm])


def brought_back(found: Prediction, number: int, grid: Coarse, step_mm: float) -> np.ndarray:
    """The probability of one class on the blocks of a coarse grid (uint8)."""
    ratio = [s / step_mm for s in grid.spacing_mm]
    return _turned_to(found.probabilities[number], list(grid.hu.shape), ratio)


def _turned_to(values: np.ndarray, shape: list[int], ratio: list[float]) -> np.ndarray:
    """Values between voxels on a grid of another spacing with the same corner."""
    offset = [0.5 * r - 0.5 for r in ratio]
    return np.asarray(
        ndimage.affine_transform(
            values, ratio, offset, tuple(shape), order=1, mode="nearest", output=values.dtype
        )
    )
