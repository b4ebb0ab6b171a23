"""Measures with honest errors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.geometry.centerline import trace
from viewer.geometry.measure import WHOLE, Measure, measures
from viewer.geometry.tree import VesselTree
from viewer.phantom.scan import coverage, grid_around, render
from viewer.phantom.vessels import straight_tube, y_tree
from viewer.progress import silent

NO_JOINTS = np.zeros((0, 3))


def by_quantity(found, branch):
    return {m.quantity: m for m in found if m.branch == branch}


@pytest.mark.parametrize("turn", [(0, 0, 0), (0.4, 0.1, -0.3), (0.1, 0.9, 0.2)])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (2, 0.7, 0.7), (0.5, 0.5, 0.5)])
@pytest.mark.parametrize("radius_mm", [2.5, 4, 7])
def test_the_truth_lies_within_three_standard_deviations(turn, spacing, radius_mm):
    tree = straight_tube(50, radius_mm)
    axes = Rotation.from_rotvec(turn).as_matrix()[:, ::-1]
    grid = grid_around(tree, spacing, turned=axes)
    mask = render(tree, grid)[1]
    found = measures(trace(mask, silent()), mask)
    of = by_quantity(found, 0)
    true_ml = float(coverage(tree, grid).sum(dtype=float)) * grid.voxel_mm3 / 1000
    checks = [
        (of["length"], 50),
        (of["mean diameter"], 2 * radius_mm),
        (by_quantity(found, -1)["volume"], true_ml),
    ]
    for measure, truth in checks:
        assert abs(measure.value - truth) < 3 * measure.sd, measure
        assert 0 < measure.sd < 0.25 * truth, measure


def test_finer_voxels_give_smaller_errors():
    tree = straight_tube(50, 4)
    sds = []
    for step in (0.5, 1.0):
        mask = render(tree, grid_around(tree, (step,) * 3))[1]
        sds.append({m.quantity: m.sd for m in measures(tree, mask)})
    assert all(sds[0][quantity] < sds[1][quantity] for quantity in sds[0])


def test_every_branch_has_its_rows(a_tree, a_mask):
    found = measures(a_tree, a_mask)
    assert found[0].quantity == "volume"
    assert (found[0].branch, found[0].name, found[0].unit) == (-1, "artery", "ml")
    assert found[0].value == a_mask.volume_ml(1)
    for branch, name in enumerate(("trunk", "left", "right")):
        of = by_quantity(found, branch)
        assert list(of) == ["length", "mean diameter", "least diameter", "greatest diameter"]
        assert {m.name for m in of.values()} == {name}
        assert of["least diameter"].value <= of["mean diameter"].value
        assert of["mean diameter"].value <= of["greatest diameter"].value


def test_a_daughters_diameter_is_taken_outside_its_parent():
    tree = y_tree(radius_mm=5)
    mask = render(tree, grid_around(tree))[1]
    traced = trace(mask, silent())
    of = by_quantity(measures(traced, mask), 1)
    true_mm = 2 * tree.branches[1].radius_mm[0]
    assert traced.branches[1].radius_mm[0] > 0.5 * true_mm + 0.3
    assert of["greatest diameter"].value < true_mm + 1.2
    assert of["mean diameter"].value == pytest.approx(true_mm, abs=0.5)
    assert np.isfinite([m.sd for m in of.values()]).all()


def test_what_is_invented_has_a_length_and_no_diameter(a_mask):
    branch = straight_tube(40, 3).branches[0]
    wide = np.where((branch.s_mm > 10) & (branch.s_mm < 20), 9.0, 3.0)
    bridged = replace(branch, radius_mm=wide, invented=((10.0, 20.0),))
    found = {m.quantity: m.value for m in measures(VesselTree((bridged,), NO_JOINTS), a_mask)}
    assert found["invented length"] == 10
    assert found["greatest diameter"] == pytest.approx(6)
    whole = replace(branch, invented=((0.0, 40.0),))
    names = [m.quantity for m in measures(VesselTree((whole,), NO_JOINTS), a_mask)]
    assert names == ["volume", "length", "invented length"]


def test_the_volume_of_an_earlier_measure_is_kept(a_mask, a_tree):
    before = (Measure(WHOLE, "artery", "volume", 1.5, 0.1, "ml"),)
    assert measures(a_tree, a_mask, before=before)[0] is before[0]
