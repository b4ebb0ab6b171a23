import numpy as np
import pytest

from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def test_voxels_cannot_be_changed(an_oblique_volume):
    with pytest.raises(ValueError, match="read-only"):
        an_oblique_volume.voxels[0, 0, 0] = 1


def test_voxels_must_fit_the_grid_and_the_type():
    grid = Grid.regular((2, 3, 4))
    with pytest.raises(ValueError, match="do not fit"):
        Volume(np.zeros((4, 3, 2), np.int16), grid)
    with pytest.raises(ValueError, match="not int16"):
        Volume(np.zeros((2, 3, 4), np.uint8), grid)


def test_a_box_is_a_view_at_its_place(an_oblique_volume):
    box = an_oblique_volume.box((1, 2, 3), (4, 5, 6))
    assert np.shares_memory(box.voxels, an_oblique_volume.voxels)
    assert box.voxels[0, 0, 0] == an_oblique_volume.voxels[1, 2, 3]
    np.testing.assert_allclose(
        box.grid.points_lps(np.zeros(3)),
        an_oblique_volume.grid.points_lps(np.array([1, 2, 3])),
    )
