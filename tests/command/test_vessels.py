"""The command that traces: what it writes, read back without this program's readers."""

import json

import numpy as np
import pytest

from viewer.case.case import Case
from viewer.case.store import save_case
from viewer.cli import run
from viewer.geometry.by_hand import ByHand, EndChange, GivenName, point_of
from viewer.geometry.drawn import Drawing
from viewer.geometry.drawn_numbers import measured
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import narrowed_tube, y_tree
from viewer.progress import Progress
from viewer.segment.mask import VesselMask
from viewer.volume.files import read_labels, read_volume, write_labels, write_volume


@pytest.fixture(scope="module")
def a_scan(tmp_path_factory):
    """A folder with a made-up vessel: scan and mask."""
    folder = tmp_path_factory.mktemp("scan")
    tree = y_tree()
    volume, mask = render(tree, grid_around(tree, (0.6, 0.6, 0.6)), blur_mm=0.5, noise_hu=10)
    write_volume(volume, folder / "ct.nii.gz")
    write_labels(mask.labels, mask.grid, folder / "mask.nii.gz")
    return folder, tree


def test_a_mask_and_its_scan_give_branches_with_sections(a_scan, tmp_path, capsys):
    folder, tree = a_scan
    out = tmp_path / "out"
    assert (
        run(["trace", str(folder / "mask.nii.gz"), str(out), "--ct", str(folder / "ct.nii.gz")])
        == 0
    )
    data = json.loads((out / "tree.json").read_text())
    assert len(data["branches"]) == 3
    assert len(data["joints"]) == 1
    assert len(data["ends"]) == 3
    assert (out / "tree.vtp").stat().st_size > 0
    for branch in data["branches"]:
        rows = branch["sections"][len(branch["sections"]) // 3 : -len(branch["sections"]) // 3]
        found = [r["diameter_equivalent_mm"] for r in rows]
        middle = np.array(branch["points_lps"][len(branch["points_lps"]) // 2])
        nearest = tree.points_lps[np.linalg.norm(tree.points_lps - middle, axis=1).argmin()]
        true = 2 * tree.radius_mm[np.linalg.norm(tree.points_lps - nearest, axis=1).argmin()]
        assert np.median(found) == pytest.approx(true, rel=0.03)
        assert all(0 < r["sd"]["area_mm2"] < r["area_mm2"] for r in rows)
    assert "3 branches with 3 ends" in capsys.readouterr().out


def test_what_a_person_drew_stands_beside_the_measures(a_scan, tmp_path):
    folder, _ = a_scan
    volume = read_volume(folder / "ct.nii.gz", Progress())
    labels, grid = read_labels(folder / "mask.nii.gz")
    middle = grid.center_lps
    drawn = Drawing("distance", "D1", (tuple(middle), tuple(middle + 10.0)))
    case = Case(volume=volume, mask=VesselMask(labels, grid, {1: "artery"}))
    save_case(case.noted("drawings", (measured(drawn, volume),)), tmp_path / "case")
    assert run(["trace", str(tmp_path / "case"), str(tmp_path / "out")]) == 0
    (told,) = json.loads((tmp_path / "out" / "measures.json").read_text())["drawings"]
    assert told["name"] == "D1"
    assert told["numbers"]["length"]["value"] == pytest.approx(10 * 3**0.5)
    assert told["numbers"]["length"]["sd"] > 0


def test_what_a_person_decided_holds_for_the_command_too(a_scan, tmp_path, capsys):
    folder, tree = a_scan
    volume = read_volume(folder / "ct.nii.gz", Progress())
    labels, grid = read_labels(folder / "mask.nii.gz")
    tip, other = (branch.points_lps for branch in tree.branches[1:])
    by_hand = ByHand(
        root_lps=point_of(other[-1]),
        ends=(
            EndChange("removed", point_of(tip[-1])),
            EndChange("added", (0.0, 0.0, 900.0)),
        ),
        names=(GivenName("my artery", (point_of(other[len(other) // 2]),)),),
    )
    case = Case(volume=volume, mask=VesselMask(labels, grid, {1: "artery"}), by_hand=by_hand)
    save_case(case, tmp_path / "case")
    assert run(["trace", str(tmp_path / "case"), str(tmp_path / "out")]) == 0
    data = json.loads((tmp_path / "out" / "tree.json").read_text())
    (branch,) = data["branches"]
    assert branch["name"] == "my artery"
    assert np.linalg.norm(np.subtract(branch["points_lps"][0], other[-1])) < 5
    assert data["by_hand"]["names"][0]["name"] == "my artery"
    assert "Caution: An end that was added here by hand" in capsys.readouterr().out


def test_a_narrowing_is_told_with_its_deviation_and_an_angle_with_its_kind(tmp_path):
    for name, tree in (("narrow", narrowed_tube()), ("fork", y_tree())):
        volume, mask = render(tree, grid_around(tree, (0.5,) * 3), blur_mm=0.5, noise_hu=10)
        write_volume(volume, tmp_path / f"{name}.nii.gz")
        write_labels(mask.labels, mask.grid, tmp_path / f"{name}-mask.nii.gz")
        scan, labels = tmp_path / f"{name}.nii.gz", tmp_path / f"{name}-mask.nii.gz"
        assert run(["trace", str(labels), str(tmp_path / name), "--ct", str(scan)]) == 0
    narrow = json.loads((tmp_path / "narrow" / "measures.json").read_text())
    assert len(narrow["stenoses"]) == 1
    found = narrow["stenoses"][0]
    assert found["percent_diameter"] == pytest.approx(50, abs=2)
    assert found["percent_area"] == pytest.approx(75, abs=3)
    assert 0 < found["sd"]["percent_diameter"] < 5
    fork = json.loads((tmp_path / "fork" / "measures.json").read_text())
    between = [a for a in fork["angles"] if a["kind"] == "between daughters"]
    assert len(between) == 1
    assert between[0]["degrees"] == pytest.approx(60, abs=2)
    assert between[0]["sd"] > 0
    assert fork["stenoses"] == []
    assert len(fork["landmarks"]) in (0, 11)


def test_the_root_can_be_named(a_scan, tmp_path):
    folder, tree = a_scan
    tip = tree.branches[1].points_lps[-1]
    root = ",".join(f"{x:.2f}" for x in tip)
    assert run(["trace", str(folder / "mask.nii.gz"), str(tmp_path / "o"), f"--root={root}"]) == 0
    data = json.loads((tmp_path / "o" / "tree.json").read_text())
    assert np.linalg.norm(np.array(data["branches"][0]["points_lps"][0]) - tip) < 3


def test_without_a_scan_there_are_no_numbers_and_it_is_said(a_scan, tmp_path, capsys):
    folder, _ = a_scan
    assert run(["trace", str(folder / "mask.nii.gz"), str(tmp_path / "o")]) == 0
    data = json.loads((tmp_path / "o" / "tree.json").read_text())
    assert all(branch["sections"] == [] for branch in data["branches"])
    assert "no cross-sections" in capsys.readouterr().out


def test_what_cannot_be_traced_gets_a_sentence_and_writes_nothing(a_scan, tmp_path, capsys):
    folder, tree = a_scan
    grid = grid_around(tree, (2.0, 2.0, 2.0))
    other, empty = render(tree, grid)[0], VesselMask(np.zeros(grid.shape, np.uint8), grid)
    write_volume(other, tmp_path / "other.nrrd")
    write_labels(empty.labels, grid, tmp_path / "empty.nrrd")
    mask, out = str(folder / "mask.nii.gz"), tmp_path / "o"
    for arguments, told in (
        ([mask, str(out), "--ct", str(tmp_path / "other.nrrd")], "one grid"),
        ([mask, str(out), "--root=1,2"], "three numbers"),
        ([mask, str(out), "--root=1,2,nan"], "three numbers"),
        ([str(tmp_path / "empty.nrrd"), str(out)], "no artery in the mask"),
        ([str(tmp_path / "none.nrrd"), str(out)], "check the name"),
        ([mask, str(folder)], "exists already"),
    ):
        assert run(["trace", *arguments]) == 1
        assert told in capsys.readouterr().err
        assert not out.exists()
