"""Made-up vessel trees whose paths and radii are known exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from viewer.geometry.tree import Branch, VesselTree, distance_along

STEP_MM = 0.5


@dataclass(frozen=True)
class Tube:
    """A vessel to be built: `points_lps` (n,3) and `radius_mm`, one each or one for all."""

    points_lps: np.ndarray
    radius_mm: np.ndarray
    parent: int = -1
    name: str = ""


def line(start_lps: ArrayLike, end_lps: ArrayLike, step_mm: float = STEP_MM) -> np.ndarray:
    """Points (n,3) every `step_mm` or less on a straight line, both ends included."""
    start, end = np.asarray(start_lps, float), np.asarray(end_lps, float)
    count = max(2, int(np.ceil(np.linalg.norm(end - start) / step_mm)) + 1)
    return np.linspace(start, end, count)


def curve(control_lps: Sequence[Sequence[float]], step_mm: float = STEP_MM) -> np.ndarray:
    """Points (n,3) on a smooth curve through the control points, evenly `step_mm` apart or less."""
    from scipy.interpolate import CubicSpline

    knots = np.asarray(control_lps, float)
    chord = distance_along(knots)
    dense = CubicSpline(chord, knots)(np.linspace(0, chord[-1], 50 * len(knots)))
    s = distance_along(dense)
    even = np.linspace(0, s[-1], int(np.ceil(s[-1] / step_mm)) + 1)
    return np.column_stack([np.interp(even, s, dense[:, axis]) for axis in range(3)])


def build(tubes: Sequence[Tube]) -> VesselTree:
    """The tree of some tubes; each starts where its parent ends."""
    branches: list[Branch] = []
    for tube in tubes:
        radii = np.broadcast_to(np.asarray(tube.radius_mm, float), (len(tube.points_lps),)).copy()
        points_lps = np.array(tube.points_lps, dtype=np.float64)
        if tube.parent >= 0:
            points_lps[0] = branches[tube.parent].points_lps[-1]
        branches.append(Branch(points_lps, radii, tube.parent, tube.name))
    parents = sorted({b.parent for b in branches if b.parent >= 0})
    joints = np.array([branches[p].points_lps[-1] for p in parents]).reshape(-1, 3)
    return VesselTree(tuple(branches), joints)


def straight_tube(
    length_mm: float = 60.0,
    radius_mm: float = 5.0,
    direction: Sequence[float] = (0.0, 0.0, 1.0),
) -> VesselTree:
    """One straight vessel around the origin."""
    half = 0.5 * length_mm * np.asarray(direction, float) / np.linalg.norm(direction)
    return build([Tube(line(-half, half), np.array(radius_mm), name="tube")])


def curved_tube(bend_mm: float = 30.0, radius_mm: float = 4.0, angle: float = np.pi) -> VesselTree:
    """One vessel on a circle of radius `bend_mm` in the coronal plane, turning by `angle` rad."""
    turn = np.linspace(0, angle, int(np.ceil(bend_mm * angle / STEP_MM)) + 1)
    points_lps = np.column_stack([bend_mm * np.cos(turn), 0 * turn, bend_mm * np.sin(turn)])
    return build([Tube(points_lps, np.array(radius_mm), name="arch")])


def narrowed_tube(
    length_mm: float = 60.0,
    radius_mm: float = 4.0,
    least_mm: float = 2.0,
    lesion_mm: float = 15.0,
) -> VesselTree:
    """One straight vessel with a cosine-shaped stenosis of length `lesion_mm` in its middle."""
    points_lps = line((0, 0, -length_mm / 2), (0, 0, length_mm / 2))
    inside = np.abs(points_lps[:, 2]) < lesion_mm / 2
    depth = 0.5 * (radius_mm - least_mm) * (1 + np.cos(2 * np.pi * points_lps[:, 2] / lesion_mm))
    return build([Tube(points_lps, radius_mm - np.where(inside, depth, 0), name="stenosis")])


def murray(radius_mm: float, children: int = 2) -> float:
    """Radius of equal daughters that keeps the sum of cubes (mm; Murray 1926)."""
    return radius_mm / children ** (1 / 3)


def y_tree(length_mm: float = 40.0, radius_mm: float = 4.0, angle: float = np.pi / 3) -> VesselTree:
    """One vessel that divides into two, `angle` rad apart, in the coronal plane."""
    ends = _daughters(np.zeros(3), np.array([0.0, 0, 1]), np.array([1.0, 0, 0]), length_mm, angle)
    small = np.array(murray(radius_mm))
    return build(
        [
            Tube(line((0, 0, -length_mm), (0, 0, 0)), np.array(radius_mm), name="trunk"),
            Tube(line((0, 0, 0), ends[0]), small, 0, "left"),
            Tube(line((0, 0, 0), ends[1]), small, 0, "right"),
        ]
    )


def three_generations(
    length_mm: float = 40.0, radius_mm: float = 5.0, angle: float = np.pi / 2.5
) -> VesselTree:
    """One vessel, its two daughters and their four daughters, in turning planes (7 branches)."""
    return grown(3, length_mm, radius_mm, lambda _: angle, lambda _: 0.75)


def random_tree(generations: int = 4, seed: int = 0, radius_mm: float = 5.0) -> VesselTree:
    """A dividing tree with random angles and lengths (2**generations - 1 branches)."""
    rng = np.random.default_rng(seed)
    return grown(
        generations,
        10 * radius_mm,
        radius_mm,
        lambda _: rng.uniform(0.7, 1.5),
        lambda _: rng.uniform(0.65, 0.9),
    )


def grown(
    generations: int,
    length_mm: float,
    radius_mm: float,
    angle_at: Callable[[int], float],
    shorter_at: Callable[[int], float],
) -> VesselTree:
    """A tree that divides in two at each generation, each time in a plane turned by 90 degrees."""
    up, side = np.array([0.0, 0, 1]), np.array([1.0, 0, 0])
    tubes = [Tube(line((0, 0, 0), length_mm * up), np.array(radius_mm), name="1")]
    front = [(0, length_mm * up, up, side, length_mm, radius_mm)]
    for generation in range(1, generations):
        after = []
        for parent, start, heading, sideways, length, radius in front:
            length, radius = length * shorter_at(generation), murray(radius)
            across = np.cross(heading, sideways)
            ends = _daughters(start, heading, sideways, length, angle_at(generation))
            for number, end in enumerate(ends, 1):
                name = f"{tubes[parent].name}.{number}"
                tubes.append(Tube(line(start, end), np.array(radius), parent, name))
                away = (end - start) / length
                after.append((len(tubes) - 1, end, away, across, length, radius))
        front = after
    return build(tubes)


def _daughters(
    start: np.ndarray, heading: np.ndarray, sideways: np.ndarray, length: float, angle: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of two daughters, `angle` rad apart around `heading`."""
    along, across = np.cos(angle / 2) * heading, np.sin(angle / 2) * sideways
    return start + length * (along + across), start + length * (along - across)


