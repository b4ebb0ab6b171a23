import numpy as np
import pydicom
import pytest
import SimpleITK

from viewer.dicom.folder import scan_folder
from viewer.dicom.read import read_series
from viewer.dicom.series import MADE_UP
from viewer.dicom.stamp import GLYPHS, LETTER_HU, WORD, stamped, word_bitmap
from viewer.dicom.write import Facts, write_series
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.volume.grid import Grid
from viewer.volume.simpleitk import image_grid
from viewer.volume.volume import Volume

FACTS = Facts("abdomen", "Abdomen", 7, "recipe", "generator 1", "arterial", "soft", 120, 1.5)
TYPE_2 = [
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "SeriesNumber",
    "PositionReferenceIndicator",
    "Manufacturer",
    "SliceThickness",
    "KVP",
    "AcquisitionNumber",
    "InstanceNumber",
    "ContrastBolusAgent",
    "PatientPosition",
]
TYPE_1 = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "ImageType",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "PixelSpacing",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "PixelData",
]


def oblique(flip=1):
    """An oblique, anisotropic, non-cubic volume whose corners are air."""
    a, b = 0.4, -0.3
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn = turn @ np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    matrix = np.eye(4)
    matrix[:3, :3] = turn[:, ::-1] * [2.5 * flip, 0.8, 0.7]
    matrix[:3, 3] = (-31.4, 15.9, 265.3)
    rng = np.random.default_rng(1)
    voxels = np.full((6, 70, 90), -1000, np.int16)
    voxels[:, 20:60, 10:80] = rng.integers(-1024, 3072, (6, 40, 70))
    return Volume(voxels, Grid(voxels.shape, matrix))


def read_back(folder):
    (series,) = scan_folder(folder, Progress()).series
    assert series.readable
    volume, notices = read_series(series, Progress())
    return series, volume, (*series.notices, *notices)


@pytest.mark.parametrize("flip", [1, -1])
def test_our_reader_gives_the_same_voxels_at_the_same_place(tmp_path, flip):
    volume = oblique(flip)
    write_series(volume, tmp_path / "s", FACTS, Progress())
    series, back, notices = read_back(tmp_path / "s")
    expected = stamped(volume.voxels)
    at = np.rint(back.grid.index(volume.grid.points_lps((0, 0, 0)))).astype(int)
    assert np.abs(back.grid.index(volume.grid.points_lps((0, 0, 0))) - at).max() < 1e-3
    order = slice(None) if at[0] == 0 else slice(None, None, -1)
    np.testing.assert_array_equal(back.voxels[order], expected)
    np.testing.assert_array_equal(expected[:, 20:60], volume.voxels[:, 20:60])
    corners = np.sort(back.grid.corners_lps, axis=0), np.sort(volume.grid.corners_lps, axis=0)
    np.testing.assert_allclose(*corners, atol=1e-3)
    assert series.synthetic
    assert series.patient_name == "SYNTHETIC^ABDOMEN"
    assert series.patient_id == "SYN-7"
    assert series.study_description.startswith("SYNTHETIC")
    assert series.kvp == 120
    assert notices == (MADE_UP,)


def test_another_library_reads_it_at_its_place(tmp_path):
    volume = oblique()
    write_series(volume, tmp_path, FACTS, Progress())
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), stamped(volume.voxels))
    assert image_grid(image).same_as(volume.grid)


def test_every_attribute_that_the_standard_demands_is_there(tmp_path):
    write_series(oblique(), tmp_path, FACTS, Progress())
    files = sorted(tmp_path.iterdir())
    first = pydicom.dcmread(files[0])
    for name in TYPE_1:
        assert first[name].value not in (None, ""), name
    for name in TYPE_2:
        assert name in first, name
    assert first.SyntheticData == "YES"
    assert list(first.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert first.BurnedInAnnotation == "YES"
    assert first.file_meta.TransferSyntaxUID.is_little_endian
    assert not first.file_meta.TransferSyntaxUID.is_implicit_VR
    (equipment,) = first.ContributingEquipmentSequence
    assert "seed 7" in equipment.ContributionDescription
    uids = {pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID for file in files}
    assert len(uids) == len(files) == 6
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_the_same_patient_gives_the_same_bytes_and_another_other_uids(tmp_path):
    for name, facts in (("a", FACTS), ("b", FACTS), ("c", Facts("abdomen", "A", 7, "other", "g"))):
        write_series(oblique(), tmp_path / name, facts, Progress())
    a, b = ((tmp_path / n / "IM00001.dcm").read_bytes() for n in "ab")
    assert a == b
    first, other = (pydicom.dcmread(tmp_path / n / "IM00001.dcm") for n in "ac")
    assert first.SeriesInstanceUID != other.SeriesInstanceUID


def test_the_word_stands_in_the_corner_with_the_least_body():
    assert set(WORD) == set(GLYPHS)
    voxels = np.full((2, 80, 100), 500, np.int16)
    voxels[:, 50:, 30:] = -1000
    marked = stamped(voxels)
    changed = np.argwhere((marked != voxels).any(axis=0))
    assert changed.min(axis=0)[0] >= 60
    assert changed.min(axis=0)[1] >= 30
    word = word_bitmap()
    assert np.count_nonzero(marked == LETTER_HU) == 2 * word.sum()
    assert stamped(np.zeros((2, 10, 10), np.int16)) is None


def test_sheared_axes_are_refused(tmp_path):
    matrix = np.eye(4)
    matrix[0, 1] = 0.4
    with pytest.raises(ViewerError, match="not square"):
        write_series(
            Volume(np.zeros((4, 5, 6), np.int16), Grid((4, 5, 6), matrix)),
            tmp_path,
            FACTS,
            Progress(),
        )
