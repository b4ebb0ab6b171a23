"""From a mask to its centerline tree."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.depth import depths
from viewer.geometry.dissection_flap import one_vessel
from viewer.geometry.kissing import contacts, parted
from viewer.geometry.paths import branches_of, largest_first, trimmed
from viewer.geometry.prune import distance_to, without_inner
from viewer.geometry.recenter import recentered_tree, within
from viewer.geometry.relax import centered
from viewer.geometry.repairs import Repair
from viewer.geometry.skeleton import (
    Forest,
    among,
    best_of_each,
    beyond_scan,
    components,
    distances,
    heights,
    long_enough,
    loops_of,
    neighbors,
    rooted,
    without_loops,
)
from viewer.geometry.thinning import thinned
from viewer.geometry.tree import Branch, VesselTree, joints_of
from viewer.geometry.unstoppable import run
from viewer.geometry.wall import bounding_box, smooth_wall
from viewer.progress import Progress, silent
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

WALL_SMOOTHING = 0.5
LAYER_VOXELS = 0.5
END_MM = 10.0
USUAL_NOISE_HU = 10.0
LEAST_SLICES = 2.5
LEAST_LOOP_MM = 15.0
BODY_SHORTEST_MM = 20.0
CRUMB = 0.25  # of the shortest branch: nothing is told of smaller pieces


@dataclass(frozen=True, eq=False)
class Part:
    """A box of voxels: which are `inside`, and the index `start` (3,) of its corner in the grid."""

    inside: np.ndarray
    start: np.ndarray


@dataclass(frozen=True, eq=False)
class Nodes:
    """Skeleton voxels: `points_lps` (n,3) in mm, `pairs` (e,2) that touch, without loops.

    `clearance_mm` (n,) is the distance to the wall, `piece` (n,) the number of the connected
    piece, `closing` (k,2) the pairs where loops were cut.
    """

    points_lps: np.ndarray
    pairs: np.ndarray
    clearance_mm: np.ndarray
    piece: np.ndarray
    closing: np.ndarray


def trace(
    mask: VesselMask,
    progress: Progress,
    *,
    volume: Volume | None = None,
    noise_hu: float = USUAL_NOISE_HU,
    label: int = 1,
    shortest_mm: float = 8.0,
    root_lps: np.ndarray | None = None,
) -> VesselTree:
    """The centerline tree of one label, with the radius of the inscribed sphere at each point.

    With a scan, `volume` on the mask's grid or a coarser one, paths and radii are those of the
    sections at half maximum that it shows. A side branch must reach `shortest_mm`, and
    `LEAST_SLICES` of the coarsest spacing, beyond the vessel that it leaves. Each connected piece
    gets a tree that starts at its widest end, or at the end nearest to `root_lps`. Loops are cut
    where they are thinnest. A wide artery that a flap parts is one vessel with both lumens. Raises
    `ViewerError` where the label is absent or too short.
    """
    name = mask.names.get(label, f"label {label}")

    def of_body(body: np.ndarray) -> VesselTree:
        within_box = bounding_box(body)
        assert within_box is not None
        return _of_mask(mask, body, within_box, name, BODY_SHORTEST_MM, None, silent())

    inside = one_vessel(mask, label, volume, noise_hu, of_body)
    box = bounding_box(inside)
    if box is None:
        raise ViewerError(
            f"There is no {name} in the mask, so there is no centerline to trace; "
            "nothing was changed: segment or paint the vessels first."
        )
    shortest_mm = max(shortest_mm, LEAST_SLICES * max(mask.grid.spacing_mm))
    share = progress.part(0.0, 0.6 if volume is not None else 1.0)
    tree = _of_mask(mask, inside, box, name, shortest_mm, root_lps, share)
    if volume is not None:
        progress.at(0.6, "Moving centerlines to the middle")
        tree = recentered_tree(
            tree, mask, volume, progress.part(0.6, 1.0), label=label, noise_hu=noise_hu
        )
    return tree


def _of_mask(
    mask: VesselMask,
    inside: np.ndarray,
    box: tuple[slice, slice, slice],
    name: str,
    shortest_mm: float,
    root_lps: np.ndarray | None,
    progress: Progress,
) -> VesselTree:
    """The tree of the true voxels, which lie in a box of the mask's grid."""
    progress.at(0.0, "Finding the wall")
    part = run(lambda: part_of(inside[box], box, inside.shape), progress)
    wall = wall_of(part, mask.grid, progress.part(0.05, 0.15))
    nodes = _nodes(part, mask.grid, wall, progress.part(0.15, 0.6))
    voxel_mm = float(np.mean(mask.grid.spacing_mm))
    nodes, kept, repairs = _simplified(nodes, shortest_mm, wall, voxel_mm)
    if not kept.any():
        raise ViewerError(
            f"No {name} in the mask is {shortest_mm:g} mm long, so there is no centerline; "
            "nothing was changed: choose a smaller shortest branch or add vessels to the mask."
        )
    forest = _directed(nodes, kept, root_lps)
    progress.at(0.6, "Centering")
    points_lps = centered(
        nodes.points_lps, nodes.clearance_mm, forest, wall, voxel_mm, progress.part(0.6, 0.8)
    )
    points_lps = within(points_lps, mask.grid)
    clearance = distance_to(wall, forest, points_lps)
    forest = without_inner(forest, points_lps, clearance, shortest_mm, progress.part(0.8, 0.87))
    forest = trimmed(forest, points_lps, clearance)
    branches = largest_first(
        branches_of(forest, points_lps, wall, mask.grid, progress.part(0.87, 1))
    )
    progress.at(1.0)
    return VesselTree(branches, joints_of(branches), repairs + _pieces(branches))


