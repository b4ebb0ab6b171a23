"""Levels are a person's, and painted lumens keep their volume."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.phantom.appearance import Appearance, make_appearance, paint
from viewer.phantom.body import make_body
from viewer.phantom.raster import rasterize
from viewer.phantom.scan import grid_around
from viewer.phantom.scene import Scene, Vessels
from viewer.phantom.tissue import SIZE, Tissue
from viewer.phantom.vessels import straight_tube, y_tree


def scene_of(tree, grid, tissue=Tissue.MUSCLE, kind=Tissue.ARTERY):
    vessels = Vessels(tree, (kind,) * len(tree.branches))
    raster = rasterize(vessels, np.full(grid.shape, tissue, np.uint8), grid)
    body = make_body(np.random.default_rng(0), 0)
    arrays = (raster.tissue, raster.wall_mm, raster.blood, raster.branch)
    return Scene(grid, *arrays, vessels, body)


def even(artery_hu=400.0, other_hu=40.0):
    hu = np.full(SIZE, other_hu, np.float32)
    hu[[Tissue.ARTERY, Tissue.CAVAL]] = artery_hu
    plain, texture = np.full(SIZE, 40, np.float32), np.zeros(SIZE, np.float32)
    return Appearance("arterial", 120, hu, plain, texture, vessel_spread=0.0)


def lumen_ml(tree, grid):
    hu = paint(scene_of(tree, grid), even(), np.random.default_rng(0))
    assert hu.dtype == np.float32
    return float((hu.astype(float) - 40).sum() / 360 * grid.voxel_mm3 / 1000)


def capsule_ml(length_mm, radius_mm):
    return (np.pi * radius_mm**2 * length_mm + 4 / 3 * np.pi * radius_mm**3) / 1000


@pytest.mark.parametrize("radius_mm", [1.5, 2.5, 5.0])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (1.25, 0.7, 0.7), (0.6, 0.6, 0.6)])
def test_partial_volume_keeps_the_lumen_within_a_hundredth(radius_mm, spacing):
    tree = straight_tube(40, radius_mm, (0.2, 0.35, 1))
    grid = grid_around(tree, spacing)
    assert lumen_ml(tree, grid) == pytest.approx(capsule_ml(40, radius_mm), rel=0.01)


def test_a_turned_grid_keeps_the_lumen():
    tree = straight_tube(40, 2.2)
    turned = Rotation.from_rotvec((0.4, 0.2, -0.7)).as_matrix()
    grid = grid_around(tree, (1.5, 0.8, 0.8), turned=turned)
    assert lumen_ml(tree, grid) == pytest.approx(capsule_ml(40, 2.2), rel=0.02)


@pytest.mark.parametrize("radius_mm", [0.3, 0.5, 0.8])
def test_a_vessel_thinner_than_a_voxel_keeps_its_volume(radius_mm):
    tree = straight_tube(40, radius_mm, (0.3, 0.2, 1))
    found = lumen_ml(tree, grid_around(tree))
    assert found == pytest.approx(capsule_ml(40, radius_mm), rel=0.08)


def test_every_voxel_outside_the_wall_keeps_its_tissue():
    tree = y_tree()
    grid = grid_around(tree)
    scene = scene_of(tree, grid)
    hu = paint(scene, even(), np.random.default_rng(0))
    np.testing.assert_allclose(hu[scene.wall_mm > 1], 40, atol=0.05)
    np.testing.assert_allclose(hu[scene.wall_mm < -1], 400, atol=0.05)


def test_a_stain_scales_what_the_contrast_adds():
    tree = straight_tube(40, 5)
    scene = scene_of(tree, grid_around(tree))
    stained = Scene(
        **{
            **{name: getattr(scene, name) for name in scene.__dataclass_fields__},
            "stain": np.full(scene.tissue.shape, 0.5, np.float32),
        }
    )
    hu = paint(stained, even(), np.random.default_rng(0))
    assert np.median(hu[scene.wall_mm < -1]) == pytest.approx(220, abs=0.1)


def test_texture_has_the_tissues_deviation():
    tree = straight_tube(10, 1)
    grid = grid_around(tree, margin_mm=25)
    scene = scene_of(tree, grid)
    texture = np.full(SIZE, 12, np.float32)
    look = even()
    look = Appearance("arterial", 120, look.hu.copy(), look.plain_hu.copy(), texture)
    hu = paint(scene, look, np.random.default_rng(1))
    assert hu[scene.wall_mm > 4].std() == pytest.approx(12, rel=0.1)


def test_people_differ_as_their_levels_allow():
    looks = [
        make_appearance(np.random.default_rng(seed), phase="arterial", kvp=120, random_contrast=0)
        for seed in range(400)
    ]
    artery = np.array([each.hu[Tissue.ARTERY] for each in looks])
    left = np.array([each.hu[Tissue.LEFT_HEART] for each in looks])
    assert 0.04 < (artery < 180).mean() < 0.18
    assert 340 < np.median(artery) < 420
    assert np.corrcoef(artery, left)[0, 1] > 0.9
    assert all(each.hu[Tissue.CORTEX] > each.hu[Tissue.MARROW] + 100 for each in looks)
    assert not any(each.by_chance for each in looks)


def test_vessels_stand_out_of_the_liver_in_the_portal_phase():
    for seed in range(60):
        look = make_appearance(np.random.default_rng(seed), phase="portal", random_contrast=0)
        assert look.hu[Tissue.PORTAL] >= look.hu[Tissue.LIVER] + 15
        assert look.hu[Tissue.ARTERY] >= look.hu[Tissue.LIVER] + 15


def test_without_contrast_blood_is_no_brighter_than_muscle():
    look = make_appearance(np.random.default_rng(0), phase="plain", random_contrast=0)
    assert abs(look.hu[Tissue.ARTERY] - look.plain_hu[Tissue.ARTERY]) < 20
    assert look.hu[Tissue.ARTERY] < 70


def test_chance_contrast_sets_blood_apart_and_leaves_air_dark():
    for seed in range(40):
        look = make_appearance(np.random.default_rng(seed), random_contrast=1)
        assert look.by_chance
        assert look.hu[Tissue.AIR] < -950
        usual = look.hu[[Tissue.FAT, Tissue.MUSCLE, Tissue.LIVER]]
        assert np.abs(look.hu[Tissue.ARTERY] - usual).min() > 40


def test_the_same_seed_paints_the_same():
    tree = y_tree()
    scene = scene_of(tree, grid_around(tree))
    first, same, other = (
        paint(scene, make_appearance(np.random.default_rng(4)), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)
