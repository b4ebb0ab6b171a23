"""Forms that organs and bones are put together from, in the standard frame."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from viewer.geometry.tree import distance_along
from viewer.phantom.layout import Shape


def egg(center: ArrayLike, half_mm: ArrayLike, turn: np.ndarray | None = None) -> Shape:
    """An ellipsoid; rows of `turn` (3,3) are its axes."""
    middle, half = np.asarray(center, float), np.asarray(half_mm, float)
    axes = np.eye(3) if turn is None else np.asarray(turn, float)
    reach = np.sqrt(((axes * half[:, None]) ** 2).sum(axis=0)) + 6
    matrix = (axes / half[:, None]).astype(np.float32)
    start = (matrix @ middle).astype(np.float32)
    inverse = (1 / half).astype(np.float32)

    def distance(points: np.ndarray) -> np.ndarray:
        if turn is None:
            u = [points[a] * inverse[a] - start[a] for a in range(3)]
        else:
            u = [
                points[0] * matrix[a, 0]
                + points[1] * matrix[a, 1]
                + points[2] * matrix[a, 2]
                - start[a]
                for a in range(3)
            ]
        square = [part * part for part in u]
        far = np.sqrt(square[0] + square[1] + square[2])
        steep = np.sqrt(
            square[0] * inverse[0] ** 2 + square[1] * inverse[1] ** 2 + square[2] * inverse[2] ** 2
        )
        return far * (far - 1) / np.maximum(steep, np.float32(1e-4))

    return Shape(middle - reach, middle + reach, distance)


def rod(
    start: ArrayLike,
    end: ArrayLike,
    radius_mm: float,
    end_mm: float | None = None,
    flat: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Shape:
    """A rod with round ends whose radius changes evenly; `flat` stretches it along the axes."""
    stretch = np.asarray(flat, float)
    a, b = np.asarray(start, float) / stretch, np.asarray(end, float) / stretch
    last_mm = radius_mm if end_mm is None else end_mm
    axis = b - a
    square = max(float(axis @ axis), 1e-9)
    reach = max(radius_mm, last_mm) + 4
    low, high = (np.minimum(a, b) - reach) * stretch, (np.maximum(a, b) + reach) * stretch
    along, plain = axis / square, bool(np.all(stretch == 1))
    first, last, start_t = np.float32(radius_mm), np.float32(last_mm - radius_mm), float(a @ along)
    shrink, a32, axis32, along32 = (v.astype(np.float32) for v in (1 / stretch, a, axis, along))
    least = np.float32(np.min(stretch))

    def distance(points: np.ndarray) -> np.ndarray:
        p = points if plain else [points[n] * shrink[n] for n in range(3)]
        t = p[0] * along32[0]
        t += p[1] * along32[1]
        t += p[2] * along32[2]
        t -= np.float32(start_t)
        np.clip(t, 0, 1, out=t)
        square = _square(p[0], a32[0], axis32[0], t)
        square += _square(p[1], a32[1], axis32[1], t)
        square += _square(p[2], a32[2], axis32[2], t)
        np.sqrt(square, out=square)
        square -= first
        if last:
            t *= last
            square -= t
        if least != 1:
            square *= least
        return square

    return Shape(low, high, distance)


def _square(p: np.ndarray, a: np.float32, axis: np.float32, t: np.ndarray) -> np.ndarray:
    """Square of one coordinate of the way from the rod's axis."""
    out = p - a
    if axis:
        out -= t * axis
    out *= out
    return out


