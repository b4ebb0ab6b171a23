import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom.body import LANDMARKS, make_body
from viewer.phantom.regions import REGIONS, arranged, make_vessels
from viewer.phantom.tissue import ARTERIAL, Tissue

ARRANGED = [key for key, region in REGIONS.items() if region.parts]


def standard_vessels(region, *variants):
    standard = make_body(np.random.default_rng(0), variety=0.0)
    return arranged(region, 1.0, frozenset(variants)).place(standard, np.random.default_rng(0), 0.0)


def named(vessels, name):
    """Points and radii of all branches of a name."""
    found = [b for b in vessels.tree.branches if b.name == name]
    assert found, name
    return np.vstack([b.points_lps for b in found]), np.concatenate([b.radius_mm for b in found])


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_can_be_made_of_anyone(region):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        variety, detail = (seed % 4) / 2, (1.0, 0.4, 0.0, 0.1, 0.0)[seed % 5]
        vessels = make_vessels(region, make_body(rng, variety), rng, detail=detail)
        branches = vessels.tree.branches
        assert len(vessels.blood) == len(branches)
        assert all(isinstance(kind, Tissue) for kind in vessels.blood)
        tree = vessels.tree
        assert np.isfinite(tree.points_lps).all()
        assert tree.radius_mm.min() > 0.2
        inner = np.diff(tree.branch_of_point) == 0
        gaps = np.linalg.norm(np.diff(tree.points_lps, axis=0), axis=1)[inner]
        assert np.all(gaps < 2.2 * np.minimum(1, tree.radius_mm[1:][inner] / 0.8))
        for number, branch in enumerate(branches):
            assert branch.parent < number
            if branch.parent >= 0:
                end = branches[branch.parent].points_lps[-1]
                assert np.array_equal(branch.points_lps[0], end)


@pytest.mark.parametrize("region", REGIONS)
def test_the_same_seed_gives_the_same_vessels(region):
    body = make_body(np.random.default_rng(0))
    one, two = (make_vessels(region, body, np.random.default_rng(5)) for _ in range(2))
    other = make_vessels(region, body, np.random.default_rng(6))
    assert np.array_equal(one.tree.points_lps, two.tree.points_lps)
    assert np.array_equal(one.tree.radius_mm, two.tree.radius_mm)
    assert not np.array_equal(one.tree.points_lps, other.tree.points_lps)


