import numpy as np
import pytest

from viewer.scene.cut import box_in_slice
from viewer.scene.slice import plane_through
from viewer.session.view_state import STRAIGHT
from viewer.volume.grid import Grid


def area(corners):
    x, y = np.array(corners).T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


@pytest.fixture
def scan():
    return Grid.regular((40, 100, 100), (2.0, 1.0, 1.0))


@pytest.fixture
def box(scan):
    return scan.box((10, 20, 30), (20, 60, 50))


def test_a_straight_slice_cuts_a_box_in_a_rectangle_of_its_sides(scan, box):
    middle = tuple(box.center_lps)
    plane = plane_through(scan, STRAIGHT["axial"], middle, (400, 400), 0.5)
    corners = box_in_slice(box, plane)
    assert len(corners) == 4
    assert np.ptp(corners, axis=0) * 0.5 == pytest.approx([20, 40])
    assert np.mean(corners, axis=0) == pytest.approx(plane.pixel(box.center_lps))


def test_an_oblique_slice_cuts_a_longer_piece(scan, box):
    turned = np.sqrt(0.5)
    axes = ((1, 0, 0), (0, turned, turned), (0, -turned, turned))
    plane = plane_through(scan, axes, tuple(box.center_lps), (400, 400), 0.5)
    corners = box_in_slice(box, plane)
    assert area(corners) * 0.25 == pytest.approx(20 * 20 / turned, rel=0.01)


def test_a_slice_that_passes_a_box_by_cuts_nothing(scan, box):
    away = (*box.center_lps[:2], box.center_lps[2] + 11)
    plane = plane_through(scan, STRAIGHT["axial"], away, (400, 400), 0.5)
    assert box_in_slice(box, plane) == []
