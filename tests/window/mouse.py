"""A mouse and its wheel over a widget, in its own pixels."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

LEFT = Qt.MouseButton.LeftButton


def press(pane, start, *places, button=LEFT):
    none = Qt.MouseButton.NoButton
    send(pane, QEvent.Type.MouseButtonPress, start, button, button)
    for place in places:
        send(pane, QEvent.Type.MouseMove, place, none, button)
    send(pane, QEvent.Type.MouseButtonRelease, (start, *places)[-1], button, none)


def send(pane, kind, place, button, buttons, keys=Qt.KeyboardModifier.NoModifier):
    at = QPointF(*place)
    QApplication.sendEvent(pane, QMouseEvent(kind, at, pane.mapToGlobal(at), button, buttons, keys))


def wheel(pane, notches):
    at = QPointF(50, 50)
    event = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)
