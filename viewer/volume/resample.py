"""A volume on another grid."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from viewer.progress import Progress, silent
from viewer.volume.grid import Grid
from viewer.volume.simpleitk import place_image, to_image
from viewer.volume.volume import AIR_HU, Volume

PIECE_VOXELS = 4_000_000
BLUR = 0.425  # a Gaussian as wide at half its height as one voxel: 1 / (2 sqrt(2 ln 2))


def grid_with_spacing(grid: Grid, spacing_mm: Sequence[float]) -> Grid:
    """The grid that covers the same box with another spacing (slices, rows, columns)."""
    wanted = np.array(spacing_mm, dtype=float)
    own = np.array(grid.spacing_mm)
    shape = np.maximum(np.rint(np.array(grid.shape) * own / wanted), 1).astype(int)
    matrix = grid.lps_from_index.copy()
    matrix[:3, :3] = matrix[:3, :3] / own * wanted
    # The outer edges stay where they are: half a voxel before the first center.
    edge_to_center = matrix[:3, :3] @ np.full(3, 0.5)
    matrix[:3, 3] = grid.points_lps(np.full(3, -0.5)) + edge_to_center
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), matrix, grid.frame_uid)


def resample(
    volume: Volume,
    target: Grid | float | Sequence[float],
    order: int = 1,
    progress: Progress | None = None,
) -> Volume:
    """The volume on `target`: a grid, or a spacing in mm (one number or three in array order).

    `order` is 0 (nearest), 1 (linear) or 3 (cubic spline). Where the new grid is coarser, the
    volume is smoothed first (order 1 and 3). Beyond the old volume there is air.
    """
    if not isinstance(target, Grid):
        spacing = (target, target, target) if isinstance(target, int | float) else tuple(target)
        target = grid_with_spacing(volume.grid, spacing)
    voxels = resample_array(volume.voxels, volume.grid, target, order, AIR_HU, progress)
    return Volume(voxels, target)


def in_box(volume: Volume, grid: Grid, box: Sequence[slice]) -> Volume:
    """A volume in a box of a grid that is its own or finer, where the nearest voxels stand."""
    start, stop = [each.start for each in box], [each.stop for each in box]
    place = grid.box(start, stop)
    if volume.grid.same_as(grid):
        return Volume(volume.voxels[tuple(box)], place)
    return Volume(resample_array(volume.voxels, volume.grid, place, 0), place)


def resample_array(
    voxels: np.ndarray,
    grid: Grid,
    target: Grid,
    order: int = 1,
    fill: float = 0.0,
    progress: Progress | None = None,
) -> np.ndarray:
    """Voxels of `grid` at the places of `target`, of the same type; `fill` beyond the old grid."""
    import SimpleITK as sitk

    progress = progress or silent()
    progress.at(0.0, "Resampling")
    resampler = sitk.ResampleImageFilter()
    resampler.SetInterpolator({0: sitk.sitkNearestNeighbor, 1: sitk.sitkLinear}.get(order, 0))
    image = to_image(voxels, grid)
    if order > 0:
        image = _smoothed(image, coarsening(grid, target), progress.part(0.0, 0.3))
    if order == 3:
        image = sitk.BSplineDecomposition(sitk.Cast(image, sitk.sitkFloat32), 3)
        resampler.SetInterpolator(sitk.sitkBSplineResamplerOrder3)
    resampler.SetDefaultPixelValue(float(fill))
    resampler.SetOutputPixelType(sitk.sitkFloat32 if order else image.GetPixelID())
    out = np.empty(target.shape, voxels.dtype)
    thick = max(1, PIECE_VOXELS // (target.shape[1] * target.shape[2]))
    part = progress.part(0.3, 1.0)
    for start in range(0, target.shape[0], thick):
        part.at(start / target.shape[0], "Resampling")
        stop = min(start + thick, target.shape[0])
        _aim(resampler, target.box((start, 0, 0), (stop, *target.shape[1:])))
        _store(sitk.GetArrayViewFromImage(piece := resampler.Execute(image)), out[start:stop])
        del piece
    progress.at(1.0)
    return out


def coarsening(grid: Grid, target: Grid) -> np.ndarray:
    """How many voxels of `grid` one step of `target` covers along slices, rows and columns."""
    steps = np.abs(grid.index_from_lps[:3, :3] @ target.lps_from_index[:3, :3])
    return np.asarray(steps.max(axis=1))


def _smoothed(image: Any, coarser: np.ndarray, progress: Progress) -> Any:
    import SimpleITK as sitk

    for axis, ratio in enumerate(coarser[::-1]):
        progress.at(axis / 3)
        if ratio < 1.05 or image.GetSize()[axis] < 4:
            continue
        spacing = image.GetSpacing()[axis]
        sigma = BLUR * float(np.sqrt(ratio**2 - 1)) * spacing
        image = sitk.RecursiveGaussian(
            sitk.Cast(image, sitk.sitkFloat32), sigma=sigma, direction=axis
        )
    return image


def _aim(resampler: Any, piece: Grid) -> None:
    import SimpleITK as sitk

    frame = sitk.Image(1, 1, 1, sitk.sitkUInt8)
    place_image(frame, piece)
    resampler.SetOutputOrigin(frame.GetOrigin())
    resampler.SetOutputSpacing(frame.GetSpacing())
    resampler.SetOutputDirection(frame.GetDirection())
    resampler.SetSize([int(size) for size in piece.shape[::-1]])


def _store(values: np.ndarray, out: np.ndarray) -> None:
    if out.dtype.kind in "iu" and values.dtype.kind == "f":
        limits = np.iinfo(out.dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    out[:] = values
