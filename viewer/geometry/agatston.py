"""The Agatston score, where a scan allows it, and why not elsewhere."""

import numpy as np
from scipy import ndimage

from viewer.geometry.number import Number, unknown
from viewer.volume.grid import Grid

LEAST_HU, STEP_HU, MOST_WEIGHT = 130.0, 100.0, 4
LEAST_MM2 = 1.0
SLICE_MM = 3.0
THIN_MM, THICK_MM = 2.45, 3.05
KVP = 120.0
ENHANCED_HU = 90.0
UPRIGHT = 0.99
METHOD = "area of each lesion in a slice times 1 to 4 by its peak (Agatston 1990), of 3 mm slices"
BETWEEN_SCANS = 0.1  # of the score: how far two scans of one person differ (Detrano 2005)


def why_not(
    grid: Grid, blood_hu: float | None, kvp: float | None, *, denoised: bool = False
) -> str:
    """Why a scan allows no Agatston score, or "" where it does.

    `blood_hu` is the brightness of the blood where it is known.
    """
    thick = grid.spacing_mm[0]
    if blood_hu is not None and blood_hu > ENHANCED_HU:
        return (
            "The scan is contrast-enhanced: calcium cannot be told from blood "
            f"at {LEAST_HU:.0f} HU."
        )
    if not THIN_MM <= thick <= THICK_MM:
        return (
            f"The slices are {thick:.1f} mm apart; the score is defined for 2.5 to 3 mm "
            "(make such a series from the raw data)."
        )
    if abs(grid.lps_from_index[2, 0]) < UPRIGHT * thick:
        return "The slices are not axial; the score is defined for axial ones."
    if kvp is None:
        return "The tube voltage is not known; the score is defined for 120 kVp."
    if abs(kvp - KVP) > 0.5:
        return f"The scan was made at {kvp:.0f} kVp; the score is defined for 120 kVp."
    if denoised:
        return "The scan was denoised, which lowers the peaks that the score counts."
    return ""


def agatston(hu: np.ndarray, own: np.ndarray, grid: Grid, why: str = "") -> Number:
    """The score of the voxels (bool, as `hu` `[slice, row, column]`) that may be calcium.

    Lesions are pieces of 130 HU and more that touch in a slice, corners too, of 1 mm^2 and more.
    """
    if why:
        return unknown("", METHOD, why)
    pixel_mm2 = grid.spacing_mm[1] * grid.spacing_mm[2]
    score = 0.0
    for image, inside in zip(hu, own, strict=True):
        lesions, count = ndimage.label(inside & (image >= LEAST_HU), np.ones((3, 3)))
        for number in range(1, count + 1):
            lesion = lesions == number
            area = float(lesion.sum()) * pixel_mm2
            if area >= LEAST_MM2:
                score += area * weight(float(image[lesion].max()))
    score *= grid.spacing_mm[0] / SLICE_MM
    return Number(score, BETWEEN_SCANS * score, "", METHOD)


def weight(peak_hu: float) -> int:
    """The weight of a lesion by its peak: 1 from 130 HU, 2 from 200, 3 from 300, 4 from 400."""
    return 0 if peak_hu < LEAST_HU else min(MOST_WEIGHT, max(1, int(peak_hu // STEP_HU)))
