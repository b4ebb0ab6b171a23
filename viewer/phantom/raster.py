"""Vessels and solids on a grid, with the exact distance to the nearest lumen wall."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.phantom.distance import distance
from viewer.phantom.scene import ADDS, FILLS, REACH_MM, STAINS, SURROUNDS, Solid, Vessels, Wires
from viewer.phantom.tissue import ARTERIAL, Tissue
from viewer.progress import Progress, silent
from viewer.volume.grid import Grid

WALL_MM = 1.0
WALL_FROM_RADIUS_MM = 3.0
CLEAR_MM = 1.0
CORTEX_MM = 1.3
# How far past the wall clots and stains may reach, so that none of their voxels shows a rim.
PAST_MM = 2.0
# Metal is denser than the scale of HU goes: so much of it in a voxel (share) looks like all.
FULL_METAL, LEAST_METAL = 0.14, 0.02
# The middle of a block of voxels with this edge tells how near a solid is to all of it, where its
# distance changes by at most so much in a mm; it jumps where a course bends sharply.
BLOCK, STEEPEST = 4, 2.0
_CHAMBERS = (Tissue.LEFT_HEART, Tissue.RIGHT_HEART)


@dataclass(frozen=True, eq=False)
class Raster:
    """What `rasterize` fills in of a `Scene`: arrays on its grid, as described there."""

    tissue: np.ndarray
    wall_mm: np.ndarray
    blood: np.ndarray
    branch: np.ndarray
    stain: np.ndarray | None


def rasterize(
    vessels: Vessels,
    companions: np.ndarray,
    grid: Grid,
    solids: Sequence[Solid | Wires] = (),
    progress: Progress | None = None,
) -> Raster:
    """Vessels, then `solids` one after the other, laid into `companions` (uint8 `Tissue`).

    Where an artery and another vessel overlap the lumen is the artery's; a chamber stays one
    where a vessel ends in it. Large arteries get a wall of `WALL_MM` where fat or lung was. Bone
    keeps `CLEAR_MM` from every lumen and has a cortex there.
    """
    tissue = np.array(companions, np.uint8)
    progress = progress or silent()
    wall_mm, branch = _lumen(vessels, grid, progress.part(0.0, 0.6))
    kinds = np.r_[np.array(vessels.blood, np.uint8), np.uint8(0)]
    blood = kinds[branch]
    stays = _stays_chamber(vessels, tissue, branch, wall_mm, grid)
    blood[stays] = tissue[stays]
    lumen = wall_mm < 0
    tissue[lumen] = blood[lumen]
    stain: np.ndarray | None = None
    for solid in progress.part(0.6, 0.9).over(solids, len(solids)):
        if isinstance(solid, Wires):
            stain = _strew(solid, grid, tissue, wall_mm, stain)
        else:
            stain = _put(solid, grid, tissue, wall_mm, blood, stain)
    _clear_bone(grid, tissue, wall_mm)
    _line_arteries(vessels, tissue, wall_mm, blood, branch)
    return Raster(tissue, wall_mm, blood, branch, stain)


def _lumen(vessels: Vessels, grid: Grid, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Distance and branch of arteries and other vessels; the arteries' lumen is theirs alone."""
    arteries = [n for n, kind in enumerate(vessels.blood) if kind in ARTERIAL]
    others = [n for n, kind in enumerate(vessels.blood) if kind not in ARTERIAL]
    if not others:
        return distance(vessels.tree, grid, arteries, progress)
    wall_mm, branch = distance(vessels.tree, grid, others, progress.part(0.0, 0.5))
    if arteries:
        artery_mm, artery = distance(vessels.tree, grid, arteries, progress.part(0.5, 1.0))
        np.maximum(wall_mm, -artery_mm, out=wall_mm)
        nearer = artery_mm < wall_mm
        np.minimum(wall_mm, artery_mm, out=wall_mm)
        np.copyto(branch, artery, where=nearer)
    return wall_mm, branch


