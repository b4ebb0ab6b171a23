from itertools import pairwise

import numpy as np
import pytest

from viewer.geometry.tree import Branch, VesselTree
from viewer.scene.bridges import bridge_lines, bridge_marks, dashes
from viewer.scene.colors import TOKENS
from viewer.scene.slice import SlicePlane
from viewer.scene.tree import tree_lines
from viewer.segment.bridges import Bridge

PATH = np.stack([np.linspace(0, 12, 20), np.zeros(20), np.full(20, 5.0)], axis=1)
BRIDGE = Bridge(PATH, 2.0, 12.0, 0.5, False)


def axial(z):
    return SlicePlane((6, 0, z), (1, 0, 0), (0, 1, 0), (0, 0, 1), 0.5, 100, 80)


def test_dashes_begin_and_end_with_the_path_and_leave_gaps():
    made = dashes(PATH)
    np.testing.assert_allclose(made[0][0], PATH[0])
    np.testing.assert_allclose(made[-1][1], PATH[-1])
    drawn = sum(float(np.linalg.norm(b - a)) for a, b in made)
    assert drawn == pytest.approx(6.5, abs=0.6)
    assert all(one[1][0] < other[0][0] for one, other in pairwise(made))


def test_a_slice_shows_a_bridge_only_where_it_passes():
    marks = bridge_marks([BRIDGE], axial(6), 1.0)
    assert len(marks) == len(dashes(PATH))
    assert {mark.color for mark in marks} == {TOKENS["invented"]}
    assert (marks[0].x0, marks[0].y0) == pytest.approx((50 - 12, 40))
    assert bridge_marks([BRIDGE], axial(8), 1.0) == []


def test_in_3d_nothing_is_drawn_for_nothing():
    assert bridge_lines([]) == []
    assert len(bridge_lines([BRIDGE, BRIDGE])) == 1


def test_what_a_tree_has_of_a_bridge_is_dashed_and_not_drawn_through():
    branch = Branch(PATH.copy(), np.full(20, 2.0), invented=((4.0, 8.0),))
    tree = VesselTree((branch,), np.zeros((0, 3)))
    marks = bridge_marks([], axial(6), 1.0, tree)
    assert len(marks) == len(dashes(PATH[6:13]))
    assert {mark.color for mark in marks} == {TOKENS["invented"]}
    assert bridge_marks([], axial(8), 1.0, tree) == []
    assert len(bridge_lines([], tree)) == 1
    (line,) = tree_lines(tree, None)
    assert line.GetMapper().GetInput().GetNumberOfLines() == 2
    (chosen,) = tree_lines(tree, 0)
    assert chosen.GetMapper().GetInput().GetNumberOfLines() == 2
