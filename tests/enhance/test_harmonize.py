"""A harmonized scan is what the reference's scanner would show, and the original comes back."""

from dataclasses import replace

import numpy as np
import pytest

from tests.enhance.test_scan_facts import noise_of
from viewer.enhance.harmonize import harmonize, original
from viewer.enhance.harmonize_match import divided
from viewer.enhance.harmonize_reference import (
    REFERENCES,
    Reference,
    reference_like,
    refuse_unsuitable,
)
from viewer.enhance.scan_facts import ScanFacts, scan_facts
from viewer.errors import ViewerError
from viewer.phantom.blur import blur
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE, SPACING = (24, 192, 192), (1.0, 0.8, 0.8)
PSF_MM, SLICE_MM = 0.5, 1.2
MTF50 = 0.1874 / PSF_MM


def seen(hu, psf_mm=PSF_MM, slice_mm=SLICE_MM):
    return blur(hu, np.array([slice_mm / 2.3548, psf_mm, psf_mm]) / SPACING)


def a_body():
    """Muscle in fat, a lung and some vessels (float32 HU)."""
    z, y, x = (
        (index - n / 2) * s
        for index, n, s in zip(np.indices(SHAPE, np.float32), SHAPE, SPACING, strict=True)
    )
    across = np.hypot(x, y / 0.9)
    hu = np.full(SHAPE, -1000, np.float32)
    hu[across < 68] = -100
    hu[across < 56] = 50
    hu[np.hypot(x + 24, y + 5 + 0.4 * z) < 18] = -850
    for a, b in ((10, 20), (30, -10), (15, -30), (-20, 35)):
        hu[np.hypot(x - a - 0.2 * z, y - b + 0.3 * z) < 5] = 350
    return hu


def scan_of(hu):
    return Volume(np.clip(np.rint(hu), -1024, 3071).astype(np.int16), Grid.regular(SHAPE, SPACING))


@pytest.fixture(scope="module")
def body():
    return a_body()


@pytest.fixture(scope="module")
def a_noisy_scan(body):
    noise = noise_of((0.5, 0.5, 0.5), 24.0, SHAPE, SPACING)
    return scan_of(seen(body) + noise)


@pytest.fixture(scope="module")
def its_facts(a_noisy_scan):
    return scan_facts(a_noisy_scan, silent(), slice_thickness_mm=SLICE_MM)


@pytest.fixture(scope="module")
def a_smooth_thick_one(a_noisy_scan, its_facts):
    return harmonize(a_noisy_scan, its_facts, Reference("thick", 0.25, 3.0, 9.0), silent())


def test_a_smoother_kernel_and_thicker_slices_are_what_that_scanner_shows(
    body, a_noisy_scan, a_smooth_thick_one
):
    truth = seen(body, 0.1874 / 0.25, 3.0)
    inner = (slice(4, -4), slice(20, -20), slice(20, -20))
    before, after = (
        float(np.sqrt(np.mean((each.voxels - truth)[inner] ** 2)))
        for each in (a_noisy_scan, a_smooth_thick_one.volume)
    )
    assert after < 0.3 * before
    rows = a_smooth_thick_one.rows
    assert rows["mtf50_per_mm"]["after"] == pytest.approx(0.25, rel=0.08)
    assert rows["noise_hu"]["before"] == pytest.approx(24, rel=0.08)
    assert rows["noise_hu"]["after"] < 9.5


def test_the_original_comes_back_bit_for_bit_of_every_scan(a_noisy_scan, a_smooth_thick_one):
    found = a_smooth_thick_one
    again = original(found.volume, found.difference, found.grid, found.sha256)
    np.testing.assert_array_equal(again.voxels, a_noisy_scan.voxels)
    assert again.grid is a_noisy_scan.grid
    with pytest.raises(ViewerError, match="changed since"):
        original(found.volume, found.difference + np.int16(1), found.grid, found.sha256)
    with pytest.raises(ViewerError, match="changed since"):
        original(found.volume, found.difference[:5], found.grid, found.sha256)


def test_a_noisier_reference_adds_no_noise_and_says_so(a_noisy_scan, its_facts):
    louder = Reference("loud", its_facts.mtf50_per_mm, SLICE_MM, 40.0)
    found = harmonize(a_noisy_scan, its_facts, louder, silent())
    assert found.rows["noise_hu"]["after"] == pytest.approx(24, rel=0.08)
    assert any("never added" in note for note in found.notes)


