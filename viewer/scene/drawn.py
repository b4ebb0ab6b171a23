"""Drawings over a view: their lines, their handles, and labels that do not cover each other."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from viewer.geometry.drawn import Drawing
from viewer.geometry.drawn_text import label_lines
from viewer.scene.colors import TOKENS
from viewer.scene.labels import BoxRoom, box_of, fitted, placed
from viewer.scene.marks import MARGIN, Box, Line, Mark, Ring, Text
from viewer.scene.paper import Paper

COLOR, CHOSEN = TOKENS["accent"], TOKENS["text"]
CHIP = f"#D8{TOKENS['background'][1:]}"
TICK = 5.0  # half the bar at the end of a distance, pixels
ARC = 18.0  # radius of the arc in an angle, pixels
HANDLE = 4.0
GRAB_PIXELS = 8.0
LINE_PIXELS = 5.0
SMALL = 18  # heights of a line: a view that is narrower shows the first number alone
PAD = 4.0
NOWHERE = np.zeros((0, 2))


@dataclass(frozen=True, eq=False)
class Laid:
    """A drawing as it lies over a view, in pixels.

    `handles` (n,2) are where its points can be taken, none where it cannot be changed; the label
    fills `box` (x, y, width, height). One that is `faint` stands in the way: it has no label.
    """

    drawing: Drawing
    lines: tuple[np.ndarray, ...]
    handles: np.ndarray
    label: tuple[str, ...]
    box: BoxRoom
    faint: bool = False


def lay_out(
    drawings: Iterable[Drawing],
    papers: Sequence[Paper],
    size: tuple[int, int],
    line: float,
    wide: Callable[[str], float],
    chosen: Collection[Drawing | None] = (),
) -> list[Laid]:
    """The drawings that lie in a view; `line` is the height of a text, `wide` tells its width.

    In space those that were drawn in a plane or on a sheet are faint, unless they are `chosen`.
    """
    seen = [(d, *found) for d in drawings if (found := _seen(d, tuple(papers), size)) is not None]
    boxes = [box_of(np.vstack(lines)) for _, _, lines in seen]
    laid: list[Laid] = []
    for n, (drawing, paper, lines) in enumerate(seen):
        places = paper.places(drawing)
        if not paper.flat and places is None and drawing not in chosen:
            laid.append(Laid(drawing, lines, NOWHERE, (), (0.0, 0.0, 0.0, 0.0), True))
            continue
        handles = NOWHERE if places is None else paper.pixels(places)
        label = label_lines(drawing) if drawing.numbers else (drawing.name,)
        label = label[:1] if size[0] < SMALL * line else label
        label = fitted(label, wide, size[0] - 4 * PAD)
        room = (max(map(wide, label)) + 2 * PAD, line * len(label) + PAD)
        labels = [each.box for each in laid if not each.faint]
        box = placed(np.vstack(lines), room, size, labels, boxes[:n] + boxes[n + 1 :])
        laid.append(Laid(drawing, lines, handles, label, box))
    return laid


def _seen(
    drawing: Drawing, papers: tuple[Paper, ...], size: tuple[int, int]
) -> tuple[Paper, tuple[np.ndarray, ...]] | None:
    """The first paper that shows a drawing inside the view, and its lines there."""
    for paper in papers:
        lines = paper.shown(drawing)
        if lines is not None and _in_sight(lines, size):
            return paper, lines
    return None


def _in_sight(lines: tuple[np.ndarray, ...], size: tuple[int, int]) -> bool:
    points = np.vstack(lines)
    return bool(np.all(points.max(axis=0) > 0) and np.all(points.min(axis=0) < size))


def drawing_marks(laid: Laid, chosen: bool) -> list[Mark]:
    """What to draw of one drawing, without its label."""
    color = CHOSEN if chosen else COLOR
    made: list[Mark] = []
    if laid.faint:
        pairs = (pair for points in laid.lines for pair in pairwise(points))
        return [Line(*map(float, (*a, *b)), color, 1.0, alpha=0.6) for a, b in pairs]
    for points in laid.lines:
        made += _run(points, color, 2.5 if chosen else 2.0)
    kind = laid.drawing.kind
    if kind == "distance":
        made += _ticks(laid.lines[0], color)
    elif kind == "angle" and len(laid.lines[0]) == 3:
        made += _arc(laid.lines[0], color)
    elif kind == "lines" and len(laid.lines) > 1:
        (a, b), (c, d) = (each[[0, -1]] for each in laid.lines)
        start, end = (a + b) / 2, (c + d) / 2
        made.append(Line(*start, *end, color, 1.0, alpha=0.5))
    if chosen:
        made += [Ring(float(x), float(y), HANDLE, color, 2.0) for x, y in laid.handles]
    return made


def label_marks(laid: Laid, chosen: bool, line: float, width: int) -> list[Mark]:
    """The label of one drawing on its dark ground; none of a faint one."""
    if laid.faint:
        return []
    x, y, wide, tall = laid.box
    color = CHOSEN if chosen else COLOR
    texts = [
        Text(x + PAD, y + PAD / 2 + n * line, text, color, bold=True, room=width - 2 * MARGIN)
        for n, text in enumerate(laid.label)
    ]
    return [Box(x, y, min(wide, width - 4), tall, CHIP), *texts]


def hit(laid: list[Laid], x: float, y: float) -> tuple[Drawing, int | None] | None:
    """The drawing at a pixel and the number of its point there, the last drawn first."""
    laid = [each for each in laid if not each.faint]
    for each in reversed(laid):
        far = np.hypot(*(each.handles - (x, y)).T)
        if far.size and far.min() <= GRAB_PIXELS:
            return each.drawing, int(far.argmin())
    for each in reversed(laid):
        left, top, wide, tall = each.box
        inside = left <= x <= left + wide and top <= y <= top + tall
        if inside or min(_beside(line, x, y) for line in each.lines) <= LINE_PIXELS:
            return each.drawing, None
    return None


def _beside(points: np.ndarray, x: float, y: float) -> float:
    """How far a pixel lies from a line (n,2)."""
    start, step = points[:-1], np.diff(points, axis=0)
    if not len(step):
        return float(np.hypot(*(points[0] - (x, y))))
    away = np.array([x, y]) - start
    share = (away * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9)
    away = away - np.clip(share, 0, 1)[:, None] * step
    return float(np.hypot(*away.T).min())


def _run(points: np.ndarray, color: str, width: float) -> list[Mark]:
    """A line through points: first its shadow, so that no joint shows."""
    pairs = [(*points[n], *points[n + 1]) for n in range(len(points) - 1)]
    shadow = [Line(*map(float, pair), TOKENS["background"], width + 2, alpha=0.8) for pair in pairs]
    return [*shadow, *(Line(*map(float, pair), color, width) for pair in pairs)]


def _ticks(points: np.ndarray, color: str) -> list[Mark]:
    """Bars across the two ends of a line."""
    made: list[Mark] = []
    for end, inner in ((0, 1), (-1, -2)):
        way = points[end] - points[inner]
        far = float(np.hypot(*way))
        if far > 0:
            dx, dy = -way[1] / far * TICK, way[0] / far * TICK
            x, y = points[end]
            made.append(Line(x - dx, y - dy, x + dx, y + dy, color, 2.0, shadow=True))
    return made


def _arc(points: np.ndarray, color: str) -> list[Mark]:
    """The arc between the two arms at the vertex of an angle."""
    vertex = points[1]
    ends = [points[n] - vertex for n in (0, -1)]
    radius = min(ARC, *(0.6 * float(np.hypot(*end)) for end in ends))
    first, last = (float(np.arctan2(end[1], end[0])) for end in ends)
    turn = (last - first + np.pi) % (2 * np.pi) - np.pi
    angles = first + turn * np.linspace(0, 1, 13)[:, None]
    return _run(vertex + radius * np.hstack([np.cos(angles), np.sin(angles)]), color, 1.5)
