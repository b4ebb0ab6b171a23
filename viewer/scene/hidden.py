"""Structures left out of the volume picture, so that they neither hide vessels nor are clicked."""

import numpy as np
from scipy import ndimage

from viewer.scene.prepare import PreparedVolume, prepare_volume
from viewer.scene.voxel_tint import VoxelTint
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, CHAMBER, ORGAN, VEIN, VesselMask
from viewer.session.view_state import ViewState
from viewer.volume.volume import Volume

AIR_HU = -1024
METAL_HU = 2000
VISIBLE_HU = 140  # from here the angio preset shows anything
RIM_MM = 1.6  # partial volume around a structure stays bright
CRUMB_ML = 20.0  # what hangs on something hidden and holds no vessel is a part of it
SPECK_ML = 0.1
KEPT = (ARTERY, VEIN, CALCIFICATION)


def without(volume: Volume, mask: VesselMask, hidden: tuple[int, ...]) -> Volume:
    """The volume with air in place of labels, their rim and their crumbs; without bone no metal.

    Vessels with their own rim always stay, and all bright that hangs on them. The grids must be
    the same.
    """
    table = np.isin(np.arange(256), hidden)
    vessel = np.isin(np.arange(256), KEPT)[mask.labels]
    gone = table[mask.labels]
    if BONE in hidden:
        gone |= volume.voxels > METAL_HU
    rim = _wider(gone, volume.grid.spacing_mm) & ~ndimage.binary_dilation(vessel)
    gone = rim | (gone & ~vessel)
    gone |= _crumbs(volume, gone, vessel)
    voxels = volume.voxels.copy()
    voxels[gone] = AIR_HU
    return Volume(voxels, volume.grid)


def _wider(gone: np.ndarray, spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """An array (bool) with its rim."""
    for axis, spacing in enumerate(spacing_mm):
        reach = max(1, round(RIM_MM / spacing))
        gone = ndimage.maximum_filter1d(gone.view(np.uint8), 2 * reach + 1, axis).view(bool)
    return gone


def _crumbs(volume: Volume, gone: np.ndarray, vessel: np.ndarray) -> np.ndarray:
    """Bright pieces without a vessel (bool): those that touch what is gone, and specks."""
    pieces, count = ndimage.label((volume.voxels > VISIBLE_HU) & ~gone)
    size_ml = np.bincount(pieces.ravel(), minlength=count + 1) * volume.grid.voxel_mm3 / 1000
    crumb = np.zeros(count + 1, bool)
    crumb[pieces[ndimage.binary_dilation(gone)]] = True
    crumb &= size_ml < CRUMB_ML
    crumb |= size_ml < SPECK_ML
    crumb[pieces[vessel]] = False
    crumb[0] = False
    return crumb[pieces]


def hidden_labels(view: ViewState) -> tuple[int, ...]:
    """The labels that the volume picture leaves out."""
    bones = () if view.bones_shown else (BONE,)
    return bones if view.organs_shown else (*bones, CHAMBER, ORGAN)


def prepare_shown(
    volume: Volume,
    software: bool,
    mask: VesselMask | None,
    hidden: tuple[int, ...],
    tint: VoxelTint | None = None,
    preset: str = "",
) -> PreparedVolume:
    """What is drawn of a volume without the hidden labels, tinted over the colors of a preset.

    The mask lies on another grid while the raw scan of a restored one is shown.
    """
    shown = without(volume, mask.on(volume.grid), hidden) if mask is not None else volume
    return prepare_volume(shown, software, tint, preset)
