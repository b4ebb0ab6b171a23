"""Trees from a mask and its scan, against trees that are known exactly."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from viewer.errors import ViewerError
from viewer.geometry.centerline import trace
from viewer.phantom import vessels
from viewer.phantom.scan import grid_around, render
from viewer.progress import silent
from viewer.segment.mask import BONE, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

NOISE_HU = 20.0
FINE, USUAL, TALL, THICK = (0.3,) * 3, (0.8,) * 3, (1.0, 0.7, 0.7), (5.0, 0.7, 0.7)


def scanned(truth, spacing, seed, noise_hu=NOISE_HU):
    """A noisy blurred scan on an oblique grid, and its voxels above the half maximum."""
    turned = Rotation.random(random_state=seed).as_matrix()
    grid = grid_around(truth, spacing, turned=turned)
    blur = 0.6 * float(np.cbrt(grid.voxel_mm3))
    volume, mask = render(truth, grid, blur_mm=blur, noise_hu=noise_hu, seed=seed)
    return volume, VesselMask((volume.voxels > 220).astype(np.uint8), mask.grid)


def traced(truth, spacing, seed, noise_hu=NOISE_HU):
    volume, mask = scanned(truth, spacing, seed, noise_hu)
    return trace(mask, silent(), volume=volume, noise_hu=noise_hu)


def off_middle(found, truth):
    """Distances (n,) in mm of a tree's points from the true paths."""
    dense = []
    for branch in truth.branches:
        s = np.linspace(0, branch.length_mm, int(branch.length_mm / 0.02))
        dense.append(np.column_stack([np.interp(s, branch.s_mm, x) for x in branch.points_lps.T]))
    return cKDTree(np.concatenate(dense)).query(found.points_lps)[0]


def length_of(tree):
    return sum(branch.length_mm for branch in tree.branches)


def ends_of(tree):
    free = sum(not children for children in tree.children)
    return free + sum(branch.parent < 0 for branch in tree.branches)


def kinds(tree):
    return [repair.kind for repair in tree.repairs]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("spacing", [USUAL, TALL, THICK])
def test_three_generations_are_seven_branches(spacing, seed):
    noise = NOISE_HU if spacing == THICK else NOISE_HU + 2.0 * seed
    found = traced(vessels.three_generations(), spacing, seed, noise)
    assert (len(found.branches), len(found.joints), ends_of(found)) == (7, 3, 5)
    assert "touching" not in kinds(found)


@pytest.mark.parametrize("seed", range(10))
def test_random_trees_keep_all_their_branches(seed):
    found = traced(vessels.random_tree(3, seed), USUAL, seed)
    assert (len(found.branches), len(found.joints), ends_of(found)) == (7, 3, 5)


@pytest.mark.parametrize(
    "make", [vessels.straight_tube, vessels.curved_tube, vessels.narrowed_tube, vessels.y_tree]
)
@pytest.mark.parametrize("spacing", [FINE, USUAL, TALL])
def test_middles_and_lengths_are_exact(make, spacing):
    truth = make()
    found = traced(truth, spacing, 3)
    most = 0.05 if spacing == FINE else 0.1 * float(np.cbrt(np.prod(spacing)))
    assert off_middle(found, truth).mean() < most
    assert length_of(found) == pytest.approx(length_of(truth), rel=0.005)


@pytest.mark.parametrize("seed", range(10))
def test_middles_and_lengths_of_dividing_vessels_are_exact(seed):
    truth = vessels.random_tree(3, seed)
    found = traced(truth, USUAL, seed)
    assert off_middle(found, truth).mean() < 0.08
    assert length_of(found) == pytest.approx(length_of(truth), rel=0.005)
    assert cKDTree(truth.joints).query(found.joints)[0].max() < 0.7


def test_joints_are_shared_exactly():
    found = traced(vessels.three_generations(), USUAL, 0)
    for branch in found.branches:
        if branch.parent >= 0:
            parent = found.branches[branch.parent].points_lps[-1]
            np.testing.assert_array_equal(branch.points_lps[0], parent)
            assert (found.joints == parent).all(axis=1).any()


def test_the_scan_moves_the_line_off_a_wrong_mask():
    truth = vessels.straight_tube(50, 4)
    volume, mask = scanned(truth, USUAL, 1)
    # one side of the wall is drawn two voxels too far
    wrong = VesselMask(mask.labels | np.roll(mask.labels, 2, axis=2), mask.grid)
    plain = trace(wrong, silent())
    found = trace(wrong, silent(), volume=volume, noise_hu=NOISE_HU)
    assert np.median(off_middle(plain, truth)) > 0.4
    assert np.median(off_middle(found, truth)) < 0.08


