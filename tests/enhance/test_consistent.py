"""What agrees exactly, and what agrees within the noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, zoom

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.consistent import (
    agreeing,
    chi_square,
    rounded,
    smoothest,
    weighed,
    within_noise,
)

FACTORS = [(2, 1, 1), (4, 1, 1), (2, 2, 2), (1, 2, 2)]


@pytest.fixture(scope="module")
def truth():
    """A fine volume of lumps and a bright tube, in HU."""
    lumps = gaussian_filter(np.random.default_rng(0).standard_normal((64, 40, 40)), 1.5) * 400
    k, j, i = np.indices(lumps.shape)
    return lumps + 300 * (np.hypot(j - 20, i - 15 - 0.2 * k) < 4)


def scanned(truth, factor, noise_hu=0.0):
    shape = tuple(n // f for n, f in zip(truth.shape, factor, strict=True))
    acquisition = Acquisition(shape, factor)
    noise = np.random.default_rng(3).normal(0, noise_hu, shape) if noise_hu else 0
    return acquisition, np.rint(acquisition.means(truth) + noise)


@pytest.mark.parametrize("factor", FACTORS)
def test_whatever_is_guessed_the_means_are_those_measured(truth, factor):
    acquisition, acquired = scanned(truth, factor)
    guess = np.random.default_rng(7).normal(100, 300, truth.shape).astype(np.float32)
    made = rounded(agreeing(guess, acquired, acquisition), acquired, acquisition)
    assert made.dtype == np.int16
    np.testing.assert_array_equal(acquisition.means(made), acquired)


@pytest.mark.parametrize("factor", FACTORS)
def test_the_smoothest_volume_is_nearer_to_the_truth_than_cubic_interpolation(truth, factor):
    acquisition, acquired = scanned(truth, factor)
    cubic = zoom(acquired, factor, order=3, mode="nearest", grid_mode=True)
    made = smoothest(acquired, acquisition)
    assert np.abs(made - truth).mean() < np.abs(cubic - truth).mean()
    assert np.square(made - truth).mean() < np.square(cubic - truth).mean()


def test_a_good_guess_stays_better_than_none(truth):
    acquisition, acquired = scanned(truth, (4, 1, 1))
    guess = truth + gaussian_filter(np.random.default_rng(5).normal(0, 60, truth.shape), 1)
    made = agreeing(guess.astype(np.float32), acquired, acquisition)
    assert np.square(made - truth).mean() < np.square(guess - truth).mean()
    assert (
        np.square(made - truth).mean() < np.square(smoothest(acquired, acquisition) - truth).mean()
    )


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(FACTORS), st.floats(0.01, 3000))
def test_rounding_moves_nothing_by_more_than_one(seed, factor, spread):
    rng = np.random.default_rng(seed)
    acquisition = Acquisition((3, 4, 5), factor)
    acquired = np.rint(rng.normal(0, spread, (3, 4, 5))).clip(-30000, 30000)
    fine = agreeing(rng.normal(0, spread, acquisition.fine_shape), acquired, acquisition)
    made = rounded(fine.clip(-32000, 32000), acquired, acquisition)
    if np.abs(fine).max() < 32000:
        np.testing.assert_array_equal(acquisition.means(made), acquired)
        assert np.abs(made - fine).max() < 1.01


@pytest.mark.parametrize("factor", [(1, 1, 1), *FACTORS])
@pytest.mark.parametrize("smooth", [0.5, 1.0, 3.0])
def test_the_residual_is_as_large_as_the_noise(truth, factor, smooth):
    acquisition, acquired = scanned(truth, factor, noise_hu=20)
    guess = gaussian_filter(smoothest(acquired, acquisition), smooth)
    found = within_noise(guess, acquired, 20.0, acquisition)
    assert found.chi_square == pytest.approx(1, abs=0.045)
    left = acquired - acquisition.acquired(found.hu)
    np.testing.assert_allclose(found.residual, left, atol=0.05)
    assert chi_square(left, 20.0) == pytest.approx(found.chi_square, abs=0.01)


def test_noise_may_differ_from_place_to_place(truth):
    acquisition, clean = scanned(truth, (1, 1, 1))
    noise_hu = np.linspace(10, 40, clean.shape[0])[:, None, None]
    acquired = clean + noise_hu * np.random.default_rng(2).normal(size=clean.shape)
    found = within_noise(gaussian_filter(acquired, 1.0), acquired, noise_hu, acquisition)
    assert found.chi_square == pytest.approx(1, abs=0.045)


def test_a_guess_that_lost_an_edge_is_given_it_back(truth):
    acquisition, acquired = scanned(truth, (1, 1, 1), noise_hu=20)
    washed_out = gaussian_filter(truth, 3.0)
    found = within_noise(washed_out, acquired, 20.0, acquisition)
    assert np.square(found.hu - truth).mean() < 0.3 * np.square(washed_out - truth).mean()


def test_values_at_the_end_of_what_int16_holds_do_not_turn_around():
    acquisition = Acquisition((6, 2, 2), (2, 1, 1))
    acquired = np.full((6, 2, 2), 32767.0)
    acquired[:3] = -32768
    made = rounded(smoothest(acquired, acquisition), acquired, acquisition)
    assert (made[:6] < -20000).all()
    assert (made[6:] > 20000).all()


def test_air_where_noise_is_cut_off_moves_no_body():
    rng = np.random.default_rng(3)
    truth = np.full((12, 40, 40), 50.0, np.float32)
    truth[:, :, :24] = -1024
    acquired = np.maximum(truth + rng.normal(0, 20, truth.shape), -1024).astype(np.float32)
    found = within_noise(truth, acquired, 20.0, Acquisition(truth.shape, (1, 1, 1)))
    assert found.chi_square == pytest.approx(1, abs=0.045)
    assert np.abs(found.hu - truth)[:, :, 24:].std() < 1


def test_structure_that_a_guess_took_for_noise_comes_back_where_it_was():
    rng = np.random.default_rng(5)
    truth = np.full((24, 48, 48), 50.0, np.float32)
    truth[8:16, 20:28, 20:28] += 60
    acquired = (truth + rng.normal(0, 20, truth.shape)).astype(np.float32)
    blank = np.full(truth.shape, 50.0, np.float32)
    found = within_noise(blank, acquired, 20.0, Acquisition(truth.shape, (1, 1, 1)))
    block = found.hu[10:14, 22:26, 22:26]
    assert block.mean() > 85
    assert np.abs(found.hu - truth)[:, :8].std() < 5


@pytest.mark.parametrize("factor", [(1, 1, 1), (2, 1, 1)])
def test_guess_and_scan_count_by_their_variances(truth, factor):
    acquisition, acquired = scanned(truth, factor)
    guess = smoothest(acquired + 40, acquisition)
    sd_hu = np.full(guess.shape, 10, np.float16)
    sd_hu[: len(sd_hu) // 2] = 0.5
    found = acquisition.acquired(weighed(guess, sd_hu, acquired, 20.0, acquisition)) - acquired
    assert found[-2].mean() == pytest.approx(40 * 400 / (100 + 400), rel=0.02)
    assert found[1].mean() == pytest.approx(40, rel=0.02)
