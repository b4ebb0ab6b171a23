"""Arteriovenous malformation: a tangle between a feeding artery and an early vein."""

import numpy as np

from viewer.geometry.tree import Branch
from viewer.phantom.scene import ADDS, Lesion, Solid, Vessels
from viewer.phantom.shapes import beads, volume_ml
from viewer.phantom.site import Change, Course, Site, plateau, rejoined, reshape
from viewer.phantom.tissue import Tissue
from viewer.phantom.vessels import curve

# Blood behind a shunt is as bright as in the artery, whatever vein it runs in: that of the
# pulmonary veins is the one kind of venous blood which is so in every phase.
EARLY = Tissue.PULMONARY_VEIN


def arteriovenous_malformation(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """A nidus 4 to 14 mm in radius at a vessel's end, its feeder widened, an early wide vein."""
    course = site.course
    ramp = plateau(np.clip(0.5 * (site.x - 1), -1, 0), 1.0) * (site.x > -1)
    wide = 1 + (0.15 + 0.4 * severity) * ramp
    after = reshape(vessels, course, course.radius_mm * wide)
    leaf = course.chain[-1]
    tip, heading = course.points_lps[-1], course.along[-1]
    feeder_mm = float(min(after.tree.branches[leaf].radius_mm[-1], 2.5))
    half = (4 + 10 * severity) * float(rng.uniform(0.9, 1.1))
    center = tip + heading * (half + 2 * feeder_mm)
    vein_mm = feeder_mm * (1.4 + 0.8 * severity)
    blood = vessels.blood[leaf]
    nidus = _nidus(center, half, blood, rng)
    bend = 0.25 * half * course.aside[-1]
    inlet = curve([list(p) for p in (tip, tip + 0.5 * (center - tip) + bend, center)])
    inlet[0] = after.tree.branches[leaf].points_lps[-1]
    outlet = _vein(center, half, heading, course, rng)
    branches = [
        *after.tree.branches,
        Branch(inlet, np.full(len(inlet), feeder_mm), leaf, "feeding artery"),
        Branch(outlet, np.linspace(1.0, 0.8, len(outlet)) * vein_mm, -1, "draining vein"),
    ]
    after = rejoined(branches, (*after.blood, blood, EARLY))
    numbers = {
        "nidus_diameter_mm": 2 * half,
        "nidus_volume_ml": 4 / 3 * np.pi * half**3 / 1000,
        "vascular_volume_ml": volume_ml(nidus.distance_mm, nidus.box_lps, 26),
        "feeding_artery_diameter_mm": 2 * feeder_mm,
        "draining_vein_diameter_mm": 2 * vein_mm,
    }
    low, high = 0.0, float(after.tree.branches[len(branches) - 2].length_mm)
    kind, number = "arteriovenous-malformation", len(branches) - 2
    lesion = Lesion(kind, severity, center.copy(), number, low, high, numbers)
    return Change(after, (nidus,), (lesion,))


def _nidus(
    center_lps: np.ndarray, half_mm: float, blood: Tissue, rng: np.random.Generator
) -> Solid:
    """A tangle of thin closed loops that fill a ball and reach its surface."""
    count = int(np.clip(round(2.2 * half_mm), 8, 30))
    turn = np.linspace(0, 2 * np.pi, int(np.ceil(14 * half_mm)) + 30)
    order = np.arange(1, 5)
    centers, radii = [], []
    for _ in range(count):
        strength = rng.normal(0, 1, (4, 3)) / np.sqrt(order)[:, None]
        phase = rng.uniform(0, 2 * np.pi, (4, 3))
        waves = np.sin(turn[:, None, None] * order[:, None] + phase)
        loop = (waves * strength).sum(axis=1) + rng.normal(0, 0.4, 3)
        thin = float(np.clip(half_mm * rng.uniform(0.05, 0.11), 0.4, 1.1))
        loop *= (half_mm - thin) / np.linalg.norm(loop, axis=1).max()
        centers.append(center_lps + loop)
        radii.append(np.full(len(loop), thin))
    return beads(ADDS, blood, np.concatenate(centers), np.concatenate(radii))


def _vein(
    center_lps: np.ndarray,
    half_mm: float,
    heading: np.ndarray,
    course: Course,
    rng: np.random.Generator,
) -> np.ndarray:
    """Points of a vein (n,3) that leaves the nidus sideways and turns back to the trunk."""
    angle = float(rng.uniform(0, 2 * np.pi))
    out = course.sideways_at(course.s_mm[-1], angle)
    side = course.sideways_at(course.s_mm[-1], angle + np.pi / 2)
    back = min(25 + half_mm, 0.7 * float(course.s_mm[-1]))
    knots = [
        center_lps,
        center_lps + out * (half_mm + 3),
        center_lps + out * (half_mm + 7) - heading * (half_mm + 3) + side * 2,
        center_lps + out * (half_mm + 6) - heading * (half_mm + 0.5 * back) - side * 3,
        center_lps + out * (half_mm + 8) - heading * (half_mm + back),
    ]
    return curve([list(knot) for knot in knots])
