"""Depth under the wall against the distance that is known."""

import numpy as np
from scipy.spatial import cKDTree

from viewer.geometry.depth import depths
from viewer.progress import silent
from viewer.volume.grid import Grid


def test_depth_in_a_ball_is_the_distance_to_its_wall():
    grid = Grid.regular((50, 60, 60), (1.0, 0.8, 0.8), (5.0, -3.0, 2.0))
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    middle = grid.center_lps
    far = np.linalg.norm(grid.points_lps(index) - middle, axis=-1)
    turn = np.random.default_rng(0).normal(size=(40_000, 3))
    wall = cKDTree(middle + 20 * turn / np.linalg.norm(turn, axis=1, keepdims=True))
    start = np.array([3, 4, 2])
    inside = far[3:48, 4:58, 2:58] < 20
    found = depths(inside, start, grid, wall, silent())
    off = found - (20 - far[3:48, 4:58, 2:58][inside])
    assert np.abs(off).max() < 0.6
    assert np.quantile(np.abs(off), 0.95) < 0.1


def test_a_plate_thinner_than_a_block_has_depths():
    grid = Grid.regular((2, 30, 30))
    inside = np.ones(grid.shape, bool)
    wall = cKDTree(np.argwhere(inside[0])[:, ::-1] @ np.eye(2, 3) + (0, 0, -0.5))
    assert (depths(inside, np.zeros(3, int), grid, wall, silent()) > 0).all()
