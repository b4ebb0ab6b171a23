"""Drawing in the views of one vessel and in 3-D."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from tests.window.hand import click, drag

pytestmark = pytest.mark.gui


@pytest.fixture
def drawings(an_open_window):
    """What is drawn now."""
    return lambda: an_open_window.session.case.drawings or ()


@pytest.fixture
def a_vessel(an_open_window, trigger, qtbot):
    """The layout of one vessel, measured."""
    trigger("layout-vessel")
    vessel = an_open_window.panes.vessel.vessel
    qtbot.waitUntil(lambda: vessel.sections is not None, timeout=60_000)
    qtbot.wait(50)
    return an_open_window.panes.vessel


def test_in_the_curved_view_one_measures_along_the_sheet(
    an_open_window, a_vessel, trigger, drawings, qtbot
):
    curve = a_vessel.curve
    turned = an_open_window.session.view.vessel_angle
    trigger("tool-distance")
    middle = (curve.width() / 2, curve.height() / 2)
    drag(curve, middle, (middle[0] + 20, middle[1]), (middle[0] + 60, middle[1] + 5))
    (made,) = drawings()
    scale = curve.picture().mm_per_pixel
    assert made.numbers["length"].value == pytest.approx(np.hypot(60, 5) * scale, rel=1e-6)
    assert made.strip.sheet == "straightened"
    for point, place in zip(
        made.points_lps, (middle, (middle[0] + 60, middle[1] + 5)), strict=True
    ):
        np.testing.assert_allclose(point, curve.picture().point_lps(*place), atol=0.05)
    assert an_open_window.session.view.vessel_angle == turned, "the drag did not turn the view"
    qtbot.wait(30)
    layer = an_open_window.panes.layers["curve"]
    (laid,) = layer.laid
    assert laid.label[1] == "along the sheet"
    trigger("vessel-turn")
    trigger("vessel-turn")
    qtbot.wait(30)
    assert layer.laid == []
    an_open_window.panes.pencil.go_to(made)
    qtbot.wait(30)
    assert len(layer.laid) == 1
    trigger("tool-ellipse")
    drag(curve, (middle[0] - 40, middle[1] - 8), (middle[0] - 20, middle[1] + 8))
    assert drawings()[-1].numbers["mean HU"].known


def test_on_the_sheet_of_the_tree_one_measures_in_the_lane_under_the_mouse(
    an_open_window, a_vessel, trigger, drawings, qtbot
):
    curve = a_vessel.curve
    an_open_window.session.view.vessel_sheet = "tree"
    qtbot.waitUntil(lambda: curve.picture() is not None, timeout=60_000)
    picture = curve.picture()
    longest = max(range(len(picture.sheets)), key=lambda n: picture.sheets[n].length_mm)
    left, top, _, bottom = picture.box(longest)
    start, end = (left + 30, (top + bottom) / 2), (left + 70, (top + bottom) / 2)
    trigger("tool-distance")
    drag(curve, start, (left + 50, start[1]), end)
    (made,) = drawings()
    assert made.numbers["length"].value == pytest.approx(40 * picture.mm_per_pixel, rel=1e-6)
    for point, place in zip(made.points_lps, (start, end), strict=True):
        np.testing.assert_allclose(point, picture.point_lps(*place), atol=0.05)
    qtbot.wait(30)
    (laid,) = an_open_window.panes.layers["curve"].laid
    np.testing.assert_allclose(laid.handles, (start, end), atol=0.01)


def test_in_a_cross_section_one_measures_in_its_plane(
    an_open_window, a_vessel, trigger, drawings, qtbot
):
    section = a_vessel.sections["cursor"]
    trigger("tool-distance")
    x, y = section.width() / 2, section.height() / 2
    drag(section, (x - 20, y), (x, y), (x + 20, y))
    (made,) = drawings()
    plane = section.plane()
    assert made.numbers["length"].value == pytest.approx(40 * plane.mm_per_pixel, rel=1e-6)
    np.testing.assert_allclose(made.normal_lps, plane.into, atol=1e-9)
    qtbot.wait(30)
    assert len(an_open_window.panes.layers["cursor"].laid) == 1
    trigger("tool-circle")
    click(section, (x, y))
    assert drawings()[-1].numbers["mean HU"].value > 200


def test_in_3_d_clicks_measure_between_points_of_the_surface(
    an_open_window, trigger, drawings, qtbot
):
    pane = an_open_window.panes.scene
    qtbot.waitUntil(lambda: not pane.scene.empty and not pane.preparing, timeout=60_000)
    session = an_open_window.session
    branch = max(session.case.tree.branches, key=lambda each: each.length_mm)
    factor = pane.scene.size[0] / pane.width()
    places = pane.scene.pixels(branch.points_lps[[5, len(branch.points_lps) // 2, -6]])
    first, second, third = [tuple(place) for place in places[:, :2] / factor]
    trigger("tool-distance")
    eye = pane.scene.camera.GetPosition()
    click(pane, first, second)
    assert pane.scene.camera.GetPosition() == eye
    (made,) = drawings()
    ends = [pane.point_at(QPointF(*place)) for place in (first, second)]
    assert made.numbers["length"].value == pytest.approx(np.linalg.norm(ends[1] - ends[0]))
    assert made.normal_lps is None
    qtbot.wait(30)
    assert [each.drawing for each in an_open_window.panes.layers["3-D"].laid] == [made]
    trigger("tool-angle")
    click(pane, first, second)
    drag(pane, (5, 5), (40, 5), (60, 5))
    assert pane.scene.camera.GetPosition() != eye, "a drag still turns the view"
    assert an_open_window.panes.pencil.sketch is not None
    pane.look_from("A")
    click(pane, third)
    assert drawings()[-1].kind == "angle"
    trigger("tool-ellipse")
    click(pane, first)
    assert len(drawings()) == 2
    assert "no area" in session.messages[-1].text
