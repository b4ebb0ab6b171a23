import os
import random
import shutil
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import UID
from scipy.spatial.transform import Rotation

from viewer.dicom.folder import scan_folder
from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress, silent
from viewer.resource import resource


def only(listing):
    assert len(listing.series) == 1
    return listing.series[0]


def codes(series):
    return [notice.code for notice in series.notices]


def test_a_clean_series_has_its_facts_and_no_notice(a_series):
    a_series.tags = {
        "ConvolutionKernel": "B30f",
        "ContrastBolusAgent": "IOPAMIDOL",
        "KVP": "100",
        "Exposure": "120",
        "Manufacturer": "MAKER",
        "SeriesDescription": "CTA arterial",
    }
    files = a_series.write()
    listing = scan_folder(a_series.folder, silent())
    series = only(listing)
    assert series.notices == ()
    assert listing.excluded == ()
    assert listing.files == 8
    assert series.files == tuple(files)
    assert series.grid.shape == a_series.hu.shape
    np.testing.assert_allclose(series.grid.lps_from_index, a_series.lps_from_index, atol=1e-6)
    assert series.grid.frame_uid == a_series.frame
    assert (series.uid, series.modality, series.phase) == (a_series.uid, "CT", "arterial")
    assert (series.kernel, series.contrast, series.kvp) == ("B30f", "IOPAMIDOL", 100.0)
    assert (series.patient_name, series.patient_id) == ("Made^Up", "made-1")
    assert (series.exposure_mas, series.slice_thickness_mm, series.number) == (120.0, 2.5, 3)
    assert series.spacing_mm == pytest.approx((2.0, 0.7, 0.5))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_oblique_slices_in_any_order_lie_where_the_header_says(make_series, tmp_path_factory, seed):
    along, down, _ = Rotation.random(random_state=seed).as_matrix()
    made = make_series(tmp_path_factory.mktemp("oblique"), (5, 6, 9))
    made.along, made.down = tuple(along), tuple(down)
    names = [f"{n}.dcm" for n in range(5)]
    random.Random(seed).shuffle(names)
    files = made.write(names)
    for number, file in enumerate(sorted(files)):
        made.change(file, InstanceNumber=number)
    series = only(scan_folder(made.folder, silent()))
    assert series.files == tuple(files)
    for k in range(5):
        corner = series.grid.points_lps(np.array([k, 0, 0]))
        assert np.abs(corner - made.position(k)).max() < 1e-3
    assert series.notices == ()


def test_a_missing_slice_is_a_gap_that_blocks(a_series):
    a_series.write(leave_out=(3, 4))
    series = only(scan_folder(a_series.folder, silent()))
    assert series.grid.shape[0] == 8
    assert series.slices == 8
    [gap] = series.notices
    assert (gap.code, gap.severity) == ("gap", "blocks")
    assert gap.numbers["missing"] == 2
    assert gap.numbers["gap_mm"] == pytest.approx(6.0)


def test_missing_ends_are_a_warning(a_series):
    a_series.tags = {"NumberOfSeriesRelatedInstances": "8"}
    a_series.write(leave_out=(7,))
    [notice] = only(scan_folder(a_series.folder, silent())).notices
    assert (notice.code, notice.severity) == ("ends-missing", "warning")


def test_identical_copies_are_dropped(a_series):
    files = a_series.write()
    shutil.copy(files[2], a_series.folder / "again.dcm")
    series = only(scan_folder(a_series.folder, silent()))
    assert len(series.files) == 8
    [notice] = series.notices
    assert (notice.code, notice.severity) == ("copies", "info")


def test_one_uid_for_different_pixels_is_refused(a_series):
    files = a_series.write()
    copy = Path(shutil.copy(files[2], a_series.folder / "again.dcm"))
    a_series.change(copy, PixelData=bytes(2 * 20 * 28))
    series = only(scan_folder(a_series.folder, silent()))
    assert not series.readable
    assert "uid-conflict" in codes(series)


