"""What is drawn, with its numbers, at the right."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from viewer.case.case import Case
from viewer.geometry.drawn import Drawing
from viewer.geometry.drawn_text import label_lines, number_text
from viewer.session.session import Session
from viewer.window.drawing_menu import ask_name, show_drawing_menu
from viewer.window.pencil import Pencil
from viewer.window.side_panel import heading

MOST_ROWS = 8


class DrawingList(QWidget):
    """A row for each drawing; a click goes there, Del deletes, a double click renames."""

    def __init__(self, session: Session, pencil: Pencil) -> None:
        super().__init__()
        self._session, self._pencil = session, pencil
        self._told: tuple[Drawing, ...] | None = None
        self.rows = QListWidget()
        self.rows.setAccessibleName("Drawings")
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self.rows.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.copy = QPushButton("Copy all")
        self.copy.setToolTip("Every number with its standard deviation, as a table")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(heading("DRAWINGS"))
        column.addWidget(self.rows)
        column.addWidget(self.copy)
        self.rows.itemClicked.connect(lambda item: self._go_to(item))
        self.rows.itemActivated.connect(lambda item: self._go_to(item))
        self.rows.itemDoubleClicked.connect(self._rename)
        self.rows.customContextMenuRequested.connect(self._menu)
        self.copy.clicked.connect(lambda: pencil.copy())
        self.rows.installEventFilter(self)
        session.case_changed.connect(self._case_changed)
        session.view.events.drawing.connect(self._select)
        self._show()

    def release(self) -> None:
        """Stop listening."""
        self._session.case_changed.disconnect(self._case_changed)
        self._session.view.events.drawing.disconnect(self._select)

    def eventFilter(self, watched, event) -> bool:
        """Keep room for all rows; Del deletes a row's drawing, also where a branch is selected."""
        if event.type() == event.Type.Resize:
            self._fit()
        kinds = (event.Type.ShortcutOverride, event.Type.KeyPress)
        if event.type() not in kinds or event.key() != Qt.Key.Key_Delete:
            return False
        event.accept()
        found = self._of(self.rows.currentItem())
        if event.type() == event.Type.KeyPress and found is not None:
            self._pencil.delete(found)
        return True

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.drawings is not before.drawings:
            self._show()

    def _show(self) -> None:
        drawings = self._pencil.drawings
        self.rows.clear()
        for drawing in drawings:
            item = QListWidgetItem("\n".join(label_lines(drawing)))
            item.setData(Qt.ItemDataRole.UserRole, drawing.name)
            item.setToolTip(numbers_text(drawing))
            self.rows.addItem(item)
        self.setVisible(bool(drawings))
        self._fit()
        self._select()

    def _fit(self) -> None:
        """Take as much height as the first rows need."""
        self.rows.doItemsLayout()
        last = self.rows.item(min(self.rows.count(), MOST_ROWS) - 1)
        if last is not None:
            self.rows.scrollToTop()
            edges = self.rows.height() - self.rows.viewport().height()
            self.rows.setFixedHeight(self.rows.visualItemRect(last).bottom() + 2 + edges)

    def _select(self, *_: object) -> None:
        name = self._session.view.drawing
        rows = (self.rows.item(n) for n in range(self.rows.count()))
        chosen = next((row for row in rows if row.data(Qt.ItemDataRole.UserRole) == name), None)
        self.rows.setCurrentItem(chosen)

    def _of(self, item: QListWidgetItem | None) -> Drawing | None:
        name = item.data(Qt.ItemDataRole.UserRole) if item is not None else ""
        return next((each for each in self._pencil.drawings if each.name == name), None)

    def _go_to(self, item: QListWidgetItem) -> None:
        found = self._of(item)
        if found is not None:
            self._pencil.go_to(found)

    def _rename(self, item: QListWidgetItem) -> None:
        found = self._of(item)
        if found is not None:
            ask_name(self._session, self._pencil, self.window(), found)

    def _menu(self, place) -> None:
        found = self._of(self.rows.itemAt(place))
        if found is not None:
            at = self.rows.viewport().mapToGlobal(place)
            show_drawing_menu(self._session, self._pencil, self.window(), found, at)


def numbers_text(drawing: Drawing) -> str:
    """Every number of a drawing, a line each, and how they were got."""
    lines = [f"{name}: {number_text(number)}" for name, number in drawing.numbers.items()]
    methods = dict.fromkeys(number.method for number in drawing.numbers.values())
    return "\n".join([*lines, *methods])
