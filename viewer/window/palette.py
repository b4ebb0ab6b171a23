"""Find an action by typing a part of its name."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget


class Palette(QDialog):
    """Type, choose with the arrows, Return runs it, Esc closes."""

    def __init__(self, actions: list[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find an action")
        self.resize(560, 420)
        self._actions = actions
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type a part of its name")
        self.line.setAccessibleName("Find an action")
        self.line.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Actions")
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self.filter)
        self.list.itemActivated.connect(lambda _: self.run())
        self.filter("")

    def filter(self, text: str) -> None:
        """Show the actions whose title holds every typed word."""
        words = text.lower().split()
        self.list.clear()
        for action in self._actions:
            title = action.text().replace("&", "")
            if all(word in title.lower() for word in words):
                keys = action.shortcut().toString()
                item = QListWidgetItem(f"{title}    {keys}" if keys else title)
                item.setData(Qt.ItemDataRole.UserRole, action)
                item.setToolTip(action.toolTip())
                if not action.isEnabled():
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                self.list.addItem(item)
        first = next(
            (
                i
                for i in range(self.list.count())
                if self.list.item(i).flags() & Qt.ItemFlag.ItemIsEnabled
            ),
            -1,
        )
        self.list.setCurrentRow(first)

    def run(self) -> None:
        """Run the chosen action after the palette has closed."""
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        action = item.data(Qt.ItemDataRole.UserRole)
        self.accept()
        action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list and Return runs, while the line keeps the focus."""
        if event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                row = min(max(self.list.currentRow() + step, 0), self.list.count() - 1)
                self.list.setCurrentRow(row)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.run()
                return True
        return super().eventFilter(watched, event)
