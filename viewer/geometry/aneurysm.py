"""Spindle-shaped widenings of a vessel: how wide with their thrombus, how long, how large."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from viewer.geometry.number import Number, unknown
from viewer.geometry.outer import outer_wall_mm
from viewer.geometry.section import Sections, spans
from viewer.geometry.sections import centroids
from viewer.geometry.taper import Taper, taper_through
from viewer.segment.mask import THROMBUS, VesselMask

LEAST_RATIO = 1.5  # of the healthy diameter (Johnston et al. 1991)
EDGE_RATIO = 1.1
STEADY_MM = 3.0
NARROWED = 1.0  # diameters: a shorter narrowing tells nothing of the healthy vessel
BESIDE = 2.5  # diameters: so far to both sides of a widening lies what is healthy
LEAST_BESIDE = 4
SAME = 1.2
NECK_MM = 3.0
AROUND_MM = 10.0
TOP_MM, TOP_SHARE = 3.0, 0.1
ROUNDS, OFF_MM = 8, 0.05
WALL_VOXELS = 0.3
MOUTH_SHARE = 0.15  # of a turn
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

    Healthy is a taper through what lies between two places, or through the vessel beside each
    widening; the path may run through vessels of several sizes.
    """
    lumen, outer = _lumen(sections), _outer(sections, mask)
    s = sections.frames.s_mm
    marked = bool((mask.labels == THROMBUS).any())
    if healthy_mm is not None:
        own = (s >= min(healthy_mm)) & (s <= max(healthy_mm))
        taper = taper_through(s, outer.mean, outer.mean_sd, own)
        if taper is None:
            return ()
        with np.errstate(invalid="ignore"):
            found = [(run, taper) for run in _runs(~(outer.mean < EDGE_RATIO * taper.at(s)))]
    else:
        found = _bumps(s, outer)
    out = []
    for (first, last), taper in found:
        inside = np.arange(first, last + 1)
        with np.errstate(invalid="ignore"):
            if (outer.mean[inside] > LEAST_RATIO * taper.at(s[inside])).any():
                out.append(_fusiform(sections, lumen, outer, taper, first, last, marked))
    return tuple(out)


def _lumen(sections: Sections) -> _Wall:
    values, sd = sections.values, sections.sd
    return _Wall(
        sections.wall_mm,
        values["area_mm2"],
        sd["area_mm2"],
        spans(_without_mouths(sections.wall_mm))["diameter_max_mm"],
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
        spans(_without_mouths(wall))["diameter_max_mm"],
        np.where(lined, by_mask, lumen.across_sd),
        mean,
        np.where(lined, by_mask, lumen.mean_sd),
    )


def _without_mouths(wall_mm: np.ndarray) -> np.ndarray:
    """Outlines (n,m) without the short bulges where branches leave, which are no diameter."""
    wide = int(MOUTH_SHARE * wall_mm.shape[1]) | 1
    return np.asarray(ndimage.median_filter(wall_mm, (1, wide), mode="wrap"))