def _stays_chamber(
    vessels: Vessels, tissue: np.ndarray, branch: np.ndarray, wall_mm: np.ndarray, grid: Grid
) -> np.ndarray:
    """Where a lumen lies in a chamber in which its vessel has its free end."""
    tree = vessels.tree
    ends_there = np.zeros(len(tree.branches) + 1, bool)
    for number, each in enumerate(tree.branches):
        free = [each.points_lps[0]] if each.parent < 0 else []
        if not tree.children[number]:
            free.append(each.points_lps[-1])
        for point in free:
            index = tuple(np.rint(grid.index(point)).astype(int))
            if grid.holds(point) and tissue[index] in _CHAMBERS:
                ends_there[number] = True
    if not ends_there.any():
        return np.zeros(tissue.shape, bool)
    return (wall_mm < 0) & np.isin(tissue, _CHAMBERS) & ends_there[branch]


def _put(
    solid: Solid,
    grid: Grid,
    tissue: np.ndarray,
    wall_mm: np.ndarray,
    blood: np.ndarray,
    stain: np.ndarray | None,
) -> np.ndarray | None:
    """Lay one solid into the arrays, in its box; gives the stain, made when first needed."""
    box = _box(solid, grid, REACH_MM if solid.effect in (ADDS, FILLS) else 0.0)
    shape = tissue[box].shape
    if not all(shape):
        return stain
    start = [each.start for each in box]
    wall = wall_mm[box]
    asked = np.ones(shape, bool)
    moved = asked & (solid.effect in (ADDS, FILLS))
    if solid.effect == SURROUNDS:
        yields = (blood[box] != solid.blood) & (solid.blood is not None)
        asked, moved = (wall >= 0) | yields, yields & (blood[box] > 0)
    elif solid.effect in (FILLS, STAINS):
        asked = wall < PAST_MM
        if solid.blood is not None:
            asked &= blood[box] == solid.blood
    far = _far_where(asked, moved, solid, grid.box(start, [each.stop for each in box]))
    inside = far < 0
    if solid.effect == ADDS:
        if solid.blood is not None:
            np.copyto(wall, -far, where=(blood[box] != solid.blood) & (-far > wall))
        blood[box][far < wall] = solid.tissue
        tissue[box][inside & ~((wall < 0) & (wall < far))] = solid.tissue
        np.minimum(wall, far, out=wall)
    elif solid.effect == FILLS:
        tissue[box][inside & (wall < 0)] = solid.tissue
        np.maximum(wall, -far, out=wall)
    elif solid.effect == SURROUNDS:
        np.copyto(wall, -far, where=yields & (-far > wall))
        tissue[box][inside & (wall >= 0)] = solid.tissue
    elif solid.effect != STAINS:
        raise ValueError(f"a solid cannot have the effect {solid.effect!r}")
    if solid.share != 1:
        stain = np.ones(tissue.shape, np.float32) if stain is None else stain
        stain[box][inside] *= np.float32(solid.share)
    np.clip(wall, -REACH_MM, REACH_MM, out=wall)
    return stain


def _strew(
    wires: Wires,
    grid: Grid,
    tissue: np.ndarray,
    wall_mm: np.ndarray,
    stain: np.ndarray | None,
) -> np.ndarray | None:
    """Share metal out to the voxels round each of its points that lie outside the lumen.

    A point gives to its eight neighbors linearly, so a wire keeps its volume wherever it runs.
    """
    index = grid.index(wires.points_lps)
    low = np.floor(index).astype(int)
    places, parts = [], []
    for corner in np.ndindex(2, 2, 2):
        at = low + corner
        kept = np.all((at >= 0) & (at < grid.shape), axis=1)
        flat = np.ravel_multi_index(tuple(np.where(kept[:, None], at, 0).T), grid.shape)
        part = np.prod(1 - np.abs(index - at), axis=1)
        places.append(flat)
        parts.append(np.where(kept & (wall_mm.reshape(-1)[flat] >= 0), part, 0))
    part = np.stack(parts)
    part /= np.maximum(part.sum(axis=0), 1e-3)
    where, inverse = np.unique(np.stack(places), return_inverse=True)
    amount = np.bincount(inverse.ravel(), part.ravel()) * (wires.each_mm3 / grid.voxel_mm3)
    shown = amount > LEAST_METAL * FULL_METAL
    if not shown.any():
        return stain
    stain = np.ones(tissue.shape, np.float32) if stain is None else stain
    tissue.reshape(-1)[where[shown]] = Tissue.METAL
    stain.reshape(-1)[where[shown]] = np.minimum(amount[shown] / FULL_METAL, 1)
    return stain