def part_of(inside: np.ndarray, box: tuple[slice, ...], shape: tuple[int, ...]) -> Part:
    """The voxels of a box in a scan of some shape, going on a little where the scan ends."""
    at_border = np.array(
        [[cut.start == 0, cut.stop == n] for cut, n in zip(box, shape, strict=True)]
    )
    pad = beyond_scan(inside, at_border)
    padded = np.pad(inside, pad, mode="edge") if pad.any() else inside
    return Part(_solid(padded), np.array([cut.start for cut in box]) - pad[:, 0])


def _solid(inside: np.ndarray) -> np.ndarray:
    """The voxels with all closed cavities filled: a skeleton would wrap itself around each."""
    from scipy.ndimage import label

    outside = np.ones(tuple(n + 2 for n in inside.shape), bool)
    np.logical_not(inside, out=outside[1:-1, 1:-1, 1:-1])
    pieces, count = label(outside)
    if count == 1:
        return inside
    return np.asarray(pieces[1:-1, 1:-1, 1:-1] != pieces[0, 0, 0])


def wall_of(part: Part, grid: Grid, progress: Progress) -> Any:
    """A k-d tree of wall points in LPS mm."""
    from scipy.spatial import cKDTree

    index, _ = smooth_wall(part.inside, WALL_SMOOTHING, progress.part(0.0, 0.7))
    return cKDTree(grid.points_lps(index + part.start), balanced_tree=False, compact_nodes=False)


def _nodes(part: Part, grid: Grid, wall: Any, progress: Progress) -> Nodes:
    """The skeleton's voxels within the scan and what joins them."""
    progress.at(0.0, "Thinning")
    depth = depths(part.inside, part.start, grid, wall, progress.part(0.0, 0.5))
    step_mm = LAYER_VOXELS * min(grid.spacing_mm)
    index = thinned(part.inside, depth, step_mm, progress.part(0.5, 0.9)) + part.start
    index = index[np.all((index >= 0) & (index < grid.shape), axis=1)]
    progress.at(0.9, "Joining branches")
    points_lps = grid.points_lps(index)
    clearance = wall.query(points_lps, workers=-1)[0]
    touching = neighbors(index)
    pairs = without_loops(touching, points_lps, clearance)
    piece = components(pairs, len(points_lps))
    forest = rooted(pairs, best_of_each(piece, clearance), points_lps)
    closing = loops_of(touching, forest, LEAST_LOOP_MM)
    return Nodes(points_lps, pairs, clearance, piece, closing)


