"""Bodies in and around vessels: round, flat and wiry shapes with their signed distance."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.phantom.scene import REACH_MM, STAINS, SURROUNDS, Solid
from viewer.phantom.site import Course, Site
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

Distance = Callable[[np.ndarray], np.ndarray]

CELL_MM = 4.0
# By how much a point's distance may differ from that of its cell's middle.
SLACK_MM = 4.5
FAR_MM = REACH_MM + 1


def box_around(points_lps: np.ndarray, reach_mm: float) -> np.ndarray:
    """A box (2,3) that holds all points (n,3) with `reach_mm` to spare."""
    return np.array([points_lps.min(axis=0) - reach_mm, points_lps.max(axis=0) + reach_mm])


@dataclass(frozen=True, eq=False)
class CloseTo:
    """A signed distance round a course that is worked out only where it matters.

    That is where it lies between -`within_mm` and `beyond_mm`, as told by the middles of coarse
    cells; farther out it is `FAR_MM`, deeper about right. `widest_mm` is the body's from the path.
    """

    course: Course
    widest_mm: float
    within_mm: float
    beyond_mm: float
    distance_mm: Distance

    @cached_property
    def _cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The low corner (3,) of the cells, their distances, and where these do not suffice."""
        reach = self.widest_mm + self.beyond_mm + 2 * CELL_MM
        low, high = box_around(self.course.points_lps, reach)
        axes = [np.arange(a, b, CELL_MM) + 0.5 * CELL_MM for a, b in zip(low, high, strict=True)]
        centers = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        far = self.distance_mm(centers.reshape(-1, 3)).reshape(centers.shape[:3])
        far[[0, -1]] = far[:, [0, -1]] = far[:, :, [0, -1]] = np.inf
        asked = (far > -self.within_mm - SLACK_MM) & (far < self.beyond_mm + SLACK_MM)
        return low, np.where(far > 0, FAR_MM, far), asked

    def __call__(self, points_lps: np.ndarray) -> np.ndarray:
        """The distance (k,) of points (k,3)."""
        low, far, asked = self._cells
        cell = ((points_lps - low) * (1 / CELL_MM)).astype(np.int32)
        np.clip(cell, 0, np.array(far.shape) - 1, out=cell)
        k, j, i = cell.T
        out, exactly = far[k, j, i], np.flatnonzero(asked[k, j, i])
        out[exactly] = self.distance_mm(points_lps[exactly])
        return out


def close_to(course: Course, widest_mm: float, effect: str, distance_mm: Distance) -> Distance:
    """The signed distance of a body round a course, as far from its surface as its effect needs.

    What surrounds or stains needs the sign alone; the rest moves the lumen's wall.
    """
    deep = 1.0 if effect in (SURROUNDS, STAINS) else REACH_MM
    return CloseTo(course, widest_mm, deep, deep, distance_mm)


def lining(site: Site, tissue: Tissue, outer_mm: np.ndarray, blood: Tissue | None = None) -> Solid:
    """What lies round the lumen over a site, out to the radii `outer_mm` of its course (n,).

    With the vessel's `blood` it presses other vessels aside.
    """
    course = site.course.part(site.from_mm, site.to_mm)
    first = int(np.searchsorted(site.course.s_mm, site.from_mm))
    outer = outer_mm[first : first + len(course.radius_mm)]
    slope = np.sqrt(1 + np.gradient(outer, course.s_mm) ** 2)

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = course.local(points_lps)
        wall = (np.hypot(aside, across) - np.interp(s, course.s_mm, outer)) / np.interp(
            s, course.s_mm, slope
        )
        return np.maximum(wall, np.maximum(-s, s - course.s_mm[-1]))

    widest = float(outer.max())
    near = close_to(course, widest, SURROUNDS, distance)
    return Solid(SURROUNDS, tissue, box_around(course.points_lps, widest), near, blood=blood)


def beads(effect: str, tissue: Tissue, centers_lps: np.ndarray, radius_mm: np.ndarray) -> Solid:
    """The union of balls around close-set centers (n,3) with radii (n,) that change slowly."""
    from scipy.spatial import cKDTree

    kd_tree = cKDTree(centers_lps)
    reach = float(radius_mm.max()) + REACH_MM

    def distance(points_lps: np.ndarray) -> np.ndarray:
        far, nearest = kd_tree.query(points_lps, distance_upper_bound=reach)
        return np.minimum(far, reach) - radius_mm[np.minimum(nearest, len(radius_mm) - 1)]

    return Solid(effect, tissue, box_around(centers_lps, float(radius_mm.max())), distance)