def chain(
    knots: Sequence[Sequence[float]] | np.ndarray,
    radius_mm: float | Sequence[float] | np.ndarray,
    flat: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> tuple[Shape, ...]:
    """Rods from knot to knot (n,3), with one radius or one for each knot."""
    radii = np.broadcast_to(np.asarray(radius_mm, float), (len(knots),))
    return tuple(
        rod(knots[n], knots[n + 1], float(radii[n]), float(radii[n + 1]), flat)
        for n in range(len(knots) - 1)
    )


def bent(knots: Sequence[Sequence[float]], count: int) -> np.ndarray:
    """Points (count,3) on a smooth curve through knots."""
    from scipy.interpolate import CubicSpline

    points = np.asarray(knots, float)
    chord = distance_along(points)
    return np.asarray(CubicSpline(chord, points)(np.linspace(0, chord[-1], count)))


def minus(shape: Shape, other: Shape, gap_mm: float = 0.0) -> Shape:
    """A shape without another, `gap_mm` away from it."""

    def distance(points: np.ndarray) -> np.ndarray:
        return np.maximum(shape.distance_mm(points), gap_mm - other.distance_mm(points))

    return Shape(shape.low, shape.high, distance)


def beyond(shape: Shape, normal: ArrayLike, least_mm: float, round_mm: float) -> Shape:
    """The part of a shape where the way along `normal` (3,) is more than `least_mm`.

    Its rim is rounded over `round_mm`.
    """
    unit = np.asarray(normal, float) / np.linalg.norm(np.asarray(normal, float))
    n = unit.astype(np.float32)

    def distance(points: np.ndarray) -> np.ndarray:
        side = least_mm - (points[0] * n[0] + points[1] * n[1] + points[2] * n[2])
        far = shape.distance_mm(points)
        near = np.maximum(round_mm - np.abs(far - side), 0) / np.float32(round_mm)
        return np.maximum(far, side) + near * near * np.float32(0.25 * round_mm)

    return Shape(shape.low, shape.high, distance)


def plate(
    below: tuple[ArrayLike, ArrayLike],
    above: tuple[ArrayLike, ArrayLike],
    half_mm: float,
    arch_mm: float = 0.0,
) -> Shape:
    """A standing plate between a lower edge and an upper edge (each from one end to the other).

    Its thickness is 2 `half_mm`, half as much again at its ends; its upper rim rises by `arch_mm`.
    """
    lower, upper = np.asarray(below, float), np.asarray(above, float)
    ends = np.vstack([lower, upper])
    low, high = ends.min(axis=0) - 2 * half_mm - 4, ends.max(axis=0) + 2 * half_mm + 4
    high[2] += arch_mm
    z0, z1 = float(lower[:, 2].mean()), float(upper[:, 2].mean())

    def distance(points: np.ndarray) -> np.ndarray:
        x, y, z = points
        t = np.clip((z - z0) / np.float32(z1 - z0), 0, 1.3)
        ax, ay = (lower[0, a] + t * np.float32(upper[0, a] - lower[0, a]) for a in range(2))
        bx, by = (lower[1, a] + t * np.float32(upper[1, a] - lower[1, a]) for a in range(2))
        dx, dy = bx - ax, by - ay
        size = np.sqrt(dx * dx + dy * dy)
        s = ((x - ax) * dx + (y - ay) * dy) / (size * size)
        bow = 0.11 * size * (1 - (2 * s - 1) ** 2)
        off = ((x - ax) * dy - (y - ay) * dx) / size + bow
        thick = half_mm * (0.7 + 1.2 * (2 * s - 1) ** 2 + 0.5 * (1 - t) ** 2)
        rim = z1 + arch_mm * (1 - (2 * s - 1) ** 2)
        out = np.maximum(np.abs(off) - thick, (np.abs(s - 0.5) - 0.5) * size)
        out = np.maximum(out, np.maximum(z - rim, z0 - z))
        return np.asarray(out, np.float32)

    return Shape(low, high, distance)


def mirrored(shape: Shape) -> Shape:
    """The same on the other side."""
    low, high = shape.low.copy(), shape.high.copy()
    low[0], high[0] = -shape.high[0], -shape.low[0]

    def distance(points: np.ndarray) -> np.ndarray:
        return shape.distance_mm(np.stack([-points[0], points[1], points[2]]))

    return Shape(low, high, distance)


def pair(*shapes: Shape) -> tuple[Shape, ...]:
    """Shapes of the left side and their twins on the right."""
    return (*shapes, *(mirrored(shape) for shape in shapes))


def toward(heading: ArrayLike, aside: ArrayLike = (0.0, 1.0, 0.0)) -> np.ndarray:
    """Axes (3,3), one a row, of which the last points along `heading`."""
    last = np.asarray(heading, float) / np.linalg.norm(np.asarray(heading, float))
    first = np.cross(np.asarray(aside, float), last)
    first /= np.linalg.norm(first)
    return np.array([first, np.cross(last, first), last])
