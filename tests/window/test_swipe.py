from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt

from tests.window.mouse import press, send
from tests.window.test_slice_pane import pixels
from viewer.case.case import Case
from viewer.enhance.restore import restore
from viewer.progress import silent
from viewer.scene.turn import turn
from viewer.session.view_state import ViewState
from viewer.volume.volume import Volume
from viewer.window.slice_pane import SlicePane

pytestmark = pytest.mark.gui


@pytest.fixture
def a_view(a_volume):
    at = tuple(float(v) for v in a_volume.grid.center_lps)
    return ViewState(cursor_lps=at, crosshair=False, corners=False, tint="none")


@pytest.fixture
def a_pane(qtbot, a_view, a_volume, a_mask):
    dark = Volume(np.full_like(a_volume.voxels, -500), a_volume.grid)
    restored = restore(dark, 12.0, silent(), mode="exact")
    pane = SlicePane(a_view, "axial")
    qtbot.addWidget(pane)
    pane.resize(400, 320)
    pane.show_case(Case(volume=a_volume, mask=a_mask, restored=restored))
    yield pane
    pane.release()


def halves(pane):
    """How bright the gray is near the middle at the left and right of the line."""
    shown = pixels(pane)[120:200].mean(axis=2)
    at = round(pane.view.swipe_at * pane.width())
    return shown[:, at - 40 : at - 15].mean(), shown[:, at + 15 : at + 40].mean()


def point_at(pane, place):
    none = Qt.MouseButton.NoButton
    send(pane, QEvent.Type.MouseMove, place, none, none, Qt.KeyboardModifier.NoModifier)


def test_the_raw_scan_lies_at_the_left_of_the_line_and_the_restored_one_at_its_right(
    a_pane, a_view
):
    left, right = halves(a_pane)
    assert left < 10 > right, "the restored one, made dark here, is everywhere at first"
    a_view.swipe = True
    left, right = halves(a_pane)
    assert left > 40 > 10 > right
    a_view.raw_held = True
    left, right = halves(a_pane)
    assert min(left, right) > 40
    assert a_pane.swipe.room is None


def test_the_mouse_takes_the_line_and_leaves_the_window_alone(a_pane, a_view):
    a_view.swipe = True
    window = a_view.window_hu
    press(a_pane, (201, 100), (230, 100), (300, 100))
    assert a_view.swipe_at == pytest.approx(0.75)
    assert a_view.window_hu == window
    press(a_pane, (300, 100), (900, 100))
    assert a_view.swipe_at < 1, "it stays within reach"
    press(a_pane, (100, 100), (140, 100))
    assert a_view.window_hu != window


def test_the_cursor_tells_that_the_line_can_be_taken(a_pane, a_view):
    a_view.swipe = True
    point_at(a_pane, (199, 60))
    assert a_pane.cursor().shape() == Qt.CursorShape.SplitHCursor
    point_at(a_pane, (150, 60))
    assert a_pane.cursor().shape() != Qt.CursorShape.SplitHCursor
    a_view.tool = "paint"
    assert a_pane.swipe.grabs(QPointF(199, 60))
    point_at(a_pane, (199, 60))
    assert a_pane.cursor().shape() == Qt.CursorShape.BlankCursor, "a brush paints there too"


def test_oblique_slices_and_slabs_are_parted_too(a_pane, a_view):
    a_view.swipe = True
    turn(a_view, "sagittal", 0.5)
    a_view.slab_mode = "mip"
    left, right = halves(a_pane)
    assert left > 40 > 10 > right


def test_the_mask_stays_over_both(a_pane, a_view, a_tree):
    root = a_tree.branches[0].points_lps
    a_view.cursor_lps = tuple(float(v) for v in root[len(root) // 2])
    x, _ = a_pane.plane().pixel(np.array(a_view.cursor_lps))
    a_view.swipe, a_view.swipe_at = True, float(x) / a_pane.width()
    shown = pixels(a_pane)
    red = (shown[..., 0] - shown[..., 1] > 60) & (shown[..., 0] > 80)
    columns = np.nonzero(red)[1]
    assert (columns < x - 1).any()
    assert (columns > x + 1).any()


def test_without_a_restored_scan_nothing_is_parted(a_pane, a_view, a_volume):
    a_view.swipe = True
    a_pane.show_case(Case(volume=a_volume))
    assert a_pane.swipe.room is None
    assert not a_pane.swipe.grabs(QPointF(200, 100))
    a_pane.swipe.drag_to(QPointF(20, 20))
    assert a_view.swipe_at == 0.5


def test_a_curved_view_is_parted_too(a_vessel_window, view, qtbot):
    session, curve = a_vessel_window.session, view.curve
    volume = session.case.volume
    dark = Volume(np.full_like(volume.voxels, -500), volume.grid)
    restored = restore(dark, 12.0, silent(), mode="exact")
    session.view.tint, session.view.mask_fill = "none", 0.0
    session._show(replace(session.case, restored=restored))
    qtbot.wait(50)
    assert curve.swipe.room is None
    session.view.swipe = True
    shown = pixels(curve)[curve.height() // 2 - 30 : curve.height() // 2 + 30].mean(axis=2)
    middle = curve.width() // 2
    assert shown[:, middle - 60 : middle - 20].mean() > 60
    assert shown[:, middle + 20 : middle + 60].mean() < 40
    angle = session.view.vessel_angle
    press(curve, (middle, 40), (middle + 30, 40), (middle + 60, 40))
    assert session.view.swipe_at == pytest.approx(0.5 + 60 / curve.width(), abs=0.01)
    assert session.view.vessel_angle == angle, "the line is moved, the vessel is not turned"
