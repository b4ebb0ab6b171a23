"""What is measured on a scan, and which scans are refused."""

import numpy as np
import pytest

from viewer.enhance.suitability import judge
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def test_measures_a_cta(a_cta):
    found = judge(a_cta, silent())
    assert found.fit
    assert found.contrast
    assert found.blood_hu == pytest.approx(380, abs=12)
    assert 0 < found.blood_sd_hu < 30
    assert found.noise_hu == pytest.approx(12, rel=0.15)
    assert found.slice_thickness_mm == 2.0
    assert found.field_of_view_mm == (90.0, 140.0, 150.0)
    assert found.warnings == ()


@pytest.mark.parametrize(("blood", "radius"), [(170, 9), (570, 6), (240, 14)])
def test_blood_of_every_phase(a_scan_of, blood, radius):
    found = judge(a_scan_of(blood, radius_mm=radius), silent())
    assert found.blood_hu == pytest.approx(blood, rel=0.06)


def test_a_plain_ct_is_refused_with_one_sentence(a_plain_ct):
    found = judge(a_plain_ct, silent())
    assert not found.contrast
    assert not found.fit
    assert found.blood_hu is None
    assert len(found.reasons) == 1
    assert "No contrast-enhanced vessels were found" in found.reasons[0]
    assert "open a contrast-enhanced series" in found.reasons[0]
    assert "nan" not in found.reasons[0]


def test_another_modality_is_refused(a_cta):
    found = judge(a_cta, silent(), modality="MR")
    assert not found.fit
    assert "MR" in found.reasons[0]


def test_thick_slices_and_noise_are_warned_of(a_scan_of):
    assert "5.0 mm apart" in judge(a_scan_of(380, slice_mm=5.0), silent()).warnings[0]
    assert any("noise is high" in w for w in judge(a_scan_of(380, noise_hu=60), silent()).warnings)


def test_a_removed_background_is_warned_of(a_cta):
    voxels = np.where(a_cta.voxels > 300, a_cta.voxels, 0).astype(np.int16)
    voxels[a_cta.voxels > 480] = 0
    found = judge(Volume(voxels, a_cta.grid), silent())
    assert found.contrast
    assert any("not calibrated" in w for w in found.warnings)


def test_axes_in_any_order_measure_the_same(a_cta):
    matrix = a_cta.grid.lps_from_index[:, [2, 1, 0, 3]]
    turned = np.ascontiguousarray(a_cta.voxels.transpose(2, 1, 0))
    found = judge(Volume(turned, Grid(turned.shape, matrix)), silent())
    assert found.blood_hu == pytest.approx(380, abs=12)


@pytest.mark.parametrize("voxels", [np.zeros((1, 4, 4)), np.full((3, 40, 40), -1000)])
def test_what_shows_nothing_is_refused_not_broken(voxels):
    found = judge(Volume(voxels.astype(np.int16), Grid.regular(voxels.shape)), silent())
    assert not found.fit
    assert np.isfinite(found.noise_hu)


@pytest.mark.parametrize(
    ("name", "contrast"),
    [
        ("totalseg_noncontrast_apache/example_ct.nii.gz", False),
        ("totalseg_aortic_dissection_cta_apache/ct_cropped.nii.gz", True),
        ("avm_head_cta_vessels_bsd/AVM.nii.gz", True),
    ],
)
def test_real_scans(shared_data, name, contrast):
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.ReadImage(str(shared_data(name)))
    voxels = np.rint(sitk.GetArrayFromImage(image)).astype(np.int16)
    grid = Grid.regular(voxels.shape, image.GetSpacing()[::-1])
    found = judge(Volume(voxels, grid), silent())
    assert found.contrast is contrast
    assert found.fit is contrast