def ellipsoid(center_lps: np.ndarray, axes: np.ndarray, half_mm: np.ndarray) -> Distance:
    """Signed distance of an ellipsoid with unit axes (3,3), one a row, and half lengths (3,).

    Exact at the surface and nearly so close to it (Quilez' bound).
    """

    def distance(points_lps: np.ndarray) -> np.ndarray:
        local = (points_lps - center_lps) @ axes.T
        reach = np.linalg.norm(local / half_mm, axis=1)
        steep = np.linalg.norm(local / half_mm**2, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            out = reach * (reach - 1) / steep
        return np.where(steep > 1e-9, out, -half_mm.min())

    return distance


def patch(
    course: Course,
    at_mm: float,
    angle: float,
    half_mm: tuple[float, float, float],
    wall_mm: float,
    effect: str = SURROUNDS,
    tissue: Tissue = Tissue.CALCIUM,
) -> Solid:
    """An oval rounded plate bent round a vessel, its middle `wall_mm` from the path.

    `half_mm` is half its length along the vessel, its width round it, and its thickness.
    """
    length, width, thick = half_mm
    part = course.part(at_mm - length - 1, at_mm + length + 1)
    offset = float(course.local(part.points_lps[:1])[0][0])

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = part.local(points_lps)
        turn = np.arctan2(across, aside) - angle
        turn = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
        flat = np.stack([s + offset - at_mm, turn * wall_mm])
        reach = np.linalg.norm(flat / half, axis=0)
        steep = np.maximum(np.linalg.norm(flat / half**2, axis=0), 1e-9)
        beside = np.where(reach > 1, reach * (reach - 1) / steep, 0.0)
        return np.hypot(beside, np.hypot(aside, across) - wall_mm) - thick

    half = np.array([[length - thick], [width - thick]])
    far = wall_mm + thick
    box = box_around(part.points_lps, far)
    # a plate fills so much of its box that looking for what is near it would not pay
    near = distance if effect == SURROUNDS else close_to(part, far, effect, distance)
    return Solid(effect, tissue, box, near)


def patch_volume_mm3(half_mm: tuple[float, float, float]) -> float:
    """Volume of a rounded oval plate, with its half measures as in `patch`.

    Steiner's formula with Ramanujan's perimeter of the oval.
    """
    length, width, thick = half_mm
    a, b = length - thick, width - thick
    around = np.pi * (3 * (a + b) - np.sqrt((3 * a + b) * (a + 3 * b)))
    rim = np.pi / 2 * thick**2 * around + 4 / 3 * np.pi * thick**3
    return float(2 * np.pi * a * b * thick + rim)


def volume_ml(distance_mm: Distance, box_lps: np.ndarray, cells: int = 24) -> float:
    """Volume of what a signed distance encloses in a box, counted on `cells`^3 soft cells."""
    grid = cells_of(box_lps, cells)
    return soft_ml(at_cells(distance_mm, grid), grid)


def cells_of(box_lps: np.ndarray, cells: int = 24) -> Grid:
    """A box (2,3) cut into `cells`^3 cells."""
    edge = (box_lps[1] - box_lps[0]) / cells
    return Grid.regular((cells,) * 3, edge[::-1].tolist(), (box_lps[0] + 0.5 * edge).tolist())


def at_cells(distance_mm: Distance, grid: Grid) -> np.ndarray:
    """A signed distance in the middles of a grid's cells, in the grid's shape."""
    points = grid.points_lps(np.moveaxis(np.indices(grid.shape), 0, -1))
    return np.asarray(distance_mm(points.reshape(-1, 3)).reshape(grid.shape))


def soft_ml(far_mm: np.ndarray, grid: Grid) -> float:
    """Volume of what lies inside a signed distance on a grid; cells on its surface count partly."""
    share = np.clip(0.5 - far_mm / float(np.cbrt(grid.voxel_mm3)), 0, 1)
    return float(share.sum() * grid.voxel_mm3 / 1000)
