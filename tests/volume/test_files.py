import numpy as np
import pytest
import SimpleITK as sitk

from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.volume.files import read_labels, read_volume, write_labels, write_volume


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz", ".nii", ".mha", ".mhd"])
def test_a_written_volume_comes_back(an_oblique_volume, tmp_path, suffix):
    path = tmp_path / f"volume{suffix}"
    write_volume(an_oblique_volume, path)
    back = read_volume(path, silent())
    np.testing.assert_array_equal(back.voxels, an_oblique_volume.voxels)
    assert back.voxels.dtype == np.int16
    assert back.grid.same_as(an_oblique_volume.grid, 1e-3)


def test_a_nifti_file_holds_ras(an_oblique_volume, tmp_path):
    """Read by hand: the s-form rows of a NIfTI header map the index (i, j, k) to RAS."""
    write_volume(an_oblique_volume, tmp_path / "volume.nii")
    header = (tmp_path / "volume.nii").read_bytes()[:348]
    rows = np.frombuffer(header[280:328], "<f4").reshape(3, 4)
    ras = rows @ np.array([4, 3, 2, 1])
    lps = an_oblique_volume.grid.points_lps(np.array([2, 3, 4]))
    np.testing.assert_allclose(ras, lps * [-1, -1, 1], atol=1e-3)
    assert np.frombuffer(header[40:56], "<i2")[1:4].tolist() == [13, 10, 7]


def test_labels_come_back(an_oblique_grid, tmp_path):
    labels = np.arange(np.prod(an_oblique_grid.shape)).reshape(an_oblique_grid.shape) % 9
    labels = labels.astype(np.uint8)
    write_labels(labels, an_oblique_grid, tmp_path / "labels.nrrd")
    back, grid = read_labels(tmp_path / "labels.nrrd")
    np.testing.assert_array_equal(back, labels)
    assert back.dtype == np.uint8
    assert grid.same_as(an_oblique_grid)
    assert b"gzip" in (tmp_path / "labels.nrrd").read_bytes()[:600]


def test_fractions_become_int16_and_small_ones_stay(tmp_path):
    values = np.linspace(-1000.4, 40000, 60).reshape(3, 4, 5)
    values[0, 0, 1] = np.nan
    sitk.WriteImage(sitk.GetImageFromArray(values), tmp_path / "wide.nrrd")
    wide = read_volume(tmp_path / "wide.nrrd", silent()).voxels
    assert wide.dtype == np.int16
    assert (wide[0, 0, 0], wide[0, 0, 1], wide[-1, -1, -1]) == (-1000, -1024, 32767)
    narrow = np.linspace(0, 1, 60).reshape(3, 4, 5).astype(np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(narrow), tmp_path / "narrow.nrrd")
    np.testing.assert_array_equal(read_volume(tmp_path / "narrow.nrrd", silent()).voxels, narrow)


def test_what_is_no_volume_gets_a_sentence(tmp_path):
    sitk.WriteImage(sitk.Image([3, 4, 5, 6], sitk.sitkInt16), tmp_path / "four.nii")
    sitk.WriteImage(sitk.Image([8, 8], sitk.sitkInt16), tmp_path / "flat.nrrd")
    colors = sitk.Image([3, 4, 5], sitk.sitkVectorUInt8, 3)
    sitk.WriteImage(colors, tmp_path / "colors.nrrd")
    (tmp_path / "noise.nrrd").write_bytes(b"no volume at all")
    for name, says in {
        "four.nii": r"6 volumes \(4-D\)",
        "flat.nrrd": "flat picture",
        "colors.nrrd": "colors",
        "noise.nrrd": "cannot be read",
        "nowhere.nii": "does not exist",
    }.items():
        with pytest.raises(ViewerError, match=says):
            read_volume(tmp_path / name, silent())


def test_a_cut_file_gets_a_sentence(an_oblique_volume, tmp_path):
    path = tmp_path / "cut.nrrd"
    write_volume(an_oblique_volume, path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ViewerError, match=r"cut\.nrrd cannot be read"):
        read_volume(path, silent())


def test_fractions_are_no_labels(tmp_path):
    sitk.WriteImage(sitk.Image([3, 4, 5], sitk.sitkFloat32) + 0.5, tmp_path / "half.nrrd")
    with pytest.raises(ViewerError, match="no labels"):
        read_labels(tmp_path / "half.nrrd")


def test_a_file_that_cannot_be_written_gets_a_sentence(an_oblique_volume, tmp_path):
    with pytest.raises(ViewerError, match="could not be written"):
        write_volume(an_oblique_volume, tmp_path / "nowhere" / "volume.nrrd")
    with pytest.raises(ViewerError, match="no known ending"):
        write_volume(an_oblique_volume, tmp_path / "volume.xyz")


@pytest.mark.parametrize(
    ("name", "shape", "lowest", "highest"),
    [
        ("totalseg_noncontrast_apache/example_ct.nii.gz", (112, 101, 122), -1207, 3382),
        ("totalseg_aortic_dissection_cta_apache/ct_cropped.nii.gz", (164, 126, 120), -1078, 3343),
        ("avm_head_cta_vessels_bsd/AVM.nii.gz", (154, 319, 337), 0, 563),
    ],
)
def test_real_files(shared_data, name, shape, lowest, highest):
    path = shared_data(name)
    volume = read_volume(path, silent())
    assert volume.voxels.dtype == np.int16
    assert volume.voxels.shape == shape
    assert (volume.voxels.min(), volume.voxels.max()) == (lowest, highest)
    image = sitk.ReadImage(str(path))
    last = [size - 1 for size in image.GetSize()]
    np.testing.assert_allclose(
        volume.grid.corners_lps[-1], image.TransformIndexToPhysicalPoint(last), atol=1e-3
    )


def test_every_real_volume_opens(shared_data):
    for path in sorted(shared_data("totalseg_aortic_dissection_cta_apache").rglob("*.nii.gz")):
        assert read_volume(path, silent()).voxels.ndim == 3
