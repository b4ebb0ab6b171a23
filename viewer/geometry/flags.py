"""Two normal places and the narrowest one between them, and what they make of a stenosis."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.section import Sections

STEADY_MM = 3.0
END_MM = 3.0
END_SHARE = 0.1  # of the vessel: there it opens into its parent or leaves the scan
LOOK_MM = 30.0
BESIDE = 1.5  # diameters between the minimum and a normal place
NEARLY = 0.97


@dataclass(frozen=True)
class Flags:
    """Places along a vessel in mm from its start, as flags stand on its profile."""

    proximal_mm: float
    minimum_mm: float
    distal_mm: float


@dataclass(frozen=True)
class Narrowing:
    """A stenosis by its flags, in percent, each with its standard deviation.

    Against the normal size at the minimum: straight between the two normal places, by the
    diameter of the circle of equal area and by area.
    """

    percent_diameter: float
    sd_diameter: float
    percent_area: float
    sd_area: float


def proposed_flags(sections: Sections, from_mm: float = 0.0) -> Flags | None:
    """The place that is narrowest for its neighborhood, and the nearest normal ones beside it.

    Normal is what is nearly as wide as the widest within `LOOK_MM` on that side. None where
    nothing was measured beyond `from_mm`, the vessel's ostium.
    """
    s = sections.frames.s_mm
    wide = _steady(sections)
    known = np.isfinite(wide) & (s >= from_mm)
    if not known.any():
        return None
    step = s[-1] / (len(s) - 1)
    around = max(3, round(2 * LOOK_MM / step)) | 1
    own = _whole(np.where(known, wide, np.nan))
    usual = ndimage.percentile_filter(own, 75, around, mode="nearest")
    end = min(max(END_MM, END_SHARE * s[-1]), s[-1] / 4)
    inner = known & (s >= from_mm + end) & (s <= s[-1] - end)
    least = int(np.where(inner if inner.any() else known, wide / usual, np.inf).argmin())
    gap = max(END_MM, BESIDE * float(wide[least]))
    before = known & (s < s[least] - gap) & (s > s[least] - gap - LOOK_MM)
    after = known & (s > s[least] + gap) & (s < s[least] + gap + LOOK_MM)
    return Flags(
        float(s[_widest(wide, np.flatnonzero(before)[::-1], int(np.flatnonzero(known)[0]))]),
        float(s[least]),
        float(s[_widest(wide, np.flatnonzero(after), int(np.flatnonzero(known)[-1]))]),
    )


def narrowing(sections: Sections, flags: Flags) -> Narrowing | None:
    """How narrow the minimum is; None where one of the three places has no numbers."""
    places = np.array([flags.proximal_mm, flags.minimum_mm, flags.distal_mm])
    if not places[0] < places[1] < places[2]:
        return None
    share = (places[1] - places[0]) / (places[2] - places[0])
    found = []
    for name in ("diameter_equivalent_mm", "area_mm2"):
        value, sd = at_places(sections, name, places)
        normal = (1 - share) * value[0] + share * value[2]
        spread = np.hypot((1 - share) * sd[0], share * sd[2])
        ratio = value[1] / normal
        found += [100 * (1 - ratio), 100 * ratio * np.hypot(sd[1] / value[1], spread / normal)]
    return Narrowing(*map(float, found)) if np.isfinite(found).all() else None


def at_places(sections: Sections, name: str, s_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number (k,) and its standard deviation (k,) at the sections nearest to places (k,)."""
    s = sections.frames.s_mm
    nearest = np.abs(s[None] - np.asarray(s_mm)[:, None]).argmin(axis=1)
    return sections.values[name][nearest], sections.sd[name][nearest]


def _steady(sections: Sections) -> np.ndarray:
    """The equivalent diameter (n,) without its shortest waves; nan where it is not known."""
    wide = sections.values["diameter_equivalent_mm"]
    if not np.isfinite(wide).any():
        return np.asarray(wide)
    step = sections.frames.s_mm[-1] / (len(wide) - 1)
    smooth = ndimage.median_filter(
        _whole(wide), max(3, round(STEADY_MM / step)) | 1, mode="nearest"
    )
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
