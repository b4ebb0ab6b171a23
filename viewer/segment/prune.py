"""Taking away the branch that a click means: all beyond the nearest joint or neck."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment.edit import (
    NEAR_MM,
    VESSELS,
    Edit,
    box_around,
    edited,
    nearest_voxel,
    offsets_mm,
    relabel,
    slices,
)
from viewer.segment.front import SHELL, neighbors, pieces
from viewer.segment.mask import THROMBUS, VesselMask
from viewer.volume.grid import Grid

REMOVABLE = (*VESSELS, THROMBUS)
TWIG_ML = 0.1  # less than this beside the way is no joint
NECK = 2.0  # a section so much smaller than the one before is a branch's mouth
TRUNK = 1.5
TRUNK_SHARE = 0.6


@dataclass(frozen=True, eq=False)
class Shells:
    """A connected structure cut into pieces of shells around a start.

    Per voxel its flat number and its piece; per piece the one before it and how many voxels it
    has. Pieces are numbered outward: a piece comes after the one before it.
    """

    flat: np.ndarray
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

    def widest(self, grid: Grid) -> list[int]:
        """The widest piece; with those within it where it closes around the start like a sphere."""
        way = [int(self.size.argmax())]
        while way[-1] != 0:
            way.append(int(self.before[way[-1]]))
        thick_mm = SHELL * float(np.mean(grid.spacing_mm))
        radius_mm = float(np.sqrt(self.size[way[0]] * grid.voxel_mm3 / thick_mm / np.pi))
        return way if (len(way) - 1) * thick_mm <= radius_mm else way[:1]

    @property
    def load(self) -> np.ndarray:
        """How many voxels each piece and all that hangs on it have."""
        total = self.size.astype(np.int64)
        for n in range(len(total) - 1, 0, -1):
            total[self.before[n]] += total[n]
        return total


def shells(labels: np.ndarray, wanted: np.ndarray, start: np.ndarray) -> Shells:
    """The structure of labels (bool of 256) around start voxels (flat numbers), shell by shell.

    The border of `labels` must be background.
    """
    flat_labels, steps = labels.reshape(-1), neighbors(labels.shape)
    seen = np.zeros(labels.size, bool)
    seen[start] = True
    all_flat, all_piece = [start], [np.zeros(len(start), np.int64)]
    before, size = [0], [len(start)]
    edge, edge_piece = start, all_piece[0]
    while len(edge):
        shell, inherited = [], []
        for _ in range(SHELL):
            near = (edge[:, None] + steps).ravel()
            fresh = ~seen.take(near, mode="clip")
            near, first = np.unique(near[fresh], return_index=True)
            came = np.repeat(edge_piece, len(steps))[fresh][first]
            good = wanted[flat_labels[near]]
            edge, edge_piece = near[good], came[good]
            seen[edge] = True
            shell.append(edge)
            inherited.append(edge_piece)
        flat, came = np.concatenate(shell), np.concatenate(inherited)
        if len(flat) == 0:
            break
        order = np.argsort(flat)
        count, found = pieces(flat[order], steps)
        piece = np.empty(len(flat), np.int64)
        piece[order] = found + len(size)
        parent = np.zeros(count, np.int64)
        parent[piece - len(size)] = came
        before += parent.tolist()
        edge_piece = piece[len(flat) - len(edge) :]
        size += np.bincount(found, minlength=count).tolist()
        all_flat.append(flat)
        all_piece.append(piece)
    return Shells(
        np.concatenate(all_flat), np.concatenate(all_piece), np.array(before), np.array(size)
    )


def branch_start(around: Shells, piece: int, twig: int) -> int:
    """The piece where the branch of a piece begins: at the nearest joint or neck, 0 for none."""
    load = around.load
    while piece and load[piece] < twig:
        piece = int(around.before[piece])
    way = [piece]
    while way[-1] != 0:
        here, up = way[-1], int(around.before[way[-1]])
        usual = float(np.median(around.size[way[-6:]]))
        other = load[up] - around.size[up] - load[here]
        if up == 0:
            # The two ends of the tube where it is widest are trunk; a thinner one is a branch.
            return here if around.size[0] > TRUNK * usual else 0
        if other > max(twig, 0.5 * load[here]):
            return here
        if around.size[up] > NECK * usual and around.size[up] > around.size[0] / 4:
            return here
        way.append(up)
    return 0


def remove_at(mask: VesselMask, point_lps: np.ndarray, progress: Progress) -> Edit:
    """Take away the branch at a click (up to 3 mm beside it) with all that hangs on it.

    The structure is followed from its widest place to the click, and it goes from the nearest
    joint or neck on; a piece that hangs on nothing goes as a whole. Raises `ViewerError` where
    nothing is labelled and on a trunk.
    """
    at = labelled_near(mask, point_lps)
    if mask.labels[at] not in REMOVABLE:
        return piece_of_label(mask, at)
    wanted = np.isin(np.arange(256), REMOVABLE)
    labels = np.pad(mask.labels, 1)
    start = np.array([np.ravel_multi_index([n + 1 for n in at], labels.shape)])
    near = shells(labels, wanted, start)
    progress.at(0.5)
    whole = len(near.flat)
    widest = np.isin(near.piece, near.widest(mask.grid))
    around = shells(labels, wanted, near.flat[widest])
    piece = int(around.piece[np.flatnonzero(around.flat == start[0])[0]])
    twig = max(int(1000 * TWIG_ML / mask.grid.voxel_mm3 / 4), 8)
    first = branch_start(around, piece, twig)
    gone = around.flat[around.beyond(first)[around.piece]] if first else around.flat
    if (
        len(gone) > TRUNK_SHARE * whole
        and whole > TRUNK_SHARE * np.isin(mask.labels, REMOVABLE).sum()
    ):
        raise ViewerError(
            "This is the trunk of the map; nothing was changed: click a branch, or cut (X) first."
        )
    index = np.column_stack(np.unravel_index(gone, labels.shape)) - 1
    return relabel(mask, index, 0, "Remove branch" if first else "Remove piece")


def labelled_near(mask: VesselMask, point_lps: np.ndarray) -> tuple[int, int, int]:
    """The labelled voxel nearest to a click; raises `ViewerError` where none is near."""
    nearest_voxel(mask.grid, point_lps)
    near = box_around(np.asarray(point_lps), NEAR_MM, mask.grid)
    far = np.where(mask.labels[slices(near)] > 0, offsets_mm(near, mask.grid, point_lps), np.inf)
    if far.min() > max(NEAR_MM, 0.75 * max(mask.grid.spacing_mm)):
        raise ViewerError("Nothing is labelled at the click; nothing was changed.")
    local = np.unravel_index(far.argmin(), far.shape)
    a, b, c = (int(n) + ends[0] for n, ends in zip(local, near, strict=True))
    return a, b, c


def piece_of_label(mask: VesselMask, at: tuple[int, int, int]) -> Edit:
    """Take away the connected piece of a label at a voxel."""
    label = int(mask.labels[at])
    same = mask.labels == label
    outer = ndimage.find_objects(same.astype(np.uint8))[0]
    parts, _ = ndimage.label(same[outer], np.ones((3, 3, 3), bool))
    part = parts[tuple(n - s.start for n, s in zip(at, outer, strict=True))]
    inner = ndimage.find_objects((parts == part).astype(np.uint8))[0]
    a, b, c = (
        (int(o.start + i.start), int(o.start + i.stop)) for o, i in zip(outer, inner, strict=True)
    )
    name = f"Remove {mask.names.get(label, 'piece')}"
    return edited(mask, (a, b, c), parts[inner] == part, 0, name)
