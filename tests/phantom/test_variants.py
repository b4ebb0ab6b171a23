import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom.body import make_body
from viewer.phantom.regions import arranged
from viewer.phantom.tissue import Tissue
from viewer.phantom.variants import VARIANTS, choose


def vessels_with(region, *variants):
    standard = make_body(np.random.default_rng(0), variety=0.0)
    return arranged(region, 0.35, frozenset(variants)).place(
        standard, np.random.default_rng(0), 0.0
    )


def origin(vessels, name):
    """The name of the vessel that a vessel leaves."""
    branches = vessels.tree.branches
    first = next(b for b in branches if b.name == name)
    return branches[first.parent].name


ORIGINS = {
    "bovine-arch": (
        "carotid",
        "left common carotid artery",
        ("aortic arch", "brachiocephalic artery"),
    ),
    "aberrant-right-subclavian": (
        "carotid",
        "right subclavian artery",
        ("brachiocephalic artery", "aortic arch"),
    ),
    "left-vertebral-from-arch": (
        "carotid",
        "left vertebral artery",
        ("left subclavian artery", "aortic arch"),
    ),
    "replaced-right-hepatic": (
        "abdomen",
        "right hepatic artery",
        ("proper hepatic artery", "superior mesenteric artery"),
    ),
    "celiacomesenteric-trunk": (
        "abdomen",
        "celiac trunk",
        ("abdominal aorta", "celiacomesenteric trunk"),
    ),
    "left-fetal-posterior-cerebral": (
        "head",
        "left posterior cerebral artery",
        ("basilar artery", "left internal carotid artery"),
    ),
    "left-dominant": (
        "coronary",
        "posterior descending artery",
        ("right coronary artery", "left circumflex artery"),
    ),
}


@pytest.mark.parametrize("variant", ORIGINS)
def test_a_variant_changes_where_a_vessel_comes_from(variant):
    region, vessel, (usual, then) = ORIGINS[variant]
    assert origin(vessels_with(region), vessel) == usual
    assert origin(vessels_with(region, variant), vessel) == then


def test_an_accessory_renal_artery_is_one_more():
    name = "left accessory renal artery"
    assert name not in {b.name for b in vessels_with("abdomen").tree.branches}
    assert origin(vessels_with("abdomen", "accessory-renal-artery"), name) == "abdominal aorta"


def test_the_left_renal_vein_passes_before_or_behind_the_aorta():
    def in_front(vessels):
        named = {b.name: [] for b in vessels.tree.branches}
        for branch in vessels.tree.branches:
            named[branch.name].append(branch.points_lps)
        vein, aorta = np.vstack(named["left renal vein"]), np.vstack(named["abdominal aorta"])
        crossing = vein[np.argmin(np.abs(vein[:, 0] - 1.5) + 5 * (np.abs(vein[:, 2] - 70) > 25))]
        beside = aorta[np.argmin(np.abs(aorta[:, 2] - crossing[2]))]
        return crossing[1] < beside[1] - 5

    assert in_front(vessels_with("abdomen"))
    assert not in_front(vessels_with("abdomen", "retroaortic-left-renal-vein"))


def test_dense_inflow_fills_the_way_from_one_arm():
    vessels = vessels_with("chest", "right-arm-inflow")
    dense = {
        b.name
        for b, kind in zip(vessels.tree.branches, vessels.blood, strict=True)
        if kind is Tissue.INFLOW
    }
    assert {"superior vena cava", "right subclavian vein"} <= dense
    assert not any("left" in name for name in dense)


def test_variants_are_drawn_as_common_as_they_are():
    rng = np.random.default_rng(0)
    people = [choose(rng) for _ in range(3000)]
    for name, variant in VARIANTS.items():
        if not variant.excludes:
            share = np.mean([name in chosen for chosen in people])
            assert share == pytest.approx(variant.prevalence, abs=0.02)
    assert not any({"left-arm-inflow", "right-arm-inflow"} <= chosen for chosen in people)


def test_an_unknown_variant_is_refused_in_a_sentence():
    with pytest.raises(ViewerError, match="no variant called three-kidneys"):
        choose(np.random.default_rng(0), ["three-kidneys"])