def test_sharpening_reaches_the_kernel_while_the_noise_asked_allows(body):
    volume = scan_of(seen(body) + noise_of((0.5, 0.5, 0.5), 8.0, SHAPE, SPACING))
    facts = scan_facts(volume, silent(), slice_thickness_mm=SLICE_MM)
    found = harmonize(volume, facts, Reference("sharp", 0.48, None, 20.0), silent())
    rows = found.rows
    assert rows["mtf50_per_mm"]["after"] > rows["mtf50_per_mm"]["before"] + 0.05
    assert rows["noise_hu"]["after"] < 20.5
    truth = seen(body, 0.1874 / 0.48)
    edge = np.abs(truth - seen(body)) > 30
    before, after = (np.mean(np.abs(each.voxels - truth)[edge]) for each in (volume, found.volume))
    assert after < 0.8 * before


@pytest.mark.parametrize(
    ("apart", "own", "wanted", "count"),
    [
        (5.0, 5.0, 1.0, 5),
        (1.0, 1.0, 5.0, 1),
        (1.0, 1.1, 1.0, 1),
        (0.8, 1.4, 0.9, 2),
        (40, 40, 1, 8),
    ],
)
def test_slices_are_divided_where_thinner_ones_are_asked(apart, own, wanted, count):
    volume = Volume(np.zeros((4, 8, 8), np.int16), Grid.regular((4, 8, 8), (apart, 1.0, 1.0)))
    facts = ScanFacts(profile_mm=own)
    assert divided(volume, facts, Reference("", profile_mm=wanted)) == count


def test_blood_is_scaled_only_by_known_tube_voltages(a_scan_of):
    volume = a_scan_of(380.0)
    facts = scan_facts(volume, silent())
    as_it_is = Reference("as it is", None, None, None, 120.0, None, None)
    found = harmonize(volume, facts, as_it_is, silent(), kvp=80)
    blood = found.rows["blood_hu"]
    assert blood["before"] == pytest.approx(380, abs=4)
    assert blood["asked"] == pytest.approx(55 + (380 - 55) / 1.75, abs=4)
    assert blood["after"] == pytest.approx(blood["asked"], abs=4)
    soft = (volume.voxels > 20) & (volume.voxels < 80)
    assert np.mean(found.volume.voxels[soft]) == pytest.approx(50, abs=2)
    left = harmonize(volume, facts, as_it_is, silent())
    np.testing.assert_array_equal(left.volume.voxels, volume.voxels)
    assert any("tube voltage" in note for note in left.notes)


def test_a_reference_like_another_scan_has_its_numbers(a_noisy_scan, its_facts):
    reference = reference_like(a_noisy_scan, its_facts, silent(), name="other", kvp=100)
    assert reference.mtf50_per_mm == its_facts.mtf50_per_mm
    assert reference.noise_hu == its_facts.noise_hu
    assert reference.kvp == 100
    assert reference.air_hu == pytest.approx(-1000, abs=2)
    assert reference.fat_hu == pytest.approx(-100, abs=4)
    assert {"vascular-1mm", "soft-5mm"} <= set(REFERENCES)


def test_what_tells_nothing_is_refused(a_noisy_scan):
    refuse_unsuitable(a_noisy_scan)
    with pytest.raises(ViewerError, match="not a CT"):
        refuse_unsuitable(a_noisy_scan, modality="MR")
    vessels = Volume(np.maximum(a_noisy_scan.voxels, 100), a_noisy_scan.grid)
    with pytest.raises(ViewerError, match="kept"):
        refuse_unsuitable(vessels)
    with pytest.raises(ViewerError, match="fractions"):
        refuse_unsuitable(Volume(a_noisy_scan.voxels.astype(np.float32), a_noisy_scan.grid))


def test_a_scan_of_unknown_noise_is_left_as_noisy_as_it_is(a_noisy_scan, its_facts):
    unknown = replace(its_facts, noise_hu=None, noise_map=None, noise_spectrum=None)
    found = harmonize(a_noisy_scan, unknown, Reference("smooth", 0.25, None, 5.0), silent())
    assert found.facts["noise_kept"] == 1.0
    assert any("Noise could not be measured" in note for note in found.notes)
    assert found.rows["mtf50_per_mm"]["after"] == pytest.approx(0.25, rel=0.12)


def test_sharpness_that_noise_hides_is_measured_once_the_noise_is_out(a_noisy_scan, its_facts):
    hidden = replace(its_facts, mtf50_per_mm=None, mtf50_sd_per_mm=None)
    found = harmonize(a_noisy_scan, hidden, Reference("smooth", 0.25, None, 9.0), silent())
    assert found.rows["mtf50_per_mm"]["after"] == pytest.approx(0.25, rel=0.15)
