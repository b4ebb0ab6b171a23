"""Vessels added or taken away along a rough stroke or in a box, each in a small part of a scan."""

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment.edit import VESSELS, Edit, box_around, edited, slices
from viewer.segment.mask import ARTERY, THROMBUS, Box, VesselMask
from viewer.segment.strokes import path_distance
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

AROUND_MM = 12.0
REMOVED_MM = 6.0
TISSUE_HU, BODY_HU = 50.0, -30.0
LEAST_ML = 0.02
REMOVABLE = (*VESSELS, THROMBUS)


def points_of(box: Box, grid: Grid) -> np.ndarray:
    """Where the voxels of a box lie (LPS, box shape and 3)."""
    index = np.stack(np.meshgrid(*(np.arange(*e) for e in box), indexing="ij"), axis=-1)
    return grid.points_lps(index)


def add_along(mask: VesselMask, volume: Volume, stroke_lps: np.ndarray, progress: Progress) -> Edit:
    """Add the vessel under a stroke (n,3), within 12 mm of it, whatever its brightness is.

    The stroke and what is surely beside the vessel (other HU, other structures, 12 mm away) flood
    what lies between from their own HU (a watershed on the difference to the stroke's HU).
    Raises `ViewerError` outside the scan and where nothing is added.
    """
    stroke = np.atleast_2d(np.asarray(stroke_lps, dtype=np.float64))
    grid = mask.grid
    box = box_around(stroke, AROUND_MM, grid)
    hu, labels = volume.voxels[slices(box)].astype(np.float32), mask.labels[slices(box)]
    away = path_distance(points_of(box, grid), stroke)
    progress.at(0.3)
    smooth = ndimage.uniform_filter(hu, [3 if s < 1.8 else 1 for s in grid.spacing_mm])
    on = away <= max(0.75 * max(grid.spacing_mm), 1.0)
    if not on.any():
        raise ViewerError("The stroke is outside the scan; nothing was changed: draw inside it.")
    # What the stroke itself runs on was labelled wrongly, if it was labelled at all.
    under = int(np.bincount(labels[on]).argmax())
    free = np.isin(labels, (0, under, *REMOVABLE))
    level = float(np.median(smooth[on]))
    spread = float(np.clip(1.5 * np.subtract(*np.percentile(smooth[on], (75, 25))), 15, 80))
    beside = (away > 3) & (away < AROUND_MM) & (np.abs(smooth - level) > 2 * spread)
    tissue = float(np.median(smooth[beside])) if beside.sum() > 30 else TISSUE_HU
    half = abs(level - tissue) / 2
    # Smoothing takes the noise out of the middle and blurs the rim: either may be near the level.
    differ = np.minimum(np.abs(smooth - level), np.abs(hu - level))
    # A bright vessel under the stroke may be brighter in its middle than the stroke's median.
    differ[(smooth > level) & (level > tissue)] *= 0.5
    markers = np.zeros(hu.shape, np.uint8)
    markers[(differ > max(half, spread)) | ~free | (away > AROUND_MM - 1)] = 2
    markers[on & free & (differ < max(2 * half, 2 * spread))] = 1
    progress.at(0.5)
    won = watershed(np.minimum(differ, 1000) + 2 * away, markers) == 1
    new = won & ~np.isin(labels, REMOVABLE) & (hu > BODY_HU)
    if not new.any():
        raise ViewerError("All under the stroke is in the map already; nothing was changed.")
    return edited(mask, box, new, ARTERY, "Add along stroke")


def remove_along(mask: VesselMask, stroke_lps: np.ndarray, progress: Progress) -> Edit:
    """Take away the vessel under a stroke (n,3), as far as the stroke goes.

    The stroke and the rest of the map (over 6 mm from it) share what lies between at its necks (a
    watershed from deep to shallow). Raises `ViewerError` where the stroke meets no vessel.
    """
    stroke = np.atleast_2d(np.asarray(stroke_lps, dtype=np.float64))
    grid = mask.grid
    box = box_around(stroke, 2 * REMOVED_MM, grid)
    vessel = np.isin(mask.labels[slices(box)], REMOVABLE)
    away = path_distance(points_of(box, grid), stroke)
    on = vessel & (away <= max(max(grid.spacing_mm), 1.5))
    if not on.any():
        raise ViewerError("The stroke meets no vessel; nothing was changed: draw along a vessel.")
    progress.at(0.3)
    depth = ndimage.distance_transform_edt(vessel, sampling=grid.spacing_mm)
    reach = REMOVED_MM + float(np.median(depth[on]))
    markers = np.where(on, 1, 0).astype(np.uint8)
    markers[vessel & (away > reach)] = 2
    won = watershed(-depth + 0.5 * away, markers, mask=vessel) == 1
    return edited(mask, box, won, 0, "Remove along stroke")


