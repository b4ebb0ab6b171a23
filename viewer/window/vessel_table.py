"""What the chosen vessel measures at its flags and at the cursor, to read and to copy."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableWidget
from PySide6.QtWidgets import QTableWidgetItem as Item

from viewer.geometry.flags import at_places
from viewer.geometry.number import Number
from viewer.window.vessel_chosen import ChosenVessel

COLUMNS = (
    ("Area", "area_mm2", 1.0, " mm²"),
    ("⌀ equivalent", "diameter_equivalent_mm", 1.0, " mm"),
    ("⌀ least", "diameter_min_mm", 1.0, " mm"),
    ("⌀ greatest", "diameter_max_mm", 1.0, " mm"),
    ("⌀ inscribed", "inscribed_radius_mm", 2.0, " mm"),
)
HEADS = ("Place", "At", *(column[0] for column in COLUMNS), "Narrowed ⌀", "Area", "NASCET")
TITLES = {
    "proximal": "Proximal normal",
    "minimum": "Minimum",
    "cursor": "At the cursor",
    "distal": "Distal normal",
}
ROWS = ("proximal", "minimum", "distal", "cursor")


class VesselTable(QTableWidget):
    """A row for each place, each number with its standard deviation."""

    def __init__(self, vessel: ChosenVessel) -> None:
        super().__init__(len(ROWS), len(HEADS))
        self.vessel = vessel
        self.setObjectName("vessel")
        self.setHorizontalHeaderLabels(HEADS)
        self.verticalHeader().hide()
        widths = self.horizontalHeader()
        widths.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight)
        self.horizontalHeaderItem(0).setTextAlignment(Qt.AlignmentFlag.AlignLeft)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Measurements of the vessel")
        self.setToolTip("Numbers with one standard deviation; Ctrl+Shift+C copies the table")
        for row in range(len(ROWS)):
            for column in range(len(HEADS)):
                item = Item("")
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
        vessel.changed.connect(self._fill)
        self._fill()

    def fit(self) -> None:
        """Take as much height as the rows need."""
        row = self.fontMetrics().height() + 8
        self.verticalHeader().setDefaultSectionSize(row)
        widths = self.horizontalHeader()
        scrolls = widths.length() > self.viewport().width()
        bar = self.horizontalScrollBar().sizeHint().height() if scrolls else 0
        self.setFixedHeight(len(ROWS) * row + widths.sizeHint().height() + bar + 8)

    def resizeEvent(self, event) -> None:
        """Keep room for the bar that scrolls a wide table."""
        super().resizeEvent(event)
        self.fit()

    def text(self) -> str:
        """The table with tabs between its columns."""
        rows = [HEADS, *(self._texts(row) for row in range(len(ROWS)))]
        return "\n".join("\t".join(row) for row in rows)

    def copy(self) -> None:
        """Put the table onto the clipboard."""
        QApplication.clipboard().setText(f"{self.vessel.name}\n{self.text()}")

    def _texts(self, row: int) -> list[str]:
        return [self.item(row, column).text() for column in range(len(HEADS))]

    def _fill(self) -> None:
        for row, name in enumerate(ROWS):
            for column, text in enumerate(self._told(name)):
                self.item(row, column).setText(text)

    def _told(self, name: str) -> list[str]:
        sections = self.vessel.sections
        places = dict(self.vessel.flag_places)
        if sections is not None:
            places["cursor"] = self.vessel.place.s_mm
        if sections is None or name not in places:
            return [TITLES[name], *[""] * (len(HEADS) - 1)]
        title = TITLES[name] + (" (proposed)" if name in self.vessel.proposed else "")
        texts = [title, f"{places[name]:.1f} mm"]
        for _, quantity, factor, unit in COLUMNS:
            (value,), (sd,) = at_places(sections, quantity, np.array([places[name]]))
            texts.append(with_error(factor * value, factor * sd, unit))
        found = self.vessel.narrowing if name == "minimum" else None
        if found is None:
            return [*texts, "", "", ""]
        percents = (found.percent_diameter, found.percent_area, found.percent_nascet)
        return [*texts, *map(percent_text, percents)]


def with_error(value: float, sd: float, unit: str) -> str:
    """A number with its standard deviation, a mark where that is not known; else a dash."""
    error = f"{sd:.1f}" if np.isfinite(sd) else "?"
    return f"{value:.1f} ± {error}{unit}" if np.isfinite(value) else "–"


def percent_text(percent: Number) -> str:
    """How narrow a place is; none where it is as wide as the normal ones."""
    if not percent.known:
        return "–"
    if percent.value <= 0:
        return "none"
    digits = 0 if percent.sd >= 1 else 1
    return f"{percent.value:.{digits}f} ± {percent.sd:.{digits}f} %"
