"""Where the lumen ends, at the full resolution: context decided what, HU decides where."""

import numpy as np
from scipy import ndimage

from viewer.enhance.distance import distance_within
from viewer.enhance.slabs import Box, around, blocks, common, held, inside, together
from viewer.progress import Progress
from viewer.segment.clean import Around
from viewer.segment.context import Context
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, CHAMBER, ORGAN, THROMBUS, VEIN
from viewer.volume.volume import Volume

SLAB = 16
RIM_MM = 1.8
MARROW_HU = 60
HOLE_MM2 = 60.0
CLOT_HU = -20
ORGAN_HU = 0  # fat and gas are no organ


def local_blood(
    hu: np.ndarray,
    tree: np.ndarray,
    spacing_mm: tuple[float, float, float],
    blood_hu: float,
    progress: Progress,
) -> np.ndarray:
    """Brightness of the blood near each voxel of a tree (float32; `blood_hu` far from it).

    The greatest of a small neighborhood inside the tree, smoothed over about 3 mm (normalized
    convolution), so that a thin or faint vessel gets its own half maximum.
    """
    out = np.full(hu.shape, blood_hu, np.float32)
    sigma = [3.0 / s for s in spacing_mm]
    size = [3 if s < 1.6 else 1 for s in spacing_mm]
    reach = [int(2.5 * s + 0.5) + 2 for s in sigma]

    def measure(block: Box) -> None:
        wide = around(block, reach, hu.shape)
        lumen = held(tree[wide], wide)
        near = None if lumen is None else common(block, around(lumen, reach, hu.shape))
        if near is None:
            return
        wide = around(near, reach, hu.shape)
        inner = np.where(tree[wide], np.minimum(hu[wide], 1.3 * blood_hu), 0)
        inner = ndimage.maximum_filter(inner.astype(np.float32), size)
        held_here = (inner > 0).astype(np.float32)
        weight = ndimage.gaussian_filter(held_here, sigma, truncate=2.5)
        total = ndimage.gaussian_filter(inner, sigma, truncate=2.5)
        level = np.where(weight > 0.01, total / np.maximum(weight, 0.01), blood_hu)
        out[near] = level[inside(near, wide)]

    together(blocks(hu.shape), measure, progress)
    return out


def filled(vessel: np.ndarray, pixel_mm2: float) -> np.ndarray:
    """A slab of vessel (bool) with its small holes filled slice by slice and its notches closed."""
    out = vessel.copy()
    for k in range(len(out)):
        rows = np.flatnonzero(out[k].any(axis=1))
        if len(rows) == 0:
            continue
        columns = np.flatnonzero(out[k].any(axis=0))
        part = out[k, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        crowd = ndimage.uniform_filter(part.astype(np.float32), 3, mode="constant")
        part |= crowd > 0.6
        holes, count = ndimage.label(~part)
        edge = np.unique(np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]]))
        small = np.bincount(holes.ravel(), minlength=count + 1) * pixel_mm2 < HOLE_MM2
        small[0] = False
        small[edge] = False
        part |= small[holes]
    return out


def draw(
    volume: Volume,
    context: Context,
    arteries: np.ndarray,
    veins: np.ndarray,
    around_hu: np.ndarray,
    around: Around,
    share: float,
    progress: Progress,
) -> np.ndarray:
    """Labels (uint8) on the volume's grid: lumen above a share of its own blood, bone, calcium.

    `arteries`, `veins` (bool) and the HU `around_hu` veins (float32) are on the coarse grid.
    """
    grid, levels = context.coarse, context.levels
    tree = arteries | veins
    blood = local_blood(grid.hu, tree, grid.spacing_mm, levels.blood, progress.part(0, 0.2))
    if levels.crowded:
        share = max(share, 0.5)
    other = context.stopped | context.bone | context.hot
    distance = distance_within(~arteries, grid.spacing_mm, RIM_MM + 1, progress.part(0.2, 0.3))
    rim = (distance < RIM_MM) & (~other | tree)
    venous = veins
    if veins.any():
        away = distance_within(~veins, grid.spacing_mm, RIM_MM + 1, progress.part(0.3, 0.35))
        venous = (away < RIM_MM) & (away < distance) & (~other | tree)
    tissue = np.where(venous, around_hu, np.float32(levels.tissue))
    half = tissue + share * (np.minimum(blood, 1.2 * levels.blood) - tissue)
    progress.at(0.35)
    bones = around.bones
    skin = ndimage.binary_dilation(bones) & ~bones & ~tree
    masses = (around.chambers, around.organs, around.thrombus)
    what = np.zeros(tree.shape, np.uint8)  # a bit for each
    for bit, part in enumerate((rim, venous, bones & ~tree, skin, *masses)):
        what |= part.view(np.uint8) << np.uint8(bit)
    what, level = grid.native(what), grid.native(half.astype(np.int16))
    calcium = int(max(levels.top, 130))
    hardest = int(max(150, min(levels.at(0.6), 250)))
    pixel_mm2 = volume.grid.spacing_mm[1] * volume.grid.spacing_mm[2]
    out = np.zeros(volume.grid.shape, np.uint8)

    def paint(start: int) -> None:
        box = grid.held(what, start, min(start + SLAB, len(out)))
        if box is None:
            return
        hu, labels, here = volume.voxels[box], out[box], grid.spread(what, box)
        close, vein, solid, edge, heart, mass, clot = (here & (1 << bit) > 0 for bit in range(7))
        lumen = hu > grid.spread(level, box)
        labels[heart & lumen] = CHAMBER
        labels[mass & (hu > ORGAN_HU)] = ORGAN
        labels[(solid & (hu > MARROW_HU)) | (edge & (hu > hardest))] = BONE
        labels[clot & (hu > CLOT_HU)] = THROMBUS
        labels[filled(vein & lumen, pixel_mm2)] = VEIN
        labels[filled(close & ~vein & lumen, pixel_mm2)] = ARTERY
        labels[close & (hu > calcium)] = CALCIFICATION

    together(range(0, len(out), SLAB), paint, progress.part(0.6, 1.0), "Drawing boundaries")
    return out
