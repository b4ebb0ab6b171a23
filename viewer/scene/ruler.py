"""A ruler laid on a slice: its ends, and how far they lie apart."""

import numpy as np

from viewer.scene.colors import TOKENS
from viewer.scene.marks import Line, Mark, Text
from viewer.scene.slice import SlicePlane
from viewer.session.view_state import Point

TICK = 5.0
OFF_MM = 1.0


def length_mm(ends_lps: tuple[Point, Point]) -> float:
    """The distance of a ruler's ends."""
    return float(np.linalg.norm(np.subtract(*ends_lps)))


def ruler_marks(ends_lps: tuple[Point, Point] | None, plane: SlicePlane) -> list[Mark]:
    """A ruler with its length where it lies in a slice; nothing in other slices."""
    if ends_lps is None or any(abs(plane.depth_mm(np.array(p))) > OFF_MM for p in ends_lps):
        return []
    (x0, y0), (x1, y1) = (plane.pixel(np.array(point)) for point in ends_lps)
    far = float(np.hypot(x1 - x0, y1 - y0))
    if far < 1:
        return []
    dx, dy = -(y1 - y0) / far * TICK, (x1 - x0) / far * TICK
    color = TOKENS["accent"]
    ticks = [Line(x - dx, y - dy, x + dx, y + dy, color, 2, True) for x, y in ((x0, y0), (x1, y1))]
    label = Text(x1 + 8, y1, f"{length_mm(ends_lps):.1f} mm", color, (0.0, 0.5), True)
    if x1 < x0:
        label = Text(x1 - 8, y1, label.text, color, (1.0, 0.5), True)
    return [Line(x0, y0, x1, y1, color, 2, True), *ticks, label]