def abdominal_aorta() -> VesselTree:
    """A small abdominal aorta with celiac trunk, SMA, renal and iliac arteries (11 branches).

    LPS mm around the origin: the aorta runs down (-z), the celiac trunk and the SMA leave to the
    front (-y), the left renal artery to +x. Radii from 9 mm down to 2.5 mm.
    """
    aorta = [(0, 0, 70), (0, -1, 50), (0, -2, 34), (0, -2, 16), (0, -1, 10), (0, 0, -45)]
    radii = [(9.5, 9.2), (9.2, 8.8), (8.8, 8.2), (8.2, 8.0), (8.0, 7.5)]
    tubes: list[Tube] = []
    for n, (top, bottom) in enumerate(radii):
        path = line(aorta[n], aorta[n + 1])
        tubes.append(Tube(path, np.linspace(top, bottom, len(path)), n - 1, "aorta"))
    sides = [
        (0, "celiac trunk", [(0, -1, 50), (2, -16, 48), (6, -30, 46), (16, -36, 48)], 3.8, 3.2),
        (1, "SMA", [(0, -2, 34), (0, -17, 30), (-1, -25, 12), (-3, -28, -25)], 3.6, 2.8),
        (2, "left renal artery", [(0, -2, 16), (18, -1, 13), (34, 10, 10), (48, 16, 10)], 2.8, 2.5),
        (3, "right renal artery", [(0, -1, 10), (-18, 0, 6), (-34, 12, 3), (-48, 18, 2)], 2.8, 2.5),
        (4, "left common iliac", [(0, 0, -45), (14, 3, -70), (28, 12, -95)], 5.0, 4.5),
        (4, "right common iliac", [(0, 0, -45), (-14, 3, -70), (-28, 12, -95)], 5.2, 4.5),
    ]
    for parent, name, control, first, last in sides:
        path = curve(control)
        tubes.append(Tube(path, np.linspace(first, last, len(path)), parent, name))
    return build(tubes)
