"""A tumor that grows round a vessel and narrows it."""

import numpy as np

from viewer.phantom.narrowing import narrowing_numbers
from viewer.phantom.scene import SURROUNDS, Solid, Vessels
from viewer.phantom.shapes import box_around, ellipsoid
from viewer.phantom.site import Change, Site, bump, lesion_at, reshape
from viewer.phantom.tissue import Tissue


def tumor_encasement(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A mass against 45 to 360 degrees of a vessel's wall, the lumen up to 60 % narrower."""
    course, before = site.course, site.course.radius_mm
    narrow = bump(site.x / 0.8) * 0.6 * severity**1.5
    radius = before * (1 - narrow)
    half_turn = np.radians(0.5 * (45 + 315 * severity))
    lumen = float(np.interp(site.middle_mm, course.s_mm, radius))
    size = (1.5 + rng.uniform(0.5, 1.5)) * site.radius_mm + 4
    center_mm = lumen * np.cos(half_turn) + np.sqrt(size**2 - (lumen * np.sin(half_turn)) ** 2)
    if severity >= 0.99:
        center_mm = 0.5 * (size - lumen)
    n = int(np.argmin(np.abs(course.s_mm - site.middle_mm)))
    out = course.sideways_at(site.middle_mm, float(rng.uniform(0, 2 * np.pi)))
    axes = np.stack([out, course.along[n], np.cross(out, course.along[n])])
    half = np.array([size, max(size, 0.5 * site.length_mm), size])
    center = course.points_lps[n] + center_mm * out
    mass = ellipsoid(center, axes, half)
    after = reshape(vessels, course, radius)
    numbers = {
        **narrowing_numbers(site, radius),
        "encasement_degree": 360.0 if severity >= 0.99 else float(np.degrees(2 * half_turn)),
        "tumor_diameter_mm": 2 * float(half.max()),
        "tumor_volume_ml": float(4 / 3 * np.pi * half.prod()) / 1000,
    }
    solid = Solid(SURROUNDS, Tissue.TUMOR, box_around(center[None], float(half.max())), mass)
    lesion = lesion_at("tumor-encasement", severity, site, after, numbers)
    return Change(after, (solid,), (lesion,))
