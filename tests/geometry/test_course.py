"""The vessel through a branch goes on where it is straight and as wide."""

import numpy as np
import pytest

from viewer.geometry.course import course_through, unchanged, vessels_from
from viewer.geometry.ends import end_at, with_root, without_end
from viewer.geometry.tree import Branch, VesselTree


def straight(start, end, radius, parent=-1, name=""):
    points = np.linspace(start, end, 50)
    return Branch(points, np.full(50, float(radius)), parent, name)


@pytest.fixture
def an_aorta():
    """Three pieces of one vessel with two side branches, and two iliacs at its end."""
    branches = (
        straight((0, 0, 0), (0, 0, -30), 8),
        straight((0, 0, -30), (0, 0, -60), 8, 0),
        straight((0, 0, -30), (40, 0, -35), 2, 0, "left renal artery"),
        straight((0, 0, -60), (0, -30, -70), 3, 1),
        straight((0, 0, -60), (0, 0, -100), 7, 1),
        straight((0, 0, -100), (20, 0, -140), 5, 4),
        straight((0, 0, -100), (-30, 0, -125), 5, 4),
    )
    return VesselTree(branches, np.array([(0, 0, -30), (0, 0, -60), (0, 0, -100)]))


@pytest.mark.parametrize("chosen", [0, 1, 4])
def test_each_piece_gives_the_whole_vessel(an_aorta, chosen):
    course = course_through(an_aorta, chosen)
    assert course.branches[:3] == (0, 1, 4)
    assert course.branches[3:] == (5,)  # the straighter of the two
    assert course.length_mm == pytest.approx(100 + np.hypot(20, 40), abs=0.01)
    assert np.linalg.norm(np.diff(course.points_lps, axis=0), axis=1).min() > 0


def test_mouths_stand_where_branches_leave(an_aorta):
    mouths = {m.branch: m.s_mm for m in course_through(an_aorta, 0).mouths}
    assert mouths == pytest.approx({2: 30.0, 3: 60.0, 6: 100.0})


def test_a_thin_or_turning_branch_stands_alone(an_aorta):
    course = course_through(an_aorta, 2)
    assert course.branches == (2,)
    assert [m.s_mm for m in course.mouths] == [0.0, 0.0]


def test_the_same_name_goes_before_the_straighter_way(an_aorta):
    named = list(an_aorta.branches)
    for number, name in ((4, "iliac artery"), (5, "another artery"), (6, "iliac artery")):
        b = named[number]
        named[number] = Branch(b.points_lps, b.radius_mm, b.parent, name)
    assert course_through(VesselTree(tuple(named), an_aorta.joints), 1).branches == (0, 1, 4, 6)


def test_it_tells_where_a_branch_runs(an_aorta):
    assert course_through(an_aorta, 1).stretch_mm(4) == pytest.approx((60.0, 100.0))
    assert course_through(an_aorta, 1).stretch_mm(0) == pytest.approx((0.0, 30.0))


def test_a_vessel_is_found_through_a_root_in_its_middle():
    up = straight((0, 0, 0), (0, 0, 50), 8, 0)
    down = straight((0, 0, 0), (0, 0, -50), 8, 0)
    root = straight((20, 0, 0), (0, 0, 0), 6)
    tree = VesselTree((root, up, down), np.zeros((1, 3)))
    course = course_through(tree, 2)
    assert course.branches == (1, 2)
    np.testing.assert_allclose(course.points_lps[[0, -1]], [(0, 0, 50), (0, 0, -50)])
    assert [(m.branch, m.s_mm) for m in course.mouths] == [(0, 50.0)]


def test_a_branch_begins_outside_the_wider_vessel(an_aorta):
    assert course_through(an_aorta, 2).ostium_mm == pytest.approx(9.0, abs=1.0)
    assert course_through(an_aorta, 0).ostium_mm == 0.0


def test_a_mouth_tells_what_a_vessel_comes_from(an_aorta):
    assert {m.branch: m.turned for m in course_through(an_aorta, 2).mouths} == {0: True, 1: False}
    assert not any(m.turned for m in course_through(an_aorta, 0).mouths)


def test_every_branch_of_a_tree_is_in_one_vessel(an_aorta):
    vessels = vessels_from(an_aorta, course_through(an_aorta, 4))
    assert [vessel.branches for vessel in vessels] == [(0, 1, 4, 5), (2,), (3,), (6,)]


def test_what_hangs_on_a_side_vessel_leaves_its_parent_out(an_aorta):
    own = straight((40, 0, -35), (60, 10, -35), 0.8, 2)
    tree = VesselTree((*an_aorta.branches, own), an_aorta.joints)
    vessels = vessels_from(tree, course_through(tree, 2))
    assert [vessel.branches for vessel in vessels] == [(2,), (7,)]


def test_a_vessel_is_unchanged_where_its_own_branches_are(an_aorta):
    renal = next(n for n, b in enumerate(an_aorta.branches) if b.name == "left renal artery")
    own = course_through(an_aorta, renal).branches
    less = without_end(an_aorta, end_at(an_aorta, an_aorta.branches[3].points_lps[-1]))
    found = unchanged(an_aorta, own, less)
    assert less.branches[found[0]].points_lps is an_aorta.branches[renal].points_lps
    trunk = course_through(an_aorta, 0).branches
    assert unchanged(an_aorta, trunk, less) is None, "two of its pieces became one"
    turned = with_root(an_aorta, an_aorta.branches[renal].points_lps[-1])
    assert unchanged(an_aorta, own, turned) is None, "it is walked the other way"
