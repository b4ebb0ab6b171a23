"""How large the two lumens of a dissection are, section by section, and the flap between them."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, special

from viewer.geometry.dissection_lumens import BRIGHT, SOFT_HU, Lumens, within
from viewer.geometry.dissection_planes import STEP_MM, Planes, offsets_mm
from viewer.geometry.number import Number, unknown
from viewer.geometry.section import measured

FLAP_HU, FLAP_SD = 60.0, 0.2  # brightness of a flap, and how well its thickness is known by that
NEAR_MM, LEVEL_MM, BIN_MM = 4.0, (2.5, 5.0), 0.375
AROUND = 2  # sections
PLACES = 9
OPEN = 0.8
OFF_WALL_MM = 3.0
THICKEST_MM = 6.0
EDGE_MM, BEND_MM = 0.4, 5.0


@dataclass(frozen=True, eq=False)
class Profile:
    """Areas (n,) mm2 of the true lumen, the false one and what is dark in it, with deviations.

    `true_way` and `false_way` (n,) say how much longer than the path the way of their middles is,
    for volumes (Pappus). `flap_mm` (n,k,2) is the flap in each plane, `open_mm` (n,) how wide a
    gap in it is, at `gap_mm` (n,2); `flap` is how thick it is where it is seen.
    """

    true_mm2: np.ndarray
    true_sd: np.ndarray
    false_mm2: np.ndarray
    false_sd: np.ndarray
    dark_mm2: np.ndarray
    true_way: np.ndarray
    false_way: np.ndarray
    flap_mm: np.ndarray
    open_mm: np.ndarray
    gap_mm: np.ndarray
    flap: Number


def profile(
    planes: Planes, wall_mm: np.ndarray, found: Lumens, true: int, blur_mm: float
) -> Profile:
    """The areas of a stretch of two lumens, of which `true` is the number of the true one.

    Across the flap brightness falls from the blood of one lumen to that of the flap and rises to
    that of the other, both edges blurred by the scanner: where they lie is fitted, so that a flap
    thinner than the blur takes no more room than it has.
    """
    part = slice(found.first, found.last + 1)
    which, hu = found.which[part], planes.hu[part]
    inner = within(wall_mm[part], hu.shape[2], 1.5)
    dark_hu = SOFT_HU + BRIGHT * (float(found.blood_hu.max()) - SOFT_HU)
    whole = measured(wall_mm[part])["area_mm2"]
    count = len(hu)
    away = np.stack([_past(each, true) for each in which])
    bins = np.arange(-LEVEL_MM[1], LEVEL_MM[1] + 1e-6, BIN_MM)
    edge, thick = np.full(count, np.nan), np.full(count, np.nan)
    for n in range(count):
        near = slice(max(n - AROUND, 0), n + AROUND + 1)
        edge[n], thick[n] = _fitted(
            away[near][inner[near]], hu[near][inner[near]], bins, blur_mm, dark_hu
        )
    pixel = STEP_MM**2
    long = np.array([_length(each, true) for each in which])
    counted = (which > 0).sum(axis=(1, 2)) * pixel
    share = np.where(counted > 0, whole / np.maximum(counted, pixel), np.nan)
    raw = (which == true).sum(axis=(1, 2)) * pixel * share
    usual = float(np.nanmedian(thick)) if np.isfinite(thick).any() else np.nan
    flap = np.full(count, np.nan_to_num(usual))
    true_mm2 = raw + np.nan_to_num(edge) * long
    false_mm2 = whole - true_mm2 - flap * long
    around = np.pi * np.sqrt(np.maximum(whole, 1.0) / np.pi) * EDGE_MM
    true_sd = np.hypot(long * EDGE_MM, 0.5 * around)
    false_sd = np.hypot(np.hypot(long * EDGE_MM, around), FLAP_SD * flap * long)
    both = np.array([all((each == k).any() for k in (1, 2)) for each in which])
    clear = (away > 1.5) & inner
    dark = np.array(
        [(hu[n] < dark_hu)[clear[n]].mean() if clear[n].any() else 0.0 for n in range(count)]
    )
    flap_mm = np.stack([_line(each) for each in away])
    level = float(found.blood_hu[2 - true])
    gaps = [_gap(hu[n], away[n], inner[n], level, long[n]) for n in range(count)]
    return Profile(
        np.where(both, true_mm2, np.nan),
        true_sd,
        np.where(both, false_mm2, np.nan),
        false_sd,
        np.where(both, np.where(dark > 0.1, dark, 0.0) * false_mm2, np.nan),
        _way(planes, part, which == true),
        _way(planes, part, (which > 0) & (which != true)),
        flap_mm,
        np.array([gap[0] for gap in gaps]),
        np.stack([gap[1] for gap in gaps]),
        _thickness(thick),
    )


def _way(planes: Planes, part: slice, held: np.ndarray) -> np.ndarray:
    """Length of the way of the middles of some pixels (n,h,w) for each mm of the path (n,)."""
    f = planes.frames
    step = float(np.median(np.diff(f.s_mm)))
    straight = ndimage.gaussian_filter1d(f.tangent, BEND_MM / step, axis=0, mode="nearest")
    bend = np.gradient(straight, f.s_mm, axis=0)[part]
    far = offsets_mm(held.shape[1])
    count = np.maximum(held.sum(axis=(1, 2)), 1)
    x = (held * far[None, None]).sum(axis=(1, 2)) / count
    y = (held * far[None, :, None]).sum(axis=(1, 2)) / count
    away = x[:, None] * f.across[part] + y[:, None] * f.up[part]
    return np.asarray(1 - (bend * away).sum(axis=1))


def _past(which: np.ndarray, true: int) -> np.ndarray:
    """How far (h,w) mm each pixel lies past the border of the true lumen with the false one."""
    one, two = which == true, (which > 0) & (which != true)
    if not (one.any() and two.any()):
        return np.full(which.shape, np.nan)
    to_two = ndimage.distance_transform_edt(~two, sampling=STEP_MM) - 0.5 * STEP_MM
    to_one = ndimage.distance_transform_edt(~one, sampling=STEP_MM) - 0.5 * STEP_MM
    return np.where(one, -to_two, np.where(two, to_one, np.nan))


def _length(which: np.ndarray, true: int) -> float:
    """Length (mm) of the border between the lumens."""
    one, two = (which == true).astype(float), ((which > 0) & (which != true)).astype(float)
    near = ndimage.binary_dilation(one > 0) & (two > 0)
    rim = ndimage.binary_dilation(two > 0) & (one > 0)
    rows, columns = np.nonzero(near | rim)
    if len(rows) < 3:
        return 0.0
    points = np.column_stack([rows, columns]) * STEP_MM
    axis = np.linalg.eigh(np.cov(points.T))[1]
    along, aside = points @ axis[:, 1], points @ axis[:, 0]
    bow = np.polyfit(along, aside, 2)
    even = np.linspace(along.min(), along.max(), 20)
    return float(np.linalg.norm(np.diff([even, np.polyval(bow, even)], axis=1), axis=0).sum())


def _fitted(
    away_mm: np.ndarray, hu: np.ndarray, bins: np.ndarray, blur_mm: float, dark_hu: float
) -> tuple[float, float]:
    """Where the true lumen ends past its border, and how thick the flap is (mm; nan unseen)."""
    known = np.isfinite(away_mm)
    away_mm, hu = away_mm[known], hu[known]
    low = float(np.median(hu[away_mm < -LEVEL_MM[0]])) if (away_mm < -LEVEL_MM[0]).any() else np.nan
    beyond = (away_mm > LEVEL_MM[0]) & (away_mm < LEVEL_MM[1])
    far = float(np.median(hu[beyond])) if beyond.any() else np.nan
    place = np.digitize(away_mm, bins) - 1
    x, y = [], []
    for n in range(len(bins) - 1):
        own = place == n
        if own.sum() >= 4 and abs(bins[n]) <= NEAR_MM:
            x.append(float(away_mm[own].mean()))
            y.append(float(np.mean(hu[own])))
    if len(x) < 8 or not np.isfinite([low, far]).all():
        return float("nan"), float("nan")
    start = np.arange(-2.5, 2.51, 0.1)[:, None, None]
    thick = (np.arange(0.0, THICKEST_MM, 0.1) if far > dark_hu else np.zeros(1))[None, :, None]
    at = np.array(x)[None, None]
    wide = np.hypot(blur_mm, 0.3) * np.sqrt(2)
    flap = min(FLAP_HU, far)
    model = flap + (low - flap) * 0.5 * special.erfc((at - start) / wide)
    model = model + (far - flap) * 0.5 * special.erfc((start + thick - at) / wide)
    off = ((model - np.array(y)) ** 2).sum(axis=2)
    best = np.unravel_index(int(off.argmin()), off.shape)
    own = float(thick[0, best[1], 0]) if far > dark_hu else float("nan")
    return float(start[best[0], 0, 0]), own


def _line(away_mm: np.ndarray) -> np.ndarray:
    """The border between the lumens in a plane: points (k,2) mm from wall to wall, or nan."""
    with np.errstate(invalid="ignore"):
        rows, columns = np.nonzero(np.abs(away_mm) < STEP_MM)
    if len(rows) < 4 * PLACES:
        return np.full((PLACES, 2), np.nan)
    far = offsets_mm(away_mm.shape[0])
    points = np.column_stack([far[columns], far[rows]])
    middle = points.mean(axis=0)
    axis = np.linalg.eigh(np.cov(points.T))[1]
    along, aside = (points - middle) @ axis[:, 1], (points - middle) @ axis[:, 0]
    bow = np.polyfit(along, aside, 2)
    even = np.linspace(along.min(), along.max(), PLACES)
    return np.asarray(
        middle + even[:, None] * axis[:, 1] + np.polyval(bow, even)[:, None] * axis[:, 0]
    )


def _gap(
    hu: np.ndarray, away_mm: np.ndarray, inner: np.ndarray, level_hu: float, long_mm: float
) -> tuple[float, np.ndarray]:
    """How wide (mm) the border is without a flap in it, and where (2,) its middle lies."""
    nothing = 0.0, np.full(2, np.nan)
    if level_hu < SOFT_HU + 50 or long_mm <= 0:
        return nothing
    least = ndimage.minimum_filter(ndimage.gaussian_filter(hu, 0.7), 5)
    with np.errstate(invalid="ignore"):
        border = inner & (np.abs(away_mm) < STEP_MM)
    deep = ndimage.distance_transform_edt(inner, sampling=STEP_MM) > OFF_WALL_MM - 1.5
    border &= deep
    if border.sum() < 6:
        return nothing
    open_ = border & (least > SOFT_HU + OPEN * (level_hu - SOFT_HU))
    pieces, count = ndimage.label(open_, np.ones((3, 3)))
    if not count:
        return nothing
    sizes = np.bincount(pieces.ravel())[1:]
    rows, columns = np.nonzero(pieces == int(sizes.argmax()) + 1)
    points = np.column_stack([rows, columns]) * STEP_MM
    wide = (
        float(np.ptp(points @ np.linalg.eigh(np.cov(points.T))[1][:, -1])) if len(rows) > 2 else 0.0
    )
    far = offsets_mm(hu.shape[0])
    return wide + 3 * STEP_MM if wide else 0.0, np.array([far[columns].mean(), far[rows].mean()])


def _thickness(thick_mm: np.ndarray) -> Number:
    """How thick the flap is where it is seen."""
    by = "blurred edges of both lumens fitted across the flap"
    known = thick_mm[np.isfinite(thick_mm)]
    if len(known) < 5:
        return unknown("mm", by, "The false lumen is too dark beside the flap.")
    spread = 1.4826 * float(np.median(np.abs(known - np.median(known))))
    return Number(
        float(np.median(known)), float(np.hypot(spread / 2, FLAP_SD * np.median(known))), "mm", by
    )
