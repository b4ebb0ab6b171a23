"""Restored volumes made to agree with what was measured, in closed form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from viewer.enhance.acquisition import Acquisition
from viewer.volume.separable import along

SLICES = 16  # of the acquired volume, worked on at once
NEAR, STEPS, MOST_BACK = 1e-3, 60, 1e9
AGREED = 0.97, 1.03  # chi-square: no better is the noise of a scan known
CEILING, MOST_FLOOR = 1.1, 8.0  # of the chi-square of a neighborhood
NEIGHBORHOOD = 1.5, 2.5, 2.5  # Gaussian, voxels
LEAST_NEAR = np.float32(1e-3)  # below it nothing was taken away that could be more
MANY = 2_000_000  # voxels tell how much is too little
INT16 = -32768, 32767
AIR_HU = -900.0  # below it noise is cut off at the lowest value, and tells nothing


@dataclass(frozen=True, eq=False)
class Agreement:
    """How a restored volume agrees with the scan.

    `chi_square` is the mean square of the residual over that of the noise, `strength` the
    lambda in units of the noise's share (infinite: the guess was kept), `residual` (acquired
    grid, float32) the scan less what the scanner would have given of the restored volume, in HU.
    """

    hu: np.ndarray
    residual: np.ndarray
    strength: float
    chi_square: float


def smoothest(acquired_hu: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    """The smoothest volume that was measured as `acquired_hu` (float32): no network is asked."""
    return along(acquired_hu, acquisition.each(lambda axis: axis.spread))


def agreeing(guess: np.ndarray, acquired_hu: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    """The volume next to `guess` that was measured as `acquired_hu`, before rounding (float32).

    x = g + S A' (A S A')^-1 (y - A g): what is missing is added as smoothly as can be.
    """
    missing = np.asarray(acquired_hu, np.float32) - acquisition.acquired(guess)
    out = smoothest(missing, acquisition)
    out += guess
    return out


def rounded(fine: np.ndarray, acquired_hu: np.ndarray, acquisition: Acquisition) -> np.ndarray:
    """The volume in whole HU (int16) whose means over the acquired voxels are those measured.

    Exact where measured values are multiples of 1 / (new voxels in an acquired one), as whole
    HU are; else within half of that. The sums so far are rounded, so no voxel moves by over 1.
    """
    x, y, z = acquisition.factor
    count = acquisition.voxels
    out = np.empty(fine.shape, np.int16)
    for low in range(0, len(acquired_hu), SLICES):
        wanted = np.asarray(acquired_hu[low : low + SLICES], np.float64)
        a, b, c = wanted.shape
        box = slice(low * x, (low + a) * x)
        parts = np.asarray(fine[box], np.float64).reshape(a, x, b, y, c, z)
        parts = parts.transpose(0, 2, 4, 1, 3, 5).reshape(a, b, c, count)
        parts = parts + (wanted - parts.mean(axis=-1))[..., None]
        so_far = np.rint(np.cumsum(parts, axis=-1))
        whole = np.diff(so_far, axis=-1, prepend=0)
        back = whole.reshape(a, b, c, x, y, z).transpose(0, 3, 1, 4, 2, 5)
        out[box] = np.clip(back.reshape(a * x, b * y, c * z), *INT16)
    return out


def weighed(
    guess: np.ndarray,
    sd_hu: np.ndarray,
    acquired_hu: np.ndarray,
    noise_hu: np.ndarray | float,
    acquisition: Acquisition,
) -> np.ndarray:
    """Guess and scan together, each by the inverse of its variance (float32).

    `sd_hu` is the deviation of the guess on the new voxels; where it is far off by its own word
    the scan counts for more.
    """
    missing = np.asarray(acquired_hu, np.float32) - acquisition.acquired(guess)
    noise = np.broadcast_to(np.asarray(noise_hu, np.float32), missing.shape)
    x = acquisition.factor[0]
    for low in range(0, len(missing), SLICES):
        slab = slice(low, low + SLICES)
        off = np.square(acquisition.means(sd_hu[low * x : (low + SLICES) * x]), dtype=np.float32)
        missing[slab] *= off / (off + np.square(noise[slab]))
    out = smoothest(missing, acquisition)
    out += guess
    return out


@dataclass(frozen=True)
class Pull:
    """How a guess is brought to lie as far from a scan as its noise.

    Where the chi-square of a neighborhood is above `ceiling` or below `floor` it is made that;
    `back` is 1 / lambda of what is still too much on the whole.
    """

    floor: float = 0.0
    ceiling: float = CEILING
    back: float = 0.0


AS_GUESSED = Pull(ceiling=float("inf"))


def within_noise(
    guess: np.ndarray,
    acquired_hu: np.ndarray,
    noise_hu: np.ndarray | float,
    acquisition: Acquisition,
    pull: Pull | None = None,
) -> Agreement:
    """The volume next to `guess` whose residual is as large as the noise, no larger, no smaller.

    By the discrepancy principle (Morozov 1966) the residual's chi-square in the body is 1, as
    nearly as noise is known. First in every neighborhood: structure that the guess took for noise
    comes back. Then, where that was not enough, on the whole: x = g + S A' (A S A' + lambda)^-1
    (y - A g) in the eigenvectors of A S A'. `noise_hu` is a number or a map on the acquired grid.
    Of a part of a scan the `pull` is given that `pull_of` finds for the whole.
    """
    expected = acquisition.acquired(guess)
    body = in_body(expected)
    missing = np.asarray(acquired_hu, np.float32) - expected
    del expected
    near = nearby(missing, noise_hu)
    if pull is None:
        pull = pull_of([missing], [near], [noise_hu], [body], acquisition)
    missing, taken = _evened(missing, near, body, pull)
    del near
    out = smoothest(taken, acquisition)
    out += guess
    if pull.back > 0:
        found = along(missing, acquisition.each(lambda axis: axis.vectors.T))
        share = _shares(acquisition)
        missing = _left(found, share, pull.back, acquisition)
        found *= pull.back / (1 + pull.back * share)
        out += along(found, acquisition.each(lambda axis: axis.back))
    strength = 1 / pull.back if pull.back > 0 else float("inf")
    return Agreement(out, missing, strength, chi_square(missing, noise_hu, body))


def nearby(missing: np.ndarray, noise_hu: np.ndarray | float) -> np.ndarray:
    """The chi-square of the neighborhood of each acquired voxel (float32)."""
    square = np.square(missing / noise_hu, dtype=np.float32)
    return np.asarray(gaussian_filter(square, NEIGHBORHOOD, mode="nearest", truncate=3))


def _evened(
    missing: np.ndarray, near: np.ndarray, body: np.ndarray, pull: Pull
) -> tuple[np.ndarray, np.ndarray]:
    """The residual after neighborhoods were evened out, and what went into the volume for it."""
    left = missing * np.sqrt(_kept(near, body, pull.floor, pull.ceiling))
    return left, missing - left


def _kept(near: np.ndarray, body: np.ndarray, floor: float, ceiling: float) -> np.ndarray:
    """What is kept of the squared residual of each voxel; more than all where it is too small."""
    wanted = np.minimum(near, np.float32(ceiling))
    if floor > 0:
        np.maximum(wanted, np.float32(floor), out=wanted, where=body)
    return np.asarray(wanted / np.maximum(near, LEAST_NEAR), np.float32)


def chi_square(
    residual: np.ndarray, noise_hu: np.ndarray | float, body: np.ndarray | None = None
) -> float:
    """The mean of the squared residual over the squared noise, in the body where one is given."""
    square = np.square(residual / noise_hu, dtype=np.float32)
    counted = square if body is None else square[body]
    return float(np.mean(counted, dtype=np.float64))


def in_body(expected_hu: np.ndarray) -> np.ndarray:
    """Which voxels are no air round the body; all where there is nothing else."""
    body = expected_hu > AIR_HU
    return body if body.any() else np.ones(body.shape, bool)


def _shares(acquisition: Acquisition) -> np.ndarray:
    """The eigenvalues of A S A', so shaped that they go with coefficients (k,j,i)."""
    shares = np.ones((1, 1, 1), np.float32)
    for number, axis in enumerate(acquisition.axes):
        if axis is not None:
            shape = [1, 1, 1]
            shape[number] = -1
            shares = shares * axis.values.reshape(shape).astype(np.float32)
    return shares


