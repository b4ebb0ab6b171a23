import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.volume.grid import Grid


def test_a_regular_grid_goes_up_back_and_left():
    grid = Grid.regular((4, 5, 6), (3.0, 2.0, 1.0), (10.0, 20.0, 30.0))
    np.testing.assert_allclose(grid.points_lps(np.array([1, 0, 0])), [10, 20, 33])
    np.testing.assert_allclose(grid.points_lps(np.array([0, 1, 0])), [10, 22, 30])
    np.testing.assert_allclose(grid.points_lps(np.array([0, 0, 1])), [11, 20, 30])
    assert grid.spacing_mm == (3.0, 2.0, 1.0)
    assert grid.voxel_mm3 == pytest.approx(6.0)


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=3))
def test_index_and_point_are_inverse(index):
    grid = Grid((3, 4, 5), [[0, 0.1, 2, 5], [0.3, 1.5, 0, -7], [4, 0, 0.2, 9], [0, 0, 0, 1]])
    back = grid.index(grid.points_lps(np.array(index)))
    np.testing.assert_allclose(back, index, atol=1e-9)


def test_holds_up_to_half_a_voxel(an_oblique_grid):
    inside, outside = np.array([-0.49, 9.49, 12.4]), np.array([0, 9.51, 0])
    assert an_oblique_grid.holds(an_oblique_grid.points_lps(inside))
    assert not an_oblique_grid.holds(an_oblique_grid.points_lps(outside))


def test_a_box_lies_at_its_place(an_oblique_grid):
    box = an_oblique_grid.box((1, 2, 3), (5, 9, 11))
    assert box.shape == (4, 7, 8)
    np.testing.assert_allclose(
        box.points_lps(np.array([1, 1, 1])), an_oblique_grid.points_lps(np.array([2, 3, 4]))
    )


def test_same_as_sees_a_shift(an_oblique_grid):
    matrix = an_oblique_grid.lps_from_index.copy()
    assert an_oblique_grid.same_as(Grid(an_oblique_grid.shape, matrix))
    matrix[0, 3] += 0.01
    assert not an_oblique_grid.same_as(Grid(an_oblique_grid.shape, matrix))


def test_the_matrix_cannot_be_changed(an_oblique_grid):
    with pytest.raises(ValueError, match="read-only"):
        an_oblique_grid.lps_from_index[0, 0] = 1


def test_the_nearest_voxel_of_a_point_outside_lies_at_the_rim():
    grid = Grid.regular((4, 5, 6), (3.0, 2.0, 1.0))
    points = grid.points_lps(np.array([[1.4, 2.6, 3.0], [-7, 9, 2.2]]))
    assert grid.nearest(points).tolist() == [[1, 3, 3], [0, 4, 2]]
    assert grid.nearest(points[0]).tolist() == [1, 3, 3]
