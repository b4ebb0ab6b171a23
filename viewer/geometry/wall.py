"""The wall of a set of voxels as a smooth closed mesh, through VTK."""

from functools import cache
from typing import Any

import numpy as np

from viewer.geometry.unstoppable import run
from viewer.progress import Progress

PASS_BAND = 0.05
MOST_ITERATIONS = 40


@cache
def use_threads() -> None:
    """Let VTK's filters use all cores: the wheel's default is one."""
    from vtkmodules.vtkCommonCore import vtkSMPTools

    vtkSMPTools.SetBackend("STDThread")


def bounding_box(inside: np.ndarray) -> tuple[slice, slice, slice] | None:
    """The smallest box of indices that holds all true voxels, or None where there are none."""
    slices = np.flatnonzero(inside.any(axis=(1, 2)))
    if not len(slices):
        return None
    flat = np.asarray(inside[slices[0] : slices[-1] + 1].any(axis=0))
    rows, columns = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
    return (
        slice(int(slices[0]), int(slices[-1]) + 1),
        slice(int(rows[0]), int(rows[-1]) + 1),
        slice(int(columns[0]), int(columns[-1]) + 1),
    )


def smooth_wall(
    inside: np.ndarray, smoothing: float, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n,3) float32 in index coordinates and triangles (m,3) around the true voxels.

    Flying Edges (Schroeder 2015) at half height, then windowed-sinc smoothing (Taubin 1996),
    which keeps the volume. The triangles turn by the right-hand rule outwards in the order
    (column, row, slice).
    """
    use_threads()
    progress.at(0.0)
    mesh = run(lambda: _flying_edges(inside), progress)
    progress.at(0.4)
    iterations = round(MOST_ITERATIONS * smoothing)
    if iterations and mesh.GetNumberOfPoints():
        rough = mesh
        mesh = run(lambda: _windowed_sinc(rough, iterations), progress)
    progress.at(1.0)
    return _arrays(mesh)


def _flying_edges(inside: np.ndarray) -> Any:
    """A vtkPolyData around the true voxels, its points in (column, row, slice)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    field = np.zeros(tuple(n + 2 for n in inside.shape), np.uint8)
    field[1:-1, 1:-1, 1:-1] = inside
    image = vtkImageData()
    image.SetDimensions(*field.shape[::-1])
    image.SetOrigin(-1.0, -1.0, -1.0)
    image.GetPointData().SetScalars(numpy_to_vtk(field.ravel()))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.5)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    return edges.GetOutput()


def _windowed_sinc(mesh: Any, iterations: int) -> Any:
    """The mesh after low-pass smoothing of its points."""
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    smoother = vtkWindowedSincPolyDataFilter()
    smoother.SetInputData(mesh)
    smoother.SetNumberOfIterations(iterations)
    smoother.SetPassBand(PASS_BAND)
    smoother.NormalizeCoordinatesOn()
    smoother.BoundarySmoothingOff()
    smoother.FeatureEdgeSmoothingOff()
    smoother.NonManifoldSmoothingOff()
    smoother.Update()
    return smoother.GetOutput()


def _arrays(mesh: Any) -> tuple[np.ndarray, np.ndarray]:
    """Points (n,3) in (slice, row, column) and triangles (m,3) int32 of a vtkPolyData."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if not mesh.GetNumberOfPoints():
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)
    points = vtk_to_numpy(mesh.GetPoints().GetData())[:, ::-1]
    triangles = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray())
    return points, triangles.astype(np.int32).reshape(-1, 3)
