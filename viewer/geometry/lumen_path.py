"""The way from a point through a vessel's voxels to its tree."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy import ndimage

from viewer.errors import ViewerError
from viewer.geometry.centerline import part_of, wall_of
from viewer.geometry.paths import STEP_MM, inscribed_radius, point_spread, trimmed
from viewer.geometry.relax import centered
from viewer.geometry.skeleton import neighbors, rooted
from viewer.geometry.tree import Branch, even_path
from viewer.progress import silent
from viewer.segment.mask import VesselMask

CLICK_VOXELS, CLICK_MM = 3, 5.0
MARGIN_MM, BULGE = 2.0, 1.2
WITHIN = 0.8  # of the radius: so far inside it a voxel surely belongs to a vessel
CANDIDATES = 4
SHELLS = 4  # steps of a front between two looks whether it has come to a sphere
BEYOND = 0.25  # of its way: how far a front goes on after it has
STEPS = np.array([step for step in product((-1, 0, 1), repeat=3) if step != (0, 0, 0)])
Spheres = tuple[Any, np.ndarray]  # a k-d tree of centers, and their radii
NOT_A_VESSEL = (
    "There is no {name} in the map at this place, so no end was added: "
    "add the vessel to the map first (tool Add vessel, G)."
)
LOOSE = (
    "This piece of the map is not joined to a traced vessel, so no end was added: "
    "join it first, by accepting a bridge or by painting."
)


@dataclass(frozen=True, eq=False)
class LumenPath:
    """A way (n,3) through a vessel; its first points `inside` the one that it comes from.

    `widest_mm` is the radius of that one where the way begins.
    """

    points_lps: np.ndarray
    inside: int
    widest_mm: float


def voxel_at(mask: VesselMask, label: int, point_lps: np.ndarray) -> np.ndarray:
    """The index (3,) of the label's voxel nearest to a point on or beside the vessel.

    Raises `ViewerError` where none lies within a few voxels and millimeters.
    """
    index = mask.grid.index(np.asarray(point_lps, np.float64))
    reach = np.maximum(CLICK_VOXELS, np.ceil(CLICK_MM / np.array(mask.grid.spacing_mm)).astype(int))
    low = np.maximum(np.floor(index).astype(int) - reach, 0)
    high = np.minimum(np.ceil(index).astype(int) + reach + 1, mask.grid.shape)
    cut = tuple(slice(a, max(a, b)) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    near = np.argwhere(mask.labels[cut] == label) + low
    if not len(near):
        raise ViewerError(NOT_A_VESSEL.format(name=mask.names.get(label, "vessel")))
    away = np.linalg.norm((near - index) * mask.grid.spacing_mm, axis=1)
    return np.asarray(near[int(away.argmin())])


def path_to(
    mask: VesselMask,
    label: int,
    start: np.ndarray,
    targets_lps: np.ndarray,
    radius_mm: np.ndarray,
) -> LumenPath:
    """The way from spheres to a voxel `start`, in the middle of the vessel where it can be.

    A way costs its length divided by the squared distance to the wall. The spheres are given by
    their centers (k,3) and radii (k,); the way begins at the center it comes to. Raises
    `ViewerError` where the voxel is not connected with any of them.
    """
    from scipy.spatial import cKDTree

    spheres = cKDTree(targets_lps), WITHIN * radius_mm
    index, held = _front(mask, label, start, spheres)
    way = _cheapest(mask, label, index, held, start)
    centers = _sphere_of(mask.grid.points_lps(way[:1]), spheres)
    points = mask.grid.points_lps(way)
    line = _line(targets_lps[int(centers[0])], points[0], min(mask.grid.spacing_mm))
    held_too = np.flatnonzero(_in_sphere(points, (spheres[0], radius_mm)))
    inside = len(line) + (int(held_too[-1]) + 1 if len(held_too) else 0)
    widest = float(radius_mm[int(centers[0])])
    return LumenPath(np.concatenate([line, points]), inside, widest)


def branch_along(mask: VesselMask, label: int, path: LumenPath) -> Branch:
    """A branch along the middle of the vessel that a path goes through, its start kept.

    The end is cut back to the center of the vessel's last inscribed sphere.
    """
    grid, way = mask.grid, path.points_lps
    voxel_mm = float(np.mean(grid.spacing_mm))
    wall = _wall_around(mask, label, path)
    nodes = np.arange(len(way))
    forest = rooted(np.column_stack([nodes[:-1], nodes[1:]]), nodes[:1], way)
    points = centered(way, wall.query(way)[0], forest, wall, voxel_mm, silent())
    points[0] = way[0]
    own = nodes[path.inside :]
    if len(own) > 2:  # what lies in the vessel that it leaves has wider spheres of its own
        forest = rooted(np.column_stack([own[:-1], own[1:]]), own[:1], points)
        forest = trimmed(forest, points, wall.query(points)[0], roots_too=False)
        points = np.concatenate([points[: path.inside], points[np.sort(forest.order)]])
    even = even_path(points, max(STEP_MM, min(grid.spacing_mm)))
    return Branch(even, inscribed_radius(even, wall, point_spread(wall)))


def _front(
    mask: VesselMask, label: int, start: np.ndarray, spheres: Spheres
) -> tuple[np.ndarray, np.ndarray]:
    """The label's voxels (n,3) around one, and which (n,) lie in a sphere.

    The front grows until it has met a sphere, and a little on, as the shortest way may not be
    the one in the middle.
    """
    shape = np.array(mask.labels.shape)
    seen = np.zeros(mask.labels.size, bool)
    seen[np.ravel_multi_index(tuple(start), mask.labels.shape)] = True
    found, held = [start[None]], [_in_sphere(mask.grid.points_lps(start[None]), spheres)]
    edge, left = found[0], 0 if held[0].any() else None
    while left is None or left > 0:
        shells = []
        for _ in range(SHELLS):
            near = (edge[:, None] + STEPS).reshape(-1, 3)
            near = near[np.all((near >= 0) & (near < shape), axis=1)]
            flat = np.unique(np.ravel_multi_index(tuple(near.T), mask.labels.shape))
            flat = flat[~seen[flat] & (mask.labels.reshape(-1)[flat] == label)]
            seen[flat] = True
            edge = np.column_stack(np.unravel_index(flat, mask.labels.shape))
            shells.append(edge)
        every = np.concatenate(shells)
        own = _in_sphere(mask.grid.points_lps(every), spheres)
        found.append(every)
        held.append(own)
        edge = edge[~own[len(own) - len(edge) :]]
        if not len(edge) and left is None and not own.any():
            raise ViewerError(LOOSE)
        if left is not None:
            left = left - 1 if len(edge) else 0
        elif own.any():
            left = int(np.ceil(BEYOND * len(found))) if len(edge) else 0
    return np.concatenate(found), np.concatenate(held)


def _cheapest(
    mask: VesselMask, label: int, index: np.ndarray, held: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """The voxels (n,3) of the cheapest way to `start` from the first voxel that is held."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    low, high = np.maximum(index.min(axis=0) - 1, 0), index.max(axis=0) + 2
    cut = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    depth = ndimage.distance_transform_cdt(np.pad(mask.labels[cut] == label, 1))[1:-1, 1:-1, 1:-1]
    cost = 1.0 / np.maximum(depth[tuple((index - low).T)], 1) ** 2
    pairs = neighbors(index - low)
    pairs = pairs[~held[pairs].all(axis=1)]
    length = np.linalg.norm(
        (index[pairs[:, 0]] - index[pairs[:, 1]]) * mask.grid.spacing_mm, axis=1
    )
    weight = length * (cost[pairs[:, 0]] + cost[pairs[:, 1]])
    graph = coo_array((weight, tuple(pairs.T)), shape=(len(index),) * 2).tocsr()
    first = int(np.flatnonzero((index == start).all(axis=1))[0])
    far, before = dijkstra(graph, directed=False, indices=first, return_predecessors=True)
    node = int(np.where(held, far, np.inf).argmin())
    way = [node]
    while node != first:
        node = int(before[node])
        way.append(node)
    return np.asarray(index[way])


