import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialogButtonBox

from viewer.case.made_up import make_case
from viewer.phantom.patient import Recipe
from viewer.progress import Progress
from viewer.scene.colors import TOKENS
from viewer.scene.pins import pins_in_slice
from viewer.window.synthetic_dialog import SyntheticDialog

pytestmark = pytest.mark.gui
SICK = Recipe("carotid", 3, {"stenosis": 0.7}, "arterial", 120, "standard", spacing_mm=6.0)


@pytest.fixture(scope="module")
def a_sick_case():
    return make_case(SICK, Progress())


@pytest.fixture
def a_quiz(a_window, a_sick_case, qtbot, trigger):
    """A window that shows a made-up patient with one stenosis, and asks for it."""
    a_window.session.make_up("Quiz", lambda progress: a_sick_case)
    qtbot.waitUntil(lambda: a_window.session.case.truth is not None, timeout=30_000)
    trigger("quiz-case")
    return a_window


def the_lesion(window):
    return window.session.case.truth.document["lesions"][0]


def test_a_made_up_patient_never_passes_for_a_persons(a_quiz):
    assert a_quiz.banner.synthetic.isVisible()
    assert "SYNTHETIC" in a_quiz.banner.patient.text()
    assert "Made-up patient" in a_quiz.session.messages[-1].text
    from viewer.scene.overlay import stamps

    assert "SYNTHETIC" in [stamp.text for stamp in stamps(a_quiz.session.case, a_quiz.session.view)]


def test_a_right_answer_gets_all_points(a_quiz, trigger):
    lesion = the_lesion(a_quiz)
    a_quiz.panes.clicked.emit("mark", np.add(lesion["at_lps"], (3.0, 0, 0)))
    (card,) = a_quiz.quiz.cards
    card.kind.setCurrentIndex(card.kind.findData("stenosis"))
    assert not card.number.isHidden()
    card.number.setValue(100 * lesion["numbers"]["diameter_stenosis"] + 2)
    a_quiz.session.view.cursor_lps = (0.0, 0.0, 0.0)
    trigger("compare")
    result = a_quiz.quiz.result
    assert result.credit == 100
    assert result.found[0].distance_mm == pytest.approx(3.0, abs=0.01)
    np.testing.assert_allclose(a_quiz.session.view.cursor_lps, lesion["at_lps"], atol=1e-3)
    assert a_quiz.quiz.points.text() == "100 of 100"
    assert not card.kind.isEnabled()
    assert card.said.text().startswith("You: Stenosis")
    assert not card.said.isHidden()
    assert card.place.isEnabled()
    assert a_quiz.quiz.next_button.isVisible()
    a_quiz.panes.clicked.emit("mark", np.zeros(3))
    assert len(a_quiz.quiz.cards) == 1, "after the comparison nothing can be marked"


def test_marks_can_be_taken_back_and_nothing_marked_is_an_answer(a_quiz, trigger):
    a_quiz.session.view.cursor_lps = (1.0, 2.0, 300.0)
    trigger("mark-cursor")
    trigger("mark-cursor")
    trigger("unmark")
    assert len(a_quiz.quiz.cards) == 1
    a_quiz.quiz.cards[0].remove.click()
    assert a_quiz.quiz.cards == []
    assert "Nothing to find" in a_quiz.quiz.compare_button.text()
    trigger("compare")
    assert a_quiz.quiz.result.credit == 0
    assert a_quiz.quiz.result.found[0].mark is None


def pins_drawn(window, pane="axial"):
    """Rings and labels that a pane draws for the pins."""
    shown = window.panes.slices[pane]
    return list(pins_in_slice(shown._pins, shown.plane()))


