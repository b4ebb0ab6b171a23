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
    share = np.zeros(grid.shape, np.float32)
    parts = (np.arange(FINE) + 0.5) / FINE - 0.5
    index = np.stack(np.indices(grid.shape), axis=-1).astype(np.float64)
    for k in parts:
        for j in parts:
            for i in parts:
                points = grid.points_lps(index + np.array([k, j, i]))
                far = np.hypot(points[..., 0], points[..., 1])
                share += far < radius_at(points[..., 2])
    share /= FINE**3
    hu = background_hu + (lumen_hu - background_hu) * share
    if blur_mm:
        hu = gaussian_filter(hu, blur_mm / voxel_mm)
    hu += noise_hu * rng.standard_normal(hu.shape, dtype=np.float32)
    mask = VesselMask(np.where(share >= 0.5, ARTERY, 0).astype(np.uint8), grid)
    return Volume(np.rint(hu).astype(np.int16), grid), mask


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
