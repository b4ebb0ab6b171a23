"""One vessel traced again by hand, against the tree that was traced and the one that is true."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from viewer.errors import ViewerError
from viewer.geometry.centerline import trace
from viewer.geometry.ends import end_at, free_ends, nearest_end, with_root, without_end
from viewer.geometry.retrace import Lumen, with_end, with_end_moved
from viewer.phantom import vessels
from viewer.phantom.scan import grid_around, render
from viewer.progress import silent
from viewer.segment.mask import ARTERY, VesselMask

NOISE_HU = 20.0


def lumen_of(truth, spacing=(0.8, 0.8, 0.8), seed=3):
    turned = Rotation.random(random_state=seed).as_matrix()
    grid = grid_around(truth, spacing, turned=turned)
    volume, _ = render(truth, grid, blur_mm=0.5, noise_hu=NOISE_HU, seed=seed)
    return Lumen(VesselMask((volume.voxels > 220).astype(np.uint8), grid), volume, NOISE_HU)


def traced(lumen):
    return trace(lumen.mask, silent(), volume=lumen.volume, noise_hu=lumen.noise_hu)


@pytest.fixture(scope="module")
def truth():
    return vessels.three_generations()


@pytest.fixture(scope="module")
def a_lumen(truth):
    return lumen_of(truth)


@pytest.fixture(scope="module")
def a_tree(a_lumen):
    return traced(a_lumen)


def off_middle(found, truth):
    return cKDTree(truth.points_lps).query(found.points_lps)[0]


def tips(tree):
    return [end for end in free_ends(tree) if not end.is_root]


@pytest.mark.parametrize("number", range(4))
def test_a_deleted_end_is_found_again_by_a_click_on_it(a_tree, a_lumen, truth, number):
    end = tips(a_tree)[number]
    old = a_tree.branches[end.branch]
    found = with_end(without_end(a_tree, end), end.point_lps, a_lumen)
    assert len(found.branches) == 7
    again = end_at(found, end.point_lps)
    new = found.branches[again.branch]
    assert np.linalg.norm(again.point_lps - end.point_lps) < 0.1
    assert np.linalg.norm(new.points_lps[0] - old.points_lps[0]) < 0.8
    assert new.length_mm == pytest.approx(old.length_mm, abs=0.8)
    assert cKDTree(old.points_lps).query(new.points_lps)[0].mean() < 0.25
    assert np.median(new.radius_mm) == pytest.approx(np.median(old.radius_mm), rel=0.01)
    assert off_middle(found, truth).mean() < 0.3


def test_all_other_branches_keep_their_points(a_tree, a_lumen):
    end = tips(a_tree)[-1]
    less = without_end(a_tree, end)
    more = with_end(less, end.point_lps, a_lumen)
    kept = [b for b in less.branches if any(b.points_lps is o.points_lps for o in more.branches)]
    assert len(kept) == len(less.branches) - 1  # all but the one that is cut in two
    cut = next(b for b in less.branches if b not in kept)
    halves = [b for b in more.branches if b.points_lps.base is not None]
    np.testing.assert_array_equal(
        np.concatenate([halves[0].points_lps, halves[1].points_lps[1:]]), cut.points_lps
    )
    for n, branch in enumerate(more.branches):
        assert branch.parent < n
        if branch.parent >= 0:
            start = more.branches[branch.parent].points_lps[-1]
            np.testing.assert_array_equal(branch.points_lps[0], start)


def test_without_a_scan_the_mask_alone_gives_the_vessel(truth, a_lumen):
    lumen = Lumen(a_lumen.mask)
    tree = trace(lumen.mask, silent())
    end = tips(tree)[0]
    found = with_end(without_end(tree, end), end.point_lps, lumen)
    assert len(found.branches) == 7
    assert off_middle(found, truth).mean() < 0.5


def test_a_dragged_end_stays_in_its_vessel(a_tree, a_lumen, truth):
    end = tips(a_tree)[1]
    old = a_tree.branches[end.branch]
    middle = old.points_lps[len(old.points_lps) // 2]
    short = with_end_moved(a_tree, end, middle, a_lumen)
    assert short.branches[end.branch].length_mm == pytest.approx(0.5 * old.length_mm, abs=1.0)
    others = [n for n in range(7) if n != end.branch]
    assert all(short.branches[n] is a_tree.branches[n] for n in others)
    back = with_end_moved(short, end_at(short, middle), end.point_lps, a_lumen)
    assert back.branches[end.branch].length_mm == pytest.approx(old.length_mm, abs=0.2)
    assert back.branches[end.branch].name == old.name
    assert off_middle(back, truth).mean() < 0.3


def test_the_root_is_dragged_as_any_other_end(a_tree, a_lumen):
    end = next(each for each in free_ends(a_tree) if each.is_root)
    old = a_tree.branches[end.branch]
    at = old.points_lps[10]
    found = with_end_moved(a_tree, end, at, a_lumen)
    assert np.linalg.norm(found.branches[end.branch].points_lps[0] - at) < 1.0
    np.testing.assert_array_equal(found.branches[end.branch].points_lps[-1], old.points_lps[-1])


@pytest.mark.parametrize("number", range(4))
def test_a_vessel_goes_on_where_it_was_cut_short(a_tree, a_lumen, number):
    """A click beyond an end makes the branch longer; no joint is left there."""
    end = tips(a_tree)[number]
    old = a_tree.branches[end.branch]
    short = with_end_moved(a_tree, end, old.points_lps[len(old.points_lps) // 2], a_lumen)
    found = with_end(short, end.point_lps, a_lumen)
    assert len(found.branches) == 7
    again = nearest_end(found, end.point_lps)
    assert found.branches[again.branch].length_mm == pytest.approx(old.length_mm, abs=0.3)


def test_a_root_set_by_hand_is_that_of_a_tree_traced_from_it(a_tree, a_lumen):
    end = tips(a_tree)[2]
    turned = with_root(a_tree, end.point_lps)
    traced = trace(
        a_lumen.mask,
        silent(),
        volume=a_lumen.volume,
        noise_hu=NOISE_HU,
        root_lps=end.point_lps,
    )
    assert np.linalg.norm(turned.branches[0].points_lps[0] - end.point_lps) < 1e-9
    assert np.linalg.norm(traced.branches[0].points_lps[0] - end.point_lps) < 0.5
    assert cKDTree(traced.joints).query(turned.joints)[0].max() < 0.3
    assert cKDTree(traced.points_lps).query(turned.points_lps)[0].mean() < 0.25


def test_no_end_where_there_is_no_vessel_or_one_already(a_tree, a_lumen):
    outside = a_tree.points_lps[0] + 60.0
    with pytest.raises(ViewerError, match="add the vessel to the map first"):
        with_end(a_tree, outside, a_lumen)
    with pytest.raises(ViewerError, match="traced already"):
        with_end(a_tree, a_tree.branches[0].points_lps[20], a_lumen)


def test_no_end_in_a_piece_that_hangs_on_nothing(a_tree, a_lumen):
    labels = a_lumen.mask.labels.copy()
    labels[:3, :3, :3] = ARTERY
    lumen = Lumen(VesselMask(labels, a_lumen.mask.grid), a_lumen.volume, NOISE_HU)
    with pytest.raises(ViewerError, match="not joined to a traced vessel"):
        with_end(a_tree, lumen.mask.grid.points_lps(np.array([[1.0, 1, 1]]))[0], lumen)


def test_a_side_branch_off_a_thick_straight_vessel_leaves_it_in_the_middle():
    trunk = vessels.line((0, 0, -40), (0, 0, 0)), vessels.line((0, 0, 0), (0, 0, 40))
    side = vessels.line((0, 0, 0), (35, 0, 0))
    tubes = [vessels.Tube(trunk[0], np.array(9.0)), vessels.Tube(trunk[1], np.array(9.0), 0)]
    truth = vessels.build([*tubes, vessels.Tube(side, np.array(2.5), 0)])
    lumen = lumen_of(truth)
    tree = traced(lumen)
    end = next(each for each in tips(tree) if each.point_lps[0] > 20)
    less = without_end(tree, end)
    assert len(less.branches) == 1
    found = with_end(less, end.point_lps, lumen)
    assert len(found.branches) == 3
    assert np.linalg.norm(found.joints[0]) < 0.8
    assert [branch.parent for branch in found.branches] == [-1, 0, 0]
