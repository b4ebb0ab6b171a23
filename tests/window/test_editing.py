"""Clicks, strokes and boxes in slices and in 3-D, as a person makes them."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from viewer.case.store import load_case
from viewer.progress import silent
from viewer.scene.turn import turn
from viewer.segment.mask import ARTERY, VEIN

pytestmark = pytest.mark.gui
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def drag(pane, *places, keys=PLAIN):
    for kind, place, button, buttons in (
        (QEvent.Type.MouseButtonPress, places[0], LEFT, LEFT),
        *((QEvent.Type.MouseMove, place, NONE, LEFT) for place in places[1:]),
        (QEvent.Type.MouseButtonRelease, places[-1], LEFT, NONE),
    ):
        at = QPointF(*place)
        event = QMouseEvent(kind, at, pane.mapToGlobal(at), button, buttons, keys)
        QApplication.sendEvent(pane, event)


def settle(window, qtbot):
    qtbot.waitUntil(lambda: window.session.jobs.current is None, timeout=60_000)


@pytest.fixture
def trunk_lps(a_tree):
    points = a_tree.branches[0].points_lps
    return points[len(points) // 2]


@pytest.fixture
def an_emptied_window(an_open_window, trunk_lps, trigger, qtbot):
    """The phantom's window, its cursor in the aorta, with the whole map taken away."""
    window = an_open_window
    mask = window.session.case.mask
    gone = np.isin(mask.labels, (ARTERY,))
    from viewer.segment.edit import relabel

    window.session.edit("Clear", lambda c, p: relabel(c.mask, gone, 0, "Clear"))
    window.session.view.cursor_lps = tuple(float(v) for v in trunk_lps)
    settle(window, qtbot)
    return window


@pytest.mark.parametrize("plane", ["axial", "coronal"])
def test_a_click_adds_the_vessel_and_undo_takes_it_back(
    an_emptied_window, trunk_lps, trigger, qtbot, plane
):
    window = an_emptied_window
    trigger("tool-grow")
    pane = window.panes.slices[plane]
    drag(pane, pane.plane().pixel(trunk_lps))
    settle(window, qtbot)
    assert window.session.case.mask.volume_ml(ARTERY) > 5
    assert "ml added" in window.session.messages[-1].text
    assert window.qactions["undo"].text().startswith("Undo add vessel")
    trigger("undo")
    assert window.session.case.mask.volume_ml(ARTERY) == 0


def test_a_box_adds_and_with_ctrl_clears_and_both_are_saved(
    an_emptied_window, trunk_lps, trigger, qtbot, tmp_path
):
    window = an_emptied_window
    trigger("tool-box")
    pane = window.panes.slices["axial"]
    x, y = pane.plane().pixel(trunk_lps)
    corners = (x - 30, y - 30), (x, y), (x + 30, y + 30)
    drag(pane, *corners)
    settle(window, qtbot)
    added = window.session.case.mask.volume_ml(ARTERY)
    assert added > 0.5
    window.session.save(tmp_path / "kept", overwrite=False, picture=None)
    settle(window, qtbot)
    kept = load_case(tmp_path / "kept", silent())
    assert kept.mask.volume_ml(ARTERY) == pytest.approx(added)
    assert kept.records_of("mask")[-1].options == {"edit": "Segment in box"}
    drag(pane, *corners, keys=CTRL)
    settle(window, qtbot)
    assert window.session.case.mask.volume_ml(ARTERY) < 0.1 * added


def test_a_scribble_and_a_click_in_3_d_work_as_on_slices(
    an_emptied_window, trunk_lps, trigger, qtbot
):
    window = an_emptied_window
    scene = window.panes.scene
    qtbot.waitUntil(lambda: not scene.scene.empty and not scene.preparing, timeout=20_000)
    x, y = scene.scene.pixels(trunk_lps[None])[0, :2] / scene._factor
    trigger("tool-scribble")
    drag(scene, (x, y), (x, y + 6), (x, y + 12))
    settle(window, qtbot)
    assert window.session.case.mask.volume_ml(ARTERY) > 0.2
    trigger("undo")
    trigger("tool-grow")
    drag(scene, (x, y))
    settle(window, qtbot)
    assert window.session.case.mask.volume_ml(ARTERY) > 5


def place_in_3d(window, qtbot, point_lps):
    """Where a point is seen in the 3-D view once it is prepared."""
    pane = window.panes.scene
    qtbot.waitUntil(lambda: not pane.scene.empty and not pane.preparing, timeout=20_000)
    return pane.scene.pixels(point_lps[None])[0, :2] / pane._factor


