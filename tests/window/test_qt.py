"""The Qt binding itself: what a raised pin must not bring back (docs/decisions/0005)."""

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

pytestmark = pytest.mark.gui
CALLS = 200


class Bell(QObject):
    rung = Signal(object)


class Painted(QWidget):
    def paintEvent(self, event):
        pass


@pytest.mark.parametrize("what", ["events", "paint", "setter", "signal"])
def test_calls_take_no_references_from_none_and_true(qtbot, what):
    widget, bell = Painted(), Bell()
    qtbot.addWidget(widget)
    widget.show()
    bell.rung.connect(lambda _: None)
    call = {
        "events": QApplication.processEvents,
        "paint": widget.repaint,
        "setter": lambda: widget.setToolTip("tip"),
        "signal": lambda: bell.rung.emit(1),
    }[what]
    call()
    before = [sys.getrefcount(each) for each in (None, True, False)]
    for _ in range(CALLS):
        call()
    after = [sys.getrefcount(each) for each in (None, True, False)]
    lost = [a - b for a, b in zip(after, before, strict=True)]
    assert min(lost) > -CALLS / 2
