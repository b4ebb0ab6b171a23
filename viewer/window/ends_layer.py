"""The rings at the ends of vessels over a view: with their tool they are picked and dragged."""

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from viewer.geometry.ends import End
from viewer.scene.colors import TOKENS
from viewer.scene.marks import Line, Mark, Ring, Text
from viewer.scene.scene import Scene
from viewer.scene.slice import SlicePlane
from viewer.window.glass import Glass
from viewer.window.overlay_painter import overlay_font, paint_marks
from viewer.window.slice_mouse import CLICK_PIXELS
from viewer.window.tree_hand import TreeHand

RING, PICKED_RING, GRAB, LABEL = 6.0, 8.0, 11.0, 14.0
LEAST_SLAB_MM = 3.0
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class Sight(Protocol):
    """How a view shows points: which, and at which pixels; and what lies under one."""

    def shows(self, point_lps: np.ndarray, radius_mm: float) -> bool:
        """Whether the middle of a vessel so wide is to be seen in the view."""

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears."""

    def at(self, place: QPointF) -> np.ndarray | None:
        """The point (LPS) under a place."""


class SliceSight:
    """A slice: what lies in vessels that it cuts there, or in its slab."""

    def __init__(self, plane: SlicePlane, slab_mm: float) -> None:
        self._plane, self._slab_mm = plane, slab_mm

    def shows(self, point_lps: np.ndarray, radius_mm: float) -> bool:
        """Whether the slice lies within the vessel's radius of its middle."""
        reach = max(radius_mm, LEAST_SLAB_MM, self._slab_mm / 2)
        return abs(self._plane.depth_mm(point_lps)) <= reach

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears, dropped onto the slice."""
        return self._plane.pixel(point_lps)

    def at(self, place: QPointF) -> np.ndarray:
        """The point of the slice."""
        return self._plane.point_lps(place.x(), place.y())


class SceneSight:
    """The 3-D view: all, through everything; `factor` pixels of it make one of the pane."""

    def __init__(self, scene: Scene, factor: float) -> None:
        self._scene, self._factor = scene, factor

    def shows(self, point_lps: np.ndarray, radius_mm: float) -> bool:
        """Every point."""
        return True

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears."""
        x, y = self._scene.pixels(np.array([point_lps]))[0, :2] / self._factor
        return float(x), float(y)

    def at(self, place: QPointF) -> np.ndarray | None:
        """The point of the surface or the volume that is seen."""
        return self._scene.pick(place.x() * self._factor, place.y() * self._factor)


