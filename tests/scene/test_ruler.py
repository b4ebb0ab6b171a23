import pytest

from viewer.scene.marks import Line, Text
from viewer.scene.ruler import length_mm, ruler_marks
from viewer.scene.slice import plane_through
from viewer.session.view_state import STRAIGHT
from viewer.volume.grid import Grid

GRID = Grid.regular((40, 100, 100), (2.0, 1.0, 1.0))
ENDS = ((20.0, 50.0, 40.0), (50.0, 90.0, 40.0))


def axial(height_mm):
    return plane_through(GRID, STRAIGHT["axial"], (50.0, 50.0, height_mm), (400, 400))


def test_a_ruler_tells_millimeters_and_is_drawn_between_its_ends():
    assert length_mm(ENDS) == pytest.approx(50.0)
    plane = axial(40.0)
    line, *_, label = ruler_marks(ENDS, plane)
    assert isinstance(line, Line)
    assert (line.x0, line.y0) == pytest.approx(plane.pixel(ENDS[0]))
    assert isinstance(label, Text)
    assert label.text == "50.0 mm"
    assert label.x > line.x1, "the label lies beyond the end"


def test_a_ruler_lies_in_its_slice_alone():
    assert ruler_marks(ENDS, axial(44.0)) == []
    assert ruler_marks(None, axial(40.0)) == []
    assert ruler_marks((ENDS[0], ENDS[0]), axial(40.0)) == []
