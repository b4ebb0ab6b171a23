"""What is measured on a drawing: lengths, angles, areas, and the scan's values in them."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from viewer.geometry.drawn import AREAS, Drawing, check, strokes
from viewer.geometry.measure import PATH_SHARE, WHOLE_WALL_VOXELS
from viewer.geometry.number import Number, unknown
from viewer.volume.volume import Volume

POINT_VOXELS = 0.5  # how far off a point set by hand lies, standard deviation
TOGETHER = 9.0  # neighbors (3 by 3) whose noise counts as one: tests/benchmarks/drawn_hu
LEAST_VOXELS = 4
SAMPLES_A_VOXEL = 3  # along its least side
MOST_SAMPLES = 100_000
BY_POINTS = "between points set by hand, each known to half a voxel"
BY_OUTLINE = "inside the outline drawn by hand, each point known to half a voxel"
ON_SHEET = ", along the curved sheet, whose path is known to 1 %"
BY_VOXELS = "raw voxels that the area meets, each by the share of the area that lies in it"

Measured = Callable[[np.ndarray], float]


def measured(drawing: Drawing, volume: Volume) -> Drawing:
    """The drawing with its numbers, measured on the raw scan.

    Raises `ViewerError` where nothing can be measured on it.
    """
    check(drawing)
    found = _lines(drawing, volume) if drawing.kind not in AREAS else _area(drawing, volume)
    if drawing.kind in AREAS:
        found |= _hu(*values_in(drawing, volume))
    return replace(drawing, numbers=MappingProxyType(found))


def _lines(drawing: Drawing, volume: Volume) -> dict[str, Number]:
    """The length of a distance, or the angle of two lines."""
    flat = drawing.flat_mm
    nudges = _nudges(drawing, flat, volume)
    if drawing.kind == "distance":
        return {"length": _number(drawing, length, flat, nudges, "mm")}
    of = vertex_angle if drawing.kind == "angle" else lines_angle
    return {"angle": _number(drawing, of, flat, nudges, "deg")}


def _area(drawing: Drawing, volume: Volume) -> dict[str, Number]:
    """Area and perimeter; also the two diameters of an ellipse.

    The outline as a whole may lie `WHOLE_WALL_VOXELS` too far in or out, as that of a mask may.
    """
    points = drawing.flat_mm
    of: Measured = area
    around: Measured = perimeter
    diameters: dict[str, Measured] = {}
    if drawing.kind == "ellipse":
        points = _four_ends(points)
        of, around = ellipse_area, ellipse_perimeter
        diameters = {"long diameter": long_diameter, "short diameter": short_diameter}
    nudges = _nudges(drawing, points, volume)
    inside = _number(drawing, of, points, nudges, "mm2")
    voxel_mm = float(np.sqrt(2 * (nudges[0] ** 2).sum()))
    wall = WHOLE_WALL_VOXELS * voxel_mm * around(points)
    found = {
        "area": replace(inside, sd=float(np.hypot(inside.sd, wall))),
        "perimeter": _number(drawing, around, points, nudges, "mm"),
    }
    return found | {
        name: _number(drawing, each, points, nudges, "mm") for name, each in diameters.items()
    }


def _number(
    drawing: Drawing, of: Measured, points: np.ndarray, nudges: list[np.ndarray], unit: str
) -> Number:
    value, sd = of(points), _spread(of, points, nudges)
    method = BY_OUTLINE if drawing.kind in AREAS else BY_POINTS
    if drawing.strip is not None:
        method += ON_SHEET
        sd = float(np.hypot(sd, PATH_SHARE * value)) if unit != "deg" else sd
    return Number(value, sd, unit, method)


def length(ends: np.ndarray) -> float:
    """The distance of two points (2,k)."""
    return float(np.linalg.norm(ends[1] - ends[0]))


def vertex_angle(ends: np.ndarray) -> float:
    """The angle (degrees, 0 to 180) at the second of three points (3,k)."""
    return _between(ends[0] - ends[1], ends[2] - ends[1])


def lines_angle(ends: np.ndarray) -> float:
    """The lesser angle (degrees, 0 to 90) between two lines, each by its two ends (4,k)."""
    found = _between(ends[1] - ends[0], ends[3] - ends[2])
    return min(found, 180.0 - found)


def _between(one: np.ndarray, two: np.ndarray) -> float:
    # Twice the arc tangent of half chords: exact for small angles too (Kahan 2006).
    one, two = one / np.linalg.norm(one), two / np.linalg.norm(two)
    chords = np.linalg.norm(one - two), np.linalg.norm(one + two)
    return float(np.degrees(2 * np.arctan2(*chords)))


def area(corners: np.ndarray) -> float:
    """The area inside a polygon (n,2) that does not cross itself."""
    after = np.roll(corners, -1, axis=0)
    cross = corners[:, 0] * after[:, 1] - corners[:, 1] * after[:, 0]
    return float(abs(cross.sum()) / 2)


def perimeter(corners: np.ndarray) -> float:
    """The way round a polygon (n,2)."""
    return float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).sum())


def _four_ends(flat: np.ndarray) -> np.ndarray:
    """The ends (4,2) of an ellipse's two axes from its middle and an end of each."""
    middle, one, two = flat
    return np.array([one, 2 * middle - one, two, 2 * middle - two])


def _diameters(ends: np.ndarray) -> tuple[float, float]:
    return length(ends[:2]), length(ends[2:])


