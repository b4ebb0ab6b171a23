"""Repairs that are proposed, never made: short bridges between loose pieces and the tree."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment.boundary import CLOT_HU
from viewer.segment.context import TISSUE_HU
from viewer.segment.edit import Edit, box_around, edited, slices
from viewer.segment.gates import FULL
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VesselMask
from viewer.segment.strokes import path_distance
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

MOST_GAP_MM = 15.0
LEAST_PIECE_MM3 = 20.0
MOST_PIECES = 200
END_MM = 6.0
LEAST_ALIGNED = 0.5
LEAST_PLAUSIBLE = 0.8
LEAST_CONFIDENCE = 0.2
OCCLUDED = 0.25
STEP_MM = 0.7
TUBE = (ARTERY, CALCIFICATION)


@dataclass(frozen=True, eq=False)
class Bridge:
    """A proposed repair: `path_lps` (n,3) from the tree to a loose piece, and its radius.

    `confidence` 0 to 1 comes of length, direction, radius and HU; it is a rank, no probability.
    `occluded` says that there is no contrast in the gap.
    """

    path_lps: np.ndarray
    radius_mm: float
    gap_mm: float
    confidence: float
    occluded: bool

    @property
    def middle_lps(self) -> tuple[float, float, float]:
        """Where to look."""
        x, y, z = (float(n) for n in self.path_lps[len(self.path_lps) // 2])
        return x, y, z


@dataclass(frozen=True, eq=False)
class _End:
    """The end of a vessel: a point on its middle line, its way out, and its radius."""

    point_lps: np.ndarray
    outward: np.ndarray
    radius_mm: float


def propose_bridges(
    mask: VesselMask, volume: Volume, suitability: Suitability, progress: Progress
) -> tuple[Bridge, ...]:
    """Bridges of at most 15 mm that would hang loose pieces of artery on the tree, surest first.

    The nearest piece is tried first, and one that was hung on may carry the next.
    """
    pieces = _pieces(mask, progress.part(0, 0.4))
    if len(pieces) < 2:
        return ()
    tree, loose = pieces[0], pieces[1:]
    near = [_nearest(cKDTree(tree), piece) for piece in loose]
    found: list[Bridge] = []
    while loose:
        progress.at(1 - 0.6 * len(loose) / len(pieces), "Looking for gaps")
        n = min(range(len(loose)), key=lambda each: near[each][0])
        if near[n][0] > MOST_GAP_MM:
            break
        piece, (gap_mm, end, start) = loose.pop(n), near.pop(n)
        bridge = _bridge(mask, volume, suitability, gap_mm, start, end)
        if bridge is not None:
            found.append(bridge)
            search = cKDTree(piece)
            others = [_nearest(search, each) for each in loose]
            near = [min(a, b, key=lambda x: x[0]) for a, b in zip(near, others, strict=True)]
    return tuple(sorted(found, key=lambda each: -each.confidence))


def is_open(bridge: Bridge, mask: VesselMask) -> bool:
    """Whether a bridge still joins two ends of vessel over a gap in a mask."""
    held = np.isin(_labels_at(mask.labels, mask.grid, bridge.path_lps), TUBE)
    return bool(held[0] and held[-1] and not held.all())


def gap_of(bridge: Bridge, mask: VesselMask) -> np.ndarray:
    """The part (n,3) of a bridge's path that runs through no vessel, two points or more."""
    free = np.flatnonzero(~np.isin(_labels_at(mask.labels, mask.grid, bridge.path_lps), TUBE))
    if not len(free):
        return bridge.path_lps
    return bridge.path_lps[max(int(free[0]) - 1, 0) : int(free[-1]) + 2]


def build(mask: VesselMask, bridge: Bridge) -> Edit:
    """Make a bridge part of the map: a tube of artery where nothing else lies but clot.

    Raises `ViewerError` where the mask has changed so that there is nothing to join.
    """
    grid = mask.grid
    if not is_open(bridge, mask):
        raise ViewerError("That gap is not there any more; nothing was changed.")
    radius_mm = max(bridge.radius_mm, 0.5 * float(np.linalg.norm(grid.spacing_mm)))
    box = box_around(bridge.path_lps, radius_mm, grid)
    index = np.stack(np.meshgrid(*(np.arange(*e) for e in box), indexing="ij"), axis=-1)
    free = np.isin(mask.labels[slices(box)], (0, THROMBUS))
    chosen = free & (path_distance(grid.points_lps(index), bridge.path_lps) <= radius_mm)
    return edited(mask, box, chosen, ARTERY, "Accept bridge")


