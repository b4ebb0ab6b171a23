"""A tree's ends by hand: the root set anywhere, a vessel deleted."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.geometry.ends import end_at, free_ends, nearest_end, with_root, without_end
from viewer.geometry.tree import VesselTree, joints_of
from viewer.phantom import vessels


@pytest.fixture
def a_tree():
    return vessels.three_generations()


def total_mm(tree):
    return sum(branch.length_mm for branch in tree.branches)


def is_whole(tree):
    """Whether parents stand before their children, which start where the parent ends."""
    for n, branch in enumerate(tree.branches):
        assert branch.parent < n
        if branch.parent >= 0:
            np.testing.assert_array_equal(
                branch.points_lps[0], tree.branches[branch.parent].points_lps[-1]
            )
    np.testing.assert_array_equal(tree.joints, joints_of(tree.branches))
    return True


def test_free_ends_are_the_root_and_the_tips(a_tree):
    found = free_ends(a_tree)
    assert len(found) == 5
    assert [end.is_root for end in found].count(True) == 1
    assert nearest_end(VesselTree((), np.zeros((0, 3))), np.zeros(3)) is None


@pytest.mark.parametrize("number", range(5))
def test_a_root_can_be_set_at_every_end_and_back(a_tree, number):
    first = free_ends(a_tree)[0].point_lps
    wanted = free_ends(a_tree)[number].point_lps
    found = with_root(a_tree, wanted + 0.3)
    assert is_whole(found)
    np.testing.assert_array_equal(found.branches[0].points_lps[0], wanted)
    assert len(found.branches) == 7
    assert total_mm(found) == pytest.approx(total_mm(a_tree))
    assert {tuple(p) for p in found.joints} == {tuple(p) for p in a_tree.joints}
    back = with_root(found, first)
    assert {tuple(b.points_lps[-1]) for b in back.branches} == {
        tuple(b.points_lps[-1]) for b in a_tree.branches
    }


def test_a_root_of_another_piece_leaves_this_one_as_it_is(a_tree):
    other = [
        replace(b, points_lps=b.points_lps + 500.0, parent=b.parent + 7 if b.parent >= 0 else -1)
        for b in a_tree.branches
    ]
    both = VesselTree((*a_tree.branches, *other), np.zeros((0, 3)))
    found = with_root(both, other[-1].points_lps[-1])
    assert all(a is b for a, b in zip(found.branches[:7], a_tree.branches, strict=True))
    assert is_whole(found)
    found = with_root(both, a_tree.branches[-1].points_lps[-1])
    assert all(a is b for a, b in zip(found.branches[7:], other, strict=True))


def test_two_branches_that_began_in_one_point_are_one_vessel_from_another_root():
    first, second = vessels.straight_tube(), vessels.straight_tube()
    line = first.branches[0]
    back = replace(second.branches[0], points_lps=2 * line.points_lps[0] - line.points_lps)
    both = VesselTree((line, back), np.zeros((0, 3)))
    assert len(free_ends(both)) == 2
    found = with_root(both, back.points_lps[-1])
    assert len(found.branches) == 1
    assert found.branches[0].length_mm == pytest.approx(2 * line.length_mm)


def test_a_deleted_end_leaves_its_neighbors_as_one(a_tree):
    tip = next(end for end in free_ends(a_tree) if not end.is_root)
    gone = a_tree.branches[tip.branch]
    found = without_end(a_tree, end_at(a_tree, tip.point_lps))
    assert is_whole(found)
    assert len(found.branches) == 5
    assert len(free_ends(found)) == 4
    assert total_mm(found) == pytest.approx(total_mm(a_tree) - gone.length_mm)
    kept = {id(b.points_lps) for b in found.branches} & {id(b.points_lps) for b in a_tree.branches}
    assert len(kept) == 4  # all but the two that became one


def test_the_root_and_the_last_vessel_stay(a_tree):
    root = next(end for end in free_ends(a_tree) if end.is_root)
    with pytest.raises(ViewerError, match="set the root at another end"):
        without_end(a_tree, root)
    alone = vessels.straight_tube()
    with pytest.raises(ViewerError, match="only vessel"):
        without_end(alone, free_ends(alone)[1])


def test_no_end_is_taken_for_one_far_away(a_tree):
    tip = free_ends(a_tree)[-1]
    assert end_at(a_tree, tip.point_lps + 1.0).branch == tip.branch
    assert end_at(a_tree, a_tree.joints[0]) is None
