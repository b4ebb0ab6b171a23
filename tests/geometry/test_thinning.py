"""Thinning leaves curves and keeps the topology."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from viewer.geometry.thinning import is_simple, thinned
from viewer.progress import silent

ANY = np.ones((3, 3, 3))


def thin(inside):
    padded = np.pad(inside, 1)
    depth = ndimage.distance_transform_edt(padded)[padded]
    index = thinned(inside, depth, 0.5, silent())
    result = np.zeros_like(inside)
    result[tuple(index.T)] = True
    return result


def betti(inside):
    """Pieces, and cavities plus the outside."""
    return ndimage.label(inside, ANY)[1], ndimage.label(~np.pad(inside, 1))[1]


def euler(inside):
    """Euler characteristic of the closed voxels' union: vertices - edges + faces - cubes."""
    total = 0
    padded = np.pad(inside, 1)
    for axes in np.ndindex(2, 2, 2):
        cell = padded
        for axis, grows in enumerate(axes):
            if grows:
                cell = cell | np.roll(cell, 1, axis=axis)
        total += (-1) ** (3 - sum(axes)) * int(cell.sum())
    return total


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 2), (2, 3), (4, 4), (6, 6), (3, 9)])
def test_no_straight_vessel_vanishes(size):
    inside = np.zeros((40, 14, 14), bool)
    inside[5:35, 3 : 3 + size[0], 3 : 3 + size[1]] = True
    result = thin(inside)
    assert ndimage.label(result, ANY)[1] == 1
    assert np.ptp(np.argwhere(result)[:, 0]) >= 29 - max(size)
    assert result.sum() < 60


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.05, 0.9))
def test_topology_stays_as_it_was(seed, share):
    inside = np.random.default_rng(seed).random((7, 8, 9)) < share
    result = thin(inside)
    assert not np.any(result & ~inside)
    assert betti(result) == betti(inside)
    assert euler(result) == euler(inside)


def test_a_ring_stays_a_ring_of_one_voxel():
    y, x = np.indices((40, 40)) - 20
    ring = np.abs(np.hypot(y, x) - 12) < 3
    result = thin(np.repeat(ring[None], 5, axis=0))
    assert euler(result) == 0
    far = np.hypot(*(np.argwhere(result)[:, 1:] - 20).T)
    assert far == pytest.approx(12, abs=1.5)
    assert result.sum() < 90


def test_a_voxel_inside_or_between_two_is_not_simple():
    inside, alone = np.uint32((1 << 26) - 1), np.uint32(0)
    across = np.uint32(1 << 12 | 1 << 13)  # the neighbors left and right of the middle
    beside = np.uint32(1 << 12)
    np.testing.assert_array_equal(
        is_simple(np.array([inside, alone, across, beside])), [False, False, False, True]
    )
