"""The curved view of the chosen vessel."""

import math
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from viewer.scene.colors import TOKENS
from viewer.scene.cpr import CurvedPicture, Picture, fitted, sheet_of, walls_on
from viewer.scene.cpr_marks import (
    NameRows,
    along_marks,
    curved_letters,
    curved_overlay,
    landmark_marks,
    mouth_marks,
)
from viewer.scene.cpr_tree import TreePicture, tree_marks, tree_picture
from viewer.scene.marks import marks
from viewer.scene.overlay import Stamp, without_corners
from viewer.segment.mask import ARTERY, NAMES
from viewer.window.drag import Drag
from viewer.window.overlay_painter import (
    line_height,
    overlay_font,
    paint_cross,
    paint_frame,
    paint_marks,
)
from viewer.window.swipe import Swipe
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_image import CurvedImage
from viewer.window.vessel_paint import (
    CURSOR,
    PROPOSED,
    WHOLE,
    flag_color,
    paint_curve,
    paint_hatch,
    paint_upright,
    paint_words,
)
from viewer.window.vessel_tree import TreeLanes

DEGREES_PER_PIXEL = 0.5
KEY_DEGREES = 5.0
STEP_MM = 1.0
MOST_ZOOM = 20.0
REFINE_MS = 140
STEPS = {
    Qt.Key.Key_Left: -STEP_MM,
    Qt.Key.Key_PageUp: -10 * STEP_MM,
    Qt.Key.Key_Right: STEP_MM,
    Qt.Key.Key_PageDown: 10 * STEP_MM,
}
TURNS = {Qt.Key.Key_Up: KEY_DEGREES, Qt.Key.Key_Down: -KEY_DEGREES}


