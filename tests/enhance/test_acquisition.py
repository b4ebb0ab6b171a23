"""From restored voxels to acquired ones and the smoothest way back."""

import numpy as np
import pytest

from viewer.enhance.acquisition import Acquisition
from viewer.errors import ViewerError
from viewer.volume.grid import Grid


def test_every_acquired_voxel_is_divided_where_it_lies():
    turned = np.array([[0, 0.6, 0.8, 5], [0.3, 0.8, -0.6, -7], [2.5, 0, 0.1, 11], [0, 0, 0, 1.0]])
    acquired = Grid((4, 5, 6), turned)
    acquisition = Acquisition((4, 5, 6), (3, 1, 2))
    fine = acquisition.grid(acquired)
    assert fine.shape == acquisition.fine_shape == (12, 5, 12)
    blocks = fine.points_lps(np.array([[k, 2, i] for k in range(3, 6) for i in range(8, 10)]))
    np.testing.assert_allclose(blocks.mean(axis=0), acquired.points_lps(np.array([[1, 2, 4]]))[0])
    corner = acquired.points_lps(np.array([[-0.5, -0.5, -0.5]]))
    np.testing.assert_allclose(fine.points_lps(np.array([[-0.5, -0.5, -0.5]])), corner)


@pytest.mark.parametrize("factor", [(2, 1, 1), (1, 2, 3), (4, 2, 1)])
def test_the_plain_operator_is_the_mean_of_the_new_voxels(factor):
    acquisition = Acquisition((5, 6, 7), factor)
    fine = np.random.default_rng(1).normal(0, 100, acquisition.fine_shape).astype(np.float32)
    np.testing.assert_allclose(acquisition.acquired(fine), acquisition.means(fine), atol=1e-3)


@pytest.mark.parametrize("profile", [1.0, 1.5, 2.0])
def test_the_smoothest_way_back_is_measured_the_same(profile):
    acquisition = Acquisition((20, 3, 3), (3, 1, 1), profile)
    (axis, *_) = acquisition.axes
    np.testing.assert_allclose(axis.forward.sum(axis=1), 1)
    np.testing.assert_allclose(axis.forward @ axis.spread, np.eye(20), atol=1e-6)
    np.testing.assert_allclose(axis.spread @ np.ones(20), 1, atol=5e-3)
    wide = [(row > 0.5 * row.max()).sum() for row in axis.forward[5:-5]]
    assert np.mean(wide) == pytest.approx(3 * profile, abs=1)


def test_a_slope_stays_a_slope():
    (axis, *_) = Acquisition((30, 1, 1), (2, 1, 1)).axes
    fine = np.arange(60) * 2.0
    np.testing.assert_allclose(
        (axis.spread @ (axis.forward @ fine))[10:-10], fine[10:-10], atol=0.2
    )


@pytest.mark.parametrize("factor", [(0, 1, 1), (1, 1, 9)])
def test_a_scale_that_makes_no_sense_is_refused(factor):
    with pytest.raises(ViewerError, match="divided into 1 to 8"):
        Acquisition((4, 4, 4), factor)
