import json
import shutil
import struct
import tarfile
import threading
import time
import zipfile

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import UID

from viewer.dicom import decode
from viewer.dicom.folder import scan_folder
from viewer.dicom.read import read_series
from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress, silent
from viewer.provenance import digest
from viewer.resource import resource
from viewer.volume.simpleitk import from_image

JPEG_LS, J2K, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"


def read(folder, progress=None):
    [series] = scan_folder(folder, silent()).series
    volume, notices = read_series(series, progress or silent())
    return volume, notices, series


def read_with_itk(files):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(file) for file in files])
    return from_image(reader.Execute())


def test_voxels_and_grid_are_as_written_and_as_another_library_reads_them(a_series):
    a_series.along = (0.6, 0.8, 0.0)
    a_series.down = (0.0, 0.0, -1.0)
    files = a_series.write()
    volume, notices, _ = read(a_series.folder)
    assert notices == ()
    assert volume.voxels.dtype == np.int16
    np.testing.assert_array_equal(volume.voxels, a_series.hu)
    np.testing.assert_allclose(volume.grid.lps_from_index, a_series.lps_from_index, atol=1e-5)
    voxels, grid = read_with_itk(files)
    np.testing.assert_array_equal(volume.voxels, voxels)
    assert volume.grid.same_as(grid)


@pytest.mark.parametrize("syntax", [JPEG_LS, J2K, RLE])
@pytest.mark.parametrize("signed", [True, False])
def test_compressed_slices_are_exact(make_series, tmp_path, syntax, signed):
    a_series = make_series(tmp_path, (5, 40, 48))
    if not signed:
        a_series.tags = {"PixelRepresentation": 0, "BitsStored": 12, "HighBit": 11}
    for file in a_series.write():
        dataset = pydicom.dcmread(file)
        dataset.compress(UID(syntax), generate_instance_uid=False)
        dataset.save_as(file)
    volume, notices, series = read(a_series.folder)
    assert (notices, series.notices) == ((), ())
    np.testing.assert_array_equal(volume.voxels, a_series.hu)


def test_jpeg_lossless_is_exact(a_series, tmp_path):
    from viewer.dicom.decoder import Task, decode
    from viewer.dicom.pixels import Stored

    stream = tmp_path / "stream.jpg"
    values = (a_series.hu[3] + 1024).astype(np.uint16)
    stream.write_bytes(lossless_jpeg(values))
    stored = Stored(*values.shape, 16, 16, 15, False, 1.0, -1024.0)
    task = Task(stream, ((0, stream.stat().st_size),), "1.2.840.10008.1.2.4.70", stored)
    np.testing.assert_array_equal(decode(task), a_series.hu[3])


def lossless_jpeg(values):
    """A lossless JPEG (process 14, selection value 1) with 17 codes of 5 bits (T.81 annex H)."""
    rows, columns = values.shape
    counts = bytes([0, 0, 0, 0, 17]) + bytes(11)
    table = b"\xff\xc4" + struct.pack(">HB", 2 + 1 + 16 + 17, 0) + counts + bytes(range(17))
    frame = b"\xff\xc3" + struct.pack(">HBHHB3B", 11, 16, rows, columns, 1, 1, 0x11, 0)
    scan = b"\xff\xda" + struct.pack(">HB2B3B", 8, 1, 1, 0, 1, 0, 0)
    bits = []
    for j in range(rows):
        for i in range(columns):
            first = 1 << 15 if j == 0 else int(values[j - 1, 0])
            difference = int(values[j, i]) - (int(values[j, i - 1]) if i else first)
            size = abs(difference).bit_length()
            bits.append(f"{size:05b}")
            if 0 < size < 16:
                code = difference if difference > 0 else difference + (1 << size) - 1
                bits.append(f"{code:0{size}b}")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"\xff\xd8" + table + frame + scan + data + b"\xff\xd9"


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2"])
def test_other_uncompressed_syntaxes(a_series, syntax):
    for file in a_series.write():
        dataset = pydicom.dcmread(file)
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        if syntax.endswith(".2.2"):
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
        little = not syntax.endswith(".2.2")
        implicit = not syntax.endswith(".2.2")
        pydicom.dcmwrite(file, dataset, little_endian=little, implicit_vr=implicit)
    volume, _, _ = read(a_series.folder)
    np.testing.assert_array_equal(volume.voxels, a_series.hu)


