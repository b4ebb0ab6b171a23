"""Taking away branches that never leave the lumen of another vessel."""

from typing import Any

import numpy as np

from viewer.geometry.skeleton import Forest, rooted
from viewer.progress import Progress

MOST_SWEEPS = 5


def without_inner(
    forest: Forest,
    points_lps: np.ndarray,
    clearance_mm: np.ndarray,
    shortest_mm: float,
    progress: Progress,
) -> Forest:
    """The forest without end branches that reach less than `shortest_mm` out of other vessels.

    What lies inside the inscribed sphere of a node of another branch belongs to that vessel: a
    flat or bumpy wide vessel has a skeleton with such inner branches. The shortest go first.
    """
    for sweep in range(MOST_SWEEPS):
        part = progress.part(sweep / MOST_SWEEPS, (sweep + 1) / MOST_SWEEPS)
        gone = _inner_nodes(forest, points_lps, clearance_mm, shortest_mm, part)
        if not gone.any():
            break
        nodes = forest.order[~gone[forest.order]]
        inner = nodes[forest.parent[nodes] >= 0]
        pairs = np.column_stack([inner, forest.parent[inner]])
        forest = rooted(pairs, nodes[forest.parent[nodes] < 0], points_lps)
    return forest


def _inner_nodes(
    forest: Forest,
    points_lps: np.ndarray,
    clearance_mm: np.ndarray,
    shortest_mm: float,
    progress: Progress,
) -> np.ndarray:
    """Which nodes (n,) bool belong to end branches that reach too little out of other vessels."""
    from scipy.spatial import cKDTree

    gone = np.zeros(len(points_lps), bool)
    ways = _end_ways(forest)
    near = cKDTree(points_lps[forest.order])
    lengths = [float(forest.step_mm[way[:-1]].sum()) for way in ways]
    for done, n in enumerate(np.argsort(lengths, kind="stable").tolist()):
        progress.at(done / len(ways))
        way, joint = np.array(ways[n][:-1]), ways[n][-1]
        reach = lengths[n] + float(clearance_mm[joint])
        others = forest.order[near.query_ball_point(points_lps[joint], reach)]
        others = np.setdiff1d(others[~gone[others]], way)
        beyond = _outside(points_lps[way], points_lps[others], clearance_mm[others])
        out = float(forest.step_mm[way][beyond].sum() + clearance_mm[way[0]])
        gone[way] = out < shortest_mm
    return gone


def _outside(own: np.ndarray, others: np.ndarray, radius_mm: np.ndarray) -> np.ndarray:
    """Which points (k,) bool lie outside all spheres."""
    far = np.linalg.norm(own[:, None] - others[None], axis=2)
    return np.asarray((far > radius_mm).all(axis=1))


def _end_ways(forest: Forest) -> list[list[int]]:
    """For each end of a tree that has a joint: the nodes from the end up to that joint."""
    children = np.bincount(forest.parent[forest.order] + 1, minlength=len(forest.parent) + 1)[1:]
    ways = []
    for leaf in forest.order[children[forest.order] == 0].tolist():
        way = [leaf]
        while forest.parent[way[-1]] >= 0:
            way.append(int(forest.parent[way[-1]]))
            if children[way[-1]] > 1:
                ways.append(way)
                break
    return ways


def distance_to(wall: Any, forest: Forest, points_lps: np.ndarray) -> np.ndarray:
    """Distance (n,) in mm from the forest's nodes to the wall, 0 at others."""
    clearance = np.zeros(len(points_lps))
    clearance[forest.order] = wall.query(points_lps[forest.order], workers=-1)[0]
    return clearance