def test_marks_stand_in_the_panes_and_the_truth_after_the_answer(a_quiz, trigger):
    lesion = the_lesion(a_quiz)
    assert pins_drawn(a_quiz) == [], "the truth is not shown before the answer"
    a_quiz.panes.clicked.emit("mark", np.add(lesion["at_lps"], (3.0, 0, 0)))
    ring, label = pins_drawn(a_quiz)
    assert label.text == "1"
    (card,) = a_quiz.quiz.cards
    card.kind.setCurrentIndex(card.kind.findData("stenosis"))
    card.number.setValue(60)
    ring, label = pins_drawn(a_quiz)
    assert label.text == "1  Stenosis  60.0 %"
    assert ring.color == TOKENS["accent"]
    trigger("compare")
    _, mine, _, true = pins_drawn(a_quiz)
    assert mine.text == "1  Stenosis  60.0 %"
    percent = 100 * lesion["numbers"]["diameter_stenosis"]
    assert true.text == f"Truth: stenosis  {percent:.1f} %"
    assert true.color == TOKENS["good"]
    assert true.y > mine.y
    a_quiz.quiz.end()
    assert pins_drawn(a_quiz) == []


def test_what_was_missed_and_what_was_wrong_are_told_apart(a_quiz, trigger):
    lesion = the_lesion(a_quiz)
    a_quiz.panes.clicked.emit("mark", np.add(lesion["at_lps"], (0, 0, 60.0)))
    (card,) = a_quiz.quiz.cards
    card.kind.setCurrentIndex(card.kind.findData("stenosis"))
    trigger("compare")
    wrong, missed = a_quiz.quiz.pins
    assert wrong.color == TOKENS["danger"]
    assert missed.color == TOKENS["caution"]
    assert missed.text.startswith("Missed: stenosis")
    trigger("quiz-case")
    assert a_quiz.quiz.pins == ()


def test_a_pin_is_drawn_in_3_d(a_quiz, qtbot):
    scene = a_quiz.panes.scene
    qtbot.waitUntil(lambda: scene.drawn and not scene.preparing, timeout=60_000)
    a_quiz.session.view.crosshair = False
    before = scene.grab().toImage()
    a_quiz.panes.clicked.emit("mark", np.array(a_quiz.session.case.volume.grid.center_lps))
    after = scene.grab().toImage()
    x, y, _ = scene.scene.pixels(np.array([a_quiz.quiz.pins[0].at_lps]))[0] / scene._factor
    blue = [near_accent(shot, round(x), round(y)) for shot in (before, after)]
    assert blue[0] == 0
    assert blue[1] > 20


def near_accent(shot, x, y):
    """How many pixels around a place nearly have the color of a mark."""
    wanted = QColor(TOKENS["accent"])
    colors = [shot.pixelColor(x + a, y + b) for a in range(-30, 31) for b in range(-30, 31)]
    return sum(
        abs(c.red() - wanted.red()) + abs(c.blue() - wanted.blue()) < 40
        for c in colors
        if c.isValid()
    )


def test_a_distance_drawn_on_a_slice_answers(a_quiz, trigger, qtbot):
    trigger("tool-distance")
    pane = a_quiz.panes.slices["axial"]
    begun, ended = QPoint(40, 60), QPoint(40, 110)
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=begun)
    qtbot.mouseMove(pane, QPoint(40, 90))
    qtbot.mouseMove(pane, ended)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=ended)
    (drawn,) = a_quiz.session.case.drawings
    measured = drawn.numbers["length"].value
    assert measured == pytest.approx(50 * pane.plane().mm_per_pixel, rel=0.01)
    trigger("mark-cursor")
    (card,) = a_quiz.quiz.cards
    card.kind.setCurrentIndex(card.kind.findData("stenosis"))
    assert card.take.isHidden(), "a distance is no percentage"
    card.kind.setCurrentIndex(card.kind.findData("saccular-aneurysm"))
    assert not card.take.isHidden()
    card.take.click()
    assert card.number.value() == pytest.approx(measured, abs=0.06)
    trigger("delete-drawing")
    assert a_quiz.session.case.drawings is None
    assert card.take.isHidden()


def test_a_mark_without_a_kind_is_asked_for(a_quiz, trigger):
    trigger("mark-cursor")
    trigger("compare")
    assert a_quiz.quiz.result is None
    assert "Name the kind" in a_quiz.session.messages[-1].text


