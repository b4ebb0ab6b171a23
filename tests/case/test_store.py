import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK

from viewer.case.case import MADE_FROM, Case
from viewer.case.options import EnhanceOptions
from viewer.case.pipeline import advance
from viewer.case.store import FILES, file_digest, load_case, save_case
from viewer.enhance.halves import checked
from viewer.errors import ViewerError
from viewer.geometry.drawn import Drawing, cut_strip
from viewer.geometry.drawn_numbers import measured
from viewer.geometry.frames import frames_along
from viewer.geometry.plain import plain
from viewer.geometry.straighten import Straightened


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


@pytest.fixture
def drawings(a_case):
    """A distance in space, a circle in a plane, and a polygon on a curved sheet."""
    middle = a_case.volume.grid.center_lps
    flat = np.array([(20.0, -3.0), (26.0, -3.0), (24.0, 4.0)])
    longest = max(a_case.tree.branches, key=lambda branch: branch.length_mm)
    sheet = Straightened(frames_along(longest.points_lps), 0.4)
    strip = cut_strip(sheet, "straightened", 30.0, "polygon", flat)
    ring = tuple(map(tuple, middle + np.array([(0, 0, 0), (5, 0, 0), (0, 4, 0)])))
    made = (
        Drawing("distance", "D1", (tuple(middle), tuple(middle + 9.0)), made="2026-05-02"),
        Drawing("ellipse", "Sac, neck", ring, (0.0, 0.0, 1.0)),
        Drawing("polygon", "P1", tuple(map(tuple, strip.lifted(flat))), strip=strip),
    )
    return tuple(measured(each, a_case.volume) for each in made)


def test_drawings_are_saved_with_their_numbers_and_read_again(a_case, drawings, tmp_path):
    save_case(a_case.noted("drawings", drawings), tmp_path / "drawn")
    told = json.loads((tmp_path / "drawn" / "case.json").read_text())
    first = told["drawings"][0]["numbers"]["length"]
    assert first["value"] == pytest.approx(9 * 3**0.5)
    assert first["sd"] > 0.3
    opened = load_case(tmp_path / "drawn").drawings
    for before, after in zip(drawings, opened, strict=True):
        assert (after.kind, after.name, after.made) == (before.kind, before.name, before.made)
        np.testing.assert_allclose(after.points_lps, before.points_lps, atol=1e-9)
        assert list(after.numbers) == list(before.numbers)
        for name, number in before.numbers.items():
            again = after.numbers[name]
            assert (again.value, again.sd) == pytest.approx((number.value, number.sd), rel=2e-2)
    rows = (tmp_path / "drawn" / FILES["measures"]).read_text().splitlines()
    assert any(row.startswith("-1,D1,length,15.58") for row in rows)
    assert any(row.startswith('-1,"Sac, neck",mean HU,') for row in rows)
    assert len(rows) > len(a_case.measures) + 10


def test_a_case_without_drawings_and_one_of_an_older_format_open(a_folder):
    assert load_case(a_folder).drawings is None
    told = json.loads((a_folder / "case.json").read_text())
    del told["drawings"]
    told["format"] = 2
    (a_folder / "case.json").write_text(json.dumps(told))
    assert load_case(a_folder).drawings is None


@pytest.mark.parametrize(
    ("number", "key", "value"),
    [
        (0, "kind", "spiral"),
        (0, "points_lps", [[0, 0, 0]]),
        (0, "points_lps", [[0, 0, 0], [1e300, 0, 0]]),
        (0, "points_lps", [[0, 0], [1, 1]]),
        (0, "points_lps", "abc"),
        (0, "name", ""),
        (0, "name", "x" * 5000),
        (1, "name", "D1"),
        (1, "normal_lps", [0, 0, 0]),
        (1, "normal_lps", None),
        (2, "strip", {}),
        (2, "strip", None),
        (2, "points_lps", [[0, 0, 0], [1, 1, 1]]),
    ],
)
def test_a_drawing_that_cannot_be_is_damage(a_case, drawings, tmp_path, number, key, value):
    save_case(a_case.noted("drawings", drawings), tmp_path / "drawn")
    file = tmp_path / "drawn" / "case.json"
    told = json.loads(file.read_text())
    told["drawings"][number][key] = value
    file.write_text(json.dumps(told))
    with pytest.raises(ViewerError, match=r"damaged \(.*stays open"):
        load_case(tmp_path / "drawn")


@pytest.mark.parametrize("what", ["along_mm", "ways", "flat_mm"])
def test_a_strip_that_does_not_fit_is_damage(a_case, drawings, tmp_path, what):
    save_case(a_case.noted("drawings", drawings), tmp_path / "drawn")
    file = tmp_path / "drawn" / "case.json"
    told = json.loads(file.read_text())
    told["drawings"][2]["strip"][what] = told["drawings"][2]["strip"][what][::-1][:-1]
    file.write_text(json.dumps(told))
    with pytest.raises(ViewerError, match="damaged"):
        load_case(tmp_path / "drawn")


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


def test_a_restored_scan_opens_with_all_that_is_known_of_it(a_case, tmp_path):
    options = EnhanceOptions(mode="exact", divide="slices", engine="plain")
    case = advance(Case(series=a_case.series).put("volume", a_case.volume), "suitability")
    case = advance(case, "enhance", options)
    save_case(case, tmp_path / "restored")
    opened = load_case(tmp_path / "restored").restored
    made = case.restored
    for one, other in zip(made.arrays, opened.arrays, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert opened.facts == made.facts
    assert opened.volume.grid.same_as(made.volume.grid)
    assert opened.acquisition.factor == (2, 1, 1)


def test_a_denoised_scan_of_an_older_format_is_left_out(a_case, tmp_path):
    case = advance(Case(series=a_case.series).put("volume", a_case.volume), "suitability")
    save_case(advance(case, "enhance", EnhanceOptions(engine="plain")), tmp_path / "old")
    told = json.loads((tmp_path / "old" / "case.json").read_text())
    del told["restored"], told["parts"]["origin"], told["parts"]["sd"]
    told["format"] = 3
    (tmp_path / "old" / "case.json").write_text(json.dumps(told))
    opened = load_case(tmp_path / "old")
    assert opened.restored is None
    assert opened.volume is not None


def test_a_checked_restoration_opens_the_same(a_case, tmp_path):
    case = advance(a_case, "enhance", EnhanceOptions("exact", "slices", "plain"))
    apart = np.full(case.restored.volume.grid.shape, 1.25, np.float16)
    apart[:2, :2, :2] = 250.0
    case = case.put("check", checked(apart, case.restored.volume.grid))
    save_case(case, tmp_path / "case")
    opened = load_case(tmp_path / "case")
    np.testing.assert_array_equal(opened.check.apart, apart)
    assert opened.check.share == case.check.share == pytest.approx(8 / apart.size)
    assert opened.check.grid is opened.restored.volume.grid
    sd = (case.restored.sd_hu + 100 * (apart > 3)).astype(np.float16)
    loud = replace(case.restored, sd_hu=sd)
    save_case(case.put("restored", loud), tmp_path / "loud")
    np.testing.assert_array_equal(load_case(tmp_path / "loud").restored.sd_hu, loud.sd_hu)
