import numpy as np
import pytest

from viewer.phantom.arrange import Arrangement
from viewer.phantom.body import make_body
from viewer.phantom.tissue import Tissue


@pytest.fixture
def standard():
    return make_body(np.random.default_rng(0), variety=0.0)


@pytest.fixture
def forked():
    arrangement = Arrangement()
    arrangement.add("trunk", [(0, 0, 100), (0, 0, 50), (0, 0, 0)], (8, 6))
    arrangement.add("left twig", [(0, 0, 60), (30, 0, 60)], 2, Tissue.PORTAL, from_="trunk")
    arrangement.add("right twig", [(0, 0, 30), (-30, 0, 30)], 2, from_="trunk")
    return arrangement


def place(arrangement, body, jitter=0.0):
    return arrangement.place(body, np.random.default_rng(1), jitter)


def test_a_parent_is_cut_where_branches_leave_it(forked, standard):
    tree = place(forked, standard).tree
    assert [b.name for b in tree.branches] == ["trunk"] * 3 + ["left twig", "right twig"]
    assert [b.parent for b in tree.branches] == [-1, 0, 1, 0, 1]
    assert tree.branches[0].points_lps[-1] == pytest.approx((0, 0, 60), abs=0.5)
    assert tree.branches[4].points_lps[0] == pytest.approx((0, 0, 30), abs=0.5)


def test_radii_and_blood_are_those_given(forked, standard):
    vessels = place(forked, standard)
    assert vessels.tree.branches[0].radius_mm[0] == pytest.approx(8)
    assert vessels.tree.branches[2].radius_mm[-1] == pytest.approx(6)
    assert vessels.blood[3] is Tissue.PORTAL
    assert set(vessels.blood[:3]) == {Tissue.ARTERY}


def test_paths_pass_through_their_control_points(standard):
    arrangement = Arrangement()
    course = np.array([(0, 0, 0), (10, 5, 20), (30, -5, 30), (32, 0, 60)], float)
    arrangement.add("course", course, 1)
    path = place(arrangement, standard).tree.branches[0].points_lps
    far = np.linalg.norm(path[None] - course[:, None], axis=2).min(axis=1)
    assert far.max() < 0.4


def test_jitter_moves_paths_by_millimeters_and_keeps_them_attached(forked, standard):
    for seed in range(10):
        tree = forked.place(standard, np.random.default_rng(seed)).tree
        for branch in tree.branches:
            if branch.parent >= 0:
                assert np.array_equal(
                    branch.points_lps[0], tree.branches[branch.parent].points_lps[-1]
                )
        aside = np.abs(np.vstack([b.points_lps[:, :2] for b in tree.branches[:3]]))
        assert 0.05 < aside.max() < 8


def test_a_vessel_that_ends_in_another_reaches_it(forked, standard):
    forked.add(
        "bridge", [(30, 0, 60), (0, 0, 80), (-30, 0, 30)], 1, from_="left twig", to="right twig"
    )
    for seed in range(5):
        tree = forked.place(standard, np.random.default_rng(seed)).tree
        names = [b.name for b in tree.branches]
        end = tree.branches[names.index("bridge")].points_lps[-1]
        twig = tree.branches[names.index("right twig")].points_lps
        assert np.linalg.norm(twig - end, axis=1).min() < 1e-6


def test_detail_leaves_out_a_vessel_with_its_branches(standard):
    arrangement = Arrangement(detail=0.2)
    arrangement.add("trunk", [(0, 0, 100), (0, 0, 0)], 5)
    arrangement.add("small", [(0, 0, 50), (20, 0, 50)], 1, from_="trunk", at_detail=0.5)
    arrangement.add("smaller", [(20, 0, 50), (30, 0, 60)], 1, from_="small")
    assert {b.name for b in place(arrangement, standard).tree.branches} == {"trunk"}


def test_a_vessel_changes_its_name_on_its_way(forked, standard):
    forked.rename("lower trunk", "trunk", (0, 0, 45))
    tree = place(forked, standard).tree
    named = [(b.name, b.points_lps[0][2]) for b in tree.branches if "trunk" in b.name]
    assert [name for name, _ in named] == ["trunk", "trunk", "lower trunk", "lower trunk"]
    assert named[2][1] == pytest.approx(45, abs=0.5)


def test_a_pair_is_mirrored(standard):
    arrangement = Arrangement()
    arrangement.add_pair("carotid", [(10, 0, 0), (20, 5, 50)], 3)
    left, right = place(arrangement, standard).tree.branches
    assert left.name == "left carotid"
    assert left.points_lps == pytest.approx(right.points_lps * (-1, 1, 1))
