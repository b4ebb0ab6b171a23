"""Metal in or beside the vessels: what no tissue is as bright as, and struts round a lumen."""

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.enhance.coarse import Coarse, coarse
from viewer.enhance.slabs import Box, around, held, whole
from viewer.progress import silent
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, THROMBUS, VesselMask
from viewer.volume.volume import Volume

METAL_HU = 2500.0
STRUT_HU = 700.0
FALL_HU, FALL_MM = 250.0, 2.5
NEAR_MM = 5.0
# How far struts may lie inside and beyond the wall of a lumen as deep as that of the map.
INSIDE_MM, BEYOND_MM, BEYOND = 2.5, 2.0, 1.2
CONE = np.cos(np.radians(20))
COVERED = 0.6  # of 26 ways; calcium covers up to 0.42 in four middles, most stents over 0.8
LEAST_MIDDLES = 4
DEEPEST_MM = 30.0  # how far from its struts the middle of a lumen may lie
BLOCK_MM = 1.3


def metal_in(volume: Volume, mask: VesselMask) -> np.ndarray:
    """Which voxels (bool) of a volume are metal in or beside the arteries of its mask."""
    out = np.zeros(mask.labels.shape, bool)
    blocks, arteries, bone = (
        coarse(Volume(each.astype(np.float32), volume.grid), BLOCK_MM, silent())
        for each in (
            volume.voxels,
            np.isin(mask.labels, (ARTERY, CALCIFICATION, THROMBUS)),
            mask.labels == BONE,
        )
    )
    out[tuple(metal_near(volume, blocks, arteries.hu > 0.5, bone.hu > 0.5).T)] = True
    return out


def metal_near(volume: Volume, coarse: Coarse, tree: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """Indices (n,3) of the voxels of metal within 5 mm of a tree; `tree` and `bone` by block.

    Metal is what exceeds 2500 HU, and thin bright struts that surround the lumen. Calcium may be
    as bright as fine struts, but it lies in plates on a part of the wall.
    """
    near = np.zeros_like(tree)
    box = held(tree, whole(tree.shape))
    if box is not None:
        steps = max(1, round(NEAR_MM / min(coarse.spacing_mm)))
        box = around(box, [steps] * 3, tree.shape)
        near[box] = ndimage.binary_dilation(tree[box], iterations=steps)
    bright = _bright(volume, coarse, near)
    hu = volume.voxels[tuple(bright.T)]
    dense = bright[hu > METAL_HU]
    blocks = tuple(coarse.blocks_at(bright).T)
    thin = bright[~bone[blocks] & (thin_axes(volume, bright) >= 2)]
    struts = thin[_round_a_lumen(volume, coarse, tree, thin)]
    return np.unique(np.concatenate([dense, struts]), axis=0)


def _bright(volume: Volume, coarse: Coarse, near: np.ndarray) -> np.ndarray:
    """Indices (n,3) of the voxels above the level of struts in blocks that are `near` (bool)."""
    layers = [
        np.insert(np.argwhere(layer), 0, k, axis=1)
        for k, layer in enumerate(volume.voxels > STRUT_HU)
        if layer.any()
    ]
    index = np.concatenate(layers) if layers else np.empty((0, 3), int)
    return index[near[tuple(coarse.blocks_at(index).T)]]


def thin_axes(volume: Volume, index: np.ndarray) -> np.ndarray:
    """Along how many axes of the grid (n,) HU falls by 250 within 2.5 mm to both sides."""
    here = volume.voxels[tuple(index.T)].astype(np.float32)
    count = np.zeros(len(index), int)
    for axis, mm in enumerate(volume.grid.spacing_mm):
        falls = np.ones(len(index), bool)
        for way in (-1, 1):
            least = here.copy()
            for step in range(1, max(1, round(FALL_MM / mm)) + 1):
                there = index.copy()
                there[:, axis] += way * step
                np.clip(there[:, axis], 0, volume.grid.shape[axis] - 1, out=there[:, axis])
                np.minimum(least, volume.voxels[tuple(there.T)], out=least)
            falls &= here - least > FALL_HU
        count += falls
    return count


def _round_a_lumen(
    volume: Volume, coarse: Coarse, tree: np.ndarray, index: np.ndarray
) -> np.ndarray:
    """Which voxels (n,3) lie round middles of a tree that such voxels surround on most sides."""
    out = np.zeros(len(index), bool)
    if not len(index):
        return out
    points = volume.grid.points_lps(index)
    blocks = coarse.blocks_at(index)
    first, second, third = map(slice, blocks.min(axis=0), blocks.max(axis=0) + 1)
    steps = [round(DEEPEST_MM / mm) for mm in coarse.spacing_mm]
    box = around((first, second, third), steps, tree.shape)
    middles, radius_mm = _middles(volume, coarse, tree, box)
    if not len(middles):
        return out
    held_by = cKDTree(points).query_ball_point(middles, BEYOND * radius_mm + BEYOND_MM)
    ways = np.array([way for way in np.ndindex(3, 3, 3) if way != (1, 1, 1)]) - 1.0
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    full = []
    for middle, near, own_mm in zip(middles, held_by, radius_mm, strict=True):
        away = points[near] - middle
        far = np.linalg.norm(away, axis=1)
        on = far > max(own_mm - INSIDE_MM, 0.5)
        if np.count_nonzero(on) < len(ways) // 4:
            continue
        seen = (away[on] / far[on, None]) @ ways.T > CONE
        if seen.any(axis=0).mean() >= COVERED:
            full.append(np.array(near)[on])
    if len(full) >= LEAST_MIDDLES:
        out[np.unique(np.concatenate(full))] = True
    return out


def _middles(
    volume: Volume, coarse: Coarse, tree: np.ndarray, box: Box
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n,3) of a box of a tree that are deepest round about, and their depth (n,) in mm."""
    depth = ndimage.distance_transform_edt(tree[box], sampling=coarse.spacing_mm)
    top = tree[box] & (depth >= ndimage.maximum_filter(depth, 3) - 0.01)
    blocks = np.argwhere(top) + [each.start for each in box]
    points = [volume.grid.points_lps(coarse.voxel_at(block)) for block in blocks]
    return np.array(points).reshape(-1, 3), depth[top]
