"""The truth of a scene is told as masks and as a document."""

import json

import numpy as np
import pytest

from viewer.phantom.appearance import make_appearance
from viewer.phantom.body import make_body
from viewer.phantom.raster import rasterize
from viewer.phantom.scan import grid_around
from viewer.phantom.scanner import SCANNERS
from viewer.phantom.scene import Lesion, Scene, Vessels
from viewer.phantom.tissue import Tissue
from viewer.phantom.truth import labels, truth_document
from viewer.phantom.vessels import y_tree
from viewer.segment.mask import ARTERY, BONE, CHAMBER, VEIN


@pytest.fixture
def a_scene():
    tree = y_tree()
    grid = grid_around(tree)
    vessels = Vessels(tree, (Tissue.ARTERY, Tissue.ARTERY, Tissue.PORTAL))
    tissue = np.full(grid.shape, Tissue.FAT, np.uint8)
    tissue[:6, :3], tissue[:6, -3:] = Tissue.MARROW, Tissue.RIGHT_HEART
    raster = rasterize(vessels, tissue, grid)
    body = make_body(np.random.default_rng(0))
    lesion = Lesion("stenosis", 0.5, np.array([0.0, 0, -20]), 0, 10.0, 20.0, {"least_mm": 2.0})
    arrays = (raster.tissue, raster.wall_mm, raster.blood, raster.branch)
    return Scene(grid, *arrays, vessels, body, (lesion,), region="tree", seed=3)


def test_labels_follow_the_blood_and_the_tissue(a_scene):
    mask = labels(a_scene)
    assert mask.present == (ARTERY, VEIN, BONE, CHAMBER)
    inside = a_scene.wall_mm < 0
    right = a_scene.branch == 2
    np.testing.assert_array_equal(mask.labels == VEIN, inside & right)
    np.testing.assert_array_equal(mask.labels == ARTERY, inside & ~right)
    trunk_ml = np.pi * 4**2 * 40 / 1000
    assert mask.volume_ml(ARTERY) > trunk_ml


def test_the_document_is_json_with_every_number(a_scene):
    look = make_appearance(np.random.default_rng(0), phase="portal", kvp=100)
    made = truth_document(a_scene, look, SCANNERS["soft"], dose=0.5)
    told = json.loads(json.dumps(made))
    assert told == made
    assert [each["name"] for each in told["branches"]] == ["trunk", "left", "right"]
    assert told["branches"][0]["length_mm"] == pytest.approx(40)
    assert told["branches"][0]["mean_radius_mm"] == pytest.approx(4)
    assert told["branches"][2]["blood"] == "portal"
    assert told["lesions"][0]["vessel"] == "trunk"
    assert told["lesions"][0]["numbers"] == {"least_mm": 2.0}
    assert told["appearance"]["hu"]["artery"] == pytest.approx(look.hu[Tissue.ARTERY], abs=0.1)
    assert told["appearance"]["phase"] == "portal"
    assert told["scanner"]["name"] == "soft"
    assert told["scanner"]["dose"] == 0.5
