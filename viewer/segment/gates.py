"""Gates that stop growing where a narrow bridge opens into something wide."""

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from viewer.enhance.distance import distance_within
from viewer.enhance.slabs import Box, held, whole
from viewer.progress import Progress

FULL = np.ones((3, 3, 3), bool)
DEEPEST_MM = 25.0


def touching(mask: np.ndarray) -> np.ndarray:
    """A mask (bool) and all that touches it, corners included."""
    out = mask.copy()
    for axis in range(mask.ndim):
        before = np.moveaxis(out.copy(), axis, 0)
        grown = np.moveaxis(out, axis, 0)
        grown[1:] |= before[:-1]
        grown[:-1] |= before[1:]
    return out


def adjoining(mask: np.ndarray) -> np.ndarray:
    """A mask (bool) and all that shares a face with it."""
    out = mask.copy()
    for axis in range(mask.ndim):
        own, grown = np.moveaxis(mask, axis, 0), np.moveaxis(out, axis, 0)
        grown[1:] |= own[:-1]
        grown[:-1] |= own[1:]
    return out


def closed(mask: np.ndarray) -> np.ndarray:
    """A mask (bool) with its gaps of up to two voxels filled."""
    open_ = adjoining(np.pad(~adjoining(mask), 1, constant_values=True))[1:-1, 1:-1, 1:-1]
    return mask | ~open_


def opened(mask: np.ndarray) -> np.ndarray:
    """What of a mask (bool) lies in cubes of 27 voxels that it holds in full."""
    lost = touching(np.pad(~mask, 1, constant_values=True))[1:-1, 1:-1, 1:-1]
    return touching(~lost)


def depth_mm(
    mask: np.ndarray, spacing_mm: tuple[float, float, float], progress: Progress
) -> np.ndarray:
    """Distance to the outside in mm up to 25 (float32, half a voxel in the outermost voxels)."""
    distance = distance_within(mask, spacing_mm, DEEPEST_MM, progress)
    distance[mask] -= 0.5 * min(spacing_mm)
    return np.maximum(distance, 0, out=distance)


def widest_way(
    depth: np.ndarray, seeds: np.ndarray, levels: np.ndarray, progress: Progress
) -> np.ndarray:
    """Radius of the widest ball that can be pushed from the seeds to each voxel (float32, mm).

    `depth` in mm, `seeds` bool, `levels` ascending radii at which it is decided; 0 where no way
    leads. (The maximin path, Hu 1961, on a distance map, at fixed levels.)
    """
    way = np.zeros(depth.shape, np.float32)
    box: Box | None = whole(depth.shape)
    for level in progress.over(levels, len(levels)):
        if box is None:
            continue
        labels, count = ndimage.label(depth[box] >= max(level, 1e-6), FULL)
        reached = np.zeros(count + 1, bool)
        reached[labels[seeds[box]]] = True
        reached[0] = False
        open_ = reached[labels]
        way[box][open_] = level
        box = held(open_, box)  # what is reached at a higher level lies within
    return way


def admit(
    mask: np.ndarray,
    seeds: np.ndarray,
    spacing_mm: tuple[float, float, float],
    progress: Progress,
    *,
    against: np.ndarray | None = None,
    widening: float = 1.5,
    slack_mm: float = 1.5,
) -> tuple[np.ndarray, np.ndarray]:
    """What grows from the seeds through a mask, and what was stopped: two bool arrays.

    A place leaks when its own radius exceeds `widening` times the radius of the widest way to it
    plus `slack_mm`, or where `against` (bool) says that it is something else. A leak is closed at
    its neck: seeds and leaks flood the mask from deep to shallow (a watershed), and what the leaks
    flood is stopped.
    """
    box = ndimage.find_objects(mask.astype(np.uint8))
    nothing = np.zeros(mask.shape, bool)
    if not box or not (mask & seeds).any():
        return nothing, nothing.copy()
    cut = box[0]
    inner, own = mask[cut], (mask & seeds)[cut]
    depth = depth_mm(inner, spacing_mm, progress.part(0, 0.3))
    top = float(depth.max())
    step = 0.6 * min(spacing_mm)
    levels = np.concatenate([[0.0], np.arange(1, max(2, int(top / step) + 1)) * step])
    if len(levels) > 24:
        levels = np.concatenate([levels[:12], np.geomspace(levels[12], top, 12)])
    way = widest_way(depth, own, levels, progress.part(0.3, 0.8))
    labels, count = ndimage.label(inner, FULL)
    kept = np.zeros(count + 1, bool)
    kept[np.unique(labels[own])] = True
    kept[0] = False
    reached = kept[labels]
    leak = reached & (depth > widening * (way + step) + slack_mm) & ~own
    if against is not None:
        leak |= against[cut] & reached & ~own
    grown, stopped = nothing, nothing.copy()
    grown[cut] = reached
    if leak.any():
        progress.check()
        markers = np.where(own, np.uint8(1), np.uint8(0))
        markers[leak] = 2
        owner = watershed(-depth, markers, mask=reached, connectivity=FULL)
        grown[cut] = owner == 1
        stopped[cut] = owner == 2
    progress.at(1.0)
    return grown, stopped
