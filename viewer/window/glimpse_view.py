"""A restored box in a slice, in its place in the scan, with a frame and its numbers."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from viewer.enhance.glimpse import Glimpse
from viewer.scene.colors import TOKENS
from viewer.scene.cut import box_in_slice
from viewer.scene.image import GridImage, grid_image
from viewer.scene.marks import Text
from viewer.scene.slice import OUTSIDE, SlicePlane, reslice, window_level
from viewer.window.overlay_painter import line_height, overlay_font, paint_marks

if TYPE_CHECKING:
    from viewer.window.slice_pane import SlicePane


class GlimpseView:
    """Paints a glimpse over the gray of a slice, under the mask."""

    def __init__(self, pane: "SlicePane") -> None:
        self._pane = pane
        self._shown: tuple[Glimpse, GridImage] | None = None
        self._made: tuple[tuple, QImage] | None = None

    def show(self, glimpse: Glimpse | None) -> None:
        """Show a restored box, or nothing."""
        volume = None if glimpse is None else glimpse.volume
        self._shown = volume and (glimpse, grid_image(volume.voxels, volume.grid))
        self._made = None
        self._pane.update()

    @property
    def outline(self) -> QPolygonF:
        """Where the slice cuts the box, in pixels; empty where it does not."""
        plane = self._pane.plane()
        if self._shown is None or plane is None:
            return QPolygonF()
        return QPolygonF([QPointF(x, y) for x, y in box_in_slice(self._shown[1].grid, plane)])

    @property
    def room(self) -> QRectF | None:
        """The rectangle around the box; None where the slice does not cut it."""
        outline = self.outline
        return None if outline.isEmpty() else outline.boundingRect()

    def paint(self, painter: QPainter, plane: SlicePlane) -> None:
        """Paint the restored box in its place, unless the raw scan is asked for."""
        if self._shown is None or self._pane.view.raw_held or self.outline.isEmpty():
            return
        view = self._pane.view
        key = (plane, view.slab_mode, view.slab_mm, view.window_hu, view.level_hu)
        if self._made is None or self._made[0] != key:
            hu = reslice(self._shown[1], plane, view.slab_mode, view.slab_mm)
            gray = window_level(hu, view.window_hu, view.level_hu).astype("uint32")
            argb = (hu != OUTSIDE) * (0xFF000000 | gray * 0x010101)
            argb = argb.astype("uint32")
            form = QImage.Format.Format_ARGB32_Premultiplied
            image = QImage(argb.data, argb.shape[1], argb.shape[0], argb.strides[0], form)
            self._made = (key, image.copy())
        painter.drawImage(QRectF(self._pane.rect()), self._made[1])

    def paint_frame(self, painter: QPainter) -> None:
        """Draw the frame, dashed as all that is not taken yet, with the numbers above it."""
        outline = self.outline
        if self._shown is None or outline.isEmpty():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in (("#000000", 3.0), (TOKENS["invented"], 1.5)):
            pen = QPen(QColor(color), width)
            if width < 2:
                pen.setDashPattern([5.0, 3.0])
            painter.setPen(pen)
            painter.drawPolygon(outline)
        self._paint_words(painter, outline.boundingRect())

    def _paint_words(self, painter: QPainter, room: QRectF) -> None:
        raw = self._pane.view.raw_held
        words = self._shown[0].words
        font = overlay_font(self._pane.font())
        line = line_height(font)
        lines = ("Raw",) if raw else words
        pane = QRectF(self._pane.rect())
        top = room.top() - 3 - line * len(lines)
        if top < pane.top() + 2 * line:
            top = min(room.bottom() + 3, pane.bottom() - line * (len(lines) + 3))
        wide = max(QFontMetricsF(font).horizontalAdvance(each) for each in lines)
        left = max(min(room.left(), pane.right() - 2 * line - wide), pane.left() + 8)
        color = TOKENS["text"] if raw else TOKENS["invented"]
        marks = [
            Text(left, top + n * line, text, color, room=pane.right() - 8 - left)
            for n, text in enumerate(lines)
        ]
        paint_marks(painter, marks, font)