def _bumps(s_mm: np.ndarray, outer: _Wall) -> list[tuple[tuple[int, int], Taper]]:
    """Stretches (first, last) that are wider than the vessel before them, with what is healthy.

    Vessels get thinner on their way, in steps where others leave them: what is wider again is a
    bump. Healthy there is a straight taper through what lies before and behind it.
    """
    known = np.isfinite(outer.mean) & np.isfinite(outer.mean_sd)
    if known.sum() < 3:
        return []
    d = np.interp(s_mm, s_mm[known], outer.mean[known])
    step = float(s_mm[-1]) / (len(s_mm) - 1)
    steady = ndimage.median_filter(d, int(STEADY_MM / step) | 1, mode="nearest")
    third = max(len(d) // 3, 1)
    back = float(np.median(d[:third])) < float(np.median(d[-third:]))
    found: list[tuple[int, int]] = []
    out = []
    for turned in (back, not back):  # a vessel that is seen from a widening on has it at its start
        least = _least_so_far(steady, step, turned)
        for first, last in _runs(steady > EDGE_RATIO * least):
            closed = first > 0 and last < len(d) - 1
            if any(first <= b and last >= a for a, b in found) or not (closed or turned == back):
                continue
            wide = float(least[first : last + 1].max())
            around = max(AROUND_MM, BESIDE * wide)
            beside = known & (steady < EDGE_RATIO * least) & (d > least / EDGE_RATIO**2)
            beside &= (s_mm > s_mm[first] - around) & (s_mm < s_mm[last] + around)
            beside &= _alike(steady, first, last)
            taper = _healthy_taper(s_mm, outer, beside, (first, last))
            if taper is not None:
                found.append((first, last))
                out.append(((first, last), taper))
    return sorted(out, key=lambda each: each[0])


def _alike(steady_mm: np.ndarray, first: int, last: int) -> np.ndarray:
    """Which sections (n,) are about as wide as the vessel right at their end of a bump."""
    place = np.arange(len(steady_mm))
    ends = np.where(
        place < first, steady_mm[max(first - 1, 0)], steady_mm[min(last + 1, len(place) - 1)]
    )
    ratio = steady_mm / ends
    return np.asarray((ratio < SAME) & (ratio > 1 / SAME))


def _least_so_far(steady_mm: np.ndarray, step_mm: float, turned: bool) -> np.ndarray:
    """How wide at most a vessel may be at each place (n,) by what came before; a stenosis is none.

    `turned` when it runs from the end to the start.
    """
    short = int(NARROWED * float(np.quantile(steady_mm, 0.25)) / step_mm) | 1
    filled = ndimage.grey_closing(np.pad(steady_mm, short, mode="edge"), short)[short:-short]
    turn = slice(None, None, -1 if turned else 1)
    return np.asarray(np.minimum.accumulate(filled[turn])[turn])


def _healthy_taper(
    s_mm: np.ndarray, outer: _Wall, beside: np.ndarray, span: tuple[int, int]
) -> Taper | None:
    """The taper through both sides of a bump; level where only one side of it is seen."""
    place = np.arange(len(s_mm))
    sides = [beside & (place < span[0]), beside & (place > span[1])]
    seen = [side.sum() for side in sides]
    taper = taper_through(s_mm, outer.mean, outer.mean_sd, beside)
    if taper is None or min(seen) >= LEAST_BESIDE:
        return taper
    return replace(taper, slope=0.0, slope_sd=0.0)


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

    The greatest of several noisy numbers would be too large, and so would one at the mouth of a
    branch: what lies off the parabola counts little.
    """
    reach = max(TOP_MM, TOP_SHARE * float(np.nanmax(wall.across[inside])))
    step = float(s_mm[-1]) / (len(s_mm) - 1)
    steady = ndimage.median_filter(
        np.nan_to_num(wall.across[inside]), int(reach / step) | 1, mode="nearest"
    )
    at = int(inside[np.argmax(steady)])
    near = inside[np.abs(s_mm[inside] - s_mm[at]) <= reach]
    known = np.isfinite(wall.across)
    if known[near].mean() < 1 - MOST_UNSEEN or known[inside].mean() < 1 - MOST_UNSEEN:
        return unknown("mm", method, UNSEEN)
    near = near[known[near]]
    value, spread = float(wall.across[at]), 0.0
    if len(near) >= 5:
        weight = np.ones(len(near))
        for _ in range(ROUNDS):
            fit = np.polynomial.Polynomial.fit(
                s_mm[near] - s_mm[at], wall.across[near], 2, w=np.sqrt(weight)
            )
            off = np.abs(wall.across[near] - fit(s_mm[near] - s_mm[at]))
            weight = 1 / np.maximum(off, OFF_MM)
        value = float(fit(0.0))
        spread = float(np.median(off)) / np.sqrt(len(near) / 5)
    return Number(value, float(np.hypot(np.median(wall.across_sd[near]), spread)), "mm", method)


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
