import numpy as np

from viewer.scene.hidden import AIR_HU, hidden_labels, prepare_shown, without
from viewer.segment.mask import ARTERY, BONE, CHAMBER, ORGAN, VesselMask
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid
from viewer.volume.resample import grid_with_spacing
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
    assert (shown[:, 10, 4] == 300).all(), "the rim of a vessel beside a bone is the vessel's"
    assert (shown[:, 15:] == 300).all()
    assert (volume.voxels == 300).all()


def test_the_raw_scan_is_shown_without_what_a_finer_mask_holds():
    raw = Volume(np.full((5, 20, 20), 300, np.int16), Grid.regular((5, 20, 20), (2.0, 1.0, 1.0)))
    finer = grid_with_spacing(raw.grid, (1.0, 1.0, 1.0))
    labels = np.zeros(finer.shape, np.uint8)
    labels[:, 5:12, 5:12], labels[:, 14:18, 5:12] = BONE, ARTERY
    made = prepare_shown(raw, True, VesselMask(labels, finer), (BONE,))
    voxels = made.fine[0].source.voxels
    assert (voxels[:, 7:9, 7:9] == AIR_HU).all()
    assert (voxels[:, 15:17, 7:9] == 300).all()


def test_switches_say_which_labels_are_left_out():
    assert hidden_labels(ViewState()) == ()
    assert hidden_labels(ViewState(bones_shown=False)) == (BONE,)
    assert hidden_labels(ViewState(organs_shown=False)) == (CHAMBER, ORGAN)


def a_body_with_a_rib():
    """A rib whose end the mask misses, an aorta with a branch that the mask misses, and a speck."""
    grid = Grid.regular((30, 60, 60))
    labels = np.zeros(grid.shape, np.uint8)
    voxels = np.full(grid.shape, 40, np.int16)
    voxels[10:14, 10:14, 5:40] = 500
    labels[10:14, 10:14, 5:30] = BONE
    voxels[:, 30:40, 30:40] = 400
    labels[:, 30:40, 30:40] = ARTERY
    voxels[15:17, 20:30, 34:36] = 300
    voxels[25, 50, 50:54] = 300
    return Volume(voxels, grid), VesselMask(labels, grid)


def test_what_the_mask_missed_of_a_bone_goes_with_it_and_what_hangs_on_a_vessel_stays():
    volume, mask = a_body_with_a_rib()
    shown = without(volume, mask, (BONE,)).voxels
    assert (shown[10:14, 10:14, 5:40] == AIR_HU).all(), "the rib and its end"
    assert (shown[15:17, 20:30, 34:36] == 300).all(), "the branch"
    assert (shown[mask.labels == ARTERY] == 400).all()
    assert (shown[25, 50, 50:54] == AIR_HU).all(), "the speck"


def test_a_large_mass_beside_a_bone_is_no_crumb():
    volume, mask = a_body_with_a_rib()
    voxels = volume.voxels.copy()
    voxels[:, 41:, :] = 200
    mass = Volume(np.tile(voxels, (1, 1, 1)), Grid.regular(voxels.shape, (2.0, 1.0, 1.0)))
    labels = mask.labels.copy()
    labels[10:14, 42:45, 5:30] = BONE
    shown = without(mass, VesselMask(labels, mass.grid), (BONE,)).voxels
    assert (shown[:, 50:, :] == 200).all()
