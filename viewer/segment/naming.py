"""What the context network calls each place of a scan: artery, vein, bone, chamber, organ."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.enhance.coarse import Coarse
from viewer.enhance.slabs import slabs, together, whole
from viewer.networks.network import Network
from viewer.networks.plan import ARTERY, BONE, CHAMBER, DENSE, ORGAN, OTHER, VEIN
from viewer.networks.run import CERTAIN, predict
from viewer.networks.scaled import scaled
from viewer.networks.trust import doubt
from viewer.progress import Progress, silent
from viewer.volume.between import between

BODY_HU = -300.0
RIM_MM = 5.0


@dataclass(frozen=True, eq=False)
class Naming:
    """Probabilities (uint8, 255 is certain) on the blocks of a `Coarse`, upright like it.

    `doubt` is how unsure the network is in the mean over the body (0 to 1).
    """

    artery: np.ndarray
    vein: np.ndarray
    bone: np.ndarray
    chamber: np.ndarray
    organ: np.ndarray
    dense: np.ndarray
    other: np.ndarray
    doubt: float

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
    back = [brought_back(said, grid, step_mm) for said in found.probabilities]
    return Naming(
        artery=back[ARTERY],
        vein=back[VEIN],
        bone=back[BONE],
        chamber=back[CHAMBER],
        organ=back[ORGAN],
        dense=back[DENSE],
        other=back[OTHER],
        doubt=mean_doubt(found.probabilities, hu > BODY_HU),
    )


def mean_doubt(probabilities: np.ndarray, inside: np.ndarray) -> float:
    """The mean of `doubt` of probabilities (classes, d, h, w) uint8 where `inside` (bool) is."""
    total = 0.0
    for said, own in zip(probabilities.swapaxes(0, 1), inside, strict=True):
        total += float(doubt(said[:, own] / np.float32(CERTAIN)).sum())
    return total / max(1, int(np.count_nonzero(inside)))


def respaced(hu: np.ndarray, spacing_mm: tuple[float, float, float], step_mm: float) -> np.ndarray:
    """HU (float32) on cubes of `step_mm` that begin at the same corner, blurred as they need."""
    sigma = [0.35 * max(step_mm / s - 1, 0) for s in spacing_mm]
    smooth = ndimage.gaussian_filter(hu, sigma)
    shape = [max(1, round(n * s / step_mm)) for n, s in zip(hu.shape, spacing_mm, strict=True)]
    return between(smooth, whole(tuple(shape)), [step_mm / s for s in spacing_mm])


def brought_back(probability: np.ndarray, grid: Coarse, step_mm: float) -> np.ndarray:
    """A probability (uint8) on cubes of `step_mm` brought to the blocks of a coarse grid."""
    ratio = [s / step_mm for s in grid.spacing_mm]
    out = np.empty(grid.hu.shape, np.uint8)

    def bring(cut: tuple[slice, slice, slice]) -> None:
        found = between(probability, (cut[0], *whole(out.shape)[1:]), ratio)
        np.rint(found, out=out[cut[0]], casting="unsafe")

    together(slabs(out.shape, 0), bring, silent())
    return out