def box_of(corners_lps: np.ndarray, depth_mm: float, into_lps: np.ndarray) -> np.ndarray:
    """The frame of a dragged box: center and three half edges (4,3).

    `corners_lps` (4,3) go round the rectangle; it is `depth_mm` deep, half before, half behind.
    """
    center = corners_lps.mean(axis=0)
    right, down = (corners_lps[1] - corners_lps[0]) / 2, (corners_lps[3] - corners_lps[0]) / 2
    return np.stack([center, right, down, into_lps * (depth_mm / 2)])


def within_frame(frame_lps: np.ndarray, grid: Grid) -> tuple[Box, np.ndarray]:
    """The voxels' box around a frame (4,3) of `box_of`, and which voxels lie in it (bool)."""
    center, edges = frame_lps[0], frame_lps[1:]
    size = np.linalg.norm(edges, axis=1)
    if size.min() < 0.5 * min(grid.spacing_mm):
        raise ViewerError("The box is empty; nothing was changed: drag from corner to corner.")
    signs = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T
    box = box_around(center + signs @ edges, 0.0, grid)
    along = (points_of(box, grid) - center) @ (edges / size[:, None] ** 2).T
    return box, np.all(np.abs(along) <= 1, axis=-1)


def add_in_box(
    mask: VesselMask,
    volume: Volume,
    suitability: Suitability,
    frame_lps: np.ndarray,
    progress: Progress,
) -> Edit:
    """Segment the vessels in a box (`box_of`) afresh, at half way between its own tissue and blood.

    Bone, chambers and organs stay as they are. Raises `ViewerError` where nothing is bright.
    """
    box, within = within_frame(frame_lps, mask.grid)
    hu, labels = volume.voxels[slices(box)].astype(np.float32), mask.labels[slices(box)]
    free = within & ((labels == 0) | np.isin(labels, VESSELS))
    body = free & (hu > BODY_HU)
    if body.sum() < 20:
        raise ViewerError("There is no tissue in the box; nothing was changed.")
    progress.at(0.3)
    blood = suitability.blood_hu or 200.0
    known = hu[np.isin(labels, VESSELS) & within]
    tissue = float(np.clip(np.median(hu[body]), 0, TISSUE_HU + 0.5 * (blood - TISSUE_HU)))
    bright = hu[body & (hu > tissue + max(4 * suitability.noise_hu, 40))]
    if len(bright) == 0:
        raise ViewerError("No enhanced vessel is in the box; nothing was changed.")
    level = float(np.median(known if len(known) > 50 else np.sort(bright)[-len(bright) // 2 :]))
    level = min(level, blood)
    lumen = free & (hu > (tissue + level) / 2)
    parts, count = ndimage.label(lumen, np.ones((3, 3, 3), bool))
    kept = np.bincount(parts.ravel(), minlength=count + 1) * mask.grid.voxel_mm3 > 1000 * LEAST_ML
    kept[0] = False
    labels = labels.copy()
    new = kept[parts] & (labels == 0)
    labels[free & np.isin(labels, (ARTERY,)) & ~kept[parts]] = 0
    labels[new] = ARTERY
    if np.array_equal(labels, mask.labels[slices(box)]):
        raise ViewerError("The vessels in the box are in the map already; nothing was changed.")
    return Edit(mask.patched(box, labels), box, "Segment in box")


def remove_in_box(mask: VesselMask, frame_lps: np.ndarray) -> Edit:
    """Take away all vessels in a box (`box_of`); raises `ViewerError` where there are none."""
    box, within = within_frame(frame_lps, mask.grid)
    gone = within & np.isin(mask.labels[slices(box)], REMOVABLE)
    if not gone.any():
        raise ViewerError("No vessel is in the box; nothing was changed.")
    return edited(mask, box, gone, 0, "Remove in box")
