"""Names along an aorta: its root, and trees that are not clean (rings, pieces in the vessel)."""

from dataclasses import replace

import numpy as np
import pytest

from tests.geometry.true_trees import arteries
from viewer.geometry.landmarks import aortic_sections, landmarks
from viewer.geometry.names import name_vessels
from viewer.geometry.tree import Branch, VesselTree

RISING = ("aortic root", "ascending aorta")


def line(*corners, radius=8.0, parent=-1):
    """A branch through some corners with points every mm; `radius` is even or runs along it."""
    corners = np.array(corners, float)
    far = np.cumsum([0, *np.linalg.norm(np.diff(corners, axis=0), axis=1)])
    s = np.linspace(0, far[-1], max(3, round(far[-1]) + 1))
    points = np.column_stack([np.interp(s, far, axis) for axis in corners.T])
    along = np.linspace(0, far[-1], np.size(radius))
    return Branch(points, np.interp(s, along, np.atleast_1d(radius)), parent)


def side(*corners, radius=2.5, parent=-1):
    """A side vessel, whose first spheres are those of the aorta."""
    plain = line(*corners, parent=parent)
    return Branch(plain.points_lps, np.clip(9.0 - plain.s_mm, radius, 8.0), parent)


def a_belly(upper=(), lower=()):
    """An aorta of 220 mm with celiac, mesenteric and left renal artery, and other branches.

    `upper` ones leave branch 0, `lower` ones take the place of the aorta below the renal artery.
    """
    branches = [
        line((0, 0, 220), (0, 0, 180)),
        line((0, 0, 180), (0, 0, 120), parent=0),
        line((0, 0, 120), (0, 0, 106), parent=1),
        line((0, 0, 106), (0, 0, 95), parent=2),
        side((0, 0, 120), (0, -30, 118), parent=1),
        side((0, 0, 106), (0, -22, 96), (0, -30, 10), parent=2),
        side((0, 0, 95), (60, 20, 90), parent=3),
    ]
    branches += lower or (line((0, 0, 95), (0, 0, 0), parent=3),)
    branches += upper
    return VesselTree(tuple(branches), np.zeros((0, 3)))


def given(tree):
    """How many mm of each branch bear each name."""
    out = {}
    for each in name_vessels(tree):
        if each.name:
            key = each.branch, each.name
            out[key] = out.get(key, 0.0) + each.to_mm - each.from_mm
    return out


def test_a_second_way_around_a_hole_of_the_map_is_not_the_aorta():
    """It sets out as wide, comes back to the same place, and is thin between."""
    pinched = [8.2, 8.2, 5.0, 1.0, 1.0, 5.0, 8.0]
    ring = (
        line((0, 0, 180), (7, 5, 180), radius=8.2, parent=0),
        line((7, 5, 180), (12, 8, 195), (2, 2, 221), radius=pinched, parent=8),
    )
    plain, ringed = given(a_belly()), given(a_belly(upper=ring))
    assert plain[0, "descending thoracic aorta"] == pytest.approx(40.0, abs=0.5)
    assert ringed == plain


def test_a_second_way_is_not_the_aorta_where_it_is_the_widest():
    pinched = [9.0, 9.0, 5.0, 1.0, 1.0, 5.0, 8.0]
    ring = (
        line((0, 0, 180), (5, 4, 181), radius=8.6, parent=0),
        line((5, 4, 181), (12, 8, 195), (2, 2, 221), radius=pinched, parent=8),
    )
    assert given(a_belly(upper=ring)) == given(a_belly())


def test_an_aorta_goes_on_past_a_short_piece_in_it_that_holds_a_side_vessel():
    """The right renal artery leaves a piece that lies in the aorta, beside a spur."""
    below = (
        line((0, 0, 95), (0, 0, 89), radius=7.5, parent=3),
        line((0, 0, 89), (0, 4, 89), radius=7.3, parent=7),
        side((0, 4, 89), (-60, 20, 84), parent=8),
        side((0, 4, 89), (-2, -13, 87), radius=0.6, parent=8),
        line((0, 0, 89), (0, 0, 0), radius=[7.3, 6.5, 6.0, 6.0], parent=7),
    )
    names = given(a_belly(lower=below))
    assert names[9, "right renal artery"] > 50.0
    assert names[11, "infrarenal abdominal aorta"] > 80.0
    assert (10, "right renal artery") not in names


