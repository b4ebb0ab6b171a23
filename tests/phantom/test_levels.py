"""What is thinner than a voxel keeps its share of it."""

import numpy as np
import pytest

from viewer.phantom import vessels as made
from viewer.phantom.body import make_body
from viewer.phantom.levels import levels
from viewer.phantom.raster import rasterize
from viewer.phantom.scene import Scene, Vessels
from viewer.phantom.site import course_of
from viewer.phantom.stent_graft import struts
from viewer.phantom.tissue import Tissue, mean_hu
from viewer.volume.grid import Grid

HU = mean_hu("arterial")
BODY = make_body(np.random.default_rng(0), 0.0)


def scene_of(tissue, grid, vessels, **more):
    wall = np.full(grid.shape, 8.0, np.float32)
    return Scene(grid, tissue, wall, tissue * 0, wall.astype(np.int16) - 9, vessels, BODY, **more)


def test_thin_cortex_is_even_along_the_bone_and_its_mean_stays():
    grid = Grid.regular((48, 48, 48), (2.0, 2.0, 2.0), (-47, -47, -47))
    index = np.stack(np.meshgrid(*[np.arange(48)] * 3, indexing="ij"), -1).reshape(-1, 3)
    deep = (30.3 - np.linalg.norm(grid.points_lps(index), axis=1)).reshape(grid.shape)
    tissue = np.full(grid.shape, Tissue.MUSCLE, np.uint8)
    tissue[deep > 0] = Tissue.CORTEX
    tissue[deep > 0.9] = Tissue.MARROW
    vessels = Vessels(made.straight_tube(), (Tissue.ARTERY,))
    found, raw = levels(scene_of(tissue, grid, vessels), HU), HU.take(tissue)
    bone, shell = deep > 0, (deep > 0) & (deep < 1.2)
    assert found[shell].std() < 0.65 * raw[shell].std()
    assert found[bone].mean() == pytest.approx(raw[bone].mean(), rel=0.02)
    assert np.array_equal(found[~bone], raw[~bone])


@pytest.mark.parametrize("spacing_mm", [1.0, 2.0])
def test_wires_thinner_than_a_voxel_stay_whole(spacing_mm):
    from scipy.ndimage import label

    tree = made.straight_tube(40, 6)
    vessels = Vessels(tree, (Tissue.ARTERY,))
    ring = struts(course_of(tree, (0,)), 12.0, 4.0, 4, 0.3, crossed=False)
    count = int(44 / spacing_mm)
    grid = Grid.regular((count,) * 3, (spacing_mm,) * 3, (-21.7, -21.8, -21.9))
    raster = rasterize(vessels, np.full(grid.shape, Tissue.MUSCLE, np.uint8), grid, (ring,), BODY)
    metal = raster.tissue == Tissue.METAL
    index = np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), -1).reshape(-1, 3)
    hit = (ring.distance_mm(grid.points_lps(index)) < 0).reshape(grid.shape)
    dots, pieces = (label(each, np.ones((3, 3, 3)))[1] for each in (hit, metal))
    assert dots > 1.5 * pieces
    assert pieces <= 12, "rings, and the teeth that the ends cut off"
    scene = scene_of(raster.tissue, grid, vessels, stain=raster.stain)
    assert 400 < levels(scene, HU)[metal].mean() < 2900
