"""Spindle-shaped widenings of a vessel: how wide with their thrombus, how long, how large."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.number import Number, unknown
from viewer.geometry.outer import outer_wall_mm
from viewer.geometry.section import Sections, spans
from viewer.geometry.sections import centroids
from viewer.geometry.taper import Taper, taper_through
from viewer.segment.mask import THROMBUS, VesselMask

LEAST_RATIO = 1.5  # of the healthy diameter (Johnston et al. 1991)
EDGE_RATIO = 1.1
LOW, LEVELS = 0.2, 4
NECK_MM = 3.0
AROUND_MM = 3.0
WALL_VOXELS = 0.3
TILT = 0.004  # 1 - cos of the angle that a section may lean
MOST_UNSEEN = 0.1
BEYOND = "The aneurysm goes on beyond the end of the path."
UNSEEN = "A part of the aneurysm shows no lumen, or its wall lies outside the scan."


@dataclass(frozen=True)
class Fusiform:
    """A widening from `from_mm` to `to_mm` along a path, widest at `widest_mm`.

    `diameter_max` is the greatest across the path with thrombus, `lumen_max` that of the lumen;
    `neck_diameter` is that of the vessel just before it. Volumes are in ml.
    """

    from_mm: float
    to_mm: float
    widest_mm: float
    reference: Number
    diameter_max: Number
    lumen_max: Number
    neck_diameter: Number
    extent: Number
    lumen_volume: Number
    thrombus_volume: Number
    volume: Number


@dataclass(frozen=True, eq=False)
class _Wall:
    """The outlines (n,m) of one wall along a path, their numbers, and how sure these are (n,)."""

    wall_mm: np.ndarray
    area: np.ndarray
    area_sd: np.ndarray
    across: np.ndarray
    across_sd: np.ndarray
    mean: np.ndarray
    mean_sd: np.ndarray


def aneurysms(
    sections: Sections, mask: VesselMask, *, healthy_mm: tuple[float, float] | None = None
) -> tuple[Fusiform, ...]:
    """All widenings to one and a half times the healthy diameter, with their thrombus.

    Healthy is a taper through what lies between two places, or through the narrower sections of
    the whole path; the path should hold no vessel of another size.
    """
    lumen, outer = _lumen(sections), _outer(sections, mask)
    s = sections.frames.s_mm
    healthy = _narrower(s, outer) if healthy_mm is None else _within(s, healthy_mm)
    taper = taper_through(s, outer.mean, outer.mean_sd, healthy)
    if taper is None:
        return ()
    with np.errstate(invalid="ignore"):
        wide = outer.mean > LEAST_RATIO * taper.at(s)
        reaches = ~(outer.mean < EDGE_RATIO * taper.at(s))
    marked = bool((mask.labels == THROMBUS).any())
    return tuple(
        _fusiform(sections, lumen, outer, taper, first, last, marked)
        for first, last in _runs(reaches)
        if wide[first : last + 1].any()
    )


def _lumen(sections: Sections) -> _Wall:
    values, sd = sections.values, sections.sd
    return _Wall(
        sections.wall_mm,
        values["area_mm2"],
        sd["area_mm2"],
        values["diameter_max_mm"],
        sd["diameter_max_mm"],
        values["diameter_equivalent_mm"],
        sd["diameter_equivalent_mm"],
    )


def _outer(sections: Sections, mask: VesselMask) -> _Wall:
    """The outer wall; as sure as the lumen's where it is the lumen's, else as the mask."""
    wall = outer_wall_mm(sections, mask)
    found = spans(wall)
    mean, area = found["diameter_equivalent_mm"], found["area_mm2"]
    lumen = _lumen(sections)
    voxel_mm = float(np.cbrt(mask.grid.voxel_mm3))
    with np.errstate(invalid="ignore"):
        lined = (wall > sections.wall_mm + 0.1).any(axis=1)
    by_mask = np.hypot(WALL_VOXELS * voxel_mm, TILT * mean)
    return _Wall(
        wall,
        area,
        np.where(lined, 0.5 * np.pi * mean * by_mask, lumen.area_sd),
        found["diameter_max_mm"],
        np.where(lined, by_mask, lumen.across_sd),
        mean,
        np.where(lined, by_mask, lumen.mean_sd),
    )


def _narrower(s_mm: np.ndarray, outer: _Wall) -> np.ndarray:
    """The sections (n,) that may be healthy: those about as narrow as the narrowest fifth."""
    d = outer.mean
    if not np.isfinite(d).any():
        return np.zeros(len(d), bool)
    level = np.full(len(d), float(np.nanquantile(d, LOW)))
    for _ in range(LEVELS):
        with np.errstate(invalid="ignore"):
            healthy = (d < EDGE_RATIO * level) & (d > level / EDGE_RATIO**2)
        taper = taper_through(s_mm, d, outer.mean_sd, healthy)
        if taper is None:
            break
        level = taper.at(s_mm)
    return np.asarray(healthy)


def _within(s_mm: np.ndarray, ends_mm: tuple[float, float]) -> np.ndarray:
    return np.asarray((s_mm >= min(ends_mm)) & (s_mm <= max(ends_mm)))


def _runs(inside: np.ndarray) -> list[tuple[int, int]]:
    """First and last of each run of true values."""
    change = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(change[::2], change[1::2], strict=True)]


def _fusiform(
    sections: Sections,
    lumen: _Wall,
    outer: _Wall,
    taper: Taper,
    first: int,
    last: int,
    marked: bool,
) -> Fusiform:
    s = sections.frames.s_mm
    inside = np.arange(first, last + 1)
    widest = float(s[inside[np.nanargmax(outer.across[inside])]])
    wall = "with thrombus" if marked else "of the lumen, as no thrombus is marked"
    method = "greatest diameter perpendicular to the centerline"
    open_ended = first == 0 or last == len(s) - 1
    step = float(s[-1]) / (len(s) - 1)
    length_by = "as far as the vessel is a tenth wider than healthy"
    length = Number(float(s[last] - s[first]), float(np.hypot(1.0, step)), "mm", length_by)
    within = _volume(sections, lumen, inside, open_ended)
    whole = _volume(sections, outer, inside, open_ended)
    return Fusiform(
        from_mm=float(s[first]),
        to_mm=float(s[last]),
        widest_mm=widest,
        reference=Number(float(taper.at(widest)), taper.sd_at(widest), "mm", "healthy taper"),
        diameter_max=_widest(s, outer, inside, f"{method}, {wall}"),
        lumen_max=_widest(s, lumen, inside, f"{method}, of the lumen"),
        neck_diameter=_neck(s, outer, first),
        extent=unknown("mm", length_by, BEYOND) if open_ended else length,
        lumen_volume=within,
        thrombus_volume=_difference(within, whole, marked),
        volume=whole,
    )


def _widest(s_mm: np.ndarray, wall: _Wall, inside: np.ndarray, method: str) -> Number:
    """The greatest diameter of a stretch by a parabola through those around it.

    The greatest of several noisy numbers would be too large.
    """
    at = int(inside[np.nanargmax(wall.across[inside])])
    around = max(AROUND_MM, 0.1 * float(wall.across[at]))
    near = inside[np.abs(s_mm[inside] - s_mm[at]) <= around]
    known = np.isfinite(wall.across)
    if not known[near].all() or known[inside].mean() < 1 - MOST_UNSEEN:
        return unknown("mm", method, UNSEEN)
    value = float(wall.across[at])
    if len(near) >= 4:
        fit = np.polynomial.Polynomial.fit(s_mm[near] - s_mm[at], wall.across[near], 2)
        value = float(fit(0.0))
    return Number(value, float(wall.across_sd[at]), "mm", method)


def _neck(s_mm: np.ndarray, outer: _Wall, first: int) -> Number:
    """The diameter of the vessel just before an aneurysm."""
    method = "median area-equivalent diameter of the 3 mm before the aneurysm"
    before = (s_mm < s_mm[first]) & (s_mm >= s_mm[first] - NECK_MM) & np.isfinite(outer.mean)
    if before.sum() < 2:
        return unknown("mm", method, "No vessel is seen before the aneurysm.")
    sd = float(np.median(outer.mean_sd[before]))
    return Number(float(np.median(outer.mean[before])), sd, "mm", method)


def _volume(sections: Sections, wall: _Wall, inside: np.ndarray, open_ended: bool) -> Number:
    """Volume (ml) within a wall along a stretch of the path.

    An area whose middle lies on the inner side of a bend sweeps a shorter way than the path
    (Pappus): its share is 1 minus the bend times how far in it lies.
    """
    method = "areas of the sections along the way of their middles"
    s = sections.frames.s_mm
    area = wall.area[inside]
    known = np.isfinite(area)
    if open_ended:
        return unknown("ml", method, BEYOND)
    if known.mean() < 1 - MOST_UNSEEN:
        return unknown("ml", method, UNSEEN)
    f = sections.frames
    bend = np.gradient(f.tangent, s, axis=0)[inside]
    middle = centroids(wall.wall_mm)[inside]
    inwards = middle[:, :1] * f.across[inside] + middle[:, 1:] * f.up[inside]
    swept = area * (1 - (bend * inwards).sum(axis=1))
    place = s[inside]
    full = np.interp(place, place[known], swept[known])
    doubt = np.interp(place, place[known], wall.area_sd[inside][known])
    ends = 0.5 * (full[0] + full[-1])  # each end is known to about half a millimeter
    sd = np.hypot(np.trapezoid(doubt, place), ends)
    return Number(float(np.trapezoid(full, place)) / 1000, float(sd) / 1000, "ml", method)


def _difference(lumen: Number, whole: Number, marked: bool) -> Number:
    method = "volume within the outer wall less that of the lumen"
    if not (lumen.known and whole.known):
        return unknown("ml", method, lumen.missing or whole.missing)
    if not marked:
        return unknown("ml", method, "No thrombus is marked in the map.")
    sd = float(np.hypot(lumen.sd, whole.sd))
    return Number(max(whole.value - lumen.value, 0.0), sd, "ml", method)
