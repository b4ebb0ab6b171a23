"""What is thinner than a voxel keeps its share of it."""

import numpy as np
import pytest

from viewer.phantom import vessels as made
from viewer.phantom.body import make_body
from viewer.phantom.levels import levels
from viewer.phantom.raster import FULL_METAL, rasterize
from viewer.phantom.scene import Scene, Vessels, Wires
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


@pytest.mark.parametrize("spacing_mm", [0.7, 1.0, 1.5])
def test_a_stent_of_thin_wires_is_a_bright_ring_all_round(spacing_mm):
    tree = made.straight_tube(40, 3.5)
    vessels = Vessels(tree, (Tissue.ARTERY,))
    mesh = struts(course_of(tree, (0,)), 4.5, 4.2, 6, 0.12, crossed=True)
    count = int(44 / spacing_mm)
    grid = Grid.regular((count,) * 3, (spacing_mm,) * 3, (-21.7, -21.8, -21.9))
    raster = rasterize(vessels, np.full(grid.shape, Tissue.MUSCLE, np.uint8), grid, (mesh,))
    metal = raster.tissue == Tissue.METAL
    assert not (metal & (raster.wall_mm < 0)).any(), "the lumen stays blood"
    scene = scene_of(raster.tissue, grid, vessels, stain=raster.stain)
    hu = levels(scene, HU)
    index = np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), -1)
    x, y, z = np.moveaxis(grid.points_lps(index), -1, 0)
    shell = (np.abs(z) < 15) & (np.hypot(x, y) >= 3.5) & (np.hypot(x, y) < 3.5 + spacing_mm)
    turn = np.floor((np.arctan2(y, x) + np.pi) / np.pi * 6).astype(int)
    around = np.array([hu[shell & (turn == n)].mean() for n in range(12)])
    assert around.min() > 250, "no gap anywhere round the vessel"
    assert around.max() < 3 * around.min()


def test_wires_keep_their_volume_wherever_they_run():
    grid = Grid.regular((20, 20, 20), (1.0, 0.8, 0.8), (-8, -8, -10))
    vessels = Vessels(made.straight_tube(4, 0.5), (Tissue.ARTERY,))
    for shift in (0.0, 0.31, 0.5):
        path = np.column_stack(
            [np.linspace(-5, 5, 200), np.full(200, 4 + shift), np.full(200, 3.3)]
        )
        wire = Wires(path, 0.002)
        raster = rasterize(vessels, np.full(grid.shape, Tissue.MUSCLE, np.uint8), grid, (wire,))
        metal = raster.tissue == Tissue.METAL
        found = raster.stain[metal].sum() * FULL_METAL * grid.voxel_mm3
        assert found == pytest.approx(0.4, rel=0.03)
