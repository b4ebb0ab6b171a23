"""Bodies in and around vessels: round, flat and wiry shapes with their signed distance."""

from collections.abc import Callable

import numpy as np

from viewer.phantom.scene import SURROUNDS, Solid
from viewer.phantom.site import Course, Site
from viewer.phantom.tissue import Tissue

Distance = Callable[[np.ndarray], np.ndarray]


def box_around(points_lps: np.ndarray, reach_mm: float) -> np.ndarray:
    """A box (2,3) that holds all points (n,3) with `reach_mm` to spare."""
    return np.array([points_lps.min(axis=0) - reach_mm, points_lps.max(axis=0) + reach_mm])


def sleeve(
    effect: str,
    tissue: Tissue,
    course: Course,
    outer_mm: np.ndarray,
    share: float = 1.0,
) -> Solid:
    """A round tube on a course with radii `outer_mm` (n,), cut square at both ends."""
    slope = np.sqrt(1 + np.gradient(outer_mm, course.s_mm) ** 2)

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = course.local(points_lps)
        wall = (np.hypot(aside, across) - np.interp(s, course.s_mm, outer_mm)) / np.interp(
            s, course.s_mm, slope
        )
        return np.maximum(wall, np.maximum(-s, s - course.s_mm[-1]))

    box = box_around(course.points_lps, float(outer_mm.max()))
    return Solid(effect, tissue, box, distance, share)


def lining(site: Site, tissue: Tissue, outer_mm: np.ndarray) -> Solid:
    """What lies round the lumen over a site, out to the radii `outer_mm` of its course (n,)."""
    part = site.course.part(site.from_mm, site.to_mm)
    first = int(np.searchsorted(site.course.s_mm, site.from_mm))
    return sleeve(SURROUNDS, tissue, part, outer_mm[first : first + len(part.radius_mm)])


def beads(
    effect: str, tissue: Tissue, centers_lps: np.ndarray, radius_mm: np.ndarray
) -> Solid:
    """The union of balls around close-set centers (n,3) with radii (n,) that change slowly."""
    from scipy.spatial import cKDTree

    kd_tree = cKDTree(centers_lps)

    def distance(points_lps: np.ndarray) -> np.ndarray:
        far, nearest = kd_tree.query(points_lps)
        return far - radius_mm[nearest]

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
    """A rounded plate bent round a vessel, its middle `wall_mm` from the path.

    `half_mm` is half its length along the vessel, its width round it, and its thickness.
    """
    length, width, thick = half_mm
    part = course.part(at_mm - length - 1, at_mm + length + 1)
    offset = float(course.local(part.points_lps[:1])[0][0])

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = part.local(points_lps)
        turn = np.arctan2(across, aside) - angle
        turn = np.abs((turn + np.pi) % (2 * np.pi) - np.pi)
        outside = np.stack(
            [
                np.abs(s + offset - at_mm) - (length - thick),
                turn * wall_mm - (width - thick),
                np.abs(np.hypot(aside, across) - wall_mm),
            ]
        )
        outside = np.maximum(outside, 0)
        return np.sqrt((outside**2).sum(axis=0)) - thick

    reach = wall_mm + thick + length
    center = course.point_at(at_mm)[None]
    return Solid(effect, tissue, box_around(center, reach), distance)


def patch_volume_mm3(half_mm: tuple[float, float, float]) -> float:
    """Volume of a rounded plate (Steiner's formula), with its half measures as in `patch`."""
    length, width, thick = half_mm
    a, b = length - thick, width - thick
    return 8 * a * b * thick + 2 * np.pi * thick**2 * (a + b) + 4 / 3 * np.pi * thick**3


def volume_ml(distance_mm: Distance, box_lps: np.ndarray, cells: int = 30) -> float:
    """Volume of what a signed distance encloses in a box, counted on `cells`^3 soft cells."""
    edge = (box_lps[1] - box_lps[0]) / cells
    axes = [box_lps[0, a] + edge[a] * (np.arange(cells) + 0.5) for a in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    share = np.clip(0.5 - distance_mm(points) / float(np.cbrt(edge.prod())), 0, 1)
    return float(share.sum() * edge.prod() / 1000)
