"""Air, fat and blood are found, and the line that moves them rises."""

import numpy as np
import pytest

from tests.enhance.test_scan_facts import a_body, noise_of
from viewer.enhance.harmonize_hu import Anchors, find_anchors, hu_map
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

NOWHERE: dict = {}
SHAPE, SPACING = (12, 200, 200), (2.0, 0.9, 0.9)


def test_air_and_fat_are_found_through_noise_that_is_cut_off():
    hu = a_body(SHAPE, SPACING)
    hu[hu == -100] = -112
    hu[hu == -1000] = -994
    hu += noise_of((1.0, 0.6, 0.6), 20.0, SHAPE, SPACING)
    volume = Volume(
        np.clip(np.rint(hu), -1024, 3071).astype(np.int16), Grid.regular(SHAPE, SPACING)
    )
    found = find_anchors(volume, 20.0, silent(), with_blood=False)
    assert found.air[0] == pytest.approx(-994, abs=2)
    assert found.fat[0] == pytest.approx(-112, abs=3)
    assert found.blood is None


def test_air_that_is_cut_off_at_the_lowest_value_is_not_known():
    hu = a_body(SHAPE, SPACING) - 25.0 + noise_of((1.0, 0.6, 0.6), 10.0, SHAPE, SPACING)
    volume = Volume(
        np.clip(np.rint(hu), -1024, 3071).astype(np.int16), Grid.regular(SHAPE, SPACING)
    )
    assert find_anchors(volume, 10.0, silent(), with_blood=False).air is None


def test_blood_is_that_of_the_great_vessel(a_scan_of):
    found = find_anchors(a_scan_of(380.0), 12.0, silent())
    assert found.blood[0] == pytest.approx(380, abs=4)
    assert 0 < found.blood[1] < 5


@pytest.mark.parametrize("kvp", [None, (80.0, 120.0), (120.0, 80.0), (140.0, 100.0)])
@pytest.mark.parametrize("air", [-1020.0, -1000.0, -985.0])
def test_the_line_rises_goes_through_its_anchors_and_its_slope_is_right(kvp, air):
    blood = (400.0, 3.0)
    moved = hu_map(Anchors((air, 1.0), (-110.0, 1.0), blood, NOWHERE), -1000.0, -100.0, kvp)
    at = np.arange(-2000, 3072, dtype=np.float32)
    line = moved.of(at)
    assert np.all(np.diff(line) > 0)
    np.testing.assert_allclose(moved.of(np.array([air, -110.0])), [-1000, -100], atol=1e-3)
    np.testing.assert_allclose(moved.of(np.array([55.0])), [55], atol=1e-3)
    np.testing.assert_allclose(moved.of(np.array([-2000.0])), [-2000], atol=1e-3)
    between = at[:-1] + 0.5
    smooth = np.abs(between[:, None] - moved.knots_hu).min(axis=1) > 0.5
    np.testing.assert_allclose(moved.slope(between)[smooth], np.diff(line)[smooth], atol=2e-3)


def test_blood_follows_iodine_and_what_is_far_brighter_calcium():
    found = Anchors(None, None, (600.0, 3.0), NOWHERE)
    moved = hu_map(found, -1000.0, -100.0, (80.0, 120.0))
    assert moved.of(np.array([600.0]))[0] == pytest.approx(55 + 545 / 1.75, abs=0.1)
    assert moved.slope(np.array([2000.0]))[0] == pytest.approx(1 / 1.3, abs=1e-3)
    as_it_is = hu_map(found, -1000.0, -100.0, None)
    np.testing.assert_array_equal(as_it_is.of(np.array([-900.0, 40, 2000])), [-900, 40, 2000])