def test_deflated_slices(a_series):
    for file in a_series.write():
        dataset = pydicom.dcmread(file)
        dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1.99")
        dataset.save_as(file)
    volume, _, _ = read(a_series.folder)
    np.testing.assert_array_equal(volume.voxels, a_series.hu)


def test_rescale_is_taken_from_each_slice_and_may_be_fractional(a_series):
    expected = np.empty(a_series.hu.shape)
    for k, file in enumerate(a_series.write()):
        slope, intercept = (1 + k / 8, -1000.25) if k % 2 else (1.0, -1024.0 - k)
        a_series.change(file, RescaleSlope=str(slope), RescaleIntercept=str(intercept))
        expected[k] = (a_series.hu[k] + 1024.0) * slope + intercept
    volume, _, _ = read(a_series.folder)
    np.testing.assert_array_equal(volume.voxels, np.rint(expected))


def test_unsigned_16_bit_values_beyond_int16_are_clamped(a_series):
    a_series.tags = {"PixelRepresentation": 0}
    files = a_series.write()
    pixels = np.full((20, 28), 65000, "<u2")
    pixels[0, 0] = 1024
    a_series.change(files[0], PixelData=pixels.tobytes())
    volume, _, _ = read(a_series.folder)
    assert volume.voxels[0, 0, 0] == 0
    assert volume.voxels[0, 1, 1] == 32767
    np.testing.assert_array_equal(volume.voxels[1:], a_series.hu[1:])


@pytest.mark.parametrize("signed", [0, 1])
def test_only_the_stored_bits_count(a_series, signed):
    a_series.hu = np.clip(a_series.hu, -1000, 1000)
    a_series.tags = {"PixelRepresentation": signed, "BitsStored": 12, "HighBit": 11}
    if signed:
        a_series.tags["RescaleIntercept"] = "0"
    for k, file in enumerate(a_series.write()):
        values = a_series.hu[k] if signed else a_series.hu[k] + 1024
        pixels = (values.astype("<i2").view("<u2") & 0x0FFF) | 0x5000
        a_series.change(file, PixelData=pixels.tobytes())
    volume, _, _ = read(a_series.folder)
    np.testing.assert_array_equal(volume.voxels, a_series.hu)


def test_padding_becomes_air_and_monochrome1_keeps_its_hu(a_series):
    a_series.tags = {"PhotometricInterpretation": "MONOCHROME1", "PixelPaddingValue": -2000}
    files = a_series.write()
    pixels = (a_series.hu[2] + 1024).astype("<i2")
    pixels[:, :4] = -2000
    a_series.change(files[2], PixelData=pixels.tobytes())
    volume, _, series = read(a_series.folder)
    assert series.notices == ()
    assert (volume.voxels[2, :, :4] == -1024).all()
    np.testing.assert_array_equal(volume.voxels[2, :, 4:], a_series.hu[2, :, 4:])


def test_missing_slices_stay_air_and_the_others_lie_right(a_series):
    a_series.write(leave_out=(3,))
    volume, _, _ = read(a_series.folder)
    assert (volume.voxels[3] == -1024).all()
    kept = [0, 1, 2, 4, 5, 6, 7]
    np.testing.assert_array_equal(volume.voxels[kept], a_series.hu[kept])


@pytest.mark.parametrize("syntax", [None, JPEG_LS, J2K, RLE])
def test_a_corrupt_slice_is_reported_as_a_gap(make_series, tmp_path, syntax):
    a_series = make_series(tmp_path, (8, 40, 48))
    files = a_series.write()
    if syntax:
        for file in files:
            dataset = pydicom.dcmread(file)
            dataset.compress(UID(syntax), generate_instance_uid=False)
            dataset.save_as(file)
    [series] = scan_folder(a_series.folder, silent()).series
    data = files[5].read_bytes()
    files[5].write_bytes(data[: len(data) - 300] + (b"\xff" * 300 if syntax else b""))
    if syntax:
        at = data.index(b"\xe0\x7f\x10\x00")
        files[5].write_bytes(data[: at + 40] + bytes(len(data) - at - 40))
    volume, [gap] = read_series(series, silent())
    assert (gap.code, gap.severity, gap.files) == ("gap", "blocks", (files[5].name,))
    assert (volume.voxels[5] == -1024).all()
    np.testing.assert_array_equal(volume.voxels[6], a_series.hu[6])


