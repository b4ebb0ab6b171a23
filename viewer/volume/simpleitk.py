"""Between our arrays and SimpleITK's images, which lie in the same patient frame (LPS)."""

from typing import Any

import numpy as np

from viewer.volume.grid import Grid


def to_image(voxels: np.ndarray, grid: Grid) -> Any:
    """A SimpleITK image of `voxels` `[slice, row, column]` on a grid; a copy."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(voxels)
    place_image(image, grid)
    return image


def place_image(image: Any, grid: Grid) -> None:
    """Give a SimpleITK image the origin, spacing and direction of a grid."""
    spacing = np.array(grid.spacing_mm)
    direction = (grid.lps_from_index[:3, :3] / spacing)[:, ::-1]
    image.SetOrigin([float(value) for value in grid.lps_from_index[:3, 3]])
    image.SetSpacing([float(value) for value in spacing[::-1]])
    image.SetDirection([float(value) for value in direction.ravel()])


def from_image(image: Any) -> tuple[np.ndarray, Grid]:
    """The voxels `[slice, row, column]` of a SimpleITK image, copied, and their grid."""
    import SimpleITK as sitk

    return sitk.GetArrayFromImage(image), image_grid(image)


def image_grid(image: Any) -> Grid:
    """Where the voxels of a 3-D SimpleITK image (or of a file's reader) lie."""
    columns, rows, slices = (int(size) for size in image.GetSize())
    direction = np.array(image.GetDirection()).reshape(3, 3)
    matrix = np.eye(4)
    matrix[:3, :3] = (direction * np.array(image.GetSpacing()))[:, ::-1]
    matrix[:3, 3] = image.GetOrigin()
    return Grid((slices, rows, columns), matrix)
