"""Scans of straight vessels whose radius is known at every height, sampled finely."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FINE = 4


def lumen_scan(
    radius_at,
    length_mm,
    voxel_mm,
    *,
    blur_mm=0.0,
    noise_hu=0.0,
    seed=0,
    lumen_hu=400,
    background_hu=40,
    margin_mm=4.0,
):
    """Volume and mask of a round vessel along z, in an obliquely turned grid.

    `radius_at` gives the radius (mm) at heights z (mm); the vessel goes beyond both ends.
    """
    rng = np.random.default_rng(seed)
    widest = float(radius_at(np.linspace(-length_mm / 2, length_mm / 2, 2000)).max())
    side = 2 * (widest + margin_mm)
    turned = Rotation.from_rotvec(0.25 * rng.uniform(-1, 1, 3)).as_matrix()[:, ::-1]
    shape = np.ceil(np.array([length_mm, side + 4, side + 4]) / voxel_mm).astype(int)
    matrix = np.eye(4)
    matrix[:3, :3] = turned * voxel_mm
    matrix[:3, 3] = -matrix[:3, :3] @ ((shape - 1) / 2) + rng.uniform(-0.5, 0.5, 3) * voxel_mm
    grid = Grid(tuple(int(n) for n in shape), matrix)
    share = share_inside(radius_at, grid, voxel_mm)
    hu = background_hu + (lumen_hu - background_hu) * share
    if blur_mm:
        hu = gaussian_filter(hu, blur_mm / voxel_mm)
    hu += noise_hu * rng.standard_normal(hu.shape, dtype=np.float32)
    mask = VesselMask(np.where(share >= 0.5, ARTERY, 0).astype(np.uint8), grid)
    return Volume(np.rint(hu).astype(np.int16), grid), mask


def share_inside(radius_at, grid, voxel_mm):
    """Share of each voxel inside, by FINE samples along each axis where the wall may cross it."""
    points = grid.points_lps(np.stack(np.indices(grid.shape), axis=-1))
    heights = points[..., 2, None] + voxel_mm * np.array([-1, 0, 1])
    radii = radius_at(heights)
    far = np.hypot(points[..., 0], points[..., 1])
    share = (far < radii[..., 1]).astype(np.float32)
    wall = (far < radii.max(axis=-1) + voxel_mm) & (far > radii.min(axis=-1) - voxel_mm)
    parts = (np.arange(FINE) + 0.5) / FINE - 0.5
    steps = np.stack(np.meshgrid(parts, parts, parts), axis=-1).reshape(-1, 3)
    inside = np.zeros(int(wall.sum()))
    for step in steps @ grid.lps_from_index[:3, :3].T:
        near = points[wall] + step
        inside += np.hypot(near[:, 0], near[:, 1]) < radius_at(near[:, 2])
    share[wall] = inside / len(steps)
    return share


def path_along_z(length_mm, radius_at, step_mm=0.5):
    """The vessel's middle (n,3) a little within the scan's ends, and its radius (n,)."""
    z = np.arange(-length_mm / 2 + 3, length_mm / 2 - 3 + step_mm / 2, step_mm)
    return np.column_stack([0 * z, 0 * z, z]), radius_at(z)


def narrowed(radius_mm, percent, lesion_mm, taper=0.0):
    """The radius (mm) at a height of a vessel with a cosine-shaped stenosis at z = 0."""

    def radius_at(z):
        healthy = radius_mm - taper * z
        inside = np.abs(z) < lesion_mm / 2
        depth = 0.5 * percent / 100 * (1 + np.cos(2 * np.pi * z / lesion_mm))
        return healthy * (1 - np.where(inside, depth, 0.0))

    return radius_at