@pytest.mark.parametrize("tag", ["AcquisitionTime", "ConvolutionKernel"])
def test_two_phases_in_one_series_are_split_by_a_tag(a_series, make_series, tag):
    late = make_series(a_series.folder, frame=a_series.frame, study=a_series.study)
    a_series.tags, late.tags = {tag: "101000"}, {tag: "101530", "SeriesInstanceUID": a_series.uid}
    a_series.write()
    late.write()
    first, second = scan_folder(a_series.folder, silent()).series
    assert {first.uid, second.uid} == {f"{a_series.uid}#1", f"{a_series.uid}#2"}
    assert first.slices == second.slices == 8
    assert {first.phase, second.phase} == {f"{tag} 101000", f"{tag} 101530"}
    assert not set(first.files) & set(second.files)


def test_two_phases_without_a_tag_are_split_by_instance_numbers(a_series):
    a_series.write()
    for k in range(8):
        copy = a_series.copy_of(k)
        copy.InstanceNumber = 100 + k
        a_series.save(copy, f"late-{k}.dcm")
    listing = scan_folder(a_series.folder, silent())
    assert [series.slices for series in listing.series] == [8, 8]
    assert all("split-by-instance" in codes(series) for series in listing.series)


def test_phases_that_nothing_tells_apart_are_refused(a_series):
    a_series.write()
    for k in range(0, 8, 3):
        copy = a_series.copy_of(k)
        a_series.save(copy, f"late-{k}.dcm")
    series = only(scan_folder(a_series.folder, silent()))
    assert not series.readable
    assert "repeat the position" in series.notices[-1].text


def test_acquisition_numbers_alone_do_not_split(a_series):
    for file in a_series.write():
        number = int(file.stem[-3:])
        a_series.change(file, AcquisitionNumber=number // 2)
    assert only(scan_folder(a_series.folder, silent())).slices == 8


def test_localizers_are_listed_as_excluded(a_series):
    a_series.write()
    scout = a_series.dataset(0)
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    a_series.save(scout, "scout.dcm")
    sideways = a_series.copy_of(1)
    sideways.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    a_series.save(sideways, "unlabelled.dcm")
    listing = scan_folder(a_series.folder, silent())
    assert only(listing).slices == 8
    assert only(listing).notices == ()
    assert {notice.code for notice in listing.excluded} == {"localizer", "leftover"}
    assert {name for n in listing.excluded for name in n.files} == {"scout.dcm", "unlabelled.dcm"}


def test_an_mr_series_is_listed_and_refused_behind_the_ct(a_series, make_series):
    a_series.write()
    mr = make_series(a_series.folder, (12, 6, 7), tags={"Modality": "MR"})
    mr.write()
    first, second = scan_folder(a_series.folder, silent()).series
    assert (first.modality, second.modality) == ("CT", "MR")
    assert not second.readable
    [notice] = second.notices
    assert (notice.severity, notice.text) == (
        "blocks",
        "This is an MR series; Angioscape reads CT.",
    )


def test_color_pictures_reports_and_captures_are_excluded(a_series):
    a_series.write()
    color, report, capture = (a_series.dataset(k) for k in range(3))
    color.SamplesPerPixel, color.PhotometricInterpretation = 3, "RGB"
    capture.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    report.Modality = "SR"
    del report.PixelData, report.Rows, report.Columns
    for name, dataset in {"color": color, "report": report, "capture": capture}.items():
        a_series.save(dataset, f"{name}.dcm")
    listing = scan_folder(a_series.folder, silent())
    assert only(listing).notices == ()
    assert {notice.code for notice in listing.excluded} == {"color", "no-image", "capture"}


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"PixelSpacing": ["0", "0"]}, "PixelSpacing"),
        ({"ImageOrientationPatient": [1, 0, 0, 0.5, 0.5, 0]}, "ImageOrientationPatient"),
        ({"ImagePositionPatient": [0, 0, 5]}, "same ImagePositionPatient"),
        ({"RescaleSlope": "0"}, "RescaleSlope"),
        ({"NumberOfFrames": "1000"}, "shorter than its header says"),
    ],
)
def test_what_the_header_cannot_prove_is_refused_with_the_tag(a_series, tags, says):
    a_series.tags = tags
    a_series.write()
    try:
        listing = scan_folder(a_series.folder, silent())
        text = " ".join(notice.text for series in listing.series for notice in series.notices)
        assert not any(series.readable for series in listing.series)
    except ViewerError as error:
        text = str(error)
    assert says in text


