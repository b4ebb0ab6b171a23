"""Growth passes along vessels and stops where a bridge opens into something wide."""

import numpy as np
from scipy import ndimage

from viewer.progress import silent
from viewer.segment.gates import (
    FULL,
    adjoining,
    admit,
    closed,
    depth_mm,
    opened,
    touching,
    widest_way,
)

SPACING = (1.0, 1.0, 1.0)


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A tube of radius 6, a branch of radius 2 and a ball of radius 14 on a bridge of radius 2."""
    z, y, x = np.indices((60, 60, 90))
    tube = np.hypot(y - 30, x - 15) <= 6
    branch = (np.hypot(z - 12, y - 30) <= 2) & (x >= 15) & (x < 60)
    bridge = (np.hypot(z - 42, y - 30) <= 2) & (x >= 15) & (x < 60)
    ball = np.sqrt((z - 42) ** 2 + (y - 30) ** 2 + (x - 60) ** 2) <= 14
    return tube, branch, bridge, ball


def test_a_ball_behind_a_bridge_is_stopped():
    tube, branch, bridge, ball = scene()
    seeds = tube & (np.indices(tube.shape)[0] < 5)
    grown, stopped = admit(tube | branch | bridge | ball, seeds, SPACING, silent())
    assert grown[tube].all()
    assert grown[branch & ~ball].all()
    assert grown[ball].mean() < 0.02
    assert stopped[ball].mean() > 0.98


def test_nothing_is_stopped_without_a_widening():
    tube, branch, _, _ = scene()
    grown, stopped = admit(tube | branch, tube, SPACING, silent())
    assert np.array_equal(grown, tube | branch)
    assert not stopped.any()


def test_what_is_said_to_be_something_else_is_stopped():
    tube, branch, _, _ = scene()
    other = branch & (np.indices(tube.shape)[2] > 50)
    grown, _ = admit(tube | branch, tube, SPACING, silent(), against=other)
    assert not grown[other].any()
    assert grown[tube].all()


def test_without_seeds_nothing_grows():
    tube, _, _, _ = scene()
    grown, stopped = admit(tube, np.zeros_like(tube), SPACING, silent())
    assert not grown.any()
    assert not stopped.any()


def test_the_widest_way_is_that_of_every_level_apart():
    tube, branch, bridge, ball = scene()
    depth = depth_mm(tube | branch | bridge | ball, SPACING, silent())
    seeds = tube & (np.indices(tube.shape)[0] < 5)
    levels = np.arange(0, 14) * 0.9
    expected = np.zeros(depth.shape, np.float32)
    for level in levels:
        pieces, _ = ndimage.label(depth >= max(level, 1e-6), FULL)
        expected[np.isin(pieces, np.setdiff1d(pieces[seeds], 0))] = level
    np.testing.assert_array_equal(widest_way(depth, seeds, levels, silent()), expected)


def test_touching_and_opening_are_those_of_a_cube():
    mask = np.random.default_rng(0).random((12, 13, 14)) < 0.9
    np.testing.assert_array_equal(touching(~mask), ndimage.binary_dilation(~mask, FULL))
    np.testing.assert_array_equal(opened(mask), ndimage.binary_opening(mask, FULL))
    assert opened(mask).any()


def test_adjoining_and_closing_are_those_of_a_cross():
    mask = np.random.default_rng(0).random((12, 13, 14)) < 0.3
    np.testing.assert_array_equal(adjoining(mask), ndimage.binary_dilation(mask))
    np.testing.assert_array_equal(closed(mask), ndimage.binary_closing(mask) | mask)
    assert (closed(mask) & ~mask).any()
