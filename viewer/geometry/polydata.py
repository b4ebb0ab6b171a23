"""Surfaces and trees as VTK's poly data, and back."""

from typing import Any, cast, get_args

import numpy as np

from viewer.geometry.repairs import Kind, Repair
from viewer.geometry.surface import Surface
from viewer.geometry.tree import Branch, VesselTree


def mesh_of(surface: Surface) -> Any:
    """A vtkPolyData with the surface's triangles and point data (copies)."""
    mesh = mesh_from(surface.points_lps, surface.triangles)
    for name, values in surface.point_data.items():
        mesh.GetPointData().AddArray(_named(values, name))
    return mesh


def mesh_from(points_lps: np.ndarray, triangles: np.ndarray) -> Any:
    """A vtkPolyData of triangles (copies)."""
    mesh = _with_points(points_lps)
    mesh.SetPolys(_cells(np.arange(0, 3 * len(triangles) + 1, 3), triangles.ravel()))
    return mesh


def arrays_of(mesh: Any) -> tuple[np.ndarray, np.ndarray]:
    """Points (n,3) float32 and triangles (m,3) int32 of a vtkPolyData; ValueError for others."""
    points_lps = _points(mesh)
    starts, corners = _ways(mesh.GetPolys(), len(points_lps))
    if not len(corners) or np.any(np.diff(starts) != 3):
        raise ValueError("not a mesh of triangles")
    return points_lps.astype(np.float32), corners.astype(np.int32).reshape(-1, 3)


def surface_of(mesh: Any) -> Surface:
    """The surface of a vtkPolyData of triangles; raises ValueError for anything else."""
    points_lps, triangles = arrays_of(mesh)
    data = _arrays(mesh.GetPointData())
    if any(len(values) != len(points_lps) for values in data.values()):
        raise ValueError("point data do not fit the points")
    return Surface(points_lps, triangles, data)


def lines_of(tree: VesselTree) -> Any:
    """A vtkPolyData with one line per branch and all that `tree_of` needs."""
    from vtkmodules.vtkCommonCore import vtkStringArray

    lines = _with_points(tree.points_lps.astype(np.float64))
    counts = [len(b.radius_mm) for b in tree.branches]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    lines.SetLines(_cells(starts, np.arange(starts[-1])))
    lines.GetPointData().AddArray(_named(tree.radius_mm.astype(np.float64), "radius_mm"))
    parents = np.array([b.parent for b in tree.branches], np.int64)
    lines.GetCellData().AddArray(_named(np.arange(len(counts)), "branch"))
    lines.GetCellData().AddArray(_named(parents, "parent"))
    names = vtkStringArray()
    names.SetName("name")
    for branch in tree.branches:
        names.InsertNextValue(branch.name)
    lines.GetCellData().AddArray(names)
    lines.GetFieldData().AddArray(_named(tree.joints.reshape(-1, 3).astype(np.float64), "joints"))
    kinds = vtkStringArray()
    kinds.SetName("repairs")
    for repair in tree.repairs:
        kinds.InsertNextValue(repair.kind)
    lines.GetFieldData().AddArray(kinds)
    places = np.array([repair.point_lps for repair in tree.repairs]).reshape(-1, 3)
    lines.GetFieldData().AddArray(_named(places, "repairs_lps"))
    rows = [(n, *stretch) for n, b in enumerate(tree.branches) for stretch in b.invented]
    invented = np.array(rows, np.float64).reshape(-1, 3)
    lines.GetFieldData().AddArray(_named(invented, "invented_mm"))
    return lines


