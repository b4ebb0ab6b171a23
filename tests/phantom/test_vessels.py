"""Made-up trees are what they say."""

import numpy as np
import pytest

from viewer.phantom import vessels

COUNTS = {
    vessels.straight_tube: 1,
    vessels.curved_tube: 1,
    vessels.narrowed_tube: 1,
    vessels.y_tree: 3,
    vessels.three_generations: 7,
    vessels.random_tree: 15,
    vessels.abdominal_aorta: 11,
}


@pytest.mark.parametrize("make", COUNTS, ids=lambda make: make.__name__)
def test_branches_run_from_joint_to_joint(make):
    tree = make()
    assert len(tree.branches) == COUNTS[make]
    for branch in tree.branches:
        if branch.parent >= 0:
            np.testing.assert_array_equal(
                branch.points_lps[0], tree.branches[branch.parent].points_lps[-1]
            )
    ends = {tuple(tree.branches[b.parent].points_lps[-1]) for b in tree.branches if b.parent >= 0}
    assert ends == {tuple(joint) for joint in tree.joints}


def test_lengths_and_radii_are_as_asked():
    tube = vessels.straight_tube(50, 3).branches[0]
    assert tube.length_mm == pytest.approx(50)
    assert np.ptp(tube.radius_mm) == 0
    arch = vessels.curved_tube(30, 4, np.pi).branches[0]
    assert arch.length_mm == pytest.approx(30 * np.pi, rel=1e-3)
    narrow = vessels.narrowed_tube(60, 4, 2).branches[0]
    assert narrow.radius_mm.min() == pytest.approx(2)
    assert narrow.radius_mm[[0, -1]] == pytest.approx(4)


def test_daughters_keep_the_sum_of_cubes():
    trunk, left, right = vessels.y_tree(radius_mm=4).branches
    cubes = left.radius_mm[0] ** 3 + right.radius_mm[0] ** 3
    assert cubes == pytest.approx(trunk.radius_mm[0] ** 3)


def test_left_is_plus_x_and_the_aorta_runs_down():
    tree = vessels.abdominal_aorta()
    ends = {b.name: b.points_lps[-1] for b in tree.branches}
    assert ends["left renal artery"][0] > 0 > ends["right renal artery"][0]
    assert ends["SMA"][1] < 0
    aorta = [b for b in tree.branches if b.name == "aorta"]
    assert aorta[0].points_lps[0][2] > aorta[-1].points_lps[-1][2]


def test_a_seed_gives_the_same_tree_again():
    first, again, other = (vessels.random_tree(3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.points_lps, again.points_lps)
    assert not np.array_equal(first.points_lps, other.points_lps)
