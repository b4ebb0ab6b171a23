"""A connected structure as cells of about 1.5 mm, cut into pieces of shells around a start."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order

from viewer.segment.front import SHELL, connected, links, neighbors
from viewer.volume.grid import Grid

CELL_MM = 1.4
LEAK = 4.0  # times the volume of a tube as wide as its mouth
LEAST_LEAK_ML = 3.0


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a structure: per voxel its flat number and its cell; links between cells.

    `size` is how many voxels each cell holds, `cell_mm` the mean edge of a cell.
    """

    voxels: np.ndarray
    cell: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    size: np.ndarray
    cell_mm: float

    @property
    def parts(self) -> np.ndarray:
        """The connected part that each cell belongs to."""
        return connected(len(self.size), self.rows, self.columns)[1]

    def piece_at(self, flat: int) -> "Cells":
        """The connected piece that holds a voxel (flat number)."""
        part = self.parts
        kept = part == part[self.of(flat)]
        number = np.cumsum(kept) - 1
        held, linked = kept[self.cell], kept[self.rows]
        return Cells(
            self.voxels[held],
            number[self.cell[held]],
            number[self.rows[linked]],
            number[self.columns[linked]],
            self.size[kept],
            self.cell_mm,
        )

    def of(self, flat: int) -> int:
        """The cell of a voxel (flat number)."""
        return int(self.cell[np.searchsorted(self.voxels, flat)])


def cells_of(labels: np.ndarray, wanted: tuple[int, ...], grid: Grid) -> Cells:
    """All voxels with wanted labels as cells."""
    voxels = []
    for number, layer in enumerate(labels):  # a layer at a time stays in the processor's cache
        found = layer == wanted[0]
        for label in wanted[1:]:
            found |= layer == label
        voxels.append(np.flatnonzero(found) + number * layer.size)
    return cells_from(np.concatenate(voxels), grid)


def cells_from(voxels: np.ndarray, grid: Grid) -> Cells:
    """Voxels (flat numbers, ascending) as cells."""
    factor = [max(1, round(CELL_MM / spacing)) for spacing in grid.spacing_mm]
    # One empty cell all around, so that no step leaves the grid or wraps round.
    shape = tuple(-(-n // f) + 2 for n, f in zip(grid.shape, factor, strict=True))
    strides = (shape[1] * shape[2], shape[2], 1)
    place = np.zeros(len(voxels), np.int64)
    for index, n, f, stride in zip(
        np.unravel_index(voxels, grid.shape), grid.shape, factor, strides, strict=True
    ):
        place += ((np.arange(n) // f + 1) * stride)[index]
    taken = np.zeros(int(np.prod(shape)), bool)
    taken[place] = True
    flat = np.flatnonzero(taken)
    number = np.empty(len(taken), np.int32)
    number[flat] = np.arange(len(flat))
    cell = number[place]
    size = np.bincount(cell, minlength=len(flat))
    rows, columns = links(flat, neighbors(shape))
    cell_mm = float(np.mean([f * s for f, s in zip(factor, grid.spacing_mm, strict=True)]))
    return Cells(voxels, cell, rows, columns, size, cell_mm)


@dataclass(frozen=True, eq=False)
class Shells:
    """Per cell its piece; per piece the one before it and how many voxels it has.

    Pieces are numbered outward: a piece comes after the one before it. Piece 0 is the start.
    """

    piece: np.ndarray
    before: np.ndarray
    size: np.ndarray

    def beyond(self, first: int) -> np.ndarray:
        """Which pieces hang on one piece, itself included (bool)."""
        hanging = np.zeros(len(self.size), bool)
        hanging[first] = True
        for n in range(first + 1, len(self.size)):
            hanging[n] = hanging[self.before[n]]
        return hanging

    def way(self, piece: int) -> list[int]:
        """The pieces from one to the start, both included."""
        way = [piece]
        while way[-1] != 0:
            way.append(int(self.before[way[-1]]))
        return way

    @property
    def depth(self) -> np.ndarray:
        """How many pieces each piece is away from the start."""
        depth = np.zeros(len(self.size), np.int64)
        for n in range(1, len(depth)):
            depth[n] = depth[self.before[n]] + 1
        return depth

    def leaked(self, voxel_mm3: float, near: int) -> np.ndarray:
        """Which pieces lie behind a neck that opens into something wide (bool).

        What hangs on a piece is compared with a tube as wide as that piece and as long as what
        hangs there: four times as much is no vessel's own tree. The first `near` pieces around
        the start never leak.
        """
        depth, load = self.depth, self.load
        deepest = depth.copy()
        for n in range(len(depth) - 1, 0, -1):
            deepest[self.before[n]] = max(deepest[self.before[n]], deepest[n])
        width = (self.size + self.size[self.before]) / 2
        wide = load > LEAK * width * (deepest - depth + 1)
        wide &= (load * voxel_mm3 > 1000 * LEAST_LEAK_ML) & (depth >= near)
        wide[0] = False
        for n in range(1, len(depth)):
            wide[n] |= wide[self.before[n]]
        return wide

    @property
    def load(self) -> np.ndarray:
        """How many voxels each piece and all that hangs on it have."""
        total = self.size.astype(np.int64)
        for n in range(len(total) - 1, 0, -1):
            total[self.before[n]] += total[n]
        return total


def shells(cells: Cells, start: np.ndarray) -> Shells:
    """A connected structure around start cells, cut into pieces of shells three steps thick."""
    count = len(cells.size)
    rows = np.concatenate([cells.rows, np.full(len(start), count)])
    columns = np.concatenate([cells.columns, start])
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), (count + 1,) * 2).tocsr()
    order, came = breadth_first_order(graph, count, directed=False)
    shell = -(-levels(order, came) // SHELL)
    same = shell[cells.rows] == shell[cells.columns]
    number, piece = connected(count, cells.rows[same], cells.columns[same])
    piece[start] = piece[start[0]]
    depth = np.zeros(number, np.int64)
    depth[piece] = shell[:count]
    rank = np.empty(number, np.int64)
    rank[np.argsort(depth, kind="stable")] = np.arange(number)
    piece = rank[piece]
    _, piece = np.unique(piece, return_inverse=True)
    before = np.zeros(piece.max() + 1, np.int64)
    first = np.flatnonzero((shell[:count] > 0) & (shell[came[:count]] < shell[:count]))
    before[piece[first]] = piece[came[first]]
    return Shells(piece, before, np.bincount(piece, weights=cells.size).astype(np.int64))


def levels(order: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Steps from the first node, less one, to every node of a breadth-first order."""
    place = np.empty(len(came), np.int64)
    place[order] = np.arange(len(order))
    parent = place[came[order[1:]]]  # ascending, as the order is breadth-first
    level = np.empty(len(order), np.int64)
    begin, end, n = 0, 1, 0
    while begin < end:
        level[begin:end] = n
        begin, end, n = end, 1 + int(np.searchsorted(parent, end)), n + 1
    steps = np.empty(len(came), np.int64)
    steps[order] = level - 1
    return steps
