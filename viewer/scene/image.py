"""Border to VTK images: voxels shared, never copied."""

from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from viewer.volume.grid import Grid


@dataclass(frozen=True, eq=False)
class GridImage:
    """Voxels that VTK reads in place, in index space (spacing 1, origin 0), and their grid.

    VTK counts x, y, z where our index counts column, row, slice.
    """

    image: vtkImageData
    grid: Grid
    voxels: np.ndarray


def grid_image(voxels: np.ndarray, grid: Grid) -> GridImage:
    """Voxels `[slice, row, column]`, or with colors `[..., 4]`, for VTK.

    They are copied only if they do not lie in C order. Half floats, which VTK does not know, lie
    there as their bits (int16).
    """
    lying = np.ascontiguousarray(voxels)
    lying = lying.view(np.int16) if lying.dtype == np.float16 else lying
    image = vtkImageData()
    image.SetDimensions(*reversed(lying.shape[:3]))
    flat = lying.reshape(-1, *lying.shape[3:])
    image.GetPointData().SetScalars(numpy_to_vtk(flat, deep=False))
    return GridImage(image, grid, lying)


def lps_from_vtk(grid: Grid) -> np.ndarray:
    """4x4 from VTK's (x, y, z) index to LPS."""
    return grid.lps_from_index[:, [2, 1, 0, 3]]


def vtk_matrix(matrix: np.ndarray) -> vtkMatrix4x4:
    """A NumPy 4x4 as VTK's."""
    made = vtkMatrix4x4()
    made.DeepCopy(np.asarray(matrix, dtype=np.float64).ravel())
    return made


def picture(image: vtkImageData) -> np.ndarray:
    """The first slice of a VTK image as (rows, columns), sharing its memory."""
    width, height, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars())[: width * height].reshape(height, width)