def test_a_box_in_3_d_adds_and_with_ctrl_clears(an_emptied_window, trunk_lps, trigger, qtbot):
    window, session = an_emptied_window, an_emptied_window.session
    pane = window.panes.scene
    x, y = place_in_3d(window, qtbot, trunk_lps)
    trigger("tool-box")
    before = pane.scene.axes[2]
    corners = (x, y - 25), (x + 8, y), (x + 16, y + 25)
    drag(pane, *corners)
    settle(window, qtbot)
    np.testing.assert_array_equal(pane.scene.axes[2], before)
    added = session.case.mask.volume_ml(ARTERY)
    assert added > 0.3
    found = session.case.mask.grid.points_lps(np.argwhere(session.case.mask.labels == ARTERY))
    seen = pane.scene.pixels(found)[:, :2] / pane._factor
    slack = 3 + max(session.case.mask.grid.spacing_mm) / (pane.scene.mm_per_pixel * pane._factor)
    assert (seen[:, 1] > y - 25 - slack).all()
    assert (seen[:, 1] < y + 25 + slack).all()
    assert (seen[:, 0] > x - slack).all()
    qtbot.waitUntil(lambda: not pane.preparing, timeout=20_000)
    drag(pane, *corners, keys=CTRL)
    settle(window, qtbot)
    # The box is as deep as what is seen now, which may lie a little before what was seen then.
    assert session.case.mask.volume_ml(ARTERY) < 0.4 * added
    trigger("undo")
    assert session.case.mask.volume_ml(ARTERY) == pytest.approx(added)


def test_a_drag_in_3_d_beside_everything_turns_the_view_with_the_box_too(
    an_emptied_window, trunk_lps, trigger, qtbot
):
    window = an_emptied_window
    pane = window.panes.scene
    place_in_3d(window, qtbot, trunk_lps)
    trigger("tool-box")
    before = window.session.case
    axes = np.array(pane.scene.axes)
    drag(pane, (3, 3), (20, 20), (40, 40))
    settle(window, qtbot)
    assert window.session.case is before
    assert not np.allclose(axes, pane.scene.axes)


