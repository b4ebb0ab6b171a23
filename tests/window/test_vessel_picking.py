"""A point picked in one view of a vessel is shown in all others, to a tenth of a millimeter."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt

from tests.window.mouse import press, send
from viewer.scene import camera as cameras
from viewer.scene.cpr_tree import TreePicture
from viewer.session.view_state import PLANES

pytestmark = pytest.mark.gui
TENTH_MM = 0.1
SHEETS = ("straightened", "stretched", "tree")
VIEWS = (*SHEETS, "section", *PLANES, "3-D")


@pytest.fixture
def views(a_vessel_window, view, qtbot):
    """Every view of the vessel, ready to be clicked and asked."""
    panes = a_vessel_window.panes
    for pane in panes.slices.values():
        pane.resize(400, 380)
    view.vessel.go_to(40.0)
    qtbot.waitUntil(lambda: not panes.scene.preparing and not panes.scene.scene.empty)
    return Views(a_vessel_window, qtbot)


class Views:
    """Clicks into a view, and tells where a view shows the cursor."""

    def __init__(self, window, qtbot):
        self.window, self.panes, self.qtbot = window, window.panes, qtbot
        self.view, self.curve = window.session.view, window.panes.vessel.curve

    @property
    def cursor(self):
        return np.array(self.view.cursor_lps)

    def sheet(self, name):
        self.view.vessel_sheet = name
        self.qtbot.waitUntil(lambda: self.curve.picture() is not None, timeout=10_000)
        return self.curve.picture()

    def click(self, name):
        """The point that is shown where it clicks."""
        if name in SHEETS:
            picture = self.sheet(name)
            x, y = picture.pixel(self.cursor)
            place = (x + 17, y - 4 if name == "tree" else y - 9)
            wanted = picture.point_lps(*place)
            press(self.curve, place)
        elif name == "section":
            pane = self.panes.vessel.sections["cursor"]
            place = (pane.room.width() / 2 + 9, pane.room.height() / 2 - 7)
            wanted = pane.plane().point_lps(*place)
            press(pane, place)
        elif name in PLANES:
            pane = self.panes.slices[name]
            x, y = pane.plane().pixel(self.cursor)
            wanted = pane.plane().point_lps(x + 4, y + 3)
            self.view.tool = "crosshair"
            press(pane, (x + 4, y + 3))
        else:
            pane = self.panes.scene
            x, y = pane.scene.pixels(self.cursor[None])[0, :2] / pane._factor
            wanted = pane.scene.pick(x * pane._factor, y * pane._factor)
            press(pane, (x, y))
        vessel = self.panes.vessel.vessel
        self.qtbot.waitUntil(lambda: vessel.sections is not None, timeout=20_000)
        return wanted

    def off_mm(self, name):
        """How far from the cursor the view shows it, where it must show it."""
        cursor = self.cursor
        if name in SHEETS:
            picture = self.sheet(name)
            shown = picture.point_lps(*picture.pixel(cursor))
            again = picture.point_lps(*picture.pixel(shown))
            dropped = np.linalg.norm(again - shown)
            own = picture.sheets[picture.chosen] if isinstance(picture, TreePicture) else None
            sheet = own or picture.sheet
            along, across = sheet.flat(cursor)
            start, way = sheet.lines(np.array([along]))
            beside = abs(float((shown - cursor) @ way[0]))
            on_line = np.linalg.norm(start[0] + across * way[0] - shown)
            return max(dropped, beside, on_line)
        if name == "3-D":
            scene = self.panes.scene.scene
            x, y = scene.pixels(cursor[None])[0, :2]
            start, way = cameras.ray(scene.camera, x, y, scene.size, 500.0)
            away = cursor - start
            return np.linalg.norm(away - (away @ way) * way)
        if name == "section":
            plane = self.panes.vessel.sections["cursor"].plane()
        else:
            plane = self.panes.slices[name].plane()
        return max(
            abs(plane.depth_mm(cursor)),
            np.linalg.norm(plane.point_lps(*plane.pixel(cursor)) - cursor),
        )


@pytest.mark.parametrize("picked_in", VIEWS)
def test_a_point_picked_in_one_view_is_shown_in_every_other(views, picked_in):
    before = views.cursor
    wanted = views.click(picked_in)
    assert np.linalg.norm(views.cursor - wanted) < TENTH_MM
    assert np.linalg.norm(views.cursor - before) > 0.5, "it was picked elsewhere"
    picked = views.cursor
    for shown_in in VIEWS:
        assert views.off_mm(shown_in) < TENTH_MM, f"picked in {picked_in}, shown in {shown_in}"
    np.testing.assert_array_equal(views.cursor, picked)


def test_a_point_on_the_sheet_comes_back_through_every_curved_view(views):
    vessel = views.panes.vessel.vessel
    for s_mm in (12.0, 40.0, 61.0):
        vessel.go_to(s_mm)
        for name in SHEETS:
            picture = views.sheet(name)
            shown = picture.point_lps(*picture.pixel(views.cursor))
            assert np.linalg.norm(shown - views.cursor) < (0.5 if name == "tree" else 0.05), name


def test_shift_and_the_mouse_carry_the_cursor_through_all_views(views):
    picture = views.sheet("straightened")
    place = (picture.width * 0.55, picture.height * 0.48)
    none, shift = Qt.MouseButton.NoButton, Qt.KeyboardModifier.ShiftModifier
    send(views.curve, QEvent.Type.MouseMove, place, none, none, shift)
    assert np.linalg.norm(views.cursor - picture.point_lps(*place)) < TENTH_MM
    assert views.off_mm("axial") < TENTH_MM