TOUCHING = {
    "cross": [(-30, 0, 0), (30, 0, 0)],
    "shallow": [(-12, 0, -27), (12, 0, 27)],
    "beside": [(0, 8, -30), (0, 0.8, -8), (0, 0, 0), (0, 0.8, 8), (0, 8, 30)],
}


@pytest.mark.parametrize("radius", [3.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", TOUCHING)
def test_vessels_that_touch_stay_two(name, seed, radius):
    trunk = vessels.Tube(vessels.line((0, 0, -30), (0, 0, 30)), np.array(3.0))
    path = np.add(vessels.curve(TOUCHING[name]), (0, 3.0 + radius, 0))
    truth = vessels.build([trunk, vessels.Tube(path, np.array(radius))])
    found = traced(truth, USUAL, seed)
    assert [branch.parent for branch in found.branches] == [-1, -1]
    assert off_middle(found, truth).mean() < 0.08
    assert kinds(found).count("touching") == 1


def test_branches_at_one_level_are_no_vessels_that_touch():
    aorta = vessels.line((0, 0, -40), (0, 0, 0)), vessels.line((0, 0, 0), (0, 0, 40))
    renal = vessels.curve([(0, 0, 0), (20, 4, -4), (40, 14, -8)])
    tubes = [vessels.Tube(aorta[0], np.array(7.0)), vessels.Tube(aorta[1], np.array(7.0), 0)]
    tubes += [vessels.Tube(renal * (side, 1, 1), np.array(2.5), 0) for side in (-1, 1)]
    found = traced(vessels.build(tubes), USUAL, 0)
    assert ends_of(found) == 4
    assert "touching" not in kinds(found)


def test_a_ring_is_opened_and_told():
    turn = np.linspace(0, 2 * np.pi, 200)
    ring = np.column_stack([20 * np.cos(turn), 20 * np.sin(turn), 0 * turn])
    found = traced(vessels.build([vessels.Tube(ring, np.array(3.0))]), USUAL, 0)
    assert len(found.branches) == 1
    assert length_of(found) == pytest.approx(40 * np.pi, rel=0.05)
    assert kinds(found) == ["loop"]


def test_pieces_and_crumbs_are_told():
    labels = np.zeros((50, 40, 40), np.uint8)
    labels[5:45, 5:10, 5:10] = labels[5:45, 25:35, 25:35] = labels[20:26, 20:22, 3:5] = 1
    found = trace(VesselMask(labels, Grid.regular(labels.shape)), silent())
    assert sorted(kinds(found)) == ["crumbs", "pieces"]


k, j, i = np.indices((24, 24, 24)) - 12
BAD = {
    "one voxel": (abs(k) + abs(j) + abs(i)) == 0,
    "all vessel": np.ones((24, 24, 24)),
    "leaves the scan": np.hypot(j, i) < 5,
    "stent": (abs(np.hypot(j, i) - 6) < 1) & ((k + i) % 3 > 0),
    "tube without a lumen": abs(np.hypot(j, i) - 8) < 1,
    "plate": k == 0,
    "noise": np.random.default_rng(0).random((24, 24, 24)) < 0.2,
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), THICK])
@pytest.mark.parametrize("scan", ["flat", "metal", "none"])
def test_bad_input_gives_a_tree_or_a_sentence(name, spacing, scan):
    labels = BAD[name].astype(np.uint8)
    grid = Grid.regular(labels.shape, spacing)
    hu = np.where((labels == 1) & (scan == "metal"), 3071, 40).astype(np.int16)
    volume = None if scan == "none" else Volume(hu, grid)
    mask = VesselMask(labels, grid)
    if name in ("one voxel",):
        with pytest.raises(ViewerError, match="nothing was changed"):
            trace(mask, silent(), volume=volume)
        return
    found = trace(mask, silent(), volume=volume)
    assert np.isfinite(found.points_lps).all()
    assert (found.radius_mm > 0).all()
    index = grid.index(found.points_lps)
    assert (index >= -1).all()
    assert (index <= np.array(labels.shape)).all()


@pytest.mark.parametrize("label", [0, BONE])
def test_a_mask_without_vessels_gets_a_sentence(label):
    labels = np.full((20, 20, 20), label, np.uint8)
    with pytest.raises(ViewerError, match="no artery in the mask"):
        trace(VesselMask(labels, Grid.regular(labels.shape)), silent())
