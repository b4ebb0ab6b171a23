"""Scans of made-up vessels hold what they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from viewer.phantom.scan import coverage, grid_around, render
from viewer.phantom.vessels import straight_tube, y_tree


def capsule_ml(length_mm, radius_mm):
    return (np.pi * radius_mm**2 * length_mm + 4 / 3 * np.pi * radius_mm**3) / 1000


@settings(max_examples=12, deadline=None)
@given(
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    spacing=st.tuples(*[st.floats(0.5, 2)] * 3),
    radius_mm=st.floats(1.5, 5),
)
def test_partial_volume_keeps_the_volume_on_any_grid(turn, spacing, radius_mm):
    tree = straight_tube(30, radius_mm)
    grid = grid_around(tree, spacing, turned=Rotation.from_rotvec(turn).as_matrix())
    found = float(coverage(tree, grid).sum(dtype=float)) * grid.voxel_mm3 / 1000
    rough = (max(spacing) / radius_mm) ** 2
    assert found == pytest.approx(capsule_ml(30, radius_mm), rel=0.02 + 0.1 * rough)


def test_a_vessel_thinner_than_a_voxel_keeps_its_volume():
    tree = straight_tube(40, 0.3, (0.3, 0.2, 1))
    grid = grid_around(tree)
    found = float(coverage(tree, grid).sum(dtype=float)) / 1000
    assert found == pytest.approx(capsule_ml(40, 0.3), rel=0.2)


def test_a_voxel_cut_in_half_is_half_full():
    tree = straight_tube(40, 5)
    grid = grid_around(tree, (1, 1, 1), margin_mm=5)
    share = coverage(tree, grid)
    at_wall = np.rint(grid.index(np.array([5.0, 0, 0]))).astype(int)
    assert share[tuple(at_wall)] == pytest.approx(0.5, abs=0.05)


def test_the_scan_shows_blood_background_and_noise():
    tree = y_tree()
    grid = grid_around(tree, (1.5, 1, 1))
    volume, mask = render(tree, grid, lumen_hu=350, background_hu=50)
    inside = coverage(tree, grid) == 1
    assert volume.voxels.dtype == np.int16
    assert set(np.unique(volume.voxels[inside])) == {350}
    assert volume.voxels.min() == 50
    assert mask.present == (1,)
    noisy, same = (render(tree, grid, noise_hu=20, seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(noisy.voxels, same.voxels)
    outside = coverage(tree, grid) == 0
    assert noisy.voxels[outside].std() == pytest.approx(20, rel=0.02)


def test_blur_spreads_the_wall_but_not_the_mask():
    tree = straight_tube(30, 4)
    grid = grid_around(tree)
    sharp, mask = render(tree, grid)
    soft, same = render(tree, grid, blur_mm=1)
    np.testing.assert_array_equal(mask.labels, same.labels)
    slopes = [np.abs(np.diff(v.voxels.astype(float), axis=2)).max() for v in (sharp, soft)]
    assert slopes[1] < 0.7 * slopes[0]


def test_the_grid_holds_the_tree():
    tree = y_tree()
    turned = Rotation.from_rotvec((0.4, 0.2, -0.7)).as_matrix()
    grid = grid_around(tree, (2, 0.7, 0.9), turned=turned)
    assert all(grid.holds(point) for point in tree.points_lps)
    assert grid.spacing_mm == pytest.approx((2, 0.7, 0.9))
