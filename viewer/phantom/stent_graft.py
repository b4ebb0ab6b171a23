"""Stents and stent grafts: struts of metal, fabric, and blood that leaks past them."""

from dataclasses import replace

import numpy as np

from viewer.phantom.scene import ADDS, Solid, Vessels, Wires
from viewer.phantom.shapes import lining, patch, patch_volume_mm3
from viewer.phantom.site import Change, Course, Site, course_of, lesion_at, plateau
from viewer.phantom.tissue import Tissue

# Fabric and the wires on it, between lumen and sac.
FABRIC_MM = 0.4
STRUT_STEP_MM = 0.25


def struts(
    course: Course, pitch_mm: float, wave_mm: float, waves: int, wire_mm: float, crossed: bool
) -> Wires:
    """Rings of zigzag wire on the wall of a course, one every `pitch_mm`.

    Each of `waves` teeth round the vessel is `wave_mm` high; `crossed` rings are doubled into
    diamonds. `wire_mm` is the wire's radius; its axis lies that much outside the lumen.
    """
    widest = float(course.radius_mm.max())
    tooth_mm = np.hypot(2 * wave_mm, 2 * np.pi * widest / waves)
    angle = np.linspace(0, 2 * np.pi, waves * int(np.ceil(tooth_mm / STRUT_STEP_MM)) + 1)
    turn = waves * angle / (2 * np.pi)
    tooth = wave_mm * (2 * np.abs((turn % 1) - 0.5) - 0.5)
    length_mm = float(course.s_mm[-1])
    middles = np.arange(0.5 * min(pitch_mm, length_mm), length_mm, pitch_mm)
    rings = [middle + way * tooth for middle in middles for way in ((1, -1) if crossed else (1,))]
    s = np.concatenate(rings)
    radius = (course.radius_at(s) + wire_mm)[:, None]
    center, aside, across = (
        np.column_stack([np.interp(s, course.s_mm, axis) for axis in of.T])
        for of in (course.points_lps, course.aside, course.across)
    )
    around = np.tile(angle, len(rings))[:, None]
    points = center + radius * (np.cos(around) * aside + np.sin(around) * across)
    step_mm = np.linalg.norm(np.diff(points[: len(angle)], axis=0), axis=1).mean()
    kept = (s >= 0) & (s <= length_mm)
    return Wires(points[kept], float(step_mm * np.pi * wire_mm**2))


def stent(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A fine mesh of metal on the wall; severity makes it longer and its wire thicker."""
    part = site.course.part(site.from_mm, site.to_mm)
    wire = float(np.clip((0.03 + 0.02 * severity) * site.radius_mm, 0.1, 0.25))
    wave = 1.2 * site.radius_mm
    mesh = struts(part, 1.08 * wave, wave, int(rng.integers(5, 7)), wire, crossed=True)
    numbers = {
        "length_mm": site.length_mm,
        "diameter_mm": 2 * site.radius_mm,
        "strut_diameter_mm": 2 * wire,
    }
    return Change(vessels, (mesh,), (lesion_at("stent", severity, site, vessels, numbers),))


def stent_graft(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A graft that lines an aneurysm: rings, thrombus outside, limbs where it ends.

    Its fabric is too thin for any scanner to show. Severity is the size of the sac left behind,
    1.6 to 3 times the graft's diameter.
    """
    course = site.course
    outer = course.radius_mm * (1 + (0.6 + 1.4 * severity) * plateau(site.x, 0.8))
    sac = lining(site, Tissue.THROMBUS, outer, vessels.blood[course.chain[0]])
    pieces = [course.part(site.from_mm, site.to_mm), *_limbs(vessels, site)]
    solids: list[Solid | Wires] = [sac]
    for piece in pieces:
        radius = float(np.median(piece.radius_mm))
        wire = float(np.clip(0.05 * radius, 0.25, 0.5))
        solids.append(struts(piece, 1.5 * radius, 0.9 * radius, 6, wire, crossed=False))
    inside = np.abs(site.x) <= 1
    graft = (course.radius_mm + FABRIC_MM) ** 2
    sac_mm3 = np.trapezoid(np.pi * (outer**2 - graft).clip(0)[inside], course.s_mm[inside])
    numbers = {
        "maximal_diameter_mm": 2 * float(outer[inside].max()),
        "graft_diameter_mm": 2 * site.radius_mm,
        "length_mm": site.length_mm,
        "sac_volume_ml": float(sac_mm3) / 1000,
        "limb_count": float(len(pieces) - 1),
    }
    lesion = lesion_at("stent-graft", severity, site, vessels, numbers)
    return Change(vessels, tuple(solids), (lesion,))


def _limbs(vessels: Vessels, site: Site) -> list[Course]:
    """The first part of the daughters in which a graft ends, if it reaches a division in two."""
    course, tree = site.course, vessels.tree
    last = course.chain[-1]
    children = tree.children[last]
    near = course.s_mm[-1] - site.to_mm < 2.5 * site.radius_mm
    if not near or len(children) != 2:
        return []
    bridge = course.part(site.to_mm, course.s_mm[-1])
    limbs = [course_of(tree, (child,)) for child in children]
    return [bridge, *(limb.part(3.0, min(0.6 * limb.s_mm[-1], 50.0)) for limb in limbs)]


def endoleak(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """A stent graft past which blood runs into the sac, weaker than in the lumen.

    The graft's sac is of random size; severity is how much of it the leak takes.
    """
    graft = stent_graft(vessels, site, 0.4 + 0.6 * float(rng.uniform()), rng)
    whole = graft.lesions[0].numbers
    gap = 0.5 * (whole["maximal_diameter_mm"] - whole["graft_diameter_mm"]) - FABRIC_MM
    thick = (0.12 + 0.2 * severity) * gap
    wall = site.radius_mm + FABRIC_MM + 0.15 * gap + thick
    half = (
        thick + (0.06 + 0.2 * severity) * site.length_mm,
        thick + (0.2 + 0.7 * severity) * wall,
        thick,
    )
    blood = vessels.blood[site.course.chain[0]]
    angle, share = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.5, 0.9))
    leak = patch(site.course, site.middle_mm, angle, half, wall, ADDS, blood)
    numbers = {
        "leak_volume_ml": patch_volume_mm3(half) / 1000,
        "leak_thickness_mm": 2 * thick,
        "leak_length_mm": 2 * half[0],
        "enhancement_share": share,
        "sac_volume_ml": whole["sac_volume_ml"],
        "maximal_diameter_mm": whole["maximal_diameter_mm"],
    }
    lesion = lesion_at("endoleak", severity, site, vessels, numbers)
    leak = replace(leak, share=share, blood=blood)
    return Change(vessels, (*graft.solids, leak), (*graft.lesions, lesion))
