"""A front that grows through a vessel step by step and stops where it opens into something wide."""

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass(eq=False)
class Front:
    """What a front has taken of a grid of `shape`: flat voxel numbers, shell by shell."""

    shape: tuple[int, int, int]
    taken: list[np.ndarray] = field(default_factory=list)
    gates: int = 0
    ended: bool = True

    @property
    def voxels(self) -> np.ndarray:
        """Array indices (n,3) of all that was taken."""
        flat = np.concatenate(self.taken) if self.taken else np.zeros(0, np.int64)
        return np.column_stack(np.unravel_index(flat, self.shape))


def neighbors(shape: tuple[int, ...]) -> np.ndarray:
    """Steps in flat numbers to the 26 neighbors of a voxel away from the border."""
    k, j, i = np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij")
    steps: np.ndarray = (k * shape[1] * shape[2] + j * shape[2] + i).ravel()
    return steps[steps != 0]


def pieces(flat: np.ndarray, steps: np.ndarray) -> tuple[int, np.ndarray]:
    """How many connected pieces sorted flat voxel numbers form, and the piece of each."""
    rows, columns = [], []
    for step in steps[steps > 0]:
        place = np.searchsorted(flat, flat + step)
        place[place == len(flat)] = 0
        hit = np.flatnonzero(flat[place] == flat + step)
        rows.append(hit)
        columns.append(place[hit])
    row, column = np.concatenate(rows), np.concatenate(columns)
    links = coo_matrix((np.ones(len(row), bool), (row, column)), shape=(len(flat),) * 2)
    count, piece = connected_components(links, directed=False)
    return int(count), piece


def grow(
    grid: Grid,
    start: np.ndarray,
    admits: Admits,
    radius_mm: float,
    progress: Progress,
    most_steps: int = 400,
) -> Front:
    """Grow from voxels (flat numbers) through all that `admits` (flat numbers to bool) lets in.

    The front is looked at in shells of three steps. Each of its pieces has the area of the vessel
    there (volume over thickness); one that is more than 2.2 times as large as a little before,
    plus 30 mm2, has leaked and is given up. `radius_mm` is that of the vessel at the start.
    """
    shape = grid.shape
    steps = neighbors(shape)
    seen = np.zeros(int(np.prod(shape)), bool)
    front = Front(shape)
    thick_mm = SHELL * float(np.mean(grid.spacing_mm))
    area_of_one = grid.voxel_mm3 / thick_mm
    # A front that has not met the wall yet is a sphere, not a disk: it may be four times as wide.
    usual = np.full(len(start), max(np.pi * radius_mm**2, SLACK_MM2))
    free = int(np.ceil(2 * radius_mm / thick_mm)) + 1
    edge, total = start, len(start)
    seen[edge] = True
    front.taken.append(edge)
    for turn in range(most_steps // SHELL):
        progress.at(min(total / MOST_VOXELS, 0.99))
        shell, inherited = [], []
        last, last_usual = edge, usual
        for _ in range(SHELL):
            near = (last[:, None] + steps).ravel()
            near_usual = np.repeat(last_usual, len(steps))
            fresh = ~seen.take(near, mode="clip")
            near, first = np.unique(near[fresh], return_index=True)
            near_usual = near_usual[fresh][first]
            let_in = within_grid(near, shape)
            let_in[let_in] = admits(near[let_in])
            last, last_usual = near[let_in], near_usual[let_in]
            seen[last] = True
            shell.append(last)
            inherited.append(last_usual)
            if len(last) == 0:
                break
        all_, before = np.concatenate(shell), np.concatenate(inherited)
        if len(all_) == 0:
            return front
        order = np.argsort(all_)
        count, piece = pieces(all_[order], steps)
        area = np.bincount(piece, minlength=count) * area_of_one
        reference = np.bincount(piece, before[order], minlength=count) / np.bincount(
            piece, minlength=count
        )
        allowed = (4 if turn < free else 1) * WIDENING * reference + SLACK_MM2
        leaked = area > allowed
        front.gates += int(leaked.sum())
        # The usual area follows the vessel slowly, so that a slow swelling is a gate as well.
        now = np.where(turn < free, reference, 0.7 * reference + 0.3 * np.minimum(area, reference))
        kept = np.empty(len(all_), bool)
        kept[order] = ~leaked[piece]
        value = np.empty(len(all_))
        value[order] = now[piece]
        front.taken.append(all_[kept])
        total += int(kept.sum())
        ends = np.zeros(len(all_), bool)
        ends[len(all_) - len(shell[-1]) :] = True
        edge, usual = all_[kept & ends], value[kept & ends]
        if len(edge) == 0:
            return front
        if total > MOST_VOXELS:
            break
    front.ended = False
    return front


def within_grid(flat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which flat numbers lie in the grid and not at the border of its slices (bool)."""
    rest, i = np.divmod(flat, shape[2])
    k, j = np.divmod(rest, shape[1])
    within: np.ndarray = (k >= 0) & (k < shape[0]) & (j > 0) & (j < shape[1] - 1)
    return within & (i > 0) & (i < shape[2] - 1)
