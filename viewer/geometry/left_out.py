"""Short thick ends of vessels that a tree leaves out though the map shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from viewer.geometry.tree import VesselTree
from viewer.segment.mask import ARTERY, VesselMask

BEYOND_VOXELS = 1.0  # how far out of the tree's spheres the map's walls may reach
TOUCH = 1.8  # voxels
STICKS_OUT = 2.0  # radii: what reaches less far out is a bulge of a wall that is not round
STEP_MM = 0.5


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A straight piece from its tip back to point `at` of a tree: points (n,3), radius in mm."""

    at: int
    points_lps: np.ndarray
    radius_mm: float


def left_out(tree: VesselTree, mask: VesselMask, least_mm: float) -> Iterator[LeftOut]:
    """Every piece of the map's arteries out of the tree's spheres, of a radius from a least on."""
    voxel_mm = float(np.cbrt(mask.grid.voxel_mm3))
    lumen = mask.grid.points_lps(np.argwhere(mask.labels == ARTERY))
    if not len(lumen):
        return
    nearest = tree.nearest_sphere(lumen)
    off = np.linalg.norm(lumen - tree.points_lps[nearest], axis=1) - tree.radius_mm[nearest]
    out = off > BEYOND_VOXELS * voxel_mm
    lumen, nearest, off = lumen[out], nearest[out], off[out]
    pairs = cKDTree(lumen).query_pairs(TOUCH * voxel_mm, output_type="ndarray").T
    graph = coo_matrix((np.ones(pairs.shape[1]), tuple(pairs)), (len(lumen),) * 2)
    piece = connected_components(graph, directed=False)[1]
    sizes = np.bincount(piece) * mask.grid.voxel_mm3
    for k in np.flatnonzero(sizes > np.pi * least_mm**3):
        own = piece == k
        at = int(nearest[own][np.argmin(off[own])])
        start = tree.points_lps[at]
        ahead = lumen[own].mean(axis=0) - start
        ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
        along = (lumen[own] - start) @ ahead
        radius = float(np.sqrt(sizes[k] / (np.pi * max(np.ptp(along), voxel_mm))))
        if radius >= least_mm and off[own].max() > STICKS_OUT * radius:
            s = np.arange(float(along.max()), 0.0, -STEP_MM)[:, None]
            yield LeftOut(at, start + s * ahead, radius)
