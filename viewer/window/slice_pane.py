"""A slice through the scan with all that is written on it."""

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QRegion
from PySide6.QtWidgets import QWidget

from viewer.scene.bridges import bridge_marks
from viewer.scene.colors import TOKENS, label_color
from viewer.scene.image import GridImage, grid_image
from viewer.scene.layers import layer
from viewer.scene.marks import marks, reference_marks
from viewer.scene.overlay import slice_overlay, without_corners
from viewer.scene.pins import Pin, pins_in_slice
from viewer.scene.places import Spot, spots_in_slice, spots_of
from viewer.scene.preview import preview_argb
from viewer.scene.slice import SlicePlane, plane_through, reslice, reslice_labels, window_level
from viewer.scene.tint import confidence_argb, mask_argb
from viewer.scene.tint_restored import shown_tint, tint_argb, tint_in_plane
from viewer.scene.turn import step_cursor
from viewer.session.preview import Preview
from viewer.session.view_state import PaneState, Tint, ViewState
from viewer.volume.grid import Grid
from viewer.window.glimpse_view import GlimpseView
from viewer.window.overlay_painter import (
    line_height,
    overlay_font,
    paint_frame,
    paint_gesture,
    paint_marks,
)
from viewer.window.slice_mouse import BRUSHES, SliceMouse
from viewer.window.swipe import Swipe

if TYPE_CHECKING:
    from viewer.case.case import Case

ZOOM_STEP = 1.2
LEAST_MM_PER_PIXEL, MOST_MM_PER_PIXEL = 0.01, 20.0
KEYS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageDown: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_PageUp: -1,
}


