"""Draws an overlay's marks with Qt."""

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from viewer.scene.colors import TOKENS
from viewer.scene.marks import Box, Line, Mark, Ring, Text

LEAST_PIXELS = 11
SHADE = QColor(0, 0, 0, 140)  # white words over white bone keep a contrast of 4.5:1
CLEAR = QColor(0, 0, 0, 0)


def overlay_font(font: QFont) -> QFont:
    """The font over pictures: the window's, a little smaller, figures of one width."""
    small = QFont(font)
    points = font.pointSizeF() if font.pointSizeF() > 0 else 10.0
    small.setPointSizeF(max(points * 0.92, 8.5))
    small.setFeature(QFont.Tag("tnum"), 1)
    return small


def line_height(font: QFont) -> float:
    """How far lines of text lie apart, in pixels."""
    return max(QFontMetricsF(font).height() * 1.08, LEAST_PIXELS + 3)


def paint_marks(
    painter: QPainter, marked: Iterable[Mark], font: QFont, shade: QColor = SHADE
) -> None:
    """Draw marks in their order, with a shade behind their words."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in marked:
        if isinstance(mark, Text):
            _text(painter, mark, font, shade)
        elif isinstance(mark, Line):
            _line(painter, mark)
        elif isinstance(mark, Box):
            painter.fillRect(QRectF(mark.x, mark.y, mark.width, mark.height), QColor(mark.color))
        elif isinstance(mark, Ring):
            _ring(painter, mark)


def paint_gesture(painter: QPainter, tool: str, places: list[QPointF]) -> None:
    """Draw a stroke or a box that is under way; red and dashed where it takes away."""
    taking = tool in ("wipe", "clear", "cut", "erase")
    pen = QPen(QColor(TOKENS["danger" if taking else "accent"]), 2.0)
    if taking:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    line = QPolygonF(places)
    if tool in ("box", "clear"):
        painter.drawPolygon(line)
    else:
        painter.drawPolyline(line)


def paint_cross(painter: QPainter, x: float, y: float) -> None:
    """Draw the crosshair's place as a small open cross."""
    painter.setPen(QPen(QColor(TOKENS["accent"]), 1.5))
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        painter.drawLine(QPointF(x + 4 * dx, y + 4 * dy), QPointF(x + 11 * dx, y + 11 * dy))


def paint_handles(painter: QPainter, places: Iterable[QPointF]) -> None:
    """Draw where something can be taken with the mouse."""
    painter.setPen(QPen(QColor(TOKENS["background"]), 1))
    painter.setBrush(QColor(TOKENS["accent"]))
    for place in places:
        painter.drawEllipse(place, 5, 5)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_frame(painter: QPainter, room: QRectF, color: str, focused: bool) -> None:
    """Draw a pane's border: its own color, or a ring where it has the keyboard."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    width = 2 if focused else 1
    painter.setPen(QPen(QColor(TOKENS["accent"] if focused else color), width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(room.adjusted(width / 2, width / 2, -width / 2, -width / 2))


def _line(painter: QPainter, line: Line) -> None:
    ends = QPointF(line.x0, line.y0), QPointF(line.x1, line.y1)
    if line.shadow:
        painter.setPen(QPen(QColor(0, 0, 0, 200), line.width + 2))
        painter.drawLine(*ends)
    color = QColor(line.color)
    color.setAlphaF(line.alpha)
    painter.setPen(QPen(color, line.width))
    painter.drawLine(*ends)


def _ring(painter: QPainter, ring: Ring) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, wide in ((QColor(0, 0, 0, 200), 2), (QColor(ring.color), 0)):
        painter.setPen(QPen(color, ring.width + wide))
        painter.drawEllipse(QPointF(ring.x, ring.y), ring.radius_px, ring.radius_px)


def text_place(text: Text, font: QFont) -> tuple[QRectF, str]:
    """The box that a text fills without its chip, and what of it fits into its room."""
    measure = QFontMetricsF(_used(text, font))
    shown = text.text
    if measure.horizontalAdvance(shown) > text.room:
        shown = measure.elidedText(shown, Qt.TextElideMode.ElideRight, text.room)
    width, height = measure.horizontalAdvance(shown), measure.height()
    x, y = text.x - text.align[0] * width, text.y - text.align[1] * height
    return QRectF(x, y, width, height), shown


def _used(text: Text, font: QFont) -> QFont:
    used = QFont(font)
    used.setBold(text.bold)
    return used


def _text(painter: QPainter, text: Text, font: QFont, shade: QColor) -> None:
    painter.setFont(_used(text, font))
    place, shown = text_place(text, font)
    if text.chip:
        painter.setPen(QPen(QColor(text.color), 1))
        painter.setBrush(QColor(TOKENS["background"]))
        painter.drawRoundedRect(place.adjusted(-7, -1, 7, 1), 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    ascent = QFontMetricsF(painter.font()).ascent()
    base = QPointF(round(place.x()), round(place.y() + ascent))
    if not text.chip:
        if shown:
            painter.fillRect(place.adjusted(-2, 0, 2, 0), shade)
        painter.setPen(QColor(0, 0, 0, 220))
        for dx, dy in ((1, 1), (-1, 0), (0, -1)):
            painter.drawText(base + QPointF(dx, dy), shown)
    painter.setPen(QColor(text.color))
    painter.drawText(base, shown)
