import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from viewer.case.store import load_case
from viewer.session.jobs import Job
from viewer.window.actions import ACTIONS
from viewer.window.inspector import volume_text
from viewer.window.pages import ShortcutsPage
from viewer.window.palette import Palette
from viewer.window.progress_line import ProgressLine
from viewer.window.style import dress

pytestmark = pytest.mark.gui


def test_the_first_page_offers_the_example(a_window):
    assert a_window.stack.currentWidget() is a_window.start
    assert a_window.banner.patient.text() == "No scan open"
    assert not a_window.qactions["run-all"].isEnabled()
    assert a_window.qactions["open-example"].isEnabled()


def test_every_action_stands_in_its_menu(a_window):
    for action in ACTIONS:
        menus = a_window.menuBar().actions()
        menu = next(m.menu() for m in menus if m.text() == action.menu)
        assert a_window.qactions[action.name] in menu.actions()


def test_an_opened_case_shows_whose_it_is(an_open_window):
    window = an_open_window
    assert window.stack.currentWidget() is window.panes
    assert "DOE^JANE" in window.banner.patient.text()
    assert "<b>" in window.banner.study.text(), "text of a file is shown as it is, never as markup"
    assert window.steps.cards["trace"].property("state") == "done"
    assert "phantom" in window.windowTitle()


def test_hostile_text_stays_plain_text(an_open_window):
    assert an_open_window.banner.study.textFormat() == Qt.TextFormat.PlainText
    assert an_open_window.message_bar.text.textFormat() == Qt.TextFormat.PlainText


def test_paint_can_be_undone_and_redone(an_open_window, trigger, qtbot):
    window = an_open_window
    before = window.session.case.mask.volume_ml(1)
    center = window.session.case.volume.grid.center_lps
    trigger("tool-paint")
    window.panes.stroked.emit("paint", np.array([center, center + 3]), np.array([0.0, 0.0, 1.0]))
    qtbot.waitUntil(lambda: window.session.jobs.current is None, timeout=60_000)
    painted = window.session.case.mask.volume_ml(1)
    assert painted > before
    told = window.qactions["undo"].text()
    assert told.startswith("Undo paint")
    assert told.endswith(" ml")
    trigger("undo")
    assert window.session.case.mask.volume_ml(1) == before
    assert window.qactions["redo"].text() == told.replace("Undo", "Redo")
    trigger("redo")
    assert window.session.case.mask.volume_ml(1) == painted


def test_a_branch_can_be_selected_and_removed(an_open_window, trigger):
    window = an_open_window
    tree = window.session.case.tree
    leaf = next(i for i in range(len(tree.branches)) if i not in {b.parent for b in tree.branches})
    window.session.select(leaf)
    assert "mm" in window.inspector.selected.text()
    assert "±" in window.inspector.selected.text()
    before = window.session.case.mask.volume_ml(1)
    trigger("delete-branch")
    assert window.session.case.mask.volume_ml(1) < before
    assert window.session.branch is None


@pytest.mark.parametrize(
    ("name", "width", "level"), [("window-1", 400, 40), ("window-3", 2000, 350)]
)
def test_window_presets(an_open_window, trigger, name, width, level):
    trigger(name)
    assert an_open_window.session.view.window_hu == width
    assert an_open_window.session.view.level_hu == level


def test_layouts_show_and_hide_panes(an_open_window, trigger):
    panes = an_open_window.panes.panes
    for name, shown in (("layout-1x1", 1), ("layout-1+3", 4), ("layout-2x2", 4)):
        trigger(name)
        assert sum(pane.isVisible() for pane in panes.values()) == shown
    trigger("pane-2")
    trigger("maximize")
    assert [name for name, pane in panes.items() if pane.isVisible()] == ["coronal"]
    trigger("maximize")
    assert all(pane.isVisible() for pane in panes.values())


def test_the_raw_scan_shows_while_the_backtick_is_held(an_open_window, qtbot):
    pane = an_open_window.panes.panes["axial"]
    qtbot.keyPress(pane, Qt.Key.Key_QuoteLeft)
    assert an_open_window.session.view.raw_held
    qtbot.keyRelease(pane, Qt.Key.Key_QuoteLeft)
    assert not an_open_window.session.view.raw_held


def test_switches_follow_the_view(an_open_window, trigger):
    window = an_open_window
    switches = {"crosshair": "crosshair", "tree": "tree_shown", "planes": "planes_shown"}
    for name, field in switches.items():
        before = getattr(window.session.view, field)
        trigger(name)
        assert getattr(window.session.view, field) is not before
        assert window.qactions[name].isChecked() is not before
    assert window.inspector.switches["planes_shown"].isChecked()


def test_the_palette_finds_and_runs_by_words(an_open_window, qtbot):
    palette = Palette(list(an_open_window.qactions.values()), an_open_window)
    qtbot.addWidget(palette)
    palette.line.setText("bone window")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert an_open_window.session.view.window_hu == 2000


def test_a_key_can_be_changed_and_a_double_one_is_refused(a_window, qtbot):
    page = ShortcutsPage({}, a_window)
    qtbot.addWidget(page)
    page.edits["fit"].setKeySequence("Ctrl+Shift+F9")
    assert page.shortcuts == {"fit": "Ctrl+Shift+F9"}
    page.edits["fit"].setKeySequence("Ctrl+O")
    assert "Open folder" in page.trouble.text()


