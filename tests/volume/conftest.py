"""A volume whose axes, spacing and directions cannot be mixed up unnoticed."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


@pytest.fixture
def an_oblique_grid():
    """7 slices, 10 rows, 13 columns of 2.5, 0.7 and 0.4 mm, turned about every axis."""
    matrix = np.eye(4)
    axes = Rotation.from_euler("xyz", [20, -35, 50], degrees=True).as_matrix()
    axes = axes @ Grid.regular((1, 1, 1)).lps_from_index[:3, :3]
    matrix[:3, :3] = axes * np.array([2.5, 0.7, 0.4])
    matrix[:3, 3] = [-31.0, 12.5, 207.25]
    return Grid((7, 10, 13), matrix)


@pytest.fixture
def an_oblique_volume(an_oblique_grid):
    k, j, i = np.indices(an_oblique_grid.shape)
    return Volume((-900 + 150 * k + 13 * j + 3 * i).astype(np.int16), an_oblique_grid)
