"""Occlusions of made-up vessels whose ends are known."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.geometry.names_given import Named
from viewer.geometry.names_ways import Ways
from viewer.geometry.occlusion import occlusions
from viewer.geometry.stump import stumps
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import curve
from viewer.segment.mask import THROMBUS, VesselMask

GAP_MM = 20.0
BENT = [[0, 0, 0], [6, 0, 25], [4, 5, 50], [0, 0, 75], [-5, 0, 100]]


def piece(points, radius_mm, name=""):
    return Branch(points, np.broadcast_to(radius_mm, len(points)).copy(), -1, name)


def two_pieces(radius_mm=3.0, beyond_mm=3.0, gap_mm=GAP_MM):
    """A bent vessel of 100 mm that lacks its middle; its ends are half spheres."""
    path = curve(BENT)
    s = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    low, high = 0.5 * (s[-1] - gap_mm) - 3.0, 0.5 * (s[-1] + gap_mm) + 3.0
    before, after = path[s <= low], path[s >= high][::-1]
    return VesselTree((piece(before, radius_mm), piece(after, beyond_mm)), np.zeros((0, 3)))


def scanned(tree, **options):
    grid = grid_around(tree, (0.8,) * 3, margin_mm=12.0)
    return render(tree, grid, blur_mm=0.6, noise_hu=12, **options)


def named(tree, *names):
    return tuple(
        Named(n, 0.0, branch.length_mm, name, 0.9, "a test")
        for n, (branch, name) in enumerate(zip(tree.branches, names, strict=True))
    )


def test_a_closed_stretch_is_found_with_its_length():
    tree = two_pieces()
    volume, mask = scanned(tree)
    names = named(tree, "right femoral artery", "")
    (found,) = occlusions(tree, names, volume, mask)
    assert found.vessel == "right femoral artery"
    assert (found.branch, found.beyond) in ((0, 1), (1, 0))
    assert found.length.value == pytest.approx(GAP_MM, abs=2.0)
    assert abs(found.length.value - GAP_MM) < 2 * found.length.sd < 5
    ends = [branch.points_lps[-1] for branch in tree.branches]
    for point in (found.from_lps, found.to_lps):
        assert min(np.linalg.norm(point - end) for end in ends) == pytest.approx(3.0, abs=1.0)
    assert found.reference.value == pytest.approx(6.0, abs=0.8)
    assert found.between_hu == pytest.approx(40, abs=15)
    assert found.calcium_share == 0
    assert found.confidence > 0.7


def test_clot_and_calcium_in_it_are_told():
    tree = two_pieces()
    volume, mask = scanned(tree)
    path = curve(BENT)
    middle = mask.grid.nearest(path[int(0.47 * len(path)) : int(0.53 * len(path))])
    labels, hu = np.full(mask.labels.shape, THROMBUS, np.uint8), volume.voxels.copy()
    labels[mask.labels == 1] = 1
    for place in middle:
        block = tuple(slice(n - 3, n + 4) for n in place)
        hu[block] = np.random.default_rng(0).normal(900, 20, hu[block].shape)
    found = occlusions(tree, (), replace(volume, voxels=hu), VesselMask(labels, mask.grid))
    (found,) = found
    assert 0.1 < found.calcium_share < 0.7
    assert any("thrombus" in reason for reason in found.reasons)
    assert any("Calcium" in reason for reason in found.reasons)


def test_blood_that_the_map_missed_is_no_occlusion():
    tree = two_pieces()
    path = curve(BENT)
    whole = VesselTree((piece(path, 3.0),), np.zeros((0, 3)))
    volume, _ = scanned(whole)
    _, mask = scanned(tree)
    assert occlusions(tree, (), volume, VesselMask(mask.labels, mask.grid)) == ()


def test_ends_of_unlike_vessels_do_not_belong_together():
    tree = two_pieces(radius_mm=4.0, beyond_mm=1.4)
    assert occlusions(tree, (), *scanned(tree)) == ()
    tree = two_pieces()
    names = named(tree, "basilar artery", "left internal carotid artery")
    assert occlusions(tree, names, *scanned(tree)) == ()


def test_a_vessel_that_runs_out_is_not_closed():
    path = curve(BENT)
    thin = np.linspace(3.0, 0.6, 160)
    tree = VesselTree((piece(path[:160], thin), piece(path[:-161:-1], thin)), np.zeros((0, 3)))
    assert occlusions(tree, (), *scanned(tree)) == ()


def test_a_blanked_out_scan_shows_none():
    tree = two_pieces()
    volume, mask = scanned(tree)
    hu = np.where(volume.voxels > 150, volume.voxels, 0)
    assert occlusions(tree, (), replace(volume, voxels=hu), mask) == ()


def test_faint_contrast_shows_none():
    tree = two_pieces()
    assert occlusions(tree, (), *scanned(tree, lumen_hu=130)) == ()


@pytest.mark.parametrize(
    ("name", "count"), [("left external iliac artery", 1), ("left renal artery", 0), ("", 0)]
)
def test_a_lone_end_counts_only_where_the_vessel_always_goes_on(name, count):
    tree = VesselTree(two_pieces().branches[:1], np.zeros((0, 3)))
    volume, mask = scanned(tree)
    found = occlusions(tree, named(tree, name), volume, mask)
    assert len(found) == count
    for each in found:
        assert each.to_lps is None
        assert not each.length.known
        assert each.length.missing
        assert each.confidence <= 0.5


def test_a_vessel_that_leaves_the_scan_is_not_closed():
    tree = VesselTree(two_pieces().branches[:1], np.zeros((0, 3)))
    volume, mask = scanned(tree)
    top = int(mask.grid.index(tree.branches[0].points_lps[-1])[0]) - 6
    grid = replace(mask.grid, shape=(top, *mask.grid.shape[1:]))
    inside = [p for p in tree.branches[0].points_lps if grid.index(p)[0] < top - 1]
    cut = VesselTree((piece(np.array(inside), 3.0),), np.zeros((0, 3)))
    volume = replace(volume, voxels=volume.voxels[:top].copy(), grid=grid)
    mask = VesselMask(mask.labels[:top].copy(), grid)
    assert occlusions(cut, named(cut, "left external iliac artery"), volume, mask) == ()


def hidden_end(branch, mm, aside_mm, thin_mm):
    """A branch whose last millimeters lie aside and thin: what a map shows beside a clot's tip."""
    points, radius = branch.points_lps.copy(), branch.radius_mm.copy()
    last = branch.length_mm - branch.s_mm < mm
    points[last] += np.array([aside_mm, 0.0, 0.0])
    radius[last] = thin_mm
    return replace(branch, points_lps=points, radius_mm=radius)


