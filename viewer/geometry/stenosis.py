"""Narrowings of a vessel: how narrow, how long, and what fills them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import find_peaks

from viewer.geometry.number import Number, unknown
from viewer.geometry.section import Sections
from viewer.geometry.taper import Taper, taper_of

LEAST_PERCENT = 25.0
EDGE_PERCENT = 5.0  # a lesion reaches as far as the lumen is narrower than this
SURE = 3.0  # deviations
LEAST_SHOWN, SHOWN_MM = 0.8, 2.0  # of the edges of the sections around the narrowest
AROUND_MM, AROUND_DIAMETERS = 15.0, 4.0
AT_PLACE_MM, NORMAL_MM = 1.0, 1.5
FUNNEL, FUNNEL_LONG, RISE = 1.3, 1.5, 1.1
CLOSING_SHARE = 0.5  # of the healthy diameter: what is left beside a closed place
CLOSED = "The lumen is closed there, or too thin to be told from closed."
UNSEEN = "The scan shows no edge of the lumen there."
NO_REFERENCE = "Too little healthy vessel is seen beside it."


@dataclass(frozen=True)
class Stenosis:
    """One narrowing from `from_mm` to `to_mm` along a path, narrowest at `least_mm`.

    `reference` is the healthy diameter there, `least` the diameter that is left. `percent_nascet`
    takes the normal vessel beyond (`distal_mm`) for healthy. Where `least` is not known,
    `percent_at_least` holds what the sections beside the throat show. `taper` is the healthy
    diameter along the path, None where too little healthy vessel is seen.
    """

    from_mm: float
    to_mm: float
    least_mm: float
    proximal_mm: float
    distal_mm: float
    reference: Number
    least: Number
    percent_diameter: Number
    percent_area: Number
    percent_nascet: Number
    percent_at_least: float
    extent: Number
    taper: Taper | None


def stenoses(sections: Sections, *, least_percent: float = LEAST_PERCENT) -> tuple[Stenosis, ...]:
    """All narrowings by at least so many percent of the diameter, along the path.

    What the vessel would be is a taper through all sections, then, for each narrowing, through
    the healthy sections near it; the funnel through which it opens into a wider vessel is none of
    them. What lies at an end of the path is not judged, nor what shows less than four fifths of
    its edges, as beside a flap or metal.
    """
    open_ = _funnels(sections)
    whole = taper_of(sections, ~open_)
    if whole is None:
        return ()
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    closed = _closed(d, whole.at(s))
    narrow = _narrow(d, whole.at(s), closed)
    found: list[Stenosis] = []
    for first, last in _stretches(d, whole.at(s), narrow, closed, least_percent):
        near = _near(s, s[first], s[last], float(whole.at(s[first])))
        taper = taper_of(sections, near & ~narrow & ~open_)
        if taper is None:
            continue
        first, last = _edges(sections, taper, first, last)
        inside = np.arange(first, last + 1)
        depth = 1 - np.where(closed[inside], 0.0, d[inside]) / taper.at(s[inside])
        shut = inside[closed[inside]]
        at = int(shut[len(shut) // 2]) if len(shut) else int(inside[np.nanargmax(depth)])
        lesion = _stenosis(sections, taper, (first, at, last), _beyond(sections, taper, last))
        again = found and lesion.least_mm <= found[-1].to_mm
        if _counts(lesion, least_percent) and _shown(sections, lesion) and not again:
            found.append(lesion)
    return tuple(found)


def _funnels(sections: Sections) -> np.ndarray:
    """Which sections (n,) lie where an end of the vessel opens into a wider one.

    There the lumen falls steadily by a quarter or more, within one and a half of its diameters.
    """
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    out = np.zeros(len(d), bool)
    for order in (slice(None), slice(None, None, -1)):
        wide, away = d[order], np.abs(s[order] - s[order][0])
        near = np.flatnonzero(~(away <= FUNNEL_LONG * wide[0]))
        first = wide[: near[0]] if len(near) else wide
        low = np.minimum.accumulate(first)
        rises = np.flatnonzero(~(first <= RISE * low))
        falls = low[: rises[0]] if len(rises) else low
        if len(falls) and wide[0] >= FUNNEL * falls[-1]:
            out[order][: int(np.argmax(falls <= RISE * falls[-1]))] = True
    return out


def stenosis_at(
    sections: Sections, proximal_mm: float, least_mm: float, distal_mm: float
) -> Stenosis:
    """The narrowing at a place, by the vessel at two places that a reader calls normal.

    Healthy at `least_mm` is the line between the two; the lesion reaches as far between them as
    the lumen is narrower than that.
    """
    s = sections.frames.s_mm
    low, high = sorted((proximal_mm, distal_mm))
    if not low < least_mm < high:
        raise ValueError("the narrowest place must lie between the two normal ones")
    ends = [_normal(sections, place) for place in (low, high)]
    taper = _between(ends, low, high) if all(end.known for end in ends) else None
    at = int(np.argmin(np.abs(s - least_mm)))
    if taper is None:
        span = (int(np.searchsorted(s, low)), at, min(int(np.searchsorted(s, high)), len(s) - 1))
        return _stenosis(sections, None, span, _normal(sections, distal_mm), (low, high))
    first, last = _edges(sections, taper, at, at)
    limits = np.clip(np.searchsorted(s, (low, high)), 0, len(s) - 1)
    span = (max(first, int(limits[0])), at, min(last, int(limits[1])))
    return _stenosis(sections, taper, span, _normal(sections, distal_mm), (proximal_mm, distal_mm))


def _between(ends: list[Number], low: float, high: float) -> Taper:
    """The line between the diameters at two places."""
    slope = (ends[1].value - ends[0].value) / (high - low)
    middle = 0.5 * (ends[0].value + ends[1].value)
    both = float(np.hypot(ends[0].sd, ends[1].sd))
    return Taper(0.5 * (low + high), middle, slope, 0.5 * both, both / (high - low))


def _closed(d_mm: np.ndarray, healthy_mm: np.ndarray) -> np.ndarray:
    """Which sections (n,) show no lumen because it narrows to nothing there.

    Where the lumen beside them is wide, they tell of metal or of the edge of the scan instead.
    """
    known = np.flatnonzero(np.isfinite(d_mm))
    out = np.zeros(len(d_mm), bool)
    for before, after in pairwise(known.tolist()):
        beside = max(d_mm[before] / healthy_mm[before], d_mm[after] / healthy_mm[after])
        out[before + 1 : after] = beside < CLOSING_SHARE
    return out


def _narrow(d_mm: np.ndarray, healthy_mm: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """Which sections (n,) are narrower than healthy ones."""
    with np.errstate(invalid="ignore"):
        return np.asarray(closed | (d_mm <= healthy_mm * (1 - 2 * EDGE_PERCENT / 100)))


def _stretches(
    d_mm: np.ndarray,
    healthy_mm: np.ndarray,
    narrow: np.ndarray,
    closed: np.ndarray,
    least_percent: float,
) -> list[tuple[int, int]]:
    """First and last section of each narrowing; two with a wide place between them are two.

    A narrowing has a healthy section on both sides: where the vessel is not seen again, as at the
    edge of the scan, it may as well end.
    """
    healthy = ~narrow & np.isfinite(d_mm)
    depth = 100 * (1 - np.where(narrow & ~closed, d_mm, 0.0) / healthy_mm)
    depth = np.where(narrow, depth, 0.0)
    out = []
    for peak in find_peaks(depth, height=least_percent, prominence=0.5 * least_percent)[0]:
        before, after = np.flatnonzero(~narrow[:peak]), np.flatnonzero(~narrow[peak:])
        if healthy[:peak].any() and healthy[peak:].any():
            out.append((int(before[-1]) + 1, int(peak + after[0]) - 1))
    return sorted(set(out))


def _edges(sections: Sections, taper: Taper, first: int, last: int) -> tuple[int, int]:
    """A stretch grown outwards as far as the lumen is narrower than healthy."""
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    limit = np.maximum(EDGE_PERCENT / 100 * taper.at(s), sections.sd["diameter_equivalent_mm"])
    with np.errstate(invalid="ignore"):
        narrow = (d <= taper.at(s) - limit) | _closed(d, taper.at(s))
    while first > 0 and narrow[first - 1]:
        first -= 1
    while last < len(s) - 1 and narrow[last + 1]:
        last += 1
    return first, last


def _near(s_mm: np.ndarray, from_mm: float, to_mm: float, diameter_mm: float) -> np.ndarray:
    """Which sections (n,) lie so near a stretch that they tell how wide it was."""
    around = max(AROUND_MM, AROUND_DIAMETERS * diameter_mm)
    return np.asarray((s_mm > from_mm - around) & (s_mm < to_mm + around))


def _beyond(sections: Sections, taper: Taper, last: int) -> Number:
    """The diameter a diameter beyond the end of a lesion, where the vessel is normal again."""
    s = sections.frames.s_mm
    return _normal(sections, min(float(s[last] + taper.at(s[last])), float(s[-1]) - NORMAL_MM))


def _normal(sections: Sections, place_mm: float) -> Number:
    """The diameter (mm) at a place that is normal: the median of the sections around it."""
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    near = (np.abs(s - place_mm) <= NORMAL_MM) & np.isfinite(d)
    method = "median area-equivalent diameter around the normal place"
    if not near.any() or not np.isfinite(d[np.argmin(np.abs(s - place_mm))]):
        return unknown("mm", method, "No lumen is seen at the normal place.")
    sd = float(np.median(sections.sd["diameter_equivalent_mm"][near]))
    return Number(float(np.median(d[near])), sd, "mm", method)


def _stenosis(
    sections: Sections,
    taper: Taper | None,
    span: tuple[int, int, int],
    distal: Number,
    normals_mm: tuple[float, float] | None = None,
) -> Stenosis:
    """The numbers of a lesion whose first, narrowest and last section are known."""
    first, at, last = span
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    by = "healthy taper" if normals_mm is None else "line between the two normal places"
    reference = unknown("mm", by, NO_REFERENCE)
    if taper is not None:
        reference = Number(float(taper.at(s[at])), taper.sd_at(float(s[at])), "mm", by)
    least = _least(sections, at, _closed(d, taper.at(s))[at] if taper is not None else False)
    known = d[first : last + 1][np.isfinite(d[first : last + 1])]
    bound = float(known.min()) if len(known) else np.nan
    step = float(s[-1]) / (len(s) - 1)
    beyond_mm = float(s[last]) + (reference.value if reference.known else NORMAL_MM)
    before_mm = float(s[first]) - (reference.value if reference.known else NORMAL_MM)
    places = normals_mm or (max(before_mm, 0.0), min(beyond_mm, float(s[-1])))
    return Stenosis(
        from_mm=float(s[first]),
        to_mm=float(s[last]),
        least_mm=float(s[at]),
        proximal_mm=places[0],
        distal_mm=places[1],
        reference=reference,
        least=least,
        percent_diameter=_percent(least, reference, 1, f"area-equivalent diameter by the {by}"),
        percent_area=_percent(least, reference, 2, f"area of the lumen by the {by}"),
        percent_nascet=_percent(least, distal, 1, "diameter by the normal vessel beyond (NASCET)"),
        percent_at_least=max(0.0, 100 * (1 - bound / reference.value)),
        extent=Number(
            float(s[last] - s[first]),
            float(np.hypot(step, 0.5)) * np.sqrt(2),
            "mm",
            f"as far as the lumen is {EDGE_PERCENT:.0f} % narrower than healthy",
        ),
        taper=taper,
    )


def _least(sections: Sections, at: int, closed: bool) -> Number:
    """The diameter (mm) at a narrowest place, by a parabola through the sections around it.

    The least of several noisy numbers would be too small.
    """
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    method = "area-equivalent diameter, parabola through the sections around the narrowest"
    if not np.isfinite(d[at]):
        return unknown("mm", method, CLOSED if closed else UNSEEN)
    near = np.flatnonzero((np.abs(s - s[at]) <= AT_PLACE_MM + 1e-6) & np.isfinite(d))
    value = float(d[at])
    if len(near) >= 4:
        fit = np.polynomial.Polynomial.fit(s[near] - s[at], d[near], 2)
        value = float(fit(0.0))
    return Number(value, float(sections.sd["diameter_equivalent_mm"][at]), "mm", method)


def _percent(least: Number, reference: Number, power: int, method: str) -> Number:
    """How much of a healthy diameter (power 1) or area (power 2) is gone, in percent."""
    if not (least.known and reference.known):
        return unknown("%", method, least.missing or reference.missing)
    ratio = max(least.value, 0.0) / reference.value
    off = ratio * np.hypot(least.sd / max(least.value, 1e-6), reference.sd / reference.value)
    sd = 100 * power * ratio ** (power - 1) * off
    return Number(100 * (1 - ratio**power), float(sd), "%", method)


def _counts(lesion: Stenosis, least_percent: float) -> bool:
    """Whether a narrowing is narrow enough, and more than noise."""
    percent = lesion.percent_diameter
    if not percent.known:
        return lesion.percent_at_least >= least_percent
    return percent.value >= least_percent and percent.value > SURE * percent.sd


def _shown(sections: Sections, lesion: Stenosis) -> bool:
    """Whether edges show the narrowing: all around it, or what leads to it if it is closed."""
    s, d = sections.frames.s_mm, sections.values["diameter_equivalent_mm"]
    known = np.isfinite(d) & (s >= lesion.from_mm) & (s <= lesion.to_mm)
    around = known & (np.abs(s - lesion.least_mm) <= SHOWN_MM)
    use = around if around.any() else known
    return bool(use.any() and sections.seen[use].mean() >= LEAST_SHOWN)
