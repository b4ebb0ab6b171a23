"""Every disease in every region: its truth is what the made volume shows, or it is refused."""

import numpy as np
import pytest
from scipy.ndimage import label, map_coordinates

from viewer.errors import ViewerError
from viewer.phantom.make import make_scene
from viewer.phantom.regions import REGIONS
from viewer.phantom.scene import ADDS, REACH_MM, Solid
from viewer.phantom.site import course_of
from viewer.phantom.tissue import Tissue

STEP_MM, SIDE, PIXEL_MM = 0.6, 44, 0.15
QUICK = ("abdominal-aorta", "carotid")
SOME = [*QUICK, *(pytest.param(r, marks=pytest.mark.slow) for r in REGIONS if r not in QUICK)]
KEPT = "nothing was changed; choose a region that has one"
NARROWINGS = ("stenosis", "eccentric-stenosis", "calcified-stenosis", "soft-plaque", "coarctation",
              "fibromuscular-dysplasia", "vasculitis", "tumor-encasement")  # fmt: skip


def made(region, disease, severity=0.6):
    """A small scene about the disease alone, or None where the region has no vessel for it."""
    wanted = {"diseases": {disease: severity}, "companions": False, "detail": 0.3}
    try:
        first = make_scene(region, 3, shape=(8, 8, 8), **wanted)
    except ViewerError as refusal:
        if f"finds no free vessel that suits it here, and {KEPT}" not in str(refusal):
            raise
        return None
    lesion = next(each for each in first.lesions if each.kind == disease)
    assert lesion.severity == severity
    shape, at = (SIDE,) * 3, middle_of(first, lesion)
    scene = make_scene(region, 3, spacing_mm=STEP_MM, shape=shape, center_lps=at, **wanted)
    return scene, lesion


def asked(region, disease):
    """What `made` gives; a refused pair is skipped."""
    if (found := made(region, disease)) is None:
        pytest.skip("refused in a sentence")
    return found


def middle_of(scene, lesion):
    """Where the lesion is seen: its narrowest point, or its middle."""
    if lesion.kind == "dissection":  # it may begin far from where it is widest
        course = course_of(scene.vessels.tree, (lesion.branch,))
        return course.points_lps[
            np.abs(course.s_mm - 0.5 * (lesion.from_mm + lesion.to_mm)).argmin()
        ]
    if lesion.kind not in NARROWINGS:
        return lesion.at_lps
    branch = scene.vessels.tree.branches[lesion.branch]
    inside = (branch.s_mm >= lesion.from_mm) & (branch.s_mm <= lesion.to_mm)
    return branch.points_lps[inside][np.argmin(branch.radius_mm[inside])]


