"""Veins of the portal-venous phase, when their blood is nearly as bright as that of the aorta."""

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import slabs, together
from viewer.progress import Progress
from viewer.segment.context import Context
from viewer.segment.gates import admit, touching

SURROUNDINGS_MM = 5.0
DARKEST_HU = 20.0


def grow_veins(
    context: Context, tree: np.ndarray, share: float, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """What grows from the venous chains through gates (bool), and the HU around it (float32).

    A vein is brighter than its surroundings by a share of what blood is: in fat a faint cava is
    followed, in the liver only what stands out of it. Both are on the coarse grid; nothing grows
    where organs are much darker than blood, because veins are not enhanced there.
    """
    grid, levels = context.coarse, context.levels
    around = np.full(grid.hu.shape, levels.tissue, np.float32)
    if not (levels.crowded and context.veins.any()):
        return np.zeros(grid.hu.shape, bool), around
    seen = (grid.hu > DARKEST_HU) & (grid.hu < levels.organ) & context.inside
    around = surroundings(grid.hu, seen, grid.spacing_mm, levels.tissue, progress.part(0, 0.4))
    bright = grid.hu > around + share * (levels.blood - around)
    bright &= context.inside & ~context.hot
    bright &= ~touching(context.bone | tree)
    progress.at(0.5)
    veins, _ = admit(bright, context.veins & bright, grid.spacing_mm, progress.part(0.5, 1.0))
    return veins, around


def surroundings(
    hu: np.ndarray,
    seen: np.ndarray,
    spacing_mm: tuple[float, float, float],
    tissue_hu: float,
    progress: Progress,
) -> np.ndarray:
    """Mean HU of the seen voxels (bool) within about 5 mm, at least `tissue_hu` (float32)."""
    out = np.full(hu.shape, tissue_hu, np.float32)
    sigma = [SURROUNDINGS_MM / s for s in spacing_mm]

    def measure(cut: tuple[slice, slice, slice]) -> None:
        slab, wide, inner = cut
        near = seen[wide].astype(np.float32)
        total = ndimage.gaussian_filter(near * hu[wide], sigma, truncate=2.0)
        weight = ndimage.gaussian_filter(near, sigma, truncate=2.0)
        level = np.where(weight > 0.02, total / np.maximum(weight, 0.02), tissue_hu)
        out[slab] = np.maximum(level, tissue_hu)[inner]

    together(slabs(hu.shape, int(2 * sigma[0]) + 1), measure, progress, "Following veins")
    return out
