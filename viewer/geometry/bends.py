"""How long a vessel is, and how it winds: length, tortuosity, curvature and torsion of its path."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.frames import Frames
from viewer.geometry.number import Number, unknown

PLACE_SD_MM = 0.1
LENGTH_SHARE = 0.0015
TOGETHER_MM = 3.0  # so far along a path its error is one and the same
SCALE_MM = 5.0
REACH, DEGREE = 2.5, 4
LEAST_BEND = 3.0  # deviations; a straighter path has no plane to turn out of


@dataclass(frozen=True, eq=False)
class Bends:
    """Curvature and torsion (1/mm) at each point of a path, with standard deviations; all (n,).

    Torsion is positive where the path winds like a right-handed screw, and nan where the path is
    too straight to have one.
    """

    s_mm: np.ndarray
    curvature: np.ndarray
    curvature_sd: np.ndarray
    torsion: np.ndarray
    torsion_sd: np.ndarray


def length_along(
    frames: Frames,
    from_mm: float = 0.0,
    to_mm: float = np.inf,
    *,
    place_sd_mm: float = PLACE_SD_MM,
) -> Number:
    """Length (mm) along a path between two of its places; each end is known to `place_sd_mm`."""
    low, high = sorted(np.clip((from_mm, to_mm), 0.0, frames.s_mm[-1]).tolist())
    sd = float(np.hypot(np.sqrt(2) * place_sd_mm, LENGTH_SHARE * (high - low)))
    return Number(high - low, sd, "mm", "along the centerline")


def tortuosity(
    frames: Frames,
    from_mm: float = 0.0,
    to_mm: float = np.inf,
    *,
    place_sd_mm: float = PLACE_SD_MM,
) -> Number:
    """Length along a path over the straight distance of its ends (ratio; Bullitt et al. 2003)."""
    method = "length along the centerline over the straight distance of its ends"
    along = length_along(frames, from_mm, to_mm, place_sd_mm=place_sd_mm)
    ends = [_place(frames, s) for s in (min(from_mm, to_mm), max(from_mm, to_mm))]
    chord = float(np.linalg.norm(ends[1] - ends[0]))
    if chord < 3 * place_sd_mm:
        return unknown("", method, "The path ends where it begins, so its ends have no distance.")
    ratio = along.value / chord
    # The ends move the length and the distance alike: what is left is the difference.
    ends_sd = np.sqrt(2) * place_sd_mm / chord * np.sqrt(ratio**2 - 1)
    return Number(ratio, float(np.hypot(ends_sd, LENGTH_SHARE * ratio)), "", method)


def _place(frames: Frames, s_mm: float) -> np.ndarray:
    return np.array([np.interp(s_mm, frames.s_mm, axis) for axis in frames.points_lps.T])


def bends(frames: Frames, *, scale_mm: float = SCALE_MM, place_sd_mm: float = PLACE_SD_MM) -> Bends:
    """Curvature and torsion by a polynomial fitted to the path around each of its points.

    Its weights fall as a Gaussian of `scale_mm` (local regression; Cleveland 1979); curvature is
    |r' x r''| / |r'|^3 and torsion (r' x r'') . r''' / |r' x r''|^2 of it.
    """
    s, count = frames.s_mm, len(frames.points_lps)
    scale = min(scale_mm, float(s[-1]) / 4)
    slopes, spread = np.empty((count, 3, 3)), np.empty((count, 3))
    for n in range(count):
        near = np.abs(s - s[n]) <= REACH * scale
        if near.sum() <= DEGREE + 1:
            near = np.argsort(np.abs(s - s[n]))[: DEGREE + 2]
        slopes[n], spread[n] = _fitted(frames.points_lps[near], (s[near] - s[n]) / scale)
    slopes /= scale ** np.arange(1, 4)[None, :, None]
    step = float(s[-1]) / (count - 1)
    sd = place_sd_mm * np.sqrt(max(TOGETHER_MM / step, 1.0)) * spread / scale ** np.arange(1, 4)
    first, second, third = slopes[:, 0], slopes[:, 1], slopes[:, 2]
    normal = np.cross(first, second)
    bent, speed = np.linalg.norm(normal, axis=1), np.linalg.norm(first, axis=1)
    curvature, curvature_sd = bent / speed**3, sd[:, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        torsion = (normal * third).sum(axis=1) / bent**2
        torsion_sd = np.hypot(sd[:, 2] / curvature, torsion * curvature_sd / curvature)
    plane = curvature > LEAST_BEND * curvature_sd
    return Bends(
        s,
        curvature,
        curvature_sd,
        np.where(plane, torsion, np.nan),
        np.where(plane, torsion_sd, np.nan),
    )


def _fitted(points_lps: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First to third derivative (3,3) at 0 of points (k,3) at t (k,), and how noise spreads."""
    power = np.arange(DEGREE + 1)
    factorial = np.cumprod(np.maximum(power, 1))
    terms = t[:, None] ** power / factorial
    weight = np.exp(-0.25 * t**2)[:, None]  # the root of the Gaussian's weight
    solver = np.linalg.pinv(terms * weight) * weight.T
    found = solver @ points_lps
    return found[1:4], np.linalg.norm(solver[1:4], axis=1)


@dataclass(frozen=True)
class Winding:
    """How long a vessel is and how it winds; the sharpest bend lies `sharpest_mm` along it."""

    length: Number
    tortuosity: Number
    curvature: Number
    torsion: Number
    sharpest_mm: float


def winding(frames: Frames) -> Winding:
    """Length, tortuosity, greatest curvature and greatest torsion along a path."""
    found = bends(frames)
    reach = min(SCALE_MM, float(frames.s_mm[-1]) / 4)
    inner = (frames.s_mm >= reach) & (frames.s_mm <= frames.s_mm[-1] - reach)
    most = int(np.where(inner, found.curvature, -1.0).argmax())
    sharpest, turning = "greatest along the centerline, over 5 mm", "strongest along the centerline"
    curvature = Number(
        float(found.curvature[most]), float(found.curvature_sd[most]), "1/mm", sharpest
    )
    surely = np.where(inner, np.abs(found.torsion), np.nan)
    surely[~(surely > 2 * found.torsion_sd)] = np.nan
    torsion = unknown("1/mm", turning, "The path lies in a plane as far as can be told.")
    if np.isfinite(surely).any():
        at = int(np.nanargmax(surely))
        torsion = Number(float(found.torsion[at]), float(found.torsion_sd[at]), "1/mm", turning)
    return Winding(
        length_along(frames), tortuosity(frames), curvature, torsion, float(frames.s_mm[most])
    )
