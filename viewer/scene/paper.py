"""The views as paper: where a pixel lies in the patient, and which drawings lie in a view."""

from typing import Protocol

import numpy as np

from viewer.geometry.drawn import Drawing, Kind, cut_strip, strokes
from viewer.geometry.straighten import Sheet
from viewer.scene.cpr import CurvedPicture
from viewer.scene.slice import SlicePlane
from viewer.scene.turn import to_point
from viewer.volume.grid import Grid

OFF_MM = 0.5
SQUARE = 0.9995  # cosine of the angle up to which two planes count as one
PIECE_MM = 1.0
STEP_MM = 1.0  # at most between two points of a path


class Paper(Protocol):
    """A view on which one draws; a place on it is (2,), or (3,) where it is space itself."""

    key: tuple  # another plane or sheet has another one
    flat: bool  # whether areas can be drawn on it

    def holds(self, x: float, y: float) -> bool:
        """Whether a pixel belongs to it."""

    def at(self, x: float, y: float) -> np.ndarray | None:
        """The place at a pixel; None where there is nothing."""

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Where places (n,k) appear (n,2)."""

    def drawing(self, kind: Kind, name: str, places: np.ndarray) -> Drawing:
        """What is drawn by places (n,k) on it."""

    def places(self, drawing: Drawing) -> np.ndarray | None:
        """The points of a drawing as places on it; None where it cannot be changed here."""

    def shown(self, drawing: Drawing) -> tuple[np.ndarray, ...] | None:
        """The lines (n,2) in pixels of a drawing that lies in it; None for any other."""


class SlicePaper:
    """A plane through the scan; what lies at most `off_mm` beside it counts as in it."""

    flat = True

    def __init__(self, plane: SlicePlane, off_mm: float = OFF_MM) -> None:
        self._plane, self._off = plane, off_mm
        self._ways = np.array([plane.right, plane.down])
        self._into = np.array(plane.into)
        self._depth = float(np.dot(plane.center_lps, self._into))
        self.key = (plane.right, plane.down, round(self._depth, 3))

    def holds(self, x: float, y: float) -> bool:
        """Every pixel belongs to it."""
        return True

    def at(self, x: float, y: float) -> np.ndarray:
        """Millimeters to the right and down."""
        return self._ways @ self._plane.point_lps(x, y)

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Where places appear."""
        return self._dropped(self._lifted(places))

    def drawing(self, kind: Kind, name: str, places: np.ndarray) -> Drawing:
        """Drawn in the plane."""
        points = tuple(to_point(point) for point in self._lifted(places))
        return Drawing(kind, name, points, normal_lps=to_point(self._into))

    def places(self, drawing: Drawing) -> np.ndarray | None:
        """What was drawn in this plane can be changed in it."""
        if drawing.strip is not None or drawing.normal_lps is None:
            return None
        points = np.array(drawing.points_lps)
        square = abs(float(np.dot(drawing.normal_lps, self._into))) > SQUARE
        return points @ self._ways.T if square and self._near(points) else None

    def shown(self, drawing: Drawing) -> tuple[np.ndarray, ...] | None:
        """The outline, where all of it lies near the plane."""
        lines = outlines_lps(drawing)
        if not all(self._near(line) for line in lines):
            return None
        return tuple(self._dropped(line) for line in lines)

    def _near(self, points: np.ndarray) -> bool:
        return bool(np.abs(points @ self._into - self._depth).max() <= self._off)

    def _lifted(self, places: np.ndarray) -> np.ndarray:
        return places @ self._ways + self._depth * self._into

    def _dropped(self, points: np.ndarray) -> np.ndarray:
        matrix = self._plane.pane_from_lps
        return points @ matrix[:2, :3].T + matrix[:2, 3]


