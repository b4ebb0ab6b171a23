"""Branches turned, cut and joined, and what of them is invented."""

import numpy as np
import pytest

from viewer.geometry.course import course_through
from viewer.geometry.cuts import cut_at, invented_parts, joined, merged, seen_parts, turned
from viewer.geometry.files import read_tree, write_tree
from viewer.geometry.tree import Branch, VesselTree


def a_branch(invented=((2.0, 4.0),), first=0, last=10, parent=-1):
    z = np.arange(first, last + 1.0)
    points = np.column_stack([0 * z, 0 * z, z])
    return Branch(points, 1.0 + 0.1 * z, parent, "renal", invented)


def test_a_turned_branch_runs_back_and_keeps_what_is_invented_in_its_place():
    back = turned(a_branch())
    assert back.points_lps[0, 2] == 10
    assert back.radius_mm[0] == 2.0
    assert back.invented == ((6.0, 8.0),)
    assert turned(back).invented == ((2.0, 4.0),)


def test_a_cut_branch_is_joined_to_itself():
    first, second = cut_at(a_branch(), 3)
    assert (first.invented, second.invented) == (((2.0, 3.0),), ((0.0, 1.0),))
    np.testing.assert_array_equal(first.points_lps[-1], second.points_lps[0])
    whole = joined(first, second)
    np.testing.assert_array_equal(whole.points_lps, a_branch().points_lps)
    assert whole.invented == ((2.0, 4.0),)


@pytest.mark.parametrize("end", [0, 10])
def test_a_branch_is_not_cut_at_its_ends(end):
    with pytest.raises(ValueError, match="between its ends"):
        cut_at(a_branch(), end)


def test_stretches_that_touch_are_one():
    assert merged([(5, 6), (1, 2), (2, 3)]) == ((1, 3), (5, 6))


def test_a_course_tells_what_of_it_is_invented():
    tree = VesselTree((a_branch(), a_branch(((1.0, 3.0),), 10, 20, 0)), np.array([[0, 0, 10.0]]))
    assert course_through(tree, 1).invented == ((2.0, 4.0), (11.0, 13.0))


def test_a_course_that_walks_a_branch_back_tells_it_from_its_own_start():
    down = turned(a_branch((), -15, 0))
    tree = VesselTree((a_branch(), down), np.zeros((0, 3)))
    found = course_through(tree, 1)
    assert found.branches == (0, 1)
    assert found.points_lps[0, 2] == 10
    assert found.invented == ((6.0, 8.0),)


def test_what_is_invented_is_kept_in_the_file_of_a_tree(tmp_path):
    tree = VesselTree((a_branch(), a_branch((), 10, 20, 0)), np.array([[0, 0, 10.0]]))
    write_tree(tree, tmp_path / "tree.vtp")
    found = read_tree(tmp_path / "tree.vtp")
    assert [branch.invented for branch in found.branches] == [((2.0, 4.0),), ()]


def test_a_branch_falls_into_seen_and_invented_parts():
    branch = a_branch(((2.5, 4.0), (9.0, 10.0)))
    assert [part[[0, -1], 2].tolist() for part in seen_parts(branch)] == [[0, 2.5], [4, 9]]
    assert [part[[0, -1], 2].tolist() for part in invented_parts(branch)] == [[2.5, 4], [9, 10]]
    (whole,) = seen_parts(a_branch(()))
    np.testing.assert_array_equal(whole, a_branch().points_lps)
    assert invented_parts(a_branch(())) == []
