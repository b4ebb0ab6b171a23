"""What the chosen vessel measures at its flags and at the cursor, to read and to copy."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableWidget
from PySide6.QtWidgets import QTableWidgetItem as Item

from viewer.geometry.beside import DIAMETER, NO_EDGE
from viewer.geometry.flags import at_places, nearest_to
from viewer.geometry.number import Number
from viewer.geometry.section import Sections
from viewer.window.vessel_chosen import ChosenVessel

COLUMNS = (
    ("Area", "area_mm2", 1.0, " mm²"),
    ("⌀ equivalent", "diameter_equivalent_mm", 1.0, " mm"),
    ("⌀ least", "diameter_min_mm", 1.0, " mm"),
    ("⌀ greatest", "diameter_max_mm", 1.0, " mm"),
    ("⌀ inscribed", "inscribed_radius_mm", 2.0, " mm"),
)
RESTORED_HEADS = ("⌀ eq. restored", "restored − raw")
MEASURED = [column[0] for column in COLUMNS]
HEADS = (
    "Place",
    "At",
    *MEASURED[:2],
    *RESTORED_HEADS,
    *MEASURED[2:],
    "Narrowed ⌀",
    "Area",
    "NASCET",
)
BESIDE = 4  # the column from which on the restored scan's numbers stand
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
        self.horizontalHeaderItem(BESIDE).setToolTip(
            "The equivalent diameter in the restored scan; the one that counts stands before it"
        )
        self.horizontalHeaderItem(BESIDE + 1).setToolTip(
            "By how much it is larger in the restored scan than in the raw one"
        )
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
        rows = [list(HEADS), *(self._texts(row) for row in range(len(ROWS)))]
        shown = [n for n in range(len(HEADS)) if not self.isColumnHidden(n)]
        return "\n".join("\t".join(row[n] for n in shown) for row in rows)

    def copy(self) -> None:
        """Put the table onto the clipboard."""
        QApplication.clipboard().setText(f"{self.vessel.name}\n{self.text()}")

    def _texts(self, row: int) -> list[str]:
        return [self.item(row, column).text() for column in range(len(HEADS))]

    def _fill(self) -> None:
        sections = self.vessel.sections
        for column in range(BESIDE, BESIDE + len(RESTORED_HEADS)):
            self.setColumnHidden(column, sections is None or sections.beside is None)
        for row, name in enumerate(ROWS):
            texts, why = self._told(name)
            for column, text in enumerate(texts):
                self.item(row, column).setText(text)
                beside = BESIDE <= column < BESIDE + len(RESTORED_HEADS)
                self.item(row, column).setToolTip(why if beside else "")

    def _told(self, name: str) -> tuple[list[str], str]:
        """The texts of a row, and why its diameter is not measured on the restored scan."""
        sections = self.vessel.sections
        places = dict(self.vessel.flag_places)
        if sections is not None:
            places["cursor"] = self.vessel.place.s_mm
        if sections is None or name not in places:
            return [TITLES[name], *[""] * (len(HEADS) - 1)], ""
        title = TITLES[name] + (" (proposed)" if name in self.vessel.proposed else "")
        texts = [title, f"{places[name]:.1f} mm"]
        for _, quantity, factor, unit in COLUMNS:
            (value,), (sd,) = at_places(sections, quantity, np.array([places[name]]))
            texts.append(with_error(factor * value, factor * sd, unit))
        restored, less, why = beside_texts(sections, places[name])
        texts[BESIDE:BESIDE] = [restored, less]
        found = self.vessel.narrowing if name == "minimum" else None
        if found is None:
            return [*texts, "", "", ""], why
        percents = (found.percent_diameter, found.percent_area, found.percent_nascet)
        return [*texts, *map(percent_text, percents)], why


def beside_texts(sections: Sections, s_mm: float) -> tuple[str, str, str]:
    """The diameter of the restored scan at a place, what it is less the raw one, or why neither."""
    beside = sections.beside
    if beside is None:
        return "", "", ""
    number = int(nearest_to(sections, np.array([s_mm]))[0])
    own, sd = (each[DIAMETER][number] for each in (beside.values, beside.sd))
    if not np.isfinite(own):
        return "–", "–", beside.why[number] or NO_EDGE
    less, less_sd = (float(each[number]) for each in beside.less(sections, DIAMETER))
    if not np.isfinite(less):
        return with_error(own, sd, " mm"), "–", ""
    sign = "" if abs(less) < 0.05 else "+" if less > 0 else "−"
    return with_error(own, sd, " mm"), sign + with_error(abs(less), less_sd, " mm"), ""


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
