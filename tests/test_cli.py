import json

import numpy as np
import pytest

from viewer.case.store import load_case, save_case
from viewer.cli import run
from viewer.volume.files import write_labels, write_volume
from viewer.volume.volume import Volume


@pytest.fixture
def a_file(a_volume, tmp_path):
    path = tmp_path / "scan.nrrd"
    write_volume(a_volume, path)
    return path


def test_wrong_arguments_end_with_2(capsys):
    assert run(["reconstruct"]) == 2
    assert run(["fly"]) == 2
    assert run(["open"]) == 2
    capsys.readouterr()


def test_version_and_help_end_with_0(capsys):
    assert run(["--version"]) == 0
    assert run(["reconstruct", "--help"]) == 0
    told = capsys.readouterr().out
    assert "angioscape" in told
    assert "--segment-sensitivity" in told


@pytest.mark.parametrize("verb", ["series", "reconstruct"])
def test_a_missing_input_ends_with_1_and_one_sentence(verb, tmp_path, capsys):
    out = [str(tmp_path / "out")] if verb == "reconstruct" else []
    assert run([verb, str(tmp_path / "nowhere"), *out]) == 1
    told = capsys.readouterr().err
    assert len(told.strip().splitlines()) == 1
    assert told.endswith(".\n")


def test_a_folder_of_text_files_gets_a_sentence(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("no scan here")
    assert run(["reconstruct", str(tmp_path), str(tmp_path / "out")]) == 1
    assert "No DICOM" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_existing_out_is_refused_before_any_work(a_file, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    assert run(["reconstruct", str(a_file), str(out)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_an_option_out_of_range_ends_with_1(a_file, tmp_path, capsys):
    arguments = ["reconstruct", str(a_file), str(tmp_path / "out"), "--segment-sensitivity", "7"]
    assert run(arguments) == 1
    assert "between 0 and 1" in capsys.readouterr().err


def test_choices_are_flags_with_and_without_the_steps_name(a_file, tmp_path, capsys):
    from viewer.case.options import SegmentOptions
    from viewer.cli import _parser
    from viewer.command.cases import _step_options

    given = ["reconstruct", str(a_file), str(tmp_path / "out")]
    args = _parser().parse_args([*given, "--engine", "rules", "--segment-mode", "draft"])
    assert _step_options(args)["segment"] == SegmentOptions(engine="rules", mode="draft")
    assert run([*given, "--engine", "magic"]) == 2


def test_a_device_that_is_not_here_ends_with_1_before_any_work(
    a_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("viewer.networks.device._cuda_name", lambda: "")
    assert run(["reconstruct", str(a_file), str(tmp_path / "out"), "--device", "cuda"]) == 1
    assert "no graphics processor" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_scan_without_contrast_is_saved_and_ends_with_1(a_volume, tmp_path, capsys):
    rng = np.random.default_rng(0)
    plain = rng.normal(45, 12, a_volume.grid.shape).astype(np.int16)
    write_volume(Volume(plain, a_volume.grid), tmp_path / "plain.nrrd")
    out = tmp_path / "out"
    assert run(["reconstruct", str(tmp_path / "plain.nrrd"), str(out)]) == 1
    told = capsys.readouterr()
    assert "contrast" in told.err
    case = load_case(out)
    assert case.volume is not None
    assert case.mask is None
    assert any(notice.severity == "blocks" for notice in case.warnings)


def test_evaluate_gives_one_for_the_mask_itself(a_case, tmp_path, capsys):
    save_case(a_case, tmp_path / "case")
    truth = tmp_path / "truth.nii.gz"
    write_labels(a_case.mask.labels, a_case.mask.grid, truth)
    assert run(["evaluate", str(tmp_path / "case"), str(truth), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dice"] == 1.0
    assert told["cl_dice"] == 1.0
    assert told["hd95_mm"] == 0.0


def test_evaluate_knows_bone_from_vessels_only_in_a_case(a_case, tmp_path, capsys):
    labels = a_case.mask.labels.copy()
    labels[:2] = 3
    case = a_case.put("mask", type(a_case.mask)(labels, a_case.mask.grid))
    save_case(case, tmp_path / "case")
    truth = tmp_path / "truth.nrrd"
    write_labels((labels == 1).astype(np.uint8), case.mask.grid, truth)
    assert run(["evaluate", str(tmp_path / "case" / "vessels.nrrd"), str(truth), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dice"] == 1.0


def test_picture_of_a_case(a_case, tmp_path, capsys):
    from PIL import Image

    save_case(a_case, tmp_path / "case")
    out = tmp_path / "picture.png"
    assert run(["picture", str(tmp_path / "case"), str(out)]) == 0
    assert np.asarray(Image.open(out)).std() > 5
    assert run(["picture", str(tmp_path / "case"), str(out)]) == 1
    assert run(["picture", str(tmp_path), str(tmp_path / "b.png")]) == 1
    assert "not a case folder" in capsys.readouterr().err


def test_info_names_versions_and_memory(capsys):
    assert run(["info"]) == 0
    told = capsys.readouterr().out
    assert "memory" in told
    assert "vtk" in told
