"""Where a vessel's outer wall is drawn when its blood does not show it."""

import numpy as np

from viewer.segment.faint import (
    ANGLES,
    RAY_MM,
    WALL_MM,
    Section,
    closed_path,
    share_beyond,
    voxels_within,
)
from viewer.volume.grid import Grid


def test_known_lumen_close_outside_speaks_against_a_wall_and_lumen_inside_does_not():
    known = np.zeros((2, 40), bool)
    known[0, 20:34] = True  # the other lumen, 15 mm out on one ray
    share = share_beyond(known)
    assert share.shape == known.shape
    assert share[0, 20] == 1
    assert 0 < share[0, 20 - round(3 / RAY_MM)] < 1
    assert share[0, 20 - round(9 / RAY_MM)] == 0
    assert (share[0, 34:] == 0).all()
    assert (share[1] == 0).all()


def a_ring(z: float, radius: np.ndarray) -> Section:
    """A section across the slices around row 30 and column 12."""
    axes = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    return Section(np.array([12.0, 30, z]), axes, radius, 1.0, 0.0)


def test_voxels_within_a_wall_are_those_of_the_tube_and_end_at_the_border_of_the_scan():
    grid = Grid.regular((20, 60, 60))
    sections = [a_ring(z, np.full(ANGLES, 15.0)) for z in np.arange(0, 12, 2.5)]
    box, within = voxels_within(sections, grid)
    assert box[0] == (0, 12)
    assert box[2][0] == 0  # the wall goes 3 mm beyond the first column
    z, y, x = np.indices(grid.shape)
    far = np.hypot(y - 30, x - 12)
    found = np.zeros(grid.shape, bool)
    found[tuple(slice(*ends) for ends in box)] = within
    assert found[(far < 15 - WALL_MM - 1) & (z < 11)].all()
    assert not found[(far > 15 - WALL_MM + 1) | (z > 11)].any()


def test_a_closed_path_follows_the_cheapest_columns_and_ends_where_it_began():
    turn = np.arange(ANGLES) * 2 * np.pi / ANGLES
    wanted = np.rint(15 + 3 * np.sin(turn)).astype(int)
    cost = np.ones((ANGLES, 40))
    cost[np.arange(ANGLES), wanted] = 0
    np.testing.assert_array_equal(closed_path(cost), wanted)
