"""Written surfaces, trees and measures say the same to us and to another reader."""

import csv

import numpy as np
import pytest
import pyvista

from viewer.errors import ViewerError
from viewer.geometry.files import (
    read_surface,
    read_tree,
    write_measures,
    write_surface,
    write_tree,
)
from viewer.geometry.measure import Measure
from viewer.geometry.surface import color_by_radius, make_surface
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.vessels import abdominal_aorta
from viewer.progress import silent


@pytest.fixture
def a_surface(a_mask, a_tree):
    return color_by_radius(make_surface(a_mask, silent()), a_tree)


def test_a_surface_comes_back_as_it_was(a_surface, tmp_path):
    path = tmp_path / "surface.vtp"
    write_surface(a_surface, path)
    again = read_surface(path)
    np.testing.assert_array_equal(again.points_lps, a_surface.points_lps)
    np.testing.assert_array_equal(again.triangles, a_surface.triangles)
    assert set(again.point_data) == {"label", "radius_mm"}
    for name, values in a_surface.point_data.items():
        np.testing.assert_array_equal(again.point_data[name], values)
        assert again.point_data[name].dtype == values.dtype


def test_an_stl_is_binary_and_holds_the_same_triangles(a_surface, tmp_path):
    path = tmp_path / "surface.stl"
    write_surface(a_surface, path)
    data = path.read_bytes()
    count = int.from_bytes(data[80:84], "little")
    assert (len(data), count) == (84 + 50 * count, len(a_surface.triangles))
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])
    facets = np.frombuffer(data, record, offset=84)
    np.testing.assert_array_equal(facets["corners"], a_surface.points_lps[a_surface.triangles])
    again = read_surface(path)
    assert again.volume_ml == pytest.approx(a_surface.volume_ml)


@pytest.mark.parametrize("kind", ["vtp", "stl", "ply"])
def test_pyvista_reads_the_surface(a_surface, tmp_path, kind):
    path = tmp_path / f"surface.{kind}"
    write_surface(a_surface, path)
    mesh = pyvista.read(path)
    assert mesh.n_cells == len(a_surface.triangles)
    assert mesh.volume == pytest.approx(1000 * a_surface.volume_ml, rel=1e-4)
    np.testing.assert_allclose(
        mesh.bounds, np.ravel([a_surface.points_lps.min(0), a_surface.points_lps.max(0)], "F")
    )


def test_a_tree_comes_back_to_the_last_bit(tmp_path):
    tree = abdominal_aorta()
    path = tmp_path / "tree.vtp"
    write_tree(tree, path)
    again = read_tree(path)
    assert [(b.name, b.parent) for b in again.branches] == [
        (b.name, b.parent) for b in tree.branches
    ]
    for one, other in zip(tree.branches, again.branches, strict=True):
        np.testing.assert_array_equal(one.points_lps, other.points_lps)
        np.testing.assert_array_equal(one.radius_mm, other.radius_mm)
    np.testing.assert_array_equal(again.joints, tree.joints)


def test_pyvista_reads_the_tree(a_tree, tmp_path):
    path = tmp_path / "tree.vtp"
    write_tree(a_tree, path)
    lines = pyvista.read(path)
    assert lines.n_lines == 3
    assert lines.points.dtype == np.float64
    np.testing.assert_array_equal(lines.point_data["radius_mm"], a_tree.radius_mm)
    assert list(lines.cell_data["name"]) == ["trunk", "left", "right"]
    assert list(lines.cell_data["parent"]) == [-1, 0, 0]
    assert list(lines.cell_data["branch"]) == [0, 1, 2]
    np.testing.assert_array_equal(np.reshape(lines.field_data["joints"], (-1, 3)), a_tree.joints)


def test_names_in_any_script_and_a_tree_without_joints_come_back(tmp_path):
    line = np.array([[0.0, 0, 0], [0, 0, 1]])
    names = ["Truncus cœliacus", "", 'a "b" <c> & d', "動脈"]
    branches = tuple(Branch(line + n, np.ones(2), -1, name) for n, name in enumerate(names))
    write_tree(VesselTree(branches, np.zeros((0, 3))), tmp_path / "tree.vtp")
    again = read_tree(tmp_path / "tree.vtp")
    assert [b.name for b in again.branches] == names
    assert again.joints.shape == (0, 3)