class SheetPaper:
    """A curved sheet laid flat; `title` and `degrees` say how the view shows it.

    Of a picture with several sheets it is the `box` (left, top, right, bottom) in pixels.
    """

    flat = True

    def __init__(
        self,
        picture: CurvedPicture,
        title: str,
        degrees: float,
        box: tuple[float, float, float, float] | None = None,
    ) -> None:
        self._picture, self._title, self._degrees = picture, title, degrees
        self._box = box or (0.0, 0.0, picture.width, picture.height)
        self._reach = np.inf if box is None else (box[3] - box[1]) / 2 * picture.mm_per_pixel
        self.key = (title, id(picture.sheet.frames), round(float(picture.sheet.angle), 6))

    def holds(self, x: float, y: float) -> bool:
        """Whether a pixel lies in its box."""
        left, top, right, bottom = self._box
        return left <= x <= right and top <= y <= bottom

    def at(self, x: float, y: float) -> np.ndarray:
        """Millimeters along and across, at an end of the sheet beyond it."""
        picture = self._picture
        along = picture.middle_mm[0] + (x - picture.width / 2) * picture.mm_per_pixel
        across = picture.middle_mm[1] - (y - picture.height / 2) * picture.mm_per_pixel
        return np.array([np.clip(along, 0.0, picture.sheet.length_mm), across])

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Where places appear."""
        picture = self._picture
        x = picture.width / 2 + (places[:, 0] - picture.middle_mm[0]) / picture.mm_per_pixel
        return np.column_stack([x, picture.y_of(places[:, 1])])

    def drawing(self, kind: Kind, name: str, places: np.ndarray) -> Drawing:
        """Drawn on the strip of the sheet that holds it."""
        strip = cut_strip(self._picture.sheet, self._title, self._degrees, kind, places)
        points = tuple(to_point(point) for point in strip.lifted(places))
        return Drawing(kind, name, points, strip=strip)

    def places(self, drawing: Drawing) -> np.ndarray | None:
        """What was drawn on this sheet can be changed on it."""
        strip = drawing.strip
        if strip is None or self._far(drawing):
            return None
        starts, ways = self._picture.sheet.lines(strip.along_mm)
        beside = np.linalg.norm(starts - strip.starts_lps, axis=1).max() <= OFF_MM
        alike = (ways * strip.ways).sum(axis=1).min() > SQUARE
        return drawing.flat_mm if beside and alike else None

    def shown(self, drawing: Drawing) -> tuple[np.ndarray, ...] | None:
        """The outline, where all of it lies near the sheet."""
        places = self.places(drawing)
        if places is not None:
            return tuple(self.pixels(line) for line in strokes(drawing.kind, places))
        if drawing.strip is not None or self._far(drawing):
            return None
        if not self._near(np.array(drawing.points_lps)):
            return None
        lines = [finely(line) for line in outlines_lps(drawing)]
        if not all(self._near(line) for line in lines):
            return None
        return tuple(self.pixels(flattened(self._picture.sheet, line)) for line in lines)

    def _far(self, drawing: Drawing) -> bool:
        """Whether a drawing begins beside the box, told without the sheet: there may be many."""
        path = self._picture.sheet.frames.points_lps
        away = np.linalg.norm(path - np.array(drawing.points_lps[0]), axis=1).min()
        return bool(away > self._reach + STEP_MM)

    def _near(self, points: np.ndarray) -> bool:
        sheet = self._picture.sheet
        for point in points:
            along, across = sheet.flat(point)
            start, way = sheet.lines(np.array([along]))
            if np.linalg.norm(start[0] + across * way[0] - point) > OFF_MM:
                return False
        return True


class SpacePaper:
    """The 3-D view: points on what is seen; `factor` pixels of the scene make one of the pane."""

    flat = False
    key = ("space",)

    def __init__(self, scene, factor: float) -> None:
        self._scene, self._factor = scene, factor

    def holds(self, x: float, y: float) -> bool:
        """Every pixel belongs to it."""
        return True

    def at(self, x: float, y: float) -> np.ndarray | None:
        """The point on the surface or in the volume that is seen."""
        return self._scene.pick(x * self._factor, y * self._factor)

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Where points appear."""
        return self._scene.pixels(places)[:, :2] / self._factor

    def drawing(self, kind: Kind, name: str, places: np.ndarray) -> Drawing:
        """Drawn between points in space."""
        return Drawing(kind, name, tuple(to_point(point) for point in places))

    def places(self, drawing: Drawing) -> np.ndarray | None:
        """What was drawn in space can be changed in it."""
        free = drawing.strip is None and drawing.normal_lps is None
        return np.array(drawing.points_lps) if free else None

    def shown(self, drawing: Drawing) -> tuple[np.ndarray, ...]:
        """Every drawing lies in space."""
        return tuple(self.pixels(line) for line in outlines_lps(drawing))


def outlines_lps(drawing: Drawing) -> tuple[np.ndarray, ...]:
    """The lines (n,3) of a drawing in LPS; on a curved sheet they are curved too."""
    lines = strokes(drawing.kind, drawing.flat_mm)
    if drawing.strip is not None:
        lines = tuple(finely(line) for line in lines)
    return tuple(drawing.lifted(line) for line in lines)


def finely(line: np.ndarray) -> np.ndarray:
    """A line (n,k) with more points, at most a millimeter apart."""
    long = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    wanted = np.union1d(long, np.arange(0.0, long[-1], PIECE_MM))
    return np.column_stack([np.interp(wanted, long, each) for each in line.T])


def flattened(sheet: Sheet, points_lps: np.ndarray) -> np.ndarray:
    """Points (n,3) as places (n,2) on a sheet."""
    return np.array([sheet.flat(point) for point in points_lps])


def thickness_mm(grid: Grid, into: np.ndarray) -> float:
    """How thick a scan's slice is in a direction."""
    return float(np.linalg.norm(grid.lps_from_index[:3, :3].T @ into))
