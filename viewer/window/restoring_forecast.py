"""Beneath the options of the step Enhance: what is promised, and what it will take."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.case.case import Case
from viewer.case.glimpse import Cost
from viewer.session.session import Session
from viewer.units import bytes_text, seconds_text
from viewer.window.options_form import OptionsForm

WAIT_MS = 400  # longer than a preview waits, which goes first
PROMISES = {
    "noise": "Takes out as much as the scan's noise, no more and no less. A voxel no longer shows "
    "what was measured in it alone.",
    "exact": "Averaged back, every measured voxel comes out as it was, to the last HU. The noise "
    "stays.",
}
MEASURING = "Working out what it will take …"


class RestoringForecast(QWidget):
    """The promise in words; size, memory and time of the result, or why there will be none."""

    preview_wanted = Signal()

    def __init__(self, session: Session, form: OptionsForm) -> None:
        super().__init__()
        self._session, self._form = session, form
        self.promise = _words("What is promised")
        self.cost = _words("What it will take")
        self.refused = QLabel("Not possible")
        self.refused.setProperty("kind", "caution")
        self.refusal = _words("Why it cannot be restored")
        self.button = QPushButton("Preview here")
        self.button.setToolTip(
            "Restore a box under the pointer, or at the crosshair, with these options (Q)"
        )
        self.button.clicked.connect(self.preview_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.promise, self.cost, self.refused, self.refusal):
            column.addWidget(widget)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._ask)
        form.changed.connect(self._changed)
        session.case_changed.connect(self._case_changed)
        session.looking.costed.connect(self.show_cost)
        self._changed()

    def showEvent(self, event: object) -> None:
        """Ask for the cost when the options are unfolded."""
        self._changed()

    def show_cost(self, cost: Cost) -> None:
        """Show what the step will take, or why it cannot be done."""
        self.refusal.setText(cost.refusal)
        for label in (self.refused, self.refusal):
            label.setVisible(bool(cost.refusal))
        self.cost.setText("" if cost.refusal else cost_text(cost))
        self.cost.setVisible(not cost.refusal)
        self.button.setEnabled(not cost.refusal or cost.bytes > cost.free_bytes)

    def release(self) -> None:
        """Stop listening."""
        self._timer.stop()
        self._session.case_changed.disconnect(self._case_changed)
        self._session.looking.costed.disconnect(self.show_cost)

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.volume is not before.volume:
            self._changed()

    def _changed(self) -> None:
        """The options or the scan are others."""
        self.promise.setText(PROMISES[self._form.options.mode])
        self.refused.hide()
        self.refusal.hide()
        there = self._session.case.volume is not None
        self.cost.setText(MEASURING if there else "Open a scan first.")
        self.cost.show()
        self.button.setEnabled(there)
        if there and self.isVisible():
            self._timer.start()

    def _ask(self) -> None:
        if self._session.case.volume is not None:
            self._session.looking.ask_cost(self._form.options)


def cost_text(cost: Cost) -> str:
    """Size, memory and time in four lines."""
    k, j, i = cost.shape
    along, down, across = cost.spacing_mm
    guess = "with the network" if cost.network else "without a network"
    lines = [
        f"{i} × {j} × {k} voxels",
        f"of {across:.2f} × {down:.2f} × {along:.2f} mm",
        f"Memory {bytes_text(cost.bytes)} of {bytes_text(cost.free_bytes)} free",
    ]
    if cost.seconds is not None:
        lines.append(f"About {seconds_text(max(cost.seconds, 1))}, {guess}")
    return "\n".join(lines)


def _words(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName("quiet")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setAccessibleName(name)
    return label
