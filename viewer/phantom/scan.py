"""Scans of made-up vessels, with the mask that a perfect reader would draw."""

import numpy as np

from viewer.geometry.tree import Branch, VesselTree
from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def grid_around(
    tree: VesselTree,
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    *,
    margin_mm: float = 6.0,
    turned: np.ndarray | None = None,
) -> Grid:
    """A grid that holds a tree; columns of `turned` (3,3) are its axes in LPS, slices first."""
    axes = np.eye(3)[:, ::-1] if turned is None else np.asarray(turned, float)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for branch in tree.branches:
        along = branch.points_lps @ np.linalg.inv(axes).T
        reach = branch.radius_mm[:, None] + margin_mm
        low = np.minimum(low, (along - reach).min(axis=0))
        high = np.maximum(high, (along + reach).max(axis=0))
    shape = np.ceil((high - low) / spacing_mm).astype(int) + 1
    matrix = np.eye(4)
    matrix[:3, :3] = axes * spacing_mm
    matrix[:3, 3] = axes @ low
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), matrix)


def coverage(tree: VesselTree, grid: Grid) -> np.ndarray:
    """Share of each voxel that lies inside the vessels (float32, 0 to 1).

    Each vessel is a chain of round cones; a voxel's share follows from its center's distance to
    the wall, and from how wide the voxel is across the wall. The ends are half spheres.
    """
    share = np.zeros(grid.shape, np.float32)
    for branch in tree.branches:
        points, radii = _thinned(branch, min(grid.spacing_mm))
        for n in range(len(points) - 1):
            _add_cone(share, grid, points[n : n + 2], radii[n : n + 2])
    return share


def _thinned(branch: Branch, voxel_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and radii of a branch about one voxel apart: closer ones cost time for nothing."""
    step = max(voxel_mm, 1e-6)
    count = max(2, int(np.ceil(branch.length_mm / step)) + 1)
    s = np.linspace(0, branch.length_mm, count)
    points = np.column_stack(
        [np.interp(s, branch.s_mm, branch.points_lps[:, axis]) for axis in range(3)]
    )
    return points, np.interp(s, branch.s_mm, branch.radius_mm)


def _add_cone(share: np.ndarray, grid: Grid, ends: np.ndarray, radii: np.ndarray) -> None:
    """Raise `share` where one round cone between two points (2,3) covers voxels."""
    inverse = grid.index_from_lps[:3, :3]
    reach = float(radii.max()) + float(max(grid.spacing_mm))
    reach_index = reach * np.linalg.norm(inverse, axis=1)
    ends_index = grid.index(ends)
    low = np.maximum(np.floor(ends_index.min(axis=0) - reach_index), 0).astype(int)
    high = np.minimum(np.ceil(ends_index.max(axis=0) + reach_index) + 1, grid.shape).astype(int)
    if np.any(low >= high):
        return
    k, j, i = np.ogrid[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    matrix = grid.lps_from_index
    away = [
        matrix[a, 0] * k + matrix[a, 1] * j + matrix[a, 2] * i + (matrix[a, 3] - ends[0, a])
        for a in range(3)
    ]
    axis = ends[1] - ends[0]
    along = sum(away[a] * axis[a] for a in range(3)) / max(float(axis @ axis), 1e-12)
    along = np.clip(along, 0, 1)
    away = [away[a] - along * axis[a] for a in range(3)]
    far = np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
    radius = radii[0] + along * (radii[1] - radii[0])
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    part = part_inside(far, radius, _width_across(away, far, matrix))
    share[box] = np.maximum(share[box], part)


def _width_across(away: list[np.ndarray], far: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Width of the voxel across the wall (mm): its three edges seen along the wall's normal."""
    seen = [sum(away[a] * matrix[a, edge] for a in range(3)) for edge in range(3)]
    edges = np.linalg.norm(matrix[:3, :3], axis=0)
    mean = float(np.sqrt((edges**2).mean()))
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.sqrt(seen[0] ** 2 + seen[1] ** 2 + seen[2] ** 2) / far
    return np.where(far > 1e-9, width, mean)


def part_inside(far_mm: np.ndarray, radius_mm: np.ndarray, width_mm: np.ndarray) -> np.ndarray:
    """Share of a voxel inside a round tube, from its center's distance `far_mm` to the axis.

    It falls from 1 to 0 over the voxel's width. A plane wall would have its middle at the radius;
    here it lies such that the share, integrated over the plane, is pi radius^2 for every radius,
    be the tube thicker than the voxel or thinner.
    """
    square = (radius_mm / width_mm) ** 2
    thick = 0.5 + np.sqrt(np.maximum(square - 1 / 12, 0))
    top = np.where(square > 1 / 3, thick, np.cbrt(3 * square))
    return np.clip(top - far_mm / width_mm, 0, 1)


def render(
    tree: VesselTree,
    grid: Grid,
    *,
    lumen_hu: float = 400,
    background_hu: float = 40,
    noise_hu: float = 0,
    seed: int = 0,
    blur_mm: float = 0,
) -> tuple[Volume, VesselMask]:
    """A scan of a tree and its true mask (voxels at least half inside).

    `blur_mm` is the standard deviation of the scanner's point spread, `noise_hu` that of white
    noise; the same `seed` gives the same noise.
    """
    from scipy.ndimage import gaussian_filter

    share = coverage(tree, grid)
    mask = VesselMask(np.where(share >= 0.5, ARTERY, 0).astype(np.uint8), grid)
    hu = background_hu + (lumen_hu - background_hu) * share
    if blur_mm > 0:
        hu = gaussian_filter(hu, [blur_mm / step for step in grid.spacing_mm])
    if noise_hu > 0:
        random = np.random.default_rng(seed).standard_normal(hu.shape, dtype=np.float32)
        hu += np.float32(noise_hu) * random
    return Volume(np.clip(np.rint(hu), -1024, 32767).astype(np.int16), grid), mask
