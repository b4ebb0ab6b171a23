"""Curves, flags and words over the pictures of a vessel."""

from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from viewer.scene.colors import TOKENS

FLAG_COLORS = {"proximal": TOKENS["good"], "minimum": TOKENS["caution"], "distal": TOKENS["good"]}
PROPOSED = TOKENS["invented"]
FLAG_LETTERS = {"proximal": "N", "minimum": "M", "distal": "N"}
CURSOR = TOKENS["accent"]
LEAST = "#8FD3D1"
RESTORED = TOKENS["good"]  # what the restored scan measures
WHOLE = "#F2D9A0"  # the outer wall round both lumens


def pieces(places: np.ndarray) -> list[np.ndarray]:
    """The runs of a curve (n,2) between the places where it is not known (nan)."""
    known = np.isfinite(places).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known, [0]])))
    return [places[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]


def paint_curve(
    painter: QPainter, places: np.ndarray, color: str, width: float, dashed: bool = False
) -> None:
    """Draw a curve (n,2) in pixels, open where it is not known."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(color), width)
    if dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    for piece in pieces(places):
        painter.drawPolyline(polygon(piece))


def paint_band(painter: QPainter, low: np.ndarray, high: np.ndarray, color: str) -> None:
    """Fill between two curves (n,2) of one length."""
    both = np.hstack([low, high])
    known = np.isfinite(both).all(axis=1)
    both = np.where(known[:, None], both, np.nan)
    fill = QColor(color)
    fill.setAlpha(70)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    for piece in pieces(both):
        painter.drawPolygon(polygon(np.vstack([piece[:, :2], piece[::-1, 2:]])))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_hatch(painter: QPainter, places: np.ndarray, color: str) -> None:
    """Hatch an area (n,2) in pixels: what lies there was not measured."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(QColor(color), Qt.BrushStyle.BDiagPattern))
    painter.drawPolygon(polygon(places))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_upright(
    painter: QPainter, x: float, top: float, bottom: float, color: str, dashed: bool = False
) -> None:
    """Draw a vertical line."""
    pen = QPen(QColor(color), 1.2)
    if dashed:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))


def flag_color(name: str, proposed: Collection[str]) -> str:
    """A flag's color: violet while nobody has confirmed its place."""
    return PROPOSED if name in proposed else FLAG_COLORS[name]


def paint_flag(painter: QPainter, name: str, color: str, x: float, y: float, size: float) -> None:
    """Draw a flag's letter on its color: N normal, M minimum."""
    box = QRectF(x - size / 2, y, size, size)
    painter.setPen(QPen(QColor(TOKENS["background"]), 1))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    font = painter.font()
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, FLAG_LETTERS[name])


def paint_words(painter: QPainter, room: QRectF, words: str) -> None:
    """Write a quiet sentence in the middle."""
    painter.setPen(QColor(TOKENS["quiet"]))
    painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), words)


def polygon(places: np.ndarray) -> QPolygonF:
    """Places (n,2) as Qt draws them."""
    return QPolygonF([QPointF(x, y) for x, y in places])
