"""A front: what lies beside it, and the pieces that it falls into."""

import numpy as np
from scipy import ndimage

from viewer.progress import silent
from viewer.segment.front import SHELL, beside, grow, pieces
from viewer.segment.gates import FULL
from viewer.volume.grid import Grid

SHAPE = (9, 14, 17)


def test_pieces_are_those_that_touch_corners_included():
    mask = np.random.default_rng(3).random(SHAPE) < 0.06
    mask[:, [0, -1]], mask[..., [0, -1]] = False, False
    labels, expected = ndimage.label(mask, FULL)
    count, piece = pieces(np.flatnonzero(mask), SHAPE)
    assert count == expected > 10
    pairs = set(zip(piece.tolist(), labels[mask].tolist(), strict=True))
    assert len(pairs) == count


def test_what_lies_beside_is_told_once_with_the_area_of_the_first():
    last = np.ravel_multi_index(([4, 4], [5, 5], [6, 7]), SHAPE)
    seen = np.zeros(int(np.prod(SHAPE)), bool)
    seen[last] = True
    near, usual = beside(last, np.array([10.0, 20.0]), SHAPE, seen)
    assert len(near) == len(set(near.tolist())) == 3 * 3 * 4 - 2
    assert (np.diff(near) > 0).all()
    column = near % SHAPE[2]
    assert (usual[column < 8] == 10).all()
    assert (usual[column == 8] == 20).all()


def test_a_front_fills_a_tube_up_to_the_border_of_its_slices():
    grid = Grid.regular((30, 16, 16))
    tube = np.zeros(grid.shape, bool)
    tube[:, 6:10, 6:10] = True
    start = np.array([np.ravel_multi_index((0, 8, 8), grid.shape)])
    inside = tube.reshape(-1)
    found = grow(grid, start, lambda flat: inside[flat], 2.0, silent(), most_steps=20 * SHELL)
    np.testing.assert_array_equal(found, np.flatnonzero(inside))
