"""Noise by rays is that of filtered backprojection, done in full here."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.phantom.dose import ray_noise_hu
from viewer.phantom.scanner import SCANNERS, WATER_PER_MM

SCANNER = replace(SCANNERS["soft"], noise_hu=10.0)
SPACING = np.array([3.0, 1.0, 1.0])
SIDE = 160


def an_ellipse(slices=20):
    """Water, 170 mm wide and 105 mm high."""
    y, x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    plane = np.where(np.hypot(x / 1.3, y / 0.8) < 65, 0, -1000).astype(np.float32)
    return plane[None].repeat(slices, 0)


def backprojected(plane, scanner, rng, angles=160, photons=1e5):
    """Noise of one slice by filtered backprojection of parallel rays with Poisson's variance."""
    y, x = np.indices(plane.shape) - (SIDE - 1) / 2
    water = np.clip(plane / 1000 + 1, 0, None).ravel() * WATER_PER_MM
    bin_mm, bins = 0.5, 2 * int(0.75 * SIDE / 0.5) + 1
    far = np.abs(np.fft.fftfreq(2 * bins, bin_mm))
    kernel = far * scanner.transfer(far)
    out = np.zeros(plane.shape)
    for turn in np.pi * np.arange(angles) / angles:
        place = (x * np.cos(turn) + y * np.sin(turn)) / bin_mm + bins // 2
        low = np.floor(place).astype(int)
        part = place - low
        path = np.bincount(low.ravel(), water * (1 - part.ravel()), bins)
        path += np.bincount(low.ravel() + 1, water * part.ravel(), bins)
        path = np.convolve(path / bin_mm, np.ones(5) / 5, "same")
        noise = rng.standard_normal(bins) * np.sqrt(np.exp(path) / photons)
        seen = np.fft.ifft(np.fft.fft(noise, 2 * bins) * kernel).real[:bins]
        out += seen[low] * (1 - part) + seen[low + 1] * part
    return out * np.pi / angles * 1000 / WATER_PER_MM


@pytest.fixture(scope="module")
def full():
    rng = np.random.default_rng(1)
    plane = an_ellipse(1)[0]
    return np.stack([backprojected(plane, SCANNER, rng) for _ in range(20)])


@pytest.fixture(scope="module")
def quick():
    return ray_noise_hu(
        an_ellipse(), SPACING, SCANNER, np.random.default_rng(0), exposure_follows=0.0
    )


def test_it_is_as_strong_in_each_place_as_backprojection_makes_it(full, quick):
    middle = np.s_[:, 65:95, 65:95]
    for box in (
        np.s_[:, 72:88, 8:24],
        np.s_[:, 36:48, 72:88],
        np.s_[:, 4:20, 4:20],
    ):
        true = full[box].std() / full[middle].std()
        assert quick[box].std() / quick[middle].std() == pytest.approx(true, rel=0.08)


def radial(noise):
    part = noise[:, 48:112, 48:112]
    power = (np.abs(np.fft.fft2(part)) ** 2).mean(axis=0)
    once = np.fft.fftfreq(64)
    far = np.hypot(once[:, None], once)
    rings = [power[(far >= at) & (far < at + 0.05)].mean() for at in np.arange(0.01, 0.5, 0.05)]
    across = power[np.abs(once) < 0.06][:, (np.abs(once) > 0.1) & (np.abs(once) < 0.3)].mean()
    down = power[(np.abs(once) > 0.1) & (np.abs(once) < 0.3)][:, np.abs(once) < 0.06].mean()
    return np.array(rings) / power.mean(), down / across


def test_it_has_the_spectrum_and_the_streaks_of_backprojection(full, quick):
    true, true_streaks = radial(full)
    rings, streaks = radial(quick)
    np.testing.assert_allclose(rings, true, atol=0.25)
    assert true_streaks > 1.8
    assert streaks == pytest.approx(true_streaks, rel=0.25)


def test_its_variance_goes_as_one_over_dose():
    few, many = (
        ray_noise_hu(an_ellipse(6), SPACING, SCANNER, np.random.default_rng(0), dose=dose)
        for dose in (0.25, 1.0)
    )
    assert few.std() == pytest.approx(2 * many.std(), rel=0.02)


def test_it_goes_as_the_exponent_of_the_water_path():
    wide = np.zeros((6, 96, 96), np.float32)
    step = np.array([3.0, 2.0, 2.0])
    thin = np.full_like(wide, -1000)
    thin[:, :, 36:60] = 0
    noise = ray_noise_hu(thin, step, SCANNER, np.random.default_rng(0), exposure_follows=0.0)
    power = (np.abs(np.fft.fft2(noise[:, 20:76, 38:58])) ** 2).mean(axis=0)
    # Rays across pass 48 mm of water and make frequencies down; rays down pass 192 mm.
    down, across = power[6:16, 0].mean(), power[0, 2:6].mean()
    assert np.log(across / down) > 0.6 * WATER_PER_MM * (192 - 48)


def test_slices_hang_together_by_their_profile():
    for slice_mm in (1.0, 3.0, 5.0):
        scanner = replace(SCANNER, slice_mm=slice_mm)
        noise = ray_noise_hu(an_ellipse(40), SPACING, scanner, np.random.default_rng(0))
        true = np.exp(-(3.0**2) / (4 * (slice_mm / 2.355) ** 2))
        found = (noise[1:] * noise[:-1]).mean() / (noise**2).mean()
        assert found == pytest.approx(true, abs=0.05)
