"""What is what on the coarse grid: the trunk of the vessel tree, bone, and what was stopped."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.enhance.blobs import Chain
from viewer.enhance.bones import bone, soft_masses, uneven
from viewer.enhance.coarse import Coarse, body, coarse
from viewer.enhance.distance import distance_within
from viewer.enhance.great_vessels import GreatVessels
from viewer.enhance.suitability import Suitability, background_removed
from viewer.progress import Progress
from viewer.segment.gates import admit
from viewer.segment.seeds import arterial_chains, clicked, enhanced_veins, tubes, venous_chains
from viewer.volume.volume import Volume

CONTEXT_MM = 1.3
TISSUE_HU = 50.0
HOT_DEPTH_MM = 3.0


@dataclass(frozen=True, eq=False)
class Levels:
    """HU levels of one scan: tissue around vessels, blood, above what it is not blood, organs.

    `crowded` says that organs are nearly as bright as blood (the portal-venous phase).
    """

    tissue: float
    blood: float
    top: float
    organ: float
    crowded: bool

    def at(self, share: float) -> float:
        """The level a share of the way from tissue to blood."""
        return self.tissue + share * (self.blood - self.tissue)

    @property
    def trunk(self) -> float:
        """Half way to blood, or above the organs where these are nearly as bright."""
        return max(self.at(0.5), min(self.organ, self.at(0.62)))


@dataclass(frozen=True, eq=False)
class Context:
    """Bool arrays on a coarse grid.

    `trunk` of the tree, `aorta` (the tubes it grew from), `stopped` (chambers, organs, veins
    behind a gate), `veins` (where veins start), `soft` (wide even masses), `bone`, `hot` (dense
    contrast), `inside` (the patient); and how uneven each place is (`texture`, float32, of
    `bones.uneven`). `guessed` says that the tubes were found by no great vessel.
    """

    coarse: Coarse
    levels: Levels
    trunk: np.ndarray
    aorta: np.ndarray
    stopped: np.ndarray
    veins: np.ndarray
    soft: np.ndarray
    bone: np.ndarray
    hot: np.ndarray
    texture: np.ndarray
    inside: np.ndarray
    guessed: bool = False


def levels_of(
    volume: Volume, great: GreatVessels, suitability: Suitability, progress: Progress
) -> Levels:
    """The levels from the measured blood and the brightness of deep soft tissue."""
    blood = float(suitability.blood_hu or 0)
    spread = float(suitability.blood_sd_hu or 0)
    tissue = 0.0 if background_removed(volume) else TISSUE_HU
    grid = great.coarse
    soft = (grid.hu > -20) & (grid.hu < blood - 2.5 * spread) & great.inside
    deep = distance_within(soft, grid.spacing_mm, 7.0, progress) > 6
    most, organ = np.percentile(grid.hu[deep], [90, 95]) if deep.any() else (tissue, tissue)
    top = top_of_blood(blood, spread)
    crowded = bool(most - tissue > 0.45 * (blood - tissue))
    return Levels(tissue, blood, top, float(organ), crowded)


def top_of_blood(blood_hu: float, spread_hu: float) -> float:
    """Above this a voxel holds something denser than blood (HU)."""
    return max(blood_hu + max(5 * spread_hu, 0.3 * blood_hu), 300.0)


def read_context(
    volume: Volume,
    great: GreatVessels,
    suitability: Suitability,
    seeds_lps: np.ndarray | None,
    progress: Progress,
    block_mm: float,
) -> Context | None:
    """The context of a scan, or None where there is nothing to start from."""
    grid = coarse(volume, block_mm, progress.part(0, 0.1))
    inside = body(grid.hu, grid.spacing_mm, progress.part(0.1, 0.15))
    levels = levels_of(volume, great, suitability, progress.part(0.15, 0.2))
    chains = arterial_chains(great) if great.chains else []
    if great.guessed and seeds_lps is not None:  # a person's word is better than a guess
        chains = []
    if background_removed(volume):
        chains = list(great.chains)
    aorta = tubes(chains, great.coarse, grid, 1.25)
    seeds = tubes(chains, great.coarse, grid, 0.8)
    progress.at(0.2, "Telling bone from vessels")
    hard = bone(grid.hu, inside, grid.spacing_mm, levels.top, aorta, progress.part(0.2, 0.35))
    hot = dense_contrast(grid, inside & ~aorta, levels.top, progress.part(0.35, 0.4))
    solid = (grid.hu > levels.trunk) & inside & ~aorta
    texture = uneven(grid.hu, grid.spacing_mm, progress.part(0.4, 0.45))
    soft = soft_masses(solid, texture, grid.spacing_mm, progress.part(0.45, 0.5))
    soft &= ~marrow(soft, hard, grid.hu, levels.top)
    hard &= ~hot & ~soft
    blood = (grid.hu > levels.trunk) & (grid.hu < levels.top) & inside & ~hot
    blood |= lumen_of(chains, great.coarse, grid, levels)
    if seeds_lps is not None:
        seeds |= clicked(seeds_lps, volume.grid, grid)
    seeds &= blood
    if not seeds.any():
        return None
    progress.at(0.5, "Growing the vessel tree")
    against = ndimage.binary_erosion(hard, iterations=2)
    against |= tubes(venous_chains(great, chains), great.coarse, grid, 0.6) & ~aorta
    trunk, stopped = admit(
        blood | hard, seeds, grid.spacing_mm, progress.part(0.5, 1.0), against=against
    )
    return Context(
        grid,
        levels,
        trunk & ~hard,
        aorta,
        stopped & ~hard,
        tubes(enhanced_veins(great, chains, levels.at), great.coarse, grid, 0.6) & ~aorta,
        soft & ~trunk,
        hard,
        hot,
        texture,
        inside,
        great.guessed and seeds_lps is None,
    )


def dense_contrast(
    grid: Coarse, inside: np.ndarray, top_hu: float, progress: Progress
) -> np.ndarray:
    """Wide masses brighter than blood, with their blurred rim: inflow veins, swallowed contrast."""
    dense = (grid.hu > top_hu) & inside
    core = distance_within(
        dense, grid.spacing_mm, HOT_DEPTH_MM + 1, progress.part(0, 0.5)
    ) > HOT_DEPTH_MM + 0.5 * min(grid.spacing_mm)
    if not core.any():
        return core
    reach = HOT_DEPTH_MM + 0.5 + 1.5 * max(grid.spacing_mm[1:])
    far = distance_within(~core, grid.spacing_mm, reach + 1, progress.part(0.5, 1.0))
    return (far < reach) & inside


def marrow(soft: np.ndarray, hard: np.ndarray, hu: np.ndarray, top_hu: float) -> np.ndarray:
    """The pieces of even masses that lie in filled bone and are no denser than blood (bool)."""
    labels, count = ndimage.label(soft)
    size = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    within = np.bincount(labels[hard], minlength=count + 1)
    level = np.bincount(labels.ravel(), hu.ravel(), minlength=count + 1) / size
    bony = (within > 0.5 * size) & (level < top_hu)
    bony[0] = False
    return bony[labels]


def lumen_of(chains: list[Chain], found_on: Coarse, grid: Coarse, levels: Levels) -> np.ndarray:
    """What is lumen inside the tubes, each by its own blood: a false lumen may be fainter."""
    out = np.zeros(grid.hu.shape, bool)
    for chain in chains:
        half = levels.tissue + 0.45 * (min(chain.hu, levels.blood) - levels.tissue)
        out |= tubes([chain], found_on, grid, 1.0) & (grid.hu > half)
    return out
