"""Voxels to draw in colors of their own: a preset's, tinted by what is to be known of each."""

from dataclasses import dataclass, field

import numpy as np

from viewer.enhance.halves import DOUBTFUL, RestorationCheck
from viewer.enhance.origin import INFERRED, MEASURED, ORIGINS
from viewer.enhance.restored import Restored
from viewer.scene.blocks import largest
from viewer.scene.colors import TOKENS, VolumePreset, rgb
from viewer.scene.layers import layer
from viewer.scene.tint_restored import (
    APART,
    ORIGIN_LOOKS,
    STRONGEST,
    TOP_HU,
    shown_tint,
    tint_map,
)
from viewer.session.view_state import Tint, ViewState
from viewer.volume.grid import Grid

WALL_TINTS: tuple[Tint, ...] = ("origin", "error")
KEYS = 256
MAP_STEPS = 32  # of a map's colors
BELOW_HU, ABOVE_HU = 400, 1000  # what the keys cover around the HU where a preset begins to show
MAPPED = 0.85  # of a map's color in a voxel's: light gives the shape, and the legend holds
BOLD = 0.75  # of the color of what was inferred: a preset's colors drown it more than grays do


@dataclass(frozen=True)
class VoxelTint:
    """What is to be known of each voxel of a restored scan, to be told in colors.

    `values` (k,j,i) lie on the restored grid; more is bolder. Two tints are equal when they tell
    the same of the very same scan.
    """

    name: Tint
    of: Restored | RestorationCheck
    values: np.ndarray = field(compare=False)
    grid: Grid = field(compare=False)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """The place of each value in the colors of the tint (same shape, uint8)."""
        if self.name == "origin":
            return values
        if self.name == "apart":
            return (values > DOUBTFUL).astype(np.uint8)
        share = np.nan_to_num(values.astype(np.float32) / TOP_HU[self.name], posinf=1.0)
        return np.rint(np.clip(share, 0, 1) * (MAP_STEPS - 1)).astype(np.uint8)

    def coarser(self, grid: Grid) -> np.ndarray:
        """The boldest code of each block that is a voxel of a smaller copy's grid (k,j,i)."""
        return self.codes(largest(self.values, self.grid, grid))


def voxel_tint(case, view: ViewState) -> VoxelTint | None:
    """How voxels are tinted in 3-D; None where no tint is wanted or the raw scan is shown.

    What was taken away is no property of what stands there: it has its picture on the slices.
    """
    name = shown_tint(case, view)
    return None if name in ("none", "residual") else _tint(case, name)


def wall_tints(case) -> tuple[VoxelTint, ...]:
    """What can be told of the vessels' wall: whence its voxels come, and their expected error."""
    if case.restored is None or case.restored.untouched:
        return ()
    return tuple(_tint(case, name) for name in WALL_TINTS)


def wall_color(case, view: ViewState) -> str:
    """What the vessels' wall is colored by; by structure where no more is known of it."""
    color, restored = view.surface_color, case.restored
    known = restored is not None and not restored.untouched and not view.raw_held
    return color if known or color == "radius" else "label"


def tints_in_3d(case, view: ViewState) -> tuple[Tint, ...]:
    """Which tints the 3-D view shows, that of the wall first."""
    name = shown_tint(case, view)
    drawn = view.planes_shown or (view.volume_opacity > 0 and name != "residual")
    shown = [name] if drawn and name != "none" else []
    color = wall_color(case, view) if case.surface is not None and view.surface_opacity > 0 else ""
    return tuple(dict.fromkeys([*(name for name in WALL_TINTS if name == color), *shown]))


