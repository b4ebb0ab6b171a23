"""What a vessel tree tells about itself."""

import numpy as np
import pytest

from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.vessels import y_tree


def test_points_of_all_branches_stand_in_one_array():
    tree = y_tree()
    assert len(tree.points_lps) == sum(len(b.points_lps) for b in tree.branches)
    np.testing.assert_array_equal(
        tree.radius_mm[tree.branch_of_point == 1], tree.branches[1].radius_mm
    )
    assert tree.children == ((1, 2), (), ())


def test_the_nearest_sphere_is_the_one_whose_wall_is_nearest():
    wide = Branch(np.array([[0.0, 0, 0], [0, 0, 1]]), np.full(2, 10.0))
    thin = Branch(np.array([[14.0, 0, 0], [14, 0, 1]]), np.full(2, 1.0))
    tree = VesselTree((wide, thin), np.zeros((0, 3)))
    assert tree.branch_of_point[
        tree.nearest_sphere(np.array([[9.0, 0, 0], [13.5, 0, 0]]))
    ].tolist() == [0, 1]


def test_a_tree_without_branches_is_empty_and_a_tree_cannot_be_changed():
    assert VesselTree((), np.zeros((0, 3))).points_lps.shape == (0, 3)
    with pytest.raises(ValueError, match="read-only"):
        y_tree().points_lps[0] = 1


def test_a_branch_needs_two_points():
    with pytest.raises(ValueError, match="two or more points"):
        Branch(np.zeros((1, 3)), np.ones(1))