class SlicePane(QWidget):
    """One plane of the scan: axial, coronal or sagittal, straight or turned."""

    clicked = Signal(str, object)
    hovered = Signal(str, object)
    stroke_finished = Signal(str, object, object)
    menu_requested = Signal(object, object)
    maximize_requested = Signal()

    def __init__(self, view: ViewState, plane: str) -> None:
        super().__init__()
        self.view = view
        self.name = plane
        self.case: Case | None = None
        self._pins: tuple[Pin, ...] = ()
        self._spots: tuple[Spot, ...] = ()
        self._preview: tuple[Preview, GridImage] | None = None
        self._images: dict[str, tuple[np.ndarray, GridImage]] = {}
        self._hu: dict[str, tuple[tuple, np.ndarray]] = {}
        self._layers: dict[str, tuple[tuple, QImage]] = {}
        self._mouse = SliceMouse(self)
        self.glimpse = GlimpseView(self)
        self.swipe = Swipe(self, view, self._compared)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(80, 80)
        self.setAccessibleName(f"{plane.capitalize()} slice")
        view.events.connect(self._changed)
        for state in view.panes.values():
            state.events.connect(self._changed)

    @property
    def state(self) -> PaneState:
        """How this pane is shown."""
        return self.view.panes[self.name]

    @property
    def _grid(self) -> Grid | None:
        return self.case.volume.grid if self.case and self.case.volume else None

    def _compared(self) -> QRectF | None:
        """Where there is a restored scan: the slice, or the box of a preview."""
        restored = self.case is not None and self.case.restored is not None
        return QRectF(self.rect()) if restored else self.glimpse.room

    def show_case(self, case: "Case") -> None:
        """Show another case."""
        self.take_case(case)
        self.update()

    def take_case(self, case: "Case") -> None:
        """Hold another case, which the next painting shows."""
        self.case = case
        self._spots = spots_of(case.findings)
        for name, (shown, _) in tuple(self._images.items()):
            now = layer(case, name)
            if now is None or now[0] is not shown:
                del self._images[name]
                self._hu.pop(name, None)
        self._layers.clear()
        self._mouse.cancel()

    def show_pins(self, pins: tuple[Pin, ...]) -> None:
        """Show labeled places where the slice cuts them."""
        self._pins = pins
        self.update()

    def show_preview(self, preview: Preview | None) -> None:
        """Show what an edit would change, or nothing."""
        self._preview = preview and (preview, grid_image(preview.change, preview.grid))
        self._layers.pop("preview", None)
        self.update()

    def point_at(self, place: QPointF) -> np.ndarray | None:
        """The point (LPS) that is shown at a place."""
        plane = self.plane()
        return None if plane is None else plane.point_lps(place.x(), place.y())

    def release(self) -> None:
        """Stop listening to the view."""
        self.view.events.disconnect(self._changed)
        for state in self.view.panes.values():
            state.events.disconnect(self._changed)

    def plane(self) -> SlicePlane | None:
        """The plane as the pane shows it now, in logical pixels; None without a scan."""
        if self._grid is None or self.width() < 2 or self.height() < 2:
            return None
        state = self.state
        return plane_through(
            self._grid,
            state.axes,
            self.view.cursor_lps,
            (self.width(), self.height()),
            state.mm_per_pixel,
            state.pan_mm,
        )

    def step(self, slices: int) -> None:
        """Go through the scan by slices, positive as one pages: to the feet, back and left."""
        if self._grid is not None:
            self.view.cursor_lps = step_cursor(self._grid, self.view, self.name, slices)

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Enlarge the picture; what lies under `about` (at first the middle) stays there."""
        plane = self.plane()
        if plane is None:
            return
        wanted = plane.mm_per_pixel / factor
        scale = float(np.clip(wanted, LEAST_MM_PER_PIXEL, MOST_MM_PER_PIXEL))
        if about is not None:
            grown = plane.mm_per_pixel - scale
            x, y = about.x() - self.width() / 2, about.y() - self.height() / 2
            right, down = self.state.pan_mm
            self.state.pan_mm = (right + x * grown, down + y * grown)
        self.state.mm_per_pixel = scale

    def reset(self) -> None:
        """Show the whole scan."""
        self.state.mm_per_pixel = 0.0
        self.state.pan_mm = (0.0, 0.0)

    def sizeHint(self) -> QSize:
        """A fair share of the window."""
        return QSize(420, 360)

    def _changed(self, *_: object) -> None:
        self.update()

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the slice, the mask, the overlay and the frame."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        plane = self.plane()
        if plane is None:
            self._paint_empty(painter)
        else:
            self._paint_slice(painter, plane)
            self.glimpse.paint_frame(painter)
            self.swipe.paint(painter)
            self._paint_overlay(painter, plane)
            self._paint_stroke(painter, plane)
        paint_frame(painter, QRectF(self.rect()), f"#99{TOKENS[self.name][1:]}", self.hasFocus())
        painter.end()

    def prepare(self) -> None:
        """Cut the scan and its tint for the next painting, which then has less to do."""
        plane = self.plane()
        if plane is not None and self.isVisible():
            self._scan(plane.scaled(self.devicePixelRatioF()))

    def _scan(self, fine: SlicePlane) -> list[QImage]:
        """The scan as it is shown, and its tint."""
        raw = self.view.raw_held or self.case.restored is None
        made = [self._gray("volume" if raw else "restored", fine)]
        tint = shown_tint(self.case, self.view)
        return made if tint == "none" else [*made, self._tinted(tint, fine)]

    def _paint_slice(self, painter: QPainter, plane: SlicePlane) -> None:
        fine = plane.scaled(self.devicePixelRatioF())
        view = self.view
        target = QRectF(self.rect())
        for image in self._scan(fine):
            painter.drawImage(target, image)
        self.glimpse.paint(painter, fine)
        side = self.swipe.raw_side
        if side is not None:
            painter.setClipRect(side)
            painter.drawImage(target, self._gray("volume", fine))
            painter.setClipping(False)
        if self.case.mask is not None and (view.mask_fill > 0 or view.mask_outline):
            look = (view.mask_fill, view.mask_outline, view.hidden_labels)
            sure = view.confidence_shown and self.case.mask.confidence is not None
            tint = self._layer("tint", (fine, *look, sure), lambda: self._tint(fine, look, sure))
            painter.drawImage(target, tint)
        if self._preview is not None:
            change = self._preview[1]
            border = max(1, round(2 * self.devicePixelRatioF()))
            layer = self._layer(
                "preview",
                (fine,),
                lambda: image_of(
                    preview_argb(reslice_labels(change, fine), border),
                    QImage.Format.Format_ARGB32_Premultiplied,
                ),
            )
            painter.drawImage(target, layer)

    def _layer(self, name: str, key: tuple, make) -> QImage:
        if name not in self._layers or self._layers[name][0] != key:
            self._layers[name] = (key, make())
        return self._layers[name][1]

    def _gray(self, part: str, plane: SlicePlane) -> QImage:
        view = self.view
        cut = (plane, view.slab_mode, view.slab_mm)
        if part not in self._hu or self._hu[part][0] != cut:
            self._hu[part] = (cut, reslice(self._image(part), *cut))
        hu = self._hu[part][1]

        def made() -> QImage:
            gray = window_level(hu, view.window_hu, view.level_hu)
            return image_of(gray, QImage.Format.Format_Grayscale8)

        return self._layer(part, (*cut, view.window_hu, view.level_hu), made)

    def _tinted(self, name: Tint, plane: SlicePlane) -> QImage:
        """What is to be known of the restored voxels."""
        view = self.view

        def made() -> QImage:
            values = tint_in_plane(name, self._image(name), plane, view)
            border = max(1, round(self.devicePixelRatioF()))
            argb = tint_argb(name, values, border)
            return image_of(argb, QImage.Format.Format_ARGB32_Premultiplied)

        return self._layer("restored tint", (name, plane, view.slab_mode, view.slab_mm), made)

    def _tint(self, plane: SlicePlane, look: tuple, sure: bool) -> QImage:
        labels = reslice_labels(self._image("mask"), plane)
        border = max(1, round(self.devicePixelRatioF()))
        if sure:
            confidence = reslice_labels(self._image("confidence"), plane)
            argb = confidence_argb(labels, confidence, *look, border=border)
        else:
            argb = mask_argb(labels, *look, border=border)
        return image_of(argb, QImage.Format.Format_ARGB32_Premultiplied)

    def _image(self, name: str) -> GridImage:
        voxels, grid = layer(self.case, name)
        if name not in self._images or self._images[name][0] is not voxels:
            self._images[name] = (voxels, grid_image(voxels, grid))
        return self._images[name][1]

    def _paint_overlay(self, painter: QPainter, plane: SlicePlane) -> None:
        overlay = slice_overlay(self.case, self.view, self.name, plane)
        if not self.view.corners:
            overlay = without_corners(overlay)
        font = overlay_font(self.font())
        room = self.glimpse.room
        if room is not None:  # no line runs through what is to be judged
            painter.setClipRegion(QRegion(self.rect()) - QRegion(room.toAlignedRect()))
            lines = [reference_marks(line, self.width(), self.height()) for line in overlay.lines]
            paint_marks(painter, itertools.chain(*lines), font)
            painter.setClipping(False)
            overlay = replace(overlay, lines=())
        made = marks(overlay, self.width(), self.height(), line_height(font))
        thick_mm = max(self.view.slab_mm * (self.view.slab_mode != "off"), 1.0)
        bridges = bridge_marks(self.case.bridges or (), plane, thick_mm, self.case.tree)
        placed = tuple(pins_in_slice(self._pins, plane))
        if self.view.marks_shown:
            spots = spots_in_slice(self._spots, plane, thick_mm, line_height(font), made)
            placed = (*placed, *spots)
        paint_marks(painter, [*bridges, *made, *placed], font)

    def _paint_stroke(self, painter: QPainter, plane: SlicePlane) -> None:
        color = QColor(
            label_color(self.view.label) if self.view.tool == "paint" else TOKENS["text"]
        )
        places = [QPointF(*plane.pixel(point)) for point in self._mouse.stroke_lps]
        radius = self.view.brush_mm / plane.mm_per_pixel
        if places and self.view.tool in BRUSHES:
            faint = QColor(color)
            faint.setAlpha(110)
            pen = QPen(faint, 2 * radius)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(places if len(places) > 1 else places * 2))
        elif places:
            paint_gesture(painter, self._mouse.drag, places)
        if self._mouse.over is not None and self.view.tool in BRUSHES:
            painter.setPen(QPen(color, 1.2))
            painter.drawEllipse(self._mouse.over, radius, radius)

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setPen(QColor(TOKENS["quiet"]))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No scan open")

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """Begin a drag."""
        self._mouse.press(event)

    def mouseMoveEvent(self, event) -> None:
        """Go on with a drag, or follow the mouse with the cursor (Shift)."""
        self._mouse.move(event)

    def mouseReleaseEvent(self, event) -> None:
        """End a drag; a short click counts as one."""
        self._mouse.release(event)

    def mouseDoubleClickEvent(self, event) -> None:
        """Ask for all the room; brushes and edits take it as a second press."""
        self._mouse.double_click(event)

    def leaveEvent(self, event) -> None:
        """Hide the brush."""
        self._mouse.leave()

    def wheelEvent(self, event) -> None:
        """Page through the slices; Shift by ten, Ctrl enlarges."""
        self._mouse.wheel(event)
        event.accept()

    def keyPressEvent(self, event) -> None:
        """Arrows and Page keys page, plus and minus enlarge, Esc drops a stroke."""
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if event.key() in KEYS:
            self.step(KEYS[Qt.Key(event.key())] * many)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(ZOOM_STEP)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_by(1 / ZOOM_STEP)
        elif event.key() == Qt.Key.Key_Escape and self._mouse.busy:
            self._mouse.cancel()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:
        """Show the ring."""
        self.update()

    def focusOutEvent(self, event) -> None:
        """Hide the ring."""
        self.update()


def image_of(array: np.ndarray, form: QImage.Format) -> QImage:
    """An image that reads an array's memory (height,width,...)."""
    height, width = array.shape[:2]
    image = QImage(array.data, width, height, array.strides[0], form)
    image.pixels = array  # the image reads this memory
    return image
