"""Marks where something was measured: small rings with labels that do not cover each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from viewer.geometry.stenosis import Stenosis
from viewer.geometry.tree_measures import TreeMeasures
from viewer.scene.colors import TOKENS
from viewer.scene.marks import MARGIN, Mark, Ring, Text
from viewer.scene.slice import SlicePlane

RADIUS_PX, GAP_PX, PADDING_PX = 5.0, 4.0, 8.0
NEAR_MM = 3.0
LETTER = 0.55  # of a line's height
COLOR = TOKENS["invented"]  # proposed by the program, accepted by nobody


@dataclass(frozen=True, eq=False)
class Spot:
    """A place (3,) in the patient with a short label."""

    at_lps: np.ndarray
    text: str


def spots_of(findings: TreeMeasures | None) -> tuple[Spot, ...]:
    """Narrowings and widenings of a case, the gravest first, then the aorta's landmarks."""
    if findings is None:
        return ()
    lesions = [
        (stenosis.percent_at_least, vessel.at(stenosis.least_mm), _narrowed(stenosis))
        for vessel in findings.vessels
        for stenosis in vessel.stenoses
    ] + [
        (200.0, vessel.at(wide.widest_mm), f"Widened to {wide.diameter_max.value:.0f} mm")
        for vessel in findings.vessels
        for wide in vessel.aneurysms
    ]
    lesions.sort(key=lambda each: -each[0])
    marked = [Spot(place, text) for _, place, text in lesions]
    places = [Spot(row.at_lps, row.name) for row in findings.landmarks if row.at_lps is not None]
    return (*marked, *places)


def _narrowed(stenosis: Stenosis) -> str:
    percent = stenosis.percent_diameter
    if percent.known:
        return f"Narrowed {percent.value:.0f} %"
    return f"Narrowed {stenosis.percent_at_least:.0f} % or more"


def spots_in_slice(
    spots: Sequence[Spot],
    plane: SlicePlane,
    slab_mm: float,
    line: float,
    written: Iterable[Mark] = (),
) -> Iterator[Mark]:
    """The marks within a slice, or within a slab, beside what is `written` already."""
    reach = max(NEAR_MM, slab_mm / 2)
    near = [spot for spot in spots if abs(plane.depth_mm(spot.at_lps)) <= reach]
    places = np.array([plane.pixel(spot.at_lps) for spot in near]).reshape(-1, 2)
    yield from labeled(near, places, (plane.width, plane.height), line, written)


def labeled(
    spots: Sequence[Spot],
    places: np.ndarray,
    size: tuple[int, int],
    line: float,
    written: Iterable[Mark] = (),
) -> Iterator[Mark]:
    """Rings at places (n,2) of a picture, each with its label where there is room for it.

    A label stands right, left, above or below its ring, where it covers no other and no text that
    is `written` already; the first spots come first.
    """
    shown = [
        (spot, (float(x), float(y)))
        for spot, (x, y) in zip(spots, places, strict=True)
        if 0 <= x < size[0] and 0 <= y < size[1]
    ]
    taken = [_around(*place) for _, place in shown]
    taken += [_of_text(mark, line) for mark in written if isinstance(mark, Text)]
    for _, (x, y) in shown:
        yield Ring(x, y, RADIUS_PX, COLOR, 1.6)
    for own, (spot, (x, y)) in enumerate(shown):
        for text, box in _beside(spot.text, x, y, line):
            others = (other for n, other in enumerate(taken) if n != own)
            if _inside(box, size) and not any(_meet(box, other) for other in others):
                taken.append(box)
                yield text
                break


Rect = tuple[float, float, float, float]


def _around(x: float, y: float) -> Rect:
    return x - RADIUS_PX, y - RADIUS_PX, x + RADIUS_PX, y + RADIUS_PX


def _of_text(text: Text, line: float) -> Rect:
    wide = min(LETTER * line * len(text.text), text.room) + (2 * PADDING_PX if text.chip else 0.0)
    left, top = text.x - text.align[0] * wide, text.y - text.align[1] * line
    return left, top, left + wide, top + line


def _beside(text: str, x: float, y: float, line: float) -> Iterable[tuple[Text, Rect]]:
    """A label at each of the four sides of a ring, and the room that it takes."""
    wide, tall = LETTER * line * len(text) + 2 * PADDING_PX, line + 2.0
    away = RADIUS_PX + GAP_PX
    for dx, dy in ((1, 0), (-1, 0), (0, -1), (0, 1)):
        middle_x, middle_y = x + dx * (away + wide / 2), y + dy * (away + tall / 2)
        room = (
            middle_x - wide / 2,
            middle_y - tall / 2,
            middle_x + wide / 2,
            middle_y + tall / 2,
        )
        align = (0.5 - dx / 2, 0.5)
        anchor = x + dx * (away + PADDING_PX)
        yield Text(anchor, middle_y, text, COLOR, align, chip=True), room


def _inside(box: Rect, size: tuple[int, int]) -> bool:
    left, top, right, bottom = box
    return (
        left >= MARGIN
        and top >= MARGIN
        and right <= size[0] - MARGIN
        and bottom <= size[1] - MARGIN
    )


def _meet(one: Rect, other: Rect) -> bool:
    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    return not apart
