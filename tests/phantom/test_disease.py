"""Every disease goes into every kind of tree, with truth that grows with its severity."""

import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom import vessels as made
from viewer.phantom.body import make_body
from viewer.phantom.disease import DISEASES, add_diseases
from viewer.phantom.scene import ADDS, FILLS, STAINS, SURROUNDS, Vessels, Wires
from viewer.phantom.tissue import Tissue

GROWS = {
    "stenosis": "diameter_stenosis",
    "eccentric-stenosis": "diameter_stenosis",
    "calcified-stenosis": "diameter_stenosis",
    "soft-plaque": "plaque_burden",
    "occlusion": "occluded_length_mm",
    "fusiform-aneurysm": "maximal_diameter_mm",
    "aneurysm-with-thrombus": "maximal_diameter_mm",
    "saccular-aneurysm": "sac_volume_ml",
    "saccular-aneurysm-with-thrombus": "sac_volume_ml",
    "ulcer": "depth_mm",
    "dissection": "false_lumen_share",
    "coarctation": "diameter_stenosis",
    "arteriovenous-malformation": "nidus_volume_ml",
    "fibromuscular-dysplasia": "bead_count",
    "vasculitis": "diameter_stenosis",
    "stent-graft": "maximal_diameter_mm",
    "endoleak": "leak_volume_ml",
    "stent": "length_mm",
    "pulmonary-embolism": "clot_count",
    "tumor-encasement": "encasement_degree",
    "calcification": "plaque_count",
    "aortic-thrombus": "share_of_area",
}
TREES = {
    "tube": made.straight_tube(160, 5),
    "aorta": made.abdominal_aorta(),
    "divided": made.random_tree(3, radius_mm=6),
}
BODY = make_body(np.random.default_rng(0), 0)


def of(tree, blood=Tissue.ARTERY):
    return Vessels(tree, (blood,) * len(tree.branches))


def sick(key, severity, tree=TREES["tube"], seed=1):
    return add_diseases(
        of(tree, DISEASES[key].blood), BODY, {key: severity}, np.random.default_rng(seed)
    )


def test_each_disease_has_a_number_that_grows():
    assert set(GROWS) == set(DISEASES)


@pytest.mark.parametrize("name", ["aorta", "divided"])
@pytest.mark.parametrize("key", DISEASES)
def test_any_tree_can_have_any_disease_and_stays_a_tree(key, name):
    vessels, solids, lesions = sick(key, 0.7, TREES[name])
    branches = vessels.tree.branches
    for number, branch in enumerate(branches):
        assert np.isfinite(branch.points_lps).all()
        assert branch.radius_mm.min() > 0
        assert branch.parent < number
        if branch.parent >= 0:
            np.testing.assert_array_equal(
                branch.points_lps[0], branches[branch.parent].points_lps[-1]
            )
    assert lesions[-1].kind == key
    assert all(np.isfinite(value) for value in lesions[-1].numbers.values())
    if lesions[-1].branch >= 0:
        branch = branches[lesions[-1].branch]
        assert -1e-6 <= lesions[-1].from_mm < lesions[-1].to_mm <= branch.length_mm + 1.5
    for solid in solids:
        if isinstance(solid, Wires):
            assert np.isfinite(solid.points_lps).all()
            continue
        assert solid.effect in (ADDS, FILLS, SURROUNDS, STAINS)
        inside = np.random.default_rng(0).uniform(*solid.box_lps, (500, 3))
        assert np.isfinite(solid.distance_mm(inside)).all() or solid.effect != ADDS
        far = np.array([solid.box_lps[0] - 3, solid.box_lps[1] + 3])
        assert (solid.distance_mm(far) > 0).all()


@pytest.mark.parametrize("key", DISEASES)
def test_the_truth_grows_with_severity(key):
    tree = made.random_tree(4, radius_mm=7) if key == "pulmonary-embolism" else TREES["tube"]
    told = [sick(key, s, tree, 5)[2][-1].numbers[GROWS[key]] for s in (0, 0.25, 0.5, 0.75, 1)]
    assert (np.diff(told) > 0).all(), told


def test_the_same_seed_gives_the_same_vessels():
    wanted = {"stenosis": 0.5, "dissection": 0.4, "calcification": 0.3}
    one, two = (
        add_diseases(of(TREES["aorta"]), BODY, wanted, np.random.default_rng(8)) for _ in "ab"
    )
    for a, b in zip(one[0].tree.arrays, two[0].tree.arrays, strict=True):
        np.testing.assert_array_equal(a, b)
    assert [dict(x.numbers) for x in one[2]] == [dict(x.numbers) for x in two[2]]
    points = np.random.default_rng(0).uniform(-40, 40, (2000, 3))
    for a, b in zip(one[1], two[1], strict=True):
        np.testing.assert_array_equal(a.distance_mm(points), b.distance_mm(points))


def test_several_diseases_keep_apart_and_keep_their_places():
    wanted = {"occlusion": 0.5, "stenosis": 0.5, "fusiform-aneurysm": 0.5, "calcification": 0.5}
    vessels, _, lesions = add_diseases(of(TREES["aorta"]), BODY, wanted, np.random.default_rng(3))
    assert {each.kind for each in lesions} == set(wanted)
    placed = [each for each in lesions if each.branch >= 0]
    for n, one in enumerate(placed):
        branch = vessels.tree.branches[one.branch]
        assert np.linalg.norm(branch.points_lps - one.at_lps, axis=1).min() < 1.0
        for other in placed[n + 1 :]:
            assert np.linalg.norm(one.at_lps - other.at_lps) > 6


def test_a_later_split_moves_the_branch_of_an_earlier_lesion():
    before = sick("stenosis", 0.6, made.straight_tube(300, 4), 2)[0]
    assert len(before.tree.branches) == 1
    vessels, _, lesions = add_diseases(
        of(made.straight_tube(300, 4)), BODY, {"stenosis": 0.6, "occlusion": 0.2},
        np.random.default_rng(2),
    )  # fmt: skip
    stenosis = next(each for each in lesions if each.kind == "stenosis")
    branch = vessels.tree.branches[stenosis.branch]
    worst = branch.s_mm[np.argmin(branch.radius_mm)]
    assert stenosis.from_mm < worst < stenosis.to_mm


def test_an_endoleak_brings_its_graft_once():
    wanted = {"endoleak": 0.5, "stent-graft": 0.5}
    lesions = add_diseases(of(TREES["aorta"]), BODY, wanted, np.random.default_rng(0))[2]
    assert [each.kind for each in lesions] == ["stent-graft", "endoleak"]


def test_a_disease_without_a_suited_vessel_says_which_region_has_one():
    with pytest.raises(ViewerError, match="chest with pulmonary arteries"):
        add_diseases(
            of(TREES["aorta"]), BODY, {"pulmonary-embolism": 0.5}, np.random.default_rng(0)
        )
    with pytest.raises(ViewerError, match="There is no disease 'gout'"):
        add_diseases(of(TREES["aorta"]), BODY, {"gout": 0.5}, np.random.default_rng(0))
