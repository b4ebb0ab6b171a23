"""The truth of narrowings and widenings, measured again on fine samples of what was made."""

import numpy as np
import pytest

from tests.phantom.sampling import box_points, dense, lumen_mm, plane_points, volume_ml
from viewer.phantom import vessels as made
from viewer.phantom.body import make_body
from viewer.phantom.disease import DISEASES, add_diseases
from viewer.phantom.scene import Solid, Vessels
from viewer.phantom.tissue import Tissue

BODY = make_body(np.random.default_rng(0), 0)


def sick(key, severity=0.6, seed=1, length_mm=160.0, radius_mm=5.0):
    """A straight vessel along z with a disease, its solids and the last lesion."""
    tree = made.straight_tube(length_mm, radius_mm)
    wanted = Vessels(tree, (DISEASES[key].blood,))
    vessels, solids, lesions = add_diseases(
        wanted, BODY, {key: severity}, np.random.default_rng(seed)
    )
    return vessels, solids, lesions[-1]


def made_of(solids, tissue):
    return [each for each in solids if isinstance(each, Solid) and each.tissue is tissue]


@pytest.mark.parametrize(
    "key",
    ["stenosis", "eccentric-stenosis", "calcified-stenosis", "soft-plaque", "coarctation",
     "vasculitis", "fibromuscular-dysplasia", "tumor-encasement"],
)  # fmt: skip
def test_stenosis_is_that_of_the_smallest_cross_section(key):
    vessels, _, lesion = sick(key)
    points, radii = dense(vessels.tree.branches[0], 0.05)
    slice_at = points[np.argmin(radii)]
    plane = plane_points(slice_at[2], 6.0, 0.15)
    area = (lumen_mm(vessels.tree, plane) < 0).sum() * 0.15**2
    wanted = np.pi * (lesion.numbers["minimal_lumen_diameter_mm"] / 2) ** 2
    # round cones let the wider neighbors bulge a little into the narrowest plane
    assert area == pytest.approx(wanted, rel=0.06, abs=0.2)
    healthy = np.pi * 5.0**2
    assert lesion.numbers["area_stenosis"] == pytest.approx(1 - area / healthy, abs=0.03)
    assert lesion.numbers["reference_diameter_mm"] == pytest.approx(10)


def test_eccentric_plaque_fills_one_wall_alone():
    vessels, (plaque,), lesion = sick("eccentric-stenosis")
    branch = vessels.tree.branches[0]
    worst = int(np.argmin(branch.radius_mm))
    center = branch.points_lps[worst]
    assert np.hypot(*center[:2]) == pytest.approx(lesion.numbers["off_center_mm"], abs=0.05)
    toward = np.array([*center[:2], 0]) / np.hypot(*center[:2])
    wall_mm = {}
    for side in (1, -1):
        ray = center + np.linspace(0, 10, 1000)[:, None] * side * toward
        in_plaque = (plaque.distance_mm(ray) < 0) & (lumen_mm(vessels.tree, ray) > 0)
        wall_mm[side] = in_plaque.sum() * 0.01
    assert wall_mm[-1] > 4 * wall_mm[1]


def test_plaque_volume_is_that_between_lumen_and_wall():
    vessels, (plaque,), lesion = sick("soft-plaque", 0.8)
    points = box_points(plaque.box_lps, 0.4)
    inside = (plaque.distance_mm(points) < 0) & (lumen_mm(vessels.tree, points) > 0)
    assert volume_ml(inside, 0.4) == pytest.approx(lesion.numbers["plaque_volume_ml"], rel=0.05)


def test_beads_can_be_counted():
    vessels, _, lesion = sick("fibromuscular-dysplasia", 0.7)
    radius = vessels.tree.branches[0].radius_mm
    peaks = (radius[1:-1] > radius[:-2]) & (radius[1:-1] >= radius[2:]) & (radius[1:-1] > 5.2)
    assert peaks.sum() == lesion.numbers["bead_count"]