def test_dropping_a_folder_opens_it(a_window, a_case, tmp_path, qtbot):
    from viewer.case.store import save_case

    save_case(a_case, tmp_path / "dropped")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped"))])
    event = QDropEvent(
        QPointF(QPoint(50, 50)),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    a_window.dropEvent(event)
    qtbot.waitUntil(lambda: a_window.session.case.volume is not None, timeout=30_000)


def test_a_bad_folder_gets_a_sentence_in_the_bar(an_open_window, tmp_path, qtbot):
    window = an_open_window
    before = window.session.case
    (tmp_path / "empty").mkdir()
    window.files.open_path(tmp_path / "empty")
    qtbot.waitUntil(lambda: "empty" in window.message_bar.text.text(), timeout=10_000)
    assert window.session.case is before
    assert window.message_bar.isVisible()


def test_saving_writes_a_case_with_its_picture(an_open_window, tmp_path, qtbot):
    job = an_open_window.files.save_to(tmp_path / "saved")
    qtbot.waitUntil(lambda: job.over, timeout=90_000)
    assert job.state == "done", job.sentence
    assert load_case(tmp_path / "saved").tree is not None
    assert (tmp_path / "saved" / "overview.png").stat().st_size > 10_000


def test_work_that_would_be_lost_is_asked_about(an_open_window, monkeypatch, tmp_path):
    window = an_open_window
    window.session.change("Segment", window.session.case, window.session.case.put("tree", None))
    asked = []
    monkeypatch.setattr(window.files, "_confirm", lambda text, yes: asked.append(text) or False)
    before = window.session.case
    window.files.open_path(tmp_path)
    window.files.close_case()
    assert len(asked) == 2
    assert window.session.case is before


@pytest.mark.parametrize("name", ["palette", "shortcuts", "settings", "help", "about", "log"])
def test_pages_open_and_close(a_window, trigger, name, qtbot):
    trigger(name)
    shown = [page for page in a_window.findChildren(QDialog) if page.isVisible()]
    assert len(shown) == 1
    shown[0].close()
    qtbot.waitUntil(lambda: not any(p.isVisible() for p in a_window.findChildren(QDialog)))


def test_what_was_said_of_one_patient_never_stands_over_another(an_open_window):
    window = an_open_window
    assert window.message_bar.isVisible()
    window.session.close_case()
    assert not window.message_bar.isVisible()


def test_without_a_scan_there_is_nothing_to_set(a_window, an_open_window):
    inspector = an_open_window.inspector
    assert inspector.preset.isEnabled()
    an_open_window.session.saved_case = an_open_window.session.case
    an_open_window.files.close_case()
    assert not inspector.preset.isEnabled()
    assert not inspector.numbers["slab_mm"].isEnabled()


def test_a_little_of_a_structure_is_not_called_none():
    assert volume_text(0.004) == "under 0.1 ml"
    assert volume_text(12.34) == "12.3 ml"


def test_nothing_jumps_when_a_job_begins(an_open_window, qtbot):
    pane, button = an_open_window.panes.slices["axial"], an_open_window.steps.all
    before = pane.size(), button.mapTo(an_open_window, QPoint(0, 0))
    go_on = threading.Event()
    an_open_window.session.jobs.start("Waiting", lambda progress: go_on.wait(20), lambda _: None)
    qtbot.waitUntil(an_open_window.jobs_bar.cancel.isVisible)
    qtbot.wait(20)
    assert (pane.size(), button.mapTo(an_open_window, QPoint(0, 0))) == before
    an_open_window.steps.unfold("segment")
    qtbot.wait(20)
    assert button.mapTo(an_open_window, QPoint(0, 0)) == before[1]
    go_on.set()
    qtbot.waitUntil(lambda: an_open_window.session.jobs.current is None)


def test_the_last_second_of_a_job_is_not_counted(a_window):
    job = Job("Reading", state="running", fraction=0.999, started=time.monotonic() - 5)
    a_window.jobs_bar.show_job(job)
    assert a_window.jobs_bar.text.text() == "Reading: 100 %"
    job.fraction = 0.5
    a_window.jobs_bar.show_job(job)
    assert a_window.jobs_bar.text.text() == "Reading: 50 %, about 5 s left"


def test_the_largest_type_fits_the_screen_and_cuts_no_word_at_the_sides(
    an_open_window, trigger, qtbot
):
    window = an_open_window
    long = "CT THORAX AND ABDOMEN WITHOUT AND WITH CONTRAST, THREE PHASES"
    window.banner.study.setText(f"{long}  |  {long}  |  1998-11-01  |  case")
    trigger("layout-vessel")
    dress(QApplication.instance(), 24)
    window.resize(1920, 1040)
    qtbot.wait(100)
    assert window.minimumSizeHint().width() <= 1920
    head = window.steps.all
    assert (
        window.steps.viewport()
        .rect()
        .contains(head.mapTo(window.steps.viewport(), head.rect().bottomRight()))
    )


def test_progress_is_not_painted_at_once(qtbot):
    class Neighbor(QWidget):
        painted = 0

        def paintEvent(self, event):
            Neighbor.painted += 1

    outer = QWidget()
    qtbot.addWidget(outer)
    line, neighbor = ProgressLine("Progress"), Neighbor(outer)
    line.setParent(outer)
    outer.resize(200, 100)
    outer.show()
    qtbot.waitExposed(outer)
    qtbot.wait(50)
    before = Neighbor.painted
    neighbor.update()
    line.show_fraction(0.5)
    assert Neighbor.painted == before
    qtbot.waitUntil(lambda: Neighbor.painted > before)
    assert line.value() == 500


def test_the_enhanced_scan_comes_back_when_another_program_takes_the_keyboard(an_open_window):
    view = an_open_window.session.view
    QTest.keyPress(an_open_window, Qt.Key.Key_QuoteLeft)
    assert view.raw_held
    QApplication.instance().applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    assert not view.raw_held
