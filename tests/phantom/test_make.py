"""One seed gives one person, on every grid."""

import threading

import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom.make import make_scene, region_grid
from viewer.phantom.regions import REGIONS
from viewer.phantom.scene import REACH_MM
from viewer.phantom.tissue import BLOOD, Tissue
from viewer.progress import Cancelled, Progress

PART = (32, 36, 40)


@pytest.fixture(scope="module")
def a_scene():
    return make_scene("abdominal-aorta", 4, shape=PART, detail=0.2)


def test_a_scene_holds_together(a_scene):
    assert a_scene.tissue.shape == a_scene.wall_mm.shape == a_scene.branch.shape == PART
    inside = a_scene.wall_mm < 0
    assert inside.any()
    assert np.all(np.isin(a_scene.tissue[inside], sorted(BLOOD)))
    assert np.all(a_scene.branch[a_scene.wall_mm < REACH_MM] >= 0)
    assert (a_scene.region, a_scene.seed) == ("abdominal-aorta", 4)


def test_the_same_seed_gives_the_same_scene(a_scene):
    same = make_scene("abdominal-aorta", 4, shape=PART, detail=0.2)
    np.testing.assert_array_equal(same.tissue, a_scene.tissue)
    np.testing.assert_array_equal(same.wall_mm, a_scene.wall_mm)
    other = make_scene("abdominal-aorta", 5, shape=PART, detail=0.2)
    assert np.any(other.wall_mm != a_scene.wall_mm)


def test_a_smaller_part_shows_the_same_person(a_scene):
    small = make_scene(
        "abdominal-aorta", 4, shape=(16, 18, 20), detail=0.2, center_lps=a_scene.grid.center_lps
    )
    box = (slice(8, 24), slice(9, 27), slice(10, 30))
    np.testing.assert_allclose(small.wall_mm, a_scene.wall_mm[box], atol=2e-3)
    assert (small.tissue == a_scene.tissue[box]).mean() > 0.97


def test_no_lumen_touches_bone(a_scene):
    bone = np.isin(a_scene.tissue, (Tissue.CORTEX, Tissue.MARROW))
    assert not np.any(bone & (a_scene.wall_mm < 1))


def test_without_companions_all_is_muscle():
    scene = make_scene("tree", 1, shape=(24, 24, 24), companions=False)
    outside = scene.wall_mm > 1.5
    assert np.all(scene.tissue[outside] == Tissue.MUSCLE)


def test_a_diseased_part_lies_near_its_lesion():
    scene = make_scene(
        "abdominal-aorta", 2, shape=(40, 40, 40), detail=0.2, diseases={"stenosis": 0.7},
        companions=False,
    )  # fmt: skip
    assert [lesion.kind for lesion in scene.lesions] == ["stenosis"]
    assert scene.grid.holds(scene.lesions[0].at_lps)


def test_the_region_is_covered_whole():
    scene = make_scene("head", 3, spacing_mm=6.0, detail=0.0, variety=0.5)
    assert scene.grid.same_as(region_grid("head", scene.body, (6, 6, 6)))
    low, high = np.array(REGIONS["head"].box_standard, float)
    assert scene.grid.holds(scene.body.place(0.5 * (low + high)))
    assert scene.grid.holds(scene.body.place(low + 4))


def test_what_is_unknown_is_refused():
    with pytest.raises(ViewerError):
        make_scene("elbow", 1, shape=(8, 8, 8))
    with pytest.raises(ViewerError):
        make_scene("tree", 1, shape=(8, 8, 8), diseases={"boredom": 1.0})


def test_variants_are_those_wished_for_and_only_what_the_region_shows():
    wished = ("accessory-renal-artery", "left-dominant")
    scene = make_scene("abdominal-aorta", 4, shape=(8, 8, 8), companions=False, variants=wished)
    assert scene.variants == ("accessory-renal-artery",)
    assert "left accessory renal artery" in {b.name for b in scene.vessels.tree.branches}
    bare = make_scene("abdominal-aorta", 4, shape=(8, 8, 8), companions=False, variants=())
    assert bare.variants == ()
    with pytest.raises(ViewerError, match="no variant called third-kidney"):
        make_scene("abdominal-aorta", 4, shape=(8, 8, 8), variants=("third-kidney",))


@pytest.mark.parametrize("share", [0.1, 0.4, 0.75])
def test_making_stops_soon_after_it_is_asked_to(share):
    stop, told = threading.Event(), []

    def tell(fraction, _):
        told.append(fraction)
        if fraction > share:
            stop.set()

    with pytest.raises(Cancelled):
        make_scene("abdominal-aorta", 4, shape=PART, detail=0.2, progress=Progress(tell, stop))
    assert told == sorted(told)
    assert told[-1] < share + 0.15