def test_absent_positions_are_refused(a_series):
    for k in range(8):
        dataset = a_series.dataset(k)
        del dataset.ImagePositionPatient
        a_series.save(dataset, f"{k}.dcm")
    series = only(scan_folder(a_series.folder, silent()))
    assert not series.readable
    assert "ImagePositionPatient is missing" in series.notices[0].text
    assert "8 of 8" in series.notices[0].text


def test_one_slice_is_refused_with_a_sentence(a_series):
    a_series.write(leave_out=tuple(range(1, 8)))
    series = only(scan_folder(a_series.folder, silent()))
    assert not series.readable
    assert "needs at least 3 slices" in series.notices[0].text


def test_one_series_uid_for_each_slice_is_joined_with_a_warning(a_series):
    for k, file in enumerate(a_series.write()):
        a_series.change(file, SeriesInstanceUID=f"1.2.3.{k}")
    series = only(scan_folder(a_series.folder, silent()))
    assert series.slices == 8
    assert codes(series) == ["joined"]


def test_two_patients_under_one_series_uid_are_kept_apart(a_series, make_series):
    other = make_series(a_series.folder, frame=a_series.frame, study=a_series.study)
    other.tags = {"SeriesInstanceUID": a_series.uid, "PatientID": "made-2"}
    a_series.write()
    other.write()
    listing = scan_folder(a_series.folder, silent())
    assert {series.patient_id for series in listing.series} == {"made-1", "made-2"}
    assert [codes(series) for series in listing.series] == [["patients"], ["patients"]]
    assert len({series.uid for series in listing.series}) == 2


def test_variable_spacing_is_resampled_to_the_finest_grid(a_series):
    a_series.places_mm = [0.0, 1.0, 2.0, 3.0, 4.0, 6.5, 9.0, 11.5]
    a_series.write()
    series = only(scan_folder(a_series.folder, silent()))
    assert series.spacing_mm[0] == pytest.approx(11.5 / 12)
    assert codes(series) == ["variable-spacing"]
    assert dict(series.notices[0].numbers) == pytest.approx({"finest_mm": 1.0, "widest_mm": 2.5})


def test_a_shift_of_the_field_of_view_is_refused(a_series):
    files = a_series.write()
    for k in (5, 6, 7):
        left = a_series.position(k) + np.array([4.0, 0.0, 0.0])
        a_series.change(files[k], ImagePositionPatient=left.tolist())
    series = only(scan_folder(a_series.folder, silent()))
    assert not series.readable
    assert "field of view shifts" in series.notices[0].text


def test_a_truncated_file_is_excluded_and_leaves_a_gap(a_series):
    files = a_series.write()
    files[4].write_bytes(files[4].read_bytes()[:-100])
    listing = scan_folder(a_series.folder, silent())
    assert codes(only(listing)) == ["gap"]
    assert [notice.code for notice in listing.excluded] == ["truncated"]


def test_lossy_and_unknown_syntaxes(a_series):
    a_series.tags = {"LossyImageCompression": "01"}
    a_series.write()
    series = only(scan_folder(a_series.folder, silent()))
    assert series.lossy
    assert codes(series) == ["lossy"]
    for file in series.files:
        data = file.read_bytes()
        file.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"))
    series = only(scan_folder(a_series.folder, silent()))
    assert not series.readable
    assert "1.2.840.10008.1.2.9" in series.notices[-1].text


