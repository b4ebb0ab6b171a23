"""What the 3-D view draws, made ready in any thread: coarse copies, bricks and pieces."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkBinnedDecimation, vtkPolyDataNormals

from viewer.geometry.surface import Surface
from viewer.scene.blocks import as_int16, middles, smaller
from viewer.scene.colors import VolumePreset, color_map, label_table, volume_preset
from viewer.scene.image import GridImage, grid_image
from viewer.scene.table import without_table
from viewer.scene.voxel_tint import VoxelTint, painted, wall_colors
from viewer.segment.mask import ARTERY
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

# A software renderer works out the shading of about 25 million voxels a second and draws about
# two million triangles a second; each step of a picture has to stay far under 100 ms.
FINE_VOXELS = 17_000_000
COARSE_VOXELS = 400_000
BRICK_VOXELS = 280_000
COARSE_TRIANGLES = 60_000
PIECE_TRIANGLES = 80_000


@dataclass(frozen=True, eq=False)
class Brick:
    """Part of a volume cut along one array axis; `inner` is the range of indices that it draws.

    The image begins at index `first` and reaches one voxel further than `inner` on each side, so
    that shading has no seams. A tint's `codes` lie beside it where they are not painted into it.
    """

    source: GridImage
    axis: int
    first: int
    inner: tuple[float, float]
    codes: GridImage | None = None


@dataclass(frozen=True, eq=False)
class PreparedVolume:
    """A volume to draw: one brick of few voxels for dragging, and fine ones in order.

    The bricks hold HU, or voxels `painted` in the colors of a preset and of the tint.
    """

    of: Volume
    grid: Grid
    coarse_grid: Grid
    coarse: Brick
    fine: tuple[Brick, ...]
    table_hidden: bool = False
    tint: VoxelTint | None = None
    painted: VolumePreset | None = None


@dataclass(frozen=True, eq=False)
class PreparedSurface:
    """A surface to draw: few triangles for dragging, and pieces of the whole."""

    of: Surface
    coarse: vtkPolyData
    pieces: tuple[vtkPolyData, ...]
    radius_range_mm: tuple[float, float] | None


def prepare_volume(
    volume: Volume, software: bool, tint: VoxelTint | None = None, preset: str = ""
) -> PreparedVolume:
    """Copies of a volume for drawing, without the table; a graphics processor gets every voxel.

    With a tint, a voxel that stands for a few takes the boldest of them; for dragging it takes its
    middle one's, so that shares stay. For a processor they are painted over the colors of the
    preset: only a graphics processor keeps HU and tint apart.
    """
    most = FINE_VOXELS if software else volume.voxels.size
    voxels, grid = smaller(as_int16(volume.voxels), volume.grid, most)
    voxels, hidden = without_table(voxels, grid)
    codes = tint.coarser(grid) if tint is not None else None
    if not software:
        brick = whole_brick(voxels, grid, codes)
        return PreparedVolume(volume, grid, grid, brick, (brick,), hidden, tint)
    few, few_grid = smaller(voxels, grid, COARSE_VOXELS)
    colors = None
    if tint is not None:
        colors = volume_preset(preset)
        few = painted(few, middles(codes, grid, few_grid), tint, colors)
        voxels = painted(voxels, codes, tint, colors)
    coarse, fine = whole_brick(few, few_grid), tuple(bricks(voxels, grid))
    return PreparedVolume(volume, grid, few_grid, coarse, fine, hidden, tint, colors)


def whole_brick(voxels: np.ndarray, grid: Grid, codes: np.ndarray | None = None) -> Brick:
    """A volume as one brick."""
    beside = grid_image(codes, grid) if codes is not None else None
    return Brick(grid_image(voxels, grid), 0, 0, (0.0, grid.shape[0] - 1.0), beside)


def bricks(voxels: np.ndarray, grid: Grid) -> Iterator[Brick]:
    """Voxels, HU or painted, cut along their longest axis into bricks of about `BRICK_VOXELS`."""
    axis = int(np.argmax(grid.shape))
    length = grid.shape[axis]
    count = max(1, min(length // 8, -(-int(np.prod(grid.shape)) // BRICK_VOXELS)))
    cuts = np.round(np.linspace(0, length - 1, count + 1)).astype(int)
    for low, high in pairwise(cuts):
        start, stop = [0, 0, 0], list(grid.shape)
        start[axis], stop[axis] = max(int(low) - 1, 0), min(int(high) + 2, length)
        part = voxels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
        image = grid_image(part, grid.box(start, stop))
        yield Brick(image, axis, start[axis], (float(low), float(high)))


def prepare_surface(
    surface: Surface, software: bool, tints: tuple[VoxelTint, ...] = ()
) -> PreparedSurface:
    """A surface with normals and colors, and with its copies where the renderer is slow."""
    whole = with_normals(polydata(surface.points_lps, surface.triangles))
    colors = point_colors(surface)
    colors |= {tint.name: wall_colors(surface.points_lps, tint) for tint in tints}
    radii = surface.point_data.get("radius_mm")
    spread = None if radii is None or not len(radii) else radius_range(radii)
    for name, values in colors.items():
        add_colors(whole, name, values)
    if not software or len(surface.triangles) <= COARSE_TRIANGLES:
        return PreparedSurface(surface, whole, (whole,), spread)
    coarse = with_normals(binned(whole, surface, COARSE_TRIANGLES))
    kept = vtk_to_numpy(coarse.GetPoints().GetData())
    nearest = cKDTree(surface.points_lps, balanced_tree=False).query(kept)[1]
    for name, values in colors.items():
        add_colors(coarse, name, values[nearest])
    normals = vtk_to_numpy(whole.GetPointData().GetNormals())
    pieces = tuple(split(surface, normals, colors))
    return PreparedSurface(surface, coarse, pieces, spread)


def radius_range(radius_mm: np.ndarray) -> tuple[float, float]:
    """The radii between which colors change (2nd to 98th percentile)."""
    low, high = np.percentile(radius_mm, (2, 98))
    return float(low), float(max(high, low + 0.1))


def point_colors(surface: Surface) -> dict[str, np.ndarray]:
    """RGB per point (n,3) uint8 by "label" and, where known, by "radius"."""
    count = len(surface.points_lps)
    labels = surface.point_data.get("label")
    if labels is None:
        labels = np.full(count, ARTERY, dtype=np.uint8)
    colors = {"label": label_table()[np.asarray(labels).astype(np.uint8)]}
    radii = surface.point_data.get("radius_mm")
    if radii is not None and len(radii):
        low, high = radius_range(radii)
        share = np.clip((radii - low) / (high - low), 0, 1)
        colors["radius"] = color_map("viridis")[(share * 255).astype(np.uint8)]
    return colors


def polydata(points_lps: np.ndarray, triangles: np.ndarray) -> vtkPolyData:
    """Triangles for VTK."""
    points = vtkPoints()
    lying = np.ascontiguousarray(points_lps, dtype=np.float32)
    points.SetData(numpy_to_vtk(lying, deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, 3 * len(triangles) + 1, 3, dtype=np.int64)
    corners = np.array(triangles, dtype=np.int64).ravel()
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True), numpy_to_vtkIdTypeArray(corners, deep=True)
    )
    made = vtkPolyData()
    made.SetPoints(points)
    made.SetPolys(cells)
    return made


def with_normals(data: vtkPolyData) -> vtkPolyData:
    """The same triangles with a normal at each point."""
    made = vtkPolyDataNormals()
    made.SetInputData(data)
    made.SplittingOff()
    made.ConsistencyOff()
    made.Update()
    return made.GetOutput()


def add_colors(data: vtkPolyData, name: str, colors: np.ndarray) -> None:
    """Give each point an RGB under a name."""
    array = numpy_to_vtk(np.ascontiguousarray(colors), deep=True)
    array.SetName(name)
    data.GetPointData().AddArray(array)


def binned(data: vtkPolyData, surface: Surface, most: int) -> vtkPolyData:
    """About `most` triangles that look like the whole from afar."""
    points = surface.points_lps
    corners = [points[surface.triangles[:, n]] for n in range(3)]
    area = np.linalg.norm(np.cross(corners[1] - corners[0], corners[2] - corners[0]), axis=1).sum()
    spans = np.ptp(points, axis=0)
    edge = float(np.sqrt(1.6 * area / 2 / most)) or 1.0
    for _ in range(4):
        thin = vtkBinnedDecimation()
        thin.SetInputData(data)
        thin.AutoAdjustNumberOfDivisionsOff()
        thin.SetNumberOfDivisions(*(max(2, round(span / edge)) for span in spans))
        thin.ProducePointDataOff()
        thin.Update()
        found = thin.GetOutput().GetNumberOfCells()
        if found <= most:
            break
        edge *= float(np.sqrt(found / most)) * 1.05
    return thin.GetOutput()


def split(
    surface: Surface, normals: np.ndarray, colors: dict[str, np.ndarray]
) -> Iterator[vtkPolyData]:
    """The surface in pieces along its longest side."""
    axis = int(np.argmax(np.ptp(surface.points_lps, axis=0)))
    order = np.argsort(surface.points_lps[surface.triangles[:, 0], axis], kind="stable")
    count = -(-len(order) // PIECE_TRIANGLES)
    for chosen in np.array_split(order, count):
        used, corners = np.unique(surface.triangles[chosen], return_inverse=True)
        piece = polydata(surface.points_lps[used], corners.reshape(-1, 3))
        piece.GetPointData().SetNormals(numpy_to_vtk(normals[used], deep=True))
        for name, values in colors.items():
            add_colors(piece, name, values[used])
        yield piece


def small_things() -> tuple[PreparedVolume, PreparedSurface]:
    """A few voxels and a triangle to try a renderer with."""
    voxels = np.full((8, 8, 8), 300, dtype=np.int16)
    volume = Volume(voxels, Grid.regular(voxels.shape))
    points = np.array([[0, 0, 0], [9, 0, 0], [0, 0, 9]], dtype=np.float32)
    surface = Surface(points, np.array([[0, 1, 2]], dtype=np.int32))
    return prepare_volume(volume, True), prepare_surface(surface, True)
