"""What a scan tells of how it was made is what it was made with."""

import time
from dataclasses import replace

import numpy as np
import pytest

from viewer.enhance.scan_facts import scan_facts, unsuitable
from viewer.enhance.scan_facts_noise import measure_noise
from viewer.enhance.scan_facts_squares import mode
from viewer.phantom.blur import blur, grain
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SPACING = (1.5, 0.8, 0.8)
SHAPE = (48, 224, 224)


def a_body(shape=SHAPE, spacing=SPACING):
    """Muscle with fat around it, a lung, a spine and sixty vessels (float32 HU)."""
    z, y, x = (
        (index - n / 2) * s
        for index, n, s in zip(np.indices(shape, np.float32), shape, spacing, strict=True)
    )
    across = np.hypot(x / 1.1, y / 0.85)
    reach = 0.42 * min(shape[1] * spacing[1], shape[2] * spacing[2])
    hu = np.full(shape, -1000, np.float32)
    hu[across < reach] = -100
    hu[across < reach - 10] = 50
    spine = np.hypot(x, y - reach / 2)
    hu[spine < 16] = 700
    hu[spine < 13] = 180
    rng = np.random.default_rng(1)
    for _ in range(60):
        a, b = rng.uniform(-0.7 * reach, 0.7 * reach, 2)
        turn = rng.uniform(-0.3, 0.3, 2)
        within = np.hypot(x - a - turn[0] * z, y - b - turn[1] * z) < rng.uniform(1.5, 5)
        hu[within] = rng.uniform(150, 300)
    hu[np.hypot(x + 40, y + 5) < 22] = -850
    return hu


def noise_of(sigma_mm, sd_hu, shape=SHAPE, spacing=SPACING, seed=0):
    sigma = np.array(sigma_mm) / spacing
    noise = grain(np.random.default_rng(seed), shape, sigma)
    noise -= 0.5 * blur(noise, (0, *(2 * sigma[1:])))
    return noise * np.float32(sd_hu / noise.std())


def scanned(hu, spacing=SPACING):
    return Volume(np.rint(hu).astype(np.int16), Grid.regular(hu.shape, spacing))


@pytest.fixture(scope="module")
def body():
    return a_body()


@pytest.mark.parametrize(("grain_mm", "sd_hu"), [(0.4, 25.0), (0.5, 15.0), (0.6, 10.0)])
def test_noise_is_found_among_structure_within_three_percent(body, grain_mm, sd_hu):
    noise = noise_of((0.6, grain_mm, grain_mm), sd_hu)
    facts = scan_facts(scanned(body + noise), silent())
    assert facts.noise_hu == pytest.approx(sd_hu, rel=0.03)
    assert facts.noise_sd_hu < 0.08 * sd_hu


def vessels_in(hu, count, radii_mm, brighter_hu, spacing):
    """Oblique vessels in what is there, as blurred as a scanner would show them."""
    z, y, x = (
        (index - n / 2) * s
        for index, n, s in zip(np.indices(hu.shape, np.float32), hu.shape, spacing, strict=True)
    )
    rng = np.random.default_rng(2)
    for _ in range(count):
        a, b = rng.uniform(-0.5, 0.5, 2) * hu.shape[1] * spacing[1]
        turn = rng.uniform(-0.5, 0.5, 2)
        away = np.hypot(x - a - turn[0] * z, y - b - turn[1] * z)
        hu[away < rng.uniform(*radii_mm)] += rng.uniform(*brighter_hu)
    return blur(hu, tuple(0.7 / np.array(spacing)))


@pytest.mark.parametrize("sd_hu", [30.0, 60.0])
def test_small_vessels_in_fat_are_not_taken_for_noise(sd_hu):
    shape, spacing = (64, 128, 128), (0.7, 0.7, 0.7)
    fat = vessels_in(np.full(shape, -90, np.float32), 60, (0.5, 1.5), (40, 120), spacing)
    noise = noise_of((0.5, 0.5, 0.5), sd_hu, shape, spacing)
    assert measure_noise(scanned(fat + noise, spacing), silent()).hu == pytest.approx(
        sd_hu, rel=0.06
    )


@pytest.mark.parametrize("sd_hu", [30.0, 60.0])
def test_vessels_of_lungs_are_not_taken_for_noise_of_coarse_voxels(sd_hu):
    shape, spacing = (48, 112, 112), (1.5, 1.5, 1.5)
    chest = np.full(shape, 40, np.float32)
    chest = vessels_in(chest, 150, (1, 4), (40, 150), spacing)
    chest[:, 25:85, 12:45] = chest[:, 25:85, 65:98] = -900
    chest = vessels_in(chest, 60, (1, 2), (100, 500), spacing)
    noise = noise_of((0.9, 0.9, 0.9), sd_hu, shape, spacing)
    assert measure_noise(scanned(chest + noise, spacing), silent()).hu == pytest.approx(
        sd_hu, rel=0.08
    )