def painted(
    voxels: np.ndarray, codes: np.ndarray, tint: VoxelTint, preset: VolumePreset
) -> np.ndarray:
    """Red, green, blue and key (k,j,i,4) uint8 of HU (int16) and of the tint's codes there.

    Keys stand for HU (`keyed_hu`) and become opacity; colors are mixed before light falls on them.
    """
    key_of = _keys(keyed_hu(preset))
    table = _paint(preset, tint).view(np.uint32).ravel()
    made = np.empty(voxels.shape, np.uint32)
    for out, hu, code in zip(made, voxels, codes, strict=True):
        np.take(table, key_of[hu.view(np.uint16)] | code.astype(np.uint16) << 8, out=out)
    return made.view(np.uint8).reshape(*voxels.shape, 4)


def wall_colors(points_lps: np.ndarray, tint: VoxelTint) -> np.ndarray:
    """Red, green and blue (n,3) uint8 of a tint at points of the wall.

    The eight voxels around a point count by how near they are, so that a point between measured
    and inferred ones shows how much of it was inferred.
    """
    colors, _ = tint_colors(tint.name)
    if tint.name == "origin":
        colors[MEASURED] = rgb(TOKENS["quiet"])
    at = np.clip(tint.grid.index(points_lps), 0, np.array(tint.grid.shape) - 1)
    low = at.astype(int)
    made = np.zeros((len(at), 3))
    for corner in np.ndindex(2, 2, 2):
        weight = np.abs(np.array(corner) - 1 + at - low).prod(axis=1)
        index = np.minimum(low + corner, np.array(tint.grid.shape) - 1)
        made += weight[:, None] * colors[tint.codes(tint.values[tuple(index.T)])]
    return np.rint(made).astype(np.uint8)


def keyed_hu(preset: VolumePreset) -> np.ndarray:
    """The HU that the keys of painted voxels stand for (256,)."""
    begins = max(hu for hu, alpha in preset.opacity if alpha == 0)
    return np.linspace(begins - BELOW_HU, begins + ABOVE_HU, KEYS)


def _tint(case, name: Tint) -> VoxelTint:
    of = case.check if name == "apart" else case.restored
    return VoxelTint(name, of, *layer(case, name))


def tint_colors(name: Tint) -> tuple[np.ndarray, np.ndarray]:
    """Colors (n,3) of a tint's codes, and the share (n,) of each in what it lies over."""
    if name == "origin":
        colors, shares = np.zeros((len(ORIGINS), 3)), np.zeros(len(ORIGINS))
        for code, (color, opacity) in ORIGIN_LOOKS.items():
            colors[code], shares[code] = rgb(color), BOLD if code == INFERRED else opacity
        return colors, shares
    if name == "apart":
        return np.array([(0, 0, 0), rgb(APART)], float), np.array([0, STRONGEST])
    places = np.linspace(0, 255, MAP_STEPS).astype(int)
    return tint_map(name)[places].astype(float), np.full(MAP_STEPS, MAPPED)


def tinted(tones: np.ndarray, name: Tint) -> np.ndarray:
    """Colors (m,3) of a preset under each code of a tint (n,m,3)."""
    colors, shares = tint_colors(name)
    over = shares[:, None, None]
    return tones * (1 - over) + colors[:, None] * over


def _keys(keyed: np.ndarray) -> np.ndarray:
    """The key (65536,) uint16 of every HU by its bits."""
    hu = np.arange(2**16, dtype=np.uint16).view(np.int16)
    near = np.rint((hu - keyed[0]) / (keyed[1] - keyed[0]))
    return np.clip(near, 0, KEYS - 1).astype(np.uint16)


def _paint(preset: VolumePreset, tint: VoxelTint) -> np.ndarray:
    """Painted voxels (codes,256,4) uint8 by code and key."""
    at = [hu for hu, _ in preset.color]
    tones = np.array([rgb(color) for _, color in preset.color])
    own = np.stack([np.interp(keyed_hu(preset), at, tone) for tone in tones.T], axis=-1)
    mixed = tinted(own, tint.name)
    table = np.empty((*mixed.shape[:2], 4), np.uint8)
    table[..., :3] = np.rint(mixed)
    table[..., 3] = np.arange(KEYS)
    return table
