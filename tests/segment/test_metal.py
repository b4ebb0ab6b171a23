"""Struts are told from calcium on made-up arteries of several sizes and regions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from viewer.dicom.folder import scan_folder
from viewer.dicom.read import read_series
from viewer.enhance.coarse import coarse
from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.scanner import SCANNERS, shoot
from viewer.phantom.tissue import Tissue, mask_labels
from viewer.progress import silent
from viewer.resource import resource
from viewer.segment.mask import ARTERY, BONE
from viewer.segment.metal import metal_near, thin_axes
from viewer.volume.files import read_volume
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

DENSE_CALCIUM_HU = 1650.0  # 2.5 standard deviations above the usual
GRID = Grid.regular((50, 50, 50), (1.0, 1.0, 1.0), (5.0, -7.0, 100.0))
Z, Y, X = np.meshgrid(*(np.arange(n) for n in GRID.shape), indexing="ij")
FAR = np.hypot(X - 25, Y - 25)
TREE = FAR <= 6


def found_on(volume, tree, bone):
    """The voxels of metal near a tree; `tree` and `bone` (bool) by voxel."""
    blocks, *parts = (
        coarse(Volume(each.astype(np.float32), volume.grid), 1.3, silent())
        for each in (volume.voxels, tree, bone)
    )
    return metal_near(volume, blocks, *(part.hu > 0.5 for part in parts))


def metal_ml(region, disease, severity, seed, *, spacing_mm, scanner, calcium_hu=None):
    """What is called metal round a disease of a made-up person, in ml."""
    rng = np.random.default_rng([seed, 9])
    side = int(70 / spacing_mm)
    ill = {disease: severity}
    scene = make_scene(region, seed, spacing_mm=spacing_mm, shape=(side,) * 3, diseases=ill)
    look = make_appearance(rng, phase="arterial", kvp=120, random_contrast=0.0)
    if calcium_hu is not None:
        hu = look.hu.copy()
        hu[Tissue.CALCIUM] = calcium_hu
        look = replace(look, hu=hu)
    volume = shoot(scene, look, SCANNERS[scanner], rng)
    labels = mask_labels().take(scene.tissue)
    tree = (scene.wall_mm < 0) & (labels == ARTERY)
    return len(found_on(volume, tree, labels == BONE)) * spacing_mm**3 / 1000


@pytest.mark.parametrize(
    ("region", "disease", "spacing_mm"),
    [
        ("abdominal-aorta", "stent-graft", 1.2),
        ("thoracic-aorta", "stent-graft", 1.2),
        ("abdomen", "endoleak", 1.2),
        ("abdominal-aorta", "stent", 1.2),
        ("coronary", "stent", 0.7),
        ("legs", "stent", 1.5),
    ],
)
def test_the_struts_of_a_stent_are_metal(region, disease, spacing_mm):
    ml = metal_ml(region, disease, 0.5, 1, spacing_mm=spacing_mm, scanner="vascular")
    assert ml > 0.01


@pytest.mark.parametrize("scanner", ["vascular", "sharp"])
@pytest.mark.parametrize(
    ("region", "disease", "seed", "spacing_mm"),
    [
        ("thoracic-aorta", "calcification", 1, 1.2),
        ("abdominal-aorta", "calcification", 3, 1.2),
        ("carotid", "calcified-stenosis", 2, 0.9),
        ("coronary", "calcified-stenosis", 1, 0.7),
    ],
)
def test_the_densest_calcium_is_none(region, disease, seed, spacing_mm, scanner):
    calcium = {"scanner": scanner, "calcium_hu": DENSE_CALCIUM_HU}
    assert metal_ml(region, disease, 1.0, seed, spacing_mm=spacing_mm, **calcium) == 0


def test_the_stented_aorta_has_metal_and_the_calcified_one_has_none(shared_data):
    """Lumens by HU alone, round a place in each aorta."""
    stented = shared_data("totalseg_aortic_dissection_cta_apache") / "ct_cropped.nii.gz"
    volume = read_volume(stented, silent())
    truth = read_volume(stented.parent / "aorta.nii.gz", silent()).voxels > 0
    nothing = np.zeros(truth.shape, bool)
    assert len(found_on(volume, truth, nothing)) * volume.grid.voxel_mm3 > 1000
    volume, _ = read_series(scan_folder(resource("example"), silent()).series[0], silent())
    pieces, _ = ndimage.label((volume.voxels > 250) & (volume.voxels < 900))
    aorta = pieces == pieces[33, 260, 269]
    assert aorta.sum() * volume.grid.voxel_mm3 > 10_000
    assert not len(found_on(volume, aorta, np.zeros(aorta.shape, bool)))


def test_a_thin_mesh_all_round_is_metal_and_plates_on_one_side_are_not():
    ring = (FAR > 6) & (FAR <= 7.2) & ((Z // 3) % 2 == 0) & (Z > 10) & (Z < 40)
    lumen = np.where(TREE, 400, 40)
    mesh = Volume(np.where(ring, 1200, lumen).astype(np.int16), GRID)
    plates = Volume(np.where(ring & (X > 26), 1200, lumen).astype(np.int16), GRID)
    nothing = np.zeros(GRID.shape, bool)
    assert len(found_on(mesh, TREE, nothing)) > 0.5 * ring.sum()
    assert not len(found_on(plates, TREE, nothing))


def test_what_exceeds_all_tissue_is_metal_however_it_lies_and_only_near_the_tree():
    voxels = np.where(TREE, 400, 40).astype(np.int16)
    voxels[10:13, 32:35, 24:27] = 3000
    nothing = np.zeros(GRID.shape, bool)
    assert len(found_on(Volume(voxels, GRID), TREE, nothing)) == 27
    assert not len(found_on(Volume(voxels, GRID), TREE & (Z > 30), nothing))


def test_a_line_is_thin_along_two_axes_and_a_sheet_along_one():
    voxels = np.full(GRID.shape, 40, np.int16)
    voxels[:, 10, 10] = voxels[30, :, :] = 1200
    volume = Volume(voxels, GRID)
    np.testing.assert_array_equal(thin_axes(volume, np.array([[10, 10, 10], [30, 40, 40]])), [2, 1])
