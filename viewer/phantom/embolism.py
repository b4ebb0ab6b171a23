"""Clot in vessels that stay open: emboli in the lungs, and thrombus on the aortic wall."""

from dataclasses import replace

import numpy as np

from viewer.geometry.tree import distance_along
from viewer.phantom.scene import FILLS, Solid, Vessels
from viewer.phantom.shapes import beads, box_around
from viewer.phantom.site import Change, Site, course_of, lesion_at, plateau
from viewer.phantom.tissue import Tissue

PAST_MM = 1.5


def pulmonary_embolism(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """Clots in pulmonary arteries, 1 to 12 of them; from severity 0.6 on one rides the division.

    Clots in thick branches float, with blood on both sides of them; in thin ones they fill all.
    """
    numbers = _pulmonary(vessels)
    wanted = 1 + round(11 * severity)
    clots: list[Solid] = []
    volume, share = 0.0, []
    saddle = _saddle(vessels, numbers, rng) if severity >= 0.6 else None
    if saddle is not None:
        clots.append(saddle[0])
        volume += saddle[1]
    first = site.course.chain[0]
    order = [first, *rng.permutation([n for n in numbers if n != first])]
    for number in order[: max(wanted - len(clots), 1)]:
        clot, clot_mm3, filled = _clot(vessels, int(number), rng)
        clots.append(clot)
        volume += clot_mm3
        share.append(filled)
    truth = {
        "clot_count": float(len(clots)),
        "clot_volume_ml": volume / 1000,
        "saddle": float(saddle is not None),
        "greatest_share_of_area": float(max(share)),
        "involved_branch_share": len(share) / len(numbers),
    }
    lesion = lesion_at("pulmonary-embolism", severity, site, vessels, truth)
    return Change(vessels, tuple(clots), (lesion,))


def _pulmonary(vessels: Vessels) -> list[int]:
    """The pulmonary branches that are thick and long enough for a clot to be seen."""
    return [
        n
        for n, (branch, blood) in enumerate(zip(vessels.tree.branches, vessels.blood, strict=True))
        if blood is Tissue.PULMONARY_ARTERY
        and branch.length_mm > 6
        and 1.0 < np.median(branch.radius_mm) < 13
    ]


def _clot(vessels: Vessels, number: int, rng: np.random.Generator) -> tuple[Solid, float, float]:
    """A clot along one branch, its volume (mm3), and its share of the lumen's area."""
    course = course_of(vessels.tree, (number,))
    radius = float(np.median(course.radius_mm))
    length = min(0.7 * course.s_mm[-1], radius * rng.uniform(3, 8) + 3)
    first = rng.uniform(0.1, 0.9) * (course.s_mm[-1] - length)
    part = course.part(first, first + length)
    thick = float(rng.uniform(0.5, 0.75)) if radius > 2 else 1.0
    whole_mm = thick * part.radius_mm + (PAST_MM if thick == 1 else 0)
    x = 2 * part.s_mm / part.s_mm[-1] - 1
    clot_mm = np.maximum(whole_mm * np.sqrt(plateau(x, 0.3)), 0.05)
    aside = 0.6 * max(1 - thick, 0.0) * rng.uniform(0, 1) * radius
    way = course.sideways_at(first + length / 2, rng.uniform(0, 2 * np.pi))
    seen = np.minimum(clot_mm, part.radius_mm)
    volume = float(np.trapezoid(np.pi * seen**2, part.s_mm))
    clot = beads(FILLS, Tissue.THROMBUS, part.points_lps + aside * way, clot_mm)
    return (
        replace(clot, blood=vessels.blood[number]),
        volume,
        float((seen / part.radius_mm).max() ** 2),
    )


def _saddle(
    vessels: Vessels, numbers: list[int], rng: np.random.Generator
) -> tuple[Solid, float] | None:
    """A clot that hangs over the thickest division into both daughters, and its volume (mm3)."""
    tree, best = vessels.tree, (0.0, -1, -1)
    for parent in range(len(tree.branches)):
        daughters = sorted(
            (n for n in tree.children[parent] if n in numbers),
            key=lambda n: -float(tree.branches[n].radius_mm[0]),
        )
        if len(daughters) >= 2:
            second = float(tree.branches[daughters[1]].radius_mm[0])
            best = max(best, (second, daughters[0], daughters[1]))
    thick, left, right = best
    if left < 0:
        return None
    arms = []
    for number in (left, right):
        course = course_of(tree, (number,))
        arms.append(course.part(0, min(0.6 * course.s_mm[-1], 3.5 * thick)).points_lps)
    path = np.concatenate([arms[0][::-1], arms[1][1:]])
    s = distance_along(path)
    radius = thick * rng.uniform(0.35, 0.5) * np.sqrt(plateau(2 * s / s[-1] - 1, 0.25))
    radius = np.maximum(radius, 0.05)
    return (
        beads(FILLS, Tissue.THROMBUS, path, radius),
        float(np.trapezoid(np.pi * radius**2, s)),
    )


def aortic_thrombus(
    vessels: Vessels, site: Site, severity: float, rng: np.random.Generator
) -> Change:
    """Clot on one wall of an aorta that is not widened; severity is 8 to 55 % of the area."""
    part = site.course.part(site.from_mm, site.to_mm)
    x = 2 * part.s_mm / part.s_mm[-1] - 1
    most = 0.08 + 0.47 * severity
    table = np.linspace(0, np.pi, 400)
    area = (table - np.sin(table) * np.cos(table)) / np.pi
    share = most * plateau(x, 0.6)
    offset = np.cos(np.interp(share, area, table)) + 0.02 * (share < 0.001)
    angle = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.6, 0.6) * (x + 1)

    def distance(points_lps: np.ndarray) -> np.ndarray:
        s, aside, across = part.local(points_lps)
        radius, turn = part.radius_at(s), np.interp(s, part.s_mm, angle)
        face = np.interp(s, part.s_mm, offset) * radius
        clot = face - (np.cos(turn) * aside + np.sin(turn) * across)
        ends = np.maximum(-s, s - part.s_mm[-1])
        return np.maximum(clot, np.maximum(np.hypot(aside, across) - radius - PAST_MM, ends))

    widest = float(part.radius_mm.max()) + PAST_MM
    box = box_around(part.points_lps, widest)
    clot_mm2 = share * np.pi * part.radius_mm**2
    numbers = {
        "share_of_area": most,
        "clot_volume_ml": float(np.trapezoid(clot_mm2, part.s_mm)) / 1000,
        "clot_thickness_mm": float((part.radius_mm * (1 - offset)).max()),
        "length_mm": site.length_mm,
    }
    blood = vessels.blood[site.course.chain[0]]
    solid = Solid(FILLS, Tissue.THROMBUS, box, distance, blood=blood)
    lesion = lesion_at("aortic-thrombus", severity, site, vessels, numbers)
    return Change(vessels, (solid,), (lesion,))
