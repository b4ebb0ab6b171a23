"""A cross-section of the chosen vessel with its outline."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from viewer.geometry.flags import at_places
from viewer.scene.colors import TOKENS
from viewer.scene.cpr import section_marks, section_plane, sheet_angle, side_mm
from viewer.scene.image import GridImage, grid_image
from viewer.scene.slice import SlicePlane, reslice, window_level
from viewer.volume.volume import Volume
from viewer.window.drag import Drag
from viewer.window.overlay_painter import (
    line_height,
    overlay_font,
    paint_cross,
    paint_frame,
    paint_marks,
)
from viewer.window.slice_mouse import drag_window
from viewer.window.slice_pane import image_of
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_curve import go_along
from viewer.window.vessel_paint import CURSOR, flag_color, paint_curve

TITLES = {
    "proximal": "Proximal normal",
    "minimum": "Minimum",
    "cursor": "At the cursor",
    "distal": "Distal normal",
}
SHORT = {"proximal": "Proximal", "cursor": "Cursor", "distal": "Distal"}


class SectionPane(QWidget):
    """The plane across the vessel at a flag or at the cursor."""

    maximize_requested = Signal()

    def __init__(self, vessel: ChosenVessel, at: str) -> None:
        super().__init__()
        self.vessel, self.at = vessel, at
        self._source: tuple[Volume, GridImage] | None = None
        self._gray: tuple[tuple, QImage] | None = None
        self._mouse = Drag(QPointF())
        self._drag = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 100)
        self.setAccessibleName(f"Cross-section: {TITLES[at].lower()}")
        vessel.changed.connect(self.update)
        vessel.turned.connect(self.update)

    def sizeHint(self) -> QSize:
        """A fair share of the window."""
        return QSize(260, 220)

    @property
    def s_mm(self) -> float | None:
        """Where along the vessel the section lies."""
        if self.vessel.sections is None:
            return None
        if self.at == "cursor":
            return self.vessel.place.s_mm
        return self.vessel.flag_places.get(self.at)

    def plane(self) -> SlicePlane | None:
        """The plane as the pane shows it now, in logical pixels; None without a vessel."""
        s_mm = self.s_mm
        if s_mm is None or self.width() < 2 or self.height() < 2:
            return None
        sections = self.vessel.sections
        size = (self.width(), self.height())
        return section_plane(sections.frames, s_mm, 2 * side_mm(sections), size)

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the section, its outline, the curved view's direction and the cursor."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        plane = self.plane()
        if plane is not None:
            painter.drawImage(QRectF(self.rect()), self._image(plane))
            self._paint_lines(painter, plane)
            self._paint_overlay(painter, plane)
        color = CURSOR
        if self.at != "cursor":
            color = flag_color(self.at, self.vessel.proposed)
        paint_frame(painter, QRectF(self.rect()), f"#99{color[1:]}", self.hasFocus())
        painter.end()

    def _image(self, plane: SlicePlane) -> QImage:
        view, case = self.vessel.view, self.vessel.case
        volume = case.volume if view.raw_held or case.enhanced is None else case.enhanced
        if self._source is None or self._source[0] is not volume:
            self._source = (volume, grid_image(volume.voxels, volume.grid))
        fine = plane.scaled(self.devicePixelRatioF())
        key = (volume, fine, view.window_hu, view.level_hu)
        if self._gray is None or self._gray[0] != key:
            gray = window_level(reslice(self._source[1], fine), view.window_hu, view.level_hu)
            self._gray = (key, image_of(gray, QImage.Format.Format_Grayscale8))
        return self._gray[1]

    def _paint_lines(self, painter: QPainter, plane: SlicePlane) -> None:
        vessel, sections = self.vessel, self.vessel.sections
        number = int(np.abs(sections.frames.s_mm - self.s_mm).argmin())
        if vessel.view.mask_outline:
            outline = sections.outline_lps(number)
            points = np.array([plane.pixel(point) for point in (*outline, outline[0])])
            paint_curve(painter, points, TOKENS["caution"], 1.4)
        if vessel.view.vessel_sheet == "straightened":
            self._paint_direction(painter, plane, number)
        if vessel.view.crosshair and self.at == "cursor":
            paint_cross(painter, *plane.pixel(np.array(vessel.view.cursor_lps)))

    def _paint_direction(self, painter: QPainter, plane: SlicePlane, number: int) -> None:
        """The line that the curved view shows here, with a dot at the end that is above there."""
        frames = self.vessel.sections.frames
        way = frames.turned(sheet_angle(frames, self.vessel.view))[number]
        middle = np.array(plane.pixel(frames.points_lps[number]))
        end = np.array(plane.pixel(frames.points_lps[number] + way)) - middle
        end = end / max(np.linalg.norm(end), 1e-6) * min(self.width(), self.height())
        for sign in (-1, 1):
            ray = np.array([middle + sign * 0.33 * end, middle + sign * 0.43 * end])
            paint_curve(painter, ray, CURSOR, 2.0)
        painter.drawEllipse(QPointF(*(middle + 0.43 * end)), 3, 3)

    def _paint_overlay(self, painter: QPainter, plane: SlicePlane) -> None:
        sections = self.vessel.sections
        (value,), (sd,) = at_places(sections, "diameter_equivalent_mm", np.array([self.s_mm]))
        text = f"{value:.1f} ± {sd:.1f} mm" if np.isfinite(value) else "no edge seen"
        font = overlay_font(self.font())
        case, view, title = self.vessel.case, self.vessel.view, SHORT[self.at]
        paint_marks(painter, section_marks(case, view, title, plane, text, line_height(font)), font)

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """Begin to change window and level."""
        self._drag = event.button() == Qt.MouseButton.LeftButton
        self._mouse = Drag(event.position())

    def mouseMoveEvent(self, event) -> None:
        """Change window and level, or follow the mouse with the cursor (Shift)."""
        place = event.position()
        if not self._drag:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._point(place)
            return
        step = self._mouse.step(place)
        if step is not None:
            drag_window(self.vessel.view, step.x(), step.y())

    def mouseReleaseEvent(self, event) -> None:
        """A short click points."""
        if self._drag and not self._mouse.moved:
            self._point(event.position())
        self._drag = False

    def mouseDoubleClickEvent(self, event) -> None:
        """Ask for all the room."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.maximize_requested.emit()

    def wheelEvent(self, event) -> None:
        """Go along the vessel by millimeters, with Shift by ten; the flag goes along."""
        if self.at == "cursor" or self.s_mm is None:
            go_along(self.vessel, event)
            return
        many = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        delta = event.angleDelta().y() or event.angleDelta().x()
        self.vessel.set_flag(self.at, self.s_mm - delta / 120 * many)
        event.accept()

    def focusInEvent(self, event) -> None:
        """Show the ring."""
        self.update()

    def focusOutEvent(self, event) -> None:
        """Hide the ring."""
        self.update()

    def _point(self, place: QPointF) -> None:
        plane = self.plane()
        if plane is not None:
            self.vessel.point_to(plane.point_lps(place.x(), place.y()))
