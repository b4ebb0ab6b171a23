"""The aorta's landmarks and sections against made-up people whose aorta is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tests.geometry.true_trees import arteries
from viewer.geometry.frames import frames_along
from viewer.geometry.landmarks import (
    NAMES,
    SECTIONS,
    aortic_path,
    aortic_sections,
    landmark_table,
    landmarks,
)
from viewer.geometry.section import QUANTITIES, Sections
from viewer.geometry.tree import Branch, VesselTree, distance_along
from viewer.phantom.body import make_body
from viewer.phantom.regions import make_vessels
from viewer.phantom.tissue import Tissue


@pytest.fixture(scope="module")
def a_whole_aorta():
    """All of an aorta with the arteries of its arch and the belly, cut nowhere."""
    body = make_body(np.random.default_rng([4, 0]), 1.0)
    vessels = make_vessels("abdomen", body, np.random.default_rng([4, 1]), detail=0.3, variants=())
    old = [n for n, blood in enumerate(vessels.blood) if blood is Tissue.ARTERY]
    new = {each: n for n, each in enumerate(old)}
    branches = vessels.tree.branches
    kept = tuple(type(b)(b.points_lps, b.radius_mm, new.get(b.parent, -1), b.name)
                 for b in (branches[n] for n in old))  # fmt: skip
    return VesselTree(kept, np.zeros((0, 3)))


def start(tree, name):
    """Where a vessel begins (3,)."""
    return next(b.points_lps[0] for b in tree.branches if b.name == name)


def length(tree, *names):
    """How long the branches of some names are together."""
    return sum(b.length_mm for b in tree.branches if b.name in names)


def test_all_eleven_landmarks_of_a_whole_aorta_are_found_in_order(a_whole_aorta):
    found = landmarks(a_whole_aorta)
    assert [each.name for each in found] == list(NAMES)
    assert all(each.branch >= 0 for each in found)
    path = aortic_path(a_whole_aorta)[0]
    s = frames_along(path).s_mm
    at = [s[np.linalg.norm(path - each.at_lps, axis=1).argmin()] for each in found]
    assert np.all(np.diff(at) > 0)
    for each in found:
        branch = a_whole_aorta.branches[each.branch]
        there = [np.interp(each.s_mm, branch.s_mm, branch.points_lps[:, a]) for a in range(3)]
        assert np.linalg.norm(there - each.at_lps) < 0.1


@pytest.mark.parametrize(
    ("number", "vessel", "mm"),
    [
        (2, "ascending aorta", 8.0),
        (4, "brachiocephalic artery", 8.0),
        (9, "celiac trunk", 0.5),
    ],
)
def test_landmarks_lie_at_their_vessels(a_whole_aorta, number, vessel, mm):
    place = landmarks(a_whole_aorta)[number - 1].at_lps
    assert np.linalg.norm(place - start(a_whole_aorta, vessel)) < mm


def test_an_arch_with_two_arteries_has_no_left_carotid_to_measure_from():
    for variants, before in (((), "left carotid"), (("bovine-arch",), "first artery of the arch")):
        tree, grid = arteries("thoracic-aorta", 4, variants)
        middle = landmarks(tree, grid)[4]
        assert f"midway between the {before}" in middle.how


def test_the_aorta_ends_before_its_way_turns_into_the_last_artery():
    """A scan that ends just below the celiac trunk."""
    turn = np.linspace(0.0, 1.0, 13)[1:, None]
    straight = np.column_stack([np.zeros((151, 2)), np.linspace(200, 50, 151)])
    aorta = np.concatenate([straight, straight[-1] + turn * (0.0, -12.0, -9.0)])
    wide = np.concatenate([np.full(151, 13.0), 13.0 - 9.0 * turn[:, 0]])
    celiac = aorta[-1] + np.linspace(0.0, 60.0, 61)[:, None] * (0.0, -1.0, 0.0)
    twig = aorta[-1] + np.linspace(0.0, 12.0, 13)[:, None] * (1.0, 0.0, 0.0)
    branches = (
        Branch(aorta, wide, -1, ""),
        Branch(celiac, np.full(61, 3.5), 0, ""),
        Branch(twig, np.full(13, 1.5), 0, ""),
    )
    tree = VesselTree(branches, np.zeros((0, 3)))
    points, radius = aortic_path(tree)
    place = landmarks(tree)[8]
    assert place.how == "at the origin of the celiac trunk"
    assert place.at_lps[2] == pytest.approx(aorta[-1, 2], abs=9.0)
    for at in (points[-1], place.at_lps):
        assert abs(at[1]) < 6.0
    assert radius.min() > 9.0


def test_the_five_sections_are_as_long_as_they_are(a_whole_aorta):
    sections = aortic_sections(a_whole_aorta)
    assert [each.name for each in sections] == list(SECTIONS)
    mm = [each.length_mm for each in sections]
    tree = a_whole_aorta
    assert mm[0] == pytest.approx(length(tree, "aortic root", "ascending aorta"), abs=6.0)
    thoracic = "aortic arch", "aortic isthmus", "descending thoracic aorta"
    assert mm[1] + mm[2] == pytest.approx(length(tree, *thoracic), abs=8.0)
    assert mm[3] + mm[4] == pytest.approx(length(tree, "abdominal aorta"), abs=8.0)


def test_what_a_scan_does_not_show_is_absent_with_a_reason():
    tree, grid = arteries("abdominal-aorta", 2)
    found = landmarks(tree, grid)
    assert [each.branch >= 0 for each in found] == [False] * 7 + [True] * 4
    assert all(each.how for each in found)
    assert all(each.at_lps is None for each in found[:7])
    sections = aortic_sections(tree, grid)
    assert [bool(np.isfinite(each.length_mm)) for each in sections] == [False] * 3 + [True] * 2
    assert "not seen" in sections[0].how


def test_a_tree_without_an_aorta_has_no_landmarks(a_tree):
    assert all(each.branch == -1 and each.how for each in landmarks(a_tree))
    assert all(np.isnan(each.length_mm) for each in aortic_sections(a_tree))
    assert aortic_path(a_tree) is None


def sections_of(path, radius):
    """Sections with the diameters of round discs and a deviation of 0.2 mm."""
    frames = frames_along(path)
    values = dict.fromkeys(QUANTITIES, 2 * radius)
    sd = {name: np.full(len(path), 0.2) for name in QUANTITIES}
    wall = np.repeat(radius[:, None], 8, axis=1)
    return Sections(frames, wall, np.ones_like(wall, bool), values, sd)


def test_the_table_gives_the_diameter_at_each_landmark(a_whole_aorta):
    path, radius = aortic_path(a_whole_aorta)
    found = landmarks(a_whole_aorta)
    rows = landmark_table(found, sections_of(path, radius))
    for each, row in zip(found, rows, strict=True):
        branch = a_whole_aorta.branches[each.branch]
        true = 2 * np.interp(each.s_mm, branch.s_mm, branch.radius_mm)
        assert row.diameter_equivalent_mm == pytest.approx(true, rel=0.04)
        assert 0.2 <= row.diameter_equivalent_sd < 1.5


def test_a_landmark_that_no_section_shows_has_no_numbers(a_whole_aorta):
    path, radius = aortic_path(a_whole_aorta)
    half = len(path) // 2
    rows = landmark_table(landmarks(a_whole_aorta), sections_of(path[:half], radius[:half]))
    assert np.isfinite(rows[3].diameter_max_mm)
    assert np.isnan(rows[10].diameter_max_mm)
    assert "no wall" in rows[10].how


def test_a_root_that_does_not_bulge_still_has_its_widest_place(a_whole_aorta):
    path, _ = aortic_path(a_whole_aorta)
    near = cKDTree(path[distance_along(path) < 60.0])
    even = tuple(
        replace(b, radius_mm=np.where(near.query(b.points_lps)[0] < 1.0, 13.0, b.radius_mm))
        for b in a_whole_aorta.branches
    )
    found = landmarks(replace(a_whole_aorta, branches=even))
    assert "within 25 mm of the aorta's end" in found[0].how
    assert "does not bulge" in found[1].how
    assert found[1].branch == -1
    assert "usual height of the root" in found[2].how
    true = landmarks(a_whole_aorta)[2]
    assert np.linalg.norm(found[2].at_lps - true.at_lps) < 8
