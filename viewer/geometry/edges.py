"""Where the lumen ends along rays across a vessel: half way from its blood to what lies outside."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.special import ndtr

from viewer.geometry.frames import Frames
from viewer.geometry.section import angles
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid
from viewer.volume.lines import along_lines
from viewer.volume.volume import Volume

SAMPLES = 72
LEAST_REACH_MM = 2.5
REACH = 1.35
WALL_HU = 45.0  # the vessel's own wall, which is soft tissue
FAT_HU = -100.0  # beyond it the vessel's own wall is what ends the lumen
BEYOND_MM, MEAN_MM = 1.5, 1.0
CALCIUM_HU = 130.0
CALCIUM_SHARE = 0.35
RISE_MM, RISE_SAMPLES, STEEP = 0.8, 5, 0.7
SMOOTHING_MM = 6.0
JUMP, JUMP_MM = 1.35, 1.0
AWAY_VOXELS = 2.0


@dataclass(frozen=True, eq=False)
class Rays:
    """What a scan shows along m rays from each of n points of a path.

    `hu` (n,m,k) float32 at k even distances up to `reach_mm` (n,); `within_mm` (n,m) is how far
    the mask goes along each ray (nan without a mask), `blood_hu` (n,) the lumen's own brightness.
    `leaves_mm` (n,m) is where each ray leaves the scan.
    """

    hu: np.ndarray
    reach_mm: np.ndarray
    within_mm: np.ndarray
    blood_hu: np.ndarray
    leaves_mm: np.ndarray | float = np.inf

    @property
    def step_mm(self) -> np.ndarray:
        """Distance between samples (n,)."""
        return np.asarray(self.reach_mm / (self.hu.shape[2] - 1))


def cast(
    volume: Volume,
    mask: VesselMask | None,
    label: int,
    frames: Frames,
    radius_mm: np.ndarray,
    count: int,
) -> Rays:
    """Rays across a vessel whose radius (n,) mm is roughly known."""
    reach = REACH * radius_mm + np.maximum(LEAST_REACH_MM, 2 * max(volume.grid.spacing_mm))
    reach = ndimage.maximum_filter1d(reach, 5)
    share = np.linspace(0.0, 1.0, SAMPLES)
    turn = angles(count)[:, None]
    way = (
        np.cos(turn)[None] * frames.across[:, None] + np.sin(turn)[None] * frames.up[:, None]
    )  # (n,m,3)
    far = (reach[:, None] * share)[:, None, :]
    index = _indices(volume.grid, frames, way, far)
    hu = along_lines(volume.voxels, index)
    within = np.full(hu.shape[:2], np.nan)
    if mask is not None:
        if mask.grid is not volume.grid:  # as where the mask was found on divided voxels
            index = _indices(mask.grid, frames, way, far)
        own = along_lines(mask.labels, index, order=0) == label
        own[:, :, 0] = True
        within = (
            np.where(own.all(axis=2), SAMPLES, (~own).argmax(axis=2))
            * (reach / (SAMPLES - 1))[:, None]
        )
    blood = _blood(hu, reach, radius_mm, frames.s_mm)
    return Rays(hu, reach, within, blood, _leaving(volume.grid, frames, way))


def _indices(grid: Grid, frames: Frames, way: np.ndarray, far_mm: np.ndarray) -> np.ndarray:
    """Fractional indices (3,n,m,k) of places so far (n,1,k) mm along directions (n,m,3).

    The three coordinates stand apart, as the sampling wants them.
    """
    step = way @ grid.index_from_lps[:3, :3].T
    start = grid.index(frames.points_lps)
    return np.asarray(start.T[:, :, None, None] + far_mm * np.moveaxis(step, 2, 0)[..., None])


def _leaving(grid: Grid, frames: Frames, way: np.ndarray) -> np.ndarray:
    """How far (n,m) mm one can go from a path along directions (n,m,3) before the scan ends."""
    start, step = grid.index(frames.points_lps), way @ grid.index_from_lps[:3, :3].T
    last = np.where(step > 0, np.array(grid.shape) - 0.5, -0.5)
    with np.errstate(divide="ignore"):
        far = (last - start[:, None]) / np.where(step == 0, np.nan, step)
    return np.asarray(np.nanmin(far, axis=2, initial=np.inf))


def _blood(
    hu: np.ndarray, reach_mm: np.ndarray, radius_mm: np.ndarray, s_mm: np.ndarray
) -> np.ndarray:
    """Brightness of the lumen (n,): the median of its inner half, steady along the vessel."""
    far = reach_mm[:, None] * np.linspace(0.0, 1.0, hu.shape[2])
    inner = far <= np.maximum(0.5 * radius_mm[:, None], far[:, 1:2])
    seen = np.where(inner[:, None], hu, np.nan).reshape(len(hu), -1)
    level = np.nanmedian(seen, axis=1)
    step = s_mm[-1] / max(len(s_mm) - 1, 1)
    wide = int(max(1, SMOOTHING_MM / max(step, 1e-6))) | 1
    return np.asarray(ndimage.median_filter(level, min(wide, 2 * len(level) + 1), mode="nearest"))


def walls(
    rays: Rays,
    voxel_mm: float,
    noise_hu: float,
    *,
    lined_mm: np.ndarray | None = None,
    blur_mm: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Distance (n,m) mm to the half maximum along each ray, and where an edge shows it (bool).

    The first place, going outwards, half way from the lumen's blood to what lies beyond it on
    that ray, or half way up to a calcification. Where the vessel's own wall is known to be
    `lined_mm` (n,) thick, half way to it, less what a blur of `blur_mm` lets through from beyond.
    A ray that runs on into a branch or a neighbor takes the distance of the rays beside it, and is
    not seen.
    """
    hu, step = rays.hu, rays.step_mm[:, None]
    blood = rays.blood_hu[:, None]
    rough = first_below(hu, 0.5 * (blood + np.clip(hu.min(axis=2), FAT_HU, None)))
    outside = _beyond(hu, rough, step, voxel_mm)
    outside = np.maximum(outside, FAT_HU) if lined_mm is None else outside
    outside = ndimage.median_filter(outside, (1, 5), mode="wrap")
    outside = ndimage.uniform_filter1d(outside, 5, axis=1, mode="wrap")
    half = 0.5 * (blood + outside)
    if lined_mm is not None:
        half += np.maximum(WALL_HU - outside, 0) * (ndtr(lined_mm / blur_mm)[:, None] - 0.5)
    edge = first_below(hu, half)
    calcium = _calcium(hu, blood, half, noise_hu, step)
    found = np.fmin(edge, calcium) * step
    seen = np.isfinite(found) & (outside < blood - 3 * noise_hu / 2)
    with np.errstate(invalid="ignore"):
        seen &= ~(found > rays.within_mm + AWAY_VOXELS * voxel_mm)
        seen &= found <= rays.leaves_mm
    return _filled(np.where(seen, found, np.nan), rays)


