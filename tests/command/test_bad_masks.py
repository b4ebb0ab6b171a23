"""Masks that are no vessels get a sentence, or a tree without numbers; never a crash."""

import json

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from viewer.cli import run
from viewer.volume.files import write_labels, write_volume
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

N = 56
k, j, i = np.indices((N, N, N)) - N / 2
TUBE = np.hypot(j, i) < 6
STRUTS = (abs(np.hypot(j, i) - 6) < 0.7) & ((k + np.round(4 * np.arctan2(j, i))) % 4 < 2)
BONE = np.hypot(j, i) < 14


def traced(tmp_path, inside, hu, spacing=(1.0, 1.0, 1.0)):
    """What the command returned, and its data where it wrote any."""
    grid = Grid.regular(inside.shape, spacing)
    noise = np.random.default_rng(0).normal(0, 15, inside.shape)
    write_volume(Volume((hu + noise).astype(np.int16), grid), tmp_path / "ct.nii.gz")
    write_labels(
        inside.astype(np.uint8),
        grid,
        tmp_path / "mask.nii.gz",
    )
    out = tmp_path / "out"
    code = run(
        ["trace", str(tmp_path / "mask.nii.gz"), str(out), "--ct", str(tmp_path / "ct.nii.gz")]
    )
    if code:
        assert not out.exists()
        return code, None, None
    return code, *(json.loads((out / f"{name}.json").read_text()) for name in ("tree", "measures"))


def numbers(tree):
    rows = [row for branch in tree["branches"] for row in branch["sections"]]
    return [row["diameter_equivalent_mm"] for row in rows if row["diameter_equivalent_mm"]]


def one_voxel():
    inside = np.zeros((N, N, N), bool)
    inside[20, 20, 20] = True
    return inside


@pytest.mark.parametrize(
    ("inside", "hu", "words"),
    [
        (np.zeros((N, N, N), bool), np.full((N, N, N), 40.0), "no artery in the mask"),
        (one_voxel(), np.where(one_voxel(), 400.0, 40.0), "8 mm long"),
        (BONE, np.where(binary_erosion(BONE, iterations=2), 200.0, 600.0) * BONE, "shell"),
        (BONE, np.where(BONE, 2000.0, 40.0), "metal"),
    ],
    ids=["empty", "one voxel", "bone", "solid bone"],
)
def test_what_is_no_vessel_gets_a_sentence(tmp_path, capsys, inside, hu, words):
    code, _, _ = traced(tmp_path, inside, hu)
    assert code != 0
    assert words in capsys.readouterr().err


def test_a_mask_without_contrast_behind_it_has_no_numbers(tmp_path):
    _, tree, measures = traced(tmp_path, TUBE, np.where(TUBE, 45.0, 40.0))
    assert len(tree["branches"]) == 1
    assert not numbers(tree)
    assert not measures["stenoses"]
    assert not measures["aneurysms"]


def test_a_ring_of_metal_has_no_numbers(tmp_path):
    code, tree, _ = traced(tmp_path, STRUTS, np.where(STRUTS, 3000.0, np.where(TUBE, 400.0, 40.0)))
    assert code != 0 or not numbers(tree)


def test_a_stented_vessel_is_as_wide_as_its_lumen(tmp_path):
    hu = np.where(STRUTS & (abs(k) < 12), 3000.0, np.where(TUBE, 400.0, 40.0))
    _, tree, measures = traced(tmp_path, TUBE, hu)
    assert np.median(numbers(tree)) == pytest.approx(11.8, abs=0.6)
    assert not measures["stenoses"]


def test_a_ring_is_opened_and_told(tmp_path):
    ring = np.hypot(np.hypot(i, j) - 18, k) < 3
    _, tree, _ = traced(tmp_path, ring, np.where(ring, 400.0, 40.0))
    assert [each["kind"] for each in tree["repairs"]] == ["loop"]
    assert np.median(numbers(tree)) == pytest.approx(6.0, abs=0.3)


def test_slices_of_five_millimeters(tmp_path):
    k, j, i = np.indices((20, 100, 100))
    tube = np.hypot(0.7 * (i - 50), 0.7 * (j - 50 - 2 * (k - 10))) < 5
    _, tree, _ = traced(tmp_path, tube, np.where(tube, 400.0, 40.0), (5.0, 0.7, 0.7))
    assert len(tree["branches"]) == 1
    assert len(tree["ends"]) == 2
    assert np.median(numbers(tree)) == pytest.approx(9.7, abs=0.5)
