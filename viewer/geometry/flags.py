"""The two normal places and the narrowest one of a vessel, where flags stand on its profile."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.section import Sections
from viewer.geometry.stenosis import Stenosis, stenoses, stenosis_at

STEADY_MM = 3.0
END_MM = 3.0
END_SHARE = 0.1  # of the vessel: there it opens into its parent or leaves the scan
LOOK_MM = 30.0
BESIDE = 1.5  # diameters between the minimum and a normal place
NEARLY = 0.97
FUNNEL = 1.6  # of the usual diameter: so wide a start is the vessel that it comes from


@dataclass(frozen=True)
class Flags:
    """Places along a vessel in mm from its start."""

    proximal_mm: float
    minimum_mm: float
    distal_mm: float


def proposed_flags(sections: Sections, from_mm: float = 0.0) -> Flags | None:
    """Flags at the tightest stenosis beyond `from_mm`, the vessel's ostium.

    Where there is none, at the place that is narrowest for its neighborhood and at the nearest
    ones beside it that are nearly as wide as the widest within `LOOK_MM`. None where nothing was
    measured.
    """
    s, wide = sections.frames.s_mm, _steady(sections)
    known = np.isfinite(wide) & (s >= from_mm)
    if not known.any():
        return None
    known &= _beyond_funnel(wide, known)
    start, stop = _body(known, max(1, round(2 * END_MM / s[1])))
    found = [
        lesion
        for lesion in stenoses(sections)
        if s[start] <= lesion.proximal_mm and lesion.distal_mm <= s[stop] - END_MM
    ]
    if found:
        worst = max(found, key=lambda lesion: lesion.percent_at_least)
        return Flags(worst.proximal_mm, worst.least_mm, worst.distal_mm)
    known &= (s >= s[start]) & (s <= s[stop])
    step = s[-1] / (len(s) - 1)
    around = max(3, round(2 * LOOK_MM / step)) | 1
    own = _whole(np.where(known, wide, np.nan))
    usual = ndimage.percentile_filter(own, 75, around, mode="nearest")
    end = min(max(END_MM, END_SHARE * s[-1]), s[-1] / 4)
    inner = known & (s >= s[start] + end) & (s <= s[stop] - end)
    least = int(np.where(inner if inner.any() else known, own / usual, np.inf).argmin())
    gap = max(END_MM, BESIDE * float(wide[least]))
    before = known & (s < s[least] - gap) & (s > s[least] - gap - LOOK_MM)
    after = known & (s > s[least] + gap) & (s < s[least] + gap + LOOK_MM)
    return Flags(
        float(s[_widest(wide, np.flatnonzero(before)[::-1], int(start))]),
        float(s[least]),
        float(s[_widest(wide, np.flatnonzero(after), int(stop))]),
    )


def narrowing(sections: Sections, flags: Flags) -> Stenosis | None:
    """The stenosis that the flags tell; None where they stand on each other."""
    if not flags.proximal_mm < flags.minimum_mm < flags.distal_mm:
        return None
    return stenosis_at(sections, flags.proximal_mm, flags.minimum_mm, flags.distal_mm)


def at_places(sections: Sections, name: str, s_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number (k,) and its standard deviation (k,) at the sections nearest to places (k,)."""
    nearest = nearest_to(sections, s_mm)
    return sections.values[name][nearest], sections.sd[name][nearest]


def nearest_to(sections: Sections, s_mm: np.ndarray) -> np.ndarray:
    """The numbers (k,) of the sections nearest to places (k,)."""
    s = sections.frames.s_mm
    return np.asarray(np.abs(s[None] - np.asarray(s_mm)[:, None]).argmin(axis=1))


def _body(known: np.ndarray, least: int) -> tuple[int, int]:
    """The first and the last section of a vessel without scattered ones at its ends.

    From the first to the last run of at least so many known sections.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known, [0]])))
    first, last = edges[::2], edges[1::2] - 1
    long = last - first + 1 >= least
    if not long.any():
        return int(first[0]), int(last[-1])
    return int(first[long][0]), int(last[long][-1])


def _beyond_funnel(wide: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Where (n,) a vessel has come down from the width of the one that it leaves."""
    broad = wide > FUNNEL * np.median(wide[known])
    narrow = np.flatnonzero(known & ~broad)
    return np.asarray(np.arange(len(wide)) >= narrow[0])


def _steady(sections: Sections) -> np.ndarray:
    """The equivalent diameter (n,) without its shortest waves; nan where it is not known."""
    wide = sections.values["diameter_equivalent_mm"]
    if not np.isfinite(wide).any():
        return np.asarray(wide)
    step = sections.frames.s_mm[-1] / (len(wide) - 1)
    size = max(3, round(STEADY_MM / step)) | 1
    smooth = ndimage.median_filter(_whole(wide), size, mode="nearest")
    return np.where(np.isfinite(wide), smooth, np.nan)


def _whole(wide: np.ndarray) -> np.ndarray:
    """Numbers (n,) with the unknown ones taken from beside them."""
    known = np.flatnonzero(np.isfinite(wide))
    return np.interp(np.arange(len(wide)), known, wide[known])


def _widest(wide: np.ndarray, near: np.ndarray, otherwise: int) -> int:
    """The first of some places that is nearly as wide as they are; another where there are none."""
    if not near.size:
        return otherwise
    return int(near[np.argmax(wide[near] >= NEARLY * np.percentile(wide[near], 80))])
