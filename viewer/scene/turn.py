"""Moves of the three linked planes: through the slices, and turned into oblique ones."""

import numpy as np

from viewer.scene.overlay import along_axis
from viewer.session.view_state import PLANES, STRAIGHT, Axes, Point, ViewState
from viewer.volume.grid import Grid

SAME = 1e-4  # sine of the angle between directions that are one
ONWARD = {"axial": -1, "coronal": 1, "sagittal": -1}  # paging goes to the feet, back and left


def step_cursor(grid: Grid, view: ViewState, plane: str, slices: int) -> Point:
    """The cursor moved through a pane by slices, onto a voxel's plane where it follows the grid.

    Positive goes the way one pages: to the feet, the back, the left.
    """
    into = np.array(view.panes[plane].axes[2], dtype=float)
    cursor = np.array(view.cursor_lps, dtype=float)
    axis, cosine = along_axis(grid, into)
    onward = slices * ONWARD[plane]
    if abs(cosine) < 0.999:
        moved = cursor + into * onward * min(grid.spacing_mm)
        return to_point(inside(grid, moved, cursor))
    index = grid.index(cursor)
    wanted = np.clip(np.round(index[axis]) + onward * np.sign(cosine), 0, grid.shape[axis] - 1)
    slope = grid.index_from_lps[axis, :3] @ into
    return to_point(cursor + into * (wanted - index[axis]) / slope)


def inside(grid: Grid, point_lps: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """A point, or another one where the first lies outside the grid."""
    return point_lps if grid.holds(point_lps) else otherwise


def clamped(grid: Grid, point_lps: np.ndarray) -> Point:
    """The point of the grid nearest in index space."""
    index = np.clip(grid.index(point_lps), 0, np.array(grid.shape) - 1)
    return to_point(grid.points_lps(index))


def turn(view: ViewState, plane: str, radians: float) -> None:
    """Turn the other two planes about a pane's direction of view; the three stay square."""
    about = np.array(view.panes[plane].axes[2], dtype=float)
    rotation = rotation_about(about, radians)
    for other in PLANES:
        if other != plane:
            view.panes[other].axes = rotated(view.panes[other].axes, rotation)


def facing(view: ViewState, normal: np.ndarray) -> None:
    """Turn the three planes, square as they are, so that the nearest one gets a normal."""
    normal = normal / np.linalg.norm(normal)
    ways = {plane: np.array(view.panes[plane].axes[2], dtype=float) for plane in PLANES}
    into = max(ways.values(), key=lambda way: abs(float(way @ normal)))
    normal = normal if into @ normal >= 0 else -normal
    about = np.cross(into, normal)
    sine, cosine = float(np.linalg.norm(about)), float(into @ normal)
    if sine < SAME:
        return
    rotation = rotation_about(about / sine, float(np.arctan2(sine, cosine)))
    for plane in PLANES:
        view.panes[plane].axes = rotated(view.panes[plane].axes, rotation)


def straighten(view: ViewState) -> None:
    """Put all planes back into the patient's axes."""
    for plane in PLANES:
        view.panes[plane].axes = STRAIGHT[plane]


def rotation_about(axis: np.ndarray, radians: float) -> np.ndarray:
    """The 3x3 rotation about a unit axis (Rodrigues 1840)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(radians) * cross + (1 - np.cos(radians)) * cross @ cross


def rotated(axes: Axes, rotation: np.ndarray) -> Axes:
    """Directions turned by a rotation and made square again."""
    right, down, _ = (rotation @ np.array(axis, dtype=float) for axis in axes)
    right /= np.linalg.norm(right)
    down -= right * (right @ down)
    down /= np.linalg.norm(down)
    into = np.cross(right, down)
    return to_point(right), to_point(down), to_point(into)


def to_point(array: np.ndarray) -> Point:
    """Three floats of an array."""
    return float(array[0]), float(array[1]), float(array[2])
