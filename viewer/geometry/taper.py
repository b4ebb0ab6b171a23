"""How wide a vessel would be without its disease: a straight taper through its healthy sections."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.section import Sections

ROUNDS, TUKEY = 6, 4.685
TOGETHER_MM = 2.0  # so far along a vessel its sections share one error
LEAST_SPREAD = 0.01  # of the diameter
PAIRS = 200
LEAST_HEALTHY_MM = 3.0


@dataclass(frozen=True)
class Taper:
    """A diameter (mm) that falls by `slope` for each mm of the path from `middle_mm` on.

    `sd_mm` is how far off it is there, `slope_sd` how far off its slope is.
    """

    middle_mm: float
    diameter_mm: float
    slope: float
    sd_mm: float
    slope_sd: float

    def at(self, s_mm: np.ndarray | float) -> np.ndarray:
        """The healthy diameter (mm) at places of the path."""
        away = np.asarray(s_mm, np.float64) - self.middle_mm
        return np.maximum(self.diameter_mm + self.slope * away, 0.2 * self.diameter_mm)

    def sd_at(self, s_mm: float) -> float:
        """Its standard deviation (mm) there."""
        return float(np.hypot(self.sd_mm, self.slope_sd * (s_mm - self.middle_mm)))


def taper_of(sections: Sections, healthy: np.ndarray | None = None) -> Taper | None:
    """The taper of the healthy lumen, or None where fewer than 3 mm of it are known.

    `healthy` (n,) bool says which sections may count.
    """
    name = "diameter_equivalent_mm"
    return taper_through(sections.frames.s_mm, sections.values[name], sections.sd[name], healthy)


def taper_through(
    s_mm: np.ndarray, diameter_mm: np.ndarray, sd_mm: np.ndarray, healthy: np.ndarray | None = None
) -> Taper | None:
    """The taper through diameters (n,) at places (n,) of a path, each with its deviation.

    First the median of the slopes of all pairs (Theil 1950, Sen 1968), then least squares with the
    biweight of Tukey, so that neither a stenosis nor an aneurysm of a part of the vessel, nor the
    mouth of a branch, counts.
    """
    s, d = s_mm, diameter_mm
    use = np.isfinite(d) if healthy is None else np.isfinite(d) & healthy
    step = s[-1] / (len(s) - 1)
    if use.sum() < 3 or use.sum() * step < LEAST_HEALTHY_MM:
        return None
    own = float(np.median(sd_mm[use]))
    s, d = s[use], d[use]
    middle, slope = float(s.mean()), _theil_sen(s, d)
    level = float(np.median(d - slope * (s - middle)))
    weight = np.ones(len(s))
    for _ in range(ROUNDS):
        off = d - level - slope * (s - middle)
        spread = max(1.4826 * float(np.median(np.abs(off))), LEAST_SPREAD * level)
        weight = np.clip(1 - (off / (TUKEY * spread)) ** 2, 0, None) ** 2
        total = weight.sum()
        middle = float((weight * s).sum() / total)
        away = s - middle
        level = float((weight * d).sum() / total)
        slope = float((weight * away * (d - level)).sum() / max((weight * away**2).sum(), 1e-9))
    off = d - level - slope * (s - middle)
    spread = np.sqrt(float((weight * off**2).sum() / weight.sum()))
    count = max(float(weight.sum()) * step / TOGETHER_MM, 1.0)
    reach = max(float(np.sqrt((weight * (s - middle) ** 2).sum() / weight.sum())), 1e-6)
    one = np.hypot(spread, own)
    sd = float(np.hypot(one / np.sqrt(count), 0.5 * own))  # the blur is the same in all sections
    return Taper(middle, level, slope, sd, float(one / np.sqrt(count) / reach))


def _theil_sen(s_mm: np.ndarray, d_mm: np.ndarray) -> float:
    """The median of the slopes of all pairs of points."""
    few = np.unique(np.linspace(0, len(s_mm) - 1, min(len(s_mm), PAIRS)).astype(int))
    s, d = s_mm[few], d_mm[few]
    one, two = np.triu_indices(len(s), 1)
    return float(np.median((d[two] - d[one]) / (s[two] - s[one])))
