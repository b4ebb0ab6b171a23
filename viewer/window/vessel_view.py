"""The parts of the layout "Vessel": curved view with profile, cross-sections, table."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.session.session import Session
from viewer.window.findings import FindingsPanel
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_curve import CurvePane
from viewer.window.vessel_profile import ProfilePane
from viewer.window.vessel_section import SectionPane
from viewer.window.vessel_table import VesselTable

SHEETS = ("straightened", "stretched", "tree")
BUTTONS = {"straightened": "Straight", "stretched": "Stretched", "tree": "Tree"}
TIPS = {
    "straightened": "The vessel made straight",
    "stretched": "The vessel with its bends, rolled out",
    "tree": "All vessels of the tree on one sheet",
}


class VesselView(QObject):
    """Everything of the chosen vessel beside the 3-D view; `parts` go into the window."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.vessel = ChosenVessel(session)
        self.curve = CurvePane(self.vessel)
        self.profile = ProfilePane(self.vessel, self.curve)
        self.sections = {
            at: SectionPane(self.vessel, at) for at in ("proximal", "cursor", "distal")
        }
        self.table = VesselTable(self.vessel)
        self.findings = FindingsPanel(self.vessel, self.table)
        self.header = VesselHeader(self.vessel)
        both = QSplitter(Qt.Orientation.Vertical)
        both.setHandleWidth(2)
        both.setChildrenCollapsible(False)
        both.addWidget(self.curve)
        both.addWidget(self.profile)
        both.setSizes([520, 220])
        self.parts: dict[str, QWidget] = {
            "curved view": _column(self.header, both),
            "cross-sections": _column(*self.sections.values()),
            "measurements": self.findings,
        }

    def release(self) -> None:
        """Stop listening."""
        self.curve.release()
        self.vessel.release()
        self.findings.release()

    def next_sheet(self) -> None:
        """Straightened, stretched, or the whole tree."""
        view = self.vessel.view
        view.vessel_sheet = SHEETS[(SHEETS.index(view.vessel_sheet) + 1) % len(SHEETS)]

    def show_sheet(self, name: str) -> None:
        """Straightened, stretched, or the whole tree."""
        self.vessel.view.vessel_sheet = name

    def toggle_branches(self) -> None:
        """All vessels of the tree on its sheet, or the chosen one and what hangs on it."""
        view = self.vessel.view
        view.vessel_branches = "own" if view.vessel_branches == "all" else "all"

    def toggle_profile(self) -> None:
        """Diameter or area along the vessel."""
        view = self.vessel.view
        view.vessel_profile = "diameter" if view.vessel_profile == "area" else "area"


class VesselHeader(QWidget):
    """The vessel's name and length, which sheet shows it, and how it is turned."""

    def __init__(self, vessel: ChosenVessel) -> None:
        super().__init__()
        self._vessel = vessel
        self.name = QLabel()
        self.name.setObjectName("patient")
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.sheets = {name: self._button(name) for name in SHEETS}
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.name, 4)
        together = QHBoxLayout()
        together.setSpacing(0)
        for button in self.sheets.values():
            together.addWidget(button)
        row.addLayout(together)
        self.angle = QSlider(Qt.Orientation.Horizontal)
        self.angle.setRange(0, 359)
        self.angle.setMinimumWidth(28)
        self.angle.setMaximumWidth(120)
        self.angle.setAccessibleName("Turn the curved view")
        self.angle.setToolTip("Turn the curved view about the vessel\nDouble click: 0°")
        self.angle.installEventFilter(self)
        self.degrees = QSpinBox()
        self.degrees.setRange(0, 359)
        self.degrees.setWrapping(True)
        self.degrees.setSuffix("°")
        self.degrees.setToolTip("How the curved view is turned about the vessel (, and . turn)")
        for each in (self.angle, self.degrees):
            each.valueChanged.connect(self._turn)
        row.addWidget(self.angle, 1)
        row.addWidget(self.degrees)
        vessel.changed.connect(self._show)
        vessel.turned.connect(self._show)
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn back on a double click at the slider."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self._turn(0)
            return True
        return super().eventFilter(watched, event)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setText(BUTTONS[name])
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setToolTip(f"{TIPS[name]} (T goes on)")
        button.clicked.connect(lambda: setattr(self._vessel.view, "vessel_sheet", name))
        return button

    def _turn(self, degrees: int) -> None:
        if degrees != round(self._vessel.view.vessel_angle) % 360:
            self._vessel.view.vessel_angle = float(degrees)

    def resizeEvent(self, event) -> None:
        """Keep the length in sight where the name is too long."""
        super().resizeEvent(event)
        self._show()

    def _fit(self, length: str) -> None:
        """The name as far as there is room before the length."""
        words, measure = self.name.toolTip().removesuffix(length), self.name.fontMetrics()
        room = self.name.width() - measure.horizontalAdvance(length) - 4
        short = measure.elidedText(words, Qt.TextElideMode.ElideRight, max(room, 0))
        self.name.setText(f"{short}{length}")

    def _show(self) -> None:
        vessel = self._vessel
        known = vessel.frames is not None
        length = f"  {vessel.frames.s_mm[-1]:.0f} mm" if known else ""
        self.name.setToolTip(f"{vessel.name}{length}" if known else "No vessel")
        self.name.setMinimumWidth(self.name.fontMetrics().horizontalAdvance(f"… {length}") + 8)
        self._fit(length)
        self.sheets[vessel.view.vessel_sheet].setChecked(True)
        degrees = round(vessel.view.vessel_angle) % 360
        self.angle.setValue(degrees)
        self.degrees.setValue(degrees)


def _column(*widgets: QWidget) -> QWidget:
    """Widgets under each other; the last one takes the room, or all share it."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    for widget in widgets:
        column.addWidget(widget, 0 if isinstance(widget, VesselHeader) else 1)
    return made
