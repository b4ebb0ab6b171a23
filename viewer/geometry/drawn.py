"""What a person draws on a scan to measure it: distances, angles, ellipses and polygons."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.number import Number
from viewer.geometry.straighten import Sheet

Kind = Literal["distance", "angle", "lines", "ellipse", "polygon"]
Point = tuple[float, float, float]

# How many points each kind has at least and at most.
POINTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"distance": (2, 2), "angle": (3, 3), "lines": (4, 4), "ellipse": (3, 3), "polygon": (3, 500)}
)
AREAS = ("ellipse", "polygon")
SHEETS = ("straightened", "stretched")
LEAST_MM = 0.05
STRIP_STEP_MM = 0.5
ROUND = 64  # pieces of an ellipse's outline


@dataclass(frozen=True, eq=False)
class Strip:
    """The strip of a curved sheet on which something is drawn.

    Straight lines at `along_mm` (n,) with points `starts_lps` and directions `ways` (n,3), and
    the drawing's points on the sheet as `flat_mm` (along, across). `sheet` and `degrees` say how
    the curved view lay.
    """

    sheet: str
    degrees: float
    along_mm: np.ndarray
    starts_lps: np.ndarray
    ways: np.ndarray
    flat_mm: tuple[tuple[float, float], ...]

    def lifted(self, flat: np.ndarray) -> np.ndarray:
        """The points (n,3) in LPS of places (n,2) on the sheet."""
        starts, ways = (
            np.column_stack([np.interp(flat[:, 0], self.along_mm, each) for each in of.T])
            for of in (self.starts_lps, self.ways)
        )
        return np.asarray(starts + flat[:, 1:] * ways)


@dataclass(frozen=True, eq=False)
class Drawing:
    """Something drawn by a person, with the numbers that were measured on it.

    The points (LPS, mm) are: the two ends; an end, the vertex and the other end; the ends of two
    lines; the middle of an ellipse and the ends of its two half axes; the corners of a polygon.
    It lies in the plane with `normal_lps`, on the `strip` of a curved sheet, or, where both are
    None, between points in space.
    """

    kind: Kind
    name: str
    points_lps: tuple[Point, ...]
    normal_lps: Point | None = None
    strip: Strip | None = None
    by: str = "person"
    made: str = ""  # UTC, ISO 8601
    numbers: Mapping[str, Number] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def flat_mm(self) -> np.ndarray:
        """Its points as they are measured: (n,2) in its plane or on its sheet, else (n,3)."""
        if self.strip is not None:
            return np.array(self.strip.flat_mm)
        points = np.array(self.points_lps)
        return points if self.normal_lps is None else (points - points[0]) @ self.axes.T

    @cached_property
    def axes(self) -> np.ndarray:
        """Two directions (2,3) that span its plane."""
        return in_plane(np.array(self.normal_lps))

    def lifted(self, flat: np.ndarray) -> np.ndarray:
        """The points (n,3) in LPS of places (n,2) or (n,3) as in `flat_mm`."""
        if self.strip is not None:
            return self.strip.lifted(flat)
        if self.normal_lps is None:
            return flat
        return np.asarray(np.array(self.points_lps[0]) + flat @ self.axes)

    @cached_property
    def middle_lps(self) -> np.ndarray:
        """Where to look for it (3,)."""
        points = np.array(self.points_lps)
        return points[0] if self.kind == "ellipse" else np.asarray(points.mean(axis=0))


def in_plane(normal: np.ndarray) -> np.ndarray:
    """Two square directions (2,3) in the plane with a normal."""
    normal = normal / np.linalg.norm(normal)
    first = np.cross(normal, np.eye(3)[int(np.abs(normal).argmin())])
    first = first / np.linalg.norm(first)
    return np.array([first, np.cross(normal, first)])


def strokes(kind: str, flat: np.ndarray) -> tuple[np.ndarray, ...]:
    """The lines (n,k) to draw through points (m,k), as far as there are points."""
    if kind == "lines":
        return tuple(flat[n : n + 2] for n in range(0, len(flat), 2))
    if kind == "ellipse":
        turn = np.linspace(0, 2 * np.pi, ROUND + 1)[:, None]
        half = flat[1:] - flat[0]
        return (flat[0] + np.cos(turn) * half[0] + np.sin(turn) * half[1],)
    return (np.vstack([flat, flat[:1]]) if kind == "polygon" else flat,)


def dragged(kind: str, flat: np.ndarray, number: int, to: np.ndarray) -> np.ndarray:
    """The points after one was dragged to a place.

    An ellipse goes along with its middle; it turns and grows with the end of a half axis, the
    other axis keeping its length and staying square.
    """
    moved = flat.copy()
    if kind == "ellipse" and number == 0:
        return np.asarray(flat + (to - flat[0]))
    moved[number] = to
    if kind == "ellipse":
        other = 3 - number
        side = to - flat[0]
        long = np.linalg.norm(side)
        square = np.array([-side[1], side[0]]) / max(float(long), LEAST_MM)
        old = flat[other] - flat[0]
        sign = 1.0 if square @ old >= 0 else -1.0
        moved[other] = flat[0] + sign * np.linalg.norm(old) * square
    return moved


def from_corners(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The points (3,2) of the ellipse that fills the rectangle between two corners."""
    middle, half = (one + other) / 2, np.abs(other - one) / 2
    return np.vstack([middle, middle + np.diag(half)])


