"""Whole restorations: what is kept, what is told of each voxel, and what is refused."""

import json

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from viewer.enhance.guess import USUAL_MM, Asked
from viewer.enhance.origin import DENOISED, INFERRED, INTERPOLATED, MEASURED, unseen_hu
from viewer.enhance.restore import BYTES_PER_VOXEL, expected_error_hu, restore
from viewer.errors import ViewerError
from viewer.networks.device import Device
from viewer.networks.plan import Plan
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

NOISE_HU = 20.0


@pytest.fixture(scope="module")
def truth():
    """A lumpy block with slanted bright tubes at 1 mm (HU)."""
    rng = np.random.default_rng(4)
    hu = 40 + 30 * gaussian_filter(rng.standard_normal((96, 64, 64)), 3) * 20
    k, j, i = np.indices(hu.shape)
    for x, lean, radius in ((15, 0.2, 4), (32, -0.1, 2.5), (50, 0.0, 6)):
        wall = radius - np.hypot(j - 30 - 0.1 * k, i - x - lean * (k - 48))
        hu += 350 * np.clip(wall + 0.5, 0, 1)
    return gaussian_filter(hu, 0.5)


def scanned(truth, factor, noise_hu=NOISE_HU):
    thick = truth.reshape(len(truth) // factor, factor, *truth.shape[1:]).mean(axis=1)
    noise = gaussian_filter(np.random.default_rng(1).standard_normal(thick.shape), (0, 0.6, 0.6))
    hu = np.rint(thick + noise_hu * noise / noise.std()).astype(np.int16)
    return Volume(hu, Grid.regular(hu.shape, (float(factor), 1.0, 1.0)))


def rms(one, other):
    return float(np.sqrt(np.mean(np.square(one - other))))


@pytest.mark.parametrize("factor", [(2, 1, 1), (4, 1, 1), (3, 2, 2)])
def test_exact_keeps_every_acquired_voxel(truth, factor):
    volume = scanned(truth, 4)
    found = restore(volume, NOISE_HU, silent(), mode="exact", factor=factor)
    x, y, z = factor
    made = found.volume.voxels
    assert made.dtype == np.int16
    parts = made.reshape(24, x, 64, y, 64, z).astype(float)
    np.testing.assert_allclose(parts.mean(axis=(1, 3, 5)), volume.voxels, atol=0.01)
    assert found.facts["residual_greatest_hu"] == 0
    assert set(np.unique(found.origin)) == {INTERPOLATED}
    assert found.volume.grid.shape == found.origin.shape == found.sd_hu.shape


def test_noise_mode_is_quieter_and_stays_within_the_noise(truth):
    volume = scanned(truth, 1)
    found = restore(volume, NOISE_HU, silent(), mode="noise")
    assert found.chi_square == pytest.approx(1, abs=0.05)
    assert rms(found.volume.voxels, truth) < 0.7 * rms(volume.voxels, truth)
    assert abs(float(np.mean(found.volume.voxels - truth))) < 1
    kinds = np.bincount(found.origin.ravel(), minlength=4) / found.origin.size
    assert kinds[DENOISED] > 0.8
    assert 0 < kinds[MEASURED] < 0.2
    assert kinds[INFERRED] < 0.01


def test_noise_mode_with_new_slices_agrees_within_the_noise(truth):
    volume = scanned(truth, 2)
    found = restore(volume, NOISE_HU, silent(), mode="noise", factor=(2, 1, 1))
    assert found.chi_square == pytest.approx(1, abs=0.05)
    assert rms(found.volume.voxels, truth) < rms(np.repeat(volume.voxels, 2, axis=0), truth)


@pytest.mark.parametrize("factor", [2, 4])
def test_the_error_is_about_as_large_as_told(truth, factor):
    volume = scanned(truth, factor)
    for mode in ("exact", "noise"):
        found = restore(volume, NOISE_HU, silent(), mode=mode, factor=(factor, 1, 1))
        error = np.abs(found.volume.voxels - truth)
        told = found.sd_hu.astype(float)
        assert 0.88 < (error < 2 * told).mean() < 0.995, mode
        bold = told > np.percentile(told, 90)
        assert error[bold].mean() > 1.1 * error[~bold].mean(), mode


def test_what_the_scanner_could_not_see_is_told(truth):
    volume = scanned(truth, 4, noise_hu=0)
    found = restore(volume, 1.0, silent(), mode="exact", factor=(4, 1, 1))
    made = found.volume.voxels.reshape(24, 4, 64, 64).astype(float)
    apart = np.abs(made - made.mean(axis=1, keepdims=True)).reshape(96, 64, 64)
    np.testing.assert_allclose(found.unseen_hu, apart, atol=0.3)
    np.testing.assert_array_equal(
        unseen_hu(found.volume.voxels, found.acquisition), found.unseen_hu
    )


class Guesses:
    """Stands for an open network: takes the noise off by a Gaussian, and says so."""

    plan = Plan("restore", 5, 2, (32, 64, 128), 16, 0.0, tube=False, wall=False)
    voxels_per_second = 1e6
    checksum = "abc"
    device = Device("processor", "processor", 1)

    def __init__(self, wave_hu=0.0):
        self.session = self.card = self
        self.name, self.wave_hu, self.seen = "restore", wave_hu, []

    def run(self, channels, check):
        check()
        self.seen.append(channels[1:, 0, 0, 0])
        self.told = channels[1, :, 0, 0]
        quiet = gaussian_filter(channels[0], 0.7) - channels[0]
        wave = self.wave_hu / 400 * np.sin(np.arange(channels.shape[1]) * np.pi / 2)
        log_variance = np.full_like(quiet, 2 * np.log(8.0 / 100))
        return np.stack([quiet + wave[:, None, None].astype(np.float32), log_variance])


def test_a_network_guesses_and_what_was_measured_is_kept(truth):
    volume, network = scanned(truth, 4), Guesses()
    asked = Asked(network, NOISE_HU, 0.7, 4.0)
    found = restore(volume, NOISE_HU, silent(), mode="exact", factor=(4, 1, 1), asked=asked)
    np.testing.assert_array_equal(found.acquisition.means(found.volume.voxels), volume.voxels)
    sharpness = 0.7 * volume.grid.spacing_mm[1] / USUAL_MM
    np.testing.assert_allclose(network.seen[0], [NOISE_HU / 50, 2, sharpness, 1.0], rtol=1e-6)
    np.testing.assert_allclose(found.sd_hu, np.hypot(8.0, NOISE_HU), rtol=2e-3)
    assert found.facts["networks"] == {"restore": "abc"}


def test_a_network_is_told_the_noise_of_each_place(truth):
    volume, network = scanned(truth, 4), Guesses()
    noise = np.linspace(10, 30, len(volume.voxels), dtype=np.float32)[:, None, None]
    noise = np.broadcast_to(noise, volume.voxels.shape)
    asked = Asked(network, noise, 0.7, 4.0)
    restore(volume, 20.0, silent(), mode="exact", factor=(4, 1, 1), asked=asked)
    np.testing.assert_allclose(network.told[16:-16], np.repeat(noise[:, 0, 0], 4) / 50, rtol=1e-6)


def test_what_a_network_makes_up_is_told_as_inferred(truth):
    volume = scanned(truth, 4, noise_hu=2)
    asked = Asked(Guesses(wave_hu=40.0), 2.0, 0.7, 4.0)
    found = restore(volume, 2.0, silent(), mode="exact", factor=(4, 1, 1), asked=asked)
    alone = restore(volume, 2.0, silent(), mode="exact", factor=(4, 1, 1))
    shares = [np.mean(each.origin == INFERRED) for each in (alone, found)]
    assert shares[0] == 0
    assert shares[1] > 0.4
    assert found.facts["unseen_rms_hu"] > alone.facts["unseen_rms_hu"]


@pytest.mark.parametrize("spacing", [(1.0, 0.5, 0.5), (3.0, 3.0, 3.0), (5.0, 1.5, 1.5)])
def test_noise_is_taken_out_whatever_the_voxels(truth, spacing):
    hu = scanned(truth, 1).voxels
    found = restore(Volume(hu, Grid.regular(hu.shape, spacing)), NOISE_HU, silent(), mode="noise")
    assert found.chi_square == pytest.approx(1, abs=0.045)


def test_a_scan_of_unknown_noise_can_be_divided(truth):
    volume = scanned(truth, 4)
    found = restore(volume, float("nan"), silent(), mode="exact", factor=(2, 1, 1))
    assert found.facts["noise_hu"] is None
    assert found.facts["chi_square"] is None
    assert np.isfinite(found.sd_hu).all()
    json.dumps(found.facts, allow_nan=False)


def test_no_noise_to_be_kept_within_is_a_sentence(truth):
    with pytest.raises(ViewerError, match="choose the mode exact"):
        restore(scanned(truth, 2), float("nan"), silent(), mode="noise")


def test_a_volume_that_does_not_fit_is_refused_before_the_work(truth):
    volume = scanned(truth, 2)
    few = BYTES_PER_VOXEL * volume.voxels.size
    with pytest.raises(ViewerError, match="smaller scale"):
        restore(volume, 5.0, silent(), mode="exact", factor=(2, 1, 1), free_bytes=few)


def test_few_slices_have_an_error_too(truth):
    volume = scanned(truth, 4).box((0, 0, 0), (1, 64, 64))
    found = restore(volume, NOISE_HU, silent(), mode="exact", factor=(4, 1, 1))
    assert np.isfinite(found.sd_hu).all()
    np.testing.assert_array_equal(
        expected_error_hu(volume, NOISE_HU, found.acquisition, exact=True), found.sd_hu
    )
