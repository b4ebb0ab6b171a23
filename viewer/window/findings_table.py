"""One table of what was measured: a click on a row, or a key, goes to its place."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from viewer.scene.colors import TOKENS
from viewer.window.findings_lists import Head, Listing
from viewer.window.findings_rows import Row

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NOWHERE = QModelIndex()


def _side(head: Head) -> Qt.AlignmentFlag:
    """Numbers stand at the right of their column, words at the left."""
    side = Qt.AlignmentFlag.AlignRight if head.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class FindingRows(QAbstractTableModel):
    """The rows of a listing; a cell is asked for when it is seen."""

    def __init__(self, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self.heads = heads
        self.rows: list[Row] = []

    def put(self, rows: list[Row]) -> None:
        """Hold other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """How many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """How many columns there are."""
        return 0 if parent.isValid() else len(self.heads)

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        """A cell's text, explanation, side or color."""
        cell = self.rows[index.row()].cells[index.column()]
        match role:
            case Role.DisplayRole:
                return cell.text
            case Role.ToolTipRole:
                return cell.tip
            case Role.TextAlignmentRole:
                return _side(self.heads[index.column()])
            case Role.ForegroundRole:
                return QColor(TOKENS[cell.color])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> object:
        """A column's title, explanation or side."""
        if orientation == Qt.Orientation.Horizontal:
            head = self.heads[section]
            match role:
                case Role.DisplayRole:
                    return head.title
                case Role.ToolTipRole:
                    return head.tip
                case Role.TextAlignmentRole:
                    return _side(head)
        return None


class KeepsColor(QStyledItemDelegate):
    """A chosen row lies on another ground; its words keep their colors."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell."""
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(TOKENS["line"]))
            option.state &= ~QStyle.StateFlag.State_Selected
        super().paint(painter, option, index)


class FindingTable(QTableView):
    """One listing; `wanted` tells which row a person goes to."""

    wanted = Signal(object)

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self.listing = listing
        self._held = FindingRows(listing.heads)
        self.setModel(self._held)
        self.setItemDelegate(KeepsColor(self))
        self.verticalHeader().hide()
        widths = self.horizontalHeader()
        widths.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        widths.setSectionResizeMode(len(listing.heads) - 1, QHeaderView.ResizeMode.Stretch)
        widths.setHighlightSections(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(listing.title)
        self.clicked.connect(lambda index: self._go(index.row()))

    @property
    def rows(self) -> list[Row]:
        """The rows as they stand."""
        return self._held.rows

    def show_rows(self, rows: list[Row]) -> None:
        """Show other rows."""
        if rows or self.rows:
            self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
            self._held.put(rows)

    def text(self) -> str:
        """The table with tabs between its columns."""
        lines = [tuple(head.title for head in self.listing.heads)]
        lines += [tuple(cell.text for cell in row.cells) for row in self.rows]
        return "\n".join("\t".join(line) for line in lines)

    def step(self, by: int) -> None:
        """Go to the next row that has a place, or the one before."""
        placed = [n for n, row in enumerate(self.rows) if row.at_lps is not None]
        if placed:
            chosen = self.selectionModel().hasSelection()
            at = self.currentIndex().row() if chosen else (-1 if by > 0 else len(self.rows))
            beyond = [n for n in placed if (n - at) * by > 0] or placed
            self.selectRow(beyond[0 if by > 0 else -1])
            self._go(self.currentIndex().row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from row to row, Enter goes to the current one again."""
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        again = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self.currentIndex().row() != before or again:
            self._go(self.currentIndex().row())

    def _go(self, row: int) -> None:
        if 0 <= row < len(self.rows):
            self.wanted.emit(self.rows[row])
