"""The key that shows the raw scan while it is held."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from viewer.session.view_state import ViewState


class RawKey(QObject):
    """Hears every key of the program; the backtick turns the pictures to the raw scan."""

    def __init__(self, view: ViewState, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        QApplication.instance().installEventFilter(self)
        QApplication.instance().applicationStateChanged.connect(self._let_go)

    def release(self) -> None:
        """Stop listening."""
        QApplication.instance().removeEventFilter(self)
        QApplication.instance().applicationStateChanged.disconnect(self._let_go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the raw scan while the backtick is held."""
        # Every event of the program comes by: all but keys leave at once.
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_QuoteLeft:
            return False
        turns = event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        if turns and not event.isAutoRepeat():
            self._view.raw_held = event.type() == QEvent.Type.KeyPress
        return turns

    def _let_go(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            self._view.raw_held = False