def test_thrombus_and_diameter_of_an_aneurysm():
    vessels, (sac,), lesion = sick("aneurysm-with-thrombus")
    points = box_points(sac.box_lps, 0.7)
    whole, lumen = sac.distance_mm(points) < 0, lumen_mm(vessels.tree, points) < 0
    numbers = lesion.numbers
    assert volume_ml(whole & ~lumen, 0.7) == pytest.approx(numbers["thrombus_volume_ml"], rel=0.04)
    assert volume_ml(whole, 0.7) == pytest.approx(numbers["volume_ml"], rel=0.03)
    seen = np.ptp(points[whole][:, 0]) + 0.7
    assert seen == pytest.approx(numbers["maximal_diameter_mm"], abs=0.8)


@pytest.mark.parametrize("key", ["saccular-aneurysm", "ulcer"])
def test_sac_volume_neck_and_height(key):
    _, solids, lesion = sick(key, 0.8)
    (sac,) = made_of(solids, Tissue.ARTERY)
    points = box_points(sac.box_lps, 0.4)
    far = np.hypot(points[:, 0], points[:, 1])
    inside = (sac.distance_mm(points) < 0) & (far > 5)
    numbers = lesion.numbers
    volume = numbers["volume_ml" if key == "ulcer" else "sac_volume_ml"]
    assert volume_ml(inside, 0.4) == pytest.approx(volume, rel=0.04)
    height = numbers["depth_mm" if key == "ulcer" else "height_mm"]
    assert far[inside].max() - 5 == pytest.approx(height, abs=0.5)
    way = points[inside][np.argmax(far[inside])]
    out = np.array([way[0], way[1], 0]) / np.hypot(way[0], way[1])
    z = np.arange(-30, 30, 0.05) + lesion.at_lps[2]
    on_wall = out * 5 + np.column_stack([0 * z, 0 * z, z])
    neck = (sac.distance_mm(on_wall) < 0).sum() * 0.05
    assert neck == pytest.approx(numbers["neck_width_mm"], abs=0.4)


def test_a_closed_vessel_is_bridged_by_its_collaterals():
    vessels, (clot,), lesion = sick("occlusion", 0.5)
    branches = vessels.tree.branches
    thin = [b for b in branches if b.name.startswith("collateral")]
    assert len(thin) == lesion.numbers["collateral_count"]
    closed = branches[lesion.branch]
    for each in thin:
        np.testing.assert_array_equal(each.points_lps[0], closed.points_lps[0])
        assert np.linalg.norm(each.points_lps[-1] - closed.points_lps[-1]) < 0.6
        assert (clot.distance_mm(each.points_lps) > 0).all()
    z = np.arange(-80, 80, 0.1)
    filled = clot.distance_mm(np.column_stack([0 * z, 0 * z, z])) < 0
    assert filled.sum() * 0.1 == pytest.approx(lesion.numbers["occluded_length_mm"], abs=0.3)


def test_tumor_holds_the_wall_over_its_degrees():
    for severity in (0.1, 0.4, 0.7, 1.0):
        vessels, (mass,), lesion = sick("tumor-encasement", severity)
        branch = vessels.tree.branches[0]
        n = int(np.argmin(np.linalg.norm(branch.points_lps - lesion.at_lps, axis=1)))
        turn = np.radians(np.arange(0, 360, 0.5))
        ring = np.column_stack([np.cos(turn), np.sin(turn), 0 * turn])
        wall = branch.points_lps[n] + (branch.radius_mm[n] + 0.05) * ring
        degrees = (mass.distance_mm(wall) < 0).sum() * 0.5
        assert degrees == pytest.approx(lesion.numbers["encasement_degree"], abs=3)


def test_calcium_lies_outside_the_lumen_and_adds_up():
    vessels, plates, lesion = sick("calcification", 0.4)
    assert len(plates) == lesion.numbers["plaque_count"]
    total = 0.0
    for plate in plates:
        points = box_points(plate.box_lps, 0.25)
        points = points[np.abs(np.hypot(points[:, 0], points[:, 1]) - 6) < 1.6]
        inside = plate.distance_mm(points) < 0
        total += volume_ml(inside, 0.25)
        assert (lumen_mm(vessels.tree, points[inside]) > -0.05).all()
    assert total == pytest.approx(lesion.numbers["calcium_volume_ml"], rel=0.06)
