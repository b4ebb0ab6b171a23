"""Halves of a scan, and how far what was restored of them agrees."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from viewer.enhance.halves import (
    DOUBTFUL,
    disagreement,
    halves,
    patchwise,
    resolved,
    shell_correlation,
)
from viewer.enhance.scan_facts_noise import NoiseMap, NoiseSpectrum
from viewer.enhance.scan_noise import like_noise
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE = (24, 96, 96)
SPACING = (1.5, 0.8, 0.8)
SIGMA_MM = 0.7
AT = np.linspace(0, 0.62, 40)
SPECTRUM = NoiseSpectrum(AT, np.exp(-4 * (np.pi * SIGMA_MM * AT) ** 2), (0.4, 0.1))


def correlation(one, other):
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_made_noise_hangs_together_as_the_scans_does():
    made = like_noise(SHAPE, SPACING, SPECTRUM, np.random.default_rng(0))
    assert made.std() == pytest.approx(1, abs=0.05)
    beside = np.exp(-((0.8 / SIGMA_MM) ** 2) / 4)
    assert correlation(made[:, :, 1:], made[:, :, :-1]) == pytest.approx(beside, abs=0.05)
    assert correlation(made[1:], made[:-1]) == pytest.approx(0.4, abs=0.05)


def test_the_noises_of_the_halves_do_not_correlate():
    rng = np.random.default_rng(5)
    own = 20 * like_noise(SHAPE, SPACING, SPECTRUM, rng)
    volume = Volume(np.rint(own).astype(np.int16), Grid.regular(SHAPE, SPACING))
    places = tuple(np.array([0.0, n - 1.0]) for n in SHAPE)
    noise = NoiseMap(np.full((2, 2, 2), 20, np.float32), places, SHAPE)
    one, other = halves(volume, noise, SPECTRUM)
    assert abs(correlation(one.voxels, other.voxels)) < 0.06
    assert one.voxels.std() == pytest.approx(20 * np.sqrt(2), rel=0.05)
    np.testing.assert_allclose((one.voxels + other.voxels) / 2, volume.voxels, atol=1)


def test_a_place_that_hangs_on_the_noise_stands_out():
    rng = np.random.default_rng(1)
    grid = Grid.regular(SHAPE, SPACING)
    one, other = (gaussian_filter(rng.normal(0, 50, SHAPE), 1).astype(np.float32) for _ in "ab")
    other = Volume(other, grid)
    assert (disagreement(Volume(one.copy(), grid), other, 0.0) > DOUBTFUL).mean() < 0.001
    one[10:14, 40:46, 40:46] += 400
    found = disagreement(Volume(one, grid), other, 0.0)
    assert found[12, 43, 43] > DOUBTFUL
    assert (found > DOUBTFUL).mean() < 0.01
    loud = np.full(SHAPE, 1000.0, np.float32)
    assert not (disagreement(Volume(one, grid), other, loud) > DOUBTFUL).any()


def test_shells_agree_as_far_as_what_is_common_reaches():
    rng = np.random.default_rng(2)
    common = gaussian_filter(rng.standard_normal((32, 32, 32)), 1.5)
    common *= 10 / common.std()
    one, other = (common + rng.normal(0, 1, common.shape) for _ in range(2))
    at, shared = shell_correlation(one, other)
    assert shared[at < 0.1].min() > 0.9
    assert abs(shared[at > 0.45].mean()) < 0.3
    np.testing.assert_allclose(shell_correlation(one, one)[1], 1, atol=1e-6)
    far = resolved(at, shared)
    blurred = [gaussian_filter(each, 2) + rng.normal(0, 1, one.shape) for each in (one, other)]
    assert resolved(*shell_correlation(*blurred)) < far


def test_every_cube_has_its_number():
    one = np.arange(64 * 32 * 96.0).reshape(64, 32, 96)
    made = patchwise(one, one + 2, lambda a, b: float(np.mean(b - a)))
    assert made.shape == (2, 1, 3)
    np.testing.assert_allclose(made, 2)
