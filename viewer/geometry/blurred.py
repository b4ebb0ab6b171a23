"""How a scanner's blur moves the half maximum of a thin vessel, and back."""

from functools import cache

import numpy as np
from scipy import ndimage

from viewer.volume.grid import Grid

LEAST, MOST, STEPS = 0.35, 12.0, 160
BEND_MM = 1.0
USUAL_BLUR = 0.8  # of a voxel, reading between voxels included, where no edge shows it


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """Radii (k,) of disks and of their half maximum after blur, both in units of the blur."""
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    radius = np.geomspace(LEAST, MOST, STEPS)

    def over(far: float, own: float) -> float:
        return float(ncx2.cdf(own**2, 2, far**2)) - 0.5 * float(-np.expm1(-(own**2) / 2))

    half = [brentq(over, 1e-6, own + 3.0, args=(own,)) for own in radius]
    return radius, np.array(half)


def unblurred_mm(half_mm: np.ndarray, blur_mm: np.ndarray | float) -> np.ndarray:
    """The radius (mm) of a disk whose blurred picture is half as bright as its middle at `half_mm`.

    A disk in a Gaussian of standard deviation `blur_mm` is a noncentral chi-square distribution
    of its radius (Rice 1945). Half as bright as the *own* middle, so that a vessel that never
    reaches the brightness of blood is measured as well. Below 1.19 blurs the radius cannot be
    told from 0: nan.
    """
    radius, half = _table()
    blur = np.maximum(np.asarray(blur_mm, np.float64), 1e-9)
    scaled = np.asarray(half_mm, np.float64) / blur
    inner = np.interp(scaled, half, radius, left=np.nan)
    return np.where(scaled >= half[-1], half_mm - blur * (half[-1] - radius[-1]), inner * blur)


def sharpened_mm(radius_mm: np.ndarray, s_mm: np.ndarray, blur_mm: float) -> np.ndarray:
    """Radii (n,) along a path (n,) without what the blur along the vessel filled in; nan stays.

    Blur moves a wall that bends along the vessel by half its square times the bend, inwards at a
    bulge and outwards at a throat. The bend is taken over a length on which noise does not bend.
    """
    known = np.isfinite(radius_mm)
    if known.sum() < 3:
        return radius_mm
    step = float(s_mm[-1]) / (len(s_mm) - 1)
    whole = np.interp(s_mm, s_mm[known], radius_mm[known])
    over = max(2 * blur_mm, BEND_MM) / step
    bend = ndimage.gaussian_filter1d(whole, over, order=2, mode="nearest") / step**2
    slope = ndimage.gaussian_filter1d(whole, over, order=1, mode="nearest") / step
    return np.asarray(radius_mm - 0.5 * blur_mm**2 * bend / (1 + slope**2))


def response(half_mm: np.ndarray, blur_mm: np.ndarray | float) -> np.ndarray:
    """How far the true radius moves for each mm of the half maximum (1 for thick vessels)."""
    step = 0.01 * np.asarray(blur_mm, np.float64)
    near = unblurred_mm(half_mm + step, blur_mm) - unblurred_mm(half_mm - step, blur_mm)
    return np.asarray(near / np.maximum(2 * step, 1e-12))


def usual_blur_mm(grid: Grid) -> float:
    """The blur of a scan (standard deviation in mm) as it usually is for its voxels."""
    return USUAL_BLUR * float(np.cbrt(grid.voxel_mm3))
