"""What a vessel tree tells about itself."""

import numpy as np
import pytest

from viewer.geometry.tree import Branch, VesselTree, distance_along, even_path, tree_numbers
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


def test_the_way_along_a_path_counts_every_turn():
    path = np.array([[0, 0, 0], [3, 4, 0], [3, 4, 2.0]])
    assert distance_along(path).tolist() == [0, 5, 7]


@pytest.mark.parametrize(("least", "count"), [(2, 2), (3, 3)])
def test_an_even_path_has_its_ends_and_at_least_so_many_points(least, count):
    path = np.array([[0, 0, 0], [0, 0, 1.0]])
    even = even_path(path, 5.0, least=least)
    assert len(even) == count
    np.testing.assert_array_equal(even[[0, -1]], path)


def test_every_branch_knows_its_tree():
    line = np.array([[0.0, 0, 0], [0, 0, 1]])
    parents = (-1, 0, -1, 2, 0)
    branches = [Branch(line.copy(), np.ones(2), parent) for parent in parents]
    assert tree_numbers(branches) == [0, 0, 1, 1, 0]
