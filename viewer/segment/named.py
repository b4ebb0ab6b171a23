"""The context of a scan as the network names it: it says what, brightness says where."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from viewer.enhance.bones import uneven
from viewer.enhance.coarse import Coarse, body
from viewer.enhance.suitability import Suitability
from viewer.progress import Progress
from viewer.segment.boundary import local_blood
from viewer.segment.context import (
    TISSUE_HU,
    Context,
    Levels,
    dense_contrast,
    top_of_blood,
)
from viewer.segment.gates import FULL
from viewer.segment.naming import Naming
from viewer.segment.seeds import clicked
from viewer.volume.volume import Volume

LIKELY = 128
MAYBE = 50
SURE = 217
LEAST_ML = 0.25
ENOUGH_ML = 2.0
BONE_HU = 100.0
CROWDED = 0.45


def named_context(
    volume: Volume,
    grid: Coarse,
    naming: Naming,
    suitability: Suitability,
    seeds_lps: np.ndarray | None,
    by_shape: Context | None,
    progress: Progress,
) -> Context:
    """The context of a scan after the network's names; its trunk is empty where it sees none.

    Arteries are followed from wherever the network is sure of one, so a tree may be found in
    pieces; single specks are left out. What `by_shape` has measured on the same grid already is
    taken from there.
    """
    if by_shape is not None:
        inside = by_shape.inside
    else:
        inside = body(grid.hu, grid.spacing_mm, progress.part(0, 0.3))
    levels = named_levels(grid, naming, suitability)
    bone = bony(naming) & (grid.hu > BONE_HU) & inside
    region = naming.artery >= LIKELY
    if seeds_lps is not None:
        region |= ndimage.binary_dilation(clicked(seeds_lps, volume.grid, grid), iterations=2)
    trunk = enhanced(grid, region & inside, levels, progress.part(0.3, 0.6))
    trunk = without_specks(trunk, naming.artery, grid.voxel_mm3)
    stopped = (naming.chamber >= LIKELY) | (naming.organ >= LIKELY) | (naming.dense >= LIKELY)
    stopped &= (grid.hu > levels.at(0.3)) & ~trunk
    region = (naming.vein >= LIKELY) & inside & ~trunk
    veins = enhanced(grid, region, levels, progress.part(0.6, 0.8))
    veins = without_specks(veins, naming.vein, grid.voxel_mm3)
    if by_shape is not None:
        texture, hot = by_shape.texture, by_shape.hot
    else:
        texture = uneven(grid.hu, grid.spacing_mm, progress.part(0.8, 0.9))
        hot = dense_contrast(grid, inside & ~trunk, levels.top, progress.part(0.9, 1.0)) & ~bone
    return Context(
        coarse=grid,
        levels=levels,
        trunk=trunk,
        aorta=trunk & (naming.artery >= SURE),
        stopped=stopped | veins,
        veins=veins,
        soft=stopped,
        bone=bone & ~trunk,
        hot=hot,
        texture=texture,
        inside=inside,
    )


def bony(naming: Naming) -> np.ndarray:
    """Where bone is more likely than artery (bool); thin cortex is never sure on coarse blocks."""
    return np.asarray((naming.bone > naming.artery) & (naming.bone >= MAYBE))


def named_levels(grid: Coarse, naming: Naming, suitability: Suitability) -> Levels:
    """The levels from the blood of sure arteries and from what the network calls organ."""
    blood, spread = float(suitability.blood_hu or 0), float(suitability.blood_sd_hu or 0)
    inner = grid.hu[ndimage.binary_erosion(naming.artery >= SURE)]
    if len(inner) * grid.voxel_mm3 / 1000 > ENOUGH_ML:
        named = float(np.percentile(inner, 60))
        if abs(named - blood) > 0.25 * blood:  # another vessel was taken for the aorta
            blood, spread = named, float(np.std(inner[inner > 0.7 * named]))
    levels = Levels(TISSUE_HU, blood, top_of_blood(blood, spread), TISSUE_HU, False)
    organ = grid.hu[naming.organ >= SURE]
    if len(organ) < 100:
        return levels
    most, high = np.percentile(organ, [90, 95])
    crowded = bool(most - TISSUE_HU > CROWDED * (blood - TISSUE_HU))
    return replace(levels, organ=float(high), crowded=crowded)


def enhanced(grid: Coarse, region: np.ndarray, levels: Levels, progress: Progress) -> np.ndarray:
    """What of a region is blood with contrast (bool): half way to the blood of its own place."""
    bright = region & (grid.hu > levels.at(0.25)) & (grid.hu < 1.6 * levels.top)
    blood = local_blood(grid.hu, bright, grid.spacing_mm, levels.blood, progress)
    blood = np.minimum(blood, 1.2 * levels.blood)
    return np.asarray(bright & (grid.hu > levels.tissue + 0.5 * (blood - levels.tissue)))


def without_specks(found: np.ndarray, sure: np.ndarray, voxel_mm3: float) -> np.ndarray:
    """The pieces of at least `LEAST_ML` or with a place that the network is sure of (bool)."""
    labels, count = ndimage.label(found, FULL)
    size_ml = np.bincount(labels.ravel(), minlength=count + 1) * voxel_mm3 / 1000
    best = np.bincount(labels[sure >= SURE], minlength=count + 1)
    keep = (size_ml >= LEAST_ML) & (best > 0)
    keep[0] = False
    return np.asarray(keep[labels])