def circle(middle: np.ndarray, radius_mm: float) -> np.ndarray:
    """The points (3,2) of a circle."""
    return np.vstack([middle, middle + radius_mm * np.eye(2)])


def cut_strip(sheet: Sheet, title: str, degrees: float, kind: str, flat: np.ndarray) -> Strip:
    """The strip of a sheet that holds a drawing with points (n,2)."""
    along = np.concatenate([stroke[:, 0] for stroke in strokes(kind, flat)])
    low, high = np.clip([along.min(), along.max()], 0.0, sheet.length_mm)
    steps = max(2, int(np.ceil((high - low) / STRIP_STEP_MM)) + 1)
    places = np.linspace(low, max(high, low + 1e-3), steps)
    starts, ways = sheet.lines(places)
    pairs = tuple((float(a), float(b)) for a, b in flat)
    return Strip(title, degrees, places, np.array(starts), np.array(ways), pairs)


def check(drawing: Drawing) -> None:
    """Raise a `ViewerError` where nothing can be measured on a drawing."""
    least, most = POINTS[drawing.kind]
    if not least <= len(drawing.points_lps) <= most:
        raise ViewerError(
            f"This has {len(drawing.points_lps)} points where {least} to {most} are needed; "
            "nothing was drawn: draw it again."
        )
    flat = drawing.flat_mm
    if drawing.kind in AREAS and flat.shape[1] != 2:
        raise ViewerError(
            "An area is measured in a plane or on a curved sheet, not between points in space; "
            "nothing was drawn: draw it in a slice."
        )
    if drawing.kind == "polygon" and crosses_itself(flat):
        raise ViewerError("The outline crosses itself, so it has no area; it was not taken.")
    if least_side_mm(drawing.kind, flat) < LEAST_MM:
        raise ViewerError("Two points lie on each other; nothing was drawn: draw it larger.")


def least_side_mm(kind: str, flat: np.ndarray) -> float:
    """The shortest of the lines that a drawing is measured by."""
    if kind == "ellipse":
        sides = flat[1:] - flat[0]
    elif kind == "lines":
        sides = flat[1::2] - flat[::2]
    else:
        sides = np.diff(flat, axis=0)
    return float(np.linalg.norm(sides, axis=1).min())


def crosses_itself(corners: np.ndarray) -> bool:
    """Whether two sides of a polygon (n,2) that are no neighbors meet."""
    count = len(corners)
    start, end = corners, np.roll(corners, -1, axis=0)
    for n in range(count):
        others = np.array([m for m in range(n + 2, count) if (n, m) != (0, count - 1)], int)
        if others.size and bool(_meet(start[n], end[n], start[others], end[others]).any()):
            return True
    return False


def _meet(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Whether a line from a to b (2,) meets each of those from c to d (n,2)."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        one, two = q - p, r - p
        return np.asarray(one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0])

    apart = side(a, b, c) * side(a, b, d) <= 0
    return np.asarray(apart & (side(c, d, a) * side(c, d, b) <= 0))


def free_name(prefix: str, drawings: tuple[Drawing, ...]) -> str:
    """The next name with a prefix ("D3") that no drawing has."""
    taken = {drawing.name for drawing in drawings}
    return next(name for n in range(1, len(taken) + 2) if (name := f"{prefix}{n}") not in taken)


def renamed(drawing: Drawing, name: str, drawings: tuple[Drawing, ...]) -> Drawing:
    """A drawing with another name; raises `ViewerError` for one that is empty, long or taken."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 40 or not name.isprintable():
        raise ViewerError("A name has 1 to 40 letters; the old one stays.")
    if any(other.name == name for other in drawings if other is not drawing):
        raise ViewerError(f"Another drawing is called {name} already; the old name stays.")
    return replace(drawing, name=name)
