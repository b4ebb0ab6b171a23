"""The wall of a mask as triangles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.coarse import merged_in_cubes
from viewer.geometry.tree import VesselTree
from viewer.geometry.wall import bounding_box, smooth_wall
from viewer.progress import Progress
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid

AROUND = 3.0  # radii: what is farther from a vessel's middle is another one's wall


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangle mesh in LPS millimeters.

    `points_lps` (n,3) float32, `triangles` (m,3) int32 or int64 with outward normals by the
    right-hand rule; `point_data` holds one value per point by name (`radius_mm`, `label`).
    """

    points_lps: np.ndarray
    triangles: np.ndarray
    point_data: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "point_data", MappingProxyType(dict(self.point_data)))
        for array in (self.points_lps, self.triangles, *self.point_data.values()):
            array.flags.writeable = False

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return self.points_lps, self.triangles

    @property
    def volume_ml(self) -> float:
        """Volume inside a closed mesh (divergence theorem); negative where it is inside out."""
        points = self.points_lps.astype(np.float64)
        a, b, c = (points[self.triangles[:, n]] for n in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6000


def make_surface(
    mask: VesselMask,
    progress: Progress,
    *,
    labels: tuple[int, ...] = (1,),
    smoothing: float = 0.5,
) -> Surface:
    """The closed wall of each label, smoothed without shrinking (`smoothing` 0 to 1).

    `point_data["label"]` (uint8) tells to which label a point belongs. Raises `ViewerError` where
    the mask holds none of the labels.
    """
    found: list[tuple[int, np.ndarray, np.ndarray]] = []
    for label, part in _shares(labels, progress):
        inside = mask.labels == label
        box = bounding_box(inside)
        if box is None:
            continue
        index, triangles = smooth_wall(inside[box], smoothing, part)
        start = [cut.start for cut in box]
        found.append((label, mask.grid.points_lps(index + np.array(start)), triangles))
    if not found:
        wanted = " or ".join(mask.names.get(n, f"label {n}") for n in labels)
        raise ViewerError(
            f"There is no {wanted} in the mask, so there is no surface to make; "
            "nothing was changed: segment or paint the vessels first."
        )
    progress.at(1.0)
    return _joined(found, turned=_mirrors(mask.grid))


def _shares(labels: tuple[int, ...], progress: Progress) -> list[tuple[int, Progress]]:
    """Each label with its part of the progress."""
    count = max(len(labels), 1)
    return [(label, progress.part(n / count, (n + 1) / count)) for n, label in enumerate(labels)]


def _mirrors(grid: Grid) -> bool:
    """Whether (column, row, slice) to LPS turns a right hand into a left one."""
    return bool(np.linalg.det(grid.lps_from_index[:3, 2::-1]) < 0)


def _joined(found: list[tuple[int, np.ndarray, np.ndarray]], *, turned: bool) -> Surface:
    """One surface of several labels' points and triangles, normals outwards."""
    before = np.cumsum([0] + [len(points) for _, points, _ in found[:-1]])
    corners = slice(None, None, -1) if turned else slice(None)
    return Surface(
        np.concatenate([points for _, points, _ in found]).astype(np.float32),
        np.concatenate(
            [
                triangles[:, corners] + np.int32(n)
                for n, (_, _, triangles) in zip(before, found, strict=True)
            ]
        ),
        {"label": np.concatenate([np.full(len(p), label, np.uint8) for label, p, _ in found])},
    )


def simplify(surface: Surface, triangles: int, *, careful: bool = False) -> Surface:
    """A coarser copy of at most about `triangles` triangles, for drawing while dragging.

    Merges the points in each small cube, which takes some 0.1 s; `careful` keeps the shape better
    (quadric error) but takes seconds for a million triangles and holds Python's lock meanwhile.
    Each point's data are those of the nearest point of the fine surface.
    """
    if len(surface.triangles) <= triangles:
        return surface
    from scipy.spatial import cKDTree

    if careful:
        points, faces = _by_quadrics(surface, max(int(triangles), 4))
    else:
        points, faces = merged_in_cubes(surface.points_lps, surface.triangles, triangles)
    data = {}
    if surface.point_data:
        fine = cKDTree(surface.points_lps, balanced_tree=False, compact_nodes=False)
        nearest = fine.query(points, workers=-1)[1]
        data = {name: values[nearest] for name, values in surface.point_data.items()}
    return Surface(points, faces, data)


def _by_quadrics(surface: Surface, triangles: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles after edge collapses of least quadric error."""
    import fast_simplification

    points, faces = fast_simplification.simplify(
        np.array(surface.points_lps, np.float32),
        np.array(surface.triangles, np.int32),
        target_count=triangles,
    )
    return np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces, np.int32)


def recolored(surface: Surface, before: VesselTree, after: VesselTree) -> Surface:
    """A surface that is colored by the radius of one tree, colored by that of the next.

    Only around what the two trees do not share; the same surface where they share all.
    """
    old, new = ({tuple(row) for row in _rows(tree)} for tree in (before, after))
    apart = np.array(sorted(old ^ new)).reshape(-1, 4)
    if not len(apart) or "radius_mm" not in surface.point_data or not after.branches:
        return surface
    reach = AROUND * float(apart[:, 3].max())
    low, high = apart[:, :3].min(axis=0) - reach, apart[:, :3].max(axis=0) + reach
    near = np.flatnonzero(np.all((surface.points_lps > low) & (surface.points_lps < high), axis=1))
    radius = surface.point_data["radius_mm"].copy()
    radius[near] = after.radius_mm[after.nearest_sphere(surface.points_lps[near])]
    return Surface(
        surface.points_lps, surface.triangles, {**surface.point_data, "radius_mm": radius}
    )


def _rows(tree: VesselTree) -> list[list[float]]:
    """Points and radius of a tree, four numbers each."""
    rows: list[list[float]] = np.column_stack([tree.points_lps, tree.radius_mm]).tolist()
    return rows


def color_by_radius(surface: Surface, tree: VesselTree) -> Surface:
    """The surface with `point_data["radius_mm"]` (float32) of the nearest vessel at each point.

    Nearest is the centerline point whose sphere comes closest to the surface point.
    """
    if not tree.branches:
        return surface
    radius = tree.radius_mm[tree.nearest_sphere(surface.points_lps)]
    return Surface(
        surface.points_lps,
        surface.triangles,
        {**surface.point_data, "radius_mm": radius.astype(np.float32)},
    )
