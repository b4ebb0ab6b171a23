"""Where a vessel ends blind on the scan."""

import numpy as np
from scipy import ndimage

from viewer.geometry.edges import BEYOND_MM, FAT_HU, MEAN_MM
from viewer.geometry.frames import frames_along
from viewer.volume.volume import Volume

ASIDE = 1 / 3  # of the radius: four rays beside the middle one
LEAST_NOISES = 6.0
FINE = 0.1  # of a voxel


def tip(
    point_lps: np.ndarray,
    heading: np.ndarray,
    radius_mm: float,
    volume: Volume,
    blur_mm: float,
    noise_hu: float,
) -> np.ndarray:
    """The center (3,) of the last inscribed sphere of a vessel that runs on along `heading` (3,).

    The half maximum ahead of the end, less the radius. A round end seems shorter by the squared
    blur through its radius. The end stays where no such edge lies within a voxel of its place,
    so where the vessel leaves the scan or bends.
    """
    spacing = max(volume.grid.spacing_mm)
    step = FINE * min(volume.grid.spacing_mm)
    far = np.arange(-radius_mm, radius_mm + 2 * spacing + BEYOND_MM + MEAN_MM, step)
    frames = frames_along(point_lps + np.array([[0.0], [1.0]]) * heading)
    aside = ASIDE * radius_mm * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    starts = point_lps + aside[:, :1] * frames.across[0] + aside[:, 1:] * frames.up[0]
    index = volume.grid.index(starts[:, None] + far[:, None] * heading)
    within = np.all((index >= 0) & (index <= np.array(volume.grid.shape) - 1), axis=(0, 2))
    if not within[far <= radius_mm + MEAN_MM].all():
        return point_lps
    far, index = far[within], index[:, within]
    hu = ndimage.map_coordinates(
        volume.voxels, index.reshape(-1, 3).T, output=np.float32, order=1, mode="nearest"
    ).reshape(len(starts), -1)
    width = max(1, round(MEAN_MM / step))
    blood = np.median(hu[:, far <= 0])
    mean = ndimage.uniform_filter1d(hu, width, axis=1, mode="nearest")
    outside = max(float(mean.mean(axis=0)[far > radius_mm].min()), FAT_HU)
    if blood - outside < LEAST_NOISES * noise_hu:
        return point_lps
    over = (hu < 0.5 * (blood + outside)) & (far > 0)
    if not over.any(axis=1).all():
        return point_lps
    sagitta = radius_mm * (1 - np.sqrt(1 - ASIDE**2)) * (np.arange(len(starts)) > 0)
    edge = float(np.mean(far[over.argmax(axis=1)] - 0.5 * step + sagitta))
    shift = edge + blur_mm**2 / radius_mm - radius_mm
    return point_lps + shift * heading if abs(shift) <= spacing else point_lps
