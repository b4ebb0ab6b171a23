"""The tables of all that was measured: a row leads to its place in every view."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from viewer.case.case import Case
from viewer.case.pipeline import advance
from viewer.geometry.tree_measures import TreeMeasures
from viewer.provenance import Record
from viewer.scene.colors import TOKENS
from viewer.window.findings_lists import LISTINGS
from viewer.window.style import dress

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def a_narrowed_case(a_suitability):
    """A tube with one narrowing, traced and measured."""
    from viewer.phantom.scan import grid_around, render
    from viewer.phantom.vessels import narrowed_tube

    tree = narrowed_tube(least_mm=1.6)
    volume, mask = render(tree, grid_around(tree, (0.5,) * 3), blur_mm=0.5, noise_hu=10)
    case = Case(volume=volume).put("suitability", a_suitability).put("mask", mask)
    return advance(advance(case, "trace"), "measure")


@pytest.fixture
def a_measured_window(a_window, a_narrowed_case, qtbot):
    session = a_window.session
    session.make_up("tube", lambda progress: a_narrowed_case)
    qtbot.waitUntil(lambda: session.case.findings is not None and session.jobs.current is None)
    a_window.resize(1500, 900)
    qtbot.wait(50)
    return a_window


@pytest.fixture
def findings(a_measured_window):
    return a_measured_window.panes.vessel.findings


def click(table, row, column=0):
    place = table.visualRect(table.model().index(row, column)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_tables_say_what_to_press_and_the_button_measures(an_open_window, trigger, qtbot):
    window = an_open_window
    trigger("findings-narrowings")
    page = window.panes.vessel.findings.page
    assert page.isVisible()
    assert "Alt+5" in page.words.text()
    assert page.measure.isVisible()
    page.measure.click()
    qtbot.waitUntil(lambda: window.session.case.findings is not None, timeout=60_000)
    qtbot.wait(50)
    trigger("findings-audit")
    rows = window.panes.vessel.findings.page.table.rows
    assert rows
    assert window.steps.cards["measure"].property("state") == "done"


def test_without_a_tree_the_reason_is_told(a_window, trigger, qtbot, a_volume):
    a_window.session.make_up("bare", lambda progress: Case(volume=a_volume))
    qtbot.waitUntil(lambda: a_window.session.case.volume is not None)
    trigger("findings-widenings")
    page = a_window.panes.vessel.findings.page
    assert page.words.text() == "Run Segment first."
    assert not page.measure.isVisible()
    assert not a_window.qactions["run-measure"].isEnabled()


def test_an_empty_table_has_a_sentence(a_measured_window, trigger, findings):
    trigger("findings-widenings")
    assert findings.page.listing.name == "widenings"
    assert findings.page.words.isVisible()
    assert "widened" in findings.page.words.text()
    assert findings.titles.item(2).text() == "Widenings 0"


def test_a_click_on_a_narrowing_leads_there_and_proposes_its_flags(
    a_measured_window, trigger, findings, qtbot
):
    session = a_measured_window.session
    trigger("layout-vessel")
    trigger("findings-narrowings")
    table = findings.page.table
    (row,) = table.rows
    vessel = a_measured_window.panes.vessel.vessel
    session.view.cursor_lps = tuple(session.case.volume.grid.center_lps + 5.0)
    click(table, 0)
    qtbot.waitUntil(lambda: vessel.sections is not None, timeout=20_000)
    assert np.linalg.norm(np.array(session.view.cursor_lps) - row.at_lps) < 0.1
    assert session.branch == row.branch
    frames = vessel.sections.frames
    for name, wanted in zip(("proximal", "minimum", "distal"), row.flags_lps, strict=True):
        s = vessel.flag_places[name]
        at = [np.interp(s, frames.s_mm, axis) for axis in frames.points_lps.T]
        assert np.linalg.norm(at - wanted) < 1.0, name
    assert vessel.proposed == {"proximal", "minimum", "distal"}
    assert vessel.narrowing.percent_diameter.value == pytest.approx(60, abs=3)


def test_keys_go_from_row_to_row(an_open_window, trigger):
    view, findings = an_open_window.session.view, an_open_window.panes.vessel.findings
    trigger("run-measure")
    trigger("findings-angles")
    table = findings.page.table
    trigger("finding-next")
    first = view.cursor_lps
    np.testing.assert_allclose(first, table.rows[0].at_lps, atol=0.1)
    view.cursor_lps = tuple(an_open_window.session.case.volume.grid.center_lps + 3.0)
    QTest.keyClick(table, Qt.Key.Key_Return)
    np.testing.assert_allclose(view.cursor_lps, first, atol=0.1)
    QTest.keyClick(table, Qt.Key.Key_Down)
    np.testing.assert_allclose(view.cursor_lps, table.rows[1].at_lps, atol=0.1)
    trigger("finding-previous")
    trigger("finding-previous")
    assert table.currentIndex().row() == len(table.rows) - 1


def test_the_table_that_is_seen_is_copied(a_measured_window, trigger):
    trigger("findings-narrowings")
    trigger("copy-vessel")
    heads, row = QApplication.clipboard().text().split("\n")
    assert heads.split("\t")[:2] == ["Vessel", "Narrowed ⌀"]
    assert "±" in row
    assert row.endswith("proposed")


def test_other_layouts_show_the_tables_on_demand(a_measured_window, trigger, findings):
    panes = a_measured_window.panes
    assert not findings.isVisible()
    trigger("findings")
    assert findings.isVisible()
    assert panes.slices["axial"].isVisible()
    assert findings.titles.item(0).isHidden()
    trigger("layout-vessel")
    assert not findings.titles.item(0).isHidden()
    assert not a_measured_window.qactions["findings"].isEnabled()
    trigger("layout-2x2")
    trigger("findings")
    assert not findings.isVisible()


def test_the_inspector_counts_and_leads_to_the_tables(a_measured_window, findings):
    links = a_measured_window.inspector.measured.links
    assert links["narrowings"].text() == "Narrowings: 1"
    links["narrowings"].click()
    assert findings.isVisible()
    assert findings.page.listing.name == "narrowings"


def test_a_double_click_on_a_title_gives_all_the_room(a_measured_window, findings, trigger, qtbot):
    trigger("layout-vessel")
    before = findings.height()
    title = findings.titles.item(1)
    findings.titles.itemDoubleClicked.emit(title)
    qtbot.waitUntil(lambda: findings.height() > 2 * before)
    findings.titles.itemDoubleClicked.emit(title)
    qtbot.waitUntil(lambda: findings.height() == before)


@pytest.mark.parametrize("points", [10, 12])
def test_the_titles_of_all_tables_are_seen_at_once(
    a_measured_window, findings, trigger, qtbot, points
):
    dress(QApplication.instance(), points)
    trigger("layout-vessel")
    qtbot.wait(50)
    titles = findings.titles
    seen = titles.viewport().rect()
    for number in range(titles.count()):
        place = titles.visualItemRect(titles.item(number))
        assert seen.contains(place), titles.item(number).text()
        assert place.width() > titles.fontMetrics().horizontalAdvance(titles.item(number).text())


def test_a_click_on_a_title_shows_its_table(a_measured_window, findings, trigger):
    trigger("layout-vessel")
    for number, listing in enumerate(LISTINGS, start=1):
        findings.titles.setCurrentRow(number)
        assert findings.page.listing is listing
        assert a_measured_window.session.view.findings_tab == listing.name


def test_the_words_of_a_chosen_row_keep_their_color(a_measured_window, findings, trigger, qtbot):
    trigger("findings-narrowings")
    qtbot.wait(50)
    table = findings.page.table
    last = table.model().columnCount() - 1
    wanted = QColor(TOKENS["invented"]).hue()

    def violet():
        table.scrollTo(table.model().index(0, last))
        picture = table.viewport().grab(table.visualRect(table.model().index(0, last))).toImage()
        colors = [
            picture.pixelColor(x, y)
            for x in range(picture.width())
            for y in range(picture.height())
        ]
        return sum(c.saturation() > 60 and abs(c.hue() - wanted) < 12 for c in colors)

    before = violet()
    assert before > 20
    table.selectRow(0)
    qtbot.wait(20)
    assert violet() > before / 2


def test_an_edit_of_the_vessels_empties_the_tables(a_measured_window, findings, trigger):
    session = a_measured_window.session
    trigger("findings-narrowings")
    assert findings.page.table.rows
    before = session.case
    record = Record("edit", "mask", "2026-01-02T00:00:00+00:00", by="person")
    session.change("Edit", before, before.edit_mask(before.mask, record))
    assert session.case.findings is None
    assert not findings.page.table.rows
    assert findings.page.words.text() == "Run Trace first."
    trigger("undo")
    assert findings.page.table.rows


def test_marks_can_be_hidden(a_measured_window, trigger, findings, qtbot):
    trigger("findings-narrowings")
    trigger("finding-next")
    pane = a_measured_window.panes.slices["axial"]
    qtbot.wait(50)
    shown = pane.grab().toImage()
    trigger("finding-marks")
    qtbot.wait(50)
    assert pane.grab().toImage() != shown
    trigger("finding-marks")
    qtbot.wait(50)
    assert pane.grab().toImage() == shown


def test_a_case_without_anything_measured_has_only_sentences(a_measured_window, findings, trigger):
    trigger("findings")
    session = a_measured_window.session
    nothing = TreeMeasures((), (), (), (), (), ())
    session.change("Measure", session.case, session.case.put("findings", nothing))
    for number in range(1, findings.titles.count()):
        findings.titles.setCurrentRow(number)
        assert findings.page.words.isVisible()
        assert findings.page.words.text().endswith(".")
