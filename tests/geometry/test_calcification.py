"""Calcium whose volume and place on the wall are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from viewer.geometry.calcification import (
    ALL,
    CORONARIES,
    METAL_HU,
    NO_METAL,
    calcifications,
)
from viewer.geometry.names_given import Named
from viewer.geometry.tree import Branch, VesselTree
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FINE, HIGH_MM, SIDE_MM = 4, 30.0, 24.0
RADIUS_MM, BLOOD_HU, TISSUE_HU = 4.0, 350.0, 40.0


def plates(*rows, voxel_mm=0.7, blur_mm=0.6, noise_hu=12.0, blood_hu=BLOOD_HU, marked=True):
    """A vessel along z with plates on its wall, and their volume (mm3).

    Each row: middle z, length, degrees round it, inner and outer radius (mm), HU.
    """
    shape = tuple(int(mm / voxel_mm) * FINE for mm in (HIGH_MM, SIDE_MM, SIDE_MM))
    step = voxel_mm / FINE
    z, y, x = (step * (np.arange(n) - 0.5 * (n - 1)) for n in shape)
    far, turn = np.hypot(x, y[:, None]), np.degrees(np.arctan2(y[:, None], x)) % 360
    hu = np.where(far < RADIUS_MM, blood_hu, TISSUE_HU).astype(np.float32)
    hu = np.repeat(hu[None], shape[0], axis=0)
    calcium, true = np.zeros(shape, bool), 0.0
    for middle, long, degrees, inner, outer, density in rows:
        own = (far >= inner) & (far < outer) & (turn < degrees)
        own = own & (np.abs(z - middle) < 0.5 * long)[:, None, None]
        hu[own], calcium = density, calcium | own
        true += degrees / 360 * np.pi * (outer**2 - inner**2) * long
    coarse = tuple(n // FINE for n in shape)
    blocks = (coarse[0], FINE, coarse[1], FINE, coarse[2], FINE)
    hu, share = (a.reshape(blocks).mean(axis=(1, 3, 5)) for a in (hu, calcium.astype(np.float32)))
    hu = gaussian_filter(hu, blur_mm / voxel_mm)
    hu += noise_hu * np.random.default_rng(3).standard_normal(hu.shape)
    first = [-0.5 * (n - 1) * voxel_mm for n in coarse][::-1]
    grid = Grid.regular(coarse, (voxel_mm,) * 3, tuple(first))
    points = grid.points_lps(np.moveaxis(np.indices(coarse), 0, -1))
    inside = np.hypot(points[..., 0], points[..., 1]) < RADIUS_MM
    labels = np.where(inside, ARTERY, 0).astype(np.uint8)
    if marked:  # as a threshold would, blooming and all
        bright = (hu > blood_hu + 150) & (share + gaussian_filter(share, 1.0) > 0.02)
        labels[bright] = CALCIFICATION
    return Volume(np.rint(hu).astype(np.int16), grid), VesselMask(labels, grid), true


def a_line(name=""):
    z = np.arange(-13.0, 13.1, 0.5)
    path = np.column_stack([0 * z, 0 * z, z])
    return VesselTree((Branch(path, np.full(len(z), RADIUS_MM), -1, name),), np.zeros((0, 3)))


def found(volume, mask, name="", **options):
    tree = a_line(name)
    names = (Named(0, 0.0, tree.branches[0].length_mm, name, 0.9, "a test"),)
    rows = calcifications(tree, names, volume, mask, 12.0, **options)
    return {each.vessel: each for each in rows}


BIG = (0.0, 6.0, 120, 3.2, 5.2, 900)


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("blur_mm", [0.4, 0.6, 0.9])
def test_a_plaque_has_its_volume_at_any_blur(marked, blur_mm):
    volume, mask, true = plates(BIG, blur_mm=blur_mm, marked=marked)
    each = found(volume, mask)[ALL]
    assert each.volume.value == pytest.approx(true, rel=0.2 if blur_mm > 0.8 else 0.1)
    assert abs(each.volume.value - true) < 2 * each.volume.sd
    assert each.plaques == 1
    assert each.peak_hu == pytest.approx(900 if blur_mm < 0.8 else 750, rel=0.1)


def test_blooming_does_not_count():
    volume, mask, true = plates(BIG, blood_hu=45.0, voxel_mm=0.6)
    by_voxels = np.count_nonzero(mask.labels == CALCIFICATION) * mask.grid.voxel_mm3
    assert by_voxels > 1.3 * true
    assert found(volume, mask)[ALL].volume.value == pytest.approx(true, rel=0.1)


@pytest.mark.parametrize("voxel_mm", [0.6, 0.8, 1.0])
def test_thin_plates_beside_a_large_one(voxel_mm):
    rows = (BIG, (-9, 4, 60, 4.0, 4.8, 900), (9, 5, 90, 3.7, 4.5, 900))
    volume, mask, true = plates(*rows, voxel_mm=voxel_mm)
    each = found(volume, mask)[ALL]
    assert each.plaques == 3
    assert each.volume.value == pytest.approx(true, rel=0.2)
    assert abs(each.volume.value - true) < 2 * each.volume.sd


@pytest.mark.parametrize("degrees", [60, 120, 220, 360])
def test_how_far_round_it_reaches(degrees):
    volume, mask, _ = plates((0.0, 6.0, degrees, 3.6, 5.0, 900))
    each = found(volume, mask)[ALL]
    assert each.arc.value == pytest.approx(degrees, abs=30)
    assert abs(each.arc.value - degrees) < 2 * each.arc.sd + 5


def test_contrast_forbids_the_score_and_a_native_scan_allows_it():
    volume, mask, _ = plates(BIG)
    score = found(volume, mask, "right coronary artery")[CORONARIES].agatston
    assert not score.known
    assert "contrast-enhanced" in score.missing
    native = plates(BIG, blood_hu=45.0, voxel_mm=0.6)
    score = found(*native[:2], kvp=120.0)[ALL].agatston
    assert "0.6 mm" in score.missing


def test_only_the_heart_has_a_coronary_sum():
    volume, mask, _ = plates(BIG)
    assert set(found(volume, mask, "left renal artery")) == {ALL, "left renal artery"}
    heart = found(volume, mask, "left anterior descending artery")
    assert set(heart) == {ALL, CORONARIES, "left anterior descending artery"}
    assert heart[CORONARIES].volume.value == heart[ALL].volume.value


def test_bone_beside_an_artery_is_no_calcium():
    volume, mask, _ = plates(BIG, marked=False)
    hu = volume.voxels.copy()
    hu[:, :, :10] = 700  # from 5 mm of the middle on
    bright = Volume(hu, volume.grid)
    assert found(bright, mask)[ALL].volume.value < 1.3 * found(volume, mask)[ALL].volume.value
    labels = mask.labels.copy()
    labels[:, :, :10] = BONE
    assert found(bright, VesselMask(labels, mask.grid))[ALL].plaques == 1


def test_a_stent_is_no_calcium():
    volume, mask, true = plates((9, 5, 90, 3.7, 4.7, 900), (-9, 3, 360, 3.8, 4.3, 900))
    hu = volume.voxels.copy()
    hu[tuple(mask.grid.nearest(np.array([[4.0, 0.0, -9.0]]))[0])] = 2600
    each = found(Volume(hu, volume.grid), mask)[ALL]
    assert each.plaques == 1
    assert each.peak_hu < 1600
    assert each.volume.value < 0.8 * true


def test_struts_no_brighter_than_calcium_are_none_and_it_is_told():
    plaque = (-12.0, 4.0, 60, 3.7, 4.7, 900)
    mesh = [(z, 1.4, 360, 4.1, 4.9, 1500) for z in np.arange(0.0, 13.0, 3.5)]
    volume, mask, _ = plates(plaque, *mesh, blur_mm=0.4)
    assert volume.voxels.max() < METAL_HU
    each = found(volume, mask)[ALL]
    alone = found(*plates(plaque, blur_mm=0.4)[:2])[ALL]
    assert each.plaques == 1
    assert each.volume.value == pytest.approx(alone.volume.value, rel=0.05)
    assert each.arc.value == pytest.approx(alone.arc.value, rel=0.05)
    assert NO_METAL in each.volume.method
    assert NO_METAL not in alone.volume.method


def test_a_speck_as_wide_as_its_vessel_tells_no_arc():
    volume, mask, _ = plates((0.0, 1.4, 25, 3.2, 4.4, 900), blur_mm=0.3)
    path = a_line().branches[0].points_lps
    middle = 3.8 * np.cos(np.radians(12.5)), 3.8 * np.sin(np.radians(12.5)), 0.0
    thin = VesselTree((Branch(path + middle, np.full(len(path), 0.6), -1, ""),), np.zeros((0, 3)))
    assert found(volume, mask)[ALL].arc.known
    each = calcifications(thin, (), volume, mask, 12.0)[0]
    assert each.plaques == 1
    assert not each.arc.known


def test_without_calcium_or_arteries_nothing_is_told():
    volume, mask, _ = plates(marked=False)
    assert found(volume, mask) == {}
    none = VesselMask(np.zeros(mask.labels.shape, np.uint8), mask.grid)
    assert calcifications(a_line(), (), volume, none, 12.0) == ()