def test_an_end_that_the_map_shows_beside_the_clot_keeps_the_width_of_its_vessel():
    tree = two_pieces()
    volume, mask = scanned(tree)
    before, after = tree.branches
    thin = VesselTree((hidden_end(before, 9.0, 1.8, 1.2), after), np.zeros((0, 3)))
    (found,) = occlusions(thin, (), volume, mask)
    assert found.reference.value == pytest.approx(6.0, abs=0.8)
    assert found.length.value == pytest.approx(GAP_MM, abs=3.0)


def test_the_blood_of_a_winding_vessel_is_read_along_it():
    turn = np.linspace(0, 2 * np.pi, 160)
    ring = np.stack([9 * np.sin(turn), np.zeros(160), 9 - 9 * np.cos(turn)], axis=1)
    straight = np.stack([np.linspace(-40, -0.3, 120), np.zeros(120), np.zeros(120)], axis=1)
    winds = np.concatenate([straight, ring[ring[:, 2] <= 18][:125]])
    (end,) = stumps_of(winds, 1.6)
    assert end.blood_hu == pytest.approx(400, abs=40)


def stumps_of(points, radius_mm):
    """The stumps of one vessel at its end."""
    tree = VesselTree((piece(points, radius_mm),), np.zeros((0, 3)))
    volume, mask = scanned(tree)
    return [each for each in stumps(Ways(tree), volume, mask) if each.forward]


def ring_of(around_mm):
    """A closed vessel whose two sides are joined by another one that is so wide (radius)."""
    before, after = two_pieces().branches
    start, end = before.points_lps[0], after.points_lps[0]
    around = curve([start, [40, 0, 20], [55, 0, 50], [40, 0, 80], end])
    return VesselTree((before, after, piece(around, around_mm)), np.zeros((0, 3)))


@pytest.mark.parametrize(("around_mm", "count"), [(1.2, 1), (2.6, 0)])
def test_a_far_side_that_wide_vessels_feed_is_not_closed_off(around_mm, count):
    tree = ring_of(around_mm)
    assert len(occlusions(tree, (), *scanned(tree))) == count


def forked(fork_mm):
    """A vessel that ends in two, at right angles, and another one that faces it."""
    tree = two_pieces()
    tip = tree.branches[0].points_lps[-1]
    arms = [np.linspace(tip, tip + np.array([x, 0.0, 0.0]), 80) for x in (-22.0, 22.0)]
    sides = [piece(arm, fork_mm) for arm in arms]
    return VesselTree((*tree.branches, *sides), np.zeros((0, 3)))


def test_a_vessel_that_divides_does_not_end():
    assert len(occlusions(forked(0.9), (), *scanned(forked(0.9)))) == 1
    assert occlusions(forked(1.7), (), *scanned(forked(1.7))) == ()


def test_a_stub_that_the_tree_leaves_out_is_an_end_all_the_same():
    before, after = two_pieces(gap_mm=14.0).branches
    rest = before.points_lps[before.length_mm - before.s_mm > 10.0]
    side = piece(np.linspace(rest[-1], rest[-1] + [25, 0, 0], 80), 2.6)
    whole = VesselTree((before, after, side), np.zeros((0, 3)))
    volume, mask = scanned(whole)
    traced = VesselTree((piece(rest, 3.0), after, side), np.zeros((0, 3)))
    (found,) = occlusions(traced, (), volume, mask)
    assert found.length.value == pytest.approx(14.0, abs=2.0)


def test_a_stub_that_the_tree_leaves_out_does_not_tell_where_it_points_far_on():
    before, after = two_pieces(gap_mm=45.0).branches
    rest = before.points_lps[before.length_mm - before.s_mm > 10.0]
    side = piece(np.linspace(rest[-1], rest[-1] + [25, 0, 0], 80), 2.6)
    volume, mask = scanned(VesselTree((before, after, side), np.zeros((0, 3))))
    traced = VesselTree((before, after), np.zeros((0, 3)))
    assert len(occlusions(traced, (), volume, mask)) == 1
    short = VesselTree((piece(rest, 3.0), after, side), np.zeros((0, 3)))
    assert occlusions(short, (), volume, mask) == ()
