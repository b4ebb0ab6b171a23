"""Centerlines, box and cube: what is drawn over the volume and the surface."""

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingAnnotation import vtkAnnotatedCubeActor
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from viewer.geometry.cuts import seen_parts
from viewer.geometry.tree import VesselTree
from viewer.scene.colors import TOKENS, unit_rgb
from viewer.volume.grid import Grid

CUBE_EDGES = (
    (0, 1),
    (0, 2),
    (0, 4),
    (1, 3),
    (1, 5),
    (2, 3),
    (2, 6),
    (3, 7),
    (4, 5),
    (4, 6),
    (5, 7),
    (6, 7),
)


def lines(paths: list[np.ndarray], color: str, width: float) -> vtkActor:
    """Lines through points in LPS, unlit."""
    points, cells = vtkPoints(), vtkCellArray()
    together = np.concatenate(paths) if paths else np.zeros((0, 3))
    points.SetData(numpy_to_vtk(np.ascontiguousarray(together, dtype=np.float32), deep=True))
    first = 0
    for path in paths:
        cells.InsertNextCell(len(path))
        for n in range(first, first + len(path)):
            cells.InsertCellPoint(n)
        first += len(path)
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetLines(cells)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor = vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*unit_rgb(color))
    actor.GetProperty().SetLineWidth(width)
    actor.GetProperty().LightingOff()
    actor.PickableOff()
    return actor


def tree_lines(tree: VesselTree, selected: int | None) -> list[vtkActor]:
    """The centerlines, the selected branch thicker and in the accent color; no invented parts."""
    others = [p for n, b in enumerate(tree.branches) if n != selected for p in seen_parts(b)]
    made = [lines(others, TOKENS["text"], 1.2)] if others else []
    for actor in made:
        actor.GetProperty().SetOpacity(0.7)
    if selected is not None and 0 <= selected < len(tree.branches):
        made.append(lines(seen_parts(tree.branches[selected]), TOKENS["accent"], 4.0))
    return made


def box_lines(grid: Grid, box: tuple[float, ...]) -> vtkActor:
    """The edges of a box given in shares of the grid along columns, rows and slices."""
    corners = box_corners(grid, box)
    return lines([corners[list(edge)] for edge in CUBE_EDGES], TOKENS["quiet"], 1.0)


def box_corners(grid: Grid, box: tuple[float, ...]) -> np.ndarray:
    """The eight corners of a box in LPS (8,3)."""
    last = np.array(grid.shape) - 1
    ends = [np.array(box[2 * n : 2 * n + 2]) * last[2 - n] for n in (2, 1, 0)]
    return grid.points_lps(np.array([(k, j, i) for k in ends[0] for j in ends[1] for i in ends[2]]))


def box_planes(grid: Grid, box: tuple[float, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The six faces of a box: a point and the inward normal of each, in LPS."""
    made = []
    corners = box_corners(grid, box)
    for n in range(3):
        normal = grid.index_from_lps[2 - n, :3]
        normal = normal / np.linalg.norm(normal)
        made += [(corners[0], normal), (corners[7], -normal)]
    return made


def face_centers(grid: Grid, box: tuple[float, ...]) -> np.ndarray:
    """The middles of the six faces in the order of the box's numbers (6,3) LPS."""
    low, high = np.array(box[::2]), np.array(box[1::2])
    middle = (low + high) / 2
    found = []
    for n in range(3):
        for end in (low[n], high[n]):
            share = middle.copy()
            share[n] = end
            found.append(grid.points_lps(share[::-1] * (np.array(grid.shape) - 1)))
    return np.array(found)


def orientation_cube() -> vtkAnnotatedCubeActor:
    """A cube with the letters of the patient's sides."""
    cube = vtkAnnotatedCubeActor()
    for name, text in (
        ("XPlus", "L"),
        ("XMinus", "R"),
        ("YPlus", "P"),
        ("YMinus", "A"),
        ("ZPlus", "S"),
        ("ZMinus", "I"),
    ):
        getattr(cube, f"Set{name}FaceText")(text)
        face = getattr(cube, f"Get{name}FaceProperty")()
        face.SetColor(*unit_rgb(TOKENS["background"]))
        face.LightingOff()
    cube.SetFaceTextScale(0.6)
    cube.GetCubeProperty().SetColor(*unit_rgb(TOKENS["quiet"]))
    cube.GetTextEdgesProperty().SetColor(*unit_rgb(TOKENS["background"]))
    cube.SetZFaceTextRotation(0)
    return cube