def test_one_file_stands_for_the_series_that_holds_it(a_series, make_series):
    files = a_series.write()
    other = make_series(a_series.folder, (5, 6, 7))
    other.write()
    assert only(scan_folder(files[3], silent())).uid == a_series.uid


def test_junk_beside_the_series_is_passed_over(a_series):
    a_series.write()
    (a_series.folder / "notes.txt").write_text("hello" * 100)
    (a_series.folder / "empty.dcm").write_bytes(b"")
    (a_series.folder / "noise").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 64)
    (a_series.folder / "deep" / "er").mkdir(parents=True)
    (a_series.folder / "loop").symlink_to(a_series.folder)
    (a_series.folder / "dangling").symlink_to("nowhere")
    os.mkfifo(a_series.folder / "pipe")
    series = only(scan_folder(a_series.folder, silent()))
    assert (series.slices, series.notices) == (8, ())


def test_a_deflate_bomb_is_passed_over(a_series):
    file = a_series.write()[0]
    dataset = a_series.dataset(0)
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1.99")
    a_series.save(dataset, "bomb.dcm")
    data = (a_series.folder / "bomb.dcm").read_bytes()
    meta = 144 + int.from_bytes(data[140:144], "little")
    packer = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(packer.compress(bytes(1 << 22)) for _ in range(70)) + packer.flush()
    (a_series.folder / "bomb.dcm").write_bytes(data[:meta] + bomb)
    listing = scan_folder(file.parent, silent())
    assert only(listing).notices == ()
    assert listing.excluded == ()


def test_unicode_names_and_bad_text_do_no_harm(a_series):
    a_series.folder = a_series.folder / "Größe 血管"
    a_series.tags = {"SpecificCharacterSet": "ISO_IR 100", "SeriesDescription": "<b>=cmd\r\nx"}
    for file in a_series.write():
        file.write_bytes(file.read_bytes().replace(b"ISO_IR 100", b"NONSENSE99"))
    series = only(scan_folder(a_series.folder, silent()))
    assert series.readable
    assert "\n" not in series.description


def test_bad_folders_get_a_sentence(tmp_path):
    with pytest.raises(ViewerError, match="does not exist"):
        scan_folder(tmp_path / "nowhere", silent())
    with pytest.raises(ViewerError, match="is empty"):
        scan_folder(tmp_path, silent())
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.txt").write_text("text")
    with pytest.raises(ViewerError, match=r"No DICOM images in .* \(2 files looked at\)"):
        scan_folder(tmp_path, silent())


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may read all")
def test_a_folder_without_permission_gets_a_sentence(a_series):
    a_series.write()
    a_series.folder.chmod(0)
    try:
        with pytest.raises(ViewerError, match="permission"):
            scan_folder(a_series.folder, silent())
    finally:
        a_series.folder.chmod(0o755)


def test_a_folder_removed_while_scanned_gets_a_sentence(a_series):
    a_series.write()

    def remove(fraction, message):
        if message == "Reading headers":
            shutil.rmtree(a_series.folder, ignore_errors=True)

    with pytest.raises(ViewerError, match="removed"):
        scan_folder(a_series.folder, Progress(remove))


def test_scanning_can_be_cancelled(a_series):
    a_series.write()
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        scan_folder(a_series.folder, Progress(lambda f, m: cancel.set(), cancel))


def test_the_example_opens_without_a_warning():
    listing = scan_folder(resource("example"), silent())
    series = only(listing)
    assert series.notices == ()
    assert listing.excluded == ()
    assert series.grid.shape == (61, 512, 512)
    assert series.spacing_mm == pytest.approx((2.5, 0.664062, 0.664062))
    first = series.grid.points_lps(np.zeros(3))
    np.testing.assert_allclose(first, [-161.0, -170.0, -230.0], atol=1e-3)
    assert series.phase == "arterial"
    assert series.transfer_syntax == "1.2.840.10008.1.2.4.80"
