"""Which branch a place belongs to."""

import numpy as np
import pytest

from viewer.geometry.branches import descendants, nearest_branch, voxels_of
from viewer.geometry.tree import VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import abdominal_aorta, three_generations
from viewer.segment.mask import VesselMask


def test_descendants_are_all_branches_beyond():
    tree = three_generations()
    assert descendants(tree, 0) == {1, 2, 3, 4, 5, 6}
    left = next(n for n, b in enumerate(tree.branches) if b.name == "1.1")
    assert {tree.branches[n].name for n in descendants(tree, left)} == {"1.1.1", "1.1.2"}
    assert descendants(tree, 6) == set()


def test_nearest_branch_counts_from_the_wall():
    tree = abdominal_aorta()
    names = [b.name for b in tree.branches]
    renal = names.index("left renal artery")
    middle = len(tree.branches[renal].points_lps) // 2
    at = tree.branches[renal].points_lps[middle]
    branch, point, far = nearest_branch(tree, at + np.array([0, 0, 2.6]))
    assert (names[branch], point) == ("left renal artery", pytest.approx(middle, abs=2))
    assert abs(far) < 0.4
    # 8 mm beside the aorta's axis is inside the aorta though a thin vessel's axis is nearer
    inside = tree.branches[renal].points_lps[0] + np.array([-7.0, 0, 1])
    assert names[nearest_branch(tree, inside)[0]] == "aorta"
    with pytest.raises(ValueError, match="without branches"):
        nearest_branch(VesselTree((), np.zeros((0, 3))), at)


def test_every_voxel_belongs_to_one_branch(a_mask, a_tree):
    parts = [voxels_of(a_mask, a_tree, [n]) for n in range(3)]
    assert all(part.dtype == bool and part.shape == a_mask.labels.shape for part in parts)
    np.testing.assert_array_equal(np.sum(parts, axis=0), a_mask.labels == 1)
    np.testing.assert_array_equal(voxels_of(a_mask, a_tree, {1, 2}), parts[1] | parts[2])
    assert not voxels_of(a_mask, a_tree, []).any()


def test_a_branchs_voxels_have_its_volume():
    tree = abdominal_aorta()
    grid = grid_around(tree, (1.2, 1, 1))
    mask = render(tree, grid)[1]
    names = [b.name for b in tree.branches]
    voxels = voxels_of(mask, tree, [names.index("SMA")])
    sma = tree.branches[names.index("SMA")]
    outside = sma.s_mm > 8.5
    true_ml = np.trapezoid(np.pi * sma.radius_mm[outside] ** 2, sma.s_mm[outside]) / 1000
    assert voxels.sum() * grid.voxel_mm3 / 1000 == pytest.approx(true_ml, rel=0.15)
    aorta = grid.points_lps(np.argwhere(voxels))
    axis = np.column_stack([0 * aorta[:, 0], -1.5 + 0 * aorta[:, 0], aorta[:, 2]])
    assert np.linalg.norm(aorta - axis, axis=1).min() > 5


def test_other_labels_are_left_alone(a_mask, a_tree):
    labels = a_mask.labels.copy()
    labels[labels == 1] = 2
    other = VesselMask(labels, a_mask.grid)
    assert not voxels_of(other, a_tree, [0]).any()
    assert voxels_of(other, a_tree, [0], label=2).any()