@pytest.mark.parametrize("grain_mm", [0.4, 0.5, 0.6])
def test_noise_alone_is_measured_within_two_percent(grain_mm):
    noise = noise_of((0.6, grain_mm, grain_mm), 15.0)
    assert measure_noise(scanned(40 + noise), silent()).hu == pytest.approx(15, rel=0.02)


def test_slices_that_repeat_each_other_tell_their_noise_all_the_same():
    noise = np.repeat(noise_of((0, 0.5, 0.5), 15.0, (12, 128, 128)), 3, axis=0)
    assert measure_noise(scanned(40 + noise), silent()).hu == pytest.approx(15, rel=0.03)


def test_the_map_follows_noise_that_is_stronger_in_the_middle(body):
    y, x = (np.indices(SHAPE[1:]) - SHAPE[1] / 2) * SPACING[1]
    stronger = (0.7 + 0.8 * np.exp(-(x**2 + y**2) / (2 * 45**2))).astype(np.float32)
    noise = noise_of((0.6, 0.5, 0.5), 15.0)
    facts = scan_facts(scanned(body + noise * stronger), silent())
    found = facts.noise_map.at()
    assert found.shape == SHAPE
    assert found.dtype == np.float32
    assert found.min() > 0
    np.testing.assert_array_equal(found[10:12], facts.noise_map.at(slice(10, 12)))
    off = found / (15 * stronger) - 1
    for low, high, most in ((-20, 160, 0.1), (600, 800, 0.1), (-1010, -990, 0.2)):
        part = off[(body > low) & (body < high)]
        assert np.abs(np.median(part)) < 0.06
        assert np.percentile(np.abs(part), 90) < most


def test_the_spectrum_has_the_shape_and_the_variance_of_the_noise(body):
    noise = noise_of((0.6, 0.5, 0.5), 15.0)
    spectrum = scan_facts(scanned(body + noise), silent()).noise_spectrum
    f, power = spectrum.cycles_per_mm, spectrum.power_hu2_mm2
    assert np.trapezoid(2 * np.pi * f * power, f) == pytest.approx(15**2, rel=0.08)
    true = (np.abs(np.fft.fft2(noise)) ** 2).mean(axis=0)
    once = np.fft.fftfreq(SHAPE[1], SPACING[1])
    far = np.hypot(once[:, None], once)
    rings = [true[np.abs(far - at) < 0.02].mean() for at in (0.15, 0.25, 0.35)]
    found = np.interp((0.15, 0.25, 0.35), f, power)
    np.testing.assert_allclose(found / found[0], rings / rings[0], atol=0.2)


def test_overlapping_slices_share_their_noise(body):
    noise = noise_of((1.4, 0.5, 0.5), 15.0)
    facts = scan_facts(scanned(body + noise), silent())
    true = (noise[1:] * noise[:-1]).mean() / (noise**2).mean()
    assert facts.noise_spectrum.neighbors[0] == pytest.approx(true, abs=0.04)


def seen_finely(psf_mm, slice_mm, down, noise_hu=12.0):
    """Smooth bodies on a fine grid, seen by a scanner of known blur on every so many voxels."""
    fine = np.full(3, 0.25)
    shape = (160, 280, 320)
    z, y, x = (
        (index - n / 2) * 0.25
        for index, n in zip(np.indices(shape, np.float32), shape, strict=True)
    )
    hu = np.full(shape, -1000, np.float32)
    across = np.hypot(x / 1.1, y / 0.85) + 0.25 * z
    hu[across < 32] = 40
    hu[np.hypot(np.hypot(x - 10, y + 5), 0.8 * z - 3) < 14] = -850
    hu[np.hypot(np.hypot(x + 14, y - 8), z + 3) < 9] = 350
    hu[np.hypot(x + 5 - 0.4 * z, y - 18) < 5] = 400
    seen = blur(hu, (slice_mm / 2.355 / 0.25, psf_mm / 0.25, psf_mm / 0.25))
    seen = seen[:: down[0], :: down[1], :: down[2]]
    seen = seen + np.random.default_rng(0).normal(0, noise_hu, seen.shape)
    return scanned(seen, tuple(fine * down))