class CurvePane(QWidget):
    """A vessel straightened or stretched, or its tree: a drag turns, a click points."""

    maximize_requested = Signal()

    def __init__(self, vessel: ChosenVessel) -> None:
        super().__init__()
        self.vessel = vessel
        self.lanes = TreeLanes(vessel)
        self.zoom = 1.0
        self._pan_mm = (0.0, 0.0)  # along and across, from where the cursor would be in the middle
        self._image = CurvedImage()
        self.swipe = Swipe(self, vessel.view, self._compared)
        self._picture: tuple[tuple, Picture] | None = None
        self._drag = ""
        self._mouse = Drag(QPointF())
        self._coarse = False
        self._refine = QTimer(self, interval=REFINE_MS, singleShot=True)
        self._refine.timeout.connect(self._make_fine)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Curved view of the vessel")
        vessel.changed.connect(self.update)
        vessel.turned.connect(self._turned)
        self.lanes.changed.connect(vessel.changed)

    def release(self) -> None:
        """Make nothing finer any more, and stop listening."""
        self._refine.stop()
        self.lanes.release()

    def sizeHint(self) -> QSize:
        """A fair share of the window."""
        return QSize(640, 360)

    def picture(self) -> Picture | None:
        """The vessel as the pane shows it now, in logical pixels; None without one."""
        if self.vessel.frames is None or self.width() < 2 or self.height() < 2:
            return None
        return self._tree() if self.vessel.view.vessel_sheet == "tree" else self._curved()

    def _curved(self) -> Picture:
        vessel, view = self.vessel, self.vessel.view
        s_mm = vessel.place.s_mm if self.zoom > 1 else 0.0
        size = (self.width(), self.height())
        shown = (size, self.zoom, self._pan_mm)
        key = (vessel.frames, view.vessel_sheet, view.vessel_angle, shown, s_mm)
        return self._kept(
            key,
            lambda: fitted(
                sheet_of(vessel.frames, view),
                vessel.frames,
                vessel.side_mm,
                size,
                self.zoom,
                s_mm,
            ),
        )

    def _tree(self) -> Picture | None:
        vessel, view = self.vessel, self.vessel.view
        size = (self.width(), self.height())
        laid = self.lanes.sheet(size, line_height(overlay_font(self.font())))
        if laid is None:
            return None
        sheet, scale = laid
        branch = vessel.branch_here
        lane = sheet.lane_of(branch)
        if lane < 0:
            branch, lane = vessel.chosen, sheet.lane_of(vessel.chosen)
        point = np.array(view.cursor_lps) if self.zoom > 1 else np.zeros(3)
        shown = (size, self.zoom, self._pan_mm)
        key = (sheet, view.vessel_angle, shown, *point, lane if self.zoom > 1 else 0)
        chosen, degrees = (lane, sheet.axis(lane, vessel.course, branch)), view.vessel_angle
        made = self._kept(
            key, lambda: tree_picture(sheet, scale, chosen, degrees, size, self.zoom, point)
        )
        if (made.chosen, made.axis) != chosen:
            made = replace(made, chosen=chosen[0], axis=chosen[1])
        return made

    def _kept(self, key: tuple, make) -> Picture:
        if self._picture is None or self._picture[0] != key:
            made = make()
            middle = tuple(np.add(made.middle_mm, self._pan_mm).tolist())
            self._picture = (key, replace(made, middle_mm=middle))
        return self._picture[1]

    def zoom_by(self, factor: float) -> None:
        """Enlarge round the cursor."""
        self.zoom = float(np.clip(self.zoom * factor, 1.0, MOST_ZOOM))
        if self.zoom == 1.0:
            self._pan_mm = (0.0, 0.0)
        self.vessel.changed.emit()

    def pan_by(self, x: float, y: float) -> None:
        """Move the picture by pixels to the right and down."""
        picture = self.picture()
        if picture is not None:
            scale = picture.mm_per_pixel
            self._pan_mm = (self._pan_mm[0] - x * scale, self._pan_mm[1] + y * scale)
            self.vessel.changed.emit()

    def reset(self) -> None:
        """Show the whole sheet."""
        self._pan_mm = (0.0, 0.0)
        self.zoom_by(1.0 / self.zoom)

    def _compared(self) -> QRectF | None:
        """Where there is a restored scan to compare: everywhere, or nowhere."""
        case = self.vessel.case
        return None if case is None or case.restored is None else QRectF(self.rect())

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the curved view, the lumen's edges, the flags and the cursor."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        picture = self.picture()
        if picture is None:
            words = self.vessel.words if self.vessel.frames is None else self.lanes.words
            paint_words(painter, QRectF(self.rect()), words)
        else:
            self._paint_image(painter)
            self._paint_lines(painter, picture)
            self._paint_overlay(painter, picture)
        paint_frame(painter, QRectF(self.rect()), TOKENS["line"], self.hasFocus())
        painter.end()

    def _paint_image(self, painter: QPainter) -> None:
        view, case, room = self.vessel.view, self.vessel.case, QRectF(self.rect())
        base = self._picture[1]  # the cursor moves on it
        tree = isinstance(base, TreePicture)
        measured = self.vessel.sections is not None and view.vessel_sheet == "straightened"
        edged = tuple(NAMES) if tree else (ARTERY,) if measured else ()
        ratio = self.devicePixelRatioF()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        raw = self.swipe.raw_side
        for image, seen in self._image.layers(case, view, base, ratio, self._coarse, edged, raw):
            painter.setClipRect(seen or room)
            painter.drawImage(room, image)
        painter.setClipping(False)
        self.swipe.paint(painter)

    def _turned(self) -> None:
        """Show a slow picture coarse until it stands still."""
        if self._coarse or self._image.slow:
            self._coarse = True
            self._refine.start()
        self.update()

    def _make_fine(self) -> None:
        self._coarse = False
        self.update()

    def _paint_lines(self, painter: QPainter, picture: Picture) -> None:
        vessel, view = self.vessel, self.vessel.view
        if isinstance(picture, CurvedPicture):
            self._paint_vessel(painter, picture)
        for name, s_mm in vessel.flag_places.items():
            x, (top, bottom) = float(picture.x_of(np.array(s_mm))), self._reach(picture)
            paint_upright(painter, x, top, bottom, flag_color(name, vessel.proposed), dashed=True)
        if view.crosshair:
            x, y = picture.pixel(np.array(view.cursor_lps))
            top, bottom = self._reach(picture)
            paint_upright(painter, x, top, max(y - 14, top), CURSOR)
            paint_upright(painter, x, min(y + 14, bottom), bottom, CURSOR)
            paint_cross(painter, x, y)

    def _reach(self, picture: Picture) -> tuple[float, float]:
        """From where to where down the pane the chosen vessel's picture lies."""
        if isinstance(picture, TreePicture):
            return picture.box(picture.chosen)[1::2]
        return 0.0, float(self.height())

    def _paint_vessel(self, painter: QPainter, picture: CurvedPicture) -> None:
        """The lumen's edges, and where there is none to see."""
        vessel, sections = self.vessel, self.vessel.sections
        straight = vessel.view.vessel_sheet == "straightened"
        if sections is not None and vessel.view.mask_outline and straight:
            for wall in walls_on(vessel.frames, sections.wall_mm, picture):
                paint_curve(painter, wall, TOKENS["caution"], 1.0)
            if sections.whole_mm is not None:
                for wall in walls_on(vessel.frames, sections.whole_mm, picture):
                    paint_curve(painter, wall, WHOLE, 1.2, dashed=True)
        for stretches, color in (
            (vessel.unmeasured_mm, TOKENS["quiet"]),
            (vessel.invented_mm, PROPOSED),
        ):
            for low, high in stretches:
                s_mm = np.linspace(low, high, max(2, int(high - low) + 1))
                y = picture.y_of(picture.sheet.middle_mm(s_mm))
                middle = np.column_stack([picture.x_of(s_mm), y])
                paint_curve(painter, middle, color, 2.0, dashed=True)
                if color == PROPOSED:
                    wide = np.interp(s_mm, vessel.course.s_mm, vessel.course.radius_mm)
                    wide = (wide / picture.mm_per_pixel)[:, None] * (0.0, 1.0)
                    paint_hatch(painter, np.vstack([middle - wide, (middle + wide)[::-1]]), color)

    def _paint_overlay(self, painter: QPainter, picture: Picture) -> None:
        vessel, view, tree = self.vessel, self.vessel.view, self.vessel.case.tree
        s_mm = vessel.place.s_mm
        curved = isinstance(picture, CurvedPicture)
        letters = curved_letters(picture.sheet, vessel.frames, s_mm) if curved else {}
        place = f"{s_mm:.1f} mm"
        overlay = curved_overlay(vessel.case, view, letters, picture, place)
        if vessel.sections is None and vessel.words:
            told = Stamp(vessel.words.split("\n")[0], "accent")
            overlay = replace(overlay, stamps=(*overlay.stamps, told))
        if not view.corners:
            overlay = without_corners(overlay)
        font = overlay_font(self.font())
        line = line_height(font)
        made = marks(overlay, self.width(), self.height(), line)
        if curved:
            rows = NameRows(self.width(), line)
            rows.avoid(made)
            made += along_marks(picture, line)
            made += mouth_marks(picture, vessel.course, tree, line, rows)
            made += landmark_marks(picture, vessel.places, vessel.course, rows)
        else:
            made = [*tree_marks(picture), *made]
        paint_marks(painter, made, font)

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """Begin to turn (left), to move (middle) or to enlarge (right)."""
        buttons = {
            Qt.MouseButton.LeftButton: "turn",
            Qt.MouseButton.MiddleButton: "pan",
            Qt.MouseButton.RightButton: "zoom",
        }
        if event.button() == Qt.MouseButton.LeftButton and self.swipe.grabs(event.position()):
            self._drag = "swipe"
        self._drag = self._drag or buttons.get(event.button(), "")
        self._mouse = Drag(event.position())

    def mouseMoveEvent(self, event) -> None:
        """Go on with the drag, or follow the mouse with the cursor (Shift)."""
        place = event.position()
        if not self._drag:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._point(place)
            near = self.swipe.grabs(place)
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
            return
        step = self._mouse.step(place)
        if step is None:
            return
        if self._drag == "swipe":
            self.swipe.drag_to(place)
        elif self._drag == "turn":
            self.vessel.turn((step.x() - step.y()) * DEGREES_PER_PIXEL)
        elif self._drag == "pan":
            self.pan_by(step.x(), step.y())
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
        if picture is None:
            return
        x, y = place.x(), place.y()
        point = picture.point_lps(x, y)
        if isinstance(picture, TreePicture):
            self.vessel.choose_at(picture.branch_at(x, y), point)
        else:
            self.vessel.point_to(point)


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
