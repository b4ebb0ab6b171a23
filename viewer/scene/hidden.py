"""Structures left out of the volume picture, so that they neither hide vessels nor are clicked."""

import numpy as np
from scipy import ndimage

from viewer.scene.prepare import PreparedVolume, prepare_volume
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, CHAMBER, ORGAN, VEIN, VesselMask
from viewer.session.view_state import ViewState
from viewer.volume.volume import Volume

AIR_HU = -1024
METAL_HU = 2000
RIM_MM = 1.6  # partial volume around a structure stays bright
KEPT = (ARTERY, VEIN, CALCIFICATION)


def without(volume: Volume, mask: VesselMask, hidden: tuple[int, ...]) -> Volume:
    """The volume with air in place of labels and their rim; without bone also without metal.

    Vessels always stay. The grids must be the same.
    """
    table = np.isin(np.arange(256), hidden)
    vessel = np.isin(np.arange(256), KEPT)
    gone = table[mask.labels]
    if BONE in hidden:
        gone |= volume.voxels > METAL_HU
    for axis, spacing in enumerate(volume.grid.spacing_mm):
        reach = max(1, round(RIM_MM / spacing))
        gone = ndimage.maximum_filter1d(gone.view(np.uint8), 2 * reach + 1, axis).view(bool)
    gone &= ~vessel[mask.labels]
    voxels = volume.voxels.copy()
    voxels[gone] = AIR_HU
    return Volume(voxels, volume.grid)


def hidden_labels(view: ViewState) -> tuple[int, ...]:
    """The labels that the volume picture leaves out."""
    bones = () if view.bones_shown else (BONE,)
    return bones if view.organs_shown else (*bones, CHAMBER, ORGAN)


def prepare_shown(
    volume: Volume, mask: VesselMask | None, hidden: tuple[int, ...], software: bool
) -> PreparedVolume:
    """What is drawn of a volume without the hidden labels."""
    shown = without(volume, mask, hidden) if mask is not None else volume
    return prepare_volume(shown, software)
