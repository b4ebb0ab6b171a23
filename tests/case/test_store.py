import json
import shutil

import numpy as np
import pytest
import SimpleITK

from viewer.case.case import MADE_FROM, Case
from viewer.case.pipeline import advance
from viewer.case.store import FILES, file_digest, load_case, save_case
from viewer.errors import ViewerError
from viewer.geometry.plain import plain


@pytest.fixture
def a_folder(a_case, tmp_path):
    folder = tmp_path / "case"
    save_case(a_case, folder)
    return folder


def test_a_saved_case_opens_the_same(a_case, a_folder):
    opened = load_case(a_folder)
    for part in MADE_FROM:
        before, after = getattr(a_case, part), getattr(opened, part)
        assert (before is None) == (after is None), part
        for one, other in zip(
            getattr(before, "arrays", ()), getattr(after, "arrays", ()), strict=True
        ):
            np.testing.assert_allclose(one, other, atol=1e-4)
    assert opened.mask.names == a_case.mask.names
    assert opened.measures == a_case.measures
    assert [vars(r) for r in opened.records] == [vars(r) for r in a_case.records]
    assert opened.warnings == a_case.warnings
    assert opened.series.patient_name == "DOE^JANE"
    assert opened.suitability.blood_hu == 400.0
    np.testing.assert_array_equal(
        opened.surface.point_data["radius_mm"], a_case.surface.point_data["radius_mm"]
    )


def test_saving_what_was_opened_changes_nothing(a_folder, tmp_path):
    again = tmp_path / "again"
    save_case(load_case(a_folder), again)
    for name in (FILES["mask"], FILES["measures"], FILES["volume"]):
        assert (again / name).read_bytes() == (a_folder / name).read_bytes(), name


def test_case_json_says_what_others_read(a_case, a_folder):
    told = json.loads((a_folder / "case.json").read_text())
    assert told["mask"]["names"]["1"] == "artery"
    assert told["warnings"][0]["text"] == "A warning of the scan."
    steps = {record["step"]: record for record in told["records"]}
    assert steps["trace"]["seconds"] > 0
    assert steps["trace"]["peak_bytes"] > 0


def test_another_library_reads_the_mask_at_its_place(a_case, a_folder):
    image = SimpleITK.ReadImage(str(a_folder / "vessels.nrrd"))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), a_case.mask.labels)
    corner = image.TransformIndexToPhysicalPoint((3, 2, 1))
    np.testing.assert_allclose(corner, a_case.volume.grid.points_lps((1, 2, 3)), atol=1e-6)


@pytest.fixture(scope="module")
def a_measured_case(a_case):
    return advance(a_case, "measure")


def test_what_was_measured_opens_the_same(a_measured_case, tmp_path):
    save_case(a_measured_case, tmp_path / "case")
    opened = load_case(tmp_path / "case")
    assert plain(opened.findings) == plain(a_measured_case.findings)
    assert opened.records_of("findings")[0].step == "measure"
    save_case(opened, tmp_path / "again")
    name = FILES["findings"]
    assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "case" / name).read_bytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"branches": [0', '"branches": [900'),
        ('"angles": [', '"angles": [5, '),
        ('"names": [', '"strange": ['),
        ('"confidence": ', '"confidence": "sure" '),
    ],
)
def test_findings_that_do_not_fit_are_damaged(a_measured_case, tmp_path, old, new):
    folder = tmp_path / "case"
    save_case(a_measured_case, folder)
    path = folder / FILES["findings"]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ViewerError, match="changed after"):
        load_case(folder)
    told = json.loads((folder / "case.json").read_text())
    told["parts"]["findings"]["sha256"] = file_digest(path)
    (folder / "case.json").write_text(json.dumps(told))
    with pytest.raises(ViewerError, match="damaged"):
        load_case(folder)


def test_nothing_is_left_beside_the_case(a_folder):
    assert [each.name for each in a_folder.parent.iterdir()] == ["case"]


def test_an_existing_folder_is_refused_and_stays(a_case, a_folder):
    before = (a_folder / "case.json").read_bytes()
    with pytest.raises(ViewerError, match="exists already"):
        save_case(a_case, a_folder)
    assert (a_folder / "case.json").read_bytes() == before


def test_overwriting_replaces_a_case_but_no_other_folder(a_case, a_folder, tmp_path):
    (a_folder / "mine.txt").write_text("old")
    save_case(a_case, a_folder, overwrite=True)
    assert not (a_folder / "mine.txt").exists()
    other = tmp_path / "photos"
    other.mkdir()
    (other / "holiday.jpg").write_text("keep")
    with pytest.raises(ViewerError, match="not a case folder"):
        save_case(a_case, other, overwrite=True)
    assert (other / "holiday.jpg").read_text() == "keep"


def test_a_full_disk_gets_a_sentence_and_keeps_the_old_case(a_case, a_folder, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("viewer.case.store.write_labels", full)
    with pytest.raises(ViewerError, match=r"No space left.*still open"):
        save_case(a_case, a_folder, overwrite=True)
    assert load_case(a_folder).mask is not None
    assert [each.name for each in a_folder.parent.iterdir()] == ["case"]


def test_too_little_space_is_noticed_before_writing(a_case, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("viewer.case.store.shutil.disk_usage", lambda _: usage)
    with pytest.raises(ViewerError, match="1 kB free"):
        save_case(a_case, tmp_path / "case")
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_save_gets_a_sentence(tmp_path):
    with pytest.raises(ViewerError, match="no scan"):
        save_case(Case(), tmp_path / "case")


def _spoil_json(folder):
    (folder / "case.json").write_text('{"format": 1')


def _list_json(folder):
    (folder / "case.json").write_text("[]")


def _lose_mask(folder):
    (folder / "vessels.nrrd").unlink()


def _change_volume(folder):
    with (folder / "volume.nrrd").open("r+b") as out:
        out.seek(-20, 2)
        out.write(b"\0\1\2\3")


def _lose_names(folder):
    told = json.loads((folder / "case.json").read_text())
    del told["mask"]
    (folder / "case.json").write_text(json.dumps(told))


def _point_outside(folder):
    told = json.loads((folder / "case.json").read_text())
    told["parts"]["volume"]["file"] = "../../etc/passwd"
    (folder / "case.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    "harm", [_spoil_json, _list_json, _lose_mask, _change_volume, _lose_names, _point_outside]
)
def test_a_damaged_folder_gets_a_sentence(a_folder, harm):
    harm(a_folder)
    with pytest.raises(ViewerError, match=r"damaged \(.*stays open"):
        load_case(a_folder)


def test_a_newer_folder_gets_a_sentence(a_folder):
    told = json.loads((a_folder / "case.json").read_text())
    told.update(format=99, angioscape="7.0")
    (a_folder / "case.json").write_text(json.dumps(told))
    with pytest.raises(ViewerError, match=r"newer Angioscape \(7.0\)"):
        load_case(a_folder)
