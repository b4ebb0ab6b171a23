"""What lies around the finished tree: bone in full, heart chambers and enhanced organs."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.enhance.bones import bone
from viewer.enhance.slabs import slabs, together
from viewer.progress import Progress
from viewer.segment.context import Context
from viewer.segment.gates import FULL

CORTEX_HU = 300.0
CORTEX_SHARE = 0.04
BONE_UNEVEN = 0.2
LUNG_HU = -500.0
CHAMBER_ML = 20.0


@dataclass(frozen=True, eq=False)
class Around:
    """What lies around the tree on the coarse grid: bones, heart chambers, enhanced organs.

    `thrombus` is what a vessel holds besides blood with contrast: clot, or a false lumen that
    fills late.
    """

    bones: np.ndarray
    chambers: np.ndarray
    organs: np.ndarray
    thrombus: np.ndarray


def look_around(context: Context, tree: np.ndarray, progress: Progress) -> Around:
    """What lies around a finished tree (bool, on the coarse grid), told by its brightness."""
    bones = bone_around(context, tree, progress.part(0, 0.6))
    chambers, organs = chambers_and_organs(context, tree, progress.part(0.6, 1.0))
    return Around(bones, chambers, organs, np.zeros_like(bones))


def bone_around(context: Context, tree: np.ndarray, progress: Progress) -> np.ndarray:
    """Bone on the coarse grid, with the cortex that is no denser than blood (bool).

    A piece counts when part of it is denser than any blood and its texture is that of bone.
    """
    grid, levels = context.coarse, context.levels
    not_bone = ndimage.binary_dilation(tree) | context.soft | context.hot
    cortex = min(levels.top, CORTEX_HU)
    inside = (grid.hu > 30) & context.inside
    found = bone(grid.hu, inside, grid.spacing_mm, cortex, not_bone, progress.part(0, 0.6))
    found |= context.bone
    found &= lung_share(grid.hu, progress.part(0.6, 0.8)) < 0.6
    progress.at(0.85)
    labels, count = ndimage.label(found)
    size = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    progress.at(0.9)
    sure = np.bincount(labels[found & (grid.hu > levels.top)], minlength=count + 1)
    texture = np.bincount(labels.ravel(), context.texture.ravel(), minlength=count + 1)
    progress.at(1.0)
    keep = (sure > CORTEX_SHARE * size) & (texture > BONE_UNEVEN * size)
    keep[0] = False
    return keep[labels]


def chambers_and_organs(
    context: Context, tree: np.ndarray, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Heart chambers (wide masses of blood beside lung) and other enhanced masses (two bool)."""
    grid, levels = context.coarse, context.levels
    mass = context.soft & context.stopped & ~tree
    labels, count = ndimage.label(mass, FULL)
    nothing = np.zeros(mass.shape, bool)
    if count == 0:
        return nothing, nothing.copy()
    lung = lung_share(grid.hu, progress) > 0.05
    size = np.bincount(labels.ravel(), minlength=count + 1)
    beside = np.bincount(labels[lung], minlength=count + 1)
    level = np.bincount(labels.ravel(), grid.hu.ravel(), minlength=count + 1) / np.maximum(size, 1)
    heart = (
        (beside > 0.05 * size)
        & (size * grid.voxel_mm3 / 1000 > CHAMBER_ML)
        & (level > levels.at(0.45))
    )
    heart[0] = False
    chamber = heart[labels]
    return chamber, mass & ~chamber


def lung_share(hu: np.ndarray, progress: Progress) -> np.ndarray:
    """How much of a cube of nine blocks around each block is lung or air (0 to 1, float32)."""
    out = np.empty(hu.shape, np.float32)

    def measure(cut: tuple[slice, slice, slice]) -> None:
        slab, wide, inner = cut
        out[slab] = ndimage.uniform_filter((hu[wide] < LUNG_HU).astype(np.float32), 9)[inner]

    together(slabs(hu.shape, 5), measure, progress)
    return out
