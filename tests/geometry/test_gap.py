"""Paths through gaps: around bone, and straight where nothing is in the way."""

import numpy as np
import pytest

from viewer.geometry.gap import STEPS, through_soft
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SOFT_HU = (-40.0, 220.0)


def canal(bow_mm):
    """Bone with a canal of 2 mm radius that bows aside, and the straight way from end to end."""
    grid = Grid.regular((40, 50, 50), (1.0, 1.0, 1.0))
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    place = grid.points_lps(index)
    way = np.linspace(grid.points_lps([2, 25, 25]), grid.points_lps([37, 25, 25]), STEPS)
    ahead = (way[-1] - way[0]) / np.linalg.norm(way[-1] - way[0])
    aside = np.roll(ahead, 1)
    middle = way + bow_mm * np.sin(np.pi * np.linspace(0, 1, STEPS))[:, None] * aside
    off = np.min([np.linalg.norm(place - point, axis=-1) for point in middle], axis=0)
    noise = np.random.default_rng(0).normal(0, 15, grid.shape)
    hu = (np.where(off < 2.0, 40.0, 900.0) + noise).astype(np.float32)
    return Volume(hu, grid), way, middle


@pytest.mark.parametrize("bow_mm", [0.0, 4.0, 7.0])
def test_a_path_keeps_to_a_canal_in_bone(bow_mm):
    volume, way, middle = canal(bow_mm)
    path = through_soft(way, SOFT_HU, volume)
    off = [np.linalg.norm(middle - point, axis=1).min() for point in path]
    assert max(off) < 2.0
    assert path[[0, -1]] == pytest.approx(way[[0, -1]])


def test_a_path_through_nothing_but_soft_tissue_stays_straight():
    volume, way, _ = canal(0.0)
    even = Volume(np.full(volume.grid.shape, 40.0, np.float32), volume.grid)
    assert through_soft(way, SOFT_HU, even) == pytest.approx(way, abs=1e-6)
