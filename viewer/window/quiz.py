"""The quiz at the right: mark, name and measure diseases, then compare with the truth."""

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.case.case import Case
from viewer.phantom.quiz import QUESTIONS, Found, Mark, Score, score
from viewer.scene.colors import TOKENS
from viewer.scene.overlay import LETTERS
from viewer.scene.pins import Pin
from viewer.session.session import Session
from viewer.window.inspector import value_label
from viewer.window.side_panel import SidePanel, heading

MOST = 9999.0
TASK = (
    "Find every disease in this made-up patient. There may be one, several or none.\n"
    "Click where it lies (M), name its kind, and measure it with a distance (L)."
)


class MarkCard(QFrame):
    """One mark: where it is, which kind of disease, and its size."""

    wanted = Signal(object)
    removed = Signal(object)
    answered = Signal()

    def __init__(self, number: int, point_lps: np.ndarray, kinds: dict[str, str]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.point_lps = point_lps
        self.place = _link(f"{number}   {place_text(point_lps)}", "Go to this mark")
        self.place.clicked.connect(lambda: self.wanted.emit(self.point_lps))
        self.kind = QComboBox()
        self.kind.setAccessibleName(f"Kind of disease {number}")
        self.kind.setToolTip("Which disease this is")
        self.kind.addItem("Which kind?", "")
        for name, title in kinds.items():
            self.kind.addItem(title, name)
        self.question = QLabel()
        self.question.setObjectName("quiet")
        self.question.setWordWrap(True)
        self.number = QDoubleSpinBox()
        self.number.setRange(0.0, MOST)
        self.number.setDecimals(1)
        self.number.setSpecialValueText("Not measured")
        self.number.setToolTip("What you measured; 0 when you did not")
        self.question.setBuddy(self.number)
        self.take = QPushButton()
        self.take.setToolTip("Answer with the distance that is selected or was drawn last (L)")
        self.take.clicked.connect(lambda: self.number.setValue(self._drawn_mm))
        self._drawn_mm = 0.0
        self.said = value_label()
        self.said.hide()
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Take this mark back")
        self.remove.clicked.connect(lambda: self.removed.emit(self))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(4)
        inside = (self.kind, self.question, self.number, self.take, self.said, self.remove)
        for widget in (self.place, *inside):
            column.addWidget(widget)
        self.kind.currentIndexChanged.connect(self._ask)
        self.number.valueChanged.connect(self.answered)
        self._ask()

    @property
    def mark(self) -> Mark:
        """What the person says."""
        x, y, z = (float(each) for each in self.point_lps)
        number = self.number.value() if self.number.value() > 0 else None
        return Mark((x, y, z), self.kind.currentData(), number)

    @property
    def told(self) -> str:
        """What the person says, in a few words for the panes."""
        asked = QUESTIONS.get(self.kind.currentData())
        kind = self.kind.currentText() if self.kind.currentData() else ""
        measured = asked is not None and self.number.value() > 0
        number = amount(self.number.value(), asked.unit) if measured else ""
        return "  ".join(text for text in (kind, number) if text)

    def offer(self, drawn_mm: float) -> None:
        """Offer a drawn distance as the answer; 0 where none is drawn."""
        self._drawn_mm = drawn_mm
        asked = QUESTIONS.get(self.kind.currentData())
        fits = asked is not None and asked.unit == "mm" and self.number.isEnabled()
        self.take.setText(f"Take {amount(drawn_mm, 'mm')}")
        self.take.setVisible(fits and drawn_mm > 0)

    def close_mark(self) -> None:
        """Make the mark final; its place can still be gone to."""
        self.said.setText(f"You: {self.told}")
        self.said.show()
        for widget in (self.kind, self.number, self.remove):
            widget.setEnabled(False)
            widget.hide()
        for widget in (self.question, self.take):
            widget.hide()

    def _ask(self) -> None:
        asked = QUESTIONS.get(self.kind.currentData())
        for widget in (self.question, self.number):
            widget.setVisible(asked is not None)
        if asked is not None:
            self.question.setText(asked.title)
            self.number.setSuffix(f" {asked.unit}" if asked.unit else "")
            self.number.setAccessibleName(asked.title)
        else:
            self.number.setValue(0.0)
        self.offer(self._drawn_mm)
        self.answered.emit()


class QuizPanel(SidePanel):
    """Asks for the diseases of the open made-up patient.

    `pinned` tells the places to show in the panes: the marks, then also the truth.
    """

    next_wanted = Signal()
    pinned = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(least_width=280, margin=12, spacing=8)
        self._session = session
        self._case: Case | None = None
        self._waiting = False
        self._scores: list[int] = []
        self.cards: list[MarkCard] = []
        self.result: Score | None = None
        self.task = QLabel()
        self.task.setWordWrap(True)
        self.column.addWidget(heading("QUIZ"))
        self.column.addWidget(self.task)
        self._marks = QVBoxLayout()
        self.column.addLayout(self._marks)
        self.compare_button = QPushButton()
        self.compare_button.setObjectName("primary")
        self.compare_button.setToolTip("Show what was there (Ctrl+Return)")
        self.compare_button.clicked.connect(self.compare)
        self.column.addWidget(self.compare_button)
        self.points = QLabel()
        self.points.setObjectName("title")
        self.column.addWidget(self.points)
        self._answers = QVBoxLayout()
        self._answers.setSpacing(8)
        self.column.addLayout(self._answers)
        self.next_button = QPushButton("Next patient")
        self.next_button.setToolTip("Make up another patient (Ctrl+J)")
        self.next_button.clicked.connect(self.next_wanted)
        self.column.addWidget(self.next_button)
        self.tally = QLabel()
        self.tally.setObjectName("quiet")
        self.column.addWidget(self.tally)
        close = QPushButton("End the quiz")
        close.setToolTip("Close this panel; the case stays open")
        close.clicked.connect(self.end)
        self.column.addWidget(close)
        self.column.addStretch(1)
        self.hide()
        session.case_changed.connect(self._case_changed)
        session.view.events.drawing.connect(self._offer)

    @property
    def asking(self) -> bool:
        """Whether a quiz is on."""
        return self._case is not None

    def wait(self) -> None:
        """Begin with the next made-up patient that opens."""
        self._waiting = True

    def begin(self, case: Case) -> None:
        """Ask for the diseases of a case that holds its truth."""
        self._case = case
        self.result = None
        _clear(self._marks)
        _clear(self._answers)
        self.cards = []
        self.points.hide()
        self.task.setText(TASK)
        self._show_state()
        self.show()

    def end(self) -> None:
        """Close the quiz."""
        self._waiting, self._case = False, None
        if self._session.view.tool == "mark":
            self._session.view.tool = "window"
        self.hide()
        self.pinned.emit(())

    def mark(self, point_lps: np.ndarray) -> None:
        """Mark a disease; after the comparison nothing can be marked."""
        if self._case is None or self.result is not None:
            return
        from viewer.phantom.disease import DISEASES
        from viewer.phantom.patient import suited

        region = self._case.truth.document["region"]
        kinds = {name: DISEASES[name].title for name in suited(region)}
        card = MarkCard(len(self.cards) + 1, np.asarray(point_lps, float), kinds)
        card.wanted.connect(self._go_to)
        card.removed.connect(self._remove)
        card.answered.connect(self._pin)
        self.cards.append(card)
        self._offer()
        self._marks.addWidget(card)
        self._go_to(card.point_lps)
        self._show_state()

    def take_back(self) -> None:
        """Take the last mark back."""
        if self.cards and self.result is None:
            self._remove(self.cards[-1])

    def compare(self) -> None:
        """Show the truth beside the marks; they are final then."""
        if self._case is None or self.result is not None:
            return
        marks = [card.mark for card in self.cards]
        if any(not mark.kind for mark in marks):
            self._session.say("caution", "Name the kind of every mark, or remove it.")
            return
        self.result = score(self._case.truth.document, marks)
        self._scores.append(self.result.credit)
        for card in self.cards:
            card.close_mark()
        self._show_result(self.result)
        if self.result.found:
            self._go_to(np.array(self.result.found[0].at_lps))
        self._show_state()

    def _show_result(self, result: Score) -> None:
        self.points.setText(f"{result.credit} of 100")
        self.points.show()
        if result.normal:
            self._answers.addWidget(_said("There was nothing to find in this scan."))
        for found in result.found:
            go = _link(_title(found.kind), "Go to where it lies")
            go.clicked.connect(lambda _=False, at=found.at_lps: self._go_to(np.array(at)))
            self._answers.addWidget(go)
            self._answers.addWidget(_said(found_text(found)))
        for mark in result.wrong:
            where = place_text(np.array(mark.at_lps))
            self._answers.addWidget(_said(f"The mark at {where} meets no disease."))

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The marks, red where they met nothing; after comparing also what was there."""
        wrong = self.result.wrong if self.result is not None else ()
        marked = [
            Pin(
                card.mark.at_lps,
                f"{number}  {card.told}".rstrip(),
                TOKENS["danger" if card.mark in wrong else "accent"],
            )
            for number, card in enumerate(self.cards, start=1)
        ]
        found = self.result.found if self.result is not None else ()
        truth = [
            Pin(each.at_lps, truth_text(each), TOKENS["good" if each.mark else "caution"], True)
            for each in found
        ]
        return (*marked, *truth)

    def _offer(self, *_: object) -> None:
        for card in self.cards:
            card.offer(self._measured_mm())

    def _measured_mm(self) -> float:
        """The selected distance, else the last one that was drawn; 0 where there is none."""
        drawings = self._session.case.drawings or ()
        found = {d.name: d.numbers["length"].value for d in drawings if d.kind == "distance"}
        return found.get(self._session.view.drawing, next(reversed(found.values()), 0.0))

    def _pin(self) -> None:
        self.pinned.emit(self.pins)

    def _show_state(self) -> None:
        self._pin()
        over = self.result is not None
        self.compare_button.setText(
            "Compare with the truth" if self.cards else "Nothing to find: compare"
        )
        self.compare_button.setVisible(not over)
        self.next_button.setVisible(over)
        count = len(self._scores)
        mean = sum(self._scores) / count if count else 0
        self.tally.setText(f"{count} patients, {mean:.0f} points on average" if count > 1 else "")
        self.tally.setVisible(count > 1)

    def _remove(self, card: MarkCard) -> None:
        self.cards.remove(card)
        self._marks.removeWidget(card)
        card.hide()
        card.deleteLater()
        for number, each in enumerate(self.cards, start=1):
            each.place.setText(f"{number}   {place_text(each.point_lps)}")
        self._show_state()

    def _go_to(self, point_lps: np.ndarray) -> None:
        x, y, z = (float(each) for each in point_lps)
        self._session.view.cursor_lps = (x, y, z)

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.volume is before.volume:
            self._offer()
            return
        waited, self._waiting = self._waiting, False
        if waited and after.truth is not None:
            self.begin(after)
            self._session.view.tool = "mark"
        elif self._case is not None:
            self.end()

    def release(self) -> None:
        """Stop listening."""
        self._session.case_changed.disconnect(self._case_changed)
        self._session.view.events.drawing.disconnect(self._offer)


def place_text(point_lps: np.ndarray) -> str:
    """A point as a radiologist reads it ("L 12  P 30  S 210 mm")."""
    named = (
        f"{ends[0] if value >= 0 else ends[1]} {abs(value):.0f}"
        for ends, value in zip(LETTERS, point_lps, strict=True)
    )
    return f"{'  '.join(named)} mm"


def amount(number: float, unit: str) -> str:
    """A number with its unit ("38.6 mm")."""
    return f"{number:.1f} {unit}".rstrip()


def truth_text(found: Found) -> str:
    """What was there, in a few words for the panes."""
    said = "Truth" if found.mark is not None else "Missed"
    unit = found.question.unit if found.question is not None else ""
    number = f"  {amount(found.number, unit)}" if found.number is not None else ""
    return f"{said}: {_title(found.kind).lower()}{number}"


def found_text(found: Found) -> str:
    """What was found of one disease, a line each."""
    lines = [found.vessel.capitalize() or "No single vessel"]
    if found.mark is None:
        lines.append("Missed.")
    else:
        lines.append(f"Found, your mark is {found.distance_mm:.0f} mm away.")
        lines.append("Kind right." if found.kind_right else f"You said: {_title(found.mark.kind)}.")
    asked = found.question
    if asked is not None and found.number is not None:
        line = f"{asked.title}: {amount(found.number, asked.unit)}"
        if found.error is not None:
            said = amount(found.number + found.error, asked.unit)
            line += f"; you measured {said} ({found.error:+.1f})"
        lines.append(line + ".")
    lines.append(f"{found.credit} of 100 points")
    return "\n".join(lines)


def _title(kind: str) -> str:
    from viewer.phantom.disease import DISEASES

    return DISEASES[kind].title if kind in DISEASES else kind


def _link(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("link")
    button.setToolTip(tip)
    return button


def _said(text: str) -> QLabel:
    label = value_label()
    label.setText(text)
    return label


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        widget: QWidget | None = layout.takeAt(0).widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
