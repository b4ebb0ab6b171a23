"""A volume cut into overlapping tiles, and their answers put together again."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

MARGIN_VOXELS = 16
FEATHER = 1 / 8  # standard deviation of the weights, in sides of a tile
LEAST_WEIGHT = 1e-3
CHUNK = 8

Triple = tuple[int, int, int]
Box = tuple[slice, slice, slice]
Answer = Callable[[Box], np.ndarray]


@dataclass(frozen=True, eq=False)
class Tiling:
    """Tiles of `tile` voxels that start at `starts` (n, 3), in voxels of a volume of `shape`.

    Tiles may reach beyond the volume. They lie on one lattice of `multiple` voxels whatever
    their size, so a network that halves its grid sees the same voxels in pairs.
    """

    shape: Triple
    tile: Triple
    starts: np.ndarray

    @property
    def voxels(self) -> int:
        """Voxels to be computed, overlaps included."""
        return len(self.starts) * int(np.prod(self.tile))

    @property
    def held_voxels(self) -> int:
        """Voxels of the volume that are held at once while answers are put together."""
        if not len(self.starts):
            return 0
        low, high = self.reach
        return int(self.tile[0] * np.prod((high - low)[1:]))

    @property
    def reach(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last corner (3,) of the part of the volume that tiles cover."""
        low = np.maximum(self.starts.min(axis=0), 0)
        return low, np.minimum(self.starts.max(axis=0) + self.tile, self.shape)

    def box(self, start: np.ndarray) -> Box:
        """Where a tile lies; it may begin before zero and end beyond the shape."""
        first, second, third = (
            slice(int(at), int(at) + side) for at, side in zip(start, self.tile, strict=True)
        )
        return first, second, third


def lay_tiles(needed: np.ndarray, largest: Triple, overlap: float, multiple: int) -> Tiling:
    """The tiles that cover the `needed` voxels (bool, d, h, w) of a volume.

    `largest` is the most voxels along each axis, `overlap` the share that neighbors have in
    common, or a little more. A tile is laid where needed voxels are in its inner part: those at
    its rim are answered better by a neighbor.
    """
    shape: Triple = needed.shape  # type: ignore[assignment]
    first, second, third = (
        min(_down(side, multiple), _up(count + 2 * MARGIN_VOXELS, multiple))
        for side, count in zip(largest, shape, strict=True)
    )
    tile = (first, second, third)
    axes = [_axis(count, side, overlap, multiple) for count, side in zip(shape, tile, strict=True)]
    rim = [
        int(overlap * length / 4) if len(a) > 1 else 0 for length, a in zip(tile, axes, strict=True)
    ]
    kept = []
    for start in itertools.product(*axes):
        inner = tuple(
            slice(
                max(at + cut, 0) if at > -MARGIN_VOXELS else 0,
                max(at + length - cut, 0) if at + length < n else n,
            )
            for at, length, cut, n in zip(start, tile, rim, shape, strict=True)
        )
        if needed[inner].any():
            kept.append(start)
    return Tiling(shape, tile, np.array(kept, int).reshape(-1, 3))


def one_tile(shape: Triple, multiple: int) -> Tiling:
    """A single tile over all of a box that brings its own margin."""
    first, second, third = (_up(count, multiple) for count in shape)
    return Tiling(shape, (first, second, third), np.zeros((1, 3), int))


def cut(channels: Callable[[Box], np.ndarray], shape: Triple, box: Box) -> np.ndarray:
    """The channels (c, d, h, w) in a box that may reach beyond the volume: its edge goes on."""
    inside = [slice(max(s.start, 0), min(s.stop, n)) for s, n in zip(box, shape, strict=True)]
    within: Box = (inside[0], inside[1], inside[2])
    beyond = [(i.start - s.start, s.stop - i.stop) for i, s in zip(inside, box, strict=True)]
    found = np.asarray(channels(within), np.float32)
    return np.pad(found, [(0, 0), *beyond], mode="edge") if np.any(beyond) else found


def blend(tiling: Tiling, outputs: int, answer: Answer) -> Iterator[tuple[Box, np.ndarray]]:
    """Weighted means of the tiles' answers, some slices at a time, from the first to the last.

    `answer(box)` gives (outputs, *tile) float32. Yields boxes of the volume and the mean there
    (outputs, *box) float32, which is NaN where no tile was. Only as many slices are held as a
    tile is deep.
    """
    if not len(tiling.starts):
        return
    weights = _weights(tiling.tile)
    low, high = tiling.reach
    across = (slice(int(low[1]), int(high[1])), slice(int(low[2]), int(high[2])))
    depth = tiling.tile[0]
    held = np.zeros((outputs + 1, depth, *(high - low)[1:]), np.float32)
    starts = tiling.starts[np.argsort(tiling.starts[:, 0], kind="stable")]
    layers = [(key, list(rows)) for key, rows in itertools.groupby(starts, key=lambda row: row[0])]
    for number, (first, rows) in enumerate(layers):
        for start in rows:
            _add(held, answer(tiling.box(start)), weights, start - (first, low[1], low[2]))
        following = layers[number + 1][0] if number + 1 < len(layers) else first + depth
        done = int(min(following - first, depth))
        yield from _means(held[:, :done], int(first), across, tiling.shape[0])
        for each in held:
            each[: depth - done] = each[done:]
            each[depth - done :] = 0


def _means(
    held: np.ndarray, first: int, across: tuple[slice, slice], count: int
) -> Iterator[tuple[Box, np.ndarray]]:
    """The finished slices that lie in the volume, a few at a time."""
    begin, end = max(first, 0), min(first + held.shape[1], count)
    for at in range(begin, end, CHUNK):
        slices = slice(at, min(at + CHUNK, end))
        part = held[:, slices.start - first : slices.stop - first]
        with np.errstate(invalid="ignore"):
            yield (slices, *across), part[:-1] / part[-1]


def _add(held: np.ndarray, answer: np.ndarray, weights: np.ndarray, at: np.ndarray) -> None:
    """Add a tile's weighted answer where it lies in what is held."""
    to, of = [], []
    for start, length, room in zip(at, weights.shape, held.shape[1:], strict=True):
        to.append(slice(max(int(start), 0), min(int(start) + length, room)))
        of.append(slice(to[-1].start - int(start), to[-1].stop - int(start)))
    share = weights[tuple(of)]
    for channel, values in enumerate(answer):
        held[channel][tuple(to)] += values[tuple(of)] * share
    held[-1][tuple(to)] += share


def _weights(tile: Triple) -> np.ndarray:
    """A Gaussian over a tile, 1 at its center and nowhere zero."""
    sides = [
        np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (FEATHER * n)) ** 2).clip(LEAST_WEIGHT)
        for n in tile
    ]
    return np.einsum("i,j,k->ijk", *sides).astype(np.float32)


def _axis(count: int, side: int, overlap: float, multiple: int) -> list[int]:
    """Where tiles start along an axis, spread evenly on the lattice."""
    whole = _up(count + 2 * MARGIN_VOXELS, multiple)
    if whole <= side:
        return [-MARGIN_VOXELS]
    step = max(int((1 - overlap) * side) // multiple, 1) * multiple
    gaps = -(-(whole - side) // step)
    ends = np.linspace(0, (whole - side) // multiple, gaps + 1)
    return [round(at) * multiple - MARGIN_VOXELS for at in ends]


def _down(side: int, multiple: int) -> int:
    return max(side // multiple, 1) * multiple


def _up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