def sections(scene, lesion):
    """Open area (mm2) of the vessel across each point of the lesion that the scene holds."""
    course = course_of(scene.vessels.tree, (lesion.branch,))
    axis = np.arange(-9, 9.01, PIXEL_MM)
    across, aside = np.meshgrid(axis, axis)
    out = []
    for n in np.flatnonzero((course.s_mm >= lesion.from_mm) & (course.s_mm <= lesion.to_mm)):
        plane = course.points_lps[n] + aside[..., None] * course.aside[n]
        index = scene.grid.index(plane + across[..., None] * course.across[n])
        wall = map_coordinates(scene.wall_mm, np.moveaxis(index, -1, 0), order=1, cval=REACH_MM)
        pieces = label(wall < 0)[0]
        mine = pieces[len(axis) // 2, len(axis) // 2]
        near = np.linalg.norm(course.points_lps[n] - scene.grid.center_lps) < SIDE * STEP_MM / 4
        if mine and near:
            out.append((pieces == mine).sum() * PIXEL_MM**2)
    return np.array(out)


def amount_ml(scene, *tissues):
    return np.isin(scene.tissue, tissues).sum() * STEP_MM**3 / 1000


@pytest.mark.parametrize("region", SOME)
@pytest.mark.parametrize("disease", NARROWINGS)
def test_the_narrowest_section_is_as_narrow_as_told(region, disease):
    scene, lesion = asked(region, disease)
    areas = sections(scene, lesion)
    if lesion.numbers["reference_diameter_mm"] < 4 * STEP_MM or not len(areas):
        pytest.skip("too thin to be measured on this grid")
    told = np.pi / 4 * lesion.numbers["minimal_lumen_diameter_mm"] ** 2
    whole = np.pi / 4 * lesion.numbers["reference_diameter_mm"] ** 2
    assert areas.min() / whole == pytest.approx(told / whole, abs=0.08)


FILLED = {
    "occlusion": ("clot_volume_ml", Tissue.THROMBUS),
    "pulmonary-embolism": ("clot_volume_ml", Tissue.THROMBUS),
    "aortic-thrombus": ("clot_volume_ml", Tissue.THROMBUS),
    "calcification": ("calcium_volume_ml", Tissue.CALCIUM),
    "aneurysm-with-thrombus": ("thrombus_volume_ml", Tissue.THROMBUS),
    "saccular-aneurysm-with-thrombus": ("thrombus_volume_ml", Tissue.THROMBUS),
    "stent-graft": ("sac_volume_ml", Tissue.THROMBUS),
}


@pytest.mark.parametrize("region", SOME)
@pytest.mark.parametrize("disease", FILLED)
def test_what_fills_or_lines_a_vessel_is_there_in_its_volume(region, disease):
    """All of it, wherever it lies: a grid over its solids."""
    scene, lesion = asked(region, disease)
    key, tissue = FILLED[disease]
    told, shown = lesion.numbers[key], 0.0
    solids = [s for s in scene.solids if isinstance(s, Solid) and s.tissue is tissue]
    assert solids
    if disease in ("calcification", "pulmonary-embolism"):  # many: as far as the scene goes
        assert amount_ml(scene, tissue) <= 1.3 * told
        return
    low = np.min([s.box_lps[0] for s in solids], axis=0) - 1
    high = np.max([s.box_lps[1] for s in solids], axis=0) + 1
    step_mm = float(max((high - low).max() / 70, 0.15))
    shape = tuple(int(n) for n in np.ceil((high - low)[::-1] / step_mm))
    whole = make_scene(
        region, 3, spacing_mm=step_mm, shape=shape, center_lps=0.5 * (low + high),
        diseases={disease: 0.6}, companions=False, detail=0.3,
    )  # fmt: skip
    shown = (whole.tissue == tissue).sum() * step_mm**3 / 1000
    assert shown == pytest.approx(told, rel=0.2)


@pytest.mark.parametrize("region", SOME)
def test_a_spindle_is_as_wide_as_told(region):
    scene, lesion = asked(region, "fusiform-aneurysm")
    numbers, areas = lesion.numbers, sections(scene, lesion)
    if numbers["maximal_diameter_mm"] > 0.8 * SIDE * STEP_MM:
        pytest.skip("wider than this grid")
    wide = 2 * np.sqrt(areas.max() / np.pi)
    assert wide == pytest.approx(numbers["maximal_diameter_mm"], rel=0.1)


@pytest.mark.parametrize("region", SOME)
@pytest.mark.parametrize(
    "disease", ["saccular-aneurysm", "ulcer", "endoleak", "arteriovenous-malformation"]
)
def test_what_joins_the_lumen_is_open(region, disease):
    scene, _ = asked(region, disease)
    (sac,) = [s for s in scene.solids if isinstance(s, Solid) and s.effect == ADDS]
    index = np.argwhere(np.ones(scene.grid.shape, bool))
    deep = sac.distance_mm(scene.grid.points_lps(index)) < -0.2
    assert deep.any()
    assert (scene.wall_mm.reshape(-1)[deep] < 0).all()


@pytest.mark.parametrize("region", SOME)
def test_a_false_lumen_takes_its_share_and_a_stent_its_length(region):
    if found := made(region, "dissection"):
        scene, lesion = found
        inside = np.argwhere((scene.wall_mm < 0) & (scene.blood == Tissue.ARTERY))
        course = course_of(scene.vessels.tree, (lesion.branch,))
        s, aside, across = course.local(scene.grid.points_lps(inside))
        near = np.abs(s - 0.5 * (lesion.from_mm + lesion.to_mm)) < 2
        near &= np.hypot(aside, across) < 2 * course.radius_mm.max()  # others run beside it
        false = scene.stain[tuple(inside[near].T)] < 1
        assert false.mean() == pytest.approx(lesion.numbers["false_lumen_share"], abs=0.12)
    if found := made(region, "stent"):
        assert (found[0].tissue == Tissue.METAL).sum() > 20
