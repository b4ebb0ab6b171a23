import json
import threading

import numpy as np
import pydicom
import pytest
import SimpleITK

from viewer.case.source import choose, find_source, open_source
from viewer.case.store import load_case, save_case
from viewer.cli import run
from viewer.command import patients
from viewer.dicom.series import MADE_UP
from viewer.geometry.files import read_tree
from viewer.progress import Cancelled, Progress
from viewer.segment.mask import ARTERY

TINY = ["--region", "tree", "--spacing", "6", "--phase", "arterial"]


def made(out, *arguments):
    return run(["phantom", str(out), *TINY, *arguments])


@pytest.fixture(scope="module")
def a_folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    assert made(out, "--seed", "3") == 0
    return out / "tree-000003"


def files_of(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_patient_is_a_folder_of_scan_labels_centerlines_and_truth(a_folder):
    names = sorted(path.name for path in a_folder.iterdir())
    assert names == ["centerlines.vtp", "labels.json", "labels.nii.gz", "scan.nii.gz", "truth.json"]
    scan = SimpleITK.ReadImage(str(a_folder / "scan.nii.gz"))
    labels = SimpleITK.ReadImage(str(a_folder / "labels.nii.gz"))
    assert scan.GetSize() == labels.GetSize()
    hu = SimpleITK.GetArrayFromImage(scan)
    assert hu.min() < -900 < 150 < hu.max()
    known = json.loads((a_folder / "labels.json").read_text())
    found = np.unique(SimpleITK.GetArrayFromImage(labels))
    assert set(map(str, found[found > 0])) <= set(known)
    truth = json.loads((a_folder / "truth.json").read_text())
    assert truth["synthetic"] is True
    assert truth["recipe"]["seed"] == 3
    assert len(read_tree(a_folder / "centerlines.vtp").branches) == len(truth["branches"])


def test_the_same_seed_gives_the_same_bytes(a_folder, tmp_path):
    assert made(tmp_path, "--seed", "3") == 0
    assert files_of(tmp_path / "tree-000003") == files_of(a_folder)


def test_dicom_gives_the_same_bytes_and_opens_with_its_truth(tmp_path):
    for name in "ab":
        assert made(tmp_path / name, "--seed", "3", "--dicom") == 0
    a, b = (files_of(tmp_path / name) for name in "ab")
    assert a == b
    source = find_source(tmp_path / "a", Progress())
    case = open_source(source, choose(source.series, None), Progress())
    assert case.series.synthetic
    assert MADE_UP in case.warnings
    assert case.truth is None, "the truth lies beside its own scan only"
    source = find_source(tmp_path / "a" / "tree-000003", Progress())
    case = open_source(source, choose(source.series, None), Progress())
    assert case.truth.document["seed"] == 3


def test_the_header_tells_the_scanners_slice_and_random_contrast(tmp_path):
    assert made(tmp_path, "--seed", "3", "--dicom", "--scanner", "thick", "--random-contrast") == 0
    folder = tmp_path / "tree-000003"
    header = pydicom.dcmread(folder / "dicom" / "IM00001.dcm", stop_before_pixels=True)
    assert header.SliceThickness == 5.0, "the slice profile of the scanner, not the voxel"
    assert header.SpacingBetweenSlices == 6.0
    assert header.SeriesDescription == "SYNTHETIC arterial, random contrast"
    truth = json.loads((folder / "truth.json").read_text())
    assert truth["scanner"]["slice_mm"] == 5.0
    assert truth["appearance"]["contrast_by_chance"]
    assert truth["recipe"]["random_contrast"]
    source = find_source(folder, Progress())
    case = open_source(source, choose(source.series, None), Progress())
    assert case.series.slice_thickness_mm == 5.0


@pytest.mark.slow
@pytest.mark.parametrize("region", ["abdominal-aorta", "carotid"])
def test_a_series_is_reconstructed_to_its_vessels_and_stays_synthetic(region, tmp_path):
    wishes = ["--region", region, "--disease", "stenosis", "--seed", "7", "--phase", "arterial"]
    wishes += ["--scanner", "vascular", "--spacing", "2", "--dicom"]
    assert run(["phantom", str(tmp_path), *wishes]) == 0
    folder = tmp_path / f"{region}-000007"
    args = ["reconstruct", str(folder / "dicom"), str(tmp_path / "case"), "--engine", "rules"]
    assert run([*args, "--no-enhance"]) == 0
    case = load_case(tmp_path / "case")
    assert case.series.synthetic
    assert MADE_UP in case.warnings
    truth = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / "labels.nii.gz")))
    found = case.mask.labels == ARTERY
    assert ((truth == ARTERY) & found).sum() > 0.5 * found.sum()
    assert len(case.tree.branches) > 3