def _simplified(
    nodes: Nodes, shortest_mm: float, wall: Any, voxel_mm: float
) -> tuple[Nodes, np.ndarray, tuple[Repair, ...]]:
    """The skeleton with vessels that touch taken apart, which nodes (n,) stay, and what was mended.

    What stays are the branches that are long enough, seen from one end of the longest way through
    each piece, so that this way is never cut.
    """
    widest = best_of_each(nodes.piece, nodes.clearance_mm)
    first = distances(rooted(nodes.pairs, widest, nodes.points_lps))
    forest = rooted(nodes.pairs, best_of_each(nodes.piece, first), nodes.points_lps)
    kept = long_enough(forest, nodes.clearance_mm, shortest_mm)
    crumbs = np.flatnonzero((forest.parent < 0) & ~kept & (heights(forest) > CRUMB * shortest_mm))
    repairs = [Repair("crumbs", _place(nodes.points_lps[node])) for node in crumbs]
    pairs = among(nodes.pairs, kept)
    found = contacts(nodes.points_lps, pairs, nodes.clearance_mm, voxel_mm)
    places = [contact.at_lps for contact in found]
    repairs += [Repair("touching", _place(at)) for at in places]
    repairs += [Repair("loop", _place(at)) for at in _rings(nodes, places)]
    if not found:
        return replace(nodes, pairs=pairs), kept, tuple(repairs)
    points_lps, pairs = parted(nodes.points_lps, pairs, found)
    kept = np.bincount(pairs.ravel(), minlength=len(points_lps)) > 0
    piece = components(pairs, len(points_lps))
    clearance = wall.query(points_lps, workers=-1)[0]
    return Nodes(points_lps, pairs, clearance, piece, nodes.closing), kept, tuple(repairs)


def _rings(nodes: Nodes, known: list[np.ndarray]) -> list[np.ndarray]:
    """Where loops were cut, each once, and none that vessels make which touch near by."""
    found: list[np.ndarray] = []
    for a, b in nodes.closing.tolist():
        at = 0.5 * (nodes.points_lps[a] + nodes.points_lps[b])
        if all(np.linalg.norm(at - other) > LEAST_LOOP_MM for other in known + found):
            found.append(at)
    return found


def _place(point_lps: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(each) for each in point_lps)
    return x, y, z


def _pieces(branches: tuple[Branch, ...]) -> tuple[Repair, ...]:
    """The trees beside the first one."""
    roots = [branch for branch in branches if branch.parent < 0]
    return tuple(Repair("pieces", _place(branch.points_lps[0])) for branch in roots[1:])


def _directed(nodes: Nodes, kept: np.ndarray, root_lps: np.ndarray | None) -> Forest:
    """The forest of the nodes that stay, from the widest end of each piece outwards."""
    degree = np.bincount(nodes.pairs.ravel(), minlength=len(kept))
    score = np.where(kept, 0.0, -np.inf)
    ends = np.flatnonzero(kept & (degree == 1))
    score[ends] = 1 + _end_width(ends, nodes.pairs, nodes)
    roots = best_of_each(nodes.piece, score)
    if root_lps is not None:
        nearest = ends[np.argmin(np.linalg.norm(nodes.points_lps[ends] - root_lps, axis=1))]
        roots[nodes.piece[roots] == nodes.piece[nearest]] = nearest
    return rooted(nodes.pairs, roots[kept[roots]], nodes.points_lps)


def _end_width(ends: np.ndarray, pairs: np.ndarray, nodes: Nodes) -> np.ndarray:
    """Largest distance to the wall (mm) within `END_MM` of each end along its vessel."""
    from scipy.sparse import coo_array

    count = len(nodes.points_lps)
    links = coo_array((np.ones(len(pairs), bool), tuple(pairs.T)), shape=(count, count))
    both = (links + links.T).tocsr()
    widths = []
    for end in ends.tolist():
        before, here, way, width = -1, end, 0.0, 0.0
        while way < END_MM:
            width = max(width, float(nodes.clearance_mm[here]))
            beside = both.indices[both.indptr[here] : both.indptr[here + 1]]
            ahead = beside[beside != before]
            if len(ahead) != 1:
                break
            way += float(np.linalg.norm(nodes.points_lps[ahead[0]] - nodes.points_lps[here]))
            before, here = here, int(ahead[0])
        widths.append(width)
    return np.array(widths)
