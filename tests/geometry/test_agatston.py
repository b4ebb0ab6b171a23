"""The Agatston score of lesions whose area and density are known, and where there is none."""

import numpy as np
import pytest

from viewer.geometry.agatston import agatston, weight, why_not
from viewer.volume.grid import Grid

SHAPE = (6, 40, 40)


def a_grid(slice_mm=3.0, pixel_mm=0.5):
    return Grid.regular(SHAPE, (slice_mm, pixel_mm, pixel_mm))


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(129, 0), (130, 1), (199, 1), (200, 2), (299, 2), (300, 3), (399, 3), (400, 4), (1500, 4)],
)
def test_weights_are_those_of_agatston(peak, expected):
    assert weight(peak) == expected


def test_each_lesion_of_each_slice_counts_by_its_own_peak():
    hu = np.full(SHAPE, 40.0)
    hu[1, 5:9, 5:9] = 250  # 4 mm2, weight 2
    hu[2, 5:9, 5:9] = 450  # 4 mm2, weight 4
    hu[2, 20:24, 20:24] = 150  # 4 mm2, weight 1
    hu[3, 30, 30:33] = 500  # 0.75 mm2: too small
    found = agatston(hu, np.ones(SHAPE, bool), a_grid())
    assert found.value == pytest.approx(4 * 2 + 4 * 4 + 4 * 1)
    assert found.unit == ""


def test_lesions_that_touch_by_a_corner_are_one():
    hu = np.full(SHAPE, 40.0)
    hu[2, 5:7, 5:7], hu[2, 7:9, 7:9] = 150, 450
    assert agatston(hu, np.ones(SHAPE, bool), a_grid()).value == pytest.approx(2 * 4)


def test_only_what_may_be_calcium_counts():
    hu = np.full(SHAPE, 40.0)
    hu[2, 5:9, 5:9] = 450
    assert agatston(hu, np.zeros(SHAPE, bool), a_grid()).value == 0


def test_slices_of_another_thickness_are_brought_to_three_millimeters():
    hu = np.full(SHAPE, 40.0)
    hu[1:5, 5:9, 5:9] = 450
    thin = agatston(hu, np.ones(SHAPE, bool), a_grid(2.5))
    assert thin.value == pytest.approx(4 * 4 * 4 * 2.5 / 3)


@pytest.mark.parametrize(
    ("slice_mm", "blood", "kvp", "denoised", "word"),
    [
        (3.0, 350.0, 120.0, False, "contrast-enhanced"),
        (1.0, 45.0, 120.0, False, "1.0 mm"),
        (5.0, None, 120.0, False, "5.0 mm"),
        (3.0, 45.0, 100.0, False, "100 kVp"),
        (3.0, 45.0, None, False, "not known"),
        (3.0, 45.0, 120.0, True, "denoised"),
    ],
)
def test_no_score_without_its_conditions(slice_mm, blood, kvp, denoised, word):
    why = why_not(a_grid(slice_mm), blood, kvp, denoised=denoised)
    assert word in why
    found = agatston(np.full(SHAPE, 500.0), np.ones(SHAPE, bool), a_grid(slice_mm), why)
    assert not found.known
    assert found.missing == why


def test_a_native_scan_of_three_millimeters_allows_it():
    assert why_not(a_grid(), 45.0, 120.0) == ""
    assert why_not(a_grid(2.5), None, 120.0) == ""
