"""The steps at the left: their state, their options, Run and Reset."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.case import pipeline
from viewer.case.case import Case
from viewer.case.options import Options
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.units import seconds_text
from viewer.window.options_form import OptionsForm
from viewer.window.progress_line import ProgressLine
from viewer.window.restoring_forecast import RestoringForecast
from viewer.window.side_panel import SidePanel, heading
from viewer.window.style import icon

SIGNS = {
    "done": ("check-circle", "good"),
    "running": ("spinner-gap", "accent"),
    "ready": ("circle", "quiet"),
    "blocked": ("prohibit", "disabled"),
    "failed": ("warning-circle", "danger"),
}


class StepCard(QFrame):
    """One step: a click on its name shows its options."""

    run = Signal(str)
    opened = Signal(str)

    def __init__(self, name: str, title: str, tip: str, options: type[Options] | None) -> None:
        super().__init__()
        self.setObjectName("card")
        self.name = name
        self.title = title
        self.sign = QLabel()
        self.head = QPushButton(title)
        self.head.setObjectName("step")
        self.head.setToolTip(tip)
        self.head.clicked.connect(lambda: self.opened.emit(name))
        self.time = QLabel()
        self.time.setObjectName("quiet")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.sign)
        row.addWidget(self.head, 1)
        row.addWidget(self.time)
        self.why = QLabel()
        self.why.setObjectName("quiet")
        self.why.setWordWrap(True)
        self.why.setTextFormat(Qt.TextFormat.PlainText)
        self.why.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = ProgressLine(f"{title}: progress")
        self.body = QWidget()
        self._inner = inner = QVBoxLayout(self.body)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.setSpacing(8)
        tip_label = QLabel(tip)
        tip_label.setObjectName("quiet")
        tip_label.setWordWrap(True)
        inner.addWidget(tip_label)
        self.form = OptionsForm(options) if options is not None else None
        self.button = QPushButton("Run", self.body)
        self.button.setToolTip(f"Run {title.lower()}")
        self.button.clicked.connect(lambda: self.run.emit(name))
        if self.form is not None:
            inner.addWidget(self.form)
            buttons = QHBoxLayout()
            buttons.addWidget(self.button)
            if self.form.fields:
                reset = QPushButton("Reset")
                reset.setToolTip("Put all options back to their defaults")
                reset.clicked.connect(self.form.reset)
                buttons.addWidget(reset)
            buttons.addStretch(1)
            inner.addLayout(buttons)
        self.body.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.why)
        column.addWidget(self.bar)
        column.addWidget(self.body)
        self.show_state("blocked", "")

    def show_state(self, state: str, why: str, seconds: float | None = None) -> None:
        """Show the state with its sign and, where it is blocked or failed, the reason."""
        if state != self.property("state"):
            sign, color = SIGNS[state]
            self.sign.setPixmap(icon(sign, color).pixmap(18, 18))
            self.sign.setAccessibleName(state)
            self.sign.setToolTip(state.capitalize())
            self.setProperty("state", state)
        self.time.setText("" if seconds is None else seconds_text(seconds))
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.bar.setVisible(state == "running")
        self.button.setEnabled(state not in ("running", "blocked"))
        self.button.setText({"failed": "Try again", "done": "Run again"}.get(state, "Run"))
        self.head.setAccessibleName(f"{self.title}: {state}")

    def add(self, below: QWidget) -> None:
        """Put more between the options and the buttons."""
        self._inner.insertWidget(self._inner.count() - 1, below)

    def unfold(self, shown: bool) -> None:
        """Show or hide the options."""
        self.body.setVisible(shown)
        self.setProperty("open", shown)
        self.style().unpolish(self)
        self.style().polish(self)


def cautions_text(case: Case, part: str) -> str:
    """How many cautions a part bears, and where they stand."""
    count = sum(notice.severity != "info" for notice in case.notices.get(part, ()))
    return f"{count} caution{'s' if count > 1 else ''}: see How sure" if count else ""


class StepsPanel(SidePanel):
    """All steps, in the order of the street."""

    def __init__(self, session: Session) -> None:
        super().__init__(least_width=200, margin=8, spacing=6)
        self._session = session
        read = StepCard("read", "Read", "The scan as it came from the scanner.", None)
        self.cards = {"read": read}
        for step in pipeline.STEPS:
            self.cards[step.name] = StepCard(step.name, step.title, step.tip, step.options)
        enhance = self.cards["enhance"]
        self.forecast = RestoringForecast(session, enhance.form)
        enhance.add(self.forecast)
        column = self.column
        self.all = QPushButton("Reconstruct")
        self.all.setObjectName("primary")
        self.all.setToolTip("Run every step with these options (F5)")
        column.addWidget(heading("STEPS"))
        column.addWidget(self.all)  # over the cards, which grow and shrink
        column.addSpacing(4)
        for card in self.cards.values():
            card.run.connect(self._run)
            card.opened.connect(self.unfold)
            column.addWidget(card)
        column.addStretch(1)
        session.case_changed.connect(self._case_changed)
        session.jobs.changed.connect(self._job_changed)
        self.refresh()

    def options(self) -> dict[str, Options]:
        """The options of every step as they stand in the forms."""
        return {
            name: card.form.options for name, card in self.cards.items() if card.form is not None
        }

    def unfold(self, name: str) -> None:
        """Show one step's options, or hide them when they are shown."""
        for each, card in self.cards.items():
            card.unfold(each == name and card.body.isHidden())

    def _run(self, name: str) -> None:
        if name in self.options() and self._session.jobs.current is None:
            self._session.run(name, self.options()[name])

    def _case_changed(self, before: Case, after: Case) -> None:
        self.refresh()

    def _job_changed(self, job: Job) -> None:
        running = self.running()
        if job.over or running is None or self.cards[running].property("state") != "running":
            self.refresh()
        if running is not None:
            self.cards[running].bar.show_fraction(job.fraction)

    def running(self) -> str | None:
        """The step that a job works on now."""
        job = self._session.jobs.current
        if job is None:
            return None
        for step in pipeline.STEPS:
            if job.title == step.title:
                return step.name
        if job.title == "Reconstruct":
            return next(
                (s.name for s in pipeline.STEPS if getattr(self._session.case, s.makes) is None),
                None,
            )
        return "read" if job.title.startswith(("Opening", "Reading")) else None

    def refresh(self) -> None:
        """Show every step's state."""
        case, running = self._session.case, self.running()
        busy = self._session.jobs.current is not None
        spent = {record.step: record.seconds for record in case.records}
        read = "done" if case.volume is not None else "ready"
        self.cards["read"].show_state(
            "running" if running == "read" else read,
            "" if case.volume is not None or running == "read" else "Open a folder to begin.",
            spent.get("read"),
        )
        for step in pipeline.STEPS:
            state, why = pipeline.state(case, step)
            failed = self._session.failed.get(step.name)
            if state == "done":
                why = cautions_text(case, step.makes)
            if running == step.name:
                state, why = "running", ""
            elif failed and state != "done":
                state, why = "failed", failed
            card = self.cards[step.name]
            card.show_state(state, why, spent.get(step.name) if state == "done" else None)
            card.button.setEnabled(card.button.isEnabled() and not busy)
        self.all.setEnabled(case.volume is not None and not busy)

    def release(self) -> None:
        """Stop listening."""
        self._session.case_changed.disconnect(self._case_changed)
        self._session.jobs.changed.disconnect(self._job_changed)
        self.forecast.release()
