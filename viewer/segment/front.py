"""A front that grows through a vessel step by step and stops where it opens into something wide."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from viewer.progress import Progress
from viewer.volume.grid import Grid

SHELL = 3  # steps between two looks at the front
WIDENING = 2.2
SLACK_MM2 = 30.0
MOST_VOXELS = 450_000
Admits = Callable[[np.ndarray], np.ndarray]


def neighbors(shape: tuple[int, ...]) -> np.ndarray:
    """Steps in flat numbers to the 26 neighbors of a voxel away from the border."""
    k, j, i = np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij")
    steps: np.ndarray = (k * shape[1] * shape[2] + j * shape[2] + i).ravel()
    return steps[steps != 0]


def pieces(flat: np.ndarray, shape: tuple[int, ...]) -> tuple[int, np.ndarray]:
    """How many connected pieces flat voxel numbers form, and the piece of each.

    The numbers ascend and lie away from the border.
    """
    begins = np.append(True, np.diff(flat) > 1)
    first, last = flat[begins], flat[np.append(begins[1:], True)]
    rows, columns = [], []
    plane, row = shape[1] * shape[2], shape[2]
    for step in (row, plane - row, plane, plane + row):
        low = np.searchsorted(last, first + step - 1)
        count = np.searchsorted(first, last + step + 1, side="right") - low
        rows.append(np.repeat(np.arange(len(first)), count))
        skipped = np.cumsum(count) - count
        columns.append(np.arange(count.sum()) + np.repeat(low - skipped, count))
    number, part = connected(len(first), np.concatenate(rows), np.concatenate(columns))
    return number, part[np.cumsum(begins) - 1]


def links(flat: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of sorted flat numbers lie a step apart: the places (n,) of the one and the other."""
    rows, columns = [], []
    for step in steps[steps > 0]:
        place = np.searchsorted(flat, flat + step)
        place[place == len(flat)] = 0
        hit = np.flatnonzero(flat[place] == flat + step)
        rows.append(hit)
        columns.append(place[hit])
    return np.concatenate(rows), np.concatenate(columns)


def connected(count: int, rows: np.ndarray, columns: np.ndarray) -> tuple[int, np.ndarray]:
    """How many connected parts `count` things with links form, and the part of each."""
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), (count,) * 2)
    number, part = connected_components(graph, directed=False)
    return int(number), part


def grow(
    grid: Grid,
    start: np.ndarray,
    admits: Admits,
    radius_mm: float,
    progress: Progress,
    most_steps: int = 400,
) -> np.ndarray:
    """The voxels that grow from some through all that `admits` (flat numbers to bool) lets in.

    All are flat numbers, what comes out in ascending order.

    The front is looked at in shells of three steps. Each of its pieces has the area of the vessel
    there (volume over thickness); one that is more than 2.2 times as large as a little before,
    plus 30 mm2, has leaked and is given up. `radius_mm` is that of the vessel at the start.
    """
    shape = grid.shape
    seen = np.zeros(int(np.prod(shape)), bool)
    thick_mm = SHELL * float(np.mean(grid.spacing_mm))
    area_of_one = grid.voxel_mm3 / thick_mm
    # A front that has not met the wall yet is a sphere, not a disk: it may be four times as wide.
    usual = np.full(len(start), max(np.pi * radius_mm**2, SLACK_MM2))
    free = int(np.ceil(2 * radius_mm / thick_mm)) + 1
    edge, total = start, len(start)
    seen[edge] = True
    taken = [edge]
    for turn in range(most_steps // SHELL):
        progress.at(min(total / MOST_VOXELS, 0.99))
        shell, inherited = [], []
        last, last_usual = edge, usual
        for _ in range(SHELL):
            near, near_usual = beside(last, last_usual, shape, seen)
            seen[near] = True  # what is not let in now never will be
            let_in = admits(near)
            last, last_usual = near[let_in], near_usual[let_in]
            shell.append(last)
            inherited.append(last_usual)
            if len(last) == 0:
                break
        all_, before = np.concatenate(shell), np.concatenate(inherited)
        if len(all_) == 0:
            break
        order = np.argsort(all_)
        count, piece = pieces(all_[order], shape)
        area = np.bincount(piece, minlength=count) * area_of_one
        reference = np.bincount(piece, before[order], minlength=count) / np.bincount(
            piece, minlength=count
        )
        allowed = (4 if turn < free else 1) * WIDENING * reference + SLACK_MM2
        leaked = area > allowed
        # The usual area follows the vessel slowly, so that a slow swelling is a gate as well.
        now = np.where(turn < free, reference, 0.7 * reference + 0.3 * np.minimum(area, reference))
        kept = np.empty(len(all_), bool)
        kept[order] = ~leaked[piece]
        value = np.empty(len(all_))
        value[order] = now[piece]
        taken.append(all_[kept])
        total += int(kept.sum())
        ends = np.zeros(len(all_), bool)
        ends[len(all_) - len(shell[-1]) :] = True
        edge, usual = all_[kept & ends], value[kept & ends]
        if len(edge) == 0 or total > MOST_VOXELS:
            break
    return np.sort(np.concatenate(taken))


def beside(
    last: np.ndarray, usual: np.ndarray, shape: tuple[int, ...], seen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The voxels not `seen` a step from the last ones (ascending), with their usual areas.

    Each takes the usual area of the first voxel that it lies beside.
    """
    steps = neighbors(shape)
    near = (last[:, None] + steps).ravel()
    fresh = np.flatnonzero(~seen.take(near, mode="clip"))
    # Sorted by voxel, then by whence; one sort of numbers is faster than one of places.
    packed = np.sort((near[fresh] << 32) + fresh)
    voxel = packed >> 32
    first = np.append(True, voxel[1:] != voxel[:-1])[: len(voxel)]
    first &= within_grid(voxel, shape)
    return voxel[first], usual[(packed[first] & 0xFFFFFFFF) // len(steps)]


def within_grid(flat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which flat numbers lie in the grid and not at the border of its slices (bool)."""
    rest, i = np.divmod(flat, shape[2])
    k, j = np.divmod(rest, shape[1])
    within: np.ndarray = (k >= 0) & (k < shape[0]) & (j > 0) & (j < shape[1] - 1)
    return within & (i > 0) & (i < shape[2] - 1)
