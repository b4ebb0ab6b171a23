"""The truth of flaps, grafts, clots and tangles, measured again on fine samples."""

import numpy as np
import pytest

from tests.phantom.sampling import box_points, lumen_mm, plane_points, volume_ml
from tests.phantom.test_narrowing import made_of, sick
from viewer.phantom import vessels as made
from viewer.phantom.scene import ADDS, FILLS, STAINS, Solid, Wires
from viewer.phantom.site import course_of
from viewer.phantom.stent_graft import struts
from viewer.phantom.tissue import Tissue


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_the_flap_parts_the_lumen_in_its_areas(severity):
    vessels, solids, lesion = sick("dissection", severity, radius_mm=9.0)
    (sheet,) = [s for s in solids if isinstance(s, Solid) and s.effect == FILLS]
    (false,) = [s for s in solids if isinstance(s, Solid) and s.effect == STAINS]
    plane = plane_points(lesion.at_lps[2], 14.0)
    inside = lumen_mm(vessels.tree, plane) < 0
    flap, other = sheet.distance_mm(plane) < 0, false.distance_mm(plane) < 0
    numbers = lesion.numbers
    assert (inside & other & ~flap).sum() * 0.01 == pytest.approx(
        numbers["false_lumen_area_mm2"], rel=0.03
    )
    assert (inside & ~other & ~flap).sum() * 0.01 == pytest.approx(
        numbers["true_lumen_area_mm2"], rel=0.03
    )
    assert not (flap & other).any()


def test_the_flap_has_two_holes_and_turns():
    _, solids, lesion = sick("dissection", 0.6, radius_mm=9.0)
    (sheet,) = [s for s in solids if isinstance(s, Solid) and s.effect == FILLS]
    points = box_points(sheet.box_lps, 1.0)
    inside = points[sheet.distance_mm(points) < 0]
    entry = lesion.numbers["entry_tear_from_start_mm"] + lesion.from_mm - 80
    plane = plane_points(entry, 14.0, 0.3)
    beside = plane_points(entry + 12, 14.0, 0.3)
    torn, whole = ((sheet.distance_mm(p) < 0).sum() for p in (plane, beside))
    assert torn < 0.85 * whole
    assert np.ptp(inside[:, 2]) == pytest.approx(lesion.numbers["length_mm"], rel=0.25)
    assert 0.05 < lesion.numbers["flap_turns"] < 0.9


def test_mural_clot_takes_its_share_of_the_area():
    vessels, (clot,), lesion = sick("aortic-thrombus", 0.7, radius_mm=9.0)
    plane = plane_points(lesion.at_lps[2], 11.0)
    inside = lumen_mm(vessels.tree, plane) < 0
    share = (inside & (clot.distance_mm(plane) < 0)).sum() / inside.sum()
    assert share == pytest.approx(lesion.numbers["share_of_area"], abs=0.02)
    points = box_points(clot.box_lps, 0.5)
    filled = (clot.distance_mm(points) < 0) & (lumen_mm(vessels.tree, points) < 0)
    assert volume_ml(filled, 0.5) == pytest.approx(lesion.numbers["clot_volume_ml"], rel=0.04)


def test_emboli_leave_blood_on_both_sides():
    vessels, (clot,), lesion = sick("pulmonary-embolism", 0.0)
    points = box_points(clot.box_lps, 0.4)
    filled = (clot.distance_mm(points) < 0) & (lumen_mm(vessels.tree, points) < 0)
    assert volume_ml(filled, 0.4) == pytest.approx(lesion.numbers["clot_volume_ml"], rel=0.08)
    assert lesion.numbers["greatest_share_of_area"] < 0.7


def test_a_leak_lies_outside_the_graft_and_inside_the_sac():
    vessels, solids, lesion = sick("endoleak", 0.6, radius_mm=8.0)
    (leak,) = [s for s in solids if isinstance(s, Solid) and s.effect == ADDS]
    (sac,) = made_of(solids, Tissue.THROMBUS)
    points = box_points(leak.box_lps, 0.7)
    inside = leak.distance_mm(points) < 0
    assert volume_ml(inside, 0.7) == pytest.approx(lesion.numbers["leak_volume_ml"], rel=0.05)
    assert (lumen_mm(vessels.tree, points[inside]) > 0.4).all()
    assert (sac.distance_mm(points[inside]) < 0.6).all()


@pytest.mark.parametrize("key", ["stent", "stent-graft"])
def test_struts_lie_on_the_wall_all_round(key):
    _, solids, lesion = sick(key, 0.5)
    (mesh,) = [solid for solid in solids if isinstance(solid, Wires)]
    x, y, z = mesh.points_lps.T
    assert np.hypot(x, y).min() > 5
    assert np.hypot(x, y).max() < 5.6
    turns = np.histogram(np.arctan2(y, x), 24, (-np.pi, np.pi))[0]
    assert turns.min() > 0.6 * turns.max()
    assert np.ptp(z) == pytest.approx(lesion.numbers["length_mm"], rel=0.1)


def test_struts_hold_the_volume_of_their_wire():
    course = course_of(made.straight_tube(60, 4), (0,))
    mesh = struts(course, 6.0, 4.0, 5, 0.2, crossed=False)
    ring_mm = 2 * 5 * np.hypot(4.0, np.pi * 4.2 / 5)
    rings = 10 * np.pi * 0.2**2 * ring_mm
    assert len(mesh.points_lps) * mesh.each_mm3 == pytest.approx(rings, rel=0.03)


def test_a_nidus_fills_part_of_its_ball():
    vessels, (nidus,), lesion = sick("arteriovenous-malformation", 0.5, radius_mm=2.0)
    points = box_points(nidus.box_lps, 0.4)
    inside = nidus.distance_mm(points) < 0
    numbers = lesion.numbers
    assert volume_ml(inside, 0.4) == pytest.approx(numbers["vascular_volume_ml"], rel=0.08)
    assert 0.1 < numbers["vascular_volume_ml"] / numbers["nidus_volume_ml"] < 0.8
    far = np.linalg.norm(points[inside] - lesion.at_lps, axis=1).max()
    assert far == pytest.approx(numbers["nidus_diameter_mm"] / 2, rel=0.03)
    assert vessels.blood[-1] is Tissue.PULMONARY_VEIN
    assert vessels.tree.branches[lesion.branch].name == "feeding artery"
