"""Slices through a volume in any direction."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from vtkmodules.vtkCommonCore import VTK_SHORT
from vtkmodules.vtkImagingCore import vtkImageReslice

from viewer.scene.image import GridImage, lps_from_vtk, picture, vtk_matrix
from viewer.session.view_state import Axes, SlabMode
from viewer.volume.grid import Grid

OUTSIDE = -32768
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class SlicePlane:
    """A picture's place in the patient.

    The directions are LPS unit vectors towards the picture's right edge, its bottom edge and into
    the screen. Picture coordinates count pixels from the top left corner, so that the middle of
    the first pixel is (0.5, 0.5).
    """

    center_lps: Vector
    right: Vector
    down: Vector
    into: Vector
    mm_per_pixel: float
    width: int
    height: int

    @cached_property
    def lps_from_pane(self) -> np.ndarray:
        """4x4 from (pixel to the right, pixel down, mm into the screen, 1) to LPS."""
        matrix = np.eye(4)
        matrix[:3, 0] = np.multiply(self.right, self.mm_per_pixel)
        matrix[:3, 1] = np.multiply(self.down, self.mm_per_pixel)
        matrix[:3, 2] = self.into
        half = (self.width / 2, self.height / 2)
        matrix[:3, 3] = self.center_lps - matrix[:3, 0] * half[0] - matrix[:3, 1] * half[1]
        return matrix

    @cached_property
    def pane_from_lps(self) -> np.ndarray:
        """The inverse of `lps_from_pane`."""
        return np.linalg.inv(self.lps_from_pane)

    def point_lps(self, x: float, y: float) -> np.ndarray:
        """The point shown at a place of the picture (3,)."""
        return (self.lps_from_pane @ (x, y, 0.0, 1.0))[:3]

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears when it is dropped onto the plane."""
        x, y = (self.pane_from_lps[:2, :3] @ point_lps) + self.pane_from_lps[:2, 3]
        return float(x), float(y)

    def depth_mm(self, point_lps: np.ndarray) -> float:
        """How far behind the plane a point lies (negative: in front of it)."""
        return float(np.dot(np.subtract(point_lps, self.center_lps), self.into))

    def scaled(self, factor: float) -> "SlicePlane":
        """The same picture with `factor` times as many pixels a side (HiDPI)."""
        width, height = round(self.width * factor), round(self.height * factor)
        return SlicePlane(
            self.center_lps,
            self.right,
            self.down,
            self.into,
            self.mm_per_pixel / factor,
            width,
            height,
        )


def fitting_mm_per_pixel(grid: Grid, axes: Axes, width: int, height: int) -> float:
    """The scale at which the whole grid fits into a picture."""
    corners = grid.corners_lps - grid.center_lps
    spans = [np.ptp(corners @ np.array(axis)) + max(grid.spacing_mm) for axis in axes[:2]]
    return float(max(spans[0] / max(width, 1), spans[1] / max(height, 1), 1e-3))


def plane_through(
    grid: Grid,
    axes: Axes,
    cursor_lps: Vector,
    size: tuple[int, int],
    mm_per_pixel: float = 0.0,
    pan_mm: tuple[float, float] = (0.0, 0.0),
) -> SlicePlane:
    """The plane through the cursor whose middle is the grid's middle, moved by `pan_mm`.

    `mm_per_pixel` 0 fits the grid into the picture.
    """
    right, down, into = (np.array(axis, dtype=float) for axis in axes)
    middle = grid.center_lps + pan_mm[0] * right + pan_mm[1] * down
    middle = middle + into * np.dot(np.subtract(cursor_lps, middle), into)
    scale = mm_per_pixel or fitting_mm_per_pixel(grid, axes, *size)
    return SlicePlane(
        _vector(middle), _vector(right), _vector(down), _vector(into), scale, size[0], size[1]
    )


