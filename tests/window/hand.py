"""A hand that clicks and drags over a view, in its own pixels."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


def send(view, kind, place, button=LEFT, held=LEFT):
    at = QPointF(*place)
    keys = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(view, QMouseEvent(kind, at, view.mapToGlobal(at), button, held, keys))


def press(view, place, button=LEFT):
    send(view, QEvent.Type.MouseButtonPress, place, button, button)


def move(view, place, held=LEFT):
    send(view, QEvent.Type.MouseMove, place, NONE, held)


def let_go(view, place, button=LEFT):
    send(view, QEvent.Type.MouseButtonRelease, place, button, NONE)


def drag(view, start, *places):
    press(view, start)
    for place in places:
        move(view, place)
    let_go(view, (start, *places)[-1])


def click(view, *places, button=LEFT):
    for place in places:
        move(view, place, NONE)
        press(view, place, button)
        let_go(view, place, button)


def double_click(view, place):
    click(view, place)
    send(view, QEvent.Type.MouseButtonDblClick, place)
    let_go(view, place)
