"""Bone and metal are told from blood."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion, gaussian_filter

from viewer.segment.blood import why_not_blood
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

NOISE_HU = 15.0
k, j, i = np.indices((40, 48, 48)) - np.array([20, 24, 24])[:, None, None, None]
TUBE = np.hypot(j, i) < 11


def why(hu, inside=TUBE, blur=0.7):
    rng = np.random.default_rng(0)
    hu = gaussian_filter(np.where(inside, hu, 40.0), blur) + rng.normal(0, NOISE_HU, TUBE.shape)
    grid = Grid.regular(TUBE.shape)
    mask = VesselMask(inside.astype(np.uint8), grid)
    return why_not_blood(Volume(hu.astype(np.int16), grid), mask, NOISE_HU)


def bone():
    marrow = 200 + 350 * gaussian_filter(np.random.default_rng(1).standard_normal(TUBE.shape), 1)
    return np.where(binary_erosion(TUBE, iterations=2, border_value=1), marrow, 700)


@pytest.mark.parametrize("blood_hu", [120, 400, 900])
def test_blood_is_blood(blood_hu):
    assert why(np.full(TUBE.shape, blood_hu)) == ""


def test_blood_with_calcium_on_its_wall_is_blood():
    plaque = (np.hypot(j, i) > 9) & (abs(k) < 8) & (i > 0)
    assert why(np.where(plaque, 1000, 350)) == ""


def test_unmixed_blood_is_blood():
    assert why(np.where(i > 0, 450, 250)) == ""


def test_bone_has_a_shell():
    assert "shell" in why(bone())


def test_metal_is_too_bright():
    assert "metal" in why(np.full(TUBE.shape, 2500))


def test_a_mask_of_nothing_is_not_judged():
    assert why(np.full(TUBE.shape, 400), np.zeros(TUBE.shape, bool)) == ""
