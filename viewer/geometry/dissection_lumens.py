"""The two lumens of a dissected artery in planes across it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.dissection_planes import STEP_MM, Planes, offsets_mm
from viewer.segment.mask import ARTERY, CALCIFICATION

SOFT_HU = 50.0
ALONG_MM, ACROSS = 1.0, 1.0  # smoothing: mm along the path, pixels across it
EVEN = 0.12  # of the contrast for each pixel: where brightness changes less is within a lumen
RIDGE, RIDGE_SHARE = 4.0, 0.12  # pixels; what stands out of its surroundings is within one too
SHEET, DIP = 7, 0.1  # pixels: what is thinner and so much darker than both its sides is a flap
BRIGHT, METAL = 0.25, 1.5  # of the contrast: blood, however weak, and what is too bright for it
WALL_MM, RIM_MM = 1.0, 1.5
LEAST_CORE_MM2, LEAST_MM2, LEAST_SHARE = 6.0, 20.0, 0.06
LEAST_CONTRAST_HU = 80.0
APART_MM, LEAST_WIDE_MM = 24.0, 7.0
LEAST_RUN_MM, LEAST_FULL, MOST_GAP_MM = 25.0, 0.6, 20.0
FIRST, SECOND = 1, 2


@dataclass(frozen=True, eq=False)
class Lumens:
    """Two lumens along a path: `first` to `last` are the sections that a flap parts.

    `which` (n,h,w) uint8 is 1 and 2 within them and 0 outside; `open_` (n,) says where no flap is
    seen between them, `blood_hu` (2,) how bright they are.
    """

    first: int
    last: int
    which: np.ndarray
    parted: np.ndarray
    blood_hu: np.ndarray


def within(wall_mm: np.ndarray, width: int, margin_mm: float = 0.0) -> np.ndarray:
    """The pixels (n,w,w) of planes that lie inside outlines (n,m), so far from them."""
    far = offsets_mm(width)
    count = wall_mm.shape[1]
    turn = np.mod(np.arctan2(far[:, None], far[None]), 2 * np.pi) * count / (2 * np.pi)
    low = np.floor(turn).astype(int)
    part = turn - low
    reach = wall_mm[:, low % count] * (1 - part) + wall_mm[:, (low + 1) % count] * part
    with np.errstate(invalid="ignore"):
        return np.asarray(np.hypot(far[:, None], far[None])[None] < reach - margin_mm)


def lumens(planes: Planes, wall_mm: np.ndarray) -> tuple[Lumens, ...]:
    """The stretches in which a flap parts the artery inside its outer wall (n,m), with both lumens.

    A lumen is where brightness is even; two in one section that are bright, face each other
    over most of their width a few millimeters apart and fill one round wall are parted by a flap.
    """
    hu, cores = _cores(planes, wall_mm)
    if cores is None:
        return ()
    inside, inner = (within(wall_mm, planes.hu.shape[2], off) for off in (0.0, RIM_MM))
    pairs = [_pair(core, own) for core, own in zip(cores, inside, strict=True)]
    found = []
    for first, last in _runs(np.array([pair is not None for pair in pairs]), planes.frames.s_mm):
        seeds = _followed(cores[first : last + 1], pairs[first : last + 1])
        part = slice(first, last + 1)
        which = _flooded(hu[part], inside[part], inner[part], seeds)
        whole = np.zeros(cores.shape, np.uint8)
        whole[first : last + 1] = which
        parted = np.array([pair is not None for pair in pairs])
        bright = [float(np.median(hu[first : last + 1][seeds == n])) for n in (FIRST, SECOND)]
        found.append(Lumens(first, last, whole, parted, np.array(bright)))
    return tuple(found)


def _cores(planes: Planes, wall_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The smoothed scan, and where (n,h,w) its blood is even inside the outer wall."""
    s = planes.frames.s_mm
    step = float(s[-1]) / max(len(s) - 1, 1)
    hu = ndimage.gaussian_filter(np.clip(planes.hu, -100, 1500), (ALONG_MM / step, ACROSS, ACROSS))
    inner = within(wall_mm, planes.hu.shape[2], WALL_MM)
    blood = hu[inner & (planes.labels == ARTERY)]
    if not blood.size:
        return hu, None
    contrast = float(np.percentile(blood, 75)) - SOFT_HU
    if contrast < LEAST_CONTRAST_HU:
        return hu, None
    slope = np.hypot(ndimage.sobel(hu, 1), ndimage.sobel(hu, 2)) / 8
    wide = (0, RIDGE, RIDGE)
    held = ndimage.gaussian_filter(inner.astype(np.float32), wide)
    around = ndimage.gaussian_filter(np.where(inner, hu, 0.0), wide) / np.maximum(held, 1e-3)
    bright = (planes.hu > SOFT_HU + METAL * contrast) | (planes.labels == CALCIFICATION)
    metal = ndimage.binary_dilation(bright, np.ones((1, 5, 5)))
    even = (slope < EVEN * contrast) | (~metal & (hu > around + RIDGE_SHARE * contrast))
    sheet = ndimage.black_tophat(np.where(inner, hu, SOFT_HU), (1, SHEET, SHEET))
    even &= inner & (hu > SOFT_HU + BRIGHT * contrast) & ~bright & (sheet < DIP * contrast)
    flat = np.ones((1, 3, 3), bool)
    return hu, ndimage.binary_closing(even, flat) & inner