def tree_of(lines: Any) -> VesselTree:
    """The tree of a vtkPolyData; raises ValueError or KeyError where its parts do not fit."""
    points_lps = _points(lines).astype(np.float64)
    starts, way = _ways(lines.GetLines(), len(points_lps))
    radius = _arrays(lines.GetPointData())["radius_mm"].astype(np.float64)
    cells = lines.GetCellData()
    parents = _arrays(cells)["parent"]
    names = cells.GetAbstractArray("name")
    count = len(starts) - 1
    if len(radius) != len(points_lps) or len(parents) != count or not np.isfinite(points_lps).all():
        raise ValueError("radii, points and parents do not fit")
    if names is None or names.GetNumberOfValues() != count:
        raise ValueError("every branch needs a name, which may be empty")
    if np.any(parents < -1) or np.any(parents >= np.arange(count)):
        raise ValueError("a parent must stand before its children")
    fields = _arrays(lines.GetFieldData())
    stretches = fields.get("invented_mm", np.zeros((0, 3))).astype(np.float64).reshape(-1, 3)
    branches = []
    for n in range(count):
        own = way[starts[n] : starts[n + 1]]
        name = str(names.GetVariantValue(n).ToString())
        invented = tuple((float(a), float(b)) for k, a, b in stretches if k == n)
        branches.append(Branch(points_lps[own], radius[own], int(parents[n]), name, invented))
    if any(not 0 <= a < b <= each.length_mm for each in branches for a, b in each.invented):
        raise ValueError("what is invented does not lie on the branches")
    joints = fields.get("joints", np.zeros((0, 3))).reshape(-1, 3).astype(np.float64)
    return VesselTree(tuple(branches), joints, _repairs(lines.GetFieldData()))


def _repairs(data: Any) -> tuple[Repair, ...]:
    """What was mended when a tree was traced; nothing in files from before it was told."""
    kinds = data.GetAbstractArray("repairs")
    if kinds is None:
        return ()
    places = _arrays(data)["repairs_lps"].reshape(-1, 3)
    told = [str(kinds.GetVariantValue(n).ToString()) for n in range(kinds.GetNumberOfValues())]
    if len(told) != len(places) or not set(told) <= set(get_args(Kind)):
        raise ValueError("repairs and their places do not fit")
    return tuple(
        Repair(cast(Kind, kind), (float(x), float(y), float(z)))
        for kind, (x, y, z) in zip(told, places, strict=True)
    )


def _with_points(points_lps: np.ndarray) -> Any:
    """A vtkPolyData with these points and no cells."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(points_lps), deep=True))
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    return mesh


def _cells(starts: np.ndarray, corners: np.ndarray) -> Any:
    """A vtkCellArray from where each cell starts (m+1,) and all cells' point numbers."""
    from vtkmodules.util.numpy_support import numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    cells = vtkCellArray()
    cells.SetData(
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(starts, np.int64), deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(corners, np.int64), deep=True),
    )
    return cells


def _named(values: np.ndarray, name: str) -> Any:
    """A VTK array with a name (copy)."""
    from vtkmodules.util.numpy_support import numpy_to_vtk

    array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
    array.SetName(name)
    return array


def _points(mesh: Any) -> np.ndarray:
    """The points (n,3) of a vtkPolyData (copy)."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return np.array(vtk_to_numpy(mesh.GetPoints().GetData()))


def _ways(cells: Any, points_lps: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each cell starts (m+1,) and all cells' point numbers, checked (copies)."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    if not cells.GetNumberOfCells():
        return np.zeros(1, np.int64), np.zeros(0, np.int64)
    starts = np.array(vtk_to_numpy(cells.GetOffsetsArray()))
    corners = np.array(vtk_to_numpy(cells.GetConnectivityArray()))
    if starts[0] != 0 or starts[-1] != len(corners) or np.any(np.diff(starts) < 0):
        raise ValueError("cells do not fit their point numbers")
    if len(corners) and (corners.min() < 0 or corners.max() >= points_lps):
        raise ValueError("a cell uses a point that is not there")
    return starts, corners


def _arrays(data: Any) -> dict[str, np.ndarray]:
    """The numeric arrays by name (copies)."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    found = {}
    for n in range(data.GetNumberOfArrays()):
        array = data.GetArray(n)
        if array is not None and array.GetName():
            found[array.GetName()] = np.array(vtk_to_numpy(array))
    return found
