"""What the mouse does on a slice."""

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from viewer.scene.marks import handles
from viewer.scene.overlay import reference_lines
from viewer.scene.slice import SlicePlane
from viewer.scene.turn import clamped, turn
from viewer.session.view_state import ViewState

if TYPE_CHECKING:
    from viewer.window.slice_pane import SlicePane

BRUSHES = ("paint", "erase")
BOXES = ("box", "clear")
STROKES = (*BRUSHES, *BOXES, "cut", "scribble", "wipe")
OPPOSITE = {"grow": "remove", "scribble": "wipe", "box": "clear"}  # with Ctrl held
CLICKS = ("grow", "remove", "swap")
EDITS = (*STROKES, *CLICKS)
CLICK_PIXELS = 3
GRAB_PIXELS = 9
PIXELS_A_SLICE = 5
NOTCH = 120
LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)


class SliceMouse:
    """One drag at a time: which it is, where it began, and the stroke drawn so far."""

    def __init__(self, pane: "SlicePane") -> None:
        self._pane = pane
        self._drag = ""
        self.cancel()
        self.over: QPointF | None = None
        self._wheel = 0

    @property
    def drag(self) -> str:
        """Which drag is under way, "" for none."""
        return self._drag

    @property
    def busy(self) -> bool:
        """Whether a drag is under way."""
        return self._drag != ""

    def cancel(self) -> None:
        """Forget the drag and its stroke."""
        if self.busy:
            self._pane.update()
        self._drag = ""
        self._button = Qt.MouseButton.NoButton
        self._begun = self._last = QPointF()
        self._moved = False
        self._rest = 0.0
        self.stroke_lps: list[np.ndarray] = []

    def press(self, event: QMouseEvent) -> None:
        """Choose the drag by button, place and tool."""
        plane = self._pane.plane()
        if plane is None or self.busy:
            return
        self._button = event.button()
        self._begun = self._last = event.position()
        self._moved = False
        self._drag = {MIDDLE: "pan", RIGHT: "zoom"}.get(event.button(), "")
        if event.button() == LEFT:
            tool = meant(self._pane.view.tool, event)
            self._drag = grabbed(plane, self._pane, event.position()) or tool
        if self._drag == "crosshair":
            self._set_cursor(event.position())
        if self._drag in STROKES:
            self._extend_stroke(plane, event.position())

    def move(self, event: QMouseEvent) -> None:
        """Go on with the drag."""
        place = event.position()
        self.over = place
        plane = self._pane.plane()
        if plane is None:
            return
        if not self.busy:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._set_cursor(place)
            self._pane.hovered.emit(meant(self._pane.view.tool, event), place)
            self._show_shape(plane, place)
            if self._pane.view.tool in BRUSHES:
                self._pane.update()
            return
        away = place - self._begun
        self._moved |= abs(away.x()) + abs(away.y()) > CLICK_PIXELS
        if self._moved or self._drag in STROKES:
            self._go_on(plane, place, place - self._last)
            self._last = place

    def release(self, event: QMouseEvent) -> None:
        """End the drag; short clicks and finished strokes are told."""
        if not self.busy or event.button() != self._button:
            return
        drag, moved, stroke = self._drag, self._moved, list(self.stroke_lps)
        plane = self._pane.plane()
        self.cancel()
        if plane is None:
            return
        point = plane.point_lps(event.position().x(), event.position().y())
        if drag in STROKES:
            if drag in BRUSHES or (len(stroke) > 2 and (moved or drag not in BOXES)):
                self._pane.stroke_finished.emit(drag, stroke, np.array(plane.into))
        elif event.button() == RIGHT and not moved:
            self._pane.menu_requested.emit(point, event.globalPosition().toPoint())
        elif event.button() == LEFT and not moved:
            self._pane.clicked.emit(drag, point)

    def double_click(self, event: QMouseEvent) -> None:
        """Maximize, except with a tool that edits."""
        if self._pane.view.tool in EDITS:
            self.press(event)
        elif event.button() == LEFT:
            self._pane.maximize_requested.emit()

    def leave(self) -> None:
        """The mouse has left the pane."""
        self.over = None
        self._pane.hovered.emit("", QPointF())
        self._pane.update()

    def wheel(self, event: QWheelEvent) -> None:
        """Page by notches; a touch pad's small steps add up."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        keys = event.modifiers()
        if keys & Qt.KeyboardModifier.ControlModifier:
            self._pane.zoom_by(1.0015**delta, event.position())
            return
        self._wheel += delta
        notches = int(self._wheel / NOTCH)
        self._wheel -= notches * NOTCH
        if notches:
            self._pane.step(-notches * (10 if keys & Qt.KeyboardModifier.ShiftModifier else 1))

    def _go_on(self, plane: SlicePlane, place: QPointF, step: QPointF) -> None:
        view, state = self._pane.view, self._pane.state
        if self._drag == "window":
            drag_window(view, step.x(), step.y())
        elif self._drag == "pan":
            scale = plane.mm_per_pixel
            right, down = state.pan_mm
            state.pan_mm = (right - step.x() * scale, down - step.y() * scale)
        elif self._drag == "zoom":
            self._pane.zoom_by(math.exp(-step.y() * 0.01), self._begun)
        elif self._drag == "scroll":
            self._rest += step.y() / PIXELS_A_SLICE
            slices = int(self._rest)
            self._rest -= slices
            if slices:
                self._pane.step(slices)
        elif self._drag == "crosshair":
            self._set_cursor(place)
        elif self._drag == "turn":
            self._turn(plane, place)
        elif self._drag == "swipe":
            self._pane.swipe.drag_to(place)
        elif self._drag in STROKES:
            self._extend_stroke(plane, place)

    def _turn(self, plane: SlicePlane, place: QPointF) -> None:
        x, y = plane.pixel(np.array(self._pane.view.cursor_lps))
        before = math.atan2(self._last.y() - y, self._last.x() - x)
        after = math.atan2(place.y() - y, place.x() - x)
        turn(self._pane.view, self._pane.name, after - before)

    def _set_cursor(self, place: QPointF) -> None:
        plane = self._pane.plane()
        if plane is not None:
            point = plane.point_lps(place.x(), place.y())
            self._pane.view.cursor_lps = clamped(self._pane.case.volume.grid, point)

    def _extend_stroke(self, plane: SlicePlane, place: QPointF) -> None:
        if self._drag in BOXES:
            a, b = self._begun, place
            corners = ((a.x(), a.y()), (b.x(), a.y()), (b.x(), b.y()), (a.x(), b.y()))
            self.stroke_lps = [plane.point_lps(x, y) for x, y in corners]
        else:
            self.stroke_lps.append(plane.point_lps(place.x(), place.y()))
        self._pane.update()

    def _show_shape(self, plane: SlicePlane, place: QPointF) -> None:
        shapes = {
            "turn": Qt.CursorShape.PointingHandCursor,
            "crosshair": Qt.CursorShape.SizeAllCursor,
            "swipe": Qt.CursorShape.SplitHCursor,
        }
        tools = {
            "pan": Qt.CursorShape.OpenHandCursor,
            "scroll": Qt.CursorShape.SizeVerCursor,
            "paint": Qt.CursorShape.BlankCursor,
            "erase": Qt.CursorShape.BlankCursor,
            "window": Qt.CursorShape.ArrowCursor,
        }
        near = grabbed(plane, self._pane, place)
        default = tools.get(self._pane.view.tool, Qt.CursorShape.CrossCursor)
        self._pane.setCursor(shapes.get(near, default))


def grabbed(plane: SlicePlane, pane: "SlicePane", place: QPointF) -> str:
    """What lies under the mouse: "turn" a line's end, "crosshair" its middle, "swipe", or ""."""
    if pane.view.tool in EDITS:
        return ""
    swipe = "swipe" if pane.swipe.grabs(place) else ""
    if not pane.view.crosshair:
        return swipe
    lines = reference_lines(plane, pane.name, pane.view)
    for line in lines:
        for x, y in handles(line, plane.width, plane.height):
            if math.hypot(place.x() - x, place.y() - y) < GRAB_PIXELS:
                return "turn"
    x, y = plane.pixel(np.array(pane.view.cursor_lps))
    near = math.hypot(place.x() - x, place.y() - y) < GRAB_PIXELS
    return "crosshair" if near else swipe


def meant(tool: str, event: QMouseEvent) -> str:
    """The tool that a press means: with Ctrl one that adds takes away instead."""
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return OPPOSITE.get(tool, tool)
    return tool


def drag_window(view: ViewState, dx: float, dy: float) -> None:
    """Widen the window to the right, raise the level (darker) downwards."""
    a_pixel = max(1.0, view.window_hu / 400)
    view.window_hu = max(1.0, round(view.window_hu + dx * a_pixel))
    view.level_hu = float(round(view.level_hu + dy * a_pixel))
