"""Ends of vessels that a tree leaves out."""

import numpy as np
import pytest

from viewer.geometry.left_out import left_out
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import line


def vessel(start, end, radius_mm):
    points = line(start, end)
    return Branch(points, np.full(len(points), radius_mm), -1)


def test_a_short_thick_end_is_told_with_its_axis_and_width():
    whole = VesselTree((vessel((0, 0, 0), (0, 0, 60), 2.5),), np.zeros((0, 3)))
    _, mask = render(whole, grid_around(whole, (0.8,) * 3))
    short = VesselTree((vessel((0, 0, 0), (0, 0, 48), 2.5),), np.zeros((0, 3)))
    (piece,) = left_out(short, mask, 0.8)
    assert piece.at == len(short.points_lps) - 1
    assert piece.radius_mm == pytest.approx(2.5, abs=0.4)
    assert piece.points_lps[0] == pytest.approx((0, 0, 62.5), abs=1.2)
    assert np.linalg.norm(piece.points_lps[-1] - (0, 0, 48)) < 1.0


def test_a_tree_that_fills_its_map_leaves_nothing_out():
    whole = VesselTree((vessel((0, 0, 0), (0, 0, 60), 2.5),), np.zeros((0, 3)))
    _, mask = render(whole, grid_around(whole, (0.8,) * 3))
    assert not list(left_out(whole, mask, 0.8))


def test_a_vessel_wider_than_its_spheres_on_one_side_leaves_nothing_out():
    """As where its section is no circle: its wall bulges, but no vessel sticks out."""
    whole = VesselTree((vessel((0, 0, 0), (0, 0, 60), 7.5),), np.zeros((0, 3)))
    _, mask = render(whole, grid_around(whole, (0.8,) * 3))
    aside = VesselTree((vessel((1.5, 0, 0), (1.5, 0, 60), 5.5),), np.zeros((0, 3)))
    assert not list(left_out(aside, mask, 0.8))
