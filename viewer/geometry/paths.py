"""From a directed skeleton to branches with evenly spaced points."""

from dataclasses import replace
from typing import Any

import numpy as np

from viewer.geometry.skeleton import Forest, rooted
from viewer.geometry.tree import Branch, even_path, tree_numbers
from viewer.progress import Progress
from viewer.volume.grid import Grid

STEP_MM = 0.75
RING = 1.0
MOST_POINTS = 64
LEAST_VOXELS = 1.0


def trimmed(
    forest: Forest, points_lps: np.ndarray, clearance: np.ndarray, *, roots_too: bool = True
) -> Forest:
    """The forest with each end cut back to the center of the vessel's last inscribed sphere.

    Along the way to an end, path length plus twice the distance to the wall grows until the
    sphere touches the end, and falls after it. `clearance` (n,) is in mm.
    """
    children = np.bincount(forest.parent[forest.order] + 1, minlength=len(points_lps) + 1)[1:]
    gone = np.zeros(len(points_lps), bool)
    roots = []
    for node in forest.order.tolist():
        if forest.parent[node] < 0:
            roots.append(node)
        elif children[node] == 0:
            _trim(_way_up(node, forest, children, clearance), points_lps, clearance, gone)
    child = np.full(len(points_lps), -1)
    inner = forest.order[forest.parent[forest.order] >= 0]
    child[forest.parent[inner]] = inner
    for n, root in enumerate(roots if roots_too else ()):
        way = _way_down(root, child, children, points_lps, clearance)
        _trim(way, points_lps, clearance, gone)
        roots[n] = next(node for node in way if not gone[node])
    inner = inner[~gone[inner] & ~gone[forest.parent[inner]]]
    pairs = np.column_stack([inner, forest.parent[inner]])
    return rooted(pairs, np.array(roots), points_lps)


def _way_up(leaf: int, forest: Forest, children: np.ndarray, clearance: np.ndarray) -> list[int]:
    """Nodes from a leaf inwards, as far as the last inscribed sphere can be, before a joint."""
    way, far, widest = [leaf], 0.0, float(clearance[leaf])
    while far <= 3 * widest + 3:
        above = int(forest.parent[way[-1]])
        if above < 0 or children[above] > 1 or forest.parent[above] < 0:
            break
        far += float(forest.step_mm[way[-1]])
        way.append(above)
        widest = max(widest, float(clearance[above]))
    return way


def _way_down(
    root: int,
    child: np.ndarray,
    children: np.ndarray,
    points_lps: np.ndarray,
    clearance: np.ndarray,
) -> list[int]:
    """Nodes from a root outwards, as far as the last inscribed sphere can be, before a joint."""
    way, far, widest = [root], 0.0, float(clearance[root])
    while far <= 3 * widest + 3 and children[way[-1]] == 1:
        ahead = int(child[way[-1]])
        if children[ahead] != 1:
            break
        far += float(np.linalg.norm(points_lps[ahead] - points_lps[way[-1]]))
        way.append(ahead)
        widest = max(widest, float(clearance[ahead]))
    return way


def _trim(way: list[int], points_lps: np.ndarray, clearance: np.ndarray, gone: np.ndarray) -> None:
    """Mark as gone the nodes of a way (end first) that lie beyond the last inscribed sphere."""
    steps = np.linalg.norm(np.diff(points_lps[way], axis=0), axis=1)
    outwards = -np.concatenate([[0.0], np.cumsum(steps)])
    last = int(np.argmax(outwards + 2 * clearance[way]))
    gone[way[:last]] = True


