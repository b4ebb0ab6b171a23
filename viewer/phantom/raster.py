"""Vessels and solids on a grid, with the exact distance to the nearest lumen wall."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.phantom.body import Body
from viewer.phantom.distance import distance
from viewer.phantom.scene import ADDS, FILLS, REACH_MM, STAINS, SURROUNDS, Solid, Vessels
from viewer.phantom.tissue import ARTERIAL, Tissue
from viewer.progress import Progress, silent
from viewer.volume.grid import Grid

WALL_MM = 1.0
WALL_FROM_RADIUS_MM = 3.0
CLEAR_MM = 1.0
CORTEX_MM = 1.3
# Wires thinner than a voxel would break into dots: they are painted that much thicker (share of
# a voxel) and dimmed by their share of it, metal being far denser than the scale of HU goes.
METAL_VOXELS, METAL_GAIN, LEAST_METAL = 0.5, 2.5, 0.2
# Canals of the skull base touch their vessels; what stands higher in the standard adult is skull.
_SKULL_FROM_MM = 497.0
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
    solids: Sequence[Solid] = (),
    body: Body | None = None,
    progress: Progress | None = None,
) -> Raster:
    """Vessels, then `solids` one after the other, laid into `companions` (uint8 `Tissue`).

    Where an artery and another vessel overlap the lumen is the artery's; a chamber stays one
    where a vessel ends in it. Large arteries get a wall of `WALL_MM` where fat or lung was. Bone
    keeps `CLEAR_MM` from every lumen and has a cortex there, except in the skull of `body`.
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
        stain = _put(solid, grid, tissue, wall_mm, blood, stain)
    _clear_bone(body, grid, tissue, wall_mm)
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
    thick_mm = METAL_VOXELS * max(grid.spacing_mm) if solid.tissue is Tissue.METAL else 0.0
    reach_mm = REACH_MM if solid.effect in (ADDS, FILLS) else thick_mm
    box = _box(solid, grid, reach_mm)
    shape = tissue[box].shape
    if not all(shape):
        return stain
    start = [each.start for each in box]
    wall = wall_mm[box]
    asked = np.arange(wall.size)
    if solid.effect == FILLS:
        asked = np.flatnonzero(wall < REACH_MM)
    found = np.full(wall.size, REACH_MM, np.float32)
    found[asked] = _far(solid, grid.points_lps(np.stack(np.unravel_index(asked, shape), 1) + start))
    far = found.reshape(shape)
    inside = far < 0
    if solid.effect == ADDS:
        blood[box][far < wall] = solid.tissue
        tissue[box][inside & ~((wall < 0) & (wall < far))] = solid.tissue
        np.minimum(wall, far, out=wall)
    elif solid.effect == FILLS:
        tissue[box][inside & (wall < 0)] = solid.tissue
        np.maximum(wall, -far, out=wall)
    elif solid.effect == SURROUNDS:
        shown = (far < min(thick_mm, 1.0)) & (wall >= 0)
        tissue[box][shown] = solid.tissue
        if solid.tissue is Tissue.METAL and shown.any():
            stain = np.ones(tissue.shape, np.float32) if stain is None else stain
            stain[box][shown] = np.clip(METAL_GAIN * inside.sum() / shown.sum(), LEAST_METAL, 1)
    elif solid.effect == STAINS:
        stain = np.ones(tissue.shape, np.float32) if stain is None else stain
        stain[box][inside] *= np.float32(solid.share)
    else:
        raise ValueError(f"a solid cannot have the effect {solid.effect!r}")
    np.clip(wall, -REACH_MM, REACH_MM, out=wall)
    return stain


def _far(solid: Solid, points_lps: np.ndarray) -> np.ndarray:
    """Distance to a solid (n,), at least that to its box."""
    low, high = np.asarray(solid.box_lps, float)
    beyond = np.maximum(np.maximum(low - points_lps, points_lps - high), 0)
    outside = np.linalg.norm(beyond, axis=1)
    far = np.asarray(solid.distance_mm(points_lps), float)
    return np.where(outside > 0, np.maximum(far, outside), far)


def _box(solid: Solid, grid: Grid, reach_mm: float) -> tuple[slice, slice, slice]:
    """The voxels of the grid within reach of a solid's box."""
    low, high = np.asarray(solid.box_lps, float) + np.array([[-reach_mm], [reach_mm]])
    ends = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    index = grid.index(ends)
    start = np.clip(np.floor(index.min(axis=0)), 0, grid.shape).astype(int)
    stop = np.clip(np.ceil(index.max(axis=0)) + 1, start, grid.shape).astype(int)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return k, j, i


def _clear_bone(body: Body | None, grid: Grid, tissue: np.ndarray, wall_mm: np.ndarray) -> None:
    """Soft tissue between a lumen and bone, and cortex where marrow would lie bare."""
    clear_mm = max(CLEAR_MM, 0.6 * max(grid.spacing_mm))
    near = np.flatnonzero((wall_mm >= 0) & (wall_mm < clear_mm + CORTEX_MM))
    near = near[np.isin(tissue.flat[near], (Tissue.CORTEX, Tissue.MARROW))]
    if body is not None and len(near):
        index = np.stack(np.unravel_index(near, tissue.shape), axis=1)
        near = near[body.standard(grid.points_lps(index))[:, 2] < _SKULL_FROM_MM]
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
