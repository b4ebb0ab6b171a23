"""Diseases sit where people have them."""

import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom import vessels as made
from viewer.phantom.make import make_scene
from viewer.phantom.narrowing import open_radius
from viewer.phantom.scene import Vessels
from viewer.phantom.site import Site, course_of
from viewer.phantom.tissue import Tissue
from viewer.phantom.vessels import Tube, build, line
from viewer.phantom.widening import saccular_aneurysm


def ill(region, disease, seed):
    """A tiny scene of a person with a disease, and its lesion."""
    wanted = {"diseases": {disease: 0.6}, "companions": False, "detail": 0.0}
    scene = make_scene(region, seed, shape=(8, 8, 8), variants=(), **wanted)
    return scene, scene.lesions[-1]


@pytest.mark.parametrize("region", ["thoracic-aorta", "chest", "pulmonary"])
@pytest.mark.parametrize("seed", [1, 2, 8])
def test_a_coarctation_lies_just_past_the_left_subclavian_artery(region, seed):
    scene, lesion = ill(region, "coarctation", seed)
    branches = scene.vessels.tree.branches
    assert branches[lesion.branch].name in ("aortic isthmus", "descending thoracic aorta")
    (arm,) = [
        b.points_lps[0]
        for b in branches
        if b.name == "left subclavian artery" and "aort" in branches[b.parent].name
    ]
    assert 8 < np.linalg.norm(lesion.at_lps - arm) < 22
    assert lesion.at_lps[2] < arm[2]


@pytest.mark.parametrize("disease", ["coarctation", "stent-graft", "endoleak", "aortic-thrombus"])
def test_a_disease_of_the_aorta_is_refused_where_a_scan_shows_none(disease):
    with pytest.raises(ViewerError, match=r"choose a region that has one \((chest|abdomen)"):
        ill("carotid", disease, 1)


def test_a_narrowing_lies_in_the_branch_where_it_is_as_narrow_as_told():
    scene, lesion = ill("tree", "fibromuscular-dysplasia", 3)
    branch = scene.vessels.tree.branches[lesion.branch]
    inside = (branch.s_mm >= lesion.from_mm) & (branch.s_mm <= lesion.to_mm)
    least = 2 * branch.radius_mm[inside].min()
    assert least <= lesion.numbers["minimal_lumen_diameter_mm"] < 1.1 * least
    at = branch.radius_mm[np.linalg.norm(branch.points_lps - lesion.at_lps, axis=1).argmin()]
    assert 2 * at == pytest.approx(least)


def test_a_web_between_beads_is_as_open_as_its_balls_leave_it():
    course = course_of(made.straight_tube(20, 1.0), (0,))
    radius = np.where(np.abs(course.s_mm - 10) < 0.1, 0.8, 0.9)
    web = int(np.abs(course.s_mm - 10).argmin())
    # a cone whose balls grow by k a mm is r / sqrt(1 - k^2) wide across its end
    assert open_radius(course, radius)[web] == pytest.approx(0.8 / np.sqrt(1 - 0.2**2), rel=1e-3)
    assert open_radius(course, radius)[3] == pytest.approx(0.9)


@pytest.mark.parametrize("seed", range(4))
def test_a_sac_hangs_to_a_side_that_other_vessels_leave_free(seed):
    """An artery between a vein on its left and one behind it."""
    way = line((0, 0, -60), (0, 0, 60))
    tubes = [
        Tube(way + np.array(off), np.array(4.0)) for off in ((0, 0, 0), (10, 0, 0), (0, 10, 0))
    ]
    vessels = Vessels(build(tubes), (Tissue.ARTERY, Tissue.CAVAL, Tissue.CAVAL))
    site = Site(course_of(vessels.tree, (0,)), 45.0, 75.0)
    (sac,) = saccular_aneurysm(vessels, site, 0.5, np.random.default_rng(seed)).solids
    for other in vessels.tree.branches[1:]:
        assert sac.distance_mm(other.points_lps).min() > 4.0