def reslice(
    source: GridImage, plane: SlicePlane, slab_mode: SlabMode = "off", slab_mm: float = 0.0
) -> np.ndarray:
    """HU of a plane (height,width) int16, linear between voxels; `OUTSIDE` beyond the grid.

    A slab of `slab_mm` is centered on the plane; its modes are maximum, minimum and mean.
    """
    step_mm = min(source.grid.spacing_mm)
    count = max(1, round(slab_mm / step_mm)) if slab_mode != "off" else 1
    cutter = _cutter(source, plane, step_mm)
    cutter.SetInterpolationModeToLinear()
    cutter.SetOutputScalarType(VTK_SHORT)
    cutter.SetBackgroundLevel(OUTSIDE)
    if count > 1:
        cutter.SetSlabNumberOfSlices(count)
        {
            "mip": cutter.SetSlabModeToMax,
            "minip": cutter.SetSlabModeToMin,
            "mean": cutter.SetSlabModeToMean,
        }[slab_mode]()
    cutter.Update()
    return picture(cutter.GetOutput())


def reslice_labels(source: GridImage, plane: SlicePlane) -> np.ndarray:
    """Labels of a plane (height,width) uint8, each from the nearest voxel; 0 beyond the grid."""
    cutter = _cutter(source, plane, 1.0)
    cutter.SetInterpolationModeToNearestNeighbor()
    cutter.SetBackgroundLevel(0)
    cutter.Update()
    return picture(cutter.GetOutput())


def reslice_boldest(
    source: GridImage, plane: SlicePlane, slab_mode: SlabMode = "off", slab_mm: float = 0.0
) -> np.ndarray:
    """Values of a plane (height,width), each from the nearest voxel; 0 beyond the grid.

    In a slab of any mode it is the greatest that lies in it; so it is of bits of half floats, too,
    where none is negative.
    """
    step_mm = min(source.grid.spacing_mm)
    cutter = _cutter(source, plane, step_mm)
    cutter.SetInterpolationModeToNearestNeighbor()
    cutter.SetBackgroundLevel(0)
    if slab_mode != "off":
        cutter.SetSlabNumberOfSlices(max(1, round(slab_mm / step_mm)))
        cutter.SetSlabModeToMax()
    cutter.Update()
    return picture(cutter.GetOutput())


def window_level(hu: np.ndarray, window_hu: float, level_hu: float) -> np.ndarray:
    """Grays (0 to 255) of int16 HU by the linear function of DICOM PS3.3 C.11.2.1.2."""
    return _grays(float(window_hu), float(level_hu))[hu.view(np.uint16)]


def _cutter(source: GridImage, plane: SlicePlane, step_mm: float) -> vtkImageReslice:
    to_pixel_middle = np.eye(4)
    to_pixel_middle[:2, 3] = 0.5
    to_pixel_middle[2, 2] = step_mm
    index_from_pane = np.linalg.inv(lps_from_vtk(source.grid)) @ plane.lps_from_pane
    cutter = vtkImageReslice()
    cutter.SetInputData(source.image)
    cutter.SetResliceAxes(vtk_matrix(index_from_pane @ to_pixel_middle))
    cutter.SetOutputDimensionality(2)
    cutter.SetOutputSpacing(1, 1, 1)
    cutter.SetOutputOrigin(0, 0, 0)
    cutter.SetOutputExtent(0, plane.width - 1, 0, plane.height - 1, 0, 0)
    cutter.BorderOn()
    return cutter


@lru_cache(maxsize=8)
def _grays(window_hu: float, level_hu: float) -> np.ndarray:
    hu = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.float64)
    middle, span = level_hu - 0.5, max(window_hu - 1.0, 1e-6)
    table = np.clip(((hu - middle) / span + 0.5) * 255, 0, 255).round().astype(np.uint8)
    table[np.uint16(OUTSIDE & 0xFFFF)] = 0
    table.flags.writeable = False
    return table


def _vector(array: np.ndarray) -> Vector:
    return float(array[0]), float(array[1]), float(array[2])
