"""A sheet of glass over a view: it paints on it, and hears of its mouse and keys first."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget


class Glass(QWidget):
    """Lies over a view and listens to its events first; what it does not take, the view gets."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(view.size())
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand each event to what takes it."""
        kind = event.type()
        if kind == QEvent.Type.Resize:
            self.resize(self._view.size())
        elif kind == QEvent.Type.MouseButtonPress:
            return self._press(event)
        elif kind == QEvent.Type.MouseMove:
            return self._move(event)
        elif kind == QEvent.Type.MouseButtonRelease:
            return self._release(event)
        elif kind == QEvent.Type.MouseButtonDblClick:
            return self._double_click(event)
        elif kind == QEvent.Type.Leave:
            self._leave()
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return self._key(event)
        return False

    def _press(self, event: QMouseEvent) -> bool:
        return False

    def _move(self, event: QMouseEvent) -> bool:
        return False

    def _release(self, event: QMouseEvent) -> bool:
        return False

    def _double_click(self, event: QMouseEvent) -> bool:
        return False

    def _leave(self) -> None:
        """The mouse has left the view."""

    def _key(self, event: QKeyEvent) -> bool:
        act = self._act(Qt.Key(event.key()))
        if act is None:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            act()
        return True

    def _act(self, key: Qt.Key) -> Callable[[], object] | None:
        """What a key does now."""
