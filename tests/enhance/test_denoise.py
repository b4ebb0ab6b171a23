"""Noise goes, means and edges stay."""

import threading
import time

import numpy as np
import pytest

from viewer.enhance.denoise import denoise
from viewer.progress import Cancelled, Progress, silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


@pytest.fixture(scope="module")
def a_noisy_tube():
    """A tube of radius 4 mm, 350 HU in 50 HU, with 20 HU noise; also its distance map."""
    grid = Grid.regular((40, 90, 90), (1.0, 0.7, 0.7))
    y, x = (np.indices(grid.shape)[1:] - 44.5) * 0.7
    distance = np.hypot(y, x)
    hu = 50 + 300 * np.clip(0.5 - (distance - 4) / 0.7, 0, 1)
    noise = np.random.default_rng(2).normal(0, 20, grid.shape)
    return Volume(np.rint(hu + noise).astype(np.int16), grid), distance, hu


def test_noise_is_at_least_halved_without_bias(a_noisy_tube):
    volume, distance, _ = a_noisy_tube
    clean = denoise(volume, 20.0, silent())
    far = distance > 10
    assert clean.voxels.dtype == np.int16
    assert clean.grid is volume.grid
    assert clean.voxels[far].std() < 0.5 * volume.voxels[far].std()
    assert clean.voxels[far].mean() == pytest.approx(volume.voxels[far].mean(), abs=0.3)
    core = distance < 2.5
    assert clean.voxels[core].mean() == pytest.approx(volume.voxels[core].mean(), abs=2.0)


def test_the_edge_stays_where_and_as_steep_as_it_was(a_noisy_tube):
    volume, distance, truth = a_noisy_tube
    clean = denoise(volume, 20.0, silent()).voxels.astype(float)
    rim = np.abs(distance - 4) < 1.0
    assert np.abs(clean[rim] - truth[rim]).mean() < np.abs(volume.voxels[rim] - truth[rim]).mean()
    inner, outer = clean[np.abs(distance - 3.4) < 0.2], clean[np.abs(distance - 4.6) < 0.2]
    assert inner.mean() - outer.mean() > 0.9 * 300
    area = (clean > 200).sum() / (volume.voxels > 200).sum()
    assert area == pytest.approx(1, abs=0.03)


def test_strength_zero_changes_nothing(a_noisy_tube):
    volume, _, _ = a_noisy_tube
    assert np.array_equal(denoise(volume, 20.0, silent(), strength=0).voxels, volume.voxels)


def test_stronger_is_smoother(a_noisy_tube):
    volume, distance, _ = a_noisy_tube
    far = distance > 10
    weak, strong = (denoise(volume, 20.0, silent(), strength=s).voxels[far].std() for s in (0.4, 2))
    assert strong < weak


def test_slabs_leave_no_seams(a_noisy_tube, monkeypatch):
    volume, _, _ = a_noisy_tube
    whole = denoise(volume, 20.0, silent()).voxels
    monkeypatch.setattr("viewer.enhance.denoise.SLAB_VOXELS", 90 * 90 * 3)
    assert np.abs(denoise(volume, 20.0, silent()).voxels - whole).max() <= 1


def test_cancel_answers_within_a_second():
    volume = Volume(np.zeros((200, 400, 400), np.int16), Grid.regular((200, 400, 400)))
    stop = threading.Event()
    ended = []

    def work():
        with pytest.raises(Cancelled):
            denoise(volume, 20.0, Progress(cancel=stop))
        ended.append(time.perf_counter())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.2)
    asked = time.perf_counter()
    stop.set()
    thread.join(20)
    assert ended
    assert ended[0] - asked < 1.0
