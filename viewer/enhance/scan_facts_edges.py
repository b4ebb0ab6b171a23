"""How sharp a scan is, in its slices and across them, from the smooth edges of the body."""

from dataclasses import dataclass

import numpy as np

from viewer.progress import Progress
from viewer.volume.volume import Volume

SLABS = 16
REACH = 6  # pixels to each side of an edge
ENOUGH_EDGES = 30
LEAST_STEP_HU = 120.0
MOST = 1000
# The most of its direction that an edge in the slice may have along the slices: the least that
# leaves enough edges, as slanted ones show the slices' thickness too.
FLAT, ENOUGH_FLAT = (0.12, 0.2, 0.35), 60
FWHM = 2.3548
_TURNS = 10
# By how much it is off on scans of known blur: with slices to see the slant, and without.
_OFF, _OFF_UPRIGHT = 0.03, 0.1


@dataclass(frozen=True, eq=False)
class Sharpness:
    """What edges tell, each with its deviation; None where too few edges were fit for it.

    `mtf50_per_mm` is where the modulation transfer in the slice has fallen to one half,
    `profile_mm` the slice profile's full width at half maximum if it is bell-shaped.
    """

    edges: int
    mtf50_per_mm: float | None
    mtf50_sd: float | None
    profile_mm: float | None
    profile_sd_mm: float | None


@dataclass(frozen=True, eq=False)
class _Edges:
    """Steps of brightness fitted to pieces of the scan, one a row.

    `sigma_mm` is the blur across the edge, `steep` the share of its normal along the slices;
    `away_mm` and `height` (n, samples) are places across the edge and brightness from 0 to 1.
    """

    sigma_mm: np.ndarray
    steep: np.ndarray
    away_mm: np.ndarray
    height: np.ndarray


def measure_sharpness(volume: Volume, noise_hu: float, progress: Progress) -> Sharpness:
    """How sharp a scan is; `noise_hu` is the standard deviation of its noise."""
    spacing = np.array(volume.grid.spacing_mm)
    deep = 2 if spacing[0] < 1.6 * spacing[1] else 1
    if len(volume.voxels) < 2 * deep + 3 or min(volume.grid.shape[1:]) < 4 * REACH:
        return Sharpness(0, None, None, None, None)
    edges = _edges(volume.voxels, spacing, deep, noise_hu, progress.part(0.0, 0.5))
    profile, profile_sd = _profile(edges, spacing)
    # Slices are taken to hold what lies in them alone, where nothing else is known.
    deep_mm = profile / FWHM if profile else float(spacing[0]) / np.sqrt(12)
    mtf, mtf_sd = _mtf50(edges, spacing, deep_mm, upright=False)
    if mtf is None:
        # Surfaces that bend too much between thick slices may still be smooth in each of them.
        single = _edges(volume.voxels, spacing, 0, noise_hu, progress.part(0.5, 1.0))
        mtf, mtf_sd = _mtf50(single, spacing, deep_mm, upright=True)
    return Sharpness(len(edges.sigma_mm), mtf, mtf_sd, profile, profile_sd)