def long_diameter(ends: np.ndarray) -> float:
    """The longer axis of an ellipse by the ends (4,2) of both."""
    return max(_diameters(ends))


def short_diameter(ends: np.ndarray) -> float:
    """The shorter axis of an ellipse by the ends (4,2) of both."""
    return min(_diameters(ends))


def ellipse_area(ends: np.ndarray) -> float:
    """The area of an ellipse by the ends (4,2) of its axes."""
    one, two = _diameters(ends)
    return float(np.pi / 4 * one * two)


def ellipse_perimeter(ends: np.ndarray) -> float:
    """The way round an ellipse by the ends (4,2) of its axes (Ramanujan 1914)."""
    a, b = (each / 2 for each in _diameters(ends))
    return float(np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b))))


def _nudges(drawing: Drawing, points: np.ndarray, volume: Volume) -> list[np.ndarray]:
    """For each point the steps (m,k) that it may be off: half a voxel along each of its sides."""
    sides = POINT_VOXELS * volume.grid.lps_from_index[:3, :3].T
    if drawing.strip is None:
        steps = sides if drawing.normal_lps is None else sides @ drawing.axes.T
        return [steps] * len(points)
    found = []
    for place in points:
        ahead = drawing.lifted(place + np.array([(-0.25, 0.0), (0.25, 0.0)]))
        beside = drawing.lifted(place + np.array([(0.0, 0.0), (0.0, 1.0)]))
        ways = [np.diff(each, axis=0)[0] for each in (ahead, beside)]
        ways = [way / max(float(np.linalg.norm(way)), 1e-9) for way in ways]
        found.append(np.diag([float(np.linalg.norm(sides @ way)) for way in ways]))
    return found


def _spread(of: Measured, points: np.ndarray, nudges: list[np.ndarray]) -> float:
    """The standard deviation of a number when each of its points (n,k) is a little off.

    Each step is tried both ways, so that an angle of 180 degrees has one too.
    """
    value, total = of(points), 0.0
    for n, steps in enumerate(nudges):
        for step in steps:
            moved = []
            for way in (step, -step):
                other = points.copy()
                other[n] = other[n] + way
                moved.append(abs(of(other) - value))
            total += (sum(moved) / 2) ** 2
    return float(np.sqrt(total))


def values_in(drawing: Drawing, volume: Volume) -> tuple[np.ndarray, np.ndarray]:
    """HU (n,) of the raw voxels that an area meets, ascending, and the share of it in each."""
    outline = strokes(drawing.kind, drawing.flat_mm)[0]
    low, high = outline.min(axis=0), outline.max(axis=0)
    step = min(volume.grid.spacing_mm) / SAMPLES_A_VOXEL
    step = max(step, float(np.sqrt(np.prod(high - low) / MOST_SAMPLES)))
    sides = (np.arange(a + step / 2, b, step) for a, b in zip(low, high, strict=True))
    places = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 2)
    places = places[inside(outline, places)]
    if drawing.strip is not None:
        along = drawing.strip.along_mm
        places = places[(places[:, 0] >= along[0]) & (places[:, 0] <= along[-1])]
    index = np.rint(volume.grid.index(drawing.lifted(places))).astype(np.int64)
    index = index[np.all((index >= 0) & (index < volume.grid.shape), axis=1)]
    which, counts = np.unique(index, axis=0, return_counts=True)
    hu = volume.voxels[tuple(which.T)].astype(np.float64)
    order = np.argsort(hu, kind="stable")
    return hu[order], counts[order] / max(int(counts.sum()), 1)


def inside(outline: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whether places (n,2) lie inside a closed outline (m,2)."""
    x, y = places.T
    odd = np.zeros(len(places), bool)
    for (x0, y0), (x1, y1) in pairwise(outline):
        if y0 == y1:
            continue
        between = (y0 > y) != (y1 > y)
        odd ^= between & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd


def _hu(hu: np.ndarray, share: np.ndarray) -> dict[str, Number]:
    """The HU of an area.

    The standard deviation of the mean is that of a voxel over the root of how many voxels of
    noise there are: their number, less where shares differ (Kish 1965), over `TOGETHER`.
    """
    names = ("mean HU", "SD HU", "median HU", "least HU", "greatest HU")
    voxels = Number(float(len(hu)), 0.0, "1", BY_VOXELS)
    if len(hu) < LEAST_VOXELS:
        why = f"fewer than {LEAST_VOXELS} voxels"
        return {name: unknown("HU", BY_VOXELS, why) for name in names} | {"voxels": voxels}
    mean = float(share @ hu)
    alike = 1.0 / float(share @ share)
    one = float(np.sqrt(share @ (hu - mean) ** 2 * alike / max(alike - 1.0, 1.0)))
    free = max(alike / TOGETHER, 1.0)
    median = float(hu[int(np.searchsorted(np.cumsum(share), 0.5))])
    values = {
        "mean HU": (mean, one / np.sqrt(free)),
        "SD HU": (one, one / np.sqrt(2 * free)),
        "median HU": (median, 1.2533 * one / np.sqrt(free)),  # of normal noise
        "least HU": (float(hu[0]), one),
        "greatest HU": (float(hu[-1]), one),
    }
    found = {name: Number(v, float(sd), "HU", BY_VOXELS) for name, (v, sd) in values.items()}
    return found | {"voxels": voxels}
