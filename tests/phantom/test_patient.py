import json

import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom.disease import DISEASES
from viewer.phantom.patient import (
    SUITED,
    Recipe,
    check,
    decided,
    front_view,
    make_patient,
    surprise,
)
from viewer.phantom.tissue import Tissue
from viewer.progress import Progress

SICK = Recipe("carotid", 3, {"stenosis": None}, spacing_mm=6.0)


@pytest.fixture(scope="module")
def a_patient():
    return make_patient(SICK, Progress())


def test_the_truth_names_the_disease_inside_the_scan(a_patient):
    (lesion,) = a_patient.document["lesions"]
    assert lesion["kind"] == "stenosis"
    assert lesion["in_scan"]
    assert a_patient.scene.grid.holds(np.array(lesion["at_lps"]))
    assert 0.25 <= lesion["severity"] <= 0.95
    assert json.loads(json.dumps(dict(a_patient.document))) == a_patient.document


def test_the_recipe_in_the_truth_makes_the_same_patient_again(a_patient):
    again = make_patient(Recipe(**a_patient.document["recipe"]), Progress())
    np.testing.assert_array_equal(again.volume.voxels, a_patient.volume.voxels)
    assert again.document == a_patient.document


def test_blood_is_brighter_than_muscle_but_for_a_scan_without_contrast(a_patient):
    inside = a_patient.scene.wall_mm < -1.0
    assert a_patient.volume.voxels[inside].mean() > 100 or a_patient.appearance.phase == "plain"


def test_severities_are_drawn_from_the_seed():
    one, same, other = (decided(Recipe("head", seed, {"stenosis": None})) for seed in (1, 1, 2))
    assert one.diseases == same.diseases != other.diseases
    assert decided(Recipe("head", 1, {"stenosis": 0.0})).diseases == {"stenosis": 0.0}


def test_surprises_suit_their_region_and_some_are_healthy():
    recipes = [surprise(seed) for seed in range(60)]
    for recipe in recipes:
        check(recipe)
        assert set(recipe.diseases) <= set(SUITED[recipe.region])
    healthy = sum(not recipe.diseases for recipe in recipes)
    assert 5 <= healthy <= 30
    assert len({recipe.region for recipe in recipes}) > 5
    assert len({name for recipe in recipes for name in recipe.diseases}) > len(DISEASES) // 2


def test_random_contrast_lets_tissues_change_places_but_not_the_anatomy(a_patient):
    recipe = Recipe(**a_patient.document["recipe"] | {"random_contrast": True})
    other = make_patient(recipe, Progress())
    assert other.document["appearance"]["contrast_by_chance"]
    assert not a_patient.document["appearance"]["contrast_by_chance"]
    np.testing.assert_array_equal(other.scene.tissue, a_patient.scene.tissue)
    bone = other.scene.tissue == Tissue.CORTEX
    hu, usual = (float(each.volume.voxels[bone].mean()) for each in (other, a_patient))
    assert abs(hu - usual) > 100
    again = make_patient(Recipe(**other.document["recipe"]), Progress())
    np.testing.assert_array_equal(again.volume.voxels, other.volume.voxels)


def test_a_negative_seed_is_refused():
    with pytest.raises(ViewerError, match="seed"):
        check(Recipe("head", -1))


def test_the_front_view_shows_arteries_and_marks_the_disease():
    rgb = front_view(SICK, Progress(), spacing_mm=6.0)
    assert rgb.shape[2] == 3
    assert (rgb == (229, 77, 77)).all(axis=2).sum() > 100
    assert (rgb == (245, 217, 10)).all(axis=2).sum() > 20
