"""The curved view of the chosen vessel."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from viewer.scene.colors import TOKENS
from viewer.scene.cpr import (
    CurvedPicture,
    along_marks,
    curved_hu,
    curved_overlay,
    fitted,
    mouth_marks,
    sheet_of,
    walls_on,
)
from viewer.scene.marks import marks
from viewer.scene.overlay import without_corners
from viewer.scene.slice import window_level
from viewer.window.drag import Drag
from viewer.window.overlay_painter import (
    line_height,
    overlay_font,
    paint_cross,
    paint_frame,
    paint_marks,
)
from viewer.window.slice_pane import image_of
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_paint import (
    CURSOR,
    flag_color,
    paint_curve,
    paint_upright,
    paint_words,
)

DEGREES_PER_PIXEL = 0.5
KEY_DEGREES = 5.0
STEP_MM = 1.0
MOST_ZOOM = 20.0
STEPS = {
    Qt.Key.Key_Left: -STEP_MM,
    Qt.Key.Key_PageUp: -10 * STEP_MM,
    Qt.Key.Key_Right: STEP_MM,
    Qt.Key.Key_PageDown: 10 * STEP_MM,
}
TURNS = {Qt.Key.Key_Up: KEY_DEGREES, Qt.Key.Key_Down: -KEY_DEGREES}


class CurvePane(QWidget):
    """A vessel straightened or stretched: a drag turns it, a click points, the wheel goes along."""

    maximize_requested = Signal()

    def __init__(self, vessel: ChosenVessel) -> None:
        super().__init__()
        self.vessel = vessel
        self.zoom = 1.0
        self._gray: tuple[tuple, QImage] | None = None
        self._hu: tuple[tuple, np.ndarray] | None = None
        self._picture: tuple[tuple, CurvedPicture] | None = None
        self._drag = ""
        self._mouse = Drag(QPointF())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Curved view of the vessel")
        vessel.changed.connect(self.update)
        vessel.turned.connect(self.update)

    def sizeHint(self) -> QSize:
        """A fair share of the window."""
        return QSize(640, 360)

    def picture(self) -> CurvedPicture | None:
        """The vessel as the pane shows it now, in logical pixels; None without one."""
        sections = self.vessel.sections
        if sections is None or self.width() < 2 or self.height() < 2:
            return None
        view = self.vessel.view
        s_mm = self.vessel.place.s_mm if self.zoom > 1 else 0.0
        size = (self.width(), self.height())
        key = (sections, view.vessel_sheet, view.vessel_angle, size, self.zoom, s_mm)
        if self._picture is None or self._picture[0] != key:
            sheet = sheet_of(sections.frames, view)
            self._picture = (key, fitted(sheet, sections, size, self.zoom, s_mm))
        return self._picture[1]

    def zoom_by(self, factor: float) -> None:
        """Enlarge round the cursor."""
        self.zoom = float(np.clip(self.zoom * factor, 1.0, MOST_ZOOM))
        self.vessel.changed.emit()

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the curved view, the lumen's edges, the flags and the cursor."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        picture = self.picture()
        if picture is None:
            paint_words(painter, QRectF(self.rect()), self.vessel.words)
        else:
            painter.drawImage(QRectF(self.rect()), self._image(picture))
            self._paint_lines(painter, picture)
            self._paint_overlay(painter, picture)
        paint_frame(painter, QRectF(self.rect()), TOKENS["line"], self.hasFocus())
        painter.end()

    def _image(self, picture: CurvedPicture) -> QImage:
        view, case = self.vessel.view, self.vessel.case
        volume = case.volume if view.raw_held or case.enhanced is None else case.enhanced
        key = (volume, picture, self.devicePixelRatioF())
        if self._hu is None or self._hu[0] != key:
            self._hu = (key, curved_hu(volume, picture.scaled(self.devicePixelRatioF())))
        look = (key, view.window_hu, view.level_hu)
        if self._gray is None or self._gray[0] != look:
            gray = window_level(self._hu[1], view.window_hu, view.level_hu)
            self._gray = (look, image_of(gray, QImage.Format.Format_Grayscale8))
        return self._gray[1]

    def _paint_lines(self, painter: QPainter, picture: CurvedPicture) -> None:
        view, sections = self.vessel.view, self.vessel.sections
        if view.mask_outline and view.vessel_sheet == "straightened":
            for wall in walls_on(sections, picture):
                paint_curve(painter, wall, TOKENS["caution"], 1.0)
        for name, s_mm in self.vessel.flag_places.items():
            x = float(picture.x_of(np.array(s_mm)))
            color = flag_color(name, self.vessel.proposed)
            paint_upright(painter, x, 0, self.height(), color, dashed=True)
        if view.crosshair:
            x, y = picture.pixel(np.array(view.cursor_lps))
            paint_upright(painter, x, 0, y - 14, CURSOR)
            paint_upright(painter, x, y + 14, self.height(), CURSOR)
            paint_cross(painter, x, y)

    def _paint_overlay(self, painter: QPainter, picture: CurvedPicture) -> None:
        vessel = self.vessel
        overlay = curved_overlay(
            vessel.case, vessel.view, picture, vessel.sections, vessel.place.s_mm
        )
        if not vessel.view.corners:
            overlay = without_corners(overlay)
        font = overlay_font(self.font())
        line = line_height(font)
        made = marks(overlay, self.width(), self.height(), line)
        made += along_marks(picture, line)
        made += mouth_marks(picture, vessel.course, vessel.case.tree, line)
        paint_marks(painter, made, font)

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """Begin to turn (left) or to enlarge (right)."""
        buttons = {Qt.MouseButton.LeftButton: "turn", Qt.MouseButton.RightButton: "zoom"}
        self._drag = self._drag or buttons.get(event.button(), "")
        self._mouse = Drag(event.position())

    def mouseMoveEvent(self, event) -> None:
        """Go on with the drag, or follow the mouse with the cursor (Shift)."""
        place = event.position()
        if not self._drag:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._point(place)
            return
        step = self._mouse.step(place)
        if step is None:
            return
        if self._drag == "turn":
            self.vessel.turn((step.x() - step.y()) * DEGREES_PER_PIXEL)
        else:
            self.zoom_by(math.exp(-step.y() * 0.01))

    def mouseReleaseEvent(self, event) -> None:
        """End the drag; a short left click points."""
        drag, self._drag = self._drag, ""
        if drag == "turn" and not self._mouse.moved:
            self._point(event.position())

    def mouseDoubleClickEvent(self, event) -> None:
        """Ask for all the room."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.maximize_requested.emit()

    def wheelEvent(self, event) -> None:
        """Go along the vessel by millimeters, with Shift by ten; Ctrl enlarges."""
        go_along(self.vessel, event, self.zoom_by)

    def keyPressEvent(self, event) -> None:
        """Left and Right go along, Up and Down turn, plus and minus enlarge."""
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if event.key() in STEPS:
            self.vessel.step(STEPS[Qt.Key(event.key())] * many)
        elif event.key() in TURNS:
            self.vessel.turn(TURNS[Qt.Key(event.key())] * many)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(1.2)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.zoom_by(1 / 1.2)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:
        """Show the ring."""
        self.update()

    def focusOutEvent(self, event) -> None:
        """Hide the ring."""
        self.update()

    def _point(self, place: QPointF) -> None:
        picture = self.picture()
        if picture is not None:
            self.vessel.point_to(picture.point_lps(place.x(), place.y()))


def go_along(vessel: ChosenVessel, event, zoom_by=None) -> None:
    """What the wheel does over a vessel: a notch is a millimeter, with Shift ten; Ctrl enlarges."""
    delta = event.angleDelta().y() or event.angleDelta().x()
    keys = event.modifiers()
    if zoom_by is not None and keys & Qt.KeyboardModifier.ControlModifier:
        zoom_by(1.0015**delta)
    else:
        many = 10 if keys & Qt.KeyboardModifier.ShiftModifier else 1
        vessel.step(-delta / 120 * STEP_MM * many)
    event.accept()
