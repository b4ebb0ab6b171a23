"""The exact distance to the wall of a vessel tree, on a grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from viewer.geometry.tree import VesselTree
from viewer.phantom.scene import REACH_MM
from viewer.progress import Progress, silent
from viewer.volume.grid import Grid

# Blocks of voxels are halved down to this edge; the cones that may be nearest are few by then.
LEAF = 4
_TOP_BLOCKS = 40
_CHUNK = 384


@dataclass(frozen=True, eq=False)
class _Cones:
    """Round cones (n,): start, unit axis, length, first radius, its loss per mm, `lean`, branch.

    The foot of a point on the axis lies `lean` times its distance to the axis before the point's
    projection: there the cone's sphere comes nearest to it.
    """

    start: np.ndarray
    axis: np.ndarray
    length: np.ndarray
    radius: np.ndarray
    loss: np.ndarray
    lean: np.ndarray
    branch: np.ndarray

    def __getitem__(self, which: np.ndarray | slice) -> "_Cones":
        return _Cones(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def distance(
    tree: VesselTree,
    grid: Grid,
    branches: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance to the wall of a tree (mm, float32, negative inside) and the nearest branch.

    Each branch is a chain of round cones, whose distance is exact; beyond `REACH_MM` the
    distance is cut off and the branch (int16) is -1. `branches` limits it to some of them.
    """
    chosen = _within_reach(tree, grid)
    if branches is not None:
        chosen = np.intersect1d(chosen, branches)
    shape = tuple(-(-n // LEAF) * LEAF for n in grid.shape)
    wall_mm = np.full(shape, REACH_MM, np.float32)
    branch = np.full(shape, -1, np.int16)
    if len(chosen):
        cones = _cones(tree, chosen, 0.01 * min(grid.spacing_mm))
        origins, first, cone = _leaves(cones, grid)
        _fill(wall_mm, branch, cones, origins, first, cone, grid, progress or silent())
    box = tuple(slice(0, n) for n in grid.shape)
    wall_mm, branch = np.ascontiguousarray(wall_mm[box]), np.ascontiguousarray(branch[box])
    return np.maximum(wall_mm, -REACH_MM, out=wall_mm), branch


def _within_reach(tree: VesselTree, grid: Grid) -> np.ndarray:
    """The branches of which some point's ball comes near enough to the grid."""
    index = grid.index(tree.points_lps)
    per_mm = np.linalg.norm(grid.index_from_lps[:3, :3], axis=1)
    step_mm = np.linalg.norm(np.diff(tree.points_lps, axis=0), axis=1)
    step_mm[np.diff(tree.branch_of_point) != 0] = 0
    reach = (tree.radius_mm + REACH_MM + 0.5 * step_mm.max(initial=0))[:, None] * per_mm
    near = np.all((index > -reach) & (index < np.array(grid.shape) - 1 + reach), axis=1)
    return np.unique(tree.branch_of_point[near])


def _cones(tree: VesselTree, branches: Sequence[int] | np.ndarray, tolerance_mm: float) -> _Cones:
    """The cones of some branches, as long as path and radius stay within the tolerance."""
    starts, ends, owners = [], [], []
    for number in branches:
        branch = tree.branches[number]
        knots = np.column_stack([branch.points_lps, branch.radius_mm])
        knots = knots[_enough(knots, tolerance_mm)]
        starts.append(knots[:-1])
        ends.append(knots[1:])
        owners.append(np.full(len(knots) - 1, number, np.int16))
    start, end = np.concatenate(starts), np.concatenate(ends)
    away = end[:, :3] - start[:, :3]
    length = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    loss = (start[:, 3] - end[:, 3]) / length
    steep = np.clip(loss, -0.999, 0.999)
    lean = steep / np.sqrt(1 - steep**2)
    axis = away / length[:, None]
    return _Cones(start[:, :3], axis, length, start[:, 3], loss, lean, np.concatenate(owners))


def _enough(knots: np.ndarray, tolerance_mm: float) -> np.ndarray:
    """Which points of a path with radius (n,4) suffice: a chord of h strays by h^2 curvature/8."""
    count = len(knots)
    if count <= 3:
        return np.arange(count)
    step = np.diff(knots, axis=0)
    h = np.maximum(np.linalg.norm(step[:, :3], axis=1), 1e-6)
    slope = step / h[:, None]
    bend = np.linalg.norm(np.diff(slope, axis=0), axis=1) / (0.5 * (h[1:] + h[:-1]))
    bend = np.r_[bend[0], bend, bend[-1]]
    each = h * np.sqrt(np.maximum(bend[1:], bend[:-1]) / (8 * tolerance_mm))
    passed = np.floor(np.r_[0, np.cumsum(each)])
    keep = np.r_[True, np.diff(passed) > 0]
    keep[1:-1] |= keep[2:] & (each[1:] >= 1)
    keep[-1] = True
    return np.flatnonzero(keep)


def _leaves(cones: _Cones, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Blocks of `LEAF` voxels near vessels: first index (b,3), and the cones that may be nearest.

    The cones of block n are `cone[first[n]:first[n + 1]]`. A block is halved again and again; a
    cone drops out when, even at the block's far corner, another one must be nearer.
    """
    edge = LEAF
    while np.prod([-(-n // edge) for n in grid.shape]) > _TOP_BLOCKS:
        edge *= 2
    tops = np.meshgrid(*(np.arange(0, n, edge) for n in grid.shape), indexing="ij")
    origins = np.stack([top.ravel() for top in tops], axis=1)
    count = len(cones.length)
    cone = np.tile(np.arange(count), len(origins))
    first = np.arange(len(origins) + 1) * count
    origins, first, cone = _nearest(cones, grid, origins, first, cone, edge)
    while edge > LEAF:
        edge //= 2
        origins, first, cone = _halved(grid, origins, first, cone, edge)
        origins, first, cone = _nearest(cones, grid, origins, first, cone, edge)
    return origins, first, cone


def _halved(
    grid: Grid, origins: np.ndarray, first: np.ndarray, cone: np.ndarray, edge: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The eight parts of each block that reach into the grid, with all its cones."""
    parts, firsts, counts = [], [], np.diff(first)
    for octant in np.ndindex(2, 2, 2):
        part = origins + edge * np.array(octant)
        inside = np.all(part < grid.shape, axis=1)
        parts.append(part[inside])
        firsts.append((counts[inside], cone[np.repeat(inside, counts)]))
    lengths = np.concatenate([each for each, _ in firsts])
    return (
        np.concatenate(parts),
        np.r_[0, np.cumsum(lengths)],
        np.concatenate([each for _, each in firsts]),
    )


def _nearest(
    cones: _Cones,
    grid: Grid,
    origins: np.ndarray,
    first: np.ndarray,
    cone: np.ndarray,
    edge: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The blocks within reach of a vessel, each with the cones that may be its nearest."""
    if not len(cone):
        return origins[:0], np.zeros(1, int), cone
    half = 0.5 * (edge - 1) * np.array([[1, b, c] for b in (-1, 1) for c in (-1, 1)])
    size_mm = float(np.linalg.norm(half @ grid.lps_from_index[:3, :3].T, axis=1).max())
    centers = grid.points_lps(origins + 0.5 * (edge - 1))
    counts = np.diff(first)
    block = np.repeat(np.arange(len(origins)), counts)
    far = _distance_at(centers[block], cones[cone])
    least = np.minimum.reduceat(far, first[:-1])
    bound = np.minimum(least + 2 * size_mm, REACH_MM + size_mm) + 1e-3
    keep = far <= bound[block]
    kept = np.bincount(block[keep], minlength=len(origins))
    return origins[kept > 0], np.r_[0, np.cumsum(kept[kept > 0])], cone[keep]


def _distance_at(points_lps: np.ndarray, cones: _Cones) -> np.ndarray:
    """Distance of each point (n,3) to the wall of its cone (n,)."""
    away = points_lps - cones.start
    along = np.einsum("na,na->n", away, cones.axis)
    across2 = np.maximum(np.einsum("na,na->n", away, away) - along**2, 0)
    foot = np.clip(along - np.sqrt(across2) * cones.lean, 0, cones.length)
    return np.sqrt(across2 + (along - foot) ** 2) + cones.loss * foot - cones.radius


def _fill(
    wall_mm: np.ndarray,
    branch: np.ndarray,
    cones: _Cones,
    origins: np.ndarray,
    first: np.ndarray,
    cone: np.ndarray,
    grid: Grid,
    progress: Progress,
) -> None:
    """Write distance and branch of every voxel of the leaves."""
    counts = np.diff(first)
    offsets = np.stack(np.meshgrid(*[np.arange(LEAF)] * 3, indexing="ij"), -1).reshape(-1, 3)
    steps = offsets @ grid.lps_from_index[:3, :3].T
    split = tuple(m for n in wall_mm.shape for m in (n // LEAF, LEAF))
    walls, branches = wall_mm.reshape(split), branch.reshape(split)
    for blocks in progress.over(_chunks(counts), len(counts) // _CHUNK + 1):
        least, owner = _nearest_in(
            cones, cone, first[blocks], counts[blocks], grid.points_lps(origins[blocks]), steps
        )
        k, j, i = (origins[blocks] // LEAF).T
        walls[k, :, j, :, i, :] = least.reshape(-1, LEAF, LEAF, LEAF)
        branches[k, :, j, :, i, :] = owner.reshape(-1, LEAF, LEAF, LEAF)


def _chunks(counts: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks in portions that fit the processor's cache, those with most cones first."""
    order = np.argsort(-counts, kind="stable")
    for start in range(0, len(order), _CHUNK):
        yield order[start : start + _CHUNK]


def _nearest_in(
    cones: _Cones,
    cone: np.ndarray,
    first: np.ndarray,
    counts: np.ndarray,
    corners_lps: np.ndarray,
    steps: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Distance and branch (b,v) in blocks whose cones' counts do not rise."""
    least = np.full((len(counts), len(steps)), REACH_MM, np.float32)
    owner = np.full(least.shape, -1, np.int16)
    linear = np.ascontiguousarray(steps.T, np.float32)
    square = np.vstack([linear, np.ones(len(steps)), (steps**2).sum(axis=1)]).astype(np.float32)
    for rank in range(int(counts[0])):
        rows = int(np.searchsorted(-counts, -rank, side="left"))
        these = cones[cone[first[:rows] + rank]]
        away = corners_lps[:rows] - these.start
        along0 = np.einsum("na,na->n", away, these.axis)
        along = these.axis.astype(np.float32) @ linear
        # the square of the distance to the axis, as a form of the voxel's step in the block
        aside = away - along0[:, None] * these.axis
        aside2 = np.einsum("na,na->n", aside, aside)
        far2 = np.column_stack([2 * aside, aside2, np.ones(rows)]).astype(np.float32) @ square
        length, loss, lean, radius = (
            getattr(these, name).astype(np.float32)[:, None]
            for name in ("length", "loss", "lean", "radius")
        )
        far2 -= along * along
        along += along0.astype(np.float32)[:, None]
        np.maximum(far2, 0, out=far2)
        foot = np.sqrt(far2)
        foot *= lean
        np.subtract(along, foot, out=foot)
        np.clip(foot, 0, length, out=foot)
        along -= foot
        along *= along
        far2 += along
        np.sqrt(far2, out=far2)
        foot *= loss
        far2 += foot
        far2 -= radius
        nearer = far2 < least[:rows]
        np.copyto(least[:rows], far2, where=nearer)
        np.copyto(owner[:rows], these.branch[:, None], where=nearer)
    return least, owner