@pytest.mark.parametrize(("tip", "more_mm"), [((3, 0, -19), 8.0), ((-15, 2, -11), 0.0)])
def test_an_aorta_goes_on_into_its_own_cut_end_and_not_into_an_iliac_artery(tip, more_mm):
    """A last piece, as wide out of the joint with a lumbar artery: straight on, or aside."""
    last = (
        line((0, 0, 95), (0, 0, 0), radius=[8.0, 6.2], parent=3),
        line((0, 0, 0), tip, radius=[6.2, 6.0, 5.4, 4.7, 4.5, 3.0, 1.0], parent=7),
        side((0, 0, 0), (2, 20, -4), radius=1.0, parent=7),
    )
    names = given(a_belly(lower=last))
    assert names[7, "infrarenal abdominal aorta"] == pytest.approx(95.0, abs=0.5)
    assert names.get((8, "infrarenal abdominal aorta"), 0.0) >= more_mm
    assert ((8, "infrarenal abdominal aorta") in names) == (more_mm > 0)
    assert (9, "infrarenal abdominal aorta") not in names


def length(tree, name):
    """How long the true branches of a name are together."""
    return sum(b.length_mm for b in tree.branches if b.name == name)


def named_mm(tree, name, grid=None):
    """How many mm bear a name, and how many of them lie on a branch that truly does."""
    own = [each for each in name_vessels(tree, grid) if each.name == name]
    right = [each for each in own if tree.branches[each.branch].name == name]
    return tuple(sum(each.to_mm - each.from_mm for each in some) for some in (own, right))


def rising(tree, radius, cut_mm=0.0):
    """The tree with other radii, and without the first mm, of the root and ascending aorta.

    `radius` gives them from the distance to the sinotubular junction and the true ones. What
    leaves the part that is cut off is gone too.
    """
    out, new, gone = [], {}, -length(tree, "aortic root")
    for number, branch in enumerate(tree.branches):
        if branch.name in RISING:
            s, gone = branch.s_mm + gone, gone + branch.length_mm
            keep = s >= cut_mm - length(tree, "aortic root")
            if keep.sum() > 2:
                new[number] = len(out)
                points = branch.points_lps[keep].copy()
                wide = radius(s, branch.radius_mm)[keep]
                out.append(Branch(points, wide, new.get(branch.parent, -1), branch.name))
        elif branch.parent < 0 or branch.parent in new:
            new[number] = len(out)
            out.append(replace(branch, parent=new.get(branch.parent, -1)))
    return VesselTree(tuple(out), np.zeros((0, 3)))


@pytest.mark.parametrize("region", ["thoracic-aorta", "chest", "coronary"])
def test_the_root_ends_at_the_sinotubular_junction(region):
    for seed in range(41, 44):
        tree, grid = arteries(region, seed)
        mm, right = named_mm(tree, "aortic root", grid)
        assert right > 0.98 * length(tree, "aortic root")
        assert mm == pytest.approx(length(tree, "aortic root"), abs=2.0)


def test_the_root_agrees_with_landmarks_and_sections():
    tree, grid = arteries("thoracic-aorta", 42)
    names = name_vessels(tree, grid)
    root, ascending = ([n for n in names if n.name == name] for name in RISING)
    junction = landmarks(tree, grid)[1]
    assert any(
        n.branch == junction.branch and junction.s_mm == pytest.approx(n.from_mm, abs=0.1)
        for n in ascending
    )
    both = sum(n.to_mm - n.from_mm for n in (*root, *ascending))
    assert aortic_sections(tree, grid)[0].length_mm == pytest.approx(both, abs=1.0)


@pytest.mark.parametrize("above_mm", [-5.0, 5.0, 20.0])
def test_a_map_that_ends_in_an_aneurysm_above_the_root_shows_no_root(above_mm):
    """The aneurysm tapers to the arch as sinuses taper to their junction."""
    tree, _ = arteries("thoracic-aorta", 42)
    cut = length(tree, "aortic root") + above_mm
    wide = rising(tree, lambda s, r: r * (1 + 0.4 * np.exp(-(((s - 25) / 15) ** 2))), cut)
    assert named_mm(wide, "aortic root")[0] == 0.0
    assert named_mm(wide, "ascending aorta")[0] > 15.0
    assert landmarks(wide)[1].branch == -1


def test_coronary_arteries_tell_of_a_root_whose_junction_is_no_waist():
    """The ascending aorta is as wide as the junction; without coronary arteries any widening is."""
    tree, grid = arteries("coronary", 42)

    flat = rising(tree, lambda s, r: np.where(s > -1.0, 14.4, r))
    assert named_mm(flat, "aortic root", grid)[0] == pytest.approx(
        length(tree, "aortic root"), abs=4.0
    )
    bare = VesselTree(tuple(b for b in flat.branches if "aort" in b.name), flat.joints)
    assert named_mm(bare, "aortic root", grid)[0] == 0.0
    assert named_mm(bare, "ascending aorta", grid)[0] > 15.0
