"""Stenoses of made-up vessels: percent, length and place."""

from dataclasses import replace

import numpy as np
import pytest

from tests.geometry.lumens import lumen_scan, narrowed, path_along_z
from viewer.geometry.sections import measure_sections
from viewer.geometry.stenosis import stenoses, stenosis_at

LENGTH_MM = 60


def sections_of(radius_at, voxel_mm, *, noise_hu=18.0, seed=0, length_mm=LENGTH_MM):
    volume, mask = lumen_scan(
        radius_at, length_mm, voxel_mm, blur_mm=voxel_mm, noise_hu=noise_hu, seed=seed
    )
    path, radius = path_along_z(length_mm, radius_at)
    path[:, :2] += np.random.default_rng(seed).normal(0, 0.3, 2)
    return measure_sections(volume, path, radius, mask=mask, noise_hu=noise_hu)


def z_of(sections, s_mm):
    return float(np.interp(s_mm, sections.frames.s_mm, sections.frames.points_lps[:, 2]))


@pytest.mark.parametrize(
    ("radius", "voxel", "lesion"), [(3.0, 0.4, 8), (4.0, 0.5, 15), (2.0, 0.3, 12)]
)
@pytest.mark.parametrize(("percent", "most"), [(50, 2), (70, 2), (90, 5)])
def test_the_percentage_is_true(radius, voxel, lesion, percent, most):
    sections = sections_of(narrowed(radius, percent, lesion, taper=0.01), voxel)
    (found,) = stenoses(sections)
    assert found.percent_diameter.value == pytest.approx(percent, abs=most)
    assert abs(found.percent_diameter.value - percent) < 3 * found.percent_diameter.sd
    area = 100 * (1 - (1 - percent / 100) ** 2)
    assert found.percent_area.value == pytest.approx(area, abs=2 * most)
    assert z_of(sections, found.least_mm) == pytest.approx(0, abs=1.0)
    assert found.reference.value == pytest.approx(2 * radius, rel=0.02)
    by_hand = stenosis_at(sections, found.from_mm - 5, found.least_mm, found.to_mm + 5)
    assert by_hand.percent_diameter.value == pytest.approx(percent, abs=most)


def test_the_lesion_is_as_long_as_it_is_narrow():
    sections = sections_of(narrowed(3.0, 60, 20), 0.5)
    (found,) = stenoses(sections)
    # A cosine 20 mm long, 60 percent deep, is 5 percent deep 8.2 mm from its middle.
    assert found.extent.value == pytest.approx(16.3, abs=2 * found.extent.sd)
    assert z_of(sections, found.from_mm) == pytest.approx(-8.2, abs=1)


def test_two_lesions_are_two():
    one, two = narrowed(3.0, 60, 10), narrowed(3.0, 45, 10)
    sections = sections_of(lambda z: np.minimum(one(z - 12), two(z + 12)), 0.5)
    found = stenoses(sections)
    assert [round(z_of(sections, each.least_mm)) for each in found] == [-12, 12]
    for each, percent in zip(found, (45, 60), strict=True):
        assert each.percent_diameter.value == pytest.approx(percent, abs=2)


@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_vessel_has_none(seed):
    sections = sections_of(lambda z: 2.5 - 0.02 * z, 0.5, noise_hu=25, seed=seed)
    assert stenoses(sections) == ()


def test_a_vessel_that_opens_into_wider_ones_has_none():
    def radius_at(z):
        return 1.5 + 3.5 * np.exp(-(((z + 15) / 8) ** 2)) + 0.8 * np.exp(-(((z - 15) / 4) ** 2))

    assert stenoses(sections_of(radius_at, 0.4, length_mm=30)) == ()


def test_a_stenosis_just_beyond_the_ostium_is_measured_by_the_vessel_beyond():
    def radius_at(z):
        mouth = 4.0 * np.exp(-(((z + 30) / 4) ** 2))
        return 3.0 + mouth - 2.0 * np.exp(-(((z + 20) / 3) ** 2))

    (found,) = stenoses(sections_of(radius_at, 0.5))
    assert found.percent_diameter.value == pytest.approx(67, abs=4)
    assert found.reference.value == pytest.approx(6.0, abs=0.3)


def test_an_aneurysm_beside_it_does_not_make_it_worse():
    one = narrowed(3.0, 50, 10)

    def radius_at(z):
        return one(z + 12) + 4.0 * np.exp(-(((z - 14) / 6) ** 2))

    (found,) = stenoses(sections_of(radius_at, 0.5))
    assert found.percent_diameter.value == pytest.approx(50, abs=3)


def test_a_closed_vessel_has_a_bound_and_no_percentage():
    sections = sections_of(narrowed(3.0, 100, 16), 0.5)
    (found,) = stenoses(sections)
    assert not found.percent_diameter.known
    assert "closed" in found.percent_diameter.missing
    assert 75 < found.percent_at_least < 100


def test_sections_without_lumen_in_a_wide_vessel_are_no_stenosis():
    sections = sections_of(lambda z: 4.0 + 0 * z, 0.8)
    hidden = np.abs(sections.frames.points_lps[:, 2]) < 3
    values = {name: np.where(hidden, np.nan, each) for name, each in sections.values.items()}
    behind = replace(sections, values=values)
    assert stenoses(behind) == ()
    middle = float(sections.frames.s_mm[-1]) / 2
    by_hand = stenosis_at(behind, middle - 10, middle, middle + 10)
    assert not by_hand.percent_diameter.known
    assert "no edge" in by_hand.percent_diameter.missing


def test_a_narrowing_of_which_few_edges_are_seen_is_not_proposed():
    sections = sections_of(narrowed(4.0, 50, 15), 0.8)
    assert len(stenoses(sections)) == 1
    seen = sections.seen.copy()
    seen[:, : seen.shape[1] // 2] = False
    assert stenoses(replace(sections, seen=seen)) == ()


def test_a_narrowing_behind_which_no_lumen_is_seen_is_not_judged():
    sections = sections_of(narrowed(3.0, 70, 12), 0.5)
    values = dict(sections.values)
    behind = sections.frames.s_mm > stenoses(sections)[0].least_mm + 1.0
    for name in values:
        values[name] = np.where(behind, np.nan, values[name])
    assert stenoses(replace(sections, values=values)) == ()


def test_normal_places_without_lumen_give_no_number():
    one = narrowed(3.0, 100, 16)
    sections = sections_of(lambda z: one(z - 15), 0.5)
    middle = sections.frames.s_mm[-1] / 2
    closed = middle + 15
    found = stenosis_at(sections, 5, middle, closed)
    assert not found.percent_diameter.known
    assert found.percent_diameter.missing


def test_the_narrowest_place_lies_between_the_normal_ones():
    sections = sections_of(lambda z: 3.0 + 0 * z, 0.8, length_mm=30)
    with pytest.raises(ValueError, match="between"):
        stenosis_at(sections, 10, 5, 20)
