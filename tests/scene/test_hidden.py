import numpy as np

from viewer.scene.hidden import AIR_HU, hidden_labels, without
from viewer.segment.mask import ARTERY, BONE, CHAMBER, ORGAN, VesselMask
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def test_bone_and_its_rim_become_air_and_vessels_stay():
    grid = Grid.regular((10, 20, 20))
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 5:9, 5:9], labels[:, 9:12, 5:9] = BONE, ARTERY
    volume = Volume(np.full(grid.shape, 300, np.int16), grid)
    shown = without(volume, VesselMask(labels, grid), (BONE,)).voxels
    assert (shown[labels == BONE] == AIR_HU).all()
    assert (shown[labels == ARTERY] == 300).all()
    assert (shown[:, 4, 5:9] == AIR_HU).all()
    assert (shown[:, 15:] == 300).all()
    assert (volume.voxels == 300).all()


def test_switches_say_which_labels_are_left_out():
    assert hidden_labels(ViewState()) == ()
    assert hidden_labels(ViewState(bones_shown=False)) == (BONE,)
    assert hidden_labels(ViewState(organs_shown=False)) == (CHAMBER, ORGAN)
