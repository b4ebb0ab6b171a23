"""Bodies in and around vessels: round, flat and wiry shapes with their signed distance."""

from collections.abc import Callable

import numpy as np

from viewer.phantom.scene import REACH_MM, SURROUNDS, Solid
from viewer.phantom.site import Course, Site
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

Distance = Callable[[np.ndarray], np.ndarray]


def box_around(points_lps: np.ndarray, reach_mm: float) -> np.ndarray:
    """A box (2,3) that holds all points (n,3) with `reach_mm` to spare."""
    return np.array([points_lps.min(axis=0) - reach_mm, points_lps.max(axis=0) + reach_mm])


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
    return Solid(SURROUNDS, tissue, box_around(course.points_lps, widest), distance, blood=blood)


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
    return Solid(effect, tissue, box_around(part.points_lps, wall_mm + thick), distance)


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