def _pair(core: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The two lumens (h,w) of one section, the larger first, if a flap parts it."""
    pieces, _ = ndimage.label(ndimage.binary_opening(core, np.ones((2, 2))))
    sizes = np.bincount(pieces.ravel())[1:] * STEP_MM**2
    large = np.flatnonzero(sizes >= LEAST_CORE_MM2) + 1
    if len(large) < 2:
        return None
    order = large[np.argsort(-sizes[large - 1])]
    for other in order[1:]:
        one, two = pieces == order[0], pieces == other
        if _lies_beside(one, two) and two.sum() >= LEAST_SHARE * inside.sum() * 0.5:
            return one, two
    return None


def _lies_beside(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether the lesser of two lumens lies as near, and is as wide, as one behind a flap."""
    rows, columns = np.nonzero(two)
    points = np.column_stack([rows, columns]) * STEP_MM
    far = ndimage.distance_transform_edt(~one, sampling=STEP_MM)[two]
    wide = np.sqrt(12 * np.linalg.eigvalsh(np.cov(points.T))[-1])
    return bool(far.min() <= APART_MM and wide >= LEAST_WIDE_MM)


def _runs(parted: np.ndarray, s_mm: np.ndarray) -> list[tuple[int, int]]:
    """First and last section of each long stretch that is parted nearly throughout."""
    own = np.flatnonzero(parted)
    out: list[tuple[int, int]] = []
    start = 0
    for n in range(1, len(own) + 1):
        if n < len(own) and s_mm[own[n]] - s_mm[own[n - 1]] <= MOST_GAP_MM:
            continue
        first, last = int(own[start]), int(own[n - 1])
        full = parted[first : last + 1].mean()
        if s_mm[last] - s_mm[first] >= LEAST_RUN_MM and full >= LEAST_FULL:
            out.append((first, last))
        start = n
    return out


def _followed(cores: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray] | None]) -> np.ndarray:
    """The lumens' cores (n,h,w) with one number for each lumen along a stretch.

    From the section whose lesser lumen is largest, each piece of the next one takes the number
    of the piece that it continues; one that continues both, as at a tear, is parted between them.
    """
    out = np.zeros(cores.shape, np.uint8)
    lesser = [0 if pair is None else np.count_nonzero(pair[1]) for pair in pairs]
    best = lesser.index(max(lesser))
    for number, core in enumerate(pairs[best] or (), FIRST):
        out[best][core] = number
    for way in (range(best + 1, len(cores)), range(best - 1, -1, -1)):
        before = out[best]
        for n in way:
            out[n] = _continued(cores[n], before)
            if all((out[n] == k).any() for k in (FIRST, SECOND)):
                before = out[n]
    return out


def _continued(core: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The numbers of a section's core, from those of the section before."""
    far = [ndimage.distance_transform_edt(before != k) for k in (FIRST, SECOND)]
    nearest = np.where(far[0] <= far[1], FIRST, SECOND)
    out = np.zeros(core.shape, np.uint8)
    pieces, count = ndimage.label(core)
    for n in range(1, count + 1):
        piece = pieces == n
        held = [np.count_nonzero(before[piece] == k) for k in (FIRST, SECOND)]
        if min(held) > 0.25 * max(held):
            out[piece] = nearest[piece]
        elif max(held):
            out[piece] = FIRST if held[0] > held[1] else SECOND
        else:
            out[piece] = np.bincount(nearest[piece]).argmax()
    return out


def _flooded(
    hu: np.ndarray, inside: np.ndarray, inner: np.ndarray, seeds: np.ndarray
) -> np.ndarray:
    """Which lumen each pixel (n,h,w) inside the wall belongs to.

    To the one whose core it is reached from over the least steep way; at the wall itself, where
    all is steep, to the nearest one.
    """
    out = np.zeros(seeds.shape, np.uint8)
    slope = np.hypot(ndimage.sobel(hu, 1), ndimage.sobel(hu, 2)) / 8
    most = max(float(np.percentile(slope[inner], 98)) if inner.any() else 1.0, 1e-6)
    cost = np.clip(slope / most * 250, 0, 250).astype(np.uint8)
    for n in range(len(hu)):
        marks = np.where(inner[n], seeds[n], 0).astype(np.int16)
        if not (marks > 0).any():
            continue
        marks[~inner[n]] = -1
        flood = ndimage.watershed_ift(cost[n], marks)
        found = np.where(inner[n] & (flood > 0), flood, 0)
        place = ndimage.distance_transform_edt(
            found == 0, return_distances=False, return_indices=True
        )
        out[n] = np.where(inside[n], found[tuple(place)], 0)
    return out
