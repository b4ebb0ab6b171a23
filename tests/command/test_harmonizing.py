"""`angioscape harmonize`, its files reopened with another library, and its way back."""

import json

import numpy as np
import pytest
import SimpleITK

from tests.enhance.test_scan_facts import a_body, noise_of
from viewer.cli import run


@pytest.fixture(scope="module")
def a_scan_file(tmp_path_factory):
    shape, spacing = (18, 160, 160), (3.0, 1.0, 1.0)
    hu = a_body(shape, spacing) + noise_of((1.0, 0.7, 0.7), 25.0, shape, spacing)
    image = SimpleITK.GetImageFromArray(np.clip(np.rint(hu), -1024, 3071).astype(np.int16))
    image.SetSpacing(spacing[::-1])
    image.SetOrigin((-10.0, 20.0, 5.0))
    path = tmp_path_factory.mktemp("scan") / "scan.nii.gz"
    SimpleITK.WriteImage(image, str(path))
    return path


@pytest.fixture(scope="module")
def a_harmonized_folder(a_scan_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("harmonized") / "out"
    assert run(["harmonize", str(a_scan_file), str(out), "--to", "vascular-1mm"]) == 0
    return out


def read(path):
    image = SimpleITK.ReadImage(str(path))
    return image, SimpleITK.GetArrayFromImage(image)


def test_slices_are_divided_and_every_number_is_told(a_scan_file, a_harmonized_folder):
    scan, _ = read(a_scan_file)
    image, made = read(a_harmonized_folder / "harmonized.nrrd")
    assert made.dtype == np.int16
    assert made.shape == (3 * 18, 160, 160)
    middle = [image.TransformIndexToPhysicalPoint((8, 9, k)) for k in (6, 7, 8)]
    np.testing.assert_allclose(
        np.mean(middle, axis=0), scan.TransformIndexToPhysicalPoint((8, 9, 2)), atol=1e-6
    )
    told = json.loads((a_harmonized_folder / "harmonize.json").read_text())
    noise = told["numbers"]["noise_hu"]
    assert noise["before"] == pytest.approx(25, rel=0.1)
    assert noise["asked"] == 15
    assert noise["after"] < 16.5
    assert told["numbers"]["blood_hu"]["asked"] is None
    assert told["slices_divided_into"] == 3
    assert any("tube voltage" in note or "great vessel" in note for note in told["not_reached"])


def test_the_original_comes_back_bit_for_bit(a_scan_file, a_harmonized_folder, tmp_path):
    back = tmp_path / "back.nrrd"
    assert run(["harmonize", "--undo", str(a_harmonized_folder), str(back)]) == 0
    scan, acquired = read(a_scan_file)
    image, again = read(back)
    assert again.dtype == acquired.dtype
    np.testing.assert_array_equal(again, acquired)
    for name in ("GetOrigin", "GetSpacing", "GetDirection"):
        np.testing.assert_allclose(getattr(image, name)(), getattr(scan, name)(), atol=1e-9)


def test_a_folder_that_was_changed_is_not_taken_back(a_harmonized_folder, tmp_path, capsys):
    other = tmp_path / "changed"
    other.mkdir()
    for path in a_harmonized_folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    image, made = read(other / "harmonized.nrrd")
    made[3, 80, 80] += 40
    changed = SimpleITK.GetImageFromArray(made)
    changed.CopyInformation(image)
    SimpleITK.WriteImage(changed, str(other / "harmonized.nrrd"))
    assert run(["harmonize", "--undo", str(other), str(tmp_path / "back.nrrd")]) == 1
    assert "changed since" in capsys.readouterr().err
    assert not (tmp_path / "back.nrrd").exists()


def test_the_report_is_a_table_and_nothing_is_overwritten(
    a_scan_file, a_harmonized_folder, tmp_path, capsys
):
    out = tmp_path / "out"
    arguments = ["harmonize", str(a_scan_file), str(out), "--to", "soft-5mm", "--report"]
    assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert "before" in shown
    assert "MTF50" in shown
    assert "±" in shown
    assert run(arguments) == 1
    assert "exists already" in capsys.readouterr().err


def test_what_is_no_scan_is_refused_in_a_sentence(a_scan_file, tmp_path, capsys):
    _, hu = read(a_scan_file)
    dark = SimpleITK.GetImageFromArray(np.clip(hu, 0, None).astype(np.int16))
    SimpleITK.WriteImage(dark, str(tmp_path / "mr.nii.gz"))
    assert run(["harmonize", str(tmp_path / "mr.nii.gz"), str(tmp_path / "out")]) == 1
    assert "kept" in capsys.readouterr().err
    arguments = ["harmonize", str(a_scan_file), str(tmp_path / "out"), "--to", "nothing"]
    assert run(arguments) == 1
    assert "vascular-1mm" in capsys.readouterr().err
    assert run(["harmonize", "--undo", str(tmp_path), str(tmp_path / "b.nrrd")]) == 1
    assert "no harmonized scan" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
