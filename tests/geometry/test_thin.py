"""Lumens thinner than the blur, told by their brightness."""

import numpy as np
import pytest

from tests.geometry.lumens import lumen_scan, narrowed, path_along_z
from viewer.geometry.edges import Rays
from viewer.geometry.sections import measure_sections
from viewer.geometry.thin import by_brightness
from viewer.volume.volume import Volume


def throat(radius_mm, percent, lesion_mm, voxel_mm, *, seed=0, aside=0.0, change=None):
    """The sections of a narrowed vessel, their heights and their true diameters."""
    radius_at = narrowed(radius_mm, percent, lesion_mm)
    volume, mask = lumen_scan(radius_at, 44, voxel_mm, blur_mm=voxel_mm, noise_hu=15, seed=seed)
    if change is not None:
        volume = Volume(change(volume), volume.grid)
    path, radius = path_along_z(44, radius_at)
    blur = float(np.hypot(voxel_mm, voxel_mm / np.sqrt(12)))
    path[:, 0] += aside
    sections = measure_sections(
        volume, path, radius, mask=mask, noise_hu=15, blur_mm=blur, step_mm=0.5
    )
    z = sections.frames.points_lps[:, 2]
    return sections, z, 2 * radius_at(z)


@pytest.mark.parametrize(
    ("radius", "percent", "lesion", "voxel"),
    [
        (2.0, 70, 8, 0.5),
        (2.0, 90, 8, 0.3),
        (2.0, 90, 15, 0.3),
        (3.0, 90, 15, 0.5),
        (4.0, 90, 8, 0.3),
        (4.0, 90, 15, 0.5),
    ],
)
def test_a_throat_thinner_than_the_blur_is_measured(radius, percent, lesion, voxel):
    sections, z, true = throat(radius, percent, lesion, voxel)
    found = sections.values["diameter_equivalent_mm"]
    sd = sections.sd["diameter_equivalent_mm"]
    tight = np.abs(z) < 0.15 * lesion
    assert np.isfinite(found[tight]).all()
    assert found[tight] == pytest.approx(true[tight], abs=0.02 * 2 * radius + 0.25 * voxel)
    assert (np.abs(found - true)[tight] < 3.5 * sd[tight] + 0.02).all()
    at = np.argmin(np.abs(z))
    assert 100 * found[at] / (2 * radius) == pytest.approx(100 - percent, abs=3)


def test_a_short_throat_wider_than_the_blur_is_not_filled_in():
    found, true = [], []
    for seed in range(3):
        sections, z, own = throat(3.0, 55, 8, 0.5, seed=seed)
        found += sections.values["diameter_equivalent_mm"][np.abs(z) < 0.8].tolist()
        true += own[np.abs(z) < 0.8].tolist()
    assert np.mean(found) == pytest.approx(np.mean(true), rel=0.02)


def test_the_path_runs_through_a_throat_without_edges():
    sections, z, _ = throat(4.0, 92, 12, 0.5, aside=0.8)
    off = np.hypot(*sections.frames.points_lps[:, :2].T)
    assert off[np.abs(z) < 4].max() < 0.25


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("radius", "lesion", "voxel"), [(3.0, 15, 0.5), (2.5, 8, 0.3)])
def test_a_closed_vessel_has_no_diameter(radius, lesion, voxel, seed):
    sections, z, _ = throat(radius, 100, lesion, voxel, seed=seed)
    found = sections.values["diameter_equivalent_mm"]
    assert np.isnan(found[np.abs(z) < 0.6]).all()


def test_sections_beside_each_other_tell_a_lumen_that_none_tells_alone():
    far = 0.1 * np.arange(60)
    hu = np.random.default_rng(1).normal(40, 3, (41, 48, 60))
    hu[:, :, far < 0.5] += 45.0
    hu[:6, :, far < 3.0] = hu[-6:, :, far < 3.0] = 400.0
    rays = Rays(hu, np.full(41, 5.9), np.full((41, 48), np.nan), np.full(41, 400.0))
    half = np.full((41, 48), np.nan)
    half[:6] = half[-6:] = 3.0
    bare = np.zeros(41)
    radius, _ = by_brightness(rays, half, np.arange(41) * 0.5, 0.5, 15.0, 0.4, bare)
    alone, _ = by_brightness(rays, half, np.arange(41) * 5.0, 0.5, 15.0, 0.4, bare)
    assert np.isnan(alone[12:29]).all()
    assert np.pi * np.nanmedian(radius[12:29]) ** 2 == pytest.approx(0.098, abs=0.04)


@pytest.mark.parametrize(("percent", "most"), [(50, 4), (70, 6)])
def test_calcium_on_the_wall_of_a_throat_is_not_taken_for_blood(percent, most):
    radius_at = narrowed(3.0, percent, 15)

    def calcified(volume):
        points = volume.grid.points_lps(np.moveaxis(np.indices(volume.grid.shape), 0, -1))
        x, y, z = np.moveaxis(points, -1, 0)
        beyond = np.hypot(x, y) - radius_at(z)
        plate = (beyond > 0.2) & (beyond < 1.7) & (np.abs(np.arctan2(y, x)) < 0.9)
        return np.where(plate & (np.abs(z) < 5), 1100, volume.voxels).astype(np.int16)

    sections, z, _ = throat(3.0, percent, 15, 0.5, change=calcified)
    least = np.nanmin(sections.values["diameter_equivalent_mm"][np.abs(z) < 2])
    assert 100 * (1 - least / 6.0) == pytest.approx(percent, abs=most)


def test_beside_calcium_brightness_tells_nothing():
    far = 0.1 * np.arange(60)
    round_, plate = np.full((48, 60), 40.0), np.full((48, 60), 40.0)
    round_[:, far < 0.6] = plate[:, far < 0.6] = 400.0
    plate[:9, far > 1.0] = 900.0
    rays = Rays(
        np.stack([np.full((48, 60), 400.0), round_, plate]),
        np.full(3, 5.9),
        np.full((3, 48), np.nan),
        np.full(3, 400.0),
    )
    half = np.repeat([[3.0], [0.6], [0.6]], 48, axis=1)
    radius, sd = by_brightness(rays, half, np.arange(3) * 5.0, 0.5, 10.0, 0.4, np.zeros(3))
    assert np.isfinite(radius).tolist() == [False, True, False]
    assert radius[1] == pytest.approx(0.6, abs=3 * sd[1])
