"""The vessel's own wall between blood and fat or lung, against walls that are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tests.geometry.lumens import lumen_scan, path_along_z, share_inside
from viewer.geometry.edges import cast, walls
from viewer.geometry.lined import lining_of
from viewer.geometry.sections import evenly, measure_sections
from viewer.volume.volume import Volume

LENGTH_MM, VOXEL_MM, BLUR_MM, NOISE_HU = 24, 0.7, 0.5, 10.0
USUAL_MM = 0.8 * VOXEL_MM


def walled_scan(radius_mm, wall_mm, around_hu, seed=0, voxel_mm=VOXEL_MM, blur_mm=BLUR_MM):
    """A lumen of 400 HU in a wall of 45 HU, and what lies around."""

    def lumen(z):
        return radius_mm + 0 * z

    scan, mask = lumen_scan(
        lumen, LENGTH_MM, voxel_mm, lumen_hu=1000, background_hu=0, seed=seed, margin_mm=5
    )
    inner = scan.voxels / 1000
    outer = share_inside(lambda z: lumen(z) + wall_mm, mask.grid, voxel_mm) if wall_mm else inner
    hu = around_hu + (45 - around_hu) * outer + (400 - 45) * inner
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(hu.shape), 0.6)
    hu = gaussian_filter(hu, blur_mm / voxel_mm) + NOISE_HU * noise / noise.std()
    return Volume(np.rint(hu).astype(np.int16), mask.grid), mask


def lining(radius_mm, wall_mm, around_hu):
    volume, mask = walled_scan(radius_mm, wall_mm, around_hu)
    path, radius = path_along_z(LENGTH_MM, lambda z: radius_mm + 0 * z)
    frames, rough = evenly(path, radius, 0.5)
    rays = cast(volume, mask, 1, frames, rough, 48)
    return lining_of(rays, walls(rays, VOXEL_MM, NOISE_HU)[1], frames.s_mm, USUAL_MM)


@pytest.mark.parametrize("wall_mm", [0.8, 1.2, 2.0])
@pytest.mark.parametrize("radius_mm", [2.0, 4.0, 10.0])
def test_a_wall_in_fat_is_as_thick_as_it_is(radius_mm, wall_mm):
    found = lining(radius_mm, wall_mm, -100)
    assert found.sure
    np.testing.assert_allclose(found.thick_mm, wall_mm, atol=0.15)


@pytest.mark.parametrize("around_hu", [-800, -100, -30])
@pytest.mark.parametrize("radius_mm", [2.0, 4.0, 10.0])
def test_an_edge_without_a_wall_gets_none(radius_mm, around_hu):
    assert not lining(radius_mm, 0.0, around_hu).thick_mm.any()


def test_soft_tissue_shows_no_wall_and_leaves_no_doubt():
    found = lining(4.0, 1.0, 45)
    assert not found.sure
    assert found.doubt_mm(np.full(len(found.thick_mm), 400.0), 0.5).max() < 0.01


@pytest.mark.parametrize("around_hu", [-800, -100, 45])
@pytest.mark.parametrize("wall_mm", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("radius_mm", [2.0, 4.0, 10.0])
def test_a_lumen_is_as_wide_in_fat_and_lung_as_in_soft_tissue(radius_mm, wall_mm, around_hu):
    volume, mask = walled_scan(radius_mm, wall_mm, around_hu, seed=1)
    path, radius = path_along_z(LENGTH_MM, lambda z: radius_mm + 0 * z)
    found = measure_sections(volume, path, radius, mask=mask, noise_hu=NOISE_HU)
    off = found.values["diameter_equivalent_mm"][8:-8] - 2 * radius_mm
    assert abs(off.mean()) < 0.08
    assert np.mean(np.abs(off) < 2 * found.sd["diameter_equivalent_mm"][8:-8]) > 0.9
