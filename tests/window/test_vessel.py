"""The layout of one vessel: what is picked in one view is shown in all."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.window.mouse import LEFT, press, wheel
from viewer.case.case import Case
from viewer.scene.colors import TOKENS
from viewer.window import vessel_measuring

pytestmark = pytest.mark.gui
TENTH_MM = 0.1


def test_without_vessels_it_says_what_to_press(a_window, trigger, qtbot, a_volume):
    a_window.session.make_up("bare", lambda progress: Case(volume=a_volume))
    qtbot.waitUntil(lambda: a_window.session.case.volume is not None)
    trigger("layout-vessel")
    assert "F5" in a_window.panes.vessel.vessel.words
    assert a_window.panes.vessel.curve.isVisible()
    assert not a_window.qactions["flag-minimum"].isEnabled()


def test_the_layout_shows_one_measured_vessel(a_vessel_window, view):
    panes = a_vessel_window.panes
    assert panes.scene.isVisible()
    assert all(part.isVisible() for part in view.parts.values())
    assert not any(pane.isVisible() for pane in panes.slices.values())
    vessel = view.vessel
    found = vessel.sections.values["diameter_equivalent_mm"]
    inner = found[len(found) // 4 : len(found) // 2]
    s = vessel.sections.frames.s_mm[len(found) // 4 : len(found) // 2]
    true = 2 * np.interp(s, vessel.course.s_mm, vessel.course.radius_mm)
    assert np.nanmedian(np.abs(inner - true)) < 1.0
    assert view.table.item(0, 2).text().endswith("mm²")
    assert "±" in view.table.item(0, 3).text()


def test_the_layout_chooses_a_vessel_by_itself(an_open_window, trigger, qtbot):
    trigger("layout-vessel")
    qtbot.waitUntil(lambda: an_open_window.panes.vessel.vessel.sections is not None)
    assert an_open_window.session.branch is not None


def test_the_lumen_is_a_bright_straight_band(view):
    image = view.curve.grab().toImage()
    picture = view.curve.picture()
    length = view.vessel.sections.frames.s_mm[-1]
    for share in (0.3, 0.5, 0.7):
        x = int(picture.x_of(np.array(share * length + 3.3)))
        assert image.pixelColor(x, image.height() // 2 + 4).lightness() > 120


def test_a_click_in_the_curved_view_moves_all_views(view, a_vessel_window):
    session = a_vessel_window.session
    picture = view.curve.picture()
    place = (picture.width * 0.4, picture.height * 0.5 - 10)
    wanted = picture.point_lps(*place)
    press(view.curve, place)
    cursor = np.array(session.view.cursor_lps)
    assert np.linalg.norm(cursor - wanted) < TENTH_MM
    shown = picture.point_lps(*picture.pixel(cursor))
    assert np.linalg.norm(shown - cursor) < TENTH_MM
    plane = view.sections["cursor"].plane()
    assert abs(plane.depth_mm(cursor)) < TENTH_MM
    for name, pane in a_vessel_window.panes.slices.items():
        pane.resize(300, 300)
        assert abs(pane.plane().depth_mm(cursor)) < TENTH_MM, name


def test_a_click_in_a_section_moves_the_curved_view(view, a_vessel_window):
    view.vessel.go_to(40.0)
    pane = view.sections["cursor"]
    place = (pane.width() / 2 + 12, pane.height() / 2 - 9)
    wanted = pane.plane().point_lps(*place)
    press(pane, place)
    cursor = np.array(a_vessel_window.session.view.cursor_lps)
    assert np.linalg.norm(cursor - wanted) < TENTH_MM
    assert view.vessel.place.s_mm == pytest.approx(40.0, abs=TENTH_MM)
    assert float(view.curve.picture().x_of(np.array(40.0))) == pytest.approx(
        view.curve.picture().pixel(cursor)[0], abs=1
    )


def test_a_branch_picked_in_3d_is_shown_with_the_place_that_was_clicked(
    view, a_vessel_window, qtbot
):
    session = a_vessel_window.session
    tree = session.case.tree
    number = next(
        n
        for n, b in enumerate(tree.branches)
        if n not in view.vessel.course.branches and b.length_mm > 15
    )
    point = tree.branches[number].points_lps[-5]
    a_vessel_window.panes.scene.branch_picked.emit(number)
    session.view.cursor_lps = tuple(float(v) for v in point)
    qtbot.waitUntil(lambda: view.vessel.sections is not None, timeout=20_000)
    assert number in view.vessel.course.branches
    np.testing.assert_allclose(session.view.cursor_lps, point)
    shown = view.curve.picture().point_lps(*view.curve.picture().pixel(point))
    assert np.linalg.norm(shown - point) < 1.5


def test_a_cursor_of_a_slice_is_found_on_the_vessel(view, a_vessel_window):
    frames = view.vessel.sections.frames
    number = len(frames.points_lps) // 3
    point = frames.points_lps[number] + 2 * frames.up[number]
    a_vessel_window.session.view.cursor_lps = tuple(float(v) for v in point)
    assert view.vessel.place.s_mm == pytest.approx(frames.s_mm[number], abs=TENTH_MM)
    assert view.vessel.place.offset_mm == pytest.approx(2.0, abs=TENTH_MM)


def test_the_wheel_goes_along_the_vessel(view, trigger):
    view.vessel.go_to(30.0)
    wheel(view.curve, -3)
    assert view.vessel.place.s_mm == pytest.approx(33.0, abs=TENTH_MM)
    wheel(view.sections["cursor"], 1)
    assert view.vessel.place.s_mm == pytest.approx(32.0, abs=TENTH_MM)
    trigger("vessel-on")
    assert view.vessel.place.s_mm == pytest.approx(33.0, abs=TENTH_MM)
    view.vessel.step(1e6)
    assert view.vessel.place.s_mm == pytest.approx(view.vessel.sections.frames.s_mm[-1], abs=1.0)


def test_a_drag_and_keys_turn_the_vessel(view, a_vessel_window, trigger):
    state = a_vessel_window.session.view
    before = state.cursor_lps
    press(view.curve, (200, 100), (240, 100), (280, 100))
    assert state.vessel_angle == pytest.approx(40.0)
    assert state.cursor_lps == before
    trigger("vessel-turn-back")
    assert state.vessel_angle == pytest.approx(30.0)
    QTest.keyClick(view.curve, Qt.Key.Key_Up)
    assert state.vessel_angle == pytest.approx(35.0)
    assert view.header.degrees.value() == 35
    view.header.angle.setValue(120)
    assert state.vessel_angle == pytest.approx(120.0)
    QTest.mouseDClick(view.header.angle, LEFT)
    assert state.vessel_angle == 0.0


def test_turning_changes_the_picture_not_the_place(view, a_vessel_window):
    a = view.curve.picture()
    a_vessel_window.session.view.vessel_angle = 90.0
    b = view.curve.picture()
    np.testing.assert_allclose(a.x_of(np.array([10.0, 50.0])), b.x_of(np.array([10.0, 50.0])))
    assert np.linalg.norm(a.point_lps(300, 60) - b.point_lps(300, 60)) > 5


def test_flags_are_proposed_and_a_person_moves_them(view, trigger):
    vessel = view.vessel
    assert vessel.proposed == {"proximal", "minimum", "distal"}
    assert "(proposed)" in view.table.item(1, 0).text()
    vessel.go_to((vessel.flags.proximal_mm + vessel.flags.distal_mm) / 2)
    trigger("flag-minimum")
    assert vessel.flags.minimum_mm == pytest.approx(vessel.place.s_mm)
    assert vessel.proposed == {"proximal", "distal"}
    trigger("accept-flags")
    assert vessel.proposed == set()
    assert "(proposed)" not in view.table.text()


def test_a_flag_is_dragged_on_the_profile(view):
    vessel, profile = view.vessel, view.profile
    picture = view.curve.picture()
    x = float(picture.x_of(np.array(vessel.flags.minimum_mm)))
    press(profile, (x, 60), (x + 5, 60), (x + 12, 60))
    assert vessel.flags.minimum_mm == pytest.approx(picture.s_at(x + 12), abs=0.01)
    assert vessel.place.s_mm == pytest.approx(picture.s_at(x + 12), abs=TENTH_MM)
    far = float(picture.x_of(np.array(vessel.flags.distal_mm))) + 200
    press(profile, (x + 12, 60), (far, 60))
    assert vessel.flags.minimum_mm <= vessel.flags.distal_mm


def test_a_click_on_the_profile_moves_the_cursor(view):
    picture = view.curve.picture()
    x = float(picture.x_of(np.array(view.vessel.flags.distal_mm))) + 25
    press(view.profile, (x, 60))
    assert view.vessel.place.s_mm == pytest.approx(picture.s_at(x), abs=TENTH_MM)


def test_stretched_and_area_are_switches(view, a_vessel_window, trigger):
    state = a_vessel_window.session.view
    trigger("vessel-sheet")
    assert state.vessel_sheet == "stretched"
    assert view.header.sheets["stretched"].isChecked()
    picture = view.curve.picture()
    press(view.curve, (picture.width * 0.5, picture.height * 0.5))
    cursor = np.array(state.cursor_lps)
    assert np.linalg.norm(picture.point_lps(*picture.pixel(cursor)) - cursor) < TENTH_MM
    view.curve.grab()
    trigger("vessel-area")
    assert state.vessel_profile == "area"
    view.profile.grab()


def test_a_vessel_is_measured_once(view, a_vessel_window, trigger, qtbot, monkeypatch):
    measured = []
    real = vessel_measuring.measure_sections
    monkeypatch.setattr(
        vessel_measuring, "measure_sections", lambda *a, **k: measured.append(1) or real(*a, **k)
    )
    first, chosen = view.vessel.sections, a_vessel_window.session.branch
    trigger("vessel-next")
    qtbot.waitUntil(lambda: view.vessel.sections is not None, timeout=20_000)
    assert view.vessel.sections is not first
    a_vessel_window.session.select(chosen)
    assert view.vessel.sections is first
    assert len(measured) == 1


def test_a_cancelled_measurement_says_so(view, a_vessel_window, trigger, qtbot):
    a_vessel_window.qactions["vessel-next"].trigger()
    a_vessel_window.session.jobs.cancel_all()
    qtbot.waitUntil(lambda: a_vessel_window.session.jobs.current is None)
    qtbot.wait(20)
    vessel = view.vessel
    assert vessel.sections is not None or "cancelled" in vessel.words


def test_a_new_case_forgets_the_vessel(view, a_vessel_window, trigger):
    trigger("close-case")
    assert view.vessel.sections is None
    assert view.vessel.flags is None


def test_the_table_is_copied_with_its_errors(view, trigger):
    trigger("copy-vessel")
    text = QApplication.clipboard().text()
    assert "Proximal normal" in text
    assert "±" in text
    assert "\t" in text


def test_a_part_takes_all_the_room_and_gives_it_back(view, a_vessel_window, trigger):
    view.curve.maximize_requested.emit()
    assert view.parts["curved view"].isVisible()
    assert not a_vessel_window.panes.scene.isVisible()
    view.curve.maximize_requested.emit()
    assert a_vessel_window.panes.scene.isVisible()
    trigger("pane-1")
    assert a_vessel_window.panes.slices["axial"].isVisible()
    trigger("layout-2x2")
    assert not view.curve.isVisible()


def test_an_edit_shows_the_vessel_of_the_new_tree(view, a_vessel_window, qtbot):
    session = a_vessel_window.session
    before = view.vessel.sections
    tree = session.case.tree
    side = next(n for n, b in enumerate(tree.branches) if n not in view.vessel.course.branches)
    a_vessel_window.editing.remove_branch(side)
    qtbot.waitUntil(lambda: session.case.tree is not tree, timeout=20_000)
    qtbot.waitUntil(
        lambda: view.vessel.sections not in (None, before) and session.jobs.current is None,
        timeout=60_000,
    )
    assert session.branch in view.vessel.course.branches


def test_a_section_tells_its_numbers_and_how_narrow_the_cursor_is(view):
    vessel, pane = view.vessel, view.sections["cursor"]
    vessel.go_to((vessel.flags.proximal_mm + vessel.flags.distal_mm) / 2)
    (mean, narrowed), (both, _) = pane.told()
    assert mean.startswith("⌀ ")
    assert mean.endswith(" mm")
    assert both.count("±") == 2
    found = vessel.narrowed_here.percent_diameter
    assert ("−" in narrowed) == (found.value > 0)
    vessel.go_to(vessel.flags.distal_mm + 1)
    assert vessel.narrowed_here is None
    assert pane.told()[0][1] == ""
    assert pane.room.height() < pane.height()


def test_a_long_name_leaves_its_length_in_sight(view, a_vessel_window):
    view.header.resize(320, view.header.height())
    view.header.name.setFixedWidth(110)
    view.vessel.changed.emit()
    assert view.header.name.text().endswith(" mm")
    assert view.header.name.toolTip().startswith(view.vessel.name)


def test_made_up_and_drawn_parts_are_hatched_in_the_curved_view(view, a_vessel_window):
    violet = QColor(TOKENS["invented"]).rgb()

    def hatched():
        image = view.curve.grab().toImage()
        middle = range(image.height() // 3, 2 * image.height() // 3)
        return sum(image.pixel(x, y) == violet for x in range(60, 480, 3) for y in middle)

    before = hatched()
    course = view.vessel.course
    view.vessel.course = replace(course, invented=((20.0, 60.0),))
    assert hatched() > before + 20
    view.profile.grab()
    view.vessel.course = course
    assert hatched() == before


def test_numbers_whose_error_is_not_known_are_still_shown(view):
    vessel = view.vessel
    sections = vessel.sections
    gone = {name: np.full_like(sd, np.nan) for name, sd in sections.sd.items()}
    vessel.sections = replace(sections, sd=gone)
    view.profile.grab()
    assert "± ?" in view.sections["cursor"].told()[0][0]
    vessel.sections = sections
