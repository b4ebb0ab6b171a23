"""Sacs beside made-up vessels and where they divide, whose necks and volumes are known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.geometry.names_given import Named
from viewer.geometry.sac import sac_at, sacs
from viewer.geometry.tree import Branch, VesselTree
from viewer.geometry.tubes import domes
from viewer.phantom.scan import coverage, grid_around
from viewer.phantom.vessels import y_tree
from viewer.progress import silent
from viewer.segment.mask import ARTERY, CHAMBER, THROMBUS, VesselMask


def a_line(radius_mm=2.0, long_mm=28.0):
    z = np.arange(-0.5 * long_mm, 0.5 * long_mm + 0.1, 0.5)
    path = np.column_stack([0 * z, 0 * z, z])
    return VesselTree((Branch(path, np.full(len(z), radius_mm), -1, "artery"),), np.zeros((0, 3)))


def with_ball(tree, middle, ball_mm, *, voxel_mm=0.4, turned=None, margin_mm=4.0):
    """The mask of a tree with a ball, and the volume (ml) of the ball outside the vessels."""
    grid = grid_around(tree, (voxel_mm,) * 3, margin_mm=2 * ball_mm + margin_mm, turned=turned)
    vessel = coverage(tree, grid)
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    far = np.linalg.norm(grid.points_lps(index) - middle, axis=-1)
    ball = np.clip(0.5 + (ball_mm - far) / voxel_mm, 0, 1)
    share = np.maximum(vessel, ball)
    labels = np.where(share >= 0.5, ARTERY, 0).astype(np.uint8)
    return VesselMask(labels, grid), float((share - vessel).sum()) * grid.voxel_mm3 / 1000


@pytest.mark.parametrize(("ball", "away"), [(4.0, 5.0), (3.0, 4.2), (7.0, 8.0)])
@pytest.mark.parametrize("seed", range(2))
def test_a_sac_on_a_wall_is_found_and_measured(ball, away, seed):
    turn = Rotation.from_rotvec(0.3 * np.random.default_rng(seed).uniform(-1, 1, 3)).as_matrix()
    tree = a_line()
    mask, volume = with_ball(tree, [away, 0, 1.3], ball, turned=turn[:, ::-1])
    (found,) = sacs(tree, (Named(0, 0.0, 28.0, "left renal artery", 0.9, ""),), mask, silent())
    assert (found.vessel, found.branches, found.at_division) == ("left renal artery", (0,), False)
    assert found.way == pytest.approx([1, 0, 0], abs=0.1)
    assert found.mouth_lps == pytest.approx([2.2, 0, 1.3], abs=0.8)
    assert found.volume.value == pytest.approx(volume, rel=0.06)
    assert found.volume.value == pytest.approx(volume, abs=3 * found.volume.sd)
    assert found.diameter_max.value == pytest.approx(2 * ball, abs=0.5)
    assert found.width.value == pytest.approx(2 * ball, abs=0.5)
    # Along the vessel the ball cuts its wall at x = 2, y = 0.
    neck = 2 * np.sqrt(ball**2 - (away - 2) ** 2)
    assert found.neck.value == pytest.approx(neck, abs=0.9)
    assert found.height.value == pytest.approx(away + ball - 2, abs=0.5)
    assert found.aspect_ratio.value == pytest.approx(
        found.height.value / found.neck.value, rel=1e-6
    )
    assert found.parent_diameter.value == pytest.approx(4.0, abs=0.1)


def test_a_sac_where_vessels_divide_sits_on_all_of_them():
    tree = y_tree(length_mm=30.0, radius_mm=2.5)
    top = tree.branches[0].points_lps[-1] + [0, 0, 6.5]
    mask, volume = with_ball(tree, top, 4.0)
    (found,) = sacs(tree, (), mask, silent())
    assert found.at_division
    assert {1, 2} <= set(found.branches)
    assert found.way @ [0, 0, 1] > 0.9
    assert found.volume.value == pytest.approx(volume, rel=0.15)
    assert found.neck.known


def test_a_branch_into_the_sac_is_no_vessel_of_it():
    whole = a_line()
    points, radius = whole.branches[0].points_lps, whole.branches[0].radius_mm
    half = len(points) // 2
    into = np.array([[x, 0.0, 0.0] for x in np.arange(0, 9.1, 0.5)]) + points[half]
    inside = np.array([2.0, 2.0, 2.0, 2.0, 2.2, 2.4, *np.linspace(2.6, 5.0, 13)])
    tree = VesselTree(
        (
            Branch(points[: half + 1].copy(), radius[: half + 1].copy(), -1),
            Branch(points[half:].copy(), radius[half:].copy(), 0),
            Branch(into, inside, 0),
        ),
        points[[half]],
    )
    assert domes(tree) == {2}
    mask, volume = with_ball(whole, points[half] + [6.5, 0, 0], 5.0)
    (found,) = sacs(tree, (), mask, silent())
    assert set(found.branches) == {0, 1}
    assert not found.at_division
    assert found.volume.value == pytest.approx(volume, rel=0.1)


def test_the_clot_in_a_sac_counts_to_it_and_not_to_its_lumen():
    tree = a_line()
    mask, volume = with_ball(tree, [7.0, 0, 0], 6.0)
    labels = mask.labels.copy()
    x = mask.grid.points_lps(np.moveaxis(np.indices(labels.shape), 0, -1))[..., 0]
    labels[(labels == ARTERY) & (x > 7.0)] = THROMBUS
    (found,) = sacs(tree, (), VesselMask(labels, mask.grid), silent())
    assert found.volume.value == pytest.approx(volume, rel=0.06)
    assert 0.3 * volume < found.lumen_volume.value < 0.6 * volume
    assert found.thrombus_volume.value == pytest.approx(
        found.volume.value - found.lumen_volume.value
    )


def test_healthy_vessels_have_none():
    for tree in (a_line(), y_tree()):
        mask, _ = with_ball(tree, tree.branches[0].points_lps[5], 1.0)
        assert sacs(tree, (), mask, silent()) == ()
        assert sac_at(tree, (), mask, tree.branches[0].points_lps[5]) is None


def test_what_the_scan_cuts_and_the_heart_are_no_sacs():
    tree = a_line()
    mask, _ = with_ball(tree, [5.0, 0, 0], 4.0)
    column = int(mask.grid.index(np.array([7.0, 0, 0]))[2])
    grid = type(mask.grid)((*mask.labels.shape[:2], column), mask.grid.lps_from_index)
    cut = VesselMask(mask.labels[:, :, :column].copy(), grid)
    assert sacs(tree, (), cut, silent()) == ()
    labels = mask.labels.copy()
    labels[:, :, column:][labels[:, :, column:] == 0] = CHAMBER
    assert sacs(tree, (), VesselMask(labels, mask.grid), silent()) == ()


def test_a_stub_of_a_branch_is_a_sac_only_where_a_person_says_so():
    tree = a_line()
    stub = np.array([[x, 0.0, 0.0] for x in np.arange(0, 8.1, 0.5)])
    with_stub = VesselTree((*tree.branches, Branch(stub, np.full(len(stub), 1.0))), tree.joints)
    mask, _ = with_ball(with_stub, [0, 0, 0], 1.0)
    assert sacs(tree, (), mask, silent()) == ()
    found = sac_at(tree, (), mask, np.array([4.0, 0, 0]))
    assert found is not None
    assert found.height.value == pytest.approx(7.0, abs=0.6)
    assert found.width.value == pytest.approx(2.0, abs=0.5)
