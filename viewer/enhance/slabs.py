"""Big grids cut into pieces, so that memory stays small and a person can cancel."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from viewer.progress import Progress

SLAB_VOXELS = 1_500_000
BLOCK_VOXELS = 48
WORKERS = 2

Piece = TypeVar("Piece")
Box = tuple[slice, slice, slice]


def slabs(shape: tuple[int, ...], halo: int) -> list[tuple[slice, slice, slice]]:
    """For each slab its slices, those with a halo on both sides, and the slab inside the latter."""
    depth = max(1, halo, SLAB_VOXELS // max(1, shape[1] * shape[2]))
    out = []
    for start in range(0, shape[0], depth):
        stop = min(start + depth, shape[0])
        low, high = max(start - halo, 0), min(stop + halo, shape[0])
        out.append((slice(start, stop), slice(low, high), slice(start - low, stop - low)))
    return out


def blocks(shape: tuple[int, ...]) -> list[Box]:
    """The cubes of at most 48 voxels a side that a grid is made of."""
    axes = [
        [slice(at, min(at + BLOCK_VOXELS, n)) for at in range(0, n, BLOCK_VOXELS)] for n in shape
    ]
    return [(a, b, c) for a, b, c in itertools.product(*axes)]


def whole(shape: tuple[int, ...]) -> Box:
    """The box of all that a grid holds."""
    first, second, third = (slice(0, n) for n in shape)
    return first, second, third


def held(part: np.ndarray, at: Box) -> Box | None:
    """The smallest box that holds all of an array (bool) that lies at a box; None for nothing."""
    rows = np.any(part, axis=2)
    found = [np.flatnonzero(line) for line in (rows.any(axis=1), rows.any(axis=0))]
    if not len(found[0]):
        return None
    found.append(np.flatnonzero(part.any(axis=(0, 1))))
    first, second, third = (
        slice(b.start + int(f[0]), b.start + int(f[-1]) + 1) for b, f in zip(at, found, strict=True)
    )
    return first, second, third


def around(box: Box, reach: Sequence[int], shape: tuple[int, ...]) -> Box:
    """A box with so many voxels more on all sides, within the grid."""
    first, second, third = (
        slice(max(b.start - r, 0), min(b.stop + r, n))
        for b, r, n in zip(box, reach, shape, strict=True)
    )
    return first, second, third


def common(one: Box, other: Box) -> Box | None:
    """What two boxes have in common; None where that is nothing."""
    first, second, third = (
        slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    both = (first, second, third)
    return both if all(each.start < each.stop for each in both) else None


def inside(box: Box, wide: Box) -> Box:
    """A box as it lies in a wider one."""
    first, second, third = (
        slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, wide, strict=True)
    )
    return first, second, third


def together(
    pieces: Iterable[Piece], work: Callable[[Piece], None], progress: Progress, message: str = ""
) -> None:
    """Do work that writes nothing in common on all pieces, two at a time.

    What comes out is the same whatever the order; a person can cancel between pieces.
    """
    every = list(pieces)
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for _ in progress.over(pool.map(work, every), len(every), message):
            pass
    finally:
        pool.shutdown(cancel_futures=True)