@pytest.mark.parametrize("kind", ["surface.vtp", "surface.stl", "tree.vtp"])
def test_a_cut_off_file_gets_a_sentence(a_surface, a_tree, tmp_path, kind, capfd):
    path = tmp_path / kind
    read = read_tree if kind.startswith("tree") else read_surface
    if kind.startswith("tree"):
        write_tree(a_tree, path)
    else:
        write_surface(a_surface, path)
    data = path.read_bytes()
    for length in (0, 1, 60, 90, *np.linspace(100, len(data) - 3, 12).astype(int)):
        path.write_bytes(data[:length])
        with pytest.raises(ViewerError, match="cannot be read"):
            read(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [b"", b"hello", b"<VTKFile/>", b"solid nothing\nendsolid\n"])
@pytest.mark.parametrize("name", ["x.vtp", "x.stl"])
def test_another_file_gets_a_sentence(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ViewerError, match="cannot be read"):
        read_surface(tmp_path / name)


def test_a_file_that_promises_too_much_is_refused(a_tree, tmp_path):
    path = tmp_path / "tree.vtp"
    write_tree(a_tree, path)
    count = len(a_tree.points_lps)
    data = path.read_bytes().replace(
        f'NumberOfPoints="{count}"'.encode(), b'NumberOfPoints="99999999999"'
    )
    path.write_bytes(data)
    with pytest.raises(ViewerError, match="promises more"):
        read_tree(path)
    (tmp_path / "x.stl").write_bytes(bytes(80) + b"\xff\xff\xff\xff" + bytes(50))
    with pytest.raises(ViewerError, match="cut off"):
        read_surface(tmp_path / "x.stl")


def test_a_surface_is_no_tree(a_surface, a_tree, tmp_path):
    write_surface(a_surface, tmp_path / "surface.vtp")
    write_tree(a_tree, tmp_path / "tree.vtp")
    with pytest.raises(ViewerError, match=r"vessel tree surface\.vtp cannot be read"):
        read_tree(tmp_path / "surface.vtp")
    with pytest.raises(ViewerError, match=r"surface tree\.vtp cannot be read"):
        read_surface(tmp_path / "tree.vtp")


def test_what_is_missing_or_unknown_gets_a_sentence(a_surface, a_tree, tmp_path):
    with pytest.raises(ViewerError, match="no such file"):
        read_tree(tmp_path / "none.vtp")
    with pytest.raises(ViewerError, match="does not end with"):
        write_surface(a_surface, tmp_path / "surface.obj")
    with pytest.raises(ViewerError, match="does not end with"):
        read_surface(tmp_path / "surface.ply")
    for write, thing in ((write_surface, a_surface), (write_tree, a_tree)):
        with pytest.raises(ViewerError, match="could not be written"):
            write(thing, tmp_path / "no folder" / "x.vtp")
    with pytest.raises(ViewerError, match="could not be written"):
        write_measures([], tmp_path / "no folder" / "x.csv")


def test_measures_are_a_table_that_no_spreadsheet_computes(tmp_path):
    path = tmp_path / "measures.csv"
    measures = [
        Measure(0, "=cmd|' /C calc'!A0", "mean diameter", 6.8, 0.3, "mm"),
        Measure(1, "-left", "length", 1 / 3, 0.1, "mm"),
        Measure(-1, "artery, all", "volume", 12.5, 0.4, "ml"),
    ]
    write_measures(measures, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["branch", "name", "quantity", "value", "sd", "unit"]
    assert [row[1] for row in rows[1:]] == ["'=cmd|' /C calc'!A0", "'-left", "artery, all"]
    assert [float(row[3]) for row in rows[1:]] == [6.8, 1 / 3, 12.5]
    assert [int(row[0]) for row in rows[1:]] == [0, 1, -1]