def test_a_decoder_that_dies_costs_one_slice(a_series, monkeypatch):
    files = a_series.write()
    for file in files:
        dataset = pydicom.dcmread(file)
        dataset.compress(UID(JPEG_LS), generate_instance_uid=False)
        dataset.save_as(file)
    start = decode.Decoder.start

    def killed(decoder, number, task):
        if task.path == files[2]:
            decoder.process.kill()
            decoder.process.join()
            decoder.task = number
        else:
            start(decoder, number, task)

    monkeypatch.setattr(decode.Decoder, "start", killed)
    volume, [gap], _ = read(a_series.folder)
    assert gap.files == (files[2].name,)
    np.testing.assert_array_equal(volume.voxels[3:], a_series.hu[3:])


def test_variable_spacing_is_interpolated_between_slices(a_series):
    a_series.places_mm = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0]
    a_series.hu = np.empty((8, 20, 28), np.int16)
    a_series.hu[:] = (np.array(a_series.places_mm) * 100)[:, None, None]
    a_series.write()
    volume, _, _ = read(a_series.folder)
    assert volume.grid.shape[0] == 11
    np.testing.assert_array_equal(volume.voxels[:, 7, 7], np.arange(11) * 100)


def test_gantry_tilt_is_rectified(a_series):
    tilt = np.tan(np.radians(20))
    a_series.drift = (0.0, tilt, 0.0)
    a_series.hu = np.full((8, 40, 28), -1024, np.int16)
    for k in range(8):
        # A rod along the patient's axis: its place within the slices moves against the tilt.
        row = (14.0 - k * 2.0 * tilt) / 0.7
        rows = np.arange(40)
        a_series.hu[k] += (1500 * np.exp(-(((rows - row) / 3) ** 2))[:, None]).astype(np.int16)
    a_series.write()
    volume, _, series = read(a_series.folder)
    assert [notice.code for notice in series.notices] == ["tilt"]
    assert series.notices[0].numbers["degrees"] == pytest.approx(20.0, abs=1e-3)
    matrix = volume.grid.lps_from_index[:3, :3]
    np.testing.assert_allclose(matrix.T @ matrix, np.diag(np.square([2.0, 0.7, 0.5])), atol=1e-6)
    weights = volume.voxels[:, :, 14].astype(float) + 1024
    rows = (weights * np.arange(volume.grid.shape[1])).sum(1) / weights.sum(1)
    assert np.ptp(rows) * 0.7 < 0.05
    at_lps = volume.grid.points_lps(np.array([0, rows[0], 14]))
    assert at_lps[1] == pytest.approx(a_series.origin[1] + 14.0, abs=0.05)


