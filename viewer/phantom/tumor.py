"""A tumor that grows round a vessel and narrows it."""

import numpy as np

from viewer.phantom.narrowing import inscribed, narrowing_numbers
from viewer.phantom.scene import SURROUNDS, Solid, Vessels
from viewer.phantom.shapes import Distance, box_around, ellipsoid
from viewer.phantom.site import Change, Site, bump, lesion_at, reshape
from viewer.phantom.tissue import Tissue

IN_WALL_MM = 0.1


def tumor_encasement(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A mass against about 50 to 360 degrees of a vessel's wall, the lumen up to 60 % narrower."""
    course, before = site.course, site.course.radius_mm
    narrow = bump(site.x / 0.8) * 0.6 * severity**1.5
    radius = inscribed(course, before * (1 - narrow))
    half_turn = np.radians(0.5 * (45 + 315 * severity))
    lumen = float(np.interp(site.middle_mm, course.s_mm, radius))
    size = (1.5 + rng.uniform(0.5, 1.5)) * site.radius_mm + 4
    touch = min(half_turn, np.radians(90))
    center_mm = lumen * np.cos(touch) + np.sqrt(size**2 - (lumen * np.sin(touch)) ** 2)
    angle = float(rng.uniform(0, 2 * np.pi))
    n = int(np.argmin(np.abs(course.s_mm - site.middle_mm)))
    out = course.sideways_at(site.middle_mm, angle)
    axes = np.stack([out, course.along[n], np.cross(out, course.along[n])])
    half = np.array([size, max(size, 0.5 * site.length_mm), size])
    center = course.points_lps[n] + center_mm * out
    ball = ellipsoid(center, axes, half)
    soft = 0.8 * site.radius_mm
    cuff = _cuff(site, radius, angle, half_turn)

    def mass(points_lps: np.ndarray) -> np.ndarray:
        first, second = ball(points_lps), cuff(points_lps)
        melt = np.maximum(1 - np.abs(first - second) / soft, 0)
        return np.minimum(first, second) - 0.25 * soft * melt**2

    after = reshape(vessels, course, radius)
    numbers = {
        **narrowing_numbers(site, radius),
        "encasement_degree": _degrees(site, mass, lumen),
        "tumor_diameter_mm": 2 * float(half.max()),
    }
    part = course.part(site.from_mm, site.to_mm)
    around = [box_around(center[None], float(half.max()))]
    around.append(box_around(part.points_lps, 3 * site.radius_mm))
    box = box_around(np.concatenate(around), 0)
    solid = Solid(SURROUNDS, Tissue.TUMOR, box, mass)
    lesion = lesion_at("tumor-encasement", severity, site, after, numbers)
    return Change(after, (solid,), (lesion,))


def _degrees(site: Site, mass: Distance, lumen_mm: float) -> float:
    """How many degrees of the lumen's wall in the middle of a site the mass holds."""
    n = int(np.argmin(np.abs(site.course.s_mm - site.middle_mm)))
    turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)[:, None]
    ring = np.cos(turn) * site.course.aside[n] + np.sin(turn) * site.course.across[n]
    return 360 * float((mass(site.course.points_lps[n] + (lumen_mm + 0.05) * ring) < 0).mean())


def _cuff(site: Site, radius_mm: np.ndarray, angle: float, half_turn: float) -> Distance:
    """Tumor on the lumen (radii of the course (n,)) round an arc of twice `half_turn` rad.

    Its cross-section is a bow with round ends, thinning out along the vessel.
    """
    course = site.course
    half = 0.35 * site.radius_mm * np.sqrt(bump(site.x / 0.7))

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = course.local(points_lps)
        thick = np.interp(s, course.s_mm, half)
        middle = np.interp(s, course.s_mm, radius_mm) + thick - IN_WALL_MM
        far, turn = np.hypot(aside, across), np.arctan2(across, aside) - angle
        past = np.maximum(np.abs((turn + np.pi) % (2 * np.pi) - np.pi) - half_turn, 0)
        # how far from the bow's middle line, or from where that ends
        return np.hypot(far * np.cos(past) - middle, far * np.sin(past)) - thick

    return distance
