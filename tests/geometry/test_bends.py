"""Length and winding of paths that are known exactly, and of vessels in noise."""

import numpy as np
import pytest

from viewer.geometry.bends import bends, length_along, tortuosity
from viewer.geometry.frames import frames_along
from viewer.geometry.sections import measure_sections
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import Tube, build, curved_tube


def helix(radius=20.0, pitch=8.0, turns=1.5, hand=1):
    """A screw with `pitch` mm for each radian."""
    t = np.linspace(0, 2 * np.pi * turns, int(2 * np.pi * turns * np.hypot(radius, pitch) / 0.5))
    return np.column_stack([radius * np.cos(t), hand * radius * np.sin(t), pitch * t])


def in_noise(tree, voxel_mm=0.5, seed=0):
    """The sections of a rendered vessel from a path beside its middle."""
    volume, mask = render(tree, grid_around(tree, (voxel_mm,) * 3), blur_mm=0.5, noise_hu=20)
    branch = tree.branches[0]
    beside = branch.points_lps.copy()
    beside[:, :2] += np.random.default_rng(seed).normal(0, 0.3, 2)  # its ends lie across z
    return measure_sections(volume, beside, branch.radius_mm, mask=mask, noise_hu=20)


def test_length_and_tortuosity_of_a_half_circle():
    frames = frames_along(curved_tube(30.0, 4.0).branches[0].points_lps)
    assert length_along(frames).value == pytest.approx(30 * np.pi, rel=1e-4)
    assert length_along(frames, 10, 35).value == pytest.approx(25)
    assert length_along(frames, 35, 10).value == pytest.approx(25)
    assert tortuosity(frames).value == pytest.approx(np.pi / 2, rel=1e-3)


@pytest.mark.parametrize("hand", [1, -1])
def test_curvature_and_torsion_of_a_screw(hand):
    found = bends(frames_along(helix(hand=hand)))
    square = 20.0**2 + 8.0**2
    inner = slice(20, -20)
    assert found.curvature[inner] == pytest.approx(20 / square, rel=0.01)
    assert found.torsion[inner] == pytest.approx(hand * 8 / square, rel=0.03)


def test_a_straight_path_has_no_torsion():
    z = np.linspace(0, 50, 101)
    wobble = np.random.default_rng(0).normal(0, 0.01, (101, 2))
    found = bends(frames_along(np.column_stack([wobble, z])))
    assert np.isnan(found.torsion).all()
    assert (found.curvature < 0.01).all()


@pytest.mark.parametrize(("bend", "radius"), [(30.0, 4.0), (15.0, 2.5)])
def test_the_length_of_a_vessel_in_noise(bend, radius):
    tree = curved_tube(bend, radius)
    sections = in_noise(tree)
    length = length_along(sections.frames)
    assert length.value == pytest.approx(bend * np.pi, rel=0.005)
    assert abs(length.value - bend * np.pi) < 3 * length.sd


def test_the_winding_of_a_vessel_in_noise():
    tree = build([Tube(helix(), np.array(3.0), name="screw")])
    sections = in_noise(tree)
    found = bends(sections.frames)
    square, inner = 20.0**2 + 8.0**2, slice(30, -30)
    assert np.median(found.curvature[inner]) == pytest.approx(20 / square, rel=0.03)
    assert np.median(found.torsion[inner]) == pytest.approx(8 / square, rel=0.15)
    off = np.abs(found.curvature - 20 / square)[inner]
    assert (off < 3 * found.curvature_sd[inner]).mean() > 0.95
    assert np.median(found.curvature_sd[inner]) < 0.5 * 20 / square


def test_a_closed_ring_has_no_tortuosity():
    turn = np.linspace(0, 2 * np.pi, 200)
    frames = frames_along(np.column_stack([20 * np.cos(turn), 20 * np.sin(turn), 0 * turn]))
    found = tortuosity(frames)
    assert not found.known
    assert found.missing