def _edges(
    voxels: np.ndarray, spacing: np.ndarray, deep: int, noise_hu: float, progress: Progress
) -> _Edges:
    """The edges that are smooth, free of other structure and well above the noise."""
    reach = max(deep, 1)
    picked = np.unique(np.linspace(reach, len(voxels) - reach - 1, SLABS).astype(int))
    boxes, normals = [], []
    for k in progress.over(picked, len(picked), "Measuring sharpness"):
        slab = voxels[k - reach : k + reach + 1].astype(np.float32)
        place, normal = _candidates(slab, spacing, max(LEAST_STEP_HU, 10 * noise_hu))
        keep = slice(None, None, max(1, -(-len(place) * len(picked) // MOST)))
        view = np.lib.stride_tricks.sliding_window_view(
            slab[reach - deep : reach + deep + 1], (2 * REACH + 1, 2 * REACH + 1), axis=(1, 2)
        )
        at = place[keep] - REACH
        boxes.append(view[:, at[:, 0], at[:, 1]].transpose(1, 0, 2, 3))
        normals.append(normal[keep])
    return _fitted(np.concatenate(boxes), np.concatenate(normals), spacing, noise_hu)


def _candidates(
    slab: np.ndarray, spacing: np.ndarray, step_hu: float
) -> tuple[np.ndarray, np.ndarray]:
    """Places (n,2) of the steepest voxel of each small square of the middle slice, and normals.

    The squares are 8 voxels wide; normals (n,3) point to the bright side, in mm.
    """
    from scipy.ndimage import gaussian_filter

    middle = len(slab) // 2
    smooth = gaussian_filter(slab[middle - 1 : middle + 2], (0, 1, 1), truncate=3)
    down, right = np.gradient(smooth[1], spacing[1], spacing[2])
    slope = np.stack([(smooth[2] - smooth[0]) / (2 * spacing[0]), down, right])
    size = np.linalg.norm(slope, axis=0)
    size[: REACH + 1] = size[-REACH - 1 :] = 0
    size[:, : REACH + 1] = size[:, -REACH - 1 :] = 0
    a, b = (n // 8 for n in size.shape)
    tiles = size[: a * 8, : b * 8].reshape(a, 8, b, 8).transpose(0, 2, 1, 3).reshape(a, b, 64)
    best = tiles.argmax(axis=-1)
    row, column = np.nonzero(tiles.max(axis=-1) * 4 * max(spacing[1], 0.5) > step_hu)
    inner = best[row, column]
    place = np.stack([row * 8 + inner // 8, column * 8 + inner % 8], axis=1)
    normal = slope[:, place[:, 0], place[:, 1]].T
    return place, normal / np.linalg.norm(normal, axis=1, keepdims=True)


def _fitted(boxes: np.ndarray, normal: np.ndarray, spacing: np.ndarray, noise_hu: float) -> _Edges:
    """Steps seen through a Gaussian, fitted to boxes (n,k,j,i) by damped Gauss-Newton.

    Unknown are the two levels, the blur, and where the edge lies: a parabola over its plane. In
    boxes of a single slice it is taken to stand upright.
    """
    from scipy.special import ndtr

    n, planes = boxes.shape[:2]
    given = normal[:, 0]
    if planes == 1:
        normal = normal * [0, 1, 1]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    k, j, i = (
        (np.indices(boxes.shape[1:]) - np.array([planes // 2, REACH, REACH])[:, None, None, None])
        * spacing[:, None, None, None]
    ).reshape(3, -1)
    along = np.stack([np.zeros(n), -normal[:, 2], normal[:, 1]], axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    third = np.cross(normal, along)
    points = np.stack([k, j, i])
    d, p, q = normal @ points, along @ points, third @ points
    reach_mm = REACH * float(spacing[1:].mean())
    weight = ((np.abs(d) < 0.8 * reach_mm) & (np.hypot(p, q) < reach_mm)).astype(float)
    values = boxes.reshape(n, points[0].size).astype(float)
    terms = np.stack([np.ones_like(p), p, q, p * p, p * q, q * q], axis=-1)
    low, high = np.percentile(values, 15, axis=1), np.percentile(values, 85, axis=1)
    place = np.zeros((n, 6))
    log_sigma = np.full(n, np.log(0.6 * spacing[1:].mean() + 0.1))
    damp = np.full(n, 1e-3)

    def model(
        low: np.ndarray, high: np.ndarray, place: np.ndarray, log_sigma: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        away = (d - np.einsum("nsx,nx->ns", terms, place)) / np.exp(log_sigma)[:, None]
        share = ndtr(away)
        return away, share, values - low[:, None] - (high - low)[:, None] * share

    away, share, rest = model(low, high, place, log_sigma)
    error = (weight * rest**2).sum(axis=1)
    for _ in range(_TURNS):
        bell = (high - low)[:, None] * np.exp(-0.5 * away**2) / np.sqrt(2 * np.pi)
        shift = -bell / np.exp(log_sigma)[:, None]
        slopes = np.concatenate(
            [
                np.stack([1 - share, share, -bell * away], axis=-1),
                shift[..., None] * terms,
            ],
            axis=-1,
        )
        weighted = slopes * weight[..., None]
        normal_matrix = np.matmul(weighted.transpose(0, 2, 1), slopes)
        right = np.einsum("nsx,ns->nx", weighted, rest)
        diagonal = np.einsum("nxx->nx", normal_matrix)
        lifted = normal_matrix + (damp[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(9)
        move = np.linalg.solve(lifted, right[..., None])[..., 0]
        move[:, 2] = np.clip(move[:, 2], -0.5, 0.5)
        tried = (
            low + move[:, 0],
            high + move[:, 1],
            place + move[:, 3:],
            np.clip(log_sigma + move[:, 2], np.log(0.08), np.log(6.0)),
        )
        found = model(*tried)
        new_error = (weight * found[2] ** 2).sum(axis=1)
        better = new_error < error
        low, high, log_sigma = (
            np.where(better, b, a)
            for a, b in zip((low, high, log_sigma), (tried[0], tried[1], tried[3]), strict=True)
        )
        place = np.where(better[:, None], tried[2], place)
        damp = np.clip(np.where(better, damp / 4, damp * 8), 1e-6, 1e3)
        away, share, rest = model(low, high, place, log_sigma)
        error = (weight * rest**2).sum(axis=1)
    tilt = np.sqrt(1 + place[:, 1] ** 2 + place[:, 2] ** 2)
    sigma = np.exp(log_sigma) / tilt
    turned = normal - place[:, 1:2] * along - place[:, 2:3] * third
    steep = given if planes == 1 else turned[:, 0] / np.linalg.norm(turned, axis=1)
    spread = np.sqrt(error / np.maximum(weight.sum(axis=1) - 9, 1))
    step = high - low
    bend = np.abs(place[:, 3:]).max(axis=1) * reach_mm
    good = (step > max(LEAST_STEP_HU, 10 * noise_hu)) & (spread < 1.3 * noise_hu + 0.03 * step)
    good &= (np.abs(place[:, 0]) < 0.4 * reach_mm) & (bend < 0.35) & (tilt < 1.2)
    good &= (sigma > 0.1) & (weight.sum(axis=1) > 60)
    height = (values[good] - low[good, None]) / step[good, None]
    height[weight[good] == 0] = np.nan
    return _Edges(sigma[good], steep[good], (away * sigma[:, None])[good], height)


def _commonest(values: np.ndarray, wide: float = 0.12) -> float:
    """The mode of positive values from their sharp side (the least blur is the scanner's)."""
    logs = np.log(values)
    middle = float(np.percentile(logs, 25))
    for _ in range(30):
        middle = float(logs[np.abs(logs - middle) < wide].mean())
    return float(np.exp(middle))


def _mtf50(
    edges: _Edges, spacing: np.ndarray, deep_mm: float, *, upright: bool
) -> tuple[float | None, float | None]:
    """Where the modulation transfer is one half, and its deviation.

    What slices of the deviation `deep_mm` blur slanted edges is taken out of edges fitted as if
    `upright`; of others, whose slant is fitted, it is a doubt. The deviation is that doubt, what
    fifths of the edges differ by, and by how much the method is off.
    """
    flat = np.zeros(len(edges.steep), bool)
    for most in FLAT:
        if np.count_nonzero(flat) < ENOUGH_FLAT:
            flat = np.abs(edges.steep) < most
    if np.count_nonzero(flat) < ENOUGH_EDGES:
        return None, None
    usual = _commonest(edges.sigma_mm[flat])
    kept = np.flatnonzero(flat & (np.abs(np.log(edges.sigma_mm / usual)) < 0.2))
    if len(kept) < ENOUGH_EDGES:
        return None, None

    def half(some: np.ndarray, taken_out: bool = upright) -> float | None:
        slant_mm = deep_mm * float(np.sqrt(np.mean(edges.steep[some] ** 2)))
        return _half(edges.away_mm[some], edges.height[some], slant_mm * taken_out, spacing)

    value, other = half(kept), half(kept, not upright)
    parts = [half(kept[n::5]) for n in range(5)]
    known = [part for part in parts if part is not None]
    if value is None or other is None or len(known) < 3:
        return None, None
    spread = float(np.std(known, ddof=1) / np.sqrt(len(known)))
    off = (_OFF_UPRIGHT if upright else _OFF) * value
    return value, float(np.linalg.norm([spread, off, 0.5 * (value - other)]))


def _half(
    away_mm: np.ndarray, height: np.ndarray, slant_mm: float, spacing: np.ndarray
) -> float | None:
    """The frequency where edges, laid over each other and differentiated, transfer one half.

    The dark side alone is used and mirrored: behind the bright side of skin lies fat, not more
    of the same. The slices' thickness blurs slanted edges by `slant_mm`, which is taken out.
    """
    step = float(spacing[1:].mean()) / 6
    reach = 0.75 * REACH * float(spacing[1:].mean())
    known = np.isfinite(height)
    places, heights = away_mm[known], height[known]
    cells = np.arange(-reach, reach + step, step)
    which = np.digitize(places, cells) - 1
    inside = (which >= 0) & (which < len(cells) - 1)
    count = np.bincount(which[inside], minlength=len(cells) - 1)
    if count.min() < 3:
        return None
    rise = np.bincount(which[inside], heights[inside], minlength=len(cells) - 1) / count
    middles = 0.5 * (cells[1:] + cells[:-1])
    line = np.diff(rise) / step
    at = 0.5 * (middles[1:] + middles[:-1])
    core = np.abs(at) < 0.3 * reach
    center = float(np.sum(at[core] * np.clip(line[core], 0, None) ** 2))
    center /= float(np.sum(np.clip(line[core], 0, None) ** 2))
    far = np.arange(0.5, int(0.9 * reach / step)) * step
    side = np.interp(center - far, at, line) * np.cos(0.5 * np.pi * far / far[-1]) ** 2
    cycles = np.linspace(0.02, 0.5 / step / 3, 400)
    transfer = np.cos(2 * np.pi * cycles[:, None] * far) @ side / side.sum()
    transfer /= np.sinc(cycles * step) ** 2
    transfer /= np.maximum(np.exp(-2 * (np.pi * slant_mm * cycles) ** 2), 0.3)
    below = np.flatnonzero(transfer < 0.5)
    if not len(below) or below[0] == 0:
        return None
    n = below[0]
    part = (transfer[n - 1] - 0.5) / (transfer[n - 1] - transfer[n])
    return float(cycles[n - 1] + part * (cycles[n] - cycles[n - 1]))


def _profile(edges: _Edges, spacing: np.ndarray) -> tuple[float | None, float | None]:
    """The slice profile's width from edges that cross the slices more and less steeply.

    sigma^2 = in-slice^2 (1 - s^2) + along^2 s^2 for the share s of the normal along the slices.
    """
    steep2 = edges.steep**2
    flat = steep2 < 0.1
    slanted = (steep2 > 0.15) & (steep2 < 0.98)
    if np.count_nonzero(flat) < ENOUGH_EDGES or np.count_nonzero(slanted) < ENOUGH_EDGES:
        return None, None
    within = _commonest(edges.sigma_mm[flat])
    seen, share = np.log(edges.sigma_mm[slanted]), steep2[slanted]
    widths = float(spacing[0]) * np.geomspace(0.1, 4, 150)
    model = 0.5 * np.log(within**2 * (1 - share[:, None]) + widths**2 * share[:, None])
    # An edge far off any width is of another kind and has no say.
    votes = np.exp(-0.5 * ((seen[:, None] - model) / 0.12) ** 2)
    value = widths[votes.sum(axis=0).argmax()]
    parts = [widths[votes[n::5].sum(axis=0).argmax()] for n in range(5)]
    if not widths[0] < value < widths[-1]:
        return None, None
    return FWHM * float(value), FWHM * float(np.std(parts, ddof=1) / np.sqrt(5))
