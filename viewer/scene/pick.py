"""What lies under a pixel of the 3-D view, worked out from the data and not from the picture."""

import numpy as np
from vtkmodules.vtkCommonCore import mutable
from vtkmodules.vtkCommonDataModel import vtkPolyData, vtkStaticCellLocator

from viewer.geometry.tree import VesselTree
from viewer.scene.colors import VolumePreset
from viewer.volume.volume import Volume

SEEN = 0.35  # opacity at which the volume counts as touched


def locator(data: vtkPolyData) -> vtkStaticCellLocator:
    """A search tree over triangles; ready to be asked."""
    made = vtkStaticCellLocator()
    made.SetDataSet(data)
    made.BuildLocator()
    return made


def surface_hit(
    search: vtkStaticCellLocator, start: np.ndarray, direction: np.ndarray, reach_mm: float
) -> np.ndarray | None:
    """Where a ray first meets the triangles."""
    share, where, inside, sub = mutable(0.0), [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], mutable(0)
    end = start + direction * reach_mm
    if search.IntersectWithLine(tuple(start), tuple(end), 1e-4, share, where, inside, sub):
        return np.array(where)
    return None


def volume_hit(
    volume: Volume, preset: VolumePreset, start: np.ndarray, direction: np.ndarray, reach_mm: float
) -> np.ndarray | None:
    """Where a ray has met enough opacity to see something."""
    step = min(volume.grid.spacing_mm)
    at = np.arange(0, reach_mm, step)
    points = start + at[:, None] * direction
    index = np.round(volume.grid.index(points)).astype(int)
    within = np.all((index >= 0) & (index < volume.grid.shape), axis=1)
    if not within.any():
        return None
    points, index = points[within], index[within]
    opacity = preset.opacity_of(volume.voxels[tuple(index.T)]) * step
    seen = 1 - np.cumprod(1 - np.clip(opacity, 0, 1))
    first = int(np.argmax(seen > SEEN))
    return points[first] if seen[first] > SEEN else None


def branch_near(tree: VesselTree, point_lps: np.ndarray, slack_mm: float = 4.0) -> int | None:
    """The branch whose lumen holds a point, or nearly."""
    best, found = slack_mm, None
    for n, branch in enumerate(tree.branches):
        gap = np.linalg.norm(branch.points_lps - point_lps, axis=1) - branch.radius_mm
        if gap.min() < best:
            best, found = float(gap.min()), n
    return found


def branch_under(
    pixels: list[np.ndarray], x: float, y: float, reach: float = 8.0
) -> tuple[int, int] | None:
    """The branch and its point nearest a pixel, from the pixels of each branch's points (n,3)."""
    best, found = reach, None
    for n, at in enumerate(pixels):
        gap = np.hypot(at[:, 0] - x, at[:, 1] - y)
        nearest = int(np.argmin(gap))
        if gap[nearest] < best:
            best, found = float(gap[nearest]), (n, nearest)
    return found
