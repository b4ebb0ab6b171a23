"""Diseases that narrow a vessel: stenoses, coarctation, dysplasia, vasculitis."""

from dataclasses import replace

import numpy as np

from viewer.phantom.scene import Lesion, Vessels
from viewer.phantom.shapes import lining, patch
from viewer.phantom.site import Change, Course, Site, bump, lesion_at, plateau, reshape
from viewer.phantom.tissue import Tissue

LEAST_STENOSIS, MOST_STENOSIS = 0.2, 0.95
# Of places whose narrowing differs by less (share of the diameter), a reader takes the thinnest.
ALIKE = 0.01


def stenosis(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A concentric narrowing by plaque all round; severity is its diameter stenosis, 20 to 95 %."""
    return _plaque(vessels, site, severity, rng, "stenosis", 0.0, 0.12)


def eccentric_stenosis(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A narrowing whose lumen is pushed to one wall by plaque on the other."""
    return _plaque(vessels, site, severity, rng, "eccentric-stenosis", 0.9, 0.12)


def soft_plaque(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A bulky plaque without calcium in a wall that gave way: little narrowing for its size."""
    return _plaque(vessels, site, severity, rng, "soft-plaque", 0.9, 0.25 + 0.4 * severity, 0.5)


def calcified_stenosis(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """An eccentric narrowing with plates and grains of calcium in its plaque."""
    course, angle = site.course, rng.uniform(0, 2 * np.pi)
    change = _plaque(vessels, site, severity, rng, "calcified-stenosis", 0.9, 0.15, 0.9, angle)
    solids, radius = list(change.solids), site.radius_mm
    thick = float(np.clip(0.14 * radius, 0.4, 1.1))
    for _ in range(3 + round(5 * severity)):
        at = site.middle_mm + rng.uniform(-0.3, 0.3) * site.length_mm
        wall = float(course.radius_at(at)) + thick
        half = (
            float(thick + rng.uniform(0.03, 0.13) * site.length_mm),
            float(thick + rng.uniform(0.2, 0.9) * radius),
            thick,
        )
        solids.append(patch(course, at, angle + np.pi + rng.normal(0, 0.5), half, wall))
    lesion = change.lesions[0]
    numbers = {**lesion.numbers, "calcium_count": float(len(solids) - 1)}
    return Change(change.vessels, tuple(solids), (replace(lesion, numbers=numbers),))


def _plaque(
    vessels: Vessels,
    site: Site,
    severity: float,
    rng: np.random.Generator,
    kind: str,
    off_center: float,
    outward: float,
    depth_share: float = 1.0,
    angle: float | None = None,
) -> Change:
    """A narrowing, its lumen pushed to the wall by `off_center`, the wall bulging by `outward`."""
    course, before = site.course, site.course.radius_mm
    depth = depth_share * (LEAST_STENOSIS + (MOST_STENOSIS - LEAST_STENOSIS) * severity)
    hill = plateau(site.x, 0.8) if depth_share < 1 else bump(site.x)
    radius = inscribed(course, before * (1 - depth * hill))
    turn = rng.uniform(0, 2 * np.pi) if angle is None else angle
    way = np.cos(turn) * course.aside + np.sin(turn) * course.across
    shift = (off_center * (before - radius))[:, None] * way
    outer = before * (1 + outward * plateau(site.x, 0.4))
    wall = lining(site, Tissue.PLAQUE, outer)
    after = reshape(vessels, course, radius, shift)
    ring = np.pi * (outer**2 - radius**2)
    numbers = {
        **narrowing_numbers(site, radius),
        "plaque_volume_ml": _along(site, ring) / 1000,
        "plaque_burden": float((ring / (np.pi * outer**2))[np.argmin(radius / before)]),
        "remodeling_index": float((outer / before)[np.argmin(radius / before)]),
        "off_center_mm": float(np.linalg.norm(shift, axis=1).max()),
    }
    return Change(after, (wall,), (narrowed(kind, severity, site, radius, after, numbers),))


def coarctation(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A short shelf in the aorta, wider behind it; severity is its stenosis, 30 to 85 %."""
    course, before = site.course, site.course.radius_mm
    depth, wide = 0.3 + 0.55 * severity, 0.1 + 0.25 * severity
    shelf = bump((site.x + 0.6) / 0.3)
    wanted = before * (1 - depth * shelf + wide * bump((site.x - 0.4) / 0.55))
    radius = inscribed(course, wanted)
    numbers = narrowing_numbers(site, radius)
    tight = radius < before * (1 - 0.5 * depth)
    numbers |= {
        "length_mm": float(np.ptp(course.s_mm[tight])) if tight.any() else 0.0,
        "poststenotic_diameter_mm": 2 * float(radius[np.abs(site.x - 0.4) < 0.5].max()),
    }
    after = reshape(vessels, course, radius)
    lesion = narrowed("coarctation", severity, site, radius, after, numbers)
    return Change(after, (), (lesion,))


def fibromuscular_dysplasia(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A string of beads wider than the vessel, webs between them; severity 3 to 9 beads."""
    course, before = site.course, site.course.radius_mm
    count = int(np.clip(round(3 + 6 * severity), 2, max(2, site.length_mm / (2 * site.radius_mm))))
    wave = -np.cos(np.pi * count * (site.x + 1))
    edge = plateau(site.x, 0.6 / count)
    high, low = 0.15 + 0.3 * severity, 0.15 + 0.4 * severity
    uneven = 1 + 0.15 * np.sin(2.3 * site.x + rng.uniform(0, 6))
    beaded = before * (1 + edge * uneven * np.where(wave > 0, high, low) * wave)
    radius = inscribed(course, beaded)
    after = reshape(vessels, course, radius)
    numbers = {
        **narrowing_numbers(site, radius),
        "bead_count": float(count),
        "maximal_diameter_mm": 2 * float(radius[np.abs(site.x) < 1].max()),
    }
    kind = "fibromuscular-dysplasia"
    return Change(after, (), (narrowed(kind, severity, site, radius, after, numbers),))


def vasculitis(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A long smooth taper inside a thick wall; severity 15 to 80 % stenosis, wall to 5 mm."""
    course, before = site.course, site.course.radius_mm
    hill = plateau(site.x, 0.6)
    radius = inscribed(course, before * (1 - (0.15 + 0.65 * severity) * hill))
    wall_mm = (0.3 + 0.4 * severity) * min(site.radius_mm, 6.0) + 0.5
    wall = lining(site, Tissue.VESSEL_WALL, radius + wall_mm * hill)
    after = reshape(vessels, course, radius)
    numbers = {**narrowing_numbers(site, radius), "wall_thickness_mm": wall_mm}
    lesion = narrowed("vasculitis", severity, site, radius, after, numbers)
    return Change(after, (wall,), (lesion,))


def inscribed(course: Course, radius_mm: np.ndarray) -> np.ndarray:
    """Radii (n,) of the widest balls on a course that stay within a lumen of `radius_mm` (n,).

    A lumen is the union of balls on its path: where it widens steeply, those beside a narrow
    place must not bulge into it, else it would be less narrow than told.
    """
    s, out = course.s_mm, radius_mm.copy()
    reach = int(np.searchsorted(s, radius_mm.max()))
    for step in range(1, min(reach, len(s) - 1) + 1):
        apart = (s[step:] - s[:-step]) ** 2
        out[step:] = np.minimum(out[step:], np.sqrt(radius_mm[:-step] ** 2 + apart))
        out[:-step] = np.minimum(out[:-step], np.sqrt(radius_mm[step:] ** 2 + apart))
    return out


def open_radius(course: Course, radius_mm: np.ndarray) -> np.ndarray:
    """Radius (n,) of the lumen in the cross-sections of a course with balls of `radius_mm` (n,).

    Between points the balls grow evenly, so beside a narrow place some reach into its section.
    """
    apart = np.linspace(-2, 2, 161)[:, None] * radius_mm
    balls = np.interp(course.s_mm + apart, course.s_mm, radius_mm)
    return np.asarray(np.sqrt((balls**2 - apart**2).max(axis=0)))


def _worst(site: Site, radius_mm: np.ndarray) -> int:
    """The point of a course at which a reader measures its narrowing to `radius_mm` (n,).

    Where a healthy vessel gets thinner at a division, that is no narrowing.
    """
    inside = np.flatnonzero(np.abs(site.x) <= 1)
    share = (radius_mm / inscribed(site.course, site.course.radius_mm))[inside]
    alike = inside[share <= share.min() + ALIKE]
    return int(alike[np.argmin(radius_mm[alike])])


def narrowed(
    kind: str,
    severity: float,
    site: Site,
    radius_mm: np.ndarray,
    vessels: Vessels,
    numbers: dict[str, float],
) -> Lesion:
    """The truth of a site narrowed to `radius_mm` (n,): it lies where the narrowing is greatest."""
    at_mm = float(site.course.s_mm[_worst(site, radius_mm)])
    return lesion_at(kind, severity, site, vessels, numbers, at_mm)


def narrowing_numbers(site: Site, radius_mm: np.ndarray) -> dict[str, float]:
    """What a reader would measure of a course narrowed to `radius_mm` (n,) inside a site.

    The reference is the healthy lumen where the narrowing is greatest.
    """
    worst = _worst(site, radius_mm)
    least = 2 * float(open_radius(site.course, radius_mm)[worst])
    healthy = 2 * float(site.course.radius_mm[worst])
    return {
        "diameter_stenosis": 1 - least / healthy,
        "area_stenosis": 1 - (least / healthy) ** 2,
        "minimal_lumen_diameter_mm": least,
        "reference_diameter_mm": healthy,
        "length_mm": site.length_mm,
    }


def _along(site: Site, area_mm2: np.ndarray) -> float:
    """Integral of an area over the site's stretch (mm3)."""
    inside = np.abs(site.x) <= 1
    return float(np.trapezoid(area_mm2[inside], site.course.s_mm[inside]))
