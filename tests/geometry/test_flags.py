"""Flags stand beside and in a narrowing of known size."""

import numpy as np
import pytest

from viewer.geometry.flags import Flags, narrowing, proposed_flags
from viewer.geometry.frames import frames_along
from viewer.geometry.section import QUANTITIES, Sections, measured


def sections_of(radius_mm, step_mm=0.5, sd=0.1):
    """Round sections along a straight path."""
    path = np.zeros((len(radius_mm), 3))
    path[:, 2] = -step_mm * np.arange(len(radius_mm))
    wall = np.repeat(np.asarray(radius_mm, float)[:, None], 48, axis=1)
    values = measured(wall)
    spread = {name: np.full(len(wall), sd) for name in QUANTITIES}
    return Sections(frames_along(path), wall, np.isfinite(wall), values, spread)


@pytest.fixture
def narrowed():
    """100 mm that taper from 4 to 3 mm, half as wide at 60 mm."""
    s = np.arange(201) * 0.5
    normal = 4 - s / 100
    return sections_of(normal * (1 - 0.5 * np.exp(-0.5 * ((s - 60) / 3) ** 2)))


def test_flags_find_the_narrowing_and_normal_places_beside_it(narrowed):
    flags = proposed_flags(narrowed)
    assert flags.minimum_mm == pytest.approx(60, abs=1)
    assert 40 < flags.proximal_mm < 54
    assert 66 < flags.distal_mm < 80


def test_a_taper_is_no_narrowing():
    flags = proposed_flags(sections_of(np.linspace(5, 3, 201)))
    found = narrowing(sections_of(np.linspace(5, 3, 201)), flags)
    assert abs(found.percent_diameter.value) < 5


def test_half_the_diameter_is_three_quarters_of_the_area(narrowed):
    found = narrowing(narrowed, Flags(45, 60, 75))
    assert found.percent_diameter.value == pytest.approx(50, abs=1)
    assert found.percent_area.value == pytest.approx(75, abs=1)
    assert narrowing(narrowed, Flags(45, 45, 75)) is None


def test_what_lies_before_the_ostium_is_not_normal():
    radius = np.concatenate([np.full(20, 10.0), np.full(100, 3.0)])
    flags = proposed_flags(sections_of(radius), 10.0)
    assert flags.proximal_mm >= 10.0
    assert abs(narrowing(sections_of(radius), flags).percent_diameter.value) < 1


def test_a_funnel_from_the_parent_is_not_normal():
    radius = np.concatenate([np.linspace(10, 3, 30), np.full(150, 3.0)])
    flags = proposed_flags(sections_of(radius), 2.0)
    assert flags.proximal_mm > 10.0


def test_a_vessel_that_leaves_the_scan_is_not_narrowed_there():
    radius = np.full(200, 6.0) + 0.3 * np.sin(np.arange(200) / 9)
    radius[180:188] = np.linspace(6, 0.7, 8)
    radius[188:] = np.nan
    radius[195] = 6.0
    flags = proposed_flags(sections_of(radius))
    assert flags.distal_mm < 90.0
    assert abs(narrowing(sections_of(radius), flags).percent_diameter.value) < 15


def test_without_numbers_there_are_no_flags():
    assert proposed_flags(sections_of(np.full(50, np.nan))) is None
    radius = np.full(100, 3.0)
    radius[60:70] = np.nan
    assert not narrowing(sections_of(radius), Flags(10, 32, 45)).percent_diameter.known
