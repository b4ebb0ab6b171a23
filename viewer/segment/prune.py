"""The branch that a click means, all beyond its mouth in a larger vessel: away, or its kind."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment.edit import (
    NEAR_MM,
    Edit,
    box_around,
    nearest_voxel,
    offsets_mm,
    relabel,
    slices,
)
from viewer.segment.front import SHELL
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VEIN, VesselMask
from viewer.segment.necks import without_neighbors
from viewer.segment.shells import Shells, cells_of, shells

ARTERIES = (ARTERY, CALCIFICATION)
TWIG_ML = 0.025  # less than this beside the way is no joint
NECK = 2.0  # a section so much smaller than the one before is a branch's mouth
TRUNK = 1.5
TRUNK_SHARE = 0.6
BRANCH_SHARE = 0.3  # of its tree; what is more than this is no branch


@dataclass(frozen=True, eq=False)
class Piece:
    """What a click on the map means: voxels (flat numbers) that hang together, with their label.

    `hangs` says that a larger vessel goes on beyond it, `trunk` that it is most of the map.
    """

    voxels: np.ndarray
    label: int
    hangs: bool
    trunk: bool


def remove_at(mask: VesselMask, point_lps: np.ndarray, progress: Progress) -> Edit:
    """Take away the branch at a click (up to 3 mm beside it) with all that hangs on it.

    The arteries (with their clot) or the veins are followed from the click up to where they leave
    a larger vessel; a piece that hangs on nothing goes as a whole, and so does a piece of anything
    else. Raises `ViewerError` where nothing is labelled and on a trunk.
    """
    piece = piece_at(mask, labelled_near(mask, point_lps), progress)
    if piece.trunk:
        raise ViewerError(
            "This is the trunk of the map; nothing was changed: click a branch, or cut (X) first."
        )
    what = mask.names.get(piece.label, "piece")
    if piece.hangs:
        what = "branch"
    elif piece.label in (*ARTERIES, VEIN):
        what = "piece"
    return given(mask, piece.voxels, 0, f"Remove {what}")


def swap_at(mask: VesselMask, point_lps: np.ndarray, progress: Progress) -> Edit:
    """Make the artery at a click (up to 3 mm beside it) a vein, or the vein an artery.

    It goes as far as `remove_at` would take it away, without vessels that only touch it;
    calcification goes with it, and clot stays.
    Raises `ViewerError` where there is neither artery nor vein.
    """
    at = labelled_near(mask, point_lps)
    piece = piece_at(mask, at, progress)
    if piece.label not in (*ARTERIES, VEIN):
        raise ViewerError(
            f"This is {mask.names.get(piece.label, 'no vessel')}, neither artery nor vein; nothing "
            "was changed: click a vessel of the map, or add it (G)."
        )
    label = ARTERY if piece.label == VEIN else VEIN
    chosen = without_neighbors(piece.voxels, at, mask.grid)
    chosen = chosen[mask.labels.reshape(-1)[chosen] != THROMBUS]
    return given(mask, chosen, label, f"Make {mask.names[label]}")


def piece_at(mask: VesselMask, at: tuple[int, int, int], progress: Progress) -> Piece:
    """The branch of the map that a labelled voxel belongs to, with all that hangs on it.

    Clot is part of its artery's branch, unless the branch is larger than the clot by itself.
    """
    label = int(mask.labels[at])
    clicked = int(np.ravel_multi_index(at, mask.labels.shape))
    if label in ARTERIES:
        return branch_at(mask, clicked, (*ARTERIES, THROMBUS), progress)
    if label == VEIN:
        return branch_at(mask, clicked, (VEIN,), progress)
    whole = cells_of(mask.labels, (label,), mask.grid).piece_at(clicked).voxels
    if label == THROMBUS:
        branch = branch_at(mask, clicked, (*ARTERIES, THROMBUS), progress)
        if not branch.trunk and len(branch.voxels) <= len(whole):
            return branch
    return Piece(whole, label, hangs=False, trunk=False)


def branch_at(mask: VesselMask, clicked: int, wanted: tuple[int, ...], progress: Progress) -> Piece:
    """The branch of what bears the wanted labels that a voxel (flat number) belongs to."""
    everything = cells_of(mask.labels, wanted, mask.grid)
    progress.at(0.4)
    structure = everything.piece_at(clicked)
    cell = structure.of(clicked)
    near = shells(structure, np.array([cell]))
    progress.at(0.7)
    around = shells(structure, np.flatnonzero(widest(near, structure.cell_mm, mask)))
    twig = max(int(1000 * TWIG_ML / mask.grid.voxel_mm3), 8)
    whole = len(structure.voxels)
    main = whole > TRUNK_SHARE * len(everything.voxels)
    most = BRANCH_SHARE * whole if main else whole
    first = mouth(around, int(around.piece[cell]), twig, most)
    chosen = structure.voxels[around.beyond(first)[around.piece[structure.cell]]]
    trunk = main and VEIN not in wanted and len(chosen) > TRUNK_SHARE * whole
    label = int(mask.labels.reshape(-1)[clicked])
    return Piece(chosen, label, first > 0, trunk)


def given(mask: VesselMask, voxels: np.ndarray, label: int, name: str) -> Edit:
    """The edit that gives voxels (flat numbers) a label."""
    index = np.column_stack(np.unravel_index(voxels, mask.labels.shape))
    return relabel(mask, index, label, name)


def widest(near: Shells, cell_mm: float, mask: VesselMask) -> np.ndarray:
    """Which cells are the widest piece (bool), or all within it where it closes round the start."""
    way = near.way(int(near.size.argmax()))
    thick_mm = SHELL * cell_mm
    radius_mm = float(np.sqrt(near.size[way[0]] * mask.grid.voxel_mm3 / thick_mm / np.pi))
    within = way if (len(way) - 1) * thick_mm <= radius_mm else way[:1]
    chosen: np.ndarray = np.isin(near.piece, within)
    return chosen


def mouth(around: Shells, piece: int, twig: int, most: float) -> int:
    """The piece where the vessel of a piece leaves a larger one; 0 where it is the trunk itself.

    On the way to the start it is left where the section widens (a neck) and where more hangs on
    the other side of a joint than on this one. Where more than `most` voxels would go, the last
    joint with a branch half as large is taken instead: the start may be no trunk.
    """
    load, size = around.load, around.size
    while piece and load[piece] < twig:
        piece = int(around.before[piece])
    way, joint = around.way(piece), 0
    for n, (here, up) in enumerate(pairwise(way)):
        if load[here] > most:
            return joint
        usual = float(np.median(size[way[max(0, n - 5) : n + 1]]))
        if up == 0:
            # The two ends of the tube where it is widest are trunk; a thinner one is a branch.
            return here if size[0] > TRUNK * usual else 0
        other = load[up] - size[up] - load[here]
        # A piece at a tip is cut short: one piece alone does not say how wide the vessel is.
        neck = n > 0 and size[up] > NECK * usual and size[up] > size[0] / 4
        if neck or other > max(twig, load[here]):
            return here
        if other > max(twig, load[here] / 2):
            joint = here
    return 0


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