def test_true_vessels_are_shown_when_asked_for_and_can_be_undone(a_quiz, trigger):
    assert a_quiz.session.case.mask is None, "the truth is not shown unasked"
    trigger("show-truth")
    assert a_quiz.session.case.mask is a_quiz.session.case.truth.mask
    trigger("undo")
    assert a_quiz.session.case.mask is None


def test_closing_the_case_ends_the_quiz(a_quiz, trigger):
    trigger("close-case")
    assert not a_quiz.quiz.isVisible()
    assert a_quiz.session.view.tool == "window"


def test_the_next_patient_opens_with_its_quiz(a_window, trigger, monkeypatch, a_sick_case):
    from viewer.case import made_up

    monkeypatch.setattr(made_up, "make_surprise", lambda seed, progress: a_sick_case)
    trigger("quiz")
    assert a_window.quiz.asking
    assert a_window.session.view.tool == "mark"


def test_the_dialog_makes_what_was_chosen_and_remembers_it(a_window, trigger, qtbot):
    trigger("new-synthetic")
    dialog = a_window.findChild(SyntheticDialog)
    qtbot.waitUntil(lambda: dialog.picture.pixmap().width() > 0, timeout=120_000)
    dialog.region.setCurrentIndex(dialog.region.findData("carotid"))
    assert "coarctation" not in dialog.rows
    row = dialog.rows["stenosis"]
    row.on.setChecked(True)
    assert not row.severity.isHidden()
    row.severity.set(0.8)
    dialog.seed.setValue(5)
    dialog.by_chance.click()
    dialog.spacing.set(6.0)
    qtbot.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    session = a_window.session
    qtbot.waitUntil(lambda: session.case.truth is not None, timeout=120_000)
    document = session.case.truth.document
    assert document["region"] == "carotid"
    assert document["seed"] == 5
    assert document["recipe"]["diseases"] == {"stenosis": 0.8}
    assert document["appearance"]["contrast_by_chance"]
    qtbot.waitUntil(lambda: session.jobs.current is None, timeout=60_000)
    trigger("new-synthetic")
    again = a_window.findChildren(SyntheticDialog)[-1]
    assert again.recipe.seed == 5
    assert again.recipe.diseases == {"stenosis": 0.8}
    assert again.recipe.random_contrast
    again.chance.click()
    assert set(again.recipe.diseases) <= set(again.rows)
    box = again.findChild(QDialogButtonBox)
    box.button(QDialogButtonBox.StandardButton.Cancel).click()
    qtbot.waitUntil(lambda: session.jobs.current is None, timeout=60_000)


def test_every_field_of_the_dialog_tells_what_it_is(a_window, trigger, qtbot):
    trigger("new-synthetic")
    dialog = a_window.findChild(SyntheticDialog)
    fields = [dialog.region, dialog.seed, dialog.dice, dialog.chance, dialog.phase, dialog.kvp]
    fields += [dialog.scanner, dialog.by_chance, dialog.dose.field, dialog.spacing.slider]
    fields += [dialog.make, *(row.on for row in dialog.rows.values())]
    assert all(field.toolTip() for field in fields)
    dialog.reject()
    qtbot.waitUntil(lambda: a_window.session.jobs.current is None, timeout=60_000)


def test_the_dialog_offers_variants_and_remembers_them(a_window, qtbot):
    dialog = SyntheticDialog(a_window.session, a_window)
    qtbot.addWidget(dialog)
    assert dialog.recipe.variants is None
    dialog.variants.ticks["right-arm-inflow"].trigger()
    dialog.variants.ticks["left-arm-inflow"].trigger()
    dialog.variants.ticks["bovine-arch"].trigger()
    assert dialog.recipe.variants == ("bovine-arch", "left-arm-inflow")
    assert dialog.variants.text() == "2 variants"
    dialog.accept()
    again = SyntheticDialog(a_window.session, a_window)
    qtbot.addWidget(again)
    assert again.recipe.variants == ("bovine-arch", "left-arm-inflow")
    again.variants.chance.trigger()
    assert again.recipe.variants is None
    again.reject()
