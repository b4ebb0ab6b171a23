"""A drag and a click told apart."""

from PySide6.QtCore import QPointF

from viewer.window.drag import Drag


def test_a_small_move_is_still_a_click():
    drag = Drag(QPointF(10, 10))
    assert drag.step(QPointF(11, 10)) is None
    assert not drag.moved


def test_steps_count_from_the_last_one_once_the_mouse_has_moved():
    drag = Drag(QPointF(10, 10))
    assert drag.step(QPointF(11, 10)) is None
    assert drag.step(QPointF(30, 12)) == QPointF(20, 2)
    assert drag.step(QPointF(29, 12)) == QPointF(-1, 0)
    assert drag.moved
