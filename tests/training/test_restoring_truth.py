import numpy as np
import pytest

from viewer.phantom.make import GENERATOR
from viewer.progress import silent
from viewer.training import restoring_truth
from viewer.training.restoring_truth import (
    SPACING_MM,
    Truth,
    coarser,
    keep_people,
    person,
    real,
)
from viewer.training.scenes import HELD_OUT_REGIONS, kept_scenes


def test_people_are_painted_once_and_say_who_made_them(tmp_path, monkeypatch):
    monkeypatch.setattr(restoring_truth, "SHAPE", (32, 32, 32))
    keep_people(tmp_path, 2, 3000, silent())
    assert kept_scenes(tmp_path) == {3000: GENERATOR, 3001: GENERATOR}
    before = (tmp_path / "3000.npy").stat().st_mtime_ns
    keep_people(tmp_path, 2, 3000, silent())
    assert (tmp_path / "3000.npy").stat().st_mtime_ns == before
    truth = person(tmp_path / "3000.npy", (24, 20, 20), np.random.default_rng(0))
    assert truth.hu.shape == truth.wall.shape == (24, 20, 20)
    assert 0.7 * SPACING_MM < truth.spacing_mm < 1.4 * SPACING_MM


def test_coarser_voxels_are_the_means_of_theirs():
    hu = np.arange(6 * 4 * 5, dtype=np.float32).reshape(6, 4, 5)
    wall = np.zeros(hu.shape, bool)
    wall[2, 3, 1] = True
    found = coarser(Truth(hu, wall, 0.5))
    assert found.hu.shape == (3, 2, 2)
    assert found.hu[1, 1, 0] == pytest.approx(hu[2:4, 2:4, :2].mean())
    assert found.wall.sum() == 1
    assert found.wall[1, 1, 0]
    assert found.spacing_mm == 1.0


def test_whole_families_are_held_out(tmp_path, monkeypatch):
    drawn = []

    def note(region, seed, shape, spacing_mm):
        drawn.append(region)
        raise KeyboardInterrupt

    monkeypatch.setattr(restoring_truth, "drawn_scene", note)
    for first in range(3):
        for held_out in (False, True):
            with pytest.raises(KeyboardInterrupt):
                keep_people(tmp_path, 1, first, silent(), held_out=held_out)
    assert set(drawn[1::2]) <= set(HELD_OUT_REGIONS)
    assert not set(drawn[::2]) & set(HELD_OUT_REGIONS)


def test_parts_lie_mostly_about_a_wall(tmp_path):
    hu = np.zeros((40, 40, 40))
    wall = np.full(hu.shape, 900)
    wall[30, 8, 8] = wall[30, 8, 10] = 0
    np.save(tmp_path / "1.npy", np.stack([hu, wall]).astype(np.int16))
    parts = [person(tmp_path / "1.npy", (10, 10, 10), np.random.default_rng(n)) for n in range(60)]
    assert 0.6 < np.mean([part.wall.any() for part in parts]) < 0.95


def test_a_real_scan_loses_some_of_its_little_noise(a_scan):
    a_scan.hu[:] = 50 + np.random.default_rng(0).normal(0, 5, a_scan.hu.shape)
    truth = real(a_scan, (30, 30, 30), np.random.default_rng(0))
    assert truth.hu.std() < 4.2
    assert truth.hu.mean() == pytest.approx(50, abs=1)
    assert not truth.wall.any()
