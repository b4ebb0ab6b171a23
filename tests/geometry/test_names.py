"""Names of vessels against made-up people whose vessels are known."""

import numpy as np
import pytest

from tests.geometry.true_trees import arteries, cut, is_right, told, turned
from viewer.geometry.centerline import trace
from viewer.geometry.names import name_vessels, renamed
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.make import make_scene
from viewer.phantom.truth import labels
from viewer.phantom.vessels import random_tree, straight_tube
from viewer.progress import silent

MAIN = {
    "thoracic-aorta": ("ascending aorta", "aortic arch", "brachiocephalic artery"),
    "abdominal-aorta": ("celiac trunk", "superior mesenteric artery", "left renal artery"),
    "carotid": ("left internal carotid artery", "right external carotid artery"),
    "head": ("left internal carotid artery", "left vertebral artery"),
    "legs": ("left superficial femoral artery", "right popliteal artery"),
    "coronary": ("left main coronary artery", "right coronary artery"),
}


def named(tree, names):
    """The names that were given, with how many mm of each are right."""
    out = {}
    for each in names:
        right = is_right(each.name, tree.branches[each.branch].name)
        out[each.name] = out.get(each.name, 0.0) + right * (each.to_mm - each.from_mm)
    return out


@pytest.mark.parametrize("region", MAIN)
def test_names_are_seldom_wrong(region):
    right = wrong = 0.0
    seen = set()
    for seed in range(11, 15):
        tree, grid = arteries(region, seed)
        names = name_vessels(tree, grid)
        each = told(tree, names)
        right, wrong = right + each["right"], wrong + each["wrong"]
        seen |= {name for name, mm in named(tree, names).items() if mm > 5.0}
    assert right > 500.0
    assert wrong < 0.03 * (right + wrong)
    assert seen.issuperset(MAIN[region])


@pytest.mark.parametrize("region", ["thoracic-aorta", "legs"])
def test_names_do_not_depend_on_how_branches_are_stored(region):
    tree, grid = arteries(region, 3)
    there, back = name_vessels(tree, grid), name_vessels(turned(tree), grid)

    def lengths(names):
        out = {}
        for each in names:
            out[each.name] = out.get(each.name, 0.0) + each.to_mm - each.from_mm
        return out

    first, second = lengths(there), lengths(back)
    assert first.keys() == second.keys()
    assert all(first[name] == pytest.approx(second[name], abs=1.0) for name in first)


@pytest.mark.parametrize(
    ("variant", "region", "names"),
    [
        ("bovine-arch", "thoracic-aorta", ("left common carotid artery", "brachiocephalic artery")),
        (
            "aberrant-right-subclavian",
            "thoracic-aorta",
            ("right subclavian artery", "right common carotid artery", "left subclavian artery"),
        ),
        ("left-vertebral-from-arch", "carotid", ("left vertebral artery",)),
        ("accessory-renal-artery", "abdominal-aorta", ("left accessory renal artery",)),
        ("replaced-right-hepatic", "abdominal-aorta", ("celiac trunk", "splenic artery")),
    ],
)
def test_variants_of_people_are_named_right(variant, region, names):
    tree, grid = arteries(region, 5, (variant,))
    given = name_vessels(tree, grid)
    length = named(tree, given)
    assert all(length.get(name, 0.0) > 5.0 for name in names)
    each = told(tree, given)
    assert each["wrong"] < 0.03 * each["right"]


@pytest.mark.parametrize(
    ("seed", "below_mm", "trunk"),
    [(0, 8.0, ""), (1, -2.0, "celiac trunk"), (2, -2.0, "celiac trunk"), (5, -2.0, "celiac trunk")],
)
def test_an_aorta_whose_scan_ends_below_the_celiac_trunk_is_none_of_the_neck(seed, below_mm, trunk):
    """The scan ends so far below the origin of the superior mesenteric artery, or above it."""
    tree, grid = arteries("abdominal-aorta", seed)
    origin = max(b.points_lps[0, 2] for b in tree.branches if "mesenteric" in b.name)
    floor = float(grid.corners_lps[:, 2].min())
    first = int((origin - below_mm - floor) / grid.spacing_mm[0])
    grid = grid.box((first, 0, 0), grid.shape)
    tree = cut(tree, grid, [True] * len(tree.branches))
    names = [each for each in name_vessels(tree, grid) if each.name]
    assert {tree.branches[each.branch].name for each in names if each.name == trunk} <= {trunk}
    assert not trunk or trunk in {each.name for each in names}
    neck = ("carotid", "subclavian", "brachiocephalic", "vertebral")
    assert not [each.name for each in names if any(part in each.name for part in neck)]


