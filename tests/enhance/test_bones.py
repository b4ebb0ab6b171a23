"""Bone is filled, blood and stents are not bone, even masses are soft."""

import numpy as np

from viewer.enhance.bones import bone, soft_masses, uneven
from viewer.progress import silent

SPACING = (1.5, 1.5, 1.5)


def scene():
    """A vertebra with cortex and marrow, an aorta with a stent, a heart; rows back, HU."""
    _, y, x = np.indices((20, 80, 80)) * 1.5
    hu = np.full(y.shape, 50.0, np.float32)
    spine = np.hypot(y - 90, x - 60)
    hu[spine < 18] = 750
    hu[spine < 15] = 190
    vessel = np.hypot(y - 60, x - 75)
    hu[vessel < 10] = 400
    stent = np.abs(vessel - 9) < 1
    stent[:10] = False
    hu[stent] = 2500
    heart = np.hypot(y - 25, x - 50) < 20
    hu[heart] = 400
    hu += np.random.default_rng(0).normal(0, 10, hu.shape).astype(np.float32)
    return hu, spine < 18, vessel < 11, stent, heart


def test_bone_is_filled_and_vessels_are_spared():
    hu, vertebra, vessel, stent, heart = scene()
    found = bone(hu, np.ones(hu.shape, bool), SPACING, 550, vessel, silent())
    assert found[vertebra].mean() > 0.95
    assert not found[vessel | stent].any()
    assert not found[heart].any()


def test_blood_is_even_and_bone_is_not():
    hu, vertebra, _, _, heart = scene()
    texture = uneven(hu, SPACING, silent())
    assert np.median(texture[heart]) < 0.2
    assert np.median(texture[vertebra]) > 0.25


def test_wide_even_masses_are_soft():
    hu, vertebra, vessel, _, heart = scene()
    soft = soft_masses((hu > 220) & ~vessel, uneven(hu, SPACING, silent()), SPACING, silent())
    assert soft[heart].mean() > 0.8
    assert not soft[vertebra].any()
