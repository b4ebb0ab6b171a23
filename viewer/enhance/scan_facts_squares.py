"""Squares of slices, and of what neighboring slices differ by, in which noise is measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

EVEN_HU = (-160.0, 350.0)
ENOUGH = 12  # squares


@dataclass(frozen=True, eq=False)
class Squares:
    """Squares of the slices `first` and following.

    A square has `side` voxels along its sides; `mean` (HU) and `variance` are (slices, rows,
    columns) of squares. `rest` has the differences along rows of the differences along columns
    of each, in which little structure is left, and `variance` is their mean square; `steep` is
    the energy of each square's slope and bend.
    """

    first: int
    side: int
    hu: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    rest: np.ndarray
    steep: np.ndarray

    def of_squares(self, values: np.ndarray) -> np.ndarray:
        """Values of voxels in the middles of the squares."""
        out = values[:, self.side // 2 :: self.side, self.side // 2 :: self.side]
        return out[:, : self.mean.shape[1], : self.mean.shape[2]]

    def even(self, level: np.ndarray, spread: float) -> np.ndarray:
        """Which hold noise alone (slices, rows, columns), of the `level` of each voxel."""
        inside = (self.mean > EVEN_HU[0]) & (self.mean < EVEN_HU[1])
        with np.errstate(invalid="ignore"):
            off = np.cbrt(self.variance) / np.cbrt(self.of_squares(level) ** 2) - 1
        return inside & (np.abs(off) < 2.5 * spread)


def squares(planes: np.ndarray, first: int, side: int) -> Squares:
    """The squares of some slices."""
    hu = planes.astype(np.float32)
    tiles = _tiles(hu, side)
    rest, variance = _fine(tiles)
    # Air that was cut off at the lowest value shows half of its noise.
    cut = (tiles <= hu.min()).mean(axis=(-2, -1)) > 0.02
    variance[cut | (variance < 1e-3)] = np.nan
    return Squares(first, side, hu, tiles.mean(axis=(-2, -1)), variance, rest, _steep(tiles))


def differences(slab: Squares, near: Sequence[float]) -> Squares:
    """The squares of what a slice differs by from the slices beside it, as noisy as one slice.

    What goes on through the slices, or changes evenly, cancels; noise that correlates with the
    next slice and the one after by the first two of `near` does not.
    """
    sum_of_squares = 6 - 8 * near[0] + 2 * near[1]
    hu = (2 * slab.hu[1:-1] - slab.hu[:-2] - slab.hu[2:]) / np.float32(np.sqrt(sum_of_squares))
    rest, variance = _fine(_tiles(hu, slab.side))
    known = slab.variance[:-2] + slab.variance[1:-1] + slab.variance[2:]
    variance[~np.isfinite(known)] = np.nan
    mean = (slab.mean[:-2] + slab.mean[1:-1] + slab.mean[2:]) / 3
    return replace(slab, hu=hu, mean=mean, variance=variance, rest=rest)


def neighbors(
    slabs: Sequence[Squares], levels: Sequence[np.ndarray], spread: float
) -> tuple[float, ...]:
    """Correlation of noise with the next slice, the one after and so on."""
    out = []
    for step in range(1, len(slabs[0].hu)):
        found = []
        for slab, level in zip(slabs, levels, strict=True):
            even = slab.even(level, spread)
            for k in range(len(even) - step):
                pair = even[k] & even[k + step]
                a, b = slab.rest[k][pair], slab.rest[k + step][pair]
                pairs = ((a, b), (a, a), (b, b))
                both, one, two = (np.einsum("nji,nji->n", *each) for each in pairs)
                found.append(both / np.sqrt(one * two))
        values = np.concatenate(found)
        if len(values) >= ENOUGH:
            # The median: a vessel that goes through both slices adds to few squares.
            out.append(float(np.median(values)))
    return tuple(out)


def calmest(slabs: Sequence[Squares], levels: Sequence[np.ndarray]) -> list[Squares]:
    """The same with no variance of the squares that slope and bend more than half of them.

    Noise that slopes says nothing of noise that is fine, but structure shows in both.
    """
    much = [s.steep / s.of_squares(x) ** 2 for s, x in zip(slabs, levels, strict=True)]
    kept = [np.isfinite(s.variance) & (s.mean > EVEN_HU[0]) & (s.mean < EVEN_HU[1]) for s in slabs]
    soft = np.concatenate([each[keep] for each, keep in zip(much, kept, strict=True)])
    most = np.median(soft) if len(soft) else np.inf
    return [
        replace(s, variance=np.where(each <= most, s.variance, np.nan))
        for s, each in zip(slabs, much, strict=True)
    ]


def mode(variances: np.ndarray, spread: float | None = None) -> tuple[float, float, int]:
    """The commonest of many variances, their relative spread and how many agree with it.

    Cube roots of variances of noise are nearly normal (Wilson and Hilferty 1931), so that the
    mean of those within 1.5 deviations of itself is found by iteration from the lowest tenth;
    the deviation comes from those below, which no structure adds to.
    """
    roots = np.cbrt(variances)
    middle = float(np.percentile(roots, 10))
    wide = 0.15 if spread is None else spread
    near = roots
    for _ in range(25):
        near = roots[np.abs(roots - middle) < 1.5 * wide * middle]
        if not len(near):
            break
        middle = float(near.mean())
        below = near[near < middle]
        if spread is None and len(below):
            wide = float(np.sqrt(np.mean((below - middle) ** 2) / 0.5516)) / middle
            wide = float(np.clip(wide, 0.01, 0.4))
    return (middle / (1 - wide**2)) ** 3, wide, len(near)


def _tiles(hu: np.ndarray, side: int) -> np.ndarray:
    """Slices cut into squares (slices, rows, columns, side, side)."""
    n, a, b = len(hu), hu.shape[1] // side, hu.shape[2] // side
    tiles = hu[:, : a * side, : b * side].reshape(n, a, side, b, side)
    return np.ascontiguousarray(tiles.transpose(0, 1, 3, 2, 4))


def _fine(tiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differences along rows of differences along columns, and their mean squares."""
    rest = np.diff(np.diff(tiles, axis=-1), axis=-2)
    return rest, np.einsum("kjiyx,kjiyx->kji", rest, rest) / rest[0, 0, 0].size


def _steep(tiles: np.ndarray) -> np.ndarray:
    """The energy of each square's slope and bend."""
    side = tiles.shape[-1]
    y, x = (each.ravel() / side for each in np.indices((side, side)) - (side - 1) / 2)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    basis = np.linalg.qr(terms)[0][:, 1:].astype(np.float32)
    bends = tiles.reshape(*tiles.shape[:3], -1) @ basis
    return np.einsum("kjix,kjix->kji", bends, bends)
