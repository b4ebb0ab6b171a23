"""HU of tissues that are known by whole voxels but thinner than these: cortex and metal."""

import numpy as np

from viewer.phantom.scene import Scene
from viewer.phantom.tissue import Tissue

FINE_MM = 0.9
_AROUND_METAL_HU = 50.0
_MARROW, _CORTEX, _RIM = 2, 3, 2


def levels(scene: Scene, hu: np.ndarray) -> np.ndarray:
    """HU (float32) of every voxel from those by `Tissue`, before any blur."""
    out = hu.take(scene.tissue)
    if max(scene.grid.spacing_mm) >= FINE_MM:
        _mix_bone(scene.tissue, hu, out)
    if scene.stain is not None:
        thin = (scene.tissue == Tissue.METAL) & (scene.stain < 1)
        out[thin] = _AROUND_METAL_HU + scene.stain[thin] * (out[thin] - _AROUND_METAL_HU)
    return out


def _mix_bone(tissue: np.ndarray, hu: np.ndarray, out: np.ndarray) -> None:
    """Give each voxel of bone the mean level of those round it that lie as deep.

    Where cortex is thinner than a voxel, whether its middle hits cortex or marrow is chance; the
    share of hits along the surface is the share of cortex in each. The outermost voxels and those
    below are taken apart, so that the surface stays sharp.
    """
    k, j, i = tissue.shape
    kind = np.zeros((k + 2, j + 2, i + 2), np.uint8)
    inner = kind[1:-1, 1:-1, 1:-1]
    inner[tissue == Tissue.MARROW] = _MARROW
    inner[tissue == Tissue.CORTEX] = _CORTEX
    flat = kind.reshape(-1)
    bone = np.flatnonzero(flat)
    strides = ((j + 2) * (i + 2), i + 2, 1)
    bare = np.zeros(len(bone), bool)
    for step in strides:
        bare |= (flat[bone - step] == 0) | (flat[bone + step] == 0)
    flat[bone[bare]] += _RIM
    mine = flat[bone] & 0xFE
    alike, cortex = np.zeros(len(bone), np.uint8), np.zeros(len(bone), np.uint8)
    for offset in np.ndindex(3, 3, 3):
        there = flat[bone + int(np.dot(np.subtract(offset, 1), strides))]
        same = (there & 0xFE) == mine
        alike += same
        cortex += same & (there & 1).astype(bool)
    share = cortex / alike.astype(np.float32)
    index = np.unravel_index(bone, kind.shape)
    marrow_hu, cortex_hu = hu[Tissue.MARROW], hu[Tissue.CORTEX]
    out[tuple(axis - 1 for axis in index)] = marrow_hu + share * (cortex_hu - marrow_hu)
