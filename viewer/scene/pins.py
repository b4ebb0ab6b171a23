"""Pins: labeled places over the panes, such as a learner's marks and the truth of a quiz."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from viewer.scene.marks import MARGIN, Mark, Ring, Text
from viewer.scene.slice import SlicePlane
from viewer.session.view_state import Point

RADIUS_MM = 8.0
LEAST_PIXELS = 4.0
GAP = 4.0


@dataclass(frozen=True)
class Pin:
    """A ball of 8 mm in the patient with a label over it, or `below` it."""

    at_lps: Point
    text: str
    color: str
    below: bool = False


def pins_in_slice(pins: Sequence[Pin], plane: SlicePlane) -> Iterator[Mark]:
    """The balls that a slice cuts, as large as it cuts them."""
    for pin in pins:
        depth = plane.depth_mm(np.array(pin.at_lps))
        if abs(depth) < RADIUS_MM:
            cut_mm = float(np.sqrt(RADIUS_MM**2 - depth**2))
            x, y = plane.pixel(np.array(pin.at_lps))
            yield from _drawn(pin, x, y, cut_mm / plane.mm_per_pixel, plane.width)


def pins_in_scene(
    pins: Sequence[Pin], places: np.ndarray, mm_per_pixel: float, width: int
) -> Iterator[Mark]:
    """The balls at their places (n,2) in the 3-D view, seen through everything."""
    for pin, (x, y) in zip(pins, places, strict=True):
        yield from _drawn(pin, float(x), float(y), RADIUS_MM / mm_per_pixel, width)


def _drawn(pin: Pin, x: float, y: float, radius: float, width: int) -> Iterator[Mark]:
    radius = max(radius, LEAST_PIXELS)
    yield Ring(x, y, radius, pin.color)
    share = min(max(x / max(width, 1), 0.0), 1.0)  # near an edge the label lies to the inside
    edge = y + radius + GAP if pin.below else y - radius - GAP
    room = width - 2 * MARGIN
    yield Text(x, edge, pin.text, pin.color, (share, 0.0 if pin.below else 1.0), True, room=room)
