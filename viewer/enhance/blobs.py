"""Round bright spots in axial slices, and the longest chains of them: how a great vessel looks."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.progress import Progress

THRESHOLDS_HU = (85, 105, 130, 160, 200, 250, 310, 380, 470, 580, 720)
NARROWEST_MM, WIDEST_MM = 3.5, 34.0
FIELDS = ("slice", "row", "column", "radius_mm", "hu", "spread_hu", "round", "threshold")


@dataclass(frozen=True, eq=False)
class Chain:
    """One round spot a plane: `spots` (n,8) with the columns of `FIELDS`, and its score in mm.

    `axis` is the array axis along which it runs, and at right angles to which its spots are round.
    """

    spots: np.ndarray
    score: float
    axis: int = 0

    @property
    def hu(self) -> float:
        """Median over the spots of the mean HU inside."""
        return float(np.median(self.spots[:, 4]))

    @property
    def radius_mm(self) -> float:
        """Median radius."""
        return float(np.median(self.spots[:, 3]))

    @property
    def spread_hu(self) -> float:
        """Median over the spots of the spread inside."""
        return float(np.median(self.spots[:, 5]))

    def length_mm(self, spacing_mm: tuple[float, float, float]) -> float:
        """How far the chain reaches along its axis."""
        return float(np.ptp(self.spots[:, self.axis]) + 1) * spacing_mm[self.axis]


def axis_first(axis: int) -> tuple[int, int, int]:
    """The order of array axes that begins with one and keeps the others."""
    first, second = (n for n in range(3) if n != axis)
    return axis, first, second


def spots_above(
    hu: np.ndarray,
    inside: np.ndarray,
    threshold: float,
    spacing_mm: tuple[float, float, float],
    narrowest_mm: float = NARROWEST_MM,
) -> np.ndarray:
    """Round regions of the slices brighter than a threshold (n,8; columns of `FIELDS`)."""
    cross = np.zeros((3, 3, 3), bool)
    cross[1] = ndimage.generate_binary_structure(2, 1)
    bright = ndimage.binary_opening((hu > threshold) & inside, cross)
    labels, count = ndimage.label(bright, cross)
    where = np.flatnonzero(labels)
    if count == 0:
        return np.empty((0, len(FIELDS)))
    own = labels.ravel()[where]
    k, j, i = np.unravel_index(where, hu.shape)
    y, x = j * spacing_mm[1], i * spacing_mm[2]
    value = hu.ravel()[where].astype(np.float64)
    n = np.bincount(own, minlength=count + 1).astype(np.float64)
    n[0] = 1

    def mean(v: np.ndarray) -> np.ndarray:
        return np.bincount(own, v, count + 1) / n

    my, mx = mean(y), mean(x)
    vy, vx = mean(y * y) - my**2, mean(x * x) - mx**2
    cell = spacing_mm[1] ** 2 / 12 + spacing_mm[2] ** 2 / 12
    vy, vx = vy + cell / 2, vx + cell / 2
    vxy = mean(x * y) - mx * my
    half, root = (vx + vy) / 2, np.sqrt(((vx - vy) / 2) ** 2 + vxy**2)
    major, minor = half + root, np.maximum(half - root, 1e-6)
    area = n * spacing_mm[1] * spacing_mm[2]
    radius = np.sqrt(area / np.pi)
    filled = np.minimum(area / (4 * np.pi * np.sqrt(major * minor)), 1)
    aspect = np.sqrt(minor / major)
    far = np.hypot(y - my[own], x - mx[own]) / radius[own]
    core, rim = far < 0.55, (far >= 0.55) & (far < 0.85)
    nc = np.maximum(np.bincount(own, core, count + 1), 1)
    nr = np.maximum(np.bincount(own, rim, count + 1), 1)
    center = np.bincount(own, value * core, count + 1) / nc
    edge = np.bincount(own, value * rim, count + 1) / nr
    spread = np.sqrt(np.maximum(np.bincount(own, value**2 * core, count + 1) / nc - center**2, 0))
    dip = np.clip((edge - center) / np.maximum(center, 50), 0, 1)
    score = (
        filled**2
        * aspect
        * np.clip(1 - 4 * dip, 0, 1)
        * np.clip(1.4 - 2.5 * spread / np.maximum(center, 50), 0, 1)
    )
    fit = (
        (radius > narrowest_mm)
        & (radius < WIDEST_MM)
        & (aspect > 0.55)
        & (filled > 0.86)
        & (score > 0.15)
    )
    fit[0] = False
    slices = np.zeros(count + 1)
    slices[own] = k
    rows = np.stack(
        [
            slices,
            my / spacing_mm[1],
            mx / spacing_mm[2],
            radius,
            center,
            spread,
            score,
            np.full(count + 1, float(threshold)),
        ],
        axis=1,
    )
    return rows[fit]


def spots(
    hu: np.ndarray,
    inside: np.ndarray,
    spacing_mm: tuple[float, float, float],
    progress: Progress,
    narrowest_mm: float = NARROWEST_MM,
) -> np.ndarray:
    """Round regions at every threshold (n,8), sorted by slice."""
    thresholds = [t for t in THRESHOLDS_HU if t < float(hu.max(initial=0))]
    found = [
        spots_above(hu, inside, t, spacing_mm, narrowest_mm)
        for t in progress.over(thresholds, len(thresholds), "Looking for round vessels")
    ]
    if not found:
        return np.empty((0, len(FIELDS)))
    rows = np.concatenate(found)
    return rows[np.argsort(rows[:, 0], kind="stable")]


def linked(
    below: np.ndarray, above: np.ndarray, spacing_mm: tuple[float, float, float]
) -> np.ndarray:
    """How well spots (m,8) continue spots (n,8) further down: (n,m), -inf where they cannot."""
    rise = (above[None, :, 0] - below[:, None, 0]) * spacing_mm[0]
    away = np.hypot(
        (above[None, :, 1] - below[:, None, 1]) * spacing_mm[1],
        (above[None, :, 2] - below[:, None, 2]) * spacing_mm[2],
    )
    r0, r1 = below[:, None, 3], above[None, :, 3]
    ratio = np.abs(np.log(r1 / r0))
    h0, h1 = below[:, None, 4], above[None, :, 4]
    change = np.abs(h1 - h0) / (20 + 0.1 * np.maximum(h0, h1))
    good = (away < 1.0 * rise + 0.25 * np.minimum(r0, r1)) & (ratio < 0.4) & (change < 1.5)
    cost = 0.4 * away / (rise + 1) + ratio * 2 + 0.4 * change
    return np.where(good, -cost - 0.5 * (rise - spacing_mm[0]), -np.inf)


def chains(
    rows: np.ndarray, spacing_mm: tuple[float, float, float], progress: Progress, most: int = 12
) -> list[Chain]:
    """The best chains of round spots, best first, no spot used twice."""
    out: list[Chain] = []
    left = rows
    for _ in range(most):
        progress.check()
        chain = longest(left, spacing_mm)
        if chain is None or chain.score < 6.0:
            break
        out.append(chain)
        used = np.zeros(len(left), bool)
        for spot in chain.spots:
            near = np.abs(left[:, 0] - spot[0]) < 0.5
            away = np.hypot(
                (left[:, 1] - spot[1]) * spacing_mm[1], (left[:, 2] - spot[2]) * spacing_mm[2]
            )
            used |= near & (away < np.maximum(0.8 * spot[3], 0.8 * left[:, 3]))
        left = left[~used]
    return out


def longest(rows: np.ndarray, spacing_mm: tuple[float, float, float]) -> Chain | None:
    """The chain of greatest score: roundness times mm, less bends (dynamic programming)."""
    if len(rows) == 0:
        return None
    gain = rows[:, 6] * spacing_mm[0]
    total = gain.copy()
    before = np.full(len(rows), -1)
    levels = rows[:, 0].astype(int)
    first = np.searchsorted(levels, np.arange(levels.max() + 2))
    gap = max(1, int(8.0 / spacing_mm[0]))
    for level in range(1, levels.max() + 1):
        now = slice(first[level], first[level + 1])
        past = slice(first[max(level - gap, 0)], first[level])
        if now.start == now.stop or past.start == past.stop:
            continue
        link = linked(rows[past], rows[now], spacing_mm)
        sums = total[past][:, None] + link
        best = sums.argmax(axis=0)
        value = sums[best, np.arange(sums.shape[1])]
        better = value > 0
        index = np.arange(now.start, now.stop)[better]
        total[index] = gain[index] + value[better]
        before[index] = past.start + best[better]
    at = int(total.argmax())
    score = float(total[at])
    path = []
    while at >= 0:
        path.append(at)
        at = int(before[at])
    return Chain(rows[path[::-1]], score)