def _pieces(mask: VesselMask, progress: Progress) -> list[np.ndarray]:
    """The surface points (n,3) LPS of each connected piece of artery, largest first."""
    vessel = np.isin(mask.labels, TUBE)
    boxes = ndimage.find_objects(vessel.astype(np.uint8))
    if not boxes:
        return []
    progress.at(0.2)
    inner = vessel[boxes[0]]
    labels, count = ndimage.label(inner, FULL)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    progress.at(0.6)
    shell = inner & ~ndimage.binary_erosion(inner)
    corner = [s.start for s in boxes[0]]
    order = np.argsort(-sizes, kind="stable")[:MOST_PIECES]
    objects = ndimage.find_objects(labels)
    least = LEAST_PIECE_MM3 / mask.grid.voxel_mm3
    found = []
    for number in order[sizes[order] >= max(least, 1)]:
        box = objects[number - 1]
        index = np.argwhere(shell[box] & (labels[box] == number))
        index += [s.start + c for s, c in zip(box, corner, strict=True)]
        found.append(mask.grid.points_lps(index))
    return found


def _nearest(search: cKDTree, points_lps: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The gap in mm between a piece (n,3) and what is searched, and its two ends."""
    gap_mm, which = search.query(points_lps)
    n = int(gap_mm.argmin())
    return float(gap_mm[n]), points_lps[n], np.asarray(search.data[which[n]])


def _bridge(
    mask: VesselMask,
    volume: Volume,
    suitability: Suitability,
    gap_mm: float,
    start_lps: np.ndarray,
    end_lps: np.ndarray,
) -> Bridge | None:
    """The bridge from the tree at `start_lps` to a piece at `end_lps`, if it is believable."""
    tree, piece = _end_at(mask, start_lps), _end_at(mask, end_lps)
    across = tree.point_lps - piece.point_lps
    away_mm = float(np.linalg.norm(across))
    if away_mm < 1e-6:
        return None
    aligned = float(piece.outward @ across) / away_mm
    if aligned < LEAST_ALIGNED:
        return None
    path = _curve(tree.point_lps, piece.point_lps, piece.outward)
    labels = _labels_at(mask.labels, mask.grid, path)
    between = ~np.isin(labels, TUBE)
    if not between.any():
        return None
    hu = _labels_at(volume.voxels, volume.grid, path)[between].astype(np.float64)
    believable = (hu > CLOT_HU) & np.isin(labels[between], (0, THROMBUS))
    if believable.mean() < LEAST_PLAUSIBLE:
        return None
    blood = max(float(suitability.blood_hu or 0), TISSUE_HU + 100)
    bright = float(np.clip((hu - TISSUE_HU) / (blood - TISSUE_HU), 0, 1).mean())
    narrower = min(1.0, tree.radius_mm / piece.radius_mm)
    confidence = aligned * narrower * (1 - 0.6 * gap_mm / MOST_GAP_MM) * (0.6 + 0.4 * bright)
    if confidence < LEAST_CONFIDENCE:
        return None
    radius_mm = min(tree.radius_mm, piece.radius_mm)
    return Bridge(path, radius_mm, gap_mm, round(confidence, 3), bright < OCCLUDED)


def _end_at(mask: VesselMask, at_lps: np.ndarray) -> _End:
    """The end of the vessel whose surface lies at a point."""
    grid = mask.grid
    box = box_around(at_lps, 2 * END_MM, grid)
    labels, _ = ndimage.label(np.isin(mask.labels[slices(box)], TUBE), FULL)
    first = np.array([e[0] for e in box])
    own = labels == labels[tuple(np.rint(grid.index(at_lps)).astype(int) - first)]
    depth = ndimage.distance_transform_edt(np.pad(own, 1), grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    index = np.argwhere(own)
    points = grid.points_lps(index + first)
    away = np.linalg.norm(points - at_lps, axis=1)
    inner = depth[tuple(index.T)]
    near = away <= END_MM
    middle = int(np.where(near, inner - 0.3 * away, -np.inf).argmax())
    outward = points[middle] - points[away <= 2 * END_MM].mean(axis=0)
    length = float(np.linalg.norm(outward))
    half_mm = 0.5 * min(grid.spacing_mm)
    radius_mm = max(float(inner[near].max()) - half_mm, half_mm)
    return _End(points[middle], outward / max(length, 1.0), radius_mm)


def _curve(start_lps: np.ndarray, end_lps: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """A smooth path (n,3) that arrives against the way out of a vessel (cubic Hermite)."""
    across = end_lps - start_lps
    length = float(np.linalg.norm(across))
    count = max(5, int(np.ceil(length / STEP_MM)))
    t = np.linspace(0, 1, count)[:, None]
    size = float(np.linalg.norm(outward))
    arriving = -outward / max(size, 1e-6) * length
    path = (2 * t**3 - 3 * t**2 + 1) * start_lps + (t**3 - 2 * t**2 + t) * across
    return np.asarray(path + (3 * t**2 - 2 * t**3) * end_lps + (t**3 - t**2) * arriving)


def _labels_at(values: np.ndarray, grid: Grid, points_lps: np.ndarray) -> np.ndarray:
    """The values of the nearest voxels (n,); those of the border outside the grid."""
    index = np.rint(grid.index(points_lps)).astype(int)
    return np.asarray(values[tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)])
