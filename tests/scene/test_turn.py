import numpy as np
import pytest

from viewer.scene.turn import clamped, step_cursor, straighten, turn
from viewer.session.view_state import PLANES, STRAIGHT
from viewer.volume.grid import Grid


def test_paging_lands_on_the_next_slice_towards_the_feet(a_view):
    grid = Grid.regular((10, 20, 30), (2.0, 1.0, 1.0))
    a_view.cursor_lps = (5.3, 6.2, 9.1)
    assert step_cursor(grid, a_view, "axial", 1) == pytest.approx((5.3, 6.2, 8.0))
    assert step_cursor(grid, a_view, "coronal", 1) == pytest.approx((5.3, 7.0, 9.1))
    assert step_cursor(grid, a_view, "sagittal", 1) == pytest.approx((6.0, 6.2, 9.1))


def test_paging_stops_at_the_last_slice(a_view):
    grid = Grid.regular((10, 20, 30), (2.0, 1.0, 1.0))
    a_view.cursor_lps = (5.0, 6.0, 2.0)
    assert step_cursor(grid, a_view, "axial", 50)[2] == pytest.approx(0)
    assert step_cursor(grid, a_view, "axial", -50)[2] == pytest.approx(18)


def test_paging_a_turned_plane_moves_along_its_normal(a_view):
    grid = Grid.regular((30, 30, 30))
    a_view.cursor_lps = (15.0, 15.0, 15.0)
    turn(a_view, "sagittal", 0.4)
    moved = np.subtract(step_cursor(grid, a_view, "axial", 2), a_view.cursor_lps)
    assert moved == pytest.approx(-2 * np.array(a_view.panes["axial"].axes[2]))


def test_a_turn_leaves_its_own_plane_and_keeps_the_three_square(a_view):
    for plane, angle in (("axial", 0.5), ("coronal", -0.8), ("sagittal", 0.3)):
        before = a_view.panes[plane].axes
        turn(a_view, plane, angle)
        assert a_view.panes[plane].axes == before
    normals = np.array([a_view.panes[p].axes[2] for p in PLANES])
    assert np.abs(normals @ normals.T) == pytest.approx(np.eye(3), abs=1e-9)
    for p in PLANES:
        right, down, into = np.array(a_view.panes[p].axes)
        assert np.cross(right, down) == pytest.approx(into)


def test_straightening_puts_all_back(a_view):
    turn(a_view, "axial", 0.5)
    straighten(a_view)
    assert all(a_view.panes[p].axes == STRAIGHT[p] for p in PLANES)


def test_a_point_outside_is_brought_to_the_edge():
    grid = Grid.regular((10, 20, 30))
    assert clamped(grid, (99.0, 5.0, -4.0)) == pytest.approx((29.0, 5.0, 0.0))
