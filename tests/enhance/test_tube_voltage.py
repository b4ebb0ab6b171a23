"""Contrast rises as the tube voltage falls, as attenuation tables say."""

import numpy as np
import pytest

from viewer.enhance.tube_voltage import CALCIUM_AT_KVP, IODINE_AT_KVP, contrast_ratio

# Hubbell and Seltzer 1995, mass attenuation in cm2/g.
KEV = (50, 60, 80, 100)
IODINE, WATER = (12.32, 7.579, 3.510, 1.942), (0.2269, 0.2059, 0.1837, 0.1707)


def test_iodine_is_what_the_tables_say_at_the_mean_energies():
    hu = np.log(np.divide(IODINE, WATER))
    at = np.exp(np.interp(np.log([50.5, 54.4, 62.8, 70, 74.8]), np.log(KEV), hu))
    np.testing.assert_allclose(list(IODINE_AT_KVP.values()), at / at[3], rtol=0.01)


def test_there_and_back_is_one_and_between_lies_between():
    assert contrast_ratio(IODINE_AT_KVP, 80, 120) == pytest.approx(1 / 1.75)
    there, back = (contrast_ratio(IODINE_AT_KVP, *way) for way in ((80, 140), (140, 80)))
    assert there * back == pytest.approx(1)
    assert 1 < contrast_ratio(IODINE_AT_KVP, 120, 110) < contrast_ratio(IODINE_AT_KVP, 120, 100)
    for kvp in (70, 80, 100):
        assert 1 < CALCIUM_AT_KVP[kvp] < IODINE_AT_KVP[kvp]
