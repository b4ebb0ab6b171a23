from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest

from tests.window.mouse import LEFT, press, send, wheel
from viewer.case.case import Case
from viewer.enhance.restore import restore
from viewer.progress import silent
from viewer.scene.marks import handles
from viewer.scene.overlay import reference_lines
from viewer.session.view_state import PLANES, STRAIGHT, ViewState
from viewer.volume.volume import Volume
from viewer.window.slice_pane import SlicePane

pytestmark = pytest.mark.gui
MIDDLE, RIGHT = Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton


@pytest.fixture
def a_view(a_volume):
    return ViewState(cursor_lps=tuple(float(v) for v in a_volume.grid.center_lps))


@pytest.fixture
def bare(a_volume, a_mask):
    return Case(volume=a_volume, mask=a_mask)


@pytest.fixture
def panes(qtbot, a_view, bare):
    made = {name: SlicePane(a_view, name) for name in PLANES}
    for pane in made.values():
        qtbot.addWidget(pane)
        pane.resize(400, 320)
        pane.show_case(bare)
    yield made
    for pane in made.values():
        pane.release()


@pytest.fixture
def an_axial_pane(panes):
    return panes["axial"]


def pixels(pane):
    image = pane.grab().toImage().convertToFormat(pane.grab().toImage().Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8)
    rows = flat.reshape(image.height(), image.bytesPerLine())[:, : 3 * image.width()]
    return rows.reshape(image.height(), image.width(), 3).astype(int)


def test_an_empty_pane_says_so(qtbot):
    pane = SlicePane(ViewState(), "axial")
    qtbot.addWidget(pane)
    pane.resize(300, 200)
    assert 0 < (pixels(pane).max(axis=2) > 80).mean() < 0.1
    wheel(pane, 1)
    press(pane, (10, 10), (50, 50))
    pane.release()


