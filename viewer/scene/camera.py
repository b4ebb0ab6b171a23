"""Looking at the patient in parallel projection: turn, move, enlarge, and rays through pixels."""

import numpy as np
from vtkmodules.vtkRenderingCore import vtkCamera

from viewer.volume.grid import Grid

# Letter: towards the camera and up on the screen, in LPS.
VIEWS = {
    "A": ((0, -1, 0), (0, 0, 1)),
    "P": ((0, 1, 0), (0, 0, 1)),
    "L": ((1, 0, 0), (0, 0, 1)),
    "R": ((-1, 0, 0), (0, 0, 1)),
    "S": ((0, 0, 1), (0, -1, 0)),
    "I": ((0, 0, -1), (0, -1, 0)),
}
SAME = {"H": "S", "F": "I"}
DEGREES_PER_PIXEL = 0.4


def reach_mm(grid: Grid, letter: str, size: tuple[int, int]) -> float:
    """Half the height of a picture of `size` that shows all of a grid from a side."""
    corners = grid.corners_lps - grid.center_lps
    right, down = np.abs(corners[:, [0, 1]]).max(), np.abs(corners[:, 2]).max()
    if letter in "SIHF":
        right, down = np.abs(corners[:, 0]).max(), np.abs(corners[:, 1]).max()
    return float(max(down, right / (size[0] / max(size[1], 1))) * 1.04)


def look_from(camera: vtkCamera, letter: str, center_lps: np.ndarray, radius_mm: float) -> None:
    """Look at a ball from a side of the patient: A, P, L, R, S (or H), I (or F)."""
    towards, up = VIEWS[SAME.get(letter, letter)]
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*center_lps)
    camera.SetPosition(*(np.asarray(center_lps) + 4 * radius_mm * np.array(towards, dtype=float)))
    camera.SetViewUp(*up)
    camera.SetParallelScale(radius_mm)


def turn_like(camera: vtkCamera, other: vtkCamera) -> None:
    """Look at a small thing around the origin from where another camera looks."""
    camera.SetFocalPoint(0, 0, 0)
    camera.SetPosition(*(-4 * axes(other)[2]))
    camera.SetViewUp(*other.GetViewUp())
    camera.SetParallelScale(0.95)
    camera.SetClippingRange(1, 8)


def orbit(camera: vtkCamera, dx: float, dy: float) -> None:
    """Turn the patient as the mouse moves (pixels)."""
    camera.Azimuth(-dx * DEGREES_PER_PIXEL)
    camera.Elevation(dy * DEGREES_PER_PIXEL)
    camera.OrthogonalizeViewUp()


def pan(camera: vtkCamera, dx: float, dy: float, height: int) -> None:
    """Move the patient with the mouse (pixels of a picture of `height`)."""
    right, down, _ = axes(camera)
    scale = mm_per_pixel(camera, height)
    shift = -(dx * right + dy * down) * scale
    camera.SetPosition(*(np.array(camera.GetPosition()) + shift))
    camera.SetFocalPoint(*(np.array(camera.GetFocalPoint()) + shift))


def zoom(camera: vtkCamera, factor: float) -> None:
    """Enlarge."""
    camera.SetParallelScale(float(np.clip(camera.GetParallelScale() / factor, 2.0, 2000.0)))


def mm_per_pixel(camera: vtkCamera, height: int) -> float:
    """The size of a pixel in the patient."""
    return 2 * camera.GetParallelScale() / max(height, 1)


def axes(camera: vtkCamera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """LPS directions to the right edge, the bottom edge and into the screen."""
    into = np.array(camera.GetDirectionOfProjection())
    right = np.cross(into, camera.GetViewUp())
    right /= np.linalg.norm(right)
    return right, np.cross(into, right), into


def to_pixels(camera: vtkCamera, points_lps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where points (n,3) appear, from the top left corner, and their depth in mm (n,3)."""
    offset = np.atleast_2d(points_lps) - np.array(camera.GetFocalPoint())
    right, down, into = axes(camera)
    scale = mm_per_pixel(camera, size[1])
    x = offset @ right / scale + size[0] / 2
    y = offset @ down / scale + size[1] / 2
    return np.column_stack([x, y, offset @ into])


def ray(
    camera: vtkCamera, x: float, y: float, size: tuple[int, int], reach_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """A ray through a pixel: its start in front of everything, and its unit direction."""
    right, down, into = axes(camera)
    scale = mm_per_pixel(camera, size[1])
    middle = np.array(camera.GetFocalPoint())
    middle += (x - size[0] / 2) * scale * right + (y - size[1] / 2) * scale * down
    return middle - reach_mm * into, into
