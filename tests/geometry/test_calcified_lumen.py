"""Lumens beside calcium that blooms: neither wider nor narrower than their deviation says."""

import numpy as np
import pytest

from tests.geometry import test_calcification as plates_of
from viewer.geometry.sections import measure_sections

THICK_MM = 1.2


def beside_and_free(radius_mm, degrees, blur_mm, hu, monkeypatch):
    """How far off the diameter is (mm) beside a plate and its deviation; the same away from it."""
    monkeypatch.setattr(plates_of, "RADIUS_MM", radius_mm)
    row = (0.0, 8.0, degrees, radius_mm, radius_mm + THICK_MM, hu)
    volume, mask, _ = plates_of.plates(row, voxel_mm=0.5, blur_mm=blur_mm)
    z = np.arange(-12, 12.1, 0.5)
    path = np.column_stack([0 * z, 0 * z, z])
    blur = float(np.hypot(blur_mm, 0.2))  # with what reading between voxels adds
    sections = measure_sections(
        volume, path, np.full(len(z), radius_mm), mask=mask, noise_hu=12.0, blur_mm=blur
    )
    height = sections.frames.points_lps[:, 2]
    found = sections.values["diameter_equivalent_mm"] - 2 * radius_mm
    sd = sections.sd["diameter_equivalent_mm"]
    near, free = np.abs(height) < 2.5, np.abs(height) > 7
    return tuple(np.nanmedian(each) for each in (found[near], sd[near], found[free], sd[free]))


@pytest.mark.parametrize("blur_mm", [0.4, 0.6])
@pytest.mark.parametrize("degrees", [60, 120, 240, 360])
@pytest.mark.parametrize("radius_mm", [1.5, 2.0, 3.0, 4.0])
def test_blooming_moves_the_lumen_no_more_than_its_deviation_says(
    radius_mm, degrees, blur_mm, monkeypatch
):
    for hu in (700, 1200):
        off, sd, free, free_sd = beside_and_free(radius_mm, degrees, blur_mm, hu, monkeypatch)
        assert abs(off) < 2.5 * sd
        assert abs(off) < (0.8 if degrees == 360 else 0.35)
        assert sd > free_sd
        assert abs(free) < 0.06
