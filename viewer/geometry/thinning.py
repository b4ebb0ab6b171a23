"""Thinning of voxels to curves, without changing how they hang together."""

from functools import cache
from itertools import product

import numpy as np

from viewer.progress import Progress

OFFSETS = tuple(o for o in product((-1, 0, 1), repeat=3) if o != (0, 0, 0))
HALF = 13
LOW = (1 << HALF) - 1
NONE = 65535  # the layer of what is no vessel, or no more


def thinned(
    inside: np.ndarray, depth_mm: np.ndarray, step_mm: float, progress: Progress
) -> np.ndarray:
    """Indices (n,3) of a curve skeleton of the true voxels.

    `depth_mm` (k,) is the distance to the wall of each true voxel in array order. From the wall
    inwards, in layers of `step_mm` (Pudney 1998), a voxel goes when it is simple and no end of a
    curve. Each layer is done in eight interleaved sets in which no two voxels touch (Bertrand and
    Aktouf 1994), so that deleting a whole set at once is safe: no piece vanishes or breaks and no
    hole closes.
    """
    field = np.zeros(tuple(n + 2 for n in inside.shape), bool)
    field[1:-1, 1:-1, 1:-1] = inside
    flat = field.reshape(-1)
    steps = np.array([np.ravel_multi_index(np.add(o, 1), field.shape) for o in OFFSETS])
    steps -= np.ravel_multi_index((1, 1, 1), field.shape)
    voxels = np.flatnonzero(flat)
    layer = np.full(field.shape, NONE, np.uint16)
    layer[field] = np.minimum(depth_mm / step_mm, NONE - 1).astype(np.uint16)
    of_layer = layer.reshape(-1)
    ranked = voxels[np.argsort(of_layer[voxels], kind="stable")]
    noted = np.zeros(len(flat), bool)
    last = int(of_layer[ranked[-1]]) if len(ranked) else -1
    bounds = np.searchsorted(of_layer[ranked], np.arange(last + 2))
    for level in range(last + 1):
        progress.at(bounds[level] / len(ranked))
        waiting = ranked[bounds[level] : bounds[level + 1]]
        while len(waiting):
            gone = _peel(flat, waiting, steps, field.shape, progress)
            of_layer[gone] = NONE
            waiting = _beside(of_layer, gone, steps, level, noted)
    return np.argwhere(field) - 1


def _peel(
    flat: np.ndarray,
    waiting: np.ndarray,
    steps: np.ndarray,
    shape: tuple[int, ...],
    progress: Progress,
) -> np.ndarray:
    """Delete one layer among the waiting voxels; which ones went."""
    faces = steps[[sum(map(abs, o)) == 1 for o in OFFSETS]]
    at_wall = np.zeros(len(waiting), bool)
    for step in faces:
        at_wall |= ~flat[waiting + step]
    layer = waiting[at_wall]
    place = np.unravel_index(layer, shape)
    which = (place[0] & 1) * 4 + (place[1] & 1) * 2 + (place[2] & 1)
    gone = []
    for turn in range(8):
        progress.check()
        some = layer[which == turn]
        code = _code(flat, some, steps)
        some = some[is_simple(code) & (np.bitwise_count(code) > 1)]
        flat[some] = False
        gone.append(some)
    return np.concatenate(gone)


def _code(flat: np.ndarray, voxels: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The 26 neighbors of each voxel as bits (k,) uint32."""
    code = np.zeros(len(voxels), np.uint32)
    for bit, step in enumerate(steps):
        code |= flat[voxels + step].astype(np.uint32) << np.uint32(bit)
    return code


def _beside(
    of_layer: np.ndarray, gone: np.ndarray, steps: np.ndarray, level: int, noted: np.ndarray
) -> np.ndarray:
    """The voxels up to a layer that touch one that went, each once; `noted` is false again."""
    found = []
    for step in steps:
        near = gone + step
        near = near[of_layer[near] <= level]
        near = near[~noted[near]]
        noted[near] = True
        found.append(near)
    beside = np.concatenate(found)
    noted[beside] = False
    return beside


def is_simple(code: np.ndarray) -> np.ndarray:
    """Whether taking a voxel with these 26 neighbors away keeps the topology (k,) bool.

    So it is when its true neighbors are one piece, and the false ones among the 18 nearest that
    reach one of its faces are one piece too (Bertrand and Malandain 1994).
    """
    by_corner, by_face, faces, near = _tables()
    lowest = code & (~code + np.uint32(1))
    one_piece = (code != 0) & (_flood(lowest, code, by_corner) == code)
    empty = ~code & near
    open_faces = empty & faces
    seed = open_faces & (~open_faces + np.uint32(1))
    reached = _flood(seed, empty, by_face) & faces
    return one_piece & (open_faces != 0) & (reached == open_faces)


def _flood(reached: np.ndarray, allowed: np.ndarray, table: np.ndarray) -> np.ndarray:
    """All allowed bits that hang together with the reached ones."""
    while True:
        more = (table[0][reached & LOW] | table[1][reached >> np.uint32(HALF)] | reached) & allowed
        if np.array_equal(more, reached):
            return reached
        reached = more


@cache
def _tables() -> tuple[np.ndarray, np.ndarray, np.uint32, np.uint32]:
    """Which neighbors touch which: by any contact, by a face; the 6 faces and the 18 nearest."""
    offsets = np.array(OFFSETS)
    apart = np.abs(offsets[:, None] - offsets[None])
    reach = np.abs(offsets).sum(axis=1)
    bits = np.uint32(1) << np.arange(26, dtype=np.uint32)
    return (
        _table(apart.max(axis=2) == 1, bits),
        _table(apart.sum(axis=2) == 1, bits),
        np.uint32(bits[reach == 1].sum()),
        np.uint32(bits[reach <= 2].sum()),
    )


def _table(touches: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """For each pattern of the low and of the high 13 bits, all bits that touch one (2,8192)."""
    beside = (touches * bits).sum(axis=1).astype(np.uint32)
    table = np.zeros((2, 1 << HALF), np.uint32)
    for half, bit in product(range(2), range(HALF)):
        has = (np.arange(1 << HALF) >> bit) & 1 == 1
        table[half][has] |= beside[half * HALF + bit]
    return table
