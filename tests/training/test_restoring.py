from itertools import islice

import numpy as np
import pytest
import torch

from viewer.enhance.consistent import smoothest
from viewer.networks.plan import RESTORE
from viewer.networks.unet import UNet, space_to_depth
from viewer.phantom.scanner import SCANNERS
from viewer.training import restoring
from viewer.training.restoring import (
    FACTORS,
    HOW_OFTEN,
    Setting,
    draw_setting,
    make_pair,
    mtf50,
    needed,
    restoring_stream,
    shoot,
    start_from_classical,
)
from viewer.training.restoring_truth import Truth

VASCULAR = SCANNERS["vascular"]


def random(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def a_truth():
    """A vessel of 400 HU and 3 mm, a little oblique, in muscle."""
    k, j, i = np.indices((60, 50, 50)) * 0.6
    away = np.hypot(j - 15 - 0.2 * (k - 18), i - 15)
    hu = np.where(away < 3, 400, 60).astype(np.float32)
    return Truth(hu, np.abs(away - 3) < 0.9, 0.6)


@pytest.mark.parametrize("factor", FACTORS)
def test_a_scan_without_noise_is_its_truth_seen_by_the_scanner(a_truth, factor):
    shot = shoot(a_truth, Setting(factor, VASCULAR, dose=None), random())
    assert shot.target.shape == shot.acquisition.fine_shape
    assert np.abs(shot.acquisition.means(shot.target) - shot.scan).max() <= 0.51


def test_overlapping_slices_are_seen_through_their_profile(a_truth):
    shot = shoot(a_truth, Setting((4, 1, 1), VASCULAR, profile=1.7, dose=None), random())
    assert np.abs(shot.acquisition.acquired(shot.target) - shot.scan).max() <= 0.51
    assert shot.facts[3] == pytest.approx(1.7 * 4 * 0.6)


def test_where_only_noise_is_taken_off_nothing_is_sharpened(a_truth):
    wide = Setting((1, 1, 1), VASCULAR, dose=None)
    shot = shoot(a_truth, wide, random())
    assert np.abs(shot.target - shot.scan).max() <= 0.51
    steepest = np.abs(np.diff(shot.target, axis=2)).max()
    assert steepest < 0.6 * np.abs(np.diff(a_truth.hu, axis=2)).max()


def test_noise_goes_with_the_dose_and_is_told(a_truth):
    found = []
    for dose in (1.0, 0.25):
        quiet = shoot(a_truth, Setting((3, 1, 1), VASCULAR, dose=None), random())
        noisy = shoot(a_truth, Setting((3, 1, 1), VASCULAR, dose=dose), random())
        noise = noisy.scan - quiet.scan
        assert noisy.facts[0] == pytest.approx(noise.std(), rel=0.02)
        found.append(noise)
    assert found[1].std() / found[0].std() == pytest.approx(2, rel=0.05)
    assert correlation(found[1], 2) > 0.2, "neighbors in a slice share filtered noise"
    assert abs(correlation(found[1], 0)) < 0.2, "slices that only touch hardly do"


def correlation(noise, axis):
    near = np.moveaxis(noise, axis, 0)
    return np.corrcoef(near[1:].ravel(), near[:-1].ravel())[0, 1]


def test_thick_slices_are_less_noisy(a_truth):
    thin, thick = (shoot(a_truth, Setting((n, 1, 1), VASCULAR), random()).facts[0] for n in (1, 6))
    assert thick < 0.8 * thin


def test_a_pair_begins_at_the_classical_answer(a_truth):
    setting = Setting((2, 2, 2), VASCULAR, dose=None)
    pair = make_pair(a_truth, setting, 24, random(3))
    shot = shoot(a_truth, setting, random(3))
    whole = smoothest(shot.scan, shot.acquisition)
    windows = np.lib.stride_tricks.sliding_window_view(whole, (24, 24, 24))
    assert (windows[..., 0, 0, 0] == float(pair.classical[0, 0, 0])).any()
    assert pair.channels.shape == (5, 24, 24, 24)
    seen = (pair.classical - 40) / 400
    assert torch.allclose(pair.channels[0], seen.clamp(-4, 8))
    assert torch.all(pair.channels[1] == 0)
    assert torch.all(pair.channels[2] == 1)
    assert pair.wall.any()
    assert not pair.wall.all()


def test_the_kernel_is_told_by_its_mtf():
    small = np.array([0.01, 0.01, 0.01])
    told = mtf50(Setting((1, 1, 1), VASCULAR), small)
    assert told == pytest.approx(np.sqrt(np.log(2) / 2) / (np.pi * VASCULAR.psf_mm), abs=0.01)
    assert mtf50(Setting((1, 1, 1), SCANNERS["sharp"]), small) > 1.5 * told
    coarse = np.array([0.8, 0.8, 0.8])
    assert mtf50(Setting((2, 2, 2), VASCULAR), coarse) < mtf50(Setting((2, 1, 1), VASCULAR), coarse)


def test_settings_hold_all_that_a_scan_may_be():
    drawn = [draw_setting(random(seed)) for seed in range(400)]
    assert {each.factor for each in drawn} == set(FACTORS)
    assert HOW_OFTEN.sum() == pytest.approx(1)
    assert any(each.dose is None for each in drawn)
    assert all(each.dose is not None for each in drawn if each.alone)
    doses = [each.dose for each in drawn if each.dose is not None]
    assert 0.1 <= min(doses) < 0.15
    assert 0.8 < max(doses) <= 1
    for each in drawn[:50]:
        assert needed(each, 40)[0] % (each.factor[0] * each.thick) == 0
        assert min(needed(each, 40)) >= 40


def test_a_fresh_network_leaves_the_classical_answer_and_sees_differences():
    torch.manual_seed(0)
    network = UNet(RESTORE).eval()
    start_from_classical(network)
    seen = torch.randn(1, 5, 16, 16, 16)
    with torch.no_grad():
        out = network(seen)
        assert torch.all(out[:, 0] == 0)
        assert out[:, 1].std() > 0
        lighter = seen.clone()
        lighter[:, 0] += 3
        stem = network.stem.steps[0][0]
        here, there = (stem(space_to_depth(x))[..., 1:-1, 1:-1, 1:-1] for x in (seen, lighter))
    assert torch.allclose(here, there, atol=1e-4)


def test_a_stream_goes_on_where_it_stopped(tmp_path, a_scan, a_truth, monkeypatch):
    monkeypatch.setattr(restoring, "PATCH", 16)
    monkeypatch.setattr(restoring, "BATCH", 2)
    wall = np.where(a_truth.wall, 0, 500)
    path = tmp_path / "3000.npy"
    np.save(path, np.rint([a_truth.hu, wall]).astype(np.int16))
    whole = list(islice(restoring_stream([a_scan], [path], 0), 3))
    later = next(restoring_stream([a_scan], [path], 2))
    assert torch.equal(whole[2].channels, later.channels)
    assert torch.equal(whole[2].target, later.target)
    assert not torch.equal(whole[1].channels, later.channels)