def _sphere_of(points_lps: np.ndarray, spheres: Spheres) -> np.ndarray:
    """The sphere (n,) in which each point lies deepest, or to which it is nearest."""
    search, radius = spheres
    count = min(CANDIDATES, len(radius))
    far, near = (np.reshape(each, (-1, count)) for each in search.query(points_lps, k=count))
    best = np.argmin(far - radius[near], axis=1)[:, None]
    return np.asarray(np.take_along_axis(near, best, axis=1)[:, 0])


def _in_sphere(points_lps: np.ndarray, spheres: Spheres) -> np.ndarray:
    """Which points (n,) lie in a sphere."""
    if not len(points_lps):
        return np.zeros(0, bool)
    search, radius = spheres
    own = _sphere_of(points_lps, spheres)
    return np.asarray(np.linalg.norm(points_lps - search.data[own], axis=1) <= radius[own])


def _line(center: np.ndarray, point_lps: np.ndarray, step_mm: float) -> np.ndarray:
    """Points (n,3) on a straight line from the center of a sphere to before a point in it."""
    count = int(np.ceil(np.linalg.norm(point_lps - center) / step_mm))
    return np.asarray(np.linspace(center, point_lps, count, endpoint=False)).reshape(-1, 3)


def _wall_around(mask: VesselMask, label: int, path: LumenPath) -> Any:
    """A k-d tree of the wall's points (LPS mm) so far around a path that none nearer is missing."""
    grid, way = mask.grid, path.points_lps
    index, shape = grid.index(way), np.array(grid.shape)
    margin_mm = MARGIN_MM + BULGE * path.widest_mm
    while True:
        steps = np.ceil(margin_mm / np.array(grid.spacing_mm)).astype(int) + 1
        low = np.maximum(np.floor(index.min(axis=0)).astype(int) - steps, 0)
        high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + steps + 1, shape)
        cut = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
        wall = wall_of(part_of(mask.labels[cut] == label, cut, grid.shape), grid, silent())
        if float(wall.query(way)[0].max()) < margin_mm or (high - low >= shape).all():
            return wall
        margin_mm *= 2
