"""A scanner blurs, adds its noise and throws streaks as its numbers say."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.phantom.blur import blur, grain
from viewer.phantom.scanner import SCANNERS, make_scanner, scan
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

SOFT = SCANNERS["soft"]


def rng(seed=0):
    return np.random.default_rng(seed)


def water(shape=(40, 64, 64)):
    return np.zeros(shape, np.float32)


def noise_of(scanner, spacing=(0.3, 0.3, 0.3), dose=1.0, seed=0):
    grid = Grid.regular((40, 64, 64), spacing)
    return scan(water(), grid, scanner, rng(seed), dose=dose).astype(float)


@pytest.mark.parametrize("name", ["soft", "sharp", "vascular"])
def test_noise_has_the_deviation_of_the_preset(name):
    assert noise_of(SCANNERS[name], (0.15, 0.15, 0.15)).std() == pytest.approx(
        SCANNERS[name].noise_hu, rel=0.12
    )


def test_noise_correlates_as_its_grain():
    scanner = replace(SOFT, hollow=0.0, noise_hu=200)
    noise = noise_of(scanner, (1.0, 0.4, 0.4))
    for axis, step_mm, sigma_mm in ((0, 1.0, 1.2 / 2.355), (1, 0.4, 0.58), (2, 0.4, 0.58)):
        a, b = (
            noise.take(range(1, noise.shape[axis]), axis),
            noise.take(range(noise.shape[axis] - 1), axis),
        )
        wide2 = sigma_mm**2 + step_mm**2 / 12
        assert np.corrcoef(a.ravel(), b.ravel())[0, 1] == pytest.approx(
            np.exp(-(step_mm**2) / (4 * wide2)), abs=0.08
        )


def test_a_hollow_kernel_lacks_low_frequencies():
    full, hollow = (noise_of(replace(SOFT, hollow=h, noise_hu=100)) for h in (0.0, 0.9))
    low = [np.abs(np.fft.fft2(n, axes=(1, 2)))[:, 1:3, 1:3].mean() for n in (full, hollow)]
    assert low[1] < 0.7 * low[0]


def test_noise_falls_with_the_root_of_the_dose():
    quarter, one = noise_of(SOFT, dose=0.25), noise_of(SOFT, dose=1.0)
    assert quarter.std() == pytest.approx(2 * one.std(), rel=0.02)


def test_large_voxels_are_less_noisy():
    assert noise_of(SOFT, (2.5, 2.5, 2.5)).std() < 0.5 * noise_of(SOFT).std()


def test_thick_parts_are_noisier():
    hu = np.full((48, 96, 96), -1000, np.float32)
    hu[:24, 38:58, 38:58] = 0
    hu[24:, 10:86, 10:86] = 0
    out = scan(hu, Grid.regular(hu.shape, (2, 4, 4)), SOFT, rng())
    thin, thick = (part[:, 42:54, 42:54].std() for part in (out[4:18], out[30:44]))
    assert thick > 1.3 * thin


def test_an_edge_spreads_by_the_point_spread():
    hu = water()
    hu[:, :, 32:] = 1000
    quiet = replace(SOFT, noise_hu=0.0, streaks=0.0, psf_mm=1.0)
    out = scan(hu, Grid.regular(hu.shape, (1, 0.5, 0.5)), quiet, rng())
    slope = np.diff(out[20, 32].astype(float)) / 0.5
    at = 0.5 * np.arange(len(slope))
    middle = np.average(at, weights=slope)
    assert np.sqrt(np.average((at - middle) ** 2, weights=slope)) == pytest.approx(1.0, rel=0.05)


def test_a_sharp_kernel_overshoots():
    hu = water()
    hu[:, :, 32:] = 400
    quiet = replace(SCANNERS["sharp"], noise_hu=0.0)
    out = scan(hu, Grid.regular(hu.shape, (1, 0.5, 0.5)), quiet, rng())
    assert out.max() > 410
    assert out.min() < -10


def test_metal_throws_streaks_in_its_slices_alone():
    hu = np.full((20, 96, 96), 50, np.float32)
    hu[8:12, 45:51, 28:34] = 2900
    hu[8:12, 45:51, 62:68] = 2900
    quiet = replace(SOFT, noise_hu=0.0, slice_mm=0.1)
    out = scan(hu, Grid.regular(hu.shape), quiet, rng()).astype(float)
    between, free = out[10, 46:50, 40:56], out[3]
    assert between.mean() < 20
    assert out[10, 5:90, 70:].std() > 3
    assert np.all(free == 50)
    clean = scan(hu, Grid.regular(hu.shape), replace(quiet, streaks=0.0), rng())
    assert np.all(clean[10, 42:54, 42:54] == 50)


def test_bone_throws_no_streaks_where_it_is_known():
    hu = np.full((10, 64, 64), 50, np.float32)
    hu[:, 20:44, 30:34] = 1500
    tissue = np.where(hu > 100, Tissue.CORTEX, Tissue.MUSCLE).astype(np.uint8)
    quiet = replace(SOFT, noise_hu=0.0)
    known = scan(hu, Grid.regular(hu.shape), quiet, rng(), tissue=tissue)
    assert np.all(known[:, 5:60, :20] == 50)


def test_the_heart_moves_and_the_rest_does_not():
    tissue = np.full((40, 80, 80), Tissue.MUSCLE, np.uint8)
    tissue[10:30, 25:55, 40:75] = Tissue.LEFT_HEART
    hu = np.where(tissue == Tissue.LEFT_HEART, 400, 50).astype(np.float32)
    hu[:, :, 8:12] = 300
    quiet = replace(SOFT, noise_hu=0.0)
    still, moving = (
        scan(hu, Grid.regular(hu.shape), replace(quiet, motion_mm=m), rng(1), tissue=tissue)
        for m in (0.0, 4.0)
    )
    assert np.abs(moving[20] - still[20])[:, 36:80].max() > 40
    np.testing.assert_array_equal(moving[:, :, :5], still[:, :, :5])


def test_scans_are_whole_numbers_in_range_and_repeat():
    hu = np.linspace(-3000, 5000, 16**3, dtype=np.float32).reshape(16, 16, 16)
    grid = Grid.regular(hu.shape)
    first, same, other = (scan(hu, grid, make_scanner(rng(2)), rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.int16
    assert first.min() >= -1024
    assert first.max() <= 3071
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)


def test_installations_differ_about_their_presets():
    found = [make_scanner(rng(seed)) for seed in range(200)]
    assert {each.name for each in found} == set(SCANNERS)
    assert len({each.noise_hu for each in found}) == 200


def test_grain_is_even_and_blur_keeps_the_sum():
    noise = grain(rng(), (40, 50, 60), (0.4, 3.0, 1.2))
    assert noise.std() == pytest.approx(1, abs=0.05)
    spot = np.zeros((21, 21, 21), np.float32)
    spot[10, 10, 10] = 1
    assert blur(spot, (1, 0, 2)).sum() == pytest.approx(1, abs=1e-5)
