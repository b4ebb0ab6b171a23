"""Where the lumen ends, at the full resolution: context decided what, HU decides where."""

import numpy as np
from scipy import ndimage

from viewer.enhance.distance import distance_within
from viewer.progress import Progress
from viewer.segment.clean import bone_around, chambers_and_organs
from viewer.segment.context import Context
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, CHAMBER, ORGAN
from viewer.volume.volume import Volume

SLAB = 16
RIM_MM = 1.8
MARROW_HU = 60


def local_blood(
    hu: np.ndarray, tree: np.ndarray, spacing_mm: tuple[float, float, float], blood_hu: float
) -> np.ndarray:
    """Brightness of the blood near each voxel of a tree (float32; `blood_hu` far from it).

    The greatest of a small neighborhood inside the tree, smoothed over about 3 mm (normalized
    convolution), so that a thin or faint vessel gets its own half maximum.
    """
    inside = np.where(tree, np.minimum(hu, 1.3 * blood_hu), 0).astype(np.float32)
    inside = ndimage.maximum_filter(inside, [3 if s < 1.6 else 1 for s in spacing_mm])
    near = (inside > 0).astype(np.float32)
    sigma = [3.0 / s for s in spacing_mm]
    weight = ndimage.gaussian_filter(near, sigma, truncate=2.5)
    total = ndimage.gaussian_filter(inside, sigma, truncate=2.5)
    return np.where(weight > 0.01, total / np.maximum(weight, 0.01), blood_hu).astype(np.float32)


def draw(
    volume: Volume, context: Context, tree: np.ndarray, share: float, progress: Progress
) -> np.ndarray:
    """Labels (uint8) on the volume's grid: lumen above a share of its own blood, bone, calcium."""
    grid, levels = context.coarse, context.levels
    blood = local_blood(grid.hu, tree, grid.spacing_mm, levels.blood)
    progress.at(0.2)
    if levels.crowded:
        share = max(share, 0.5)
    half = levels.tissue + share * (np.minimum(blood, 1.2 * levels.blood) - levels.tissue)
    other = context.stopped | context.bone | context.hot
    distance = distance_within(~tree, grid.spacing_mm, RIM_MM + 1, progress.part(0.2, 0.3))
    rim = (distance < RIM_MM) & (~other | tree)
    progress.at(0.3)
    bones = bone_around(context, tree, progress.part(0.3, 0.5))
    skin = ndimage.binary_dilation(bones) & ~bones & ~tree
    chamber, organ = chambers_and_organs(context, tree)
    parts = [
        grid.native(a) for a in (half.astype(np.int16), rim, bones & ~tree, skin, chamber, organ)
    ]
    calcium = int(max(levels.top, 130))
    hardest = int(max(150, min(levels.at(0.6), 250)))
    out = np.zeros(volume.grid.shape, np.uint8)
    for start in progress.part(0.6, 1.0).over(
        range(0, len(out), SLAB), -(-len(out) // SLAB), "Drawing boundaries"
    ):
        stop = min(start + SLAB, len(out))
        hu = volume.voxels[start:stop]
        level, close, solid, edge, heart, mass = (grid.slab(p, start, stop) for p in parts)
        labels = out[start:stop]
        labels[heart & (hu > level)] = CHAMBER
        labels[mass & (hu > level)] = ORGAN
        labels[(solid & (hu > MARROW_HU)) | (edge & (hu > hardest))] = BONE
        labels[close & (hu > level)] = ARTERY
        labels[close & (hu > calcium)] = CALCIFICATION
    return out