def first_below(hu: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Fractional sample (n,m) at which rays first fall below a level (n,m); nan if never."""
    return _first(hu < level[..., None], hu, level)


def _calcium(
    hu: np.ndarray, blood: np.ndarray, half: np.ndarray, noise_hu: float, step: np.ndarray
) -> np.ndarray:
    """Fractional sample (n,m) where a calcification begins; nan where there is none.

    Where brightness rises fastest: thin calcium never reaches its own brightness, and half way up
    to what it reaches lies too far in.
    """
    peak = hu.max(axis=2)
    least = blood + np.maximum(np.maximum(CALCIUM_HU, 5 * noise_hu), CALCIUM_SHARE * (blood - half))
    level = np.where(peak > least, 0.5 * (blood + peak), np.inf)
    crossed = _first(hu > level[..., None], hu, level)
    found = np.isfinite(crossed)
    if not found.any():
        return crossed
    rise = ndimage.uniform_filter1d(np.diff(hu[found], axis=1), RISE_SAMPLES, axis=1)
    place = np.arange(rise.shape[1]) + 0.5
    reach = np.broadcast_to(RISE_MM / step, crossed.shape)[found]
    away = place - crossed[found][:, None]
    rise[(away < -0.5 * reach[:, None]) | (away > reach[:, None])] = 0.0
    steep = np.clip(rise - STEEP * rise.max(axis=1, keepdims=True), 0, None)
    crossed[found] = (steep * place).sum(axis=1) / np.maximum(steep.sum(axis=1), 1e-9)
    return crossed


def calcified(rays: Rays, wall_mm: np.ndarray, noise_hu: float) -> np.ndarray:
    """The share of the wall (n,) right beyond which calcium lies."""
    far = rays.step_mm[:, None, None] * np.arange(rays.hu.shape[2])
    beyond = (far > wall_mm[..., None] - MEAN_MM) & (far < wall_mm[..., None] + BEYOND_MM)
    peak = np.where(beyond, rays.hu, -np.inf).max(axis=2)
    return np.asarray((peak > rays.blood_hu[:, None] + max(CALCIUM_HU, 5 * noise_hu)).mean(axis=1))


def _first(over: np.ndarray, hu: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Fractional sample (n,m) of the first change to True along each ray, between samples."""
    over = over.copy()
    over[..., 0] = False
    at = over.argmax(axis=2)
    before = np.maximum(at - 1, 0)[..., None]
    low = np.take_along_axis(hu, before, axis=2)[..., 0]
    high = np.take_along_axis(hu, at[..., None], axis=2)[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.clip((level - low) / (high - low), 0, 1)
    return np.where(over.any(axis=2), before[..., 0] + part, np.nan)


def _beyond(hu: np.ndarray, edge: np.ndarray, step: np.ndarray, voxel_mm: float) -> np.ndarray:
    """Brightness (n,m) just outside an edge: the least mean over a millimeter there.

    A single least voxel would be a dark grain of noise and put the half maximum too far out.
    """
    size = hu.shape[2]
    wide = np.maximum(np.rint(max(MEAN_MM, voxel_mm) / step[:, 0]).astype(int), 1)
    total = np.concatenate(
        [np.zeros((*hu.shape[:2], 1)), np.cumsum(hu, axis=2, dtype=float)], axis=2
    )
    start = np.nan_to_num(np.ceil(edge), nan=size - 1).astype(int)
    reach = np.ceil((1.5 * voxel_mm + BEYOND_MM) / step[:, 0]).astype(int)
    least = np.full(hu.shape[:2], np.inf)
    for turn in range(int(reach.max()) + 1):
        first = np.minimum(start + turn, size - 1)
        last = np.minimum(first + wide[:, None], size)
        mean = (_at(total, last) - _at(total, first)) / (last - first)
        least = np.where(turn <= reach[:, None], np.minimum(least, mean), least)
    return least


def _at(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, place[..., None], axis=2)[..., 0]


def _filled(found: np.ndarray, rays: Rays) -> tuple[np.ndarray, np.ndarray]:
    """Distances (n,m) with what was not seen or leaps out of its neighbors taken from these."""
    count = found.shape[1]
    quarter = count // 4
    round_ = np.concatenate([found[:, -quarter:], found, found[:, :quarter]], axis=1)
    with np.errstate(invalid="ignore"):
        usual = _nanmedian(round_, 2 * quarter + 1)[:, quarter : quarter + count]
        seen = np.isfinite(found) & (found < JUMP * usual + JUMP_MM)
    out = np.where(seen, found, np.nan)
    turn = np.arange(count)
    for row in np.flatnonzero(~seen.all(axis=1)):
        own = np.flatnonzero(seen[row])
        if len(own) >= 3:
            out[row] = np.interp(turn, own, out[row][own], period=count)
        else:
            out[row] = np.nan
    return out, seen


def _nanmedian(values: np.ndarray, size: int) -> np.ndarray:
    """Running median (n,m) along the second axis of what is finite; nan where nothing is."""
    wide = np.lib.stride_tricks.sliding_window_view(
        np.pad(values, ((0, 0), (size // 2, size // 2)), constant_values=np.nan), size, axis=1
    )
    ranked = np.sort(wide, axis=2)  # nan last
    held = np.isfinite(ranked).sum(axis=2)
    middle = np.maximum((held - 1) // 2, 0)
    return np.asarray(np.take_along_axis(ranked, middle[..., None], axis=2)[..., 0])


def measured_blur_mm(rays: Rays, wall_mm: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Standard deviation (k,) mm of the blur at each wall that stands free, as its edge shows it.

    Between a quarter and three quarters of the step a blurred edge is 1.349 deviations wide.
    """
    far = rays.step_mm[:, None, None] * np.arange(rays.hu.shape[2])
    near = np.abs(far - wall_mm[..., None])
    reach = 0.25 * wall_mm
    blood = np.broadcast_to(rays.blood_hu[:, None], wall_mm.shape)
    outside = np.where(near < reach[..., None], rays.hu, np.inf).min(axis=2)
    outside = np.where(np.isfinite(outside), outside, blood)
    quarter = first_below(rays.hu, outside + 0.25 * (blood - outside))
    three = first_below(rays.hu, outside + 0.75 * (blood - outside))
    width = (quarter - three) * rays.step_mm[:, None] / 1.349
    good = seen & np.isfinite(width) & (width > 0) & (blood - outside > 100)
    return np.asarray(width[good])
