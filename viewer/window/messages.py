"""Sentences for the person: one bar at a time above the panes, all of them in the log."""

import logging

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.session.session import Message

WORDS = {"info": "Note", "caution": "Caution", "danger": "Problem"}
KEPT_LINES = 2000


class MessageBar(QWidget):
    """The newest sentence, with its kind as a word, until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message_bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._waiting: list[Message] = []
        self._shown: Message | None = None
        self.kind = QLabel()
        self.kind.setObjectName("message_kind")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.details = QPushButton("Details")
        self.details.setToolTip("Show all messages and the log (Ctrl+L)")
        self.dismiss = QPushButton("Close")
        self.dismiss.setToolTip("Close this message")
        self.dismiss.clicked.connect(self._next)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(12)
        row.addWidget(self.kind)
        row.addWidget(self.text, 1)
        row.addWidget(self.details)
        row.addWidget(self.dismiss)
        self.hide()

    def say(self, message: Message) -> None:
        """Show a sentence; the one before waits behind it, a note only replaces a note."""
        shown = self._shown if self.isVisible() else None
        if shown is not None and shown.kind != "info":
            if message.kind == "info":
                return
            self._waiting.insert(0, shown)
        self._show(message)

    def clear(self) -> None:
        """Hide the bar and forget what waits."""
        self._waiting.clear()
        self.hide()

    def _show(self, message: Message) -> None:
        self._shown = message
        self.setProperty("kind", message.kind)
        self.kind.setProperty("kind", message.kind)
        self.kind.setText(WORDS[message.kind])
        self.text.setText(message.text)
        for widget in (self, self.kind):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self._count()
        self.show()

    def _count(self) -> None:
        self.dismiss.setText(f"Next ({len(self._waiting)})" if self._waiting else "Close")

    def _next(self) -> None:
        if self._waiting:
            self._show(self._waiting.pop(0))
        else:
            self.hide()


class _LogBridge(QObject):
    line = Signal(str)


class LogHandler(logging.Handler):
    """Hands log lines to the window's thread."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.bridge = _LogBridge()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        self.bridge.line.emit(self.format(record))


class LogWindow(QDialog):
    """Everything that was said and logged since the start; selectable."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Messages and log")
        self.resize(820, 480)
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setMaximumBlockCount(KEPT_LINES)
        self.view.setAccessibleName("Log")
        column = QVBoxLayout(self)
        column.addWidget(self.view)
        self.handler = LogHandler()
        self.handler.bridge.line.connect(self.view.appendPlainText)
        logging.getLogger("viewer").addHandler(self.handler)

    def say(self, message: Message) -> None:
        """Add a sentence for the person."""
        self.view.appendPlainText(f"{WORDS[message.kind]}: {message.text}")

    def release(self) -> None:
        """Stop listening to the log."""
        logging.getLogger("viewer").removeHandler(self.handler)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Only hide; the log goes on."""
        event.ignore()
        self.hide()