@pytest.mark.parametrize(
    ("psf_mm", "slice_mm", "down"),
    [(0.42, 1.2, (4, 3, 3)), (0.6, 3.0, (8, 3, 3)), (0.33, 1.5, (4, 2, 2))],
)
def test_edges_tell_resolution_and_slice_profile(psf_mm, slice_mm, down):
    facts = scan_facts(seen_finely(psf_mm, slice_mm, down), silent())
    # A Gaussian transfers one half at sqrt(2 ln 2) / (2 pi sigma).
    assert facts.mtf50_per_mm == pytest.approx(0.1874 / psf_mm, rel=0.06)
    assert 0 < facts.mtf50_sd_per_mm < 0.05
    assert facts.profile_mm == pytest.approx(slice_mm, rel=0.15)
    assert facts.profile_sd_mm > 0.05


def test_the_header_is_believed_unless_the_scan_says_otherwise():
    volume = seen_finely(0.42, 1.2, (4, 3, 3))
    assert scan_facts(volume, silent(), slice_thickness_mm=1.25).profile_mm == 1.25
    facts = scan_facts(volume, silent(), slice_thickness_mm=5.0)
    assert facts.profile_mm < 2
    assert any("header says" in reason for reason in facts.reasons)


def test_what_cannot_be_measured_is_none_with_the_reason():
    hu = np.random.default_rng(0).integers(-1000, 2000, (12, 20, 20)).astype(np.int16)
    facts = scan_facts(Volume(hu, Grid.regular(hu.shape)), silent())
    assert facts.mtf50_per_mm is None
    assert facts.profile_mm is None or facts.profile_sd_mm is not None
    assert any("resolution" in reason for reason in facts.reasons)


def test_a_scan_without_any_edge_says_so():
    rng = np.random.default_rng(0)
    grain = rng.normal(40, 10, (24, 96, 96)).astype(np.int16)
    facts = scan_facts(Volume(grain, Grid.regular(grain.shape, (1.0, 0.7, 0.7))), silent())
    assert facts.mtf50_per_mm is None
    assert facts.noise_hu == pytest.approx(10, rel=0.05)
    assert any("resolution" in reason for reason in facts.reasons)


def test_a_scan_whose_background_was_taken_away_tells_nothing(body):
    vessels = np.where((body > 140) & (body < 310), body, 0).astype(np.int16)
    vessels[20, 100:103, 100] = 500
    facts = scan_facts(Volume(vessels, Grid.regular(SHAPE, SPACING)), silent())
    assert facts.noise_hu is None
    assert facts.noise_map is None
    assert any("noise" in reason for reason in facts.reasons)


def test_variances_that_are_all_alike_have_a_mode():
    assert mode(np.full(50, 4.0))[0] == pytest.approx(4.0, rel=0.1)


@pytest.mark.alone
def test_a_whole_scan_takes_seconds():
    few = a_body((30, 512, 512), (1.0, 0.7, 0.7))
    hu = np.tile(few.astype(np.int16), (10, 1, 1))
    hu += np.random.default_rng(0).normal(0, 15, hu.shape).astype(np.int16)
    start = time.process_time()
    scan_facts(Volume(hu, Grid.regular(hu.shape, (1.0, 0.7, 0.7))), silent())
    assert time.process_time() - start < 5


def test_a_fit_scan_is_restored_and_others_say_why_not(body):
    fit = scanned(body + noise_of((0.6, 0.5, 0.5), 15.0))
    assert unsuitable(fit, image_type=("ORIGINAL", "PRIMARY", "AXIAL")) is None
    assert unsuitable(fit, image_type=("DERIVED", "PRIMARY", "AXIAL")) is None
    assert "modality MR" in unsuitable(fit, modality="MR")
    assert "MIP" in unsuitable(fit, image_type=("DERIVED", "SECONDARY", "MIP"))
    assert "derived" in unsuitable(fit, image_type=("DERIVED", "SECONDARY"))
    flat = Volume(np.zeros(SHAPE, np.int16), fit.grid)
    assert "same value" in unsuitable(flat)
    assert "Hounsfield" in unsuitable(replace(fit, voxels=(fit.voxels + 1024) // 4))
    rng = np.random.default_rng(0)
    for level in (0, 40):  # phantoms without air, and scans whose background was removed
        plain = np.rint(rng.normal(level, 12, SHAPE) + 350 * (np.indices(SHAPE)[2] % 30 < 4))
        assert unsuitable(replace(fit, voxels=plain.astype(np.int16))) is None
    assert unsuitable(replace(fit, voxels=np.maximum(fit.voxels, 0))) is None
    metal = fit.voxels.copy()
    metal[:, 80:130, 80:130] = 3000
    assert "Metal" in unsuitable(replace(fit, voxels=metal))