def test_cancel_answers_within_a_second(a_series, monkeypatch):
    for file in a_series.write():
        dataset = pydicom.dcmread(file)
        dataset.compress(UID(JPEG_LS), generate_instance_uid=False)
        dataset.save_as(file)
    [series] = scan_folder(a_series.folder, silent()).series
    cancel = threading.Event()
    # The decoders are given nothing, as if each slice took for ever.
    monkeypatch.setattr(decode.Decoder, "start", lambda self, n, task: setattr(self, "task", n))
    timer = threading.Timer(0.5, cancel.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        read_series(series, Progress(cancel=cancel))
    assert time.monotonic() - started < 1.5


def test_a_folder_removed_while_open_gets_a_sentence(a_series):
    a_series.write()
    [series] = scan_folder(a_series.folder, silent()).series
    shutil.rmtree(a_series.folder)
    with pytest.raises(ViewerError, match="removed"):
        read_series(series, silent())


def test_a_series_that_makes_no_volume_gets_its_reason(a_series):
    a_series.tags = {"Modality": "MR"}
    a_series.write()
    [series] = scan_folder(a_series.folder, silent()).series
    with pytest.raises(ViewerError, match="reads CT"):
        read_series(series, silent())


def test_the_example_has_its_voxels():
    volume, notices, _ = read(resource("example"))
    assert notices == ()
    assert digest([volume.voxels])[:16] == "51ecf4d5a85b91c7"


def test_the_example_equals_its_source(shared_data):
    source = shared_data("hcc015_arterial_portal_dicom_ccby/arterial_series4")
    for path in sorted(source.glob("*.dcm")):
        original, shipped = pydicom.dcmread(path), pydicom.dcmread(resource("example") / path.name)
        np.testing.assert_array_equal(original.pixel_array, shipped.pixel_array)
        del original.PixelData, shipped.PixelData
        assert original == shipped
    ours, _, _ = read(resource("example"))
    theirs, _, series = read(source)
    assert series.notices == ()
    np.testing.assert_array_equal(ours.voxels, theirs.voxels)
    assert ours.grid.same_as(theirs.grid)
    voxels, grid = read_with_itk(series.files)
    np.testing.assert_array_equal(theirs.voxels, np.maximum(voxels, -1024))
    assert theirs.grid.same_as(grid)


def test_ircad_equals_itk_and_lies_on_its_masks(shared_data, tmp_path):
    folder = shared_data("ircad01_ct_vessels_ccbyncnd")
    with tarfile.open(folder / "PATIENT_DICOM.tar.xz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4
        archive.extractall(tmp_path / "ct")
    with zipfile.ZipFile(folder / "MASKS_DICOM.zip") as archive:
        names = [name for name in archive.namelist() if "/artery/" in name]
        archive.extractall(tmp_path / "masks", [name for name in names if not name.endswith("/")])
    volume, notices, series = read(tmp_path / "ct")
    assert (notices, series.notices) == ((), ())
    voxels, grid = read_with_itk(series.files)
    np.testing.assert_array_equal(volume.voxels, voxels)
    assert volume.grid.same_as(grid)
    masks = scan_folder(tmp_path / "masks", silent()).series
    files = {file.name: file for one in masks for file in one.files}
    by_number = sorted(files.values(), key=lambda file: int(file.name.split("_")[-1]))
    mask = np.array([pydicom.dcmread(file).pixel_array for file in by_number]) > 0
    assert mask.shape == volume.voxels.shape
    assert np.median(volume.voxels[mask]) == pytest.approx(178, abs=3)


def test_siemens_jpeg_2000_equals_itk(shared_data):
    folder = shared_data("totalseg_dicom_j2k_apache")
    volume, notices, series = read(folder / "example_ct_dicom")
    assert notices == ()
    assert [notice.code for notice in series.notices] == ["blank-uid"]
    assert (series.contrast, series.phase) == ("APPLIED", "portal venous")
    voxels, grid = read_with_itk(series.files)
    np.testing.assert_array_equal(volume.voxels, voxels)
    assert volume.grid.same_as(grid)


def test_ge_gantry_tilt_and_variable_spacing(shared_data, tmp_path):
    with zipfile.ZipFile(shared_data("ge_head_gantry_tilt_bsd2/GE.zip")) as archive:
        archive.extractall(tmp_path)
    volume, notices, series = read(tmp_path)
    assert notices == ()
    tilt = next(notice for notice in series.notices if notice.code == "tilt")
    assert tilt.numbers["degrees"] == pytest.approx(18.5, abs=1e-3)
    grid = volume.grid
    gram = grid.lps_from_index[:3, :3].T @ grid.lps_from_index[:3, :3]
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-6
    for number, file in enumerate(series.files):
        header = pydicom.dcmread(file)
        index = grid.index(np.array(header.ImagePositionPatient, float))
        assert (index > -1e-3).all()
        assert abs(index[2]) < 1e-3
        if number in (0, len(series.files) - 1):
            # On these two the grid has a slice: its voxels are the file's, moved along the rows.
            k = round(float(index[0]))
            assert abs(index[0] - k) * grid.spacing_mm[0] < 1e-3
            pixels = np.maximum(header.pixel_array.astype(float), -1024)
            low, share = int(index[1]), index[1] % 1
            if share > 1e-3:
                pixels = pixels[:-1] * share + pixels[1:] * (1 - share)
                low += 1
            there = volume.voxels[k, low : low + len(pixels)]
            assert np.abs(there - pixels).max() <= 1.5
    assert skull_jitter_mm(volume) < 2.0


def skull_jitter_mm(volume):
    """How far the front of the skull jumps between slices against its smooth course."""
    bone = volume.voxels[45:100, :, 256] > 300
    front = bone.argmax(axis=1) * volume.grid.spacing_mm[1]
    place = np.linspace(-1, 1, len(front))
    return float(np.abs(front - np.polyval(np.polyfit(place, front, 4), place)).max())


def test_reports_how_far_it_is(a_series):
    a_series.write()
    told = []
    read(a_series.folder, Progress(lambda fraction, message: told.append((fraction, message))))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert json.dumps(told)