def _far_where(asked: np.ndarray, moved: np.ndarray, solid: Solid, grid: Grid) -> np.ndarray:
    """Distance to a solid (float32) in the voxels of a grid that are `asked` (bool) for.

    Where it has `moved` (bool) a lumen's wall it is exact up to `REACH_MM`; elsewhere its sign is,
    and it is about right inside.
    """
    half_mm = 0.5 * (BLOCK - 1) * float(np.linalg.norm(grid.spacing_mm))
    near = _any_in(asked)
    which = np.argwhere(near)
    middle = _far(solid, grid.points_lps(which * BLOCK + 0.5 * (BLOCK - 1)))
    reach_mm = np.where(_any_in(moved)[near], REACH_MM, 0.0)
    near[near] = np.abs(middle) < reach_mm + STEEPEST * half_mm
    rough = np.full(near.shape, REACH_MM, np.float32)
    rough[tuple(which.T)] = np.where(middle < 0, middle, REACH_MM)
    far = np.where(asked, _spread(rough, asked.shape), np.float32(REACH_MM))
    exactly = np.flatnonzero(asked & _spread(near, asked.shape))
    index = np.stack(np.unravel_index(exactly, asked.shape), axis=1)
    far.reshape(-1)[exactly] = _far(solid, grid.points_lps(index))
    return far


def _any_in(mask: np.ndarray) -> np.ndarray:
    """Which blocks of a mask (bool) hold anything; those at its end may be smaller."""
    for axis, count in enumerate(mask.shape):
        mask = np.logical_or.reduceat(mask, np.arange(0, count, BLOCK), axis=axis)
    return mask


def _spread(blocks: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """What blocks hold, in each of their voxels."""
    for axis in range(3):
        blocks = blocks.repeat(BLOCK, axis)
    return blocks[tuple(slice(0, n) for n in shape)]


def _far(solid: Solid, points_lps: np.ndarray) -> np.ndarray:
    """Distance to a solid (n,), at least that to its box."""
    low, high = np.asarray(solid.box_lps, float)
    far = np.array(solid.distance_mm(points_lps), float)
    out = np.flatnonzero(((points_lps < low) | (points_lps > high)).any(axis=1))
    beyond = np.maximum(np.maximum(low - points_lps[out], points_lps[out] - high), 0)
    far[out] = np.maximum(far[out], np.linalg.norm(beyond, axis=1))
    return far


def _box(solid: Solid, grid: Grid, reach_mm: float) -> tuple[slice, slice, slice]:
    """The voxels of the grid within reach of a solid's box."""
    low, high = np.asarray(solid.box_lps, float) + np.array([[-reach_mm], [reach_mm]])
    ends = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    index = grid.index(ends)
    start = np.clip(np.floor(index.min(axis=0)), 0, grid.shape).astype(int)
    stop = np.clip(np.ceil(index.max(axis=0)) + 1, start, grid.shape).astype(int)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return k, j, i


def _clear_bone(grid: Grid, tissue: np.ndarray, wall_mm: np.ndarray) -> None:
    """Soft tissue between a lumen and bone, and cortex where marrow would lie bare."""
    clear_mm = max(CLEAR_MM, 0.6 * max(grid.spacing_mm))
    near = np.flatnonzero((wall_mm >= 0) & (wall_mm < clear_mm + CORTEX_MM))
    near = near[np.isin(tissue.flat[near], (Tissue.CORTEX, Tissue.MARROW))]
    close = wall_mm.flat[near] < clear_mm
    tissue.flat[near] = np.where(close, Tissue.MUSCLE, Tissue.CORTEX)


def _line_arteries(
    vessels: Vessels,
    tissue: np.ndarray,
    wall_mm: np.ndarray,
    blood: np.ndarray,
    branch: np.ndarray,
) -> None:
    """A wall round large arteries where they lie in fat or lung."""
    radius = [float(np.median(b.radius_mm)) for b in vessels.tree.branches]
    thick = np.r_[np.array(radius) > WALL_FROM_RADIUS_MM, False]
    near = np.flatnonzero((wall_mm >= 0) & (wall_mm < WALL_MM))
    soft = np.isin(tissue.flat[near], (Tissue.FAT, Tissue.LUNG))
    artery = np.isin(blood.flat[near], tuple(ARTERIAL)) & thick[branch.flat[near]]
    tissue.flat[near[soft & artery]] = Tissue.VESSEL_WALL
