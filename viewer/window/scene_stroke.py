"""A stroke or a box drawn on the 3-D view."""

import numpy as np
from PySide6.QtCore import QPointF

from viewer.scene.scene import Scene
from viewer.window.slice_mouse import BOXES

DRAWN = (*BOXES, "cut", "scribble", "wipe")
MOST_PICKS = 40


class SceneStroke:
    """The places (logical pixels) of one stroke with a tool, and what they touch."""

    def __init__(self, tool: str, begun: QPointF) -> None:
        self.tool = tool
        self.places = [begun]
        self.moved = False

    def go_to(self, place: QPointF) -> None:
        """Draw on; a box keeps its four corners."""
        self.moved = True
        begun = self.places[0]
        if self.tool in BOXES:
            a, b = QPointF(place.x(), begun.y()), QPointF(begun.x(), place.y())
            self.places = [begun, a, place, b]
        else:
            self.places.append(place)

    def points_lps(self, scene: Scene, factor: float) -> list[np.ndarray]:
        """What lies under the stroke, or a box's corners at the depth of what it shows.

        `factor` is the scene's pixels a logical pixel; empty where nothing was touched.
        """
        if self.tool not in BOXES:
            few = self.places[:: max(1, len(self.places) // MOST_PICKS)]
            touched = [scene.pick(each.x() * factor, each.y() * factor) for each in few]
            return [point for point in touched if point is not None]
        if len(self.places) < 4:
            return []
        for place in ((self.places[0] + self.places[2]) / 2, self.places[0]):
            depth = scene.pick(place.x() * factor, place.y() * factor)
            if depth is not None:
                right, down, _ = scene.axes
                x, y = scene.pixels(depth[None])[0, :2] / factor
                mm = scene.mm_per_pixel * factor
                return [
                    depth + (c.x() - x) * mm * right + (c.y() - y) * mm * down for c in self.places
                ]
        return []