class EndsLayer(Glass):
    """The rings over a view.

    A press on a ring picks the end, a drag moves it, a click beside all rings adds one; where the
    pointer rests, the way is shown that this would trace. In the 3-D view a short right click
    asks for the menu of the vessel, with any tool.
    """

    menu_wanted = Signal(object, QPoint)

    def __init__(self, hand: TreeHand, view: QWidget, sight: Callable[[], Sight | None]) -> None:
        super().__init__(view)
        self._hand, self._sight = hand, sight
        self._pressed: tuple[Qt.MouseButton, QPointF] | None = None
        self._holds = False
        self._over: End | None = None
        hand.changed.connect(self.update)

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint the rings, the name of the one at hand, and a drag."""
        sight = self._sight() if self._hand.active else None
        if sight is None:
            return
        made = self._way(sight)
        for end in self._hand.ends:
            if sight.shows(end.point_lps, end.radius_mm):
                made += self._marks(end, sight)
        painter = QPainter(self)
        paint_marks(painter, made, overlay_font(self._view.font()))
        painter.end()

    def _way(self, sight: Sight) -> list[Mark]:
        """The way that a click would trace."""
        way = self._hand.way
        if way is None:
            return []
        seen = [sight.shows(p, r) for p, r in zip(way.points_lps, way.radius_mm, strict=True)]
        places = [sight.pixel(point) for point in way.points_lps]
        pieces = [
            (*one, *other)
            for (one, a), (other, b) in pairwise(zip(places, seen, strict=True))
            if a and b
        ]
        under = [Line(*piece, TOKENS["background"], 5.0) for piece in pieces]
        return [*under, *(Line(*piece, TOKENS["invented"], 2.5) for piece in pieces)]

    def _marks(self, end: End, sight: Sight) -> list[Mark]:
        hand = self._hand
        picked = hand.picked_end is end
        x, y = sight.pixel(end.point_lps)
        color = TOKENS["accent" if picked else "good" if end.is_root else "text"]
        made: list[Mark] = [Ring(x, y, PICKED_RING if picked else RING, color, 2.5)]
        if end.is_root:
            made.append(Ring(x, y, 2.0, color, 2.5))
        if picked and hand.dragged_to is not None:
            to = sight.pixel(hand.dragged_to)
            made.append(Line(x, y, *to, TOKENS["accent"], 1.5, shadow=True))
            made.append(Ring(*to, PICKED_RING, TOKENS["accent"], 2.5))
        elif picked or end is self._over:
            made.append(self._label(x, y, hand.name_of(end), color))
        return made

    def _label(self, x: float, y: float, words: str, color: str) -> Text:
        """The words beside a ring, where there is room."""
        left = x > 0.6 * self.width()
        high = float(np.clip(y, LABEL, max(self.height() - LABEL, LABEL)))
        return Text(x - 16 if left else x + 16, high, words, color, (left, 0.5), chip=True)

    # Events of the view

    def _press(self, event: QMouseEvent) -> bool:
        self._pressed = event.button(), event.position()
        if event.button() != LEFT or not self._hand.active:
            return False
        end = self._end_at(event.position())
        self._holds = end is not None
        if end is not None:
            self._hand.pick(end)
        return self._holds

    def _move(self, event: QMouseEvent) -> bool:
        place, sight = event.position(), self._sight() if self._hand.active else None
        if sight is None:
            return False
        if self._holds:
            if self._moved(place):
                self._hand.drag(sight.at(place))
            return True
        if not event.buttons():
            over = self._end_at(place)
            if over is not self._over:
                self._over = over
                self.update()
            self._hand.rest_at(None if over is not None else lambda: sight.at(place))
        return False

    def _release(self, event: QMouseEvent) -> bool:
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != pressed[0]:
            return False
        moved = self._moved(event.position(), pressed[1])
        if self._holds:
            self._holds = False
            self._hand.drop()
            return True
        if moved:
            return False
        if event.button() == RIGHT:
            self._ask_menu(event)
        elif event.button() == LEFT and self._hand.active:
            sight = self._sight()
            point = sight.at(event.position()) if sight is not None else None
            if point is not None:
                self._hand.add(point)
        return False

    def _ask_menu(self, event: QMouseEvent) -> None:
        sight = self._sight()
        if isinstance(sight, SceneSight) and self._hand.tree is not None:
            point = sight.at(event.position())
            if point is not None:
                self.menu_wanted.emit(point, event.globalPosition().toPoint())

    def _leave(self) -> None:
        self._hand.rest_at(None)

    def _act(self, key: Qt.Key) -> Callable[[], object] | None:
        """What a key does now."""
        hand = self._hand
        if not hand.active or hand.picked_end is None:
            return None
        if key == Qt.Key.Key_Delete:
            return hand.delete
        if key == Qt.Key.Key_Escape:
            self._holds = False
            return hand.let_go
        return None

    def _end_at(self, place: QPointF) -> End | None:
        """The end whose ring lies under a place."""
        sight = self._sight()
        if sight is None:
            return None
        best, found = GRAB, None
        for end in self._hand.ends:
            if not sight.shows(end.point_lps, end.radius_mm):
                continue
            x, y = sight.pixel(end.point_lps)
            away = float(np.hypot(place.x() - x, place.y() - y))
            if away < best:
                best, found = away, end
        return found

    def _moved(self, place: QPointF, since: QPointF | None = None) -> bool:
        begun = since if since is not None else self._pressed[1] if self._pressed else place
        away = place - begun
        return abs(away.x()) + abs(away.y()) > CLICK_PIXELS
