"""Traced centerlines against trees that are known."""

import io
import json
import zipfile

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from viewer.errors import ViewerError
from viewer.geometry.centerline import trace
from viewer.phantom import vessels
from viewer.phantom.scan import grid_around, render
from viewer.progress import silent
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid

AXIAL = np.eye(3)[:, ::-1]
OBLIQUE = Rotation.from_rotvec((0.5, -0.3, 0.8)).as_matrix()
GRIDS = {
    "axial": ((1.0, 0.7, 0.7), AXIAL),
    "oblique": ((1.0, 1.0, 1.0), OBLIQUE),
    "thick": ((2.5, 0.66, 0.66), AXIAL),
    "left-handed": ((0.8, 1.0, 0.9), OBLIQUE[:, ::-1]),
}
TREES = {
    "tube": vessels.straight_tube,
    "arch": vessels.curved_tube,
    "stenosis": vessels.narrowed_tube,
    "Y": vessels.y_tree,
    "three generations": vessels.three_generations,
    "aorta": vessels.abdominal_aorta,
}


def mask_of(tree, spacing=(1.0, 1.0, 1.0), axes=AXIAL):
    return render(tree, grid_around(tree, spacing, turned=axes))[1]


def compared(found, truth, beyond_mm):
    """Distance to the true path and error of the radius, both in mm, away from joints."""
    dense = np.concatenate([refined(b.points_lps) for b in truth.branches])
    radius = np.concatenate([refined(b.radius_mm[:, None])[:, 0] for b in truth.branches])
    far, nearest = cKDTree(dense).query(found.points_lps)
    clear = np.ones(len(far), bool)
    for joint in truth.joints:
        clear &= np.linalg.norm(found.points_lps - joint, axis=1) > beyond_mm
    return far[clear], (found.radius_mm - radius[nearest])[clear]


def refined(values):
    at = np.linspace(0, len(values) - 1, 8 * len(values))
    return np.column_stack([np.interp(at, np.arange(len(values)), v) for v in values.T])


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("name", TREES)
def test_paths_radii_and_branches_are_found(name, grid):
    truth = TREES[name]()
    spacing, axes = GRIDS[grid]
    found = trace(mask_of(truth, spacing, axes), silent())
    voxel_mm = np.prod(spacing) ** (1 / 3)
    assert len(found.branches) == len(truth.branches)
    assert len(found.joints) == len(truth.joints)
    largest = truth.radius_mm.max()
    far, error = compared(found, truth, 2 * largest)
    assert np.median(far) < 0.35 * voxel_mm
    assert np.quantile(far, 0.95) < 0.8 * voxel_mm
    assert abs(np.median(error)) < 0.5 * voxel_mm
    assert np.quantile(np.abs(error), 0.95) < voxel_mm
    length = sum(b.length_mm for b in truth.branches)
    assert sum(b.length_mm for b in found.branches) == pytest.approx(length, rel=0.05)


def test_branches_run_from_joint_to_joint():
    found = trace(mask_of(vessels.random_tree(4, seed=3)), silent())
    assert len(found.branches) == 15
    for number, branch in enumerate(found.branches):
        assert branch.parent < number
        if branch.parent >= 0:
            start = found.branches[branch.parent].points_lps[-1]
            np.testing.assert_array_equal(branch.points_lps[0], start)
        steps = np.linalg.norm(np.diff(branch.points_lps, axis=0), axis=1)
        assert steps.max() < 1.5
    assert all(len(children) != 1 for children in found.children)
    assert [b.parent for b in found.branches].count(-1) == 1


def test_the_root_is_the_widest_end_or_the_one_asked_for():
    truth = vessels.y_tree()
    mask = mask_of(truth)
    widest = trace(mask, silent()).branches[0].points_lps[0]
    assert np.linalg.norm(widest - truth.branches[0].points_lps[0]) < 2
    asked = truth.branches[1].points_lps[-1]
    start = trace(mask, silent(), root_lps=asked).branches[0].points_lps[0]
    assert np.linalg.norm(start - asked) < 2


def test_a_thin_vessel_of_one_or_two_voxels_is_kept():
    truth = vessels.straight_tube(40, 0.8, (0.4, 0.3, 1))
    found = trace(mask_of(truth), silent())
    assert len(found.branches) == 1
    assert found.branches[0].length_mm == pytest.approx(40, abs=3)
    far, _ = compared(found, truth, 0)
    assert far.max() < 1


def test_bumps_on_the_wall_are_no_branches():
    truth = vessels.straight_tube(60, 5)
    mask = mask_of(truth)
    labels = mask.labels.copy()
    random = np.random.default_rng(0)
    wall = np.argwhere(labels)[random.integers(0, np.count_nonzero(labels), 60)]
    for k, j, i in wall:
        labels[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2] = 1
    labels[random.random(labels.shape) < 0.01] = 0
    found = trace(VesselMask(labels, mask.grid), silent())
    assert max(b.length_mm for b in found.branches) == pytest.approx(60, abs=4)
    assert len(found.branches) == 1


def test_short_side_branches_go_and_long_ones_stay():
    stub = vessels.Tube(vessels.line((0, 0, 0), (12, 0, 0)), np.array(2.0), 0)
    up = vessels.Tube(vessels.line((0, 0, -30), (0, 0, 0)), np.array(4.0))
    on = vessels.Tube(vessels.line((0, 0, 0), (0, 0, 30)), np.array(4.0), 0)
    mask = mask_of(vessels.build([up, on, stub]))
    assert len(trace(mask, silent(), shortest_mm=12).branches) == 1
    assert len(trace(mask, silent(), shortest_mm=5).branches) == 3


