"""Restored volumes made to agree with what was measured, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.enhance.acquisition import Acquisition
from viewer.volume.separable import along

SLICES = 16  # of the acquired volume, worked on at once
NEAR, STEPS, MOST_PULL = 1e-3, 60, 1e9
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


def within_noise(
    guess: np.ndarray,
    acquired_hu: np.ndarray,
    noise_hu: np.ndarray | float,
    acquisition: Acquisition,
    pull: float | None = None,
) -> Agreement:
    """The volume next to `guess` whose residual is as large as the noise, no larger, no smaller.

    x = g + S A' (A S A' + lambda)^-1 (y - A g) in the eigenvectors of A S A'; lambda by the
    discrepancy principle (Morozov 1966): the residual's chi-square in the body is 1. A guess that
    lies closer to the scan than its noise is moved on, away from it, until the residual is that
    large. `noise_hu` is a number or a map on the acquired grid. Of a part of a scan the `pull` is
    given that `pull_of` finds for the whole.
    """
    expected = acquisition.acquired(guess)
    body = in_body(expected)
    missing = np.asarray(acquired_hu, np.float32) - expected
    if pull is None:
        pull = pull_of([missing], [noise_hu], [body], acquisition)
    if pull <= 0:
        return _farther(guess, missing, -pull, noise_hu, body, acquisition)
    found = along(missing, acquisition.each(lambda axis: axis.vectors.T))
    share = _shares(acquisition)
    weights = pull / (1 + pull * share)
    out = along(found * weights, acquisition.each(lambda axis: axis.back))
    residual = _left(found, share, pull, acquisition)
    out += guess
    return Agreement(out, residual, 1 / pull, chi_square(residual, noise_hu, body))


def _farther(
    guess: np.ndarray,
    missing: np.ndarray,
    share: float,
    noise_hu: np.ndarray | float,
    body: np.ndarray,
    acquisition: Acquisition,
) -> Agreement:
    """A guess nearer to the scan than its noise, moved on by a share of what it took away."""
    more = np.float32(share)
    out = guess - smoothest(more * missing, acquisition)
    residual = (1 + more) * missing
    return Agreement(out, residual, float("inf"), chi_square(residual, noise_hu, body))


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
    noise_hu: Sequence[np.ndarray | float],
    bodies: Sequence[np.ndarray],
    acquisition: Acquisition,
) -> float:
    """1 / lambda at which the residual's chi-square is 1, by bisection; 0 keeps the guess.

    Below 0 it is by what share of what it took away the guess has to be moved on. `missing` are
    the residuals of the guess in parts of a scan that `acquisition` fits, with their noise and
    where the body is.
    """
    sizes = [np.count_nonzero(body) for body in bodies]

    def chi(parts: Sequence[np.ndarray]) -> float:
        each = [chi_square(*told) for told in zip(parts, noise_hu, bodies, strict=True)]
        return float(np.average(each, weights=sizes))

    before = chi(missing)
    if before <= 1:
        return 1 - 1 / float(np.sqrt(before)) if before > 0 else 0.0
    found = [along(part, acquisition.each(lambda axis: axis.vectors.T)) for part in missing]
    share = _shares(acquisition)

    def excess(pull: float) -> float:
        return chi([_left(part, share, pull, acquisition) for part in found]) - 1

    low, high = 0.0, 1.0
    while excess(high) > 0 and high < MOST_PULL:
        low, high = high, 8 * high
    for _ in range(STEPS):
        middle = (low + high) / 2
        value = excess(middle)
        if abs(value) < NEAR:
            break
        low, high = (middle, high) if value > 0 else (low, middle)
    return middle
