"""A cross-section of the chosen vessel with its outline, its diameters and its numbers."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QWidget

from viewer.geometry.flags import at_places
from viewer.scene.colors import TOKENS
from viewer.scene.cpr import sheet_angle
from viewer.scene.cpr_section import calipers, section_marks, section_plane
from viewer.scene.cpr_tint import vessel_argb
from viewer.scene.image import GridImage, grid_image
from viewer.scene.layers import layer, seen
from viewer.scene.marks import Text
from viewer.scene.slice import SlicePlane, reslice, reslice_labels, window_level
from viewer.scene.tint_restored import shown_tint, tint_argb, tint_in_plane
from viewer.segment.mask import ARTERY
from viewer.session.view_state import Tint
from viewer.volume.grid import Grid
from viewer.window.drag import Drag
from viewer.window.overlay_painter import (
    CLEAR,
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
from viewer.window.vessel_image import is_invented
from viewer.window.vessel_paint import (
    CURSOR,
    LEAST,
    PROPOSED,
    RESTORED,
    WHOLE,
    flag_color,
    paint_curve,
)
from viewer.window.vessel_table import TITLES, beside_texts, percent_text, with_error

LINES = 3  # of numbers under the picture; one more beside a restored scan
SHORT = {"proximal": "Proximal", "cursor": "Cursor", "distal": "Distal"}
SURFACE = QColor(TOKENS["surface"])
LEAST_PICTURE = 60  # pixels: a pane too small for both shows the picture alone


class SectionPane(QWidget):
    """The plane across the vessel at a flag or at the cursor, and under it what it measures."""

    maximize_requested = Signal()

    def __init__(self, vessel: ChosenVessel, at: str) -> None:
        super().__init__()
        self.vessel, self.at = vessel, at
        self._images: dict[str, tuple[np.ndarray, GridImage]] = {}
        self._gray: tuple[tuple, QImage] | None = None
        self._tint: tuple[tuple, QImage] | None = None
        self._known: tuple[tuple, QImage] | None = None
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
        if self.vessel.frames is None:
            return None
        if self.at == "cursor":
            return self.vessel.place.s_mm
        return self.vessel.flag_places.get(self.at)

    @property
    def room(self) -> QRectF:
        """Where the picture lies, above the numbers."""
        sections = self.vessel.sections
        lines = LINES + (sections is not None and sections.beside is not None)
        low = self.height() - lines * line_height(overlay_font(self.font())) - 6
        return QRectF(0, 0, self.width(), low if low > LEAST_PICTURE else self.height())

    def plane(self) -> SlicePlane | None:
        """The plane as the pane shows it now, in logical pixels; None without a vessel."""
        s_mm = self.s_mm
        if s_mm is None or self.width() < 2 or self.height() < 2:
            return None
        size = (self.width(), int(self.room.height()))
        return section_plane(self.vessel.frames, s_mm, 2 * self.vessel.side_mm, size)

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the section, its outline, the curved view's direction, the cursor and numbers."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        plane = self.plane()
        if plane is not None:
            room = QRectF(0, 0, plane.width, plane.height)
            painter.setClipRect(room)
            self._paint_image(painter, plane, room)
            self._paint_lines(painter, plane)
            font = overlay_font(self.font())
            made = section_marks(self.vessel.case, self.vessel.view, plane, line_height(font))
            paint_marks(painter, made, font)
            painter.setClipping(False)
            self._paint_numbers(painter, plane.height)
        color = self._color
        paint_frame(painter, QRectF(self.rect()), f"#99{color[1:]}", self.hasFocus())
        painter.end()

    @property
    def _color(self) -> str:
        return CURSOR if self.at == "cursor" else flag_color(self.at, self.vessel.proposed)

    def _paint_image(self, painter: QPainter, plane: SlicePlane, room: QRectF) -> None:
        view, case = self.vessel.view, self.vessel.case
        fine = plane.scaled(self.devicePixelRatioF())
        shown = seen(case, view)
        slab = (view.slab_mode, view.slab_mm)
        key = (shown, fine, *slab, view.window_hu, view.level_hu)
        if self._gray is None or self._gray[0] != key:
            part = "raw" if shown is case.volume else "scan"
            hu = reslice(self._grid_image(part, shown.voxels, shown.grid), fine, *slab)
            gray = window_level(hu, view.window_hu, view.level_hu)
            self._gray = (key, image_of(gray, QImage.Format.Format_Grayscale8))
        painter.drawImage(room, self._gray[1])
        tint = shown_tint(case, view)
        if tint != "none":
            painter.drawImage(room, self._tinted(tint, fine))
        mask = case.mask
        if mask is None or view.raw_held or not (view.mask_fill > 0 or view.mask_outline):
            return
        look = (view.mask_fill, view.mask_outline, view.hidden_labels, view.confidence_shown)
        key = (mask, fine, look, self.vessel.sections)
        if self._tint is None or self._tint[0] != key:
            labels = reslice_labels(self._grid_image("mask", mask.labels, mask.grid), fine)
            sure = mask.confidence
            if sure is not None:
                sure = reslice_labels(self._grid_image("confidence", sure, mask.grid), fine)
            border = max(1, round(self.devicePixelRatioF()))
            edged = (ARTERY,) if self.vessel.sections is not None else ()
            argb = vessel_argb(labels, sure, view, edged, is_invented(case), border)
            self._tint = (key, image_of(argb, QImage.Format.Format_ARGB32_Premultiplied))
        painter.drawImage(room, self._tint[1])

    def _tinted(self, name: Tint, plane: SlicePlane) -> QImage:
        """What is to be known of the restored voxels."""
        view, case = self.vessel.view, self.vessel.case
        key = (case.restored, case.check, name, plane, view.slab_mode, view.slab_mm)
        if self._known is None or self._known[0] != key:
            image = self._grid_image(name, *layer(case, name))
            values = tint_in_plane(name, image, plane, view)
            border = max(1, round(self.devicePixelRatioF()))
            argb = tint_argb(name, values, border)
            self._known = (key, image_of(argb, QImage.Format.Format_ARGB32_Premultiplied))
        return self._known[1]

    def _grid_image(self, part: str, voxels: np.ndarray, grid: Grid) -> GridImage:
        if part not in self._images or self._images[part][0] is not voxels:
            self._images[part] = (voxels, grid_image(voxels, grid))
        return self._images[part][1]

    def _paint_lines(self, painter: QPainter, plane: SlicePlane) -> None:
        vessel, sections = self.vessel, self.vessel.sections
        if sections is not None and vessel.view.mask_outline and not vessel.view.raw_held:
            number = int(np.abs(sections.frames.s_mm - self.s_mm).argmin())
            if sections.whole_mm is not None:
                whole = replace(sections, wall_mm=sections.whole_mm).outline_lps(number)
                outer = np.array([plane.pixel(point) for point in (*whole, whole[0])])
                paint_curve(painter, outer, WHOLE, 1.4, dashed=True)
            self._paint_outline(painter, plane, sections.outline_lps(number))
        if vessel.view.vessel_sheet != "stretched":
            self._paint_direction(painter, plane)
        if vessel.view.crosshair and self.at == "cursor":
            paint_cross(painter, *plane.pixel(np.array(vessel.view.cursor_lps)))

    def _paint_outline(self, painter: QPainter, plane: SlicePlane, outline: np.ndarray) -> None:
        """The lumen's edge with its least and its greatest diameter."""
        points = np.array([plane.pixel(point) for point in outline])
        if not np.isfinite(points).all():
            return
        paint_curve(painter, np.vstack([points, points[:1]]), TOKENS["caution"], 1.4)
        least, greatest = calipers(points)
        for ends, color in ((greatest, TOKENS["text"]), (least, LEAST)):
            paint_curve(painter, ends, TOKENS["background"], 3.0)
            paint_curve(painter, ends, color, 1.4)

    def _paint_direction(self, painter: QPainter, plane: SlicePlane) -> None:
        """The line that the curved view shows here, with a dot at the end that is above there."""
        frames = self.vessel.frames
        number = int(np.abs(frames.s_mm - self.s_mm).argmin())
        way = frames.turned(sheet_angle(frames, self.vessel.view))[number]
        middle = np.array(plane.pixel(frames.points_lps[number]))
        end = np.array(plane.pixel(frames.points_lps[number] + way)) - middle
        end = end / max(np.linalg.norm(end), 1e-6) * min(plane.width, plane.height)
        for sign in (-1, 1):
            ray = np.array([middle + sign * 0.36 * end, middle + sign * 0.44 * end])
            paint_curve(painter, ray, CURSOR, 2.0)
        painter.drawEllipse(QPointF(*(middle + 0.44 * end)), 3, 3)

    def _paint_numbers(self, painter: QPainter, top: float) -> None:
        """Where the section lies and what it measures, each number with its deviation."""
        font = overlay_font(self.font())
        line = line_height(font)
        painter.fillRect(QRectF(0, top, self.width(), self.height() - top), SURFACE)
        width = self.width()
        proposed = self.at in self.vessel.proposed
        title = TITLES[self.at]
        if QFontMetricsF(font).horizontalAdvance(f"{title}    000.0 mm") > width - 12:
            title = SHORT[self.at]
        made = [
            Text(8, top + 3, title, self._color, bold=True),
            Text(width - 8, top + 3, f"{self.s_mm:.1f} mm", TOKENS["quiet"], (1.0, 0.0)),
        ]
        metrics = QFontMetricsF(font)
        for row, (left, right) in enumerate(self.told(), start=1):
            y = top + 3 + row * line
            color = PROPOSED if proposed and row > 1 else TOKENS["text"]
            if row == LINES:
                color = RESTORED
                if metrics.horizontalAdvance(f"{left}  {right}") > width - 16:
                    left, right = f"Δ {right}" if right else left, ""
            made.append(Text(8, y, left, color, room=(0.7 if right else 1.0) * (width - 16)))
            made.append(Text(width - 8, y, right, TOKENS["caution"], (1.0, 0.0)))
        paint_marks(painter, made, font, CLEAR)

    def told(self) -> list[tuple[str, str]]:
        """The numbers of the section in lines, each with what stands at its right."""
        sections = self.vessel.sections
        if sections is None:
            return [(self.vessel.words.split("\n")[0], "")]
        names = ("diameter_equivalent_mm", "diameter_min_mm", "diameter_max_mm")
        found = [at_places(sections, name, np.array([self.s_mm])) for name in names]
        numbers = [(float(value[0]), float(sd[0])) for value, sd in found]
        if not np.isfinite(numbers[0][0]):
            return [("no edge seen, no number", "")]
        here = self.vessel.narrowed_here if self.at == "cursor" else None
        percent = percent_text(here.percent_diameter) if here is not None else ""
        narrowed = f"−{percent}" if percent not in ("", "–", "none") else ""
        least, greatest = (with_error(*number, "") for number in numbers[1:])
        told = [
            (f"⌀ {with_error(*numbers[0], ' mm')}", narrowed),
            (f"{least} to {greatest} mm", ""),
        ]
        if sections.beside is None:
            return told
        own, less, why = beside_texts(sections, self.s_mm)
        return [*told, ("restored: refused", "") if why else (f"restored {own}", less)]

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
