import json

import numpy as np
import SimpleITK as sitk

from viewer.networks.plan import ARTERY, BONE, CHAMBER, VEIN
from viewer.phantom.tissue import Tissue
from viewer.progress import silent
from viewer.training import atlases
from viewer.training.anatomy import load, prepare
from viewer.training.classes import UNKNOWN


def write(path, voxels, spacing=1.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing([spacing] * 3)
    sitk.WriteImage(image, str(path))


def test_labels_become_tissues_and_strangers_air():
    labels = np.array([[[0, 5, 28, 99]]])
    tissue = atlases.translated(labels, atlases.BODYPARTS)
    assert tissue.ravel().tolist() == [0, Tissue.LIVER, Tissue.ARTERY, 0]


def test_an_image_is_turned_to_the_patients_axes(tmp_path):
    voxels = np.zeros((10, 12, 14), np.int16)
    voxels[1, 2, 3] = 7
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((1.5, 1.5, 1.5))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, -1))
    sitk.WriteImage(image, str(tmp_path / "turned.nii.gz"))
    read = atlases.read(tmp_path / "turned.nii.gz", labels=True)
    assert np.argwhere(read == 7).tolist() == [[8, 2, 10]]


def test_the_pulmonary_artery_is_split_from_the_heart(tmp_path):
    labels = np.zeros((180, 130, 130), np.uint8)
    labels[90:150, 80:130, 60:125] = 51
    labels[90:150, 80:100, 20:40] = 52
    labels[90:120, 20:60, 20:60] = 31
    hu = np.where(labels == 0, -50, 350).astype(np.int16)
    hu[labels == 31] = 600
    folder = tmp_path / "lidc0001_chest_cta_ccby"
    write(folder / "ct_1p5mm.nii.gz", hu)
    write(folder / "labels_1p5mm.nii.gz", labels)
    real, rendered = atlases.arterial_chest(tmp_path)
    assert real.classes[140, 110, 110] == VEIN
    assert real.classes[125, 90, 110] == VEIN
    assert real.classes[100, 110, 110] == CHAMBER
    assert real.classes[120, 90, 110] == UNKNOWN
    assert real.classes[100, 90, 30] == ARTERY
    assert real.classes[100, 40, 40] == BONE
    assert rendered.tissue[140, 110, 110] == Tissue.PULMONARY_ARTERY


def test_what_is_bright_and_no_bone_stays_unknown(tmp_path):
    folder = tmp_path / "tcia_unlabelled_ct_ccby"
    hu = np.full((20, 30, 30), -100, np.int16)
    hu[:, 5:12, 5:12], hu[:, 18:25, 18:25] = 150, 700
    mask = (hu == 700).astype(np.uint8)
    write(folder / "neck_X_ct_2mm.nii.gz", hu)
    write(folder / "neck_X_bone_semiauto_2mm.nii.gz", mask)
    (scan,) = atlases.unlabeled_scans(tmp_path)
    assert scan.name == "venous-neck"
    assert scan.classes[10, 8, 8] == UNKNOWN
    assert scan.classes[10, 21, 21] == BONE
    assert scan.classes[10, 1, 28] == 0


def test_another_heart_takes_the_place_of_the_old_one():
    chest = np.full((60, 90, 90), Tissue.LUNG, np.uint8)
    chest[20:40, 35:55, 35:55] = Tissue.LEFT_HEART
    chest[:, 70:85, 40:55] = Tissue.CORTEX
    heart = np.zeros((30, 30, 30), np.uint8)
    heart[8:22, 8:15, 8:22], heart[8:22, 15:22, 8:22] = 4, 6
    new = atlases.with_heart(chest, heart)
    assert np.count_nonzero(new == Tissue.RIGHT_HEART) == 14 * 7 * 14
    assert np.count_nonzero(new == Tissue.LEFT_HEART) == 14 * 7 * 14
    assert np.array_equal(new == Tissue.CORTEX, chest == Tissue.CORTEX)
    assert (new == Tissue.HEART_WALL).any()


def test_prepare_makes_what_load_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(atlases, "ALL", (atlases.unlabeled_scans,))
    folder = tmp_path / "data" / "tcia_unlabelled_ct_ccby"
    write(folder / "leg_X_ct_2mm.nii.gz", np.full((9, 9, 9), 20, np.int16))
    write(folder / "leg_X_bone_semiauto_2mm.nii.gz", np.zeros((9, 9, 9), np.uint8))
    assert prepare(tmp_path / "data", tmp_path / "out", silent()) == ["venous-leg"]
    assert json.dumps([a.name for a in load(tmp_path / "out")]) == '["venous-leg"]'
