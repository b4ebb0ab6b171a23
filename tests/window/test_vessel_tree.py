"""The sheet of a tree in the window: clicks choose, the wheel goes along, nothing stands still."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.window.heartbeat import Heartbeat
from tests.window.mouse import press, wheel
from viewer.errors import ViewerError
from viewer.geometry import tree_sheet
from viewer.scene.cpr_tree import TreePicture
from viewer.window import vessel_image, vessel_measuring, vessel_tree

pytestmark = pytest.mark.gui
TENTH_MM = 0.1
LONGEST_GAP_S = 0.1


@pytest.fixture
def curve(view, trigger, qtbot):
    """The curved view with the sheet of the whole tree."""
    trigger("sheet-tree")
    qtbot.waitUntil(lambda: isinstance(view.curve.picture(), TreePicture), timeout=10_000)
    return view.curve


def middle_of(picture, number, share=0.6):
    left, top, right, bottom = picture.box(number)
    return left + share * (right - left), (top + bottom) / 2


def test_t_goes_from_sheet_to_sheet(view, a_vessel_window, trigger):
    state = a_vessel_window.session.view
    for wanted in ("stretched", "tree", "straightened"):
        trigger("vessel-sheet")
        assert state.vessel_sheet == wanted
        assert view.header.sheets[wanted].isChecked()
        assert a_vessel_window.qactions[f"sheet-{wanted}"].isChecked()
        view.curve.grab()
    view.header.sheets["tree"].click()
    assert state.vessel_sheet == "tree"


def test_every_branch_of_the_tree_is_on_the_sheet(curve, a_vessel_window):
    tree = a_vessel_window.session.case.tree
    sheet = curve.picture().sheet
    assert all(sheet.lane_of(number) >= 0 for number in range(len(tree.branches)))
    image = curve.grab().toImage()
    for number in range(len(sheet.lanes)):
        x, y = middle_of(curve.picture(), number)
        assert image.pixelColor(int(x) + 6, int(y)).lightness() > 60


def test_a_click_chooses_the_vessel_and_puts_the_cursor_there(curve, view, a_vessel_window, qtbot):
    session = a_vessel_window.session
    for number in range(len(curve.picture().sheet.lanes)):
        picture = curve.picture()
        x, y = middle_of(picture, number, 0.1)
        wanted = picture.point_lps(x, y + 3)
        press(curve, (x, y + 3))
        qtbot.waitUntil(lambda: view.vessel.sections is not None, timeout=20_000)
        assert np.linalg.norm(np.array(session.view.cursor_lps) - wanted) < TENTH_MM
        assert session.branch in picture.sheet.lanes[number].course.branches
        again = curve.picture()
        assert again.chosen == number
        shown = again.point_lps(*again.pixel(wanted))
        assert np.linalg.norm(shown - wanted) < TENTH_MM


def test_wheel_turn_and_zoom_work_as_in_the_other_sheets(curve, view, a_vessel_window):
    state = a_vessel_window.session.view
    view.vessel.go_to(30.0)
    wheel(curve, -2)
    assert view.vessel.place.s_mm == pytest.approx(32.0, abs=TENTH_MM)
    before = curve.picture()
    press(curve, (200, 100), (240, 100))
    assert state.vessel_angle == pytest.approx(20.0)
    np.testing.assert_allclose(before.box(0), curve.picture().box(0))
    curve.zoom_by(3.0)
    near = curve.picture()
    assert near.mm_per_pixel == pytest.approx(before.mm_per_pixel / 3)
    x, y = near.pixel(np.array(state.cursor_lps))
    assert 0 < x < near.width
    assert 0 < y < near.height
    view.profile.grab()


def test_the_profile_stands_on_the_axis_of_the_tree(curve, view):
    vessel = view.vessel
    vessel.go_to(25.0)
    picture = curve.picture()
    x = picture.pixel(np.array(vessel.view.cursor_lps))[0]
    assert float(picture.x_of(np.array(25.0))) == pytest.approx(x, abs=2)
    press(view.profile, (x + 20, 60))
    assert vessel.place.s_mm == pytest.approx(picture.s_at(x + 20), abs=TENTH_MM)


def test_only_what_hangs_on_a_vessel_can_be_shown(curve, a_vessel_window, trigger, qtbot):
    session = a_vessel_window.session
    whole = curve.picture().sheet
    thin = min(whole.lanes, key=lambda lane: lane.half_mm)
    session.select(thin.course.branches[0])
    trigger("vessel-branches")
    qtbot.waitUntil(lambda: curve.picture() is not None, timeout=10_000)
    part = curve.picture().sheet
    assert len(part.lanes) < len(whole.lanes)
    assert session.branch in part.lanes[0].course.branches
    trigger("vessel-branches")
    qtbot.waitUntil(lambda: curve.picture() is not None, timeout=10_000)
    assert len(curve.picture().sheet.lanes) == len(whole.lanes)


def test_a_tree_is_laid_out_again_after_an_edit(curve, a_vessel_window, qtbot):
    session = a_vessel_window.session
    tree, before = session.case.tree, curve.picture().sheet
    own = curve.vessel.course.branches
    a_vessel_window.editing.remove_branch(
        next(n for n in range(len(tree.branches)) if n not in own)
    )
    qtbot.waitUntil(lambda: session.case.tree is not tree, timeout=20_000)
    qtbot.waitUntil(
        lambda: curve.picture() is not None and curve.picture().sheet is not before,
        timeout=60_000,
    )
    qtbot.waitUntil(lambda: session.jobs.current is None, timeout=60_000)


@pytest.mark.parametrize("sheet", ["straightened", "stretched", "tree"])
def test_slabs_and_the_raw_scan_are_shown_in_curved_views(
    view,
    a_vessel_window,
    trigger,
    qtbot,
    sheet,
):
    trigger(f"sheet-{sheet}")
    qtbot.waitUntil(lambda: view.curve.picture() is not None, timeout=10_000)
    trigger("fill")
    trigger("outline")
    trigger("corners")
    view.curve.grab()
    thin = view.curve._image._hu[True][1].astype(int)
    section = view.sections["cursor"].grab().toImage()
    trigger("slab-mip")
    view.curve.grab()
    thick = view.curve._image._hu[True][1].astype(int)
    assert (thick - thin)[thin > -32768].mean() > 5
    assert view.sections["cursor"].grab().toImage() != section
    trigger("slab-off")
    a_vessel_window.session.view.raw_held = True
    view.curve.grab()
    assert view.curve._image._hu[True][0][0] is a_vessel_window.session.case.volume
    a_vessel_window.session.view.raw_held = False


def test_a_slow_picture_is_coarse_while_it_turns_and_fine_at_rest(
    view,
    a_vessel_window,
    qtbot,
    monkeypatch,
):
    monkeypatch.setattr(vessel_image, "SLOW_S", 0.0)
    view.curve._image.slow = False
    fine = (view.curve.height(), view.curve.width())
    a_vessel_window.session.view.vessel_angle = 12.0
    view.curve.grab()
    assert view.curve._image._hu[True][1].shape == fine, "the first one tells how long it takes"
    a_vessel_window.session.view.vessel_angle = 24.0
    view.curve.grab()
    assert view.curve._image._hu[True][1].shape[0] <= round(fine[0] / 2)
    qtbot.waitUntil(lambda: not view.curve._coarse, timeout=2000)
    view.curve.grab()
    assert view.curve._image._hu[True][1].shape == fine


@pytest.mark.parametrize("sheet", ["straightened", "stretched", "tree"])
def test_turning_never_holds_up_the_window(view, a_vessel_window, trigger, qtbot, sheet):
    trigger(f"sheet-{sheet}")
    qtbot.waitUntil(lambda: view.curve.picture() is not None, timeout=10_000)
    qtbot.wait(100)
    longest = []
    while not longest or (min(longest) >= LONGEST_GAP_S and len(longest) < 3):
        heartbeat = Heartbeat()
        for _ in range(30):
            view.vessel.turn(6.0)
            qtbot.wait(5)
        qtbot.wait(250)
        longest.append(heartbeat.stop())
    assert min(longest) < LONGEST_GAP_S


def test_a_vessel_is_shown_before_it_is_measured(view, a_vessel_window, qtbot, monkeypatch):
    real, waiting = vessel_measuring.measure_sections, []

    def slowly(*args, **keys):
        while not waiting:
            time.sleep(0.005)
        return real(*args, **keys)

    monkeypatch.setattr(vessel_measuring, "measure_sections", slowly)
    a_vessel_window.qactions["vessel-next"].trigger()
    vessel = view.vessel
    try:
        assert vessel.sections is None
        assert "Measuring" in vessel.words
        picture = view.curve.picture()
        assert picture is not None
        image = view.curve.grab().toImage()
        x = int(picture.x_of(np.array(0.5 * vessel.frames.s_mm[-1]))) + 8
        assert image.pixelColor(x, image.height() // 2).lightness() > 100
        assert view.sections["cursor"].plane() is not None
        assert view.sections["cursor"].told()[0][0] == vessel.words
        view.profile.grab()
    finally:
        waiting.append(1)
    qtbot.waitUntil(lambda: vessel.sections is not None, timeout=20_000)
    assert "±" in view.sections["cursor"].told()[0][0]


def test_a_failure_to_lay_out_is_told(view, a_vessel_window, qtbot, monkeypatch):
    def fails(*_):
        raise ViewerError("No sheet today.")

    assert tree_sheet.lanes_from is vessel_tree.lanes_from
    monkeypatch.setattr(vessel_tree, "lanes_from", fails)
    a_vessel_window.session.view.vessel_sheet = "tree"
    view.curve.grab()
    qtbot.waitUntil(lambda: view.curve.lanes.words == "No sheet today.", timeout=5000)
    view.curve.grab()


def test_what_was_cancelled_is_laid_out_when_the_sheet_is_shown_again(
    view, a_vessel_window, qtbot, monkeypatch
):
    real, go = vessel_tree.lanes_from, []

    def slowly(*of):
        while not go:
            time.sleep(0.005)
        return real(*of)

    monkeypatch.setattr(vessel_tree, "lanes_from", slowly)
    state = a_vessel_window.session.view
    state.vessel_sheet = "tree"
    view.curve.grab()
    a_vessel_window.session.jobs.cancel_all()
    go.append(1)
    qtbot.waitUntil(lambda: "cancelled" in view.curve.lanes.words, timeout=5000)
    view.curve.grab()
    assert view.curve.picture() is None
    state.vessel_sheet = "straightened"
    state.vessel_sheet = "tree"
    qtbot.waitUntil(lambda: view.curve.picture() is not None, timeout=10_000)


@pytest.mark.parametrize("sheet", ["straightened", "tree"])
def test_an_enlarged_view_is_moved_with_the_middle_button_and_fits_again(
    view, a_vessel_window, trigger, qtbot, sheet
):
    trigger(f"sheet-{sheet}")
    qtbot.waitUntil(lambda: view.curve.picture() is not None, timeout=10_000)
    cursor = a_vessel_window.session.view.cursor_lps
    whole = view.curve.picture()
    view.curve.zoom_by(4.0)
    before = np.array(view.curve.picture().pixel(np.array(cursor)))
    press(view.curve, (200, 100), (230, 112), button=Qt.MouseButton.MiddleButton)
    after = np.array(view.curve.picture().pixel(np.array(cursor)))
    np.testing.assert_allclose(after - before, (30, 12), atol=0.01)
    assert a_vessel_window.session.view.cursor_lps == cursor
    place = (after[0] + 5, after[1] + 2)
    wanted = view.curve.picture().point_lps(*place)
    press(view.curve, place)
    now = np.array(a_vessel_window.session.view.cursor_lps)
    assert np.linalg.norm(now - wanted) < TENTH_MM
    trigger("fit")
    assert view.curve.zoom == 1.0
    fitted = view.curve.picture()
    assert fitted.mm_per_pixel == pytest.approx(whole.mm_per_pixel)
    assert fitted.middle_mm == pytest.approx(whole.middle_mm)