def test_the_picture_shows_the_vessels_with_a_red_outline(an_axial_pane, a_view, a_tree):
    root = a_tree.branches[0].points_lps
    a_view.cursor_lps = tuple(float(v) for v in root[len(root) // 2])
    a_view.crosshair = False
    shown = pixels(an_axial_pane)
    red = (shown[..., 0] - shown[..., 1] > 100) & (shown[..., 0] > 200)
    rows, columns = np.nonzero(red[60:260, 60:340])
    assert len(rows) > 10
    x, y = an_axial_pane.plane().pixel(np.array(a_view.cursor_lps))
    radius = a_tree.branches[0].radius_mm[len(root) // 2] / an_axial_pane.plane().mm_per_pixel
    nearest = np.hypot(columns + 60 - x, rows + 60 - y).min()
    assert nearest == pytest.approx(radius, abs=4)
    a_view.hidden_labels = (1,)
    hidden = pixels(an_axial_pane)[60:260, 60:340]
    assert not ((hidden[..., 0] - hidden[..., 1] > 100) & (hidden[..., 0] > 200)).any()


def test_the_wheel_pages_to_the_feet_and_shift_by_ten(an_axial_pane, a_view, a_volume):
    step = a_volume.grid.spacing_mm[0]
    wheel(an_axial_pane, -1)
    before = a_view.cursor_lps[2]
    wheel(an_axial_pane, -1)
    assert a_view.cursor_lps[2] == pytest.approx(before - step)
    wheel(an_axial_pane, 1, Qt.KeyboardModifier.ShiftModifier)
    assert a_view.cursor_lps[2] == pytest.approx(before + 9 * step)


def test_keys_page_and_enlarge(panes, a_view):
    pane = panes["coronal"]
    QTest.keyClick(pane, Qt.Key.Key_PageDown)
    before = a_view.cursor_lps[1]
    QTest.keyClick(pane, Qt.Key.Key_Down)
    assert a_view.cursor_lps[1] == pytest.approx(before + 1.0)
    scale = pane.plane().mm_per_pixel
    QTest.keyClick(pane, Qt.Key.Key_Plus)
    assert pane.plane().mm_per_pixel == pytest.approx(scale / 1.2)
    pane.reset()
    assert pane.plane().mm_per_pixel == pytest.approx(scale)


def test_left_drag_is_the_window_at_first(an_axial_pane, a_view):
    press(an_axial_pane, (50, 50), (90, 70))
    assert a_view.window_hu > 700
    assert a_view.level_hu > 200


def test_middle_drag_moves_the_picture_with_the_mouse(an_axial_pane, a_view):
    point = an_axial_pane.plane().point_lps(100, 100)
    press(an_axial_pane, (100, 100), (130, 80), button=MIDDLE)
    assert an_axial_pane.plane().pixel(point) == pytest.approx((130, 80))


def test_right_drag_enlarges_about_its_start(an_axial_pane):
    before = an_axial_pane.plane()
    point = before.point_lps(100, 100)
    press(an_axial_pane, (100, 100), (100, 60), button=RIGHT)
    after = an_axial_pane.plane()
    assert after.mm_per_pixel < before.mm_per_pixel * 0.75
    assert after.pixel(point) == pytest.approx((100, 100))


def test_a_short_right_click_asks_for_the_menu(an_axial_pane, qtbot):
    expected = an_axial_pane.plane().point_lps(100, 90)
    with qtbot.waitSignal(an_axial_pane.menu_requested) as asked:
        press(an_axial_pane, (100, 90), button=RIGHT)
    assert asked.args[0] == pytest.approx(expected)


def test_shift_and_move_is_the_3_d_cursor(an_axial_pane, a_view):
    expected = an_axial_pane.plane().point_lps(150, 140)
    none = Qt.MouseButton.NoButton
    shift = Qt.KeyboardModifier.ShiftModifier
    send(an_axial_pane, QEvent.Type.MouseMove, (150, 140), none, none, shift)
    assert a_view.cursor_lps == pytest.approx(tuple(expected))


def test_the_crosshair_tool_moves_all_panes(panes, a_view):
    a_view.tool = "crosshair"
    expected = panes["axial"].plane().point_lps(180, 150)
    press(panes["axial"], (120, 120), (180, 150))
    assert a_view.cursor_lps == pytest.approx(tuple(expected))
    assert panes["sagittal"].plane().depth_mm(expected) == pytest.approx(0, abs=1e-6)


def test_dragging_a_lines_end_turns_the_other_planes(panes, a_view):
    pane = panes["axial"]
    plane = pane.plane()
    line = next(r for r in reference_lines(plane, "axial", a_view) if r.plane == "coronal")
    (x0, y0), _ = handles(line, 400, 320)
    cx, cy = line.at
    angle = np.radians(15)
    dx, dy = x0 - cx, y0 - cy
    end = (
        cx + dx * np.cos(angle) - dy * np.sin(angle),
        cy + dx * np.sin(angle) + dy * np.cos(angle),
    )
    press(pane, (x0, y0), end)
    assert a_view.panes["axial"].axes == STRAIGHT["axial"]
    turned = a_view.panes["coronal"].axes[2]
    assert np.degrees(np.arccos(np.dot(turned, (0, 1, 0)))) == pytest.approx(15, abs=0.5)
    moved = next(r for r in reference_lines(plane, "axial", a_view) if r.plane == "coronal")
    along = np.cross((*moved.direction, 0), ((end[0] - cx), (end[1] - cy), 0))[2]
    assert along == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("tool", ["paint", "erase", "cut"])
def test_strokes_are_told_with_their_points(an_axial_pane, a_view, qtbot, tool):
    a_view.tool = tool
    plane = an_axial_pane.plane()
    with qtbot.waitSignal(an_axial_pane.stroke_finished) as told:
        press(an_axial_pane, (100, 100), (120, 100), (120, 130))
    name, points, normal = told.args
    assert name == tool
    assert points[0] == pytest.approx(plane.point_lps(100, 100))
    assert points[-1] == pytest.approx(plane.point_lps(120, 130))
    assert normal == pytest.approx((0, 0, 1))


def test_the_live_stroke_is_seen_and_esc_drops_it(an_axial_pane, a_view, qtbot):
    a_view.tool, a_view.crosshair = "paint", False
    before = pixels(an_axial_pane)
    send(an_axial_pane, QEvent.Type.MouseButtonPress, (100, 100), LEFT, LEFT)
    send(an_axial_pane, QEvent.Type.MouseMove, (160, 100), Qt.MouseButton.NoButton, LEFT)
    assert (np.abs(pixels(an_axial_pane) - before).max(axis=2) > 20).sum() > 100
    QTest.keyClick(an_axial_pane, Qt.Key.Key_Escape)
    with qtbot.assertNotEmitted(an_axial_pane.stroke_finished):
        send(an_axial_pane, QEvent.Type.MouseButtonRelease, (160, 100), LEFT, LEFT)


@pytest.mark.parametrize("tool", ["grow", "remove"])
def test_clicks_of_editing_tools_are_told(an_axial_pane, a_view, qtbot, tool):
    a_view.tool = tool
    expected = an_axial_pane.plane().point_lps(140, 120)
    with qtbot.waitSignal(an_axial_pane.clicked) as told:
        press(an_axial_pane, (140, 120))
    assert told.args[0] == tool
    assert told.args[1] == pytest.approx(expected)


def test_a_double_click_asks_for_all_the_room(an_axial_pane, qtbot):
    with qtbot.waitSignal(an_axial_pane.maximize_requested):
        QTest.mouseDClick(an_axial_pane, LEFT, pos=QPoint(60, 60))


def test_raw_held_shows_the_scan_itself(an_axial_pane, a_view, bare, a_volume):
    black = Volume(np.full(a_volume.grid.shape, -1000, np.int16), a_volume.grid)
    restored = restore(black, float("nan"), silent(), mode="exact")
    an_axial_pane.show_case(replace(bare, restored=restored, mask=None))
    a_view.crosshair = False
    inner = (slice(80, 240), slice(100, 300))
    assert pixels(an_axial_pane)[inner].mean() < 10
    a_view.raw_held = True
    assert pixels(an_axial_pane)[inner].mean() > 30


def test_a_released_pane_listens_no_more(qtbot, a_view):
    pane = SlicePane(a_view, "axial")
    qtbot.addWidget(pane)
    before = len(a_view.events)
    pane.release()
    assert len(a_view.events) == before
    a_view.cursor_lps = (1.0, 2.0, 3.0)
