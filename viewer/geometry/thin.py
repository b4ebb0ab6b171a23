"""The area of a lumen too thin for its edges to be seen: by how much brightness it holds."""

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from viewer.geometry.edges import CALCIUM_HU, WALL_HU, Rays
from viewer.geometry.lined import KNOWN_MM

THIN_BLURS = 3.0  # below, the middle of a lumen has lost its brightness to the blur
THICK_BLURS = 3.5  # above, it has kept it
POINT_BLURS = 1.18  # half maximum of what has no width
BEYOND_BLURS = 2.25
RING_MM = 1.0
CALCIUM_NOISES = 6.0
UNEVEN = 0.35  # of the contrast: a neighbor or calcium, not the background
CONTRAST_SHARE = 0.05  # how well the contrast is known
SHAPE_SEEN = 0.9
LEAST_DEVIATIONS = 1.645  # one in twenty closed lumens is taken for open
TOGETHER_MM = 1.5
SHARPENED_NOISE, SHARPENED_SHARE = 1.3, 0.5
SHAPE_SHARE = 0.2  # of the radius: how far from round a lumen may be whose shape is not seen


def by_brightness(
    rays: Rays,
    half_mm: np.ndarray,
    s_mm: np.ndarray,
    voxel_mm: float,
    noise_hu: float,
    blur_mm: float,
    lined_mm: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Radius (n,) mm of the thin sections among those with half maxima (n,m) mm, and its deviation.

    Blur moves brightness and loses none: the sum over a section of what is brighter than the ring
    around it, over the contrast of blood, is the area, less what a wall of `lined_mm` (n,) holds
    that is brighter than the ring. Blood's own brightness is taken from the
    nearest thick sections. What the blur brought from before and behind along the path `s_mm`
    (n,) is taken out again (Van Cittert 1931). nan for thick sections, where no thick one tells
    what blood is, where the ring is not even, and where the area cannot be told from none, even
    together with the sections beside it.
    """
    mean = half_mm.mean(axis=1)
    thick = mean > THICK_BLURS * blur_mm
    thin = ~(mean > THIN_BLURS * blur_mm)
    area, sd = np.pi * mean**2, np.full(len(mean), np.nan)
    if not thick.any():
        return sd, sd
    number = np.arange(len(mean))
    blood = np.interp(number, number[thick], rays.blood_hu[thick])
    for row in np.flatnonzero(thin):
        reach = max(np.nan_to_num(mean[row]), POINT_BLURS * blur_mm) + BEYOND_BLURS * blur_mm
        own, step = rays.hu[row], float(rays.step_mm[row])
        area[row], sd[row] = _area(
            own, step, reach, float(blood[row]), voxel_mm, noise_hu, float(lined_mm[row])
        )
    sharper = _sharpened(area, s_mm, blur_mm)
    sd = np.hypot(SHARPENED_NOISE * sd, SHARPENED_SHARE * (sharper - area))
    area = np.where(thin, sharper, np.nan)
    told = area > LEAST_DEVIATIONS * sd
    together, together_sd = _together(area, sd, s_mm)
    area, sd = np.where(told, area, together), np.where(told, sd, together_sd)
    told = area > LEAST_DEVIATIONS * sd
    radius = np.sqrt(np.where(told, area, np.nan) / np.pi)
    return radius, sd / (2 * np.pi * radius)


def _together(
    area_mm2: np.ndarray, sd_mm2: np.ndarray, s_mm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Areas (n,) by a parabola through the thin sections around each, and their deviations.

    Several sections show a lumen that is too thin to be told in one. nan where it is not known of
    most of them.
    """
    area, sd = np.full(len(s_mm), np.nan), np.full(len(s_mm), np.nan)
    known = np.isfinite(area_mm2) & np.isfinite(sd_mm2)
    for row in np.flatnonzero(known):
        around = np.abs(s_mm - s_mm[row]) <= TOGETHER_MM + 1e-6
        near = np.flatnonzero(around & known)
        if len(near) >= max(5, 0.8 * around.sum()):
            terms = (s_mm[near] - s_mm[row])[:, None] ** np.arange(3)
            weight = np.linalg.pinv(terms)[0]
            area[row] = weight @ area_mm2[near]
            sd[row] = np.linalg.norm(weight * sd_mm2[near])
    return area, sd


def sized(half_mm: np.ndarray, seen: np.ndarray, radius_mm: np.ndarray) -> np.ndarray:
    """Outlines (n,m) as large as circles of a radius (n,) mm, in the shape that edges showed.

    Round where less than `SHAPE_SEEN` of the edges were `seen` (n,m).
    """
    shown = (seen.mean(axis=1) >= SHAPE_SEEN) & np.isfinite(half_mm).all(axis=1)
    shape = np.where(shown[:, None], half_mm, 1.0)
    return np.asarray(shape * (radius_mm / np.sqrt((shape**2).mean(axis=1)))[:, None])


def of_thin(values: Mapping[str, np.ndarray], radius_sd_mm: np.ndarray) -> dict[str, np.ndarray]:
    """Deviations (n,) of thin sections whose area the brightness gave: their shape it does not."""
    radius = 0.5 * values["diameter_equivalent_mm"]
    caliper = 2 * np.hypot(radius_sd_mm, SHAPE_SHARE * radius)
    return {
        "area_mm2": 2 * np.pi * radius * radius_sd_mm,
        "diameter_equivalent_mm": 2 * radius_sd_mm,
        "diameter_min_mm": caliper,
        "diameter_max_mm": caliper,
        "inscribed_radius_mm": 0.5 * caliper,
        "circularity": np.full(len(radius), SHAPE_SHARE),
    }


def _sharpened(area_mm2: np.ndarray, s_mm: np.ndarray, blur_mm: float) -> np.ndarray:
    """Areas (n,) without what the blur along the path (n,) brought to them; nan stays."""
    known = np.isfinite(area_mm2)
    if known.sum() < 2:
        return area_mm2
    whole = np.interp(s_mm, s_mm[known], area_mm2[known])
    step = s_mm[-1] / (len(s_mm) - 1)
    sharper = 2 * whole - ndimage.gaussian_filter1d(whole, blur_mm / step, mode="nearest")
    return np.where(known, sharper, np.nan)


def _area(
    hu: np.ndarray,
    step_mm: float,
    reach_mm: float,
    blood_hu: float,
    voxel_mm: float,
    noise: float,
    lined_mm: float,
) -> tuple[float, float]:
    """Area (mm2) and deviation from rays (m,k) of one section; nan without an even ring."""
    far = step_mm * np.arange(hu.shape[1])
    ring = (far >= reach_mm) & (far <= reach_mm + max(RING_MM, voxel_mm))
    if not ring.any():
        return np.nan, np.nan
    beyond = (hu[:, ring] * far[ring]).sum(axis=1) / far[ring].sum()
    outside = float(beyond.mean())
    contrast = blood_hu - outside
    if (hu[:, far <= reach_mm] > blood_hu + max(CALCIUM_HU, CALCIUM_NOISES * noise)).any():
        return np.nan, np.nan  # calcium is brightness that no blood holds
    eighths = beyond.reshape(8, -1).mean(axis=1)
    if contrast < 3 * noise or np.ptp(eighths) > UNEVEN * contrast:
        return np.nan, np.nan
    # The last sample inside stands for the part of its step that lies inside.
    weight = np.clip(reach_mm / step_mm - np.arange(hu.shape[1]) + 0.5, 0, 1) * far * step_mm
    turn = 2 * np.pi / len(hu)
    area = float(((hu - outside) * weight).sum()) * turn / contrast
    disk, rim = np.pi * reach_mm**2, np.pi * ((far[ring][-1] + step_mm) ** 2 - reach_mm**2)
    grain = voxel_mm * noise / contrast * np.sqrt(disk + disk**2 / rim)
    slope = float(eighths.std()) / contrast * disk / 8
    inner, doubt = _without_wall(area, lined_mm, max(WALL_HU - outside, 0.0) / contrast)
    return inner, float(np.sqrt(grain**2 + slope**2 + (CONTRAST_SHARE * area) ** 2 + doubt**2))


def _without_wall(area_mm2: float, lined_mm: float, share: float) -> tuple[float, float]:
    """The lumen's part of an area, and its doubt; its wall holds a `share` of blood's contrast."""
    walled = share * lined_mm
    square = area_mm2 / np.pi - walled * lined_mm + walled**2
    radius = float(np.sqrt(max(square, 0.0))) - walled
    if lined_mm == 0.0 or radius <= 0:
        return (area_mm2 if lined_mm == 0.0 else 0.0), 0.0
    return float(np.pi * radius**2), float(2 * np.pi * (radius + lined_mm) * share * KNOWN_MM)