def test_a_common_trunk_of_celiac_and_mesenteric_artery_gets_no_wrong_name():
    tree, grid = arteries("abdominal-aorta", 5, ("celiacomesenteric-trunk",))
    each = told(tree, name_vessels(tree, grid))
    assert each["wrong"] < 0.03 * each["right"]


def test_stretches_cover_every_branch_once_and_say_why():
    tree, grid = arteries("abdominal-aorta", 2)
    names = name_vessels(tree, grid)
    for number, branch in enumerate(tree.branches):
        parts = [n for n in names if n.branch == number]
        assert parts[0].from_mm == 0.0
        assert parts[-1].to_mm == pytest.approx(branch.length_mm, abs=0.5)
        ends = np.array([(n.from_mm, n.to_mm) for n in parts])
        assert np.allclose(ends[1:, 0], ends[:-1, 1], atol=0.5)
    assert all(n.reason for n in names)
    assert all(0.0 < n.confidence < 1.0 if n.name else n.confidence == 0.0 for n in names)


@pytest.mark.parametrize("tree", [straight_tube(), random_tree(4), random_tree(5, 3, 4.0)])
def test_what_is_no_known_vessel_has_no_name(tree):
    assert {each.name for each in name_vessels(tree)} == {""}


def test_an_empty_tree_has_no_names():
    assert name_vessels(VesselTree((), np.zeros((0, 3)))) == ()


def test_the_longest_stretch_names_a_branch():
    tree, grid = arteries("abdominal-aorta", 2)
    blank = VesselTree(
        tuple(Branch(b.points_lps, b.radius_mm, b.parent) for b in tree.branches), tree.joints
    )
    out = renamed(blank, name_vessels(blank, grid))
    same = [
        is_right(new.name, old.name)
        for new, old in zip(out.branches, tree.branches, strict=True)
        if new.name
    ]
    assert len(same) > 20
    assert np.mean(same) > 0.93


def test_a_traced_belly_is_named_as_the_true_one():
    scene = make_scene("abdominal-aorta", 2, spacing_mm=1.5, companions=False, detail=0.5)
    traced = trace(labels(scene), silent())
    given = {each.name for each in name_vessels(traced, scene.grid)}
    assert given.issuperset(
        {
            "celiac trunk",
            "splenic artery",
            "superior mesenteric artery",
            "left renal artery",
            "right renal artery",
            "suprarenal abdominal aorta",
            "infrarenal abdominal aorta",
            "left common iliac artery",
            "right external iliac artery",
        }
    )


def test_calves_are_not_named_as_a_neck():
    tree, _ = arteries("legs", 7)
    low = [n for n, b in enumerate(tree.branches) if b.points_lps[:, 2].max() < -560.0]
    new = {old: n for n, old in enumerate(low)}
    calves = VesselTree(
        tuple(
            Branch(b.points_lps, b.radius_mm, new.get(b.parent, -1), b.name)
            for b in (tree.branches[n] for n in low)
        ),
        tree.joints,
    )
    assert len(low) > 6
    assert {each.name for each in name_vessels(calves)} == {""}


# Each vessel, how many mm of it must be named in three people, and the variant that has it.
INNER = (
    ("abdomen", "gastroduodenal artery", 60.0, ()),
    ("abdomen", "proper hepatic artery", 25.0, ()),
    ("abdomen", "right hepatic artery", 30.0, ()),
    ("abdomen", "left hepatic artery", 15.0, ()),
    ("abdomen", "left gastric artery", 60.0, ()),
    ("abdomen", "right hepatic artery", 150.0, ("replaced-right-hepatic",)),
    ("abdomen", "celiacomesenteric trunk", 45.0, ("celiacomesenteric-trunk",)),
    ("abdomen", "celiac trunk", 25.0, ("celiacomesenteric-trunk",)),
    ("abdomen", "superior mesenteric artery", 300.0, ("celiacomesenteric-trunk",)),
    ("head", "anterior communicating artery", 5.0, ()),
    ("head", "left posterior communicating artery", 10.0, ()),
    ("head", "left superior M2 trunk", 30.0, ()),
    ("head", "right inferior M2 trunk", 30.0, ()),
)


@pytest.mark.parametrize(("region", "name", "least_mm", "variants"), INNER)
def test_inner_arteries_are_named_and_nothing_else_is(region, name, least_mm, variants):
    right = wrong = 0.0
    for seed in range(21, 24):
        tree, grid = arteries(region, seed, variants)
        for each in name_vessels(tree, grid):
            if each.name == name:
                own = is_right(name, tree.branches[each.branch].name)
                right += own * (each.to_mm - each.from_mm)
                wrong += (not own) * (each.to_mm - each.from_mm)
    assert right > least_mm
    assert wrong < 0.03 * right
