"""The 3-D view of the scan and its vessels."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter

from viewer.scene.colors import TOKENS
from viewer.scene.hidden import hidden_labels, prepare_shown
from viewer.scene.image import grid_image
from viewer.scene.layers import layer, seen
from viewer.scene.marks import marks
from viewer.scene.overlay import scene_overlay, without_corners
from viewer.scene.pins import Pin, pins_in_scene
from viewer.scene.places import labeled, spots_of
from viewer.scene.prepare import prepare_surface
from viewer.scene.preview import prepare_preview
from viewer.scene.tint_restored import shown_tint
from viewer.scene.turn import to_point
from viewer.scene.voxel_tint import voxel_tint, wall_tints
from viewer.session.preview import Preview
from viewer.session.view_state import ViewState
from viewer.window.drag import Drag
from viewer.window.overlay_painter import (
    line_height,
    overlay_font,
    paint_cross,
    paint_frame,
    paint_gesture,
    paint_handles,
    paint_marks,
)
from viewer.window.scene_copies import SceneCopies
from viewer.window.scene_stroke import DRAWN, SceneStroke
from viewer.window.slice_mouse import CLICKS, meant
from viewer.window.vtk_widget import VtkWidget

if TYPE_CHECKING:
    from viewer.case.case import Case

HANDLE_PIXELS = 9
KEY_PIXELS = 25  # ten degrees
TURNS = {
    Qt.Key.Key_Left: (-KEY_PIXELS, 0),
    Qt.Key.Key_Right: (KEY_PIXELS, 0),
    Qt.Key.Key_Up: (0, -KEY_PIXELS),
    Qt.Key.Key_Down: (0, KEY_PIXELS),
}
SEEN_IN_3D = {
    "volume_preset",
    "volume_opacity",
    "surface_opacity",
    "surface_color",
    "tree_shown",
    "clip_box",
    "shading",
    "raw_held",
}
CHANGES_VOLUME = ("raw_held", "bones_shown", "organs_shown", "tint", "volume_preset")
SEEN_ON_PLANES = {"cursor_lps", "window_hu", "level_hu", "planes_shown", "raw_held", "tint"}


class Pane3D(VtkWidget):
    """Volume, vessel surface, tree, slice planes and clip box; copies are made in a thread."""

    clicked = Signal(str, object)
    hovered = Signal(str, object)
    stroke_finished = Signal(str, object, object)
    branch_picked = Signal(object)
    maximize_requested = Signal()

    def __init__(self, view: ViewState) -> None:
        super().__init__()
        self.view = view
        self.case: Case | None = None
        self.branch: int | None = None
        self._pins: tuple[Pin, ...] = ()
        self._copies = SceneCopies()
        self._copies.made.connect(self._stand)
        self._copies.ended.connect(self.touch)
        self._drag = ""
        self._face = 0
        self._mouse = Drag(QPointF())
        self._tool = ""
        self._stroke: SceneStroke | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 80)
        self.setAccessibleName("3-D view")
        view.events.connect(self._view_changed)
        for state in view.panes.values():
            state.events.axes.connect(self._planes_changed)

    # What is shown

    def show_case(self, case: "Case") -> None:
        """Show another case; only what differs is made anew, in a thread."""
        before, self.case = self.case, case
        self._spots = spots_of(case.findings)
        self._want_volume()
        self._want("surface", (case.surface, wall_tints(case)), prepare_surface)
        if before is None or case.tree is not before.tree:
            self.select_branch(None)
        elif case.bridges is not before.bridges:
            self.select_branch(self.branch)
        if before is None or case.shown is not before.shown or case.check is not before.check:
            self._planes_changed()
        self.update()

    def show_preview(self, preview: Preview | None) -> None:
        """Show what an edit would change, or nothing."""
        self._want("preview", (preview,), prepare_preview)

    def point_at(self, place: QPointF) -> np.ndarray | None:
        """The point (LPS) under a place; None where there is nothing."""
        x, y = place.x() * self._factor, place.y() * self._factor
        return None if self.scene.empty else self.scene.pick(x, y)

    def select_branch(self, branch: int | None) -> None:
        """Show which branch is selected."""
        self.branch = branch
        if self.case is not None:
            self.scene.show_tree(self.case.tree, branch, self.case.bridges or ())
            self._dress()

    def show_pins(self, pins: tuple[Pin, ...]) -> None:
        """Show labeled places through everything."""
        self._pins = pins
        self.update()

    def reset(self) -> None:
        """Show the whole scan from the front."""
        self.look_from("A")

    def look_from(self, letter: str) -> None:
        """Look from a side of the patient: A, P, L, R, H or S, F or I."""
        self.scene.reset(letter)
        self.touch()

    @property
    def preparing(self) -> bool:
        """Whether copies are being made in the thread."""
        return self._copies.running

    def release(self) -> None:
        """Wait for the thread, stop listening, and end the drawing in order."""
        self.view.events.disconnect(self._view_changed)
        for state in self.view.panes.values():
            state.events.axes.disconnect(self._planes_changed)
        self._copies.release()
        super().release()

    def sizeHint(self) -> QSize:
        """A fair share of the window."""
        return QSize(420, 360)

    def _want_volume(self) -> None:
        case = self.case
        shown = seen(case, self.view)
        hidden = hidden_labels(self.view) if case.mask is not None else ()
        tint = voxel_tint(case, self.view)
        preset = self.view.volume_preset if tint is not None and self.scene.software else ""
        of = (shown, case.mask if hidden else None, hidden, tint, preset)
        self._want("volume", of, prepare_shown)

    def _want(self, part: str, of: tuple, prepare: Callable) -> None:
        if self._copies.want(part, of, prepare, self.scene.software):
            self._stop_refining()

    def _stand(self, part: str, prepared: object) -> None:
        if not self._closed:
            getattr(self.scene, f"show_{part}")(prepared)
            self._dress()

    def _view_changed(self, change) -> None:
        name = change.signal.name
        if name in CHANGES_VOLUME and self.case is not None:
            self._want_volume()
        if name in SEEN_ON_PLANES and (self.view.planes_shown or name == "planes_shown"):
            self._planes_changed()
        if name in SEEN_IN_3D:
            self._dress()
        else:
            self.update()

    def _planes_changed(self, *_: object) -> None:
        volume = seen(self.case, self.view) if self.case is not None else None
        source, tint = None, None
        if self.view.planes_shown and volume is not None:
            source = grid_image(volume.voxels, volume.grid)
            name = shown_tint(self.case, self.view)
            tint = None if name == "none" else (name, grid_image(*layer(self.case, name)))
        self.scene.show_planes(self.view, source, tint)
        self.touch()

    def _dress(self) -> None:
        self.scene.dress(self.view)
        self.touch()

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the scene, the overlay and the frame."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self.case is None or (self.case.volume is None and self.case.surface is None):
            self._paint_words(painter, "No scan open")
        elif not self.drawn:
            self._paint_words(painter, "Preparing the 3-D view …")
        else:
            self.paint_scene(painter)
            self._paint_overlay(painter)
        paint_frame(painter, QRectF(self.rect()), TOKENS["line"], self.hasFocus())
        painter.end()

    def _paint_overlay(self, painter: QPainter) -> None:
        factor = self.scene.size[0] / max(self.width(), 1)
        overlay = scene_overlay(
            self.case,
            self.view,
            self.scene.axes,
            self.scene.mm_per_pixel * factor,
            self.width(),
            self.scene.radius_range_mm,
            self.scene.table_hidden,
            self.preparing,
        )
        if not self.view.corners:
            overlay = without_corners(overlay)
        font = overlay_font(self.font())
        made = marks(overlay, self.width(), self.height(), line_height(font))
        if self._pins:
            places = self.scene.pixels(np.array([pin.at_lps for pin in self._pins]))[:, :2] / factor
            scale = self.scene.mm_per_pixel * factor
            made += pins_in_scene(self._pins, places, scale, self.width())
        if self._spots and self.view.marks_shown:
            size, line = (self.width(), self.height()), line_height(font)
            places = self.scene.pixels(np.array([spot.at_lps for spot in self._spots])) / factor
            made += labeled(self._spots, places[:, :2], size, line, tuple(made))
        paint_marks(painter, made, font)
        if self.view.crosshair:
            x, y = self.scene.pixels(np.array([self.view.cursor_lps]))[0, :2] / factor
            paint_cross(painter, x, y)
        if self._stroke is not None:
            paint_gesture(painter, self._stroke.tool, self._stroke.places)
        if self.view.clip_box:
            paint_handles(painter, [QPointF(x, y) for x, y, _ in self.scene.handles() / factor])

    def _paint_words(self, painter: QPainter, words: str) -> None:
        painter.setPen(QColor(TOKENS["quiet"]))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """Begin to turn, move, enlarge or clip."""
        if self.scene.empty or self._drag:
            return
        buttons = {
            Qt.MouseButton.LeftButton: "orbit",
            Qt.MouseButton.MiddleButton: "pan",
            Qt.MouseButton.RightButton: "zoom",
        }
        self._drag = buttons.get(event.button(), "")
        self._mouse = Drag(event.position())
        face = self._face_at(event.position())
        if self._drag == "orbit" and face is not None:
            self._drag, self._face = "clip", face
        self._tool = meant(self.view.tool, event)
        # A drag that begins beside everything turns the view, with any tool.
        touched = self._tool in DRAWN and self.point_at(event.position()) is not None
        if self._drag == "orbit" and touched:
            self._drag, self._stroke = "draw", SceneStroke(self._tool, event.position())

    def mouseMoveEvent(self, event) -> None:
        """Go on with a drag, or follow the mouse with the cursor (Shift)."""
        place = event.position()
        if not self._drag:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._move_cursor(place)
            self.hovered.emit(meant(self.view.tool, event), place)
            near = self._face_at(place) is not None
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.ArrowCursor
            )
            return
        step = self._mouse.step(place)
        if step is None:
            return
        if self._drag == "draw":
            self._stroke.go_to(place)
            self.update()
            return
        if self._drag == "orbit":
            self.scene.orbit(step.x(), step.y())
        elif self._drag == "pan":
            self.scene.pan(step.x() * self._factor, step.y() * self._factor)
        elif self._drag == "zoom":
            self.scene.zoom(math.exp(-step.y() * 0.01))
        elif self._drag == "clip":
            self.scene.drag_face(self._face, step.x() * self._factor, step.y() * self._factor)
            self.scene.dress(self.view)
        self.touch()

    def mouseReleaseEvent(self, event) -> None:
        """End a drag; a short left click picks."""
        drag, moved = self._drag, self._mouse.moved
        self._drag = ""
        if drag == "orbit" and not moved and event.button() == Qt.MouseButton.LeftButton:
            self._click(event.position())
        if drag == "draw":
            self._finish_stroke()

    def mouseDoubleClickEvent(self, event) -> None:
        """Ask for all the room."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.maximize_requested.emit()

    def leaveEvent(self, event) -> None:
        """Tell that the mouse has left."""
        self.hovered.emit("", QPointF())

    def wheelEvent(self, event) -> None:
        """Enlarge."""
        self.scene.zoom(1.0015 ** event.angleDelta().y())
        self.touch()
        event.accept()

    def keyPressEvent(self, event) -> None:
        """Arrows turn by ten degrees, plus and minus enlarge."""
        if event.key() in TURNS:
            self.scene.orbit(*TURNS[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.scene.zoom(1.2)
        elif event.key() in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.scene.zoom(1 / 1.2)
        elif event.key() == Qt.Key.Key_Escape and self._drag == "draw":
            self._drag, self._stroke = "", None
            self.update()
            return
        else:
            super().keyPressEvent(event)
            return
        self.touch()

    def focusInEvent(self, event) -> None:
        """Show the ring."""
        self.update()

    def focusOutEvent(self, event) -> None:
        """Hide the ring."""
        self.update()

    @property
    def _factor(self) -> float:
        return self.scene.size[0] / max(self.width(), 1)

    def _click(self, place: QPointF) -> None:
        point = self.point_at(place)
        if self._tool in CLICKS:
            if point is not None:
                self.clicked.emit(self._tool, point)
            return
        x, y = place.x() * self._factor, place.y() * self._factor
        self.branch_picked.emit(self.scene.pick_branch(x, y))
        if point is not None:
            self.view.cursor_lps = to_point(point)

    def _finish_stroke(self) -> None:
        stroke, self._stroke = self._stroke, None
        self.update()
        points = stroke.points_lps(self.scene, self._factor) if stroke.moved else []
        if points:
            self.stroke_finished.emit(stroke.tool, points, np.array(self.scene.axes[2]))

    def _move_cursor(self, place: QPointF) -> None:
        point = self.point_at(place)
        if point is not None:
            self.view.cursor_lps = to_point(point)

    def _face_at(self, place: QPointF) -> int | None:
        if not self.view.clip_box or self.scene.empty:
            return None
        x, y = (self.scene.handles()[:, :2] / self._factor).T
        away = np.hypot(place.x() - x, place.y() - y)
        return int(np.argmin(away)) if away.size and away.min() < HANDLE_PIXELS else None
