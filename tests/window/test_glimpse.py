import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest

from tests.window.heartbeat import Heartbeat
from tests.window.mouse import send
from tests.window.test_slice_pane import pixels
from viewer.case.glimpse import Cost
from viewer.window.restoring_forecast import cost_text

pytestmark = pytest.mark.gui


def point_at(pane, place):
    none = Qt.MouseButton.NoButton
    send(pane, QEvent.Type.MouseMove, place, none, none, Qt.KeyboardModifier.NoModifier)


@pytest.fixture
def previewed(an_open_window, trigger, qtbot):
    """A window in which a box of the axial slice is previewed under the pointer."""
    window = an_open_window
    pane = window.panes.slices["axial"]
    point_at(pane, (pane.width() // 2 + 10, pane.height() // 2))
    trigger("preview-here")
    qtbot.waitUntil(lambda: window.session.looking.shown is not None, timeout=30_000)
    return window


def grain(window):
    """How much neighbors differ in the box that is shown in the axial slice."""
    pane = window.panes.slices["axial"]
    room = pane.glimpse.room.toAlignedRect().adjusted(6, 6, -6, -6)
    shown = pixels(pane)[room.top() : room.bottom(), room.left() : room.right()].mean(axis=2)
    return float(np.median(np.abs(np.diff(shown, axis=1))))


def test_a_preview_shows_a_quieter_box_in_its_place_until_esc(previewed, trigger):
    window, session = previewed, previewed.session
    pane = window.panes.slices["axial"]
    view = session.view
    view.mask_fill, view.mask_outline, view.crosshair = 0.0, False, False
    assert pane.point_at(pane.rect().center()) == pytest.approx(view.cursor_lps, abs=15)
    assert session.looking.shown.volume.grid.holds(np.array(view.cursor_lps))
    quiet = grain(window)
    view.raw_held = True
    assert quiet < 0.8 * grain(window)
    view.raw_held = False
    assert "Noise 1" in window.jobs_bar.text.text()
    assert session.case.restored is None, "nothing was taken"
    trigger("cancel")
    assert session.looking.shown is None
    assert pane.glimpse.room is None
    assert window.jobs_bar.text.text() == "Ready"


def test_a_preview_follows_the_options_and_the_crosshair(previewed, qtbot):
    window, looking = previewed, previewed.session.looking
    first = looking.shown
    window.steps.cards["enhance"].form.fields["mode"].set("exact")
    qtbot.waitUntil(lambda: looking.shown is not first, timeout=30_000)
    assert looking.shown.mode == "exact"
    assert looking.shown.residual_hu == 0
    at = window.session.view.cursor_lps
    window.session.view.cursor_lps = (at[0], at[1], at[2] + 5)
    qtbot.wait(400)
    second = looking.shown
    assert second.volume.grid.holds(np.array(at)), "it stays while the crosshair is inside"
    window.session.view.cursor_lps = (at[0], at[1], at[2] + 40)
    qtbot.waitUntil(lambda: looking.shown is not second, timeout=30_000)
    assert not looking.shown.volume.grid.holds(np.array(at))


def test_raw_and_restored_lie_side_by_side_in_the_box(previewed, trigger):
    view, pane = previewed.session.view, previewed.panes.slices["axial"]
    trigger("swipe")
    room = pane.swipe.room
    assert room == pane.glimpse.room
    assert room.width() < 0.8 * pane.width()
    trigger("swipe-left")
    assert view.swipe_at == pytest.approx(0.45)
    assert pane.swipe.raw_side.width() == pytest.approx(0.45 * room.width())
    trigger("swipe-right")
    trigger("swipe")
    assert pane.swipe.room is None


def test_a_later_preview_is_there_at_once_and_the_window_never_stands_still(previewed, qtbot):
    looking = previewed.session.looking
    first, beat = looking.shown, Heartbeat(time.thread_time)
    QTest.keyClick(previewed.panes.slices["axial"], Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: looking.shown is not first, timeout=4_000)
    assert beat.stop() < 0.1


def test_another_scan_takes_the_preview_away(previewed):
    previewed.files.close_case()
    assert previewed.session.looking.shown is None


def test_the_form_tells_what_the_step_promises_and_costs(an_open_window, qtbot):
    window, forecast = an_open_window, an_open_window.steps.forecast
    window.steps.unfold("enhance")
    qtbot.waitUntil(lambda: "voxels" in forecast.cost.text(), timeout=30_000)
    k, j, i = window.session.case.volume.grid.shape
    assert f"{i} × {j} × {k} voxels" in forecast.cost.text()
    assert "free\nAbout" in forecast.cost.text()
    assert "no more and no less" in forecast.promise.text()
    fields = window.steps.cards["enhance"].form.fields
    fields["mode"].set("exact")
    fields["divide"].set("all")
    assert "every measured voxel" in forecast.promise.text()
    qtbot.waitUntil(lambda: f"{2 * i} × {2 * j} × {2 * k}" in forecast.cost.text(), timeout=30_000)
    assert forecast.refusal.isHidden()


def test_the_form_says_why_a_scan_cannot_be_restored_and_what_would_fit(
    an_open_window, qtbot, monkeypatch
):
    window, forecast = an_open_window, an_open_window.steps.forecast
    voxels = window.session.case.volume.voxels.size
    monkeypatch.setattr("viewer.case.glimpse.free_memory", lambda: 50 * voxels)
    window.steps.cards["enhance"].form.fields["divide"].set("all")
    window.steps.unfold("enhance")
    qtbot.waitUntil(forecast.refusal.isVisible, timeout=30_000)
    assert "of memory" in forecast.refusal.text()
    assert '"Slices until cubic" needs' in forecast.refusal.text()
    monkeypatch.setattr("viewer.case.glimpse.why_unsuitable", lambda case: "It is an MR.")
    window.steps.cards["enhance"].form.reset()
    qtbot.waitUntil(lambda: "It is an MR." in forecast.refusal.text(), timeout=30_000)
    assert not forecast.button.isEnabled()


def test_a_cost_is_told_in_four_lines():
    cost = Cost((122, 512, 512), (1.25, 0.66, 0.66), 700_000_000, 9_000_000_000, 75.0, True)
    assert cost_text(cost).split("\n") == [
        "512 × 512 × 122 voxels",
        "of 0.66 × 0.66 × 1.25 mm",
        "Memory 700 MB of 9.0 GB free",
        "About 1 min 15 s, with the network",
    ]
