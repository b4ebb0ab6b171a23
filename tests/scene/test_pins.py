import numpy as np
import pytest

from viewer.scene.marks import Ring, Text
from viewer.scene.pins import RADIUS_MM, Pin, pins_in_scene, pins_in_slice
from viewer.scene.slice import plane_through
from viewer.session.view_state import STRAIGHT
from viewer.volume.grid import Grid

GRID = Grid.regular((40, 100, 100), (2.0, 1.0, 1.0))


def axial(height_mm):
    return plane_through(GRID, STRAIGHT["axial"], (50.0, 50.0, height_mm), (400, 400))


def test_a_slice_shows_a_pin_as_large_as_it_cuts_it():
    pin = Pin((30.0, 60.0, 40.0), "1", "#3BA7F0")
    middle, aside = (list(pins_in_slice([pin], axial(at))) for at in (40.0, 44.0))
    plane = axial(40.0)
    ring, label = middle
    assert (ring.x, ring.y) == pytest.approx(plane.pixel(np.array(pin.at_lps)))
    assert ring.radius_px * plane.mm_per_pixel == pytest.approx(RADIUS_MM)
    assert aside[0].radius_px < ring.radius_px
    assert label.text == "1"
    assert label.y < ring.y
    assert list(pins_in_slice([pin], axial(40.0 + RADIUS_MM))) == []


def test_the_label_of_the_truth_lies_below_and_leaves_the_other_free():
    pins = [
        Pin((30.0, 60.0, 40.0), "mine", "#3BA7F0"),
        Pin((30.0, 60.0, 40.0), "true", "#4CC38A", True),
    ]
    _, mine, _, true = pins_in_slice(pins, axial(40.0))
    assert mine.y < true.y
    assert (mine.align[1], true.align[1]) == (1.0, 0.0)


def test_labels_near_an_edge_lie_to_the_inside():
    pins = [Pin((x, 50.0, 0.0), "a long name", "#3BA7F0") for x in (0.0, 1.0, 2.0)]
    places = np.array([[0.0, 50.0], [200.0, 50.0], [400.0, 50.0]])
    drawn = list(pins_in_scene(pins, places, 0.5, 400))
    assert [mark.align[0] for mark in drawn if isinstance(mark, Text)] == [0.0, 0.5, 1.0]
    assert all(mark.radius_px == 16 for mark in drawn if isinstance(mark, Ring))
