"""Diseases that widen a vessel: aneurysms with and without thrombus, and the ulcer."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.phantom.distance import distance
from viewer.phantom.scene import ADDS, SURROUNDS, Solid, Vessels
from viewer.phantom.shapes import at_cells, box_around, cells_of, ellipsoid, lining, soft_ml
from viewer.phantom.site import Change, Site, bump, lesion_at, plateau, reshape
from viewer.phantom.tissue import Tissue

# How many ways round a vessel a sac may point, and how far it should stay from other vessels.
SIDES, APART_MM = 16, 1.0


def fusiform_aneurysm(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A spindle, 1.5 to 3.2 times as wide as the vessel."""
    radius = site.course.radius_mm * (1 + (0.5 + 1.7 * severity) * plateau(site.x, 0.9))
    after = reshape(vessels, site.course, radius)
    numbers = _spindle_numbers(site, radius)
    return Change(after, (), (lesion_at("fusiform-aneurysm", severity, site, after, numbers),))


def aneurysm_with_thrombus(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A spindle, 1.6 to 3.3 times as wide as the vessel, its lumen off center in thrombus."""
    course, before = site.course, site.course.radius_mm
    hill = plateau(site.x, 0.9)
    outer = before * (1 + (0.6 + 1.7 * severity) * hill)
    radius = before * (1 + rng.uniform(0.1, 0.35) * hill)
    turn = rng.uniform(0, 2 * np.pi)
    way = np.cos(turn) * course.aside + np.sin(turn) * course.across
    shift = (rng.uniform(0.3, 0.7) * (outer - radius))[:, None] * way
    after = reshape(vessels, course, radius, shift)
    sac = lining(site, Tissue.THROMBUS, outer, vessels.blood[course.chain[0]])
    inside = np.abs(site.x) <= 1
    clot = np.pi * (outer**2 - radius**2)
    numbers = _spindle_numbers(site, outer) | {
        "maximal_lumen_diameter_mm": 2 * float(radius[inside].max()),
        "thrombus_volume_ml": float(np.trapezoid(clot[inside], course.s_mm[inside])) / 1000,
    }
    lesion = lesion_at("aneurysm-with-thrombus", severity, site, after, numbers)
    return Change(after, (sac,), (lesion,))


def _spindle_numbers(site: Site, radius_mm: np.ndarray) -> dict[str, float]:
    """Diameters and volume of a spindle with radii of the site's course (n,)."""
    inside = np.flatnonzero(np.abs(site.x) <= 1)
    widest = inside[np.argmax(radius_mm[inside])]
    area = np.pi * radius_mm[inside] ** 2
    return {
        "maximal_diameter_mm": 2 * float(radius_mm[widest]),
        "reference_diameter_mm": 2 * float(site.course.radius_mm[widest]),
        "length_mm": site.length_mm,
        "volume_ml": float(np.trapezoid(area, site.course.s_mm[inside])) / 1000,
    }


@dataclass(frozen=True, eq=False)
class _Sac:
    """An ellipsoid on the side of a vessel: its shape, and what is measured of it."""

    center_lps: np.ndarray
    axes: np.ndarray
    half_mm: np.ndarray
    neck_mm: float
    height_mm: float

    def open(self, blood: Tissue) -> Solid:
        """The sac's lumen, joined to vessels of its blood."""
        return replace(self.lined(blood, 0.0, blood), effect=ADDS)

    def lined(self, tissue: Tissue, thick_mm: float, blood: Tissue) -> Solid:
        """What lines the sac's lumen `thick_mm` thick, on vessels of some blood."""
        half = self.half_mm + thick_mm
        box = box_around(self.center_lps[None], float(half.max()))
        shape = ellipsoid(self.center_lps, self.axes, half)
        return Solid(SURROUNDS, tissue, box, shape, blood=blood)


def _sac(
    vessels: Vessels, site: Site, half_mm: float, longer: float, neck_mm: float, angle: float
) -> _Sac:
    """A sac of half width `half_mm` and half height `longer` times it, its neck as wide as asked.

    The neck lies where the ellipsoid meets the vessel's wall, and is measured along the vessel.
    The sac hangs to the side of `angle` (rad), or to the next that other vessels leave free.
    """
    n = int(np.argmin(np.abs(site.course.s_mm - site.middle_mm)))
    half = np.array([half_mm * longer, half_mm, half_mm])
    high = half[0] * np.sqrt(max(1 - (0.5 * neck_mm / half_mm) ** 2, 0.0))
    away = float(site.course.radius_mm[n] + high)
    angle = _free_side(vessels, site, away, float(half.max()), angle)
    out, along = site.course.sideways_at(site.middle_mm, angle), site.course.along[n]
    axes = np.stack([out, along, np.cross(out, along)])
    center = site.course.points_lps[n] + away * out
    return _Sac(center, axes, half, neck_mm, float(high + half[0]))


def _free_side(vessels: Vessels, site: Site, away_mm: float, ball_mm: float, angle: float) -> float:
    """The first side from `angle` (rad) on where a ball `away_mm` off a vessel meets no other.

    Where there is none it is the side with the most room.
    """
    course, tree = site.course, vessels.tree
    other = ~np.isin(tree.branch_of_point, course.chain)
    past = np.abs(course.s_mm - site.middle_mm) > away_mm + ball_mm
    points = np.concatenate([tree.points_lps[other], course.points_lps[past]])
    radius = np.concatenate([tree.radius_mm[other], course.radius_mm[past]])
    sides = angle + np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    middle = course.point_at(site.middle_mm)
    near = np.linalg.norm(points - middle, axis=1) - radius < away_mm + ball_mm + APART_MM
    points, radius = points[near], radius[near]
    room = np.array(
        [
            (np.linalg.norm(points - center, axis=1) - radius).min(initial=np.inf) - ball_mm
            for center in (middle + away_mm * course.sideways_at(site.middle_mm, a) for a in sides)
        ]
    )
    free = np.flatnonzero(room > APART_MM)
    return float(sides[free[0] if len(free) else np.argmax(room)])


def _beside_ml(solid: Solid, vessels: Vessels) -> float:
    """The volume of a body outside the lumens of the vessels whose blood it goes with."""
    grid = cells_of(solid.box_lps)
    same = [n for n, kind in enumerate(vessels.blood) if kind is solid.blood]
    lumen = distance(vessels.tree, grid, same)[0]
    return soft_ml(np.maximum(at_cells(solid.distance_mm, grid), -lumen), grid)


def _sac_numbers(vessels: Vessels, site: Site, sac: _Sac) -> dict[str, float]:
    blood = vessels.blood[site.course.chain[0]]
    return {
        "maximal_diameter_mm": 2 * float(sac.half_mm.max()),
        "neck_width_mm": sac.neck_mm,
        "height_mm": sac.height_mm,
        "sac_volume_ml": _beside_ml(sac.open(blood), vessels),
        "parent_diameter_mm": 2 * site.radius_mm,
    }


def _sac_of(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> _Sac:
    """A sac 3 to 12 mm wide on thin vessels and up to three radii wide on thick ones."""
    half = (0.75 + 1.75 * severity) * min(site.radius_mm, 4 + 0.5 * site.radius_mm) + 0.4
    neck = 2 * half * float(rng.uniform(0.4, 0.75))
    neck = min(neck, 1.6 * site.radius_mm + 0.4 * half)
    longer, angle = float(rng.uniform(1.0, 1.35)), float(rng.uniform(0, 2 * np.pi))
    return _sac(vessels, site, half, longer, neck, angle)


def saccular_aneurysm(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A round sac with a neck on one wall, from 0.8 to 2.5 times the vessel's width."""
    sac = _sac_of(vessels, site, severity, rng)
    numbers = _sac_numbers(vessels, site, sac)
    lesion = lesion_at("saccular-aneurysm", severity, site, vessels, numbers)
    return Change(vessels, (sac.open(vessels.blood[site.course.chain[0]]),), (lesion,))


def saccular_aneurysm_with_thrombus(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A sac whose dome is lined with thrombus, so that its lumen shows less than all of it."""
    sac = _sac_of(vessels, site, severity, rng)
    thick = float((0.2 + 0.25 * rng.uniform()) * sac.half_mm[1])
    blood = vessels.blood[site.course.chain[0]]
    outer = sac.lined(Tissue.THROMBUS, thick, blood)
    numbers = _sac_numbers(vessels, site, sac)
    numbers |= {
        "maximal_lumen_diameter_mm": numbers["maximal_diameter_mm"],
        "maximal_diameter_mm": numbers["maximal_diameter_mm"] + 2 * thick,
        "thrombus_volume_ml": _beside_ml(outer, vessels) - numbers["sac_volume_ml"],
    }
    kind = "saccular-aneurysm-with-thrombus"
    lesion = lesion_at(kind, severity, site, vessels, numbers)
    return Change(vessels, (sac.open(blood), outer), (lesion,))


def ulcer(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A crater through plaque into the wall; severity is its depth, 3 to 15 mm in an aorta."""
    course, radius = site.course, site.radius_mm
    depth = (0.3 + 1.0 * severity) * min(radius, 12.0)
    half = depth * float(rng.uniform(0.55, 0.75))
    longer = 0.75 * depth / half
    neck = 2 * half * np.sqrt(1 - (depth / (half * longer) - 1) ** 2)
    sac = _sac(vessels, site, half, longer, neck, float(rng.uniform(0, 2 * np.pi)))
    blood = vessels.blood[course.chain[0]]
    thick = 0.5 * depth
    wide = bump((course.s_mm - site.middle_mm) / (2.2 * half + 4))
    wall = lining(site, Tissue.PLAQUE, course.radius_mm + thick * wide)
    numbers = {
        "depth_mm": sac.height_mm,
        "neck_width_mm": sac.neck_mm,
        "volume_ml": _beside_ml(sac.open(blood), vessels),
        "plaque_thickness_mm": thick,
    }
    lesion = lesion_at("ulcer", severity, site, vessels, numbers)
    return Change(vessels, (wall, sac.open(blood)), (lesion,))