def _left(
    found: np.ndarray, share: np.ndarray, pull: float, acquisition: Acquisition
) -> np.ndarray:
    """The residual at 1 / lambda, on the acquired grid."""
    vectors = acquisition.each(lambda axis: axis.vectors)
    return along(found / (1 + np.float32(pull) * share), vectors)


def pull_of(
    missing: Sequence[np.ndarray],
    near: Sequence[np.ndarray],
    noise_hu: Sequence[np.ndarray | float],
    bodies: Sequence[np.ndarray],
    acquisition: Acquisition,
) -> Pull:
    """What brings the chi-square of residuals to 1, to the nearer end of `AGREED`.

    `missing` are the residuals of the guess in parts of a scan that `acquisition` fits, with the
    chi-square of their neighborhoods, their noise and where the body is.
    """
    told = list(zip(missing, near, noise_hu, bodies, strict=True))
    thin = [_thinned(*each) for each in told]
    square, around = (np.concatenate([each[n] for each in thin]) for n in (0, 1))
    inside = np.ones(around.shape, bool)

    def evened(floor: float) -> float:
        return float(np.mean(square * _kept(around, inside, floor, CEILING), dtype=np.float64))

    if evened(0.0) < AGREED[0]:
        return Pull(floor=_where(lambda floor: evened(floor) - AGREED[0], 0.0, MOST_FLOOR))
    if evened(0.0) <= AGREED[1]:
        return Pull()
    first = [_evened(part, level, body, Pull())[0] for part, level, _, body in told]
    found = [along(part, acquisition.each(lambda axis: axis.vectors.T)) for part in first]
    share, sizes = _shares(acquisition), [np.count_nonzero(body) for body in bodies]

    def too_little(back: float) -> float:
        parts = [_left(part, share, back, acquisition) for part in found]
        each = [chi_square(*part) for part in zip(parts, noise_hu, bodies, strict=True)]
        return AGREED[1] - float(np.average(each, weights=sizes))

    high = 1.0
    while too_little(high) < 0 and high < MOST_BACK:
        high *= 8
    return Pull(back=_where(too_little, 0.0, high))


def _thinned(
    missing: np.ndarray, near: np.ndarray, noise_hu: np.ndarray | float, body: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Squared residuals over squared noise of some voxels of the body, and their neighborhoods'."""
    step = missing.size // MANY + 1
    noise = np.broadcast_to(np.asarray(noise_hu, np.float32), missing.shape)
    some = np.flatnonzero(body.reshape(-1)[::step]) * step
    return np.square(missing.flat[some] / noise.flat[some]), near.flat[some]


def _where(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is 0, by bisection."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        value = rising(middle)
        if abs(value) < NEAR:
            break
        low, high = (low, middle) if value > 0 else (middle, high)
    return middle
