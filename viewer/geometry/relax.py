"""Moving a skeleton's nodes into the middle of the lumen."""

from typing import Any

import numpy as np

from viewer.geometry.skeleton import Forest, heights, tallest_child
from viewer.progress import Progress

ROUNDS = 24


def centered(
    points_lps: np.ndarray,
    clearance_mm: np.ndarray,
    forest: Forest,
    wall: Any,
    voxel_mm: float,
    progress: Progress,
) -> np.ndarray:
    """The nodes (n,3) mm after climbing to the largest inscribed sphere across the vessel.

    `wall` is a k-d tree of wall points. Each round moves every node away from its nearest wall
    point, across the vessel only, by a shrinking step, then smooths along the vessel. No node
    leaves the sphere of its first `clearance_mm` (n,), and so none leaves the lumen.
    """
    nodes = forest.order
    inner = nodes[forest.parent[nodes] >= 0]
    main = tallest_child(forest, heights(forest))
    links = _neighbor_mean(forest, len(points_lps))
    free = np.zeros(len(points_lps), bool)
    free[inner] = main[inner] >= 0
    start, leash = points_lps, np.maximum(clearance_mm, 0.5 * voxel_mm)[:, None]
    points_lps = points_lps.copy()
    for turn in range(ROUNDS):
        progress.at(turn / ROUNDS)
        step = voxel_mm * (0.5 - 0.4 * turn / ROUNDS)
        points_lps[nodes] += step * _uphill(points_lps, nodes, main, forest.parent, wall)
        for share in (0.5, -0.52) if turn < ROUNDS - 4 else (0.5,):
            points_lps[free] += share * (links @ points_lps - points_lps)[free]
        moved = points_lps - start
        far = np.linalg.norm(moved, axis=1, keepdims=True)
        points_lps = start + moved * np.minimum(1.0, leash / np.maximum(far, 1e-9))
    return points_lps


def _uphill(
    points_lps: np.ndarray, nodes: np.ndarray, main: np.ndarray, parent: np.ndarray, wall: Any
) -> np.ndarray:
    """Direction (k,3), at most 1 long, away from the nearest wall and across the vessel."""
    own = points_lps[nodes]
    away = own - wall.data[wall.query(own, workers=-1)[1]]
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    ahead = np.where(main[nodes] >= 0, main[nodes], nodes)
    behind = np.where(parent[nodes] >= 0, parent[nodes], nodes)
    along = points_lps[ahead] - points_lps[behind]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return away - along * np.einsum("ij,ij->i", away, along)[:, None]


def _neighbor_mean(forest: Forest, count: int) -> Any:
    """Sparse (n,n) matrix that gives each node the mean of its neighbors on the tree."""
    from scipy.sparse import coo_array, diags_array

    inner = forest.order[forest.parent[forest.order] >= 0]
    a, b = np.r_[inner, forest.parent[inner]], np.r_[forest.parent[inner], inner]
    links = coo_array((np.ones(len(a)), (a, b)), shape=(count, count)).tocsr()
    degree = np.maximum(np.diff(links.indptr), 1)
    return diags_array(1.0 / degree) @ links
