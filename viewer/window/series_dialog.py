"""Which series to open: the facts that a radiologist chooses by."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.case.source import Source, why_not
from viewer.dicom.series import Series

COLUMNS = (
    "No.",
    "Description",
    "Modality",
    "Slices",
    "Spacing mm",
    "Phase",
    "Kernel",
    "Contrast",
    "Notes",
)


class SeriesDialog(QDialog):
    """Lists the series of a source; Open is possible on one that can be read."""

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a series")
        self.resize(980, 420)
        self._series = source.series
        self.table = QTableWidget(len(source.series), len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setAccessibleName("Series")
        for row, series in enumerate(source.series):
            for column, text in enumerate(_row(series)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if not series.readable:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                self.table.setItem(row, column, item)
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setObjectName("quiet")
        self.why.setTextFormat(Qt.TextFormat.PlainText)
        self.why.setText("  ".join(notice.text for notice in source.excluded))
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.table.itemSelectionChanged.connect(self._selected)
        self.table.itemDoubleClicked.connect(lambda _: self.chosen and self.accept())
        column = QVBoxLayout(self)
        column.addWidget(QLabel(f"{source.path} holds more than one series."))
        column.addWidget(self.table, 1)
        column.addWidget(self.why)
        column.addWidget(self.buttons)
        first = next((i for i, each in enumerate(source.series) if each.readable), None)
        if first is not None:
            self.table.selectRow(first)
        self._selected()

    @property
    def chosen(self) -> Series | None:
        """The series that is selected and can be read."""
        rows = self.table.selectionModel().selectedRows()
        if not rows:
            return None
        series = self._series[rows[0].row()]
        return series if series.readable else None

    def _selected(self) -> None:
        button = self.buttons.button(QDialogButtonBox.StandardButton.Open)
        button.setEnabled(self.chosen is not None)


def _row(series: Series) -> tuple[str, ...]:
    spacing = " x ".join(f"{mm:.3g}" for mm in series.spacing_mm) if series.spacing_mm else ""
    notes = "; ".join(notice.text for notice in series.notices if notice.severity != "info")
    return (
        "" if series.number is None else str(series.number),
        series.description,
        series.modality,
        str(series.slices),
        spacing,
        series.phase,
        series.kernel,
        series.contrast,
        notes if series.readable else why_not(series),
    )