def branches_of(
    forest: Forest, points_lps: np.ndarray, wall: Any, grid: Grid, progress: Progress
) -> tuple[Branch, ...]:
    """The branches from joint to joint, parents first, with a point about every `STEP_MM`."""
    children: list[list[int]] = [[] for _ in range(len(points_lps))]
    roots = []
    for node in forest.order.tolist():
        above = int(forest.parent[node])
        if above >= 0:
            children[above].append(node)
        else:
            roots.append(node)
    found: list[Branch] = []
    spread_mm = point_spread(wall)
    step_mm = max(STEP_MM, min(grid.spacing_mm))
    waiting = [(root, child, -1) for root in reversed(roots) for child in reversed(children[root])]
    done = 0
    while waiting:
        start, first, parent = waiting.pop()
        way = [start, first]
        while len(children[way[-1]]) == 1:
            way.append(children[way[-1]][0])
        done += len(way)
        progress.at(done / (len(forest.order) + done - len(found)))
        path = points_lps[way]
        if not children[way[-1]]:
            path = lengthened(path, wall, grid)
        if parent < 0 and len(children[start]) == 1:
            path = lengthened(path[::-1], wall, grid)[::-1]
        path = even_path(path, step_mm)
        found.append(Branch(path, inscribed_radius(path, wall, spread_mm), parent))
        waiting += [(way[-1], child, len(found) - 1) for child in reversed(children[way[-1]])]
    return tuple(found)


def largest_first(branches: tuple[Branch, ...]) -> tuple[Branch, ...]:
    """The branches with the tree of the greatest volume in front, parents still before children."""
    tree_of = tree_numbers(branches)
    volume = [0.0] * (max(tree_of, default=-1) + 1)
    for branch, tree in zip(branches, tree_of, strict=True):
        volume[tree] += branch.length_mm * float(np.mean(branch.radius_mm**2))
    order = np.argsort([-volume[tree] for tree in tree_of], kind="stable")
    place = {int(old): new for new, old in enumerate(order)} | {-1: -1}
    return tuple(replace(branches[n], parent=place[branches[n].parent]) for n in order)


def lengthened(path: np.ndarray, wall: Any, grid: Grid) -> np.ndarray:
    """The path (n,3), carried on straight to the center of the vessel's last inscribed sphere.

    It never leaves the sphere at its end, nor the scan. A vessel thinner than `LEAST_VOXELS` is
    left alone: its heading is too rough.
    """
    radius = float(wall.query(path[-1])[0])
    if radius < LEAST_VOXELS * max(grid.spacing_mm):
        return path
    far = np.linalg.norm(path - path[-1], axis=1)
    back = int(np.flatnonzero(far >= min(radius, far.max()))[-1])
    heading = path[-1] - path[back]
    length = float(np.linalg.norm(heading))
    if length < 1e-9:
        return path
    ahead = np.linspace(0.0, 0.9 * radius, 16)[:, None]
    further = path[-1] + ahead * heading / length
    index = grid.index(further)
    within = np.all((index >= 0) & (index <= np.array(grid.shape) - 1), axis=1)
    score = np.where(within, ahead[:, 0] + 2 * wall.query(further)[0], -np.inf)
    best = int(np.argmax(score))
    return np.concatenate([path, further[best : best + 1]]) if best else path


def point_spread(wall: Any) -> float:
    """Typical distance in mm between neighboring wall points."""
    some = wall.data[:: max(1, len(wall.data) // 2000)]
    return float(np.median(wall.query(some, k=2)[0][:, 1]))


def inscribed_radius(path: np.ndarray, wall: Any, spread_mm: float) -> np.ndarray:
    """Radius (n,) in mm of the largest sphere inside the lumen around each point of a path.

    The wall of a mask is rough by part of a voxel, and the very nearest of its points would
    always be a bump inwards. So this is the mean distance of the nearest `RING` of the wall
    points that a ring around the vessel holds.
    """
    first = wall.query(path)[0]
    count = np.clip(np.rint(RING * 2 * np.pi * first / spread_mm), 1, MOST_POINTS).astype(int)
    most = min(int(count.max()), len(wall.data))
    far = np.asarray(wall.query(path, k=np.arange(1, most + 1))[0])
    return np.take_along_axis(
        np.cumsum(far, axis=1) / np.arange(1, most + 1), np.minimum(count, most)[:, None] - 1, 1
    )[:, 0]