def test_a_volume_file_says_that_it_is_made_up_even_alone(a_folder, tmp_path):
    for suffix in (".nii.gz", ".nrrd"):
        alone = tmp_path / f"alone{suffix}"
        if suffix == ".nii.gz":
            alone.write_bytes((a_folder / "scan.nii.gz").read_bytes())
        else:
            assert made(tmp_path, "--seed", "4", "--format", "nrrd") == 0
            alone.write_bytes((tmp_path / "tree-000004" / "scan.nrrd").read_bytes())
        case = open_source(find_source(alone, Progress()), None, Progress())
        assert case.series.synthetic, suffix
        assert MADE_UP in case.warnings


def test_a_folder_opens_with_its_truth_and_a_saved_case_keeps_it(a_folder, tmp_path):
    case = open_source(find_source(a_folder, Progress()), None, Progress())
    assert case.truth.mask.grid.same_as(case.volume.grid)
    save_case(case, tmp_path / "case")
    kept = load_case(tmp_path / "case")
    assert kept.series.synthetic
    assert MADE_UP in kept.warnings
    assert kept.truth.document == case.truth.document
    np.testing.assert_array_equal(kept.truth.mask.labels, case.truth.mask.labels)
    file = tmp_path / "lone.nrrd"
    file.write_bytes((tmp_path / "case" / "volume.nrrd").read_bytes())
    assert open_source(find_source(file, Progress()), None, Progress()).series.synthetic


def test_count_gives_a_seed_each_and_cancel_leaves_whole_patients(tmp_path, monkeypatch, capsys):
    make, calls = patients._make, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        make(*arguments)

    monkeypatch.setattr(patients, "_make", interrupted)
    assert made(tmp_path, "--seed", "5", "--count", "3") == 1
    assert "1 of 3 patients" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["tree-000005"]


def test_a_cancelled_patient_leaves_nothing(tmp_path):
    from viewer.case.made_up import write_patient
    from viewer.phantom.patient import Recipe, make_patient

    patient = make_patient(Recipe("tree", 3, spacing_mm=6.0), Progress())
    stop = threading.Event()
    progress = Progress(lambda fraction, _: fraction > 0.3 and stop.set(), stop)
    with pytest.raises(Cancelled):
        write_patient(patient, tmp_path / "p", progress)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--region", "moon"], "choose among thoracic-aorta"),
        (["--region", "head", "--disease", "flu"], "no disease called flu"),
        (["--region", "head", "--disease", "stenosis=2"], "between 0 and 1"),
        (["--region", "head", "--disease", "stenosis=much"], "no severity"),
        (["--region", "head", "--kvp", "90"], "no tube voltage"),
        (["--region", "head", "--variant", "tail"], "no variant called tail"),
        (["--region", "head", "--count", "0"], "1 or more"),
        (["--region", "legs", "--spacing", "0.01"], "between 0.3 and 6"),
        ([], "--region"),
    ],
)
def test_wishes_that_cannot_be_met_get_one_sentence(arguments, told, tmp_path, capsys):
    assert run(["phantom", str(tmp_path / "out"), *arguments]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_list_tells_every_choice_with_a_sentence(capsys):
    assert run(["phantom", "--list"]) == 0
    told = capsys.readouterr().out
    for word in ("abdominal-aorta", "dissection", "photon counting", "bovine", "arterial"):
        assert word in told.lower()