def test_a_click_in_3_d_removes_the_branch_alone(an_open_window, a_tree, trunk_lps, trigger, qtbot):
    window, session = an_open_window, an_open_window.session
    before = session.case.mask
    branch = next(b for b in a_tree.branches if b.name == "left common iliac")
    point = branch.points_lps[len(branch.points_lps) // 2]
    place = place_in_3d(window, qtbot, point)
    trigger("tool-remove")
    drag(window.panes.scene, place)
    settle(window, qtbot)
    after = session.case.mask
    near, trunk = (tuple(np.rint(before.grid.index(p)).astype(int)) for p in (point, trunk_lps))
    assert before.labels[near] == ARTERY
    assert after.labels[near] == 0
    assert after.labels[trunk] == ARTERY, "the trunk stays"
    assert after.volume_ml(ARTERY) > 0.5 * before.volume_ml(ARTERY)
    assert session.history.undo_name.lower().startswith("remove")
    trigger("undo")
    np.testing.assert_array_equal(session.case.mask.labels, before.labels)


def stroke_places(plane, a_tree, trunk_lps):
    """Where 20 mm of the aorta about a point are seen in a plane."""
    points = a_tree.branches[0].points_lps
    near = points[np.abs(points[:, 2] - trunk_lps[2]) < 10]
    return [plane.pixel(point) for point in near[:: max(1, len(near) // 8)]]


def test_a_scribble_and_a_click_are_saved_and_opened_again(
    an_emptied_window, a_tree, trunk_lps, trigger, qtbot, tmp_path
):
    window, session = an_emptied_window, an_emptied_window.session
    pane = window.panes.slices["coronal"]
    trigger("tool-scribble")
    drag(pane, *stroke_places(pane.plane(), a_tree, trunk_lps))
    settle(window, qtbot)
    scribbled = session.case.mask.labels == ARTERY
    assert session.case.mask.volume_ml(ARTERY) > 0.5
    heights = session.case.mask.grid.points_lps(np.argwhere(scribbled))[:, 2]
    assert np.abs(heights - trunk_lps[2]).max() < 10 + 15, "as far as the stroke goes"
    assert session.history.undo_name.startswith("Add along stroke")
    trigger("tool-grow")
    lower = next(b for b in a_tree.branches if b.name == "left common iliac")
    elsewhere = lower.points_lps[len(lower.points_lps) // 2]
    session.view.cursor_lps = tuple(float(v) for v in elsewhere)
    drag(pane, pane.plane().pixel(elsewhere))
    settle(window, qtbot)
    edited = session.case.mask
    assert np.count_nonzero(edited.labels == ARTERY) > 1.5 * scribbled.sum()
    session.save(tmp_path / "kept", overwrite=False, picture=None)
    settle(window, qtbot)
    trigger("close-case")
    assert session.case.mask is None
    window.files.open_path(tmp_path / "kept")
    qtbot.waitUntil(lambda: session.case.mask is not None, timeout=30_000)
    settle(window, qtbot)
    np.testing.assert_array_equal(session.case.mask.labels, edited.labels)
    told = [record.options.get("edit") for record in session.case.records_of("mask")]
    assert "Add along stroke" in told
    assert told[-1].startswith("Add")


@pytest.mark.parametrize("tool", ["grow", "scribble"])
def test_tools_work_in_an_oblique_plane(an_emptied_window, a_tree, trunk_lps, trigger, qtbot, tool):
    window, session = an_emptied_window, an_emptied_window.session
    turn(session.view, "axial", 0.7)
    turn(session.view, "sagittal", 0.3)
    pane = window.panes.slices["coronal"]
    plane = pane.plane()
    assert 0.1 < abs(plane.into[0]) < 0.9
    assert 0.1 < abs(plane.into[2]) < 0.9
    trigger(f"tool-{tool}")
    x, y = plane.pixel(trunk_lps)
    places = [(x, y)] if tool == "grow" else [(x, y - 2), (x, y), (x, y + 2)]
    drag(pane, *places)
    settle(window, qtbot)
    mask = session.case.mask
    assert mask.labels[tuple(np.rint(mask.grid.index(trunk_lps)).astype(int))] == ARTERY
    assert mask.volume_ml(ARTERY) > (5 if tool == "grow" else 0.2)
    trigger("undo")
    assert session.case.mask.volume_ml(ARTERY) == 0


def test_bones_and_organs_leave_the_volume_in_one_click(an_open_window, trigger, qtbot):
    window = an_open_window
    trigger("remove-bones")
    assert not window.session.view.bones_shown
    assert window.qactions["remove-bones"].isChecked()
    qtbot.waitUntil(lambda: not window.panes.scene.preparing, timeout=20_000)
    trigger("organs")
    assert not window.session.view.organs_shown
    trigger("remove-bones")
    assert window.session.view.bones_shown
    qtbot.waitUntil(lambda: not window.panes.scene.preparing, timeout=20_000)


def rest(pane, place, keys=PLAIN):
    at = QPointF(*place)
    event = QMouseEvent(QEvent.Type.MouseMove, at, pane.mapToGlobal(at), NONE, NONE, keys)
    QApplication.sendEvent(pane, event)


@pytest.mark.parametrize("where", ["axial", "sagittal", "3-D"])
def test_a_resting_pointer_shows_what_a_click_would_add_and_enter_takes_it(
    an_emptied_window, trunk_lps, trigger, qtbot, where
):
    window, session = an_emptied_window, an_emptied_window.session
    pane = window.panes.panes[where]
    if where == "3-D":
        qtbot.waitUntil(lambda: not pane.scene.empty and not pane.preparing, timeout=20_000)
        place = pane.scene.pixels(trunk_lps[None])[0, :2] / pane._factor
    else:
        place = pane.plane().pixel(trunk_lps)
    trigger("tool-grow")
    before = session.case
    rest(pane, place)
    assert session.preview is None
    qtbot.waitUntil(lambda: session.preview is not None, timeout=20_000)
    assert session.case is before
    assert window.jobs_bar.text.text() == f"Click or Enter: {session.preview.words}"
    qtbot.waitUntil(lambda: not window.panes.scene.preparing, timeout=20_000)
    trigger("take-preview")
    assert session.case.mask.volume_ml(ARTERY) > 5
    assert session.preview is None


def test_a_move_forgets_the_preview_and_a_refusal_is_told(
    an_emptied_window, trunk_lps, trigger, qtbot
):
    window, session = an_emptied_window, an_emptied_window.session
    pane = window.panes.slices["axial"]
    x, y = pane.plane().pixel(trunk_lps)
    trigger("tool-grow")
    rest(pane, (x, y))
    qtbot.waitUntil(lambda: session.preview is not None, timeout=20_000)
    rest(pane, (x + 40, y - 40))
    assert session.preview is None
    assert window.jobs_bar.text.text() == "Ready"
    qtbot.waitUntil(lambda: "no enhanced vessel" in window.jobs_bar.text.text(), timeout=20_000)
    trigger("tool-window")
    assert window.jobs_bar.text.text() == "Ready"


def test_swapping_is_previewed_done_and_undone_by_name(an_open_window, a_tree, trigger, qtbot):
    window, session = an_open_window, an_open_window.session
    branch = next(b for b in a_tree.branches if b.parent == 0)
    point = branch.points_lps[2 * len(branch.points_lps) // 3]
    session.view.cursor_lps = tuple(float(v) for v in point)
    trigger("tool-swap")
    pane = window.panes.slices["axial"]
    place = pane.plane().pixel(point)
    rest(pane, place)
    qtbot.waitUntil(lambda: session.preview is not None, timeout=20_000)
    assert session.preview.words.startswith("make vein")
    drag(pane, place)
    settle(window, qtbot)
    assert session.case.mask.volume_ml(VEIN) > 0
    assert session.history.undo_name.startswith("Make vein")
    assert session.history.undo_name.endswith(" ml")
    trigger("undo")
    assert session.case.mask.volume_ml(VEIN) == 0
