"""`angioscape enhance`, its files reopened with another library."""

import json

import numpy as np
import pytest
import SimpleITK

from viewer.case.options import EnhanceOptions
from viewer.cli import run


@pytest.fixture
def a_scan_file(a_volume, tmp_path):
    image = SimpleITK.GetImageFromArray(np.asarray(a_volume.voxels[::2]))
    image.SetSpacing((1.0, 1.0, 3.0))
    image.SetOrigin((-10.0, 20.0, 5.0))
    SimpleITK.WriteImage(image, str(tmp_path / "scan.nii.gz"))
    return tmp_path / "scan.nii.gz"


def read(path):
    image = SimpleITK.ReadImage(str(path))
    return image, SimpleITK.GetArrayFromImage(image)


def test_exact_files_average_back_to_the_scan(a_scan_file, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["enhance", str(a_scan_file), str(out), "--mode", "exact", "--scale", "3,1,2"]
    assert run([*arguments, "--report"]) == 0
    scan, acquired = read(a_scan_file)
    image, made = read(out / "enhanced.nrrd")
    assert made.dtype == np.int16
    k, j, i = acquired.shape
    parts = made.reshape(k, 3, j, 1, i, 2).astype(float)
    np.testing.assert_allclose(parts.mean(axis=(1, 3, 5)), acquired, atol=0.01)
    blocks = [image.TransformIndexToPhysicalPoint((a, 5, b)) for a in (8, 9) for b in (6, 7, 8)]
    np.testing.assert_allclose(
        np.mean(blocks, axis=0), scan.TransformIndexToPhysicalPoint((4, 5, 2)), atol=1e-6
    )
    for name in ("origin.nrrd", "sd.nrrd", "unseen.nrrd"):
        beside, values = read(out / name)
        assert beside.GetSize() == image.GetSize()
        assert values.min() >= 0
    told = json.loads((out / "enhance.json").read_text())
    assert told["factor"] == [3, 1, 2]
    assert told["residual_greatest_hu"] == 0
    assert sum(told["voxels"].values()) == made.size
    assert told["chi_square"] == 0
    assert '"mode": "exact"' in capsys.readouterr().out


def test_noise_files_tell_lambda_and_chi_square(a_scan_file, tmp_path):
    out = tmp_path / "out"
    assert run(["enhance", str(a_scan_file), str(out), "--mode", "noise"]) == 0
    _, acquired = read(a_scan_file)
    _, made = read(out / "enhanced.nrrd")
    told = json.loads((out / "enhance.json").read_text())
    assert made.shape == acquired.shape
    left = (acquired - made.astype(float)) / told["noise_hu"]
    assert np.mean(left**2) == pytest.approx(told["chi_square"], abs=0.01)
    assert told["chi_square"] == pytest.approx(1, abs=0.05)
    assert {"lambda", "seconds", "residual_rms_hu"} <= set(told)


def test_the_check_tells_where_two_halves_lie_apart(a_scan_file, tmp_path):
    out = tmp_path / "out"
    arguments = ["enhance", str(a_scan_file), str(out), "--mode", "noise", "--plain", "--check"]
    assert run(arguments) == 0
    told = json.loads((out / "enhance.json").read_text())
    _, apart = read(out / "apart.nrrd")
    assert 0.1 < np.median(apart) < 1.2
    assert told["doubtful_share"] == pytest.approx(np.mean(apart > 3), abs=1e-4)
    assert told["doubtful_share"] < 0.05


@pytest.mark.parametrize(
    ("scale", "sentence"), [("2,1", "three whole numbers"), ("9,1,1", "1 to 8"), ("a,b,c", "three")]
)
def test_a_scale_that_makes_no_sense_is_a_sentence(a_scan_file, tmp_path, capsys, scale, sentence):
    out = tmp_path / "out"
    arguments = ["enhance", str(a_scan_file), str(out), "--mode", "exact", "--scale", scale]
    assert run(arguments) == 1
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_nothing_is_overwritten(a_scan_file, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("kept")
    assert run(["enhance", str(a_scan_file), str(tmp_path / "out"), "--mode", "exact"]) == 1
    assert (tmp_path / "out" / "mine.txt").read_text() == "kept"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_restored_is_told_and_nothing_written(tmp_path, capsys):
    image = SimpleITK.GetImageFromArray(np.full((8, 9, 10), 40, np.int16))
    SimpleITK.WriteImage(image, str(tmp_path / "flat.nii.gz"))
    out = tmp_path / "out"
    assert run(["enhance", str(tmp_path / "flat.nii.gz"), str(out), "--mode", "noise"]) == 1
    assert "Not restored. Every voxel has the same value" in capsys.readouterr().err
    assert not out.exists()


def test_the_main_job_takes_the_promise_and_the_division(monkeypatch, a_scan_file, tmp_path):
    asked = {}

    def reconstruct(case, progress, *, enhance, options, each):
        asked.update(options)

    monkeypatch.setattr("viewer.case.pipeline.reconstruct", reconstruct)
    monkeypatch.setattr("viewer.scene.picture.save_overview", lambda case, path: None)
    flags = ["--enhance-mode", "exact", "--enhance-divide", "slices", "--enhance-engine", "plain"]
    assert run(["reconstruct", str(a_scan_file), str(tmp_path / "case"), *flags]) == 0
    assert asked["enhance"] == EnhanceOptions("exact", "slices", "plain")
    assert run(["reconstruct", str(a_scan_file), str(tmp_path / "usual")]) == 0
    assert asked["enhance"] == EnhanceOptions("noise", "none")
