"""A mouse and its wheel over a widget, in its own pixels."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

LEFT = Qt.MouseButton.LeftButton


def press(pane, start, *places, button=LEFT, keys=Qt.KeyboardModifier.NoModifier):
    none = Qt.MouseButton.NoButton
    send(pane, QEvent.Type.MouseButtonPress, start, button, button, keys)
    for place in places:
        send(pane, QEvent.Type.MouseMove, place, none, button, keys)
    send(pane, QEvent.Type.MouseButtonRelease, (start, *places)[-1], button, none, keys)


def send(pane, kind, place, button, buttons, keys=Qt.KeyboardModifier.NoModifier):
    at = QPointF(*place)
    QApplication.sendEvent(pane, QMouseEvent(kind, at, pane.mapToGlobal(at), button, buttons, keys))


def wheel(pane, notches, keys=Qt.KeyboardModifier.NoModifier):
    at = QPointF(50, 50)
    event = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)
