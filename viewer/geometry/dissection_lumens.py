"""The two lumens of a dissected artery in planes across it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.dissection_planes import STEP_MM, Planes, filled, offsets_mm
from viewer.geometry.section import measured
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
FACING_MM, LEAST_FACING, MOST_SOLID = 2.0, 0.5, 0.92
MOST_LONG, MOST_FAT = 1.7, 0.03
LEAST_RUN_MM, LEAST_FULL, MOST_GAP_MM = 25.0, 0.6, 20.0
END_MM, SAME = 10.0, 0.3
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
    round_ = _round(hu, inner, wall_mm)
    pairs = [
        _pair(core, own) if one else None
        for core, own, one in zip(cores, inside, round_, strict=True)
    ]
    found = []
    shown = np.flatnonzero(np.isfinite(wall_mm).all(axis=1))
    parted = np.array([pair is not None for pair in pairs])
    s = planes.frames.s_mm
    for first, last in _runs(parted, s):
        part = slice(first, last + 1)
        seeds, low, high = _followed(cores[part], pairs[part], s[part])
        if s[first + high] - s[first + low] < LEAST_RUN_MM:
            continue
        seeds, first, last = seeds[low : high + 1], first + low, first + high
        before = np.flatnonzero(shown < first)  # where the vessel leaves the scan, to its end
        if len(before) and s[first] - s[shown[0]] <= END_MM:
            seeds, first = (
                np.pad(seeds, ((first - shown[0], 0), (0, 0), (0, 0)), mode="edge"),
                int(shown[0]),
            )
        if s[shown[-1]] - s[last] <= END_MM:
            seeds, last = (
                np.pad(seeds, ((0, shown[-1] - last), (0, 0), (0, 0)), mode="edge"),
                int(shown[-1]),
            )
        part = slice(first, last + 1)
        whole = np.zeros(cores.shape, np.uint8)
        whole[part] = _flooded(hu[part], inside[part], inner[part], seeds)
        bright = [float(np.median(hu[part][seeds == n])) for n in (FIRST, SECOND)]
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
    """Whether the lesser of two lumens lies as near, and is as wide, as one behind a flap.

    Two that are both round and meet only in the middle are two vessels beside each other.
    """
    rows, columns = np.nonzero(two)
    points = np.column_stack([rows, columns]) * STEP_MM
    far = ndimage.distance_transform_edt(~one, sampling=STEP_MM)[two]
    values, axes = np.linalg.eigh(np.cov(points.T))
    if far.min() > APART_MM or np.sqrt(12 * values[-1]) < LEAST_WIDE_MM:
        return False
    along = points @ axes[:, -1]
    facing = np.ptp(along[far <= far.min() + FACING_MM]) / np.ptp(along)
    return bool(facing >= LEAST_FACING or min(_solid(one), _solid(two)) < MOST_SOLID)


def _solid(part: np.ndarray) -> float:
    """How much of its convex hull some pixels fill."""
    return float(part.sum() / max(filled(part).sum(), 1))


def _round(hu: np.ndarray, inner: np.ndarray, wall_mm: np.ndarray) -> np.ndarray:
    """Which sections (n,) hold one vessel: no long outline round two, and no fat within."""
    shape = measured(wall_mm)
    fat = (inner & (hu < 0)).sum(axis=(1, 2)) / np.maximum(inner.sum(axis=(1, 2)), 1)
    with np.errstate(invalid="ignore"):
        long = shape["diameter_max_mm"] > MOST_LONG * shape["diameter_min_mm"]
    return np.asarray(~long & (fat < MOST_FAT))


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


def _followed(
    cores: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray] | None], s_mm: np.ndarray
) -> tuple[np.ndarray, int, int]:
    """The lumens' cores (n,h,w), one number for each along a stretch, and its ends (sections).

    From the section whose lesser lumen is largest, each piece of the next one takes the number
    of the piece that it continues; one that continues both, as at a tear, is parted between them.
    The stretch ends where neither of two pieces continues a lumen: beyond, it is a branch that
    leaves, seen beside the vessel.
    """
    out = np.zeros(cores.shape, np.uint8)
    lesser = [0 if pair is None else np.count_nonzero(pair[1]) for pair in pairs]
    best = lesser.index(max(lesser))
    for number, core in enumerate(pairs[best] or (), FIRST):
        out[best][core] = number
    ends = []
    for way in (range(best - 1, -1, -1), range(best + 1, len(cores))):
        end = best
        for n in way:
            if abs(s_mm[n] - s_mm[end]) > MOST_GAP_MM:
                break
            out[n] = _continued(cores[n], out[end])
            if _same(out[n], out[end]):
                end = n
        ends.append(end)
    return out, ends[0], ends[1]


def _same(here: np.ndarray, before: np.ndarray) -> bool:
    """Whether both lumens of a section lie where those of another one do."""
    for number in (FIRST, SECOND):
        one, two = here == number, before == number
        least = min(np.count_nonzero(one), np.count_nonzero(two))
        if not least or np.count_nonzero(one & two) < SAME * least:
            return False
    return True


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
