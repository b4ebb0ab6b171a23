"""Dissection: a flap that winds along a vessel and parts it into two lumens."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.phantom.scene import FILLS, STAINS, Solid, Vessels
from viewer.phantom.shapes import box_around
from viewer.phantom.site import Change, Course, Site, lesion_at, plateau, reshape
from viewer.phantom.tissue import Tissue

BOW = 0.25
PAST_MM = 1.5


@dataclass(frozen=True, eq=False)
class _Flap:
    """A bowed sheet across a course (n points): what side it faces, how far from the middle.

    `offset` (n,) is the sheet's distance from the path at its crest, over the radius, and `angle`
    (n,) rad the direction in which the false lumen lies.
    """

    course: Course
    angle: np.ndarray
    offset: np.ndarray
    thick_mm: float
    tears: tuple[tuple[float, float], ...]

    def across(self, points_lps: np.ndarray) -> tuple[np.ndarray, ...]:
        """Distance along the course, past the sheet, along it, and to `PAST_MM` off the wall."""
        s, aside, across = self.course.local(points_lps)
        radius = self.course.radius_at(s)
        turn = np.interp(s, self.course.s_mm, self.angle)
        out = np.cos(turn) * aside + np.sin(turn) * across
        beside = np.cos(turn) * across - np.sin(turn) * aside
        bow = BOW * (1 - (beside / radius) ** 2)
        past = out - radius * (np.interp(s, self.course.s_mm, self.offset) - BOW + bow)
        past /= np.sqrt(1 + (2 * BOW * beside / radius) ** 2)
        ends = np.maximum(-s, s - self.course.s_mm[-1])
        wall = np.maximum(np.hypot(aside, across) - radius - PAST_MM, ends)
        return s, past, beside, wall

    def sheet(self, points_lps: np.ndarray) -> np.ndarray:
        """Signed distance of the flap, with its tears as holes."""
        s, past, beside, wall = self.across(points_lps)
        out = np.maximum(np.abs(past) - 0.5 * self.thick_mm, wall)
        for at_mm, half_mm in self.tears:
            out = np.maximum(out, half_mm - np.hypot(s - at_mm, beside))
        return out

    def false_lumen(self, points_lps: np.ndarray) -> np.ndarray:
        """Signed distance of the false lumen."""
        _, past, _, wall = self.across(points_lps)
        return np.maximum(0.5 * self.thick_mm - past, wall)

    def areas_mm2(self, at_mm: float) -> tuple[float, float]:
        """Areas of the true and of the false lumen, counted on a cross-section."""
        radius = float(self.course.radius_at(at_mm))
        grid = np.linspace(-1, 1, 121) * radius
        a, b = (axis.ravel() for axis in np.meshgrid(grid, grid))
        n = int(np.argmin(np.abs(self.course.s_mm - at_mm)))
        plane = a[:, None] * self.course.aside[n] + b[:, None] * self.course.across[n]
        _, past, _, _ = self.across(self.course.points_lps[n] + plane)
        cell = (grid[1] - grid[0]) ** 2
        inside = np.hypot(a, b) < radius
        true = np.clip(0.5 - (past + 0.5 * self.thick_mm) / np.sqrt(cell), 0, 1)
        false = np.clip(0.5 + (past - 0.5 * self.thick_mm) / np.sqrt(cell), 0, 1)
        return float(true[inside].sum() * cell), float(false[inside].sum() * cell)


def dissection(vessels: Vessels, site: Site, severity: float, rng: np.random.Generator) -> Change:
    """Two lumens behind a flap with an entry and a re-entry tear, the vessel itself wider.

    Severity raises the false lumen's share of the area from 30 to 70 %, and the widening.
    """
    wide = 1 + (0.05 + 0.3 * severity) * plateau(site.x, 0.5)
    after = reshape(vessels, site.course, site.course.radius_mm * wide)
    flap, turns = _flap(site, wide, severity, rng)
    share = float(rng.uniform(0.5, 0.9))
    box = box_around(flap.course.points_lps, float(flap.course.radius_mm.max()) + PAST_MM)
    blood = vessels.blood[site.course.chain[0]]
    false = Solid(STAINS, blood, box, flap.false_lumen, share, blood)
    sheet = Solid(FILLS, Tissue.VESSEL_WALL, box, flap.sheet, blood=blood)
    true_mm2, false_mm2 = flap.areas_mm2(0.5 * site.length_mm)
    numbers = {
        "true_lumen_area_mm2": true_mm2,
        "false_lumen_area_mm2": false_mm2,
        "false_lumen_share": false_mm2 / (true_mm2 + false_mm2),
        "false_lumen_enhancement_share": share,
        "flap_turns": turns,
        "flap_thickness_mm": flap.thick_mm,
        "length_mm": site.length_mm,
        "maximal_diameter_mm": 2 * float(flap.course.radius_mm.max()),
        "entry_tear_diameter_mm": 2 * flap.tears[0][1],
        "entry_tear_from_start_mm": flap.tears[0][0],
        "reentry_tear_diameter_mm": 2 * flap.tears[1][1],
    }
    return Change(after, (false, sheet), (lesion_at("dissection", severity, site, after, numbers),))


def _flap(
    site: Site, wide: np.ndarray, severity: float, rng: np.random.Generator
) -> tuple[_Flap, float]:
    """The flap of a site whose course became `wide` (n,) times as wide, and its turns."""
    course = site.course
    whole = replace(course, radius_mm=course.radius_mm * wide)
    part = whole.part(site.from_mm, site.to_mm)
    x = 2 * part.s_mm / part.s_mm[-1] - 1
    turns = float(rng.uniform(0.15, 0.8) * min(1.0, site.length_mm / 150) * rng.choice([-1, 1]))
    angle = rng.uniform(0, 2 * np.pi) + np.pi * turns * (x + 1)
    false_share = (0.3 + 0.4 * severity) * plateau(x, 0.35)
    radius = float(np.median(part.radius_mm))
    thick = float(np.clip(0.11 * radius, 0.5, 1.6))
    length = float(part.s_mm[-1])
    half = float(np.clip(0.3 * radius, 0.8, 5.0))
    tears = (
        (0.2 * length, half * float(rng.uniform(0.8, 1.3))),
        (0.82 * length, half * float(rng.uniform(0.5, 0.9))),
    )
    return _Flap(part, angle, _offset_for(false_share), thick, tears), abs(turns)


def _offset_for(share: np.ndarray) -> np.ndarray:
    """How far from the middle (over the radius) a bowed sheet cuts off a share of a disk."""
    grid = np.linspace(-1, 1, 121)
    a, b = (axis.ravel() for axis in np.meshgrid(grid, grid))
    inside = np.hypot(a, b) < 1
    past = np.sort((a + BOW * b**2)[inside])[::-1]
    rank = np.clip(share * len(past), 0, len(past) - 1)
    return np.interp(rank, np.arange(len(past)), past) + 0.03 * (share < 0.01)