@pytest.mark.parametrize("region", REGIONS)
def test_more_detail_means_more_branches(region):
    body = make_body(np.random.default_rng(0))
    counts = [
        len(make_vessels(region, body, np.random.default_rng(0), detail=d, variants=()).blood)
        for d in (0.0, 0.5, 1.0)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_lies_in_its_box(region):
    low, high = np.array(REGIONS[region].box_standard)
    points_lps = make_vessels(
        region,
        make_body(np.random.default_rng(0), variety=0.0),
        np.random.default_rng(0),
        variants=(),
    ).tree.points_lps
    inside = np.all((points_lps > low) & (points_lps < high), axis=1)
    assert inside.mean() > 0.15


@pytest.mark.parametrize("region", ["head", "legs", "abdomen", "chest"])
def test_left_is_left(region):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        body = make_body(rng)
        vessels = make_vessels(region, body, rng)
        for side, sign in (("left", 1), ("right", -1)):
            for vessel in (
                "renal artery",
                "middle cerebral artery",
                "popliteal artery",
                "pulmonary artery",
            ):  # fmt: skip
                for branch in vessels.tree.branches:
                    if branch.name == f"{side} {vessel}":
                        ends = body.standard(branch.points_lps)
                        assert sign * ends[-1, 0] > sign * ends[0, 0] - 15
                        assert sign * ends[-1, 0] > -5


# Plausible radii of adults (mm), wider than any table's two standard deviations.
CALIBERS = {
    "thoracic-aorta": {
        "ascending aorta": (11, 18), "aortic arch": (10, 17), "descending thoracic aorta": (8, 15),
        "left common carotid artery": (2.2, 4.8), "left subclavian artery": (2.5, 6.5),
    },
    "abdomen": {
        "abdominal aorta": (5.4, 13), "celiac trunk": (2.5, 5), "left renal artery": (1.8, 3.8),
        "superior mesenteric artery": (1.1, 4.6), "portal vein": (4.8, 8.5),
        "inferior vena cava": (6.5, 14), "left renal vein": (2, 6.5),
    },
    "coronary": {
        "left main coronary artery": (1.6, 3.3), "left anterior descending artery": (0.6, 2.5),
        "right coronary artery": (1.1, 2.5),
    },
    "head": {
        "left internal carotid artery": (1.4, 4.8), "basilar artery": (1.2, 2.2),
        "right middle cerebral artery": (0.4, 1.9),
    },
    "legs": {"left popliteal artery": (1.9, 3.7), "right anterior tibial artery": (1, 2.2)},
    "pulmonary": {"pulmonary trunk": (10, 16), "right pulmonary artery": (6.5, 12.5)},
}  # fmt: skip


@pytest.mark.parametrize("region", CALIBERS)
def test_calibers_are_those_of_adults(region):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        body = make_body(rng, variety=0.3)
        vessels = make_vessels(region, body, rng, variants=())
        for name, (least, most) in CALIBERS[region].items():
            radii = named(vessels, name)[1]
            assert least < radii.min(), name
            assert radii.max() < most, name


VERTEBRAE = [name for name in LANDMARKS if name[0] in "CTLS" and name[1:].isdigit()]
BODIES = np.array(sorted((LANDMARKS[name] for name in VERTEBRAE), key=lambda at: at[2]))
BODY_RADIUS_MM = {"C": 15.0, "T": 17.0, "L": 23.0, "S": 23.0}


@pytest.mark.parametrize("region", ARRANGED)
def test_no_vessel_passes_through_a_vertebral_body(region):
    radii = [BODY_RADIUS_MM[n[0]] for n in sorted(VERTEBRAE, key=lambda n: LANDMARKS[n][2])]
    for branch in standard_vessels(region).tree.branches:
        x, y, z = branch.points_lps.T
        beside = (z > BODIES[0, 2] - 12) & (z < LANDMARKS["C1"][2])
        axis_y = np.interp(z, BODIES[:, 2], BODIES[:, 1])
        room = np.hypot(x, y - axis_y) - np.interp(z, BODIES[:, 2], radii) - branch.radius_mm
        assert room[beside].min(initial=9) > -0.3, branch.name


MAIN = ["ascending aorta", "aortic arch", "descending thoracic aorta", "abdominal aorta",
        "superior vena cava", "inferior vena cava", "pulmonary trunk", "right pulmonary artery",
        "portal vein", "superior mesenteric artery", "left renal vein", "left renal artery",
        "right renal artery", "left brachiocephalic vein", "splenic artery", "splenic vein",
        "left common iliac vein", "right common iliac artery"]  # fmt: skip


@pytest.mark.parametrize("region", ["chest", "abdomen"])
def test_arteries_and_veins_do_not_run_into_each_other(region):
    vessels = standard_vessels(region)
    arteries, veins = {}, {}
    for branch, kind in zip(vessels.tree.branches, vessels.blood, strict=True):
        if branch.name in MAIN:
            kinds = arteries if kind in ARTERIAL else veins
            kinds.setdefault(branch.name, []).append(branch)
    for artery, ones in arteries.items():
        for vein, twos in veins.items():
            for a in ones:
                for b in twos:
                    far = np.linalg.norm(a.points_lps[::2, None] - b.points_lps[None, ::2], axis=2)
                    room = (far - a.radius_mm[::2, None] - b.radius_mm[None, ::2]).min()
                    assert room > -1.2, (artery, vein)


def test_an_unknown_region_is_refused_in_a_sentence():
    body = make_body(np.random.default_rng(0))
    with pytest.raises(ViewerError, match="no region called elbow"):
        make_vessels("elbow", body, np.random.default_rng(0))