def test_a_flat_vessel_is_one_branch():
    labels = np.zeros((80, 40, 60), np.uint8)
    y, x = np.indices((40, 60)) - np.array([20, 30])[:, None, None]
    labels[:, (y / 7) ** 2 + (x / 12) ** 2 < 1] = 1
    found = trace(VesselMask(labels, Grid.regular(labels.shape)), silent())
    assert len(found.branches) == 1
    assert found.radius_mm[10:-10] == pytest.approx(7, abs=0.6)
    assert np.abs(found.points_lps[10:-10, 1] - 20).max() < 1


def test_a_loop_is_cut_where_it_is_thinnest():
    turn = np.linspace(0, 2 * np.pi, 200)
    ring = np.column_stack([20 * np.cos(turn), 20 * np.sin(turn), 0 * turn])
    radii = 3 - 1.2 * np.exp(-((turn - np.pi) ** 2))
    mask = mask_of(vessels.build([vessels.Tube(ring, radii)]))
    found = trace(mask, silent())
    ends = [found.branches[0].points_lps[0], found.branches[-1].points_lps[-1]]
    assert sum(b.length_mm for b in found.branches) == pytest.approx(40 * np.pi, rel=0.08)
    assert all(end[0] < -10 for end in ends)
    again = trace(mask, silent())
    np.testing.assert_array_equal(found.points_lps, again.points_lps)


def test_every_piece_gets_its_tree():
    labels = np.zeros((50, 40, 40), np.uint8)
    labels[5:45, 5:10, 5:10] = 1
    labels[5:45, 25:35, 25:35] = 1
    labels[20:22, 20:22, 3:5] = 1
    found = trace(VesselMask(labels, Grid.regular(labels.shape)), silent())
    assert [b.parent for b in found.branches] == [-1, -1]
    assert found.branches[0].radius_mm.mean() > found.branches[1].radius_mm.mean()


def test_the_line_reaches_the_last_slice_where_the_scan_ends():
    labels = np.zeros((50, 40, 40), np.uint8)
    y, x = np.indices((40, 40)) - 20
    labels[:, np.hypot(y, x) < 9] = 1
    found = trace(VesselMask(labels, Grid.regular(labels.shape)), silent())
    assert len(found.branches) == 1
    heights = found.points_lps[:, 2]
    assert heights.min() < 1.5
    assert heights.max() > 47.5
    assert found.radius_mm == pytest.approx(9, abs=0.6)


def test_a_cavity_in_the_lumen_changes_nothing():
    mask = mask_of(vessels.straight_tube(60, 6))
    labels = mask.labels.copy()
    k, j, i = np.array(labels.shape) // 2
    labels[k - 2 : k + 3, j - 2 : j + 3, i - 2 : i + 3] = 0
    found = trace(VesselMask(labels, mask.grid), silent())
    assert len(found.branches) == 1


def test_no_vessel_and_only_crumbs_get_a_sentence(no_mask):
    with pytest.raises(ViewerError, match="no artery in the mask"):
        trace(no_mask, silent())
    labels = np.zeros((9, 9, 9), np.uint8)
    labels[4, 4, 4] = 1
    with pytest.raises(ViewerError, match="is 8 mm long"):
        trace(VesselMask(labels, Grid.regular(labels.shape)), silent())


def test_the_real_malformation_has_hundreds_of_branches_inside_its_mask(the_avm):
    found = trace(the_avm, silent())
    assert len(found.branches) > 300
    index = np.rint(the_avm.grid.index(found.points_lps)).astype(int)
    inside = the_avm.labels[tuple(index.T)] == 1
    assert inside.mean() > 0.97
    # every voxel of the larger vessels is near some centerline
    voxels = np.argwhere(the_avm.labels == 1)[::50]
    far, near = cKDTree(found.points_lps).query(the_avm.grid.points_lps(voxels))
    assert np.mean(far < 2 * found.radius_mm[near] + 3) > 0.95


def test_the_line_runs_in_the_middle_of_a_real_aorta(shared_data):
    """Axial centroids and least widths of the aorta in IRCAD's expert mask."""
    import pydicom

    folder = shared_data("ircad01_ct_vessels_ccbyncnd")
    with zipfile.ZipFile(folder / "MASKS_DICOM.zip") as masks:
        slices = [
            pydicom.dcmread(io.BytesIO(masks.read(f"MASKS_DICOM/artery/image_{n}"))).pixel_array
            for n in range(129)
        ]
    labels = (np.stack(slices) > 0).astype(np.uint8)
    found = trace(VesselMask(labels, Grid.regular(labels.shape, (1.6, 0.57, 0.57))), silent())
    assert 20 < len(found.branches) < 50
    rows = json.loads((folder / "reference.json").read_text())["aorta_axial"]
    wide = [row for row in rows if row["min_width_mm"] > 14]
    far, error = [], []
    for row in wide:
        x, y = 0.57 * np.array(row["centroid_xy_index"])
        offset = found.points_lps - (x, y, 1.6 * row["z_index"])
        near = int(np.argmin(np.linalg.norm(offset, axis=1)))
        far.append(np.linalg.norm(offset[near]))
        error.append(2 * found.radius_mm[near] / row["min_width_mm"] - 1)
    assert len(wide) > 8
    assert np.median(far) < 1
    # the inscribed sphere is never wider than the section, and a rough section holds a smaller one
    assert -0.1 < np.median(error) < 0.02


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.59, 0.7, 0.9])
def test_cancel_answers_within_a_second(the_avm, seconds_to_stop, share):
    assert seconds_to_stop(lambda progress: trace(the_avm, progress), share) < 1
