"""Diseases that widen a vessel: aneurysms with and without thrombus, and the ulcer."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.phantom.scene import ADDS, SURROUNDS, Solid, Vessels
from viewer.phantom.shapes import Distance, box_around, ellipsoid, lining, volume_ml
from viewer.phantom.site import Change, Site, bump, lesion_at, plateau, reshape
from viewer.phantom.tissue import Tissue


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

    def grown(self, by_mm: float) -> Distance:
        """Its signed distance, its half lengths `by_mm` larger."""
        return ellipsoid(self.center_lps, self.axes, self.half_mm + by_mm)

    def solid(self, effect: str, tissue: Tissue, by_mm: float = 0.0) -> Solid:
        """A body of its shape."""
        box = box_around(self.center_lps[None], float(self.half_mm.max()) + by_mm)
        return Solid(effect, tissue, box, self.grown(by_mm))


def _sac(site: Site, half_mm: float, longer: float, neck_mm: float, angle: float) -> _Sac:
    """A sac of half width `half_mm` and half height `longer` times it, its neck as wide as asked.

    The neck lies where the ellipsoid meets the vessel's wall, and is measured along the vessel.
    """
    n = int(np.argmin(np.abs(site.course.s_mm - site.middle_mm)))
    out = site.course.sideways_at(site.middle_mm, angle)
    along = site.course.along[n]
    half = np.array([half_mm * longer, half_mm, half_mm])
    radius = site.course.radius_mm[n]
    high = half[0] * np.sqrt(max(1 - (0.5 * neck_mm / half_mm) ** 2, 0.0))
    center = site.course.points_lps[n] + (radius + high) * out
    axes = np.stack([out, along, np.cross(out, along)])
    return _Sac(center, axes, half, neck_mm, float(high + half[0]))


def _beyond(site: Site, sac: Distance) -> Distance:
    """The part of a sac that lies outside the vessel's own lumen."""
    part = site.course.part(site.from_mm, site.to_mm)

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = part.local(points_lps)
        lumen = np.hypot(aside, across) - part.radius_at(s)
        return np.maximum(sac(points_lps), -lumen)

    return distance


def _sac_numbers(site: Site, sac: _Sac) -> dict[str, float]:
    solid = sac.solid(ADDS, Tissue.ARTERY)
    return {
        "maximal_diameter_mm": 2 * float(sac.half_mm.max()),
        "neck_width_mm": sac.neck_mm,
        "height_mm": sac.height_mm,
        "sac_volume_ml": volume_ml(_beyond(site, solid.distance_mm), solid.box_lps),
        "parent_diameter_mm": 2 * site.radius_mm,
    }


def _sac_of(site: Site, severity: float, rng: np.random.Generator) -> _Sac:
    """A sac 3 to 12 mm wide on thin vessels and up to three radii wide on thick ones."""
    half = (0.75 + 1.75 * severity) * min(site.radius_mm, 4 + 0.5 * site.radius_mm) + 0.4
    neck = 2 * half * float(rng.uniform(0.4, 0.75))
    neck = min(neck, 1.6 * site.radius_mm + 0.4 * half)
    longer, angle = float(rng.uniform(1.0, 1.35)), float(rng.uniform(0, 2 * np.pi))
    return _sac(site, half, longer, neck, angle)


def saccular_aneurysm(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A round sac with a neck on one wall, from 0.8 to 2.5 times the vessel's width."""
    sac = _sac_of(site, severity, rng)
    blood = vessels.blood[site.course.chain[0]]
    lesion = lesion_at("saccular-aneurysm", severity, site, vessels, _sac_numbers(site, sac))
    return Change(vessels, (sac.solid(ADDS, blood),), (lesion,))


def saccular_aneurysm_with_thrombus(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A sac whose dome is lined with thrombus, so that its lumen shows less than all of it."""
    sac = _sac_of(site, severity, rng)
    lining = float((0.2 + 0.25 * rng.uniform()) * sac.half_mm[1])
    blood = vessels.blood[site.course.chain[0]]
    outer = replace(sac.solid(SURROUNDS, Tissue.THROMBUS, lining), blood=blood)
    numbers = _sac_numbers(site, sac)
    whole = volume_ml(_beyond(site, outer.distance_mm), outer.box_lps)
    numbers |= {
        "maximal_lumen_diameter_mm": numbers["maximal_diameter_mm"],
        "maximal_diameter_mm": numbers["maximal_diameter_mm"] + 2 * lining,
        "thrombus_volume_ml": whole - numbers["sac_volume_ml"],
    }
    kind = "saccular-aneurysm-with-thrombus"
    lesion = lesion_at(kind, severity, site, vessels, numbers)
    return Change(vessels, (sac.solid(ADDS, blood), outer), (lesion,))


def ulcer(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A crater through plaque into the wall; severity is its depth, 3 to 15 mm in an aorta."""
    course, radius = site.course, site.radius_mm
    depth = (0.3 + 1.0 * severity) * min(radius, 12.0)
    half = depth * float(rng.uniform(0.55, 0.75))
    longer = 0.75 * depth / half
    neck = 2 * half * np.sqrt(1 - (depth / (half * longer) - 1) ** 2)
    sac = _sac(site, half, longer, neck, float(rng.uniform(0, 2 * np.pi)))
    blood = vessels.blood[course.chain[0]]
    thick = 0.5 * depth
    wide = bump((course.s_mm - site.middle_mm) / (2.2 * half + 4))
    wall = lining(site, Tissue.PLAQUE, course.radius_mm + thick * wide)
    numbers = _sac_numbers(site, sac)
    numbers = {
        "depth_mm": sac.height_mm,
        "neck_width_mm": sac.neck_mm,
        "volume_ml": numbers["sac_volume_ml"],
        "plaque_thickness_mm": thick,
    }
    lesion = lesion_at("ulcer", severity, site, vessels, numbers)
    return Change(vessels, (wall, sac.solid(ADDS, blood)), (lesion,))
