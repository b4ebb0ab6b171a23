"""The line in a picture that parts the raw scan, at its left, from the restored one."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from viewer.scene.colors import TOKENS
from viewer.scene.marks import Text
from viewer.session.view_state import ViewState
from viewer.window.overlay_painter import line_height, overlay_font, paint_marks

REACH = 6  # pixels beside the line at which the mouse takes it
EDGE = 0.02  # of the room, that the line stays away from its ends
STEP = 0.05
LEAST_ROOM = 12  # widths of a line's height, for the words
KNOB, SMALL_KNOB = 9.0, 6.0


class Swipe:
    """Parts a picture where `view.swipe` is on.

    `compared` tells where there is a restored scan beside the raw one, None for nowhere.
    """

    def __init__(
        self, pane: QWidget, view: ViewState, compared: Callable[[], QRectF | None]
    ) -> None:
        self._pane, self._view, self._compared = pane, view, compared

    @property
    def room(self) -> QRectF | None:
        """Where raw and restored lie side by side."""
        return self._compared() if self._view.swipe and not self._view.raw_held else None

    @property
    def raw_side(self) -> QRectF | None:
        """Where the raw scan is shown; None where nothing is parted."""
        room = self.room
        if room is None:
            return None
        side = QRectF(room)
        side.setWidth(self._view.swipe_at * room.width())
        return side

    def grabs(self, place: QPointF) -> bool:
        """Whether the mouse would take the line."""
        room, side = self.room, self.raw_side
        if room is None or side is None:
            return False
        if not room.top() <= place.y() <= room.bottom() + SMALL_KNOB:
            return False
        return abs(place.x() - side.right()) <= REACH

    def drag_to(self, place: QPointF) -> None:
        """Bring the line to the mouse."""
        room = self.room
        if room is not None:
            share = (place.x() - room.left()) / max(room.width(), 1.0)
            self._view.swipe_at = inside(share)

    def paint(self, painter: QPainter) -> None:
        """Draw the line with its knob, and what lies at its sides."""
        room, side = self.room, self.raw_side
        if room is None or side is None:
            return
        x = side.right()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(TOKENS["text"]), 1.2)):
            painter.setPen(QPen(color, width))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        font = overlay_font(self._pane.font())
        line = line_height(font)
        if room.width() < LEAST_ROOM * line:  # too small for words; the knob leaves the box free
            _knob(painter, QPointF(x, room.bottom()), SMALL_KNOB)
            return
        y = room.top() + 0.75 * room.height()
        _knob(painter, QPointF(x, y), KNOB)
        away, color = KNOB + 6, TOKENS["text"]
        words = [
            Text(x - away, y, "Raw", color, (1.0, 0.5), room=x - room.left() - away - 4),
            Text(x + away, y, "Restored", color, (0.0, 0.5), room=room.right() - x - away - 4),
        ]
        paint_marks(painter, [each for each in words if each.room > 3 * line], font)


def inside(share: float) -> float:
    """A place of the line, as a share of the room, at which it can still be taken."""
    return min(max(share, EDGE), 1 - EDGE)


def _knob(painter: QPainter, at: QPointF, radius: float) -> None:
    """A handle with an arrow to each side."""
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
    painter.setBrush(QColor(TOKENS["text"]))
    painter.drawEllipse(at, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(TOKENS["background"]))
    for sign in (-1, 1):
        tip, back = (at + QPointF(share * radius * sign, 0) for share in (0.7, 0.2))
        half = QPointF(0, 0.4 * radius)
        painter.drawPolygon(QPolygonF([tip, back + half, back - half]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
