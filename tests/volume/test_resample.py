import threading

import numpy as np
import pytest

from viewer.progress import Cancelled, Progress
from viewer.volume.grid import Grid
from viewer.volume.resample import grid_with_spacing, resample, resample_array
from viewer.volume.volume import Volume


def ramp(points_lps):
    return points_lps @ np.array([3.0, -2.0, 5.0]) + 40


@pytest.fixture
def a_ramp(an_oblique_grid):
    """HU that rise evenly through the patient, on an oblique grid."""
    index = np.stack(np.indices((14, 40, 50)), axis=-1)
    grid = Grid((14, 40, 50), an_oblique_grid.lps_from_index)
    return Volume(ramp(grid.points_lps(index)).astype(np.float32), grid)


@pytest.mark.parametrize("order", [1, 3])
def test_a_ramp_keeps_its_place_on_a_finer_and_on_a_turned_grid(a_ramp, order):
    axial = Grid.regular((8, 8, 8), (0.5, 0.6, 0.7), a_ramp.grid.center_lps - 2.0)
    fine = grid_with_spacing(a_ramp.grid, (1.0, 0.5, 0.3))
    for target in (axial, fine):
        made = resample(a_ramp, target, order)
        points = target.points_lps(np.stack(np.indices(target.shape), axis=-1))
        index = a_ramp.grid.index(points)
        inside = ((index >= 3) & (index <= np.array(a_ramp.grid.shape) - 4)).all(axis=-1)
        assert inside.sum() > 100
        assert np.abs(made.voxels - ramp(points))[inside].max() < 0.5


def test_the_same_grid_gives_the_same_voxels(an_oblique_volume):
    made = resample(an_oblique_volume, an_oblique_volume.grid)
    np.testing.assert_array_equal(made.voxels, an_oblique_volume.voxels)


def test_another_spacing_covers_the_same_box(an_oblique_grid):
    grid = grid_with_spacing(an_oblique_grid, (1.25, 1.4, 0.4))
    assert grid.shape == (14, 5, 13)
    edges = np.full(3, -0.5)
    np.testing.assert_allclose(grid.points_lps(edges), an_oblique_grid.points_lps(edges))
    np.testing.assert_allclose(grid.center_lps, an_oblique_grid.center_lps)


def test_a_coarser_grid_shows_no_aliasing():
    stripes = np.zeros((4, 64, 64), np.int16)
    stripes[:, :, ::2] = 1000
    made = resample(Volume(stripes, Grid.regular(stripes.shape)), (1.0, 1.0, 3.0))
    middle = made.voxels[:, :, 3:-3]
    assert np.abs(middle - 500.0).max() < 60


def test_beyond_the_volume_is_air(an_oblique_volume):
    far = Grid.regular((3, 3, 3), (1, 1, 1), (1000.0, 0.0, 0.0))
    assert (resample(an_oblique_volume, far).voxels == -1024).all()


def test_labels_stay_labels(an_oblique_grid):
    labels = np.zeros(an_oblique_grid.shape, np.uint8)
    labels[2:5, 3:7, 4:9] = 7
    target = grid_with_spacing(an_oblique_grid, (1.0, 0.35, 0.2))
    made = resample_array(labels, an_oblique_grid, target, order=0)
    assert made.dtype == np.uint8
    assert set(np.unique(made)) == {0, 7}
    ratio = (made > 0).sum() * target.voxel_mm3 / ((labels > 0).sum() * an_oblique_grid.voxel_mm3)
    assert ratio == pytest.approx(1.0, abs=0.2)


def test_resampling_can_be_cancelled(an_oblique_volume):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        resample(an_oblique_volume, 1.0, progress=Progress(cancel=cancel))
