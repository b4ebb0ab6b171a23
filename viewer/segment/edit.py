"""What a person changes in a mask by hand, each in one box so that it can be undone cheaply."""

from dataclasses import dataclass

import numpy as np

from viewer.errors import ViewerError
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VEIN, Box, VesselMask
from viewer.segment.strokes import path_distance, plane_thickness
from viewer.volume.grid import Grid

NEAR_MM = 3.0
VESSELS = (ARTERY, VEIN, CALCIFICATION)
GAINED, LOST = 1, 2


@dataclass(frozen=True, eq=False)
class Edit:
    """The mask after one change, the box (start, stop per axis) that holds it, and its name."""

    mask: VesselMask
    box: Box
    name: str

    def change(self, before: VesselMask | None) -> np.ndarray:
        """Which voxels of the box get another label (GAINED) or lose theirs (LOST), uint8."""
        after, old = self.mask.labels[slices(self.box)], self._old(before)
        change = (after != old).astype(np.uint8) * np.uint8(GAINED)
        change[(old > 0) & (after == 0)] = LOST
        return change

    def told(self, before: VesselMask | None) -> str:
        """One sentence on what was changed, with its volume."""
        after, old = self.mask.labels[slices(self.box)], self._old(before)
        change, vessel = self.change(before), (*VESSELS, THROMBUS)
        swapped = (change == GAINED) & np.isin(old, vessel) & (after > 0)
        counts = {
            "added": np.count_nonzero((change == GAINED) & ~swapped),
            "relabeled": np.count_nonzero(swapped),
            "removed": np.count_nonzero(change == LOST),
        }
        ml = self.mask.grid.voxel_mm3 / 1000
        parts = [f"{count * ml:.1f} ml {how}" for how, count in counts.items() if count]
        return f"{self.name}: {' and '.join(parts) or '0.0 ml added'}; Ctrl+Z takes it back."

    def summary(self, before: VesselMask | None, place: str = "") -> str:
        """What was done in a few words: its name, the vessel where it was, and how much it is."""
        ml = np.count_nonzero(self.change(before)) * self.mask.grid.voxel_mm3 / 1000
        return f"{self.name}{f' at {place}' if place else ''}, {ml:.1f} ml"

    def middle_lps(self, before: VesselMask | None) -> np.ndarray:
        """The changed voxel nearest to the middle of all that changes (3,)."""
        index = np.argwhere(self.change(before))
        if len(index) == 0:
            index = np.array([[(high - low) // 2 for low, high in self.box]])
        middle = index[np.linalg.norm(index - index.mean(axis=0), axis=1).argmin()]
        return self.mask.grid.points_lps(middle + [low for low, _ in self.box])

    def _old(self, before: VesselMask | None) -> np.ndarray:
        if before is not None:
            return before.labels[slices(self.box)]
        return np.zeros([high - low for low, high in self.box], np.uint8)


def edited(mask: VesselMask, box: Box, chosen: np.ndarray, label: int, name: str) -> Edit:
    """The edit that gives `label` to the chosen voxels (bool, shaped like the box)."""
    labels = mask.labels[slices(box)].copy()
    labels[chosen] = label
    return Edit(mask.patched(box, labels), box, name)


def slices(box: Box) -> tuple[slice, slice, slice]:
    """A box as slices."""
    a, b, c = (slice(*ends) for ends in box)
    return a, b, c


def box_around(points_lps: np.ndarray, reach_mm: float, grid: Grid) -> Box:
    """The box of voxels within a reach of points (n,3), cut to the grid; raises outside it."""
    index = grid.index(np.atleast_2d(points_lps))
    reach = reach_mm * np.linalg.norm(grid.index_from_lps[:3, :3], axis=1) + 1
    low = np.maximum(np.floor(index.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(index.max(axis=0) + reach) + 1, grid.shape).astype(int)
    if np.any(low >= high):
        raise ViewerError("That place is outside the scan; nothing was changed: work inside it.")
    a, b, c = ((int(m), int(n)) for m, n in zip(low, high, strict=True))
    return a, b, c


def nearest_voxel(grid: Grid, point_lps: np.ndarray) -> tuple[int, int, int]:
    """The voxel at a point; raises `ViewerError` outside the scan."""
    if not grid.holds(np.asarray(point_lps)):
        raise ViewerError("The click is outside the scan; nothing was changed: click inside it.")
    k, j, i = grid.nearest(point_lps)
    return int(k), int(j), int(i)


def offsets_mm(box: Box, grid: Grid, point_lps: np.ndarray) -> np.ndarray:
    """Distance in mm of every voxel of a box from a point."""
    index = np.stack(np.meshgrid(*(np.arange(*e) for e in box), indexing="ij"), axis=-1)
    return np.linalg.norm(grid.points_lps(index) - np.asarray(point_lps), axis=-1)


def relabel(mask: VesselMask, voxels: np.ndarray, label: int, name: str) -> Edit:
    """Give a label to voxels: a bool array like the mask, or array indices (n,3)."""
    if voxels.dtype == bool:
        index = np.argwhere(voxels)
    else:
        index = np.asarray(voxels, dtype=np.int64).reshape(-1, 3)
        index = index[np.all((index >= 0) & (index < np.array(mask.grid.shape)), axis=1)]
    if len(index) == 0:
        raise ViewerError("No voxel was chosen; nothing was changed.")
    low, high = index.min(axis=0), index.max(axis=0) + 1
    a, b, c = ((int(m), int(n)) for m, n in zip(low, high, strict=True))
    chosen = np.zeros(tuple(high - low), bool)
    chosen[tuple((index - low).T)] = True
    return edited(mask, (a, b, c), chosen, label, name)


def paint(
    mask: VesselMask,
    stroke_lps: np.ndarray,
    radius_mm: float,
    label: int,
    normal_lps: np.ndarray | None = None,
    name: str = "Paint",
) -> Edit:
    """Give a label along a stroke (n,3): balls, or disks one voxel thick in a plane.

    `normal_lps` is the plane's normal; without one the brush is a ball.
    """
    stroke = np.atleast_2d(np.asarray(stroke_lps, dtype=np.float64))
    grid = mask.grid
    thick = 0.0 if normal_lps is None else plane_thickness(grid, normal_lps)
    box = box_around(stroke, max(radius_mm, thick) + 0.5 * max(grid.spacing_mm), grid)
    index = np.stack(np.meshgrid(*(np.arange(*e) for e in box), indexing="ij"), axis=-1)
    points = grid.points_lps(index)
    if normal_lps is None:
        chosen = path_distance(points, stroke) <= radius_mm
    else:
        normal = np.asarray(normal_lps, dtype=np.float64)
        normal = normal / np.linalg.norm(normal)
        height = (points - stroke[0]) @ normal
        flat = points - height[..., None] * normal
        path = stroke - ((stroke - stroke[0]) @ normal)[:, None] * normal
        chosen = (path_distance(flat, path) <= radius_mm) & (np.abs(height) <= thick / 2 + 1e-6)
    touched = np.rint(grid.index(stroke)).astype(int)
    held = np.all((touched >= 0) & (touched < np.array(grid.shape)), axis=1)
    chosen[tuple((touched[held] - np.array([e[0] for e in box])).T)] = True
    if not chosen.any():
        raise ViewerError("The stroke is outside the scan; nothing was changed: paint inside it.")
    return edited(mask, box, chosen, label, name)


def erase(
    mask: VesselMask,
    stroke_lps: np.ndarray,
    radius_mm: float,
    normal_lps: np.ndarray | None = None,
) -> Edit:
    """Take every label away along a stroke; the brush is as in `paint`."""
    return paint(mask, stroke_lps, radius_mm, 0, normal_lps, "Erase")


def cut(
    mask: VesselMask,
    stroke_lps: np.ndarray,
    direction_lps: np.ndarray,
    width_mm: float = 1.5,
    depth_mm: float = np.inf,
) -> Edit:
    """Sever vessels along the sheet that a stroke (n,3) sweeps along the view direction.

    Removes vessel voxels (artery, vein, calcification) within half of `width_mm` (but at least
    far enough that no two voxels touch across the cut) of the sheet, as deep as half of
    `depth_mm` before and behind the stroke.
    Both pieces stay in the map: `remove_at` takes away the one that is not wanted. Raises
    `ViewerError` where the stroke meets no vessel.
    """
    stroke = np.atleast_2d(np.asarray(stroke_lps, dtype=np.float64))
    direction = np.asarray(direction_lps, dtype=np.float64)
    direction = direction / np.linalg.norm(direction)
    index = np.argwhere(np.isin(mask.labels, VESSELS))
    points = mask.grid.points_lps(index)
    flat = points - (points @ direction)[:, None] * direction
    path = stroke - (stroke @ direction)[:, None] * direction
    half = max(width_mm / 2, 0.5 * float(np.linalg.norm(mask.grid.spacing_mm)))
    low, high = path.min(axis=0) - half, path.max(axis=0) + half
    close = np.all((flat >= low - 1e-6) & (flat <= high + 1e-6), axis=1)
    close &= np.abs((points - stroke.mean(axis=0)) @ direction) <= depth_mm / 2
    index, flat = index[close], flat[close]
    chosen = index[path_distance(flat, path) <= half] if len(index) else index
    if len(chosen) == 0:
        raise ViewerError("The cut meets no vessel; nothing was changed: draw it across a vessel.")
    return relabel(mask, chosen, 0, "Cut")
