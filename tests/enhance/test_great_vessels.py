"""The aorta is the longest chain of round spots; spine, metal and air are not blood."""

import numpy as np

from viewer.enhance.coarse import coarse
from viewer.enhance.great_vessels import find_great_vessels
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def test_the_aorta_is_the_best_chain(a_cta):
    great = find_great_vessels(a_cta, silent())
    best = great.chains[0]
    assert abs(best.radius_mm - 8) < 1
    spots = best.spots[:, :3].mean(axis=0) * np.array(great.coarse.spacing_mm)
    assert np.allclose(spots[1:], (6 + 70, 12 + 75), atol=2)
    assert best.length_mm(great.coarse.spacing_mm) > 80


def test_nothing_round_is_blood_without_contrast(a_plain_ct):
    assert find_great_vessels(a_plain_ct, silent()).chains == ()


def test_coarse_blocks_are_means_and_go_back():
    voxels = np.random.default_rng(0).integers(-500, 500, (9, 12, 14), dtype=np.int16)
    matrix = np.diag([1.0, 1.0, -1.0, 1.0])[:, [2, 1, 0, 3]]
    grid = Grid(voxels.shape, matrix)
    blocks = coarse(Volume(voxels, grid), 2.0, silent())
    assert blocks.hu.shape == (5, 6, 7)
    native = blocks.native(blocks.hu)
    assert native[0, 0, 0] == np.float32(voxels[:2, :2, :2].mean())
    assert native[4, 5, 6] == np.float32(voxels[8:, 10:, 12:].mean())
    assert np.array_equal(blocks.upright(native), blocks.hu)
    back = blocks.spread(native, (slice(3, 6), slice(0, 12), slice(0, 14)))
    assert back.shape == (3, 12, 14)
    assert back[0, 5, 7] == native[1, 2, 3]
    at = blocks.blocks_at(np.array([[3, 5, 7]]))[0]
    assert blocks.hu[tuple(at)] == native[1, 2, 3]
