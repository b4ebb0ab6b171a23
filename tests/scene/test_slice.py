import numpy as np
import pytest

from viewer.scene.image import grid_image
from viewer.scene.slice import (
    OUTSIDE,
    SlicePlane,
    fitting_mm_per_pixel,
    plane_through,
    reslice,
    reslice_labels,
    window_level,
)
from viewer.scene.turn import rotated, rotation_about
from viewer.session.view_state import PLANES, STRAIGHT
from viewer.volume.volume import Volume


def turned_axes():
    axis = np.array([1.0, 2.0, -0.5]) / np.linalg.norm([1.0, 2.0, -0.5])
    return rotated(STRAIGHT["coronal"], rotation_about(axis, 0.7))


def points_of(plane):
    y, x = np.mgrid[: plane.height, : plane.width] + 0.5
    pane = np.stack([x, y, np.zeros_like(x), np.ones_like(x)], axis=-1)
    return (pane @ plane.lps_from_pane.T)[..., :3]


@pytest.mark.parametrize("axes", [*(STRAIGHT[p] for p in PLANES), turned_axes()])
def test_any_plane_of_an_oblique_sheared_grid_shows_the_true_hu(a_slope, slope_hu, axes):
    grid = a_slope.grid
    plane = plane_through(grid, axes, tuple(np.add(grid.center_lps, (2, -3, 4))), (120, 90))
    hu = reslice(grid_image(a_slope.voxels, grid), plane)
    inside = hu != OUTSIDE
    index = grid.index(points_of(plane))
    deep = np.all((index > 0.01) & (index < np.array(grid.shape) - 1.01), axis=-1)
    assert deep.sum() > 500
    assert inside[deep].all()
    assert np.abs(hu[deep] - slope_hu(points_of(plane))[deep]).max() <= 1.0
    far = np.any((index < -0.6) | (index > np.array(grid.shape) - 0.4), axis=-1)
    assert not inside[far].any()


def test_float_voxels_give_the_same_hu(a_slope):
    grid = a_slope.grid
    plane = plane_through(grid, turned_axes(), tuple(grid.center_lps), (80, 80))
    whole = reslice(grid_image(a_slope.voxels, grid), plane)
    fine = Volume(a_slope.voxels.astype(np.float32), grid)
    floats = reslice(grid_image(fine.voxels, grid), plane)
    assert floats.dtype == np.int16
    assert np.abs(whole.astype(int) - floats).max() <= 1


def test_slabs_take_the_highest_lowest_and_mean(a_slope, slope_hu):
    grid = a_slope.grid
    axes = turned_axes()
    plane = plane_through(grid, axes, tuple(grid.center_lps), (9, 9), mm_per_pixel=0.5)
    source, step = grid_image(a_slope.voxels, grid), min(grid.spacing_mm)
    middle = slope_hu(plane.point_lps(4.5, 4.5))
    rise = abs(slope_hu(grid.center_lps + axes[2]) - slope_hu(grid.center_lps))
    reach = (round(10 / step) - 1) / 2 * step * rise
    found = {
        mode: int(reslice(source, plane, mode, 10.0)[4, 4]) for mode in ("mip", "minip", "mean")
    }
    assert found["mip"] == pytest.approx(middle + reach, abs=1.5)
    assert found["minip"] == pytest.approx(middle - reach, abs=1.5)
    assert found["mean"] == pytest.approx(middle, abs=1.5)


def test_labels_come_from_the_nearest_voxel(an_oblique_grid):
    labels = np.random.default_rng(0).integers(0, 4, an_oblique_grid.shape, dtype=np.uint8)
    plane = plane_through(
        an_oblique_grid, turned_axes(), tuple(an_oblique_grid.center_lps), (60, 60)
    )
    found = reslice_labels(grid_image(labels, an_oblique_grid), plane)
    index = an_oblique_grid.index(points_of(plane))
    nearest = np.round(index).astype(int)
    clear = np.abs(index - np.floor(index) - 0.5).min(axis=-1) > 0.01
    deep = np.all((nearest > 0) & (nearest < np.array(labels.shape) - 1), axis=-1) & clear
    assert deep.sum() > 300
    assert np.array_equal(found[deep], labels[tuple(nearest[deep].T)])


def test_voxels_are_shared_and_not_copied(a_slope):
    assert np.shares_memory(grid_image(a_slope.voxels, a_slope.grid).voxels, a_slope.voxels)


def test_points_and_pixels_are_each_others_inverse(an_oblique_grid):
    plane = plane_through(an_oblique_grid, turned_axes(), (1.0, 2.0, 3.0), (100, 50))
    assert plane.pixel(plane.point_lps(12.25, 33.5)) == pytest.approx((12.25, 33.5))
    assert plane.depth_mm((1.0, 2.0, 3.0)) == pytest.approx(0, abs=1e-9)
    assert plane.scaled(2).point_lps(24.5, 67) == pytest.approx(plane.point_lps(12.25, 33.5))


def test_a_fitting_picture_holds_the_whole_grid(an_oblique_grid):
    axes = STRAIGHT["axial"]
    scale = fitting_mm_per_pixel(an_oblique_grid, axes, 100, 60)
    plane = plane_through(an_oblique_grid, axes, tuple(an_oblique_grid.center_lps), (100, 60))
    assert plane.mm_per_pixel == scale
    corners = np.array([plane.pixel(c) for c in an_oblique_grid.corners_lps])
    assert corners.min() >= 0
    assert (corners <= (100, 60)).all()


def test_window_and_level_follow_the_standard():
    hu = np.array([[-32768, -300, -151, -150, 200, 549, 550, 3000]], dtype=np.int16)
    gray = window_level(hu, 700, 200)[0]
    assert gray[0] == gray[1] == gray[2] == 0
    assert list(gray[-2:]) == [255, 255]
    expected = ((200 - 199.5) / 699 + 0.5) * 255
    assert gray[4] == round(expected)
    assert (np.diff(gray.astype(int)) >= 0).all()


def test_a_window_of_one_is_a_threshold():
    gray = window_level(np.array([[99, 100, 101]], dtype=np.int16), 1, 100)
    assert list(gray[0]) == [0, 255, 255]


def test_a_plane_knows_its_depth():
    plane = SlicePlane((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), 1.0, 10, 10)
    assert plane.depth_mm((5, 5, 3)) == 3
