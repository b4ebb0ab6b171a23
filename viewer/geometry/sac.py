"""Saccular aneurysms: the sac beside a vessel, its neck, height, diameter and volume."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, cKDTree
from scipy.spatial.distance import pdist

from viewer.geometry.frames import Frames
from viewer.geometry.number import Number
from viewer.geometry.outer import BODY
from viewer.geometry.section import CALIPERS, Sections
from viewer.geometry.taper import taper_of
from viewer.geometry.wall import smooth_wall
from viewer.progress import silent
from viewer.segment.mask import ARTERY, VesselMask

REACH_MM = 40.0
PATH_STEP_MM = 0.25
CLEAR_VOXELS = 1.0  # so far out of the vessel's own wall a voxel must lie to be of the sac
LIFT = 1.5  # times that, to see whether the sac is above
RIM_VOXELS = 0.75
LEAST_MM3 = 5.0
SMOOTHING = 1.0
WALL_VOXELS = 0.25


@dataclass(frozen=True)
class Sac:
    """A sac that leaves a vessel at `s_mm` of its path, and points along `way` (3,).

    The neck is where it leaves the wall that the vessel would have; `height` goes from there to
    the dome; `diameter_max` is the greatest distance of two of its points. Volumes are in ml.
    """

    s_mm: float
    way: np.ndarray
    diameter_max: Number
    neck_max: Number
    neck_min: Number
    height: Number
    dome_to_neck: Number
    volume: Number
    lumen_volume: Number


def sac_at(sections: Sections, mask: VesselMask, point_lps: np.ndarray) -> Sac | None:
    """The sac in which or nearest to which a point (3,) lies, or None where there is none.

    It is what of the artery, its thrombus and calcification lies out of the tube that the
    vessel's healthy taper makes around its path, in one piece, within 40 mm of the point. A
    branch looks the same: which one is a sac a person or the tree must say.
    """
    taper = taper_of(sections)
    if taper is None:
        return None
    box, corner = _around(mask, np.asarray(point_lps, float))
    voxel_mm = float(np.cbrt(mask.grid.voxel_mm3))
    body = np.isin(box, BODY)
    path, s = _dense(sections.frames)
    places = np.argwhere(body)
    if not len(places):
        return None
    points = mask.grid.points_lps(places + corner)
    far, nearest = cKDTree(path).query(points)
    out = np.full(box.shape, -np.inf)
    past = _past_ends(points, nearest, sections.frames, len(path))
    out[tuple(places.T)] = np.where(past, -np.inf, far - 0.5 * taper.at(s)[nearest])
    clear = CLEAR_VOXELS * voxel_mm
    sac = _piece(out > clear, mask, np.asarray(point_lps), corner)
    if sac is None or sac.sum() * mask.grid.voxel_mm3 < LEAST_MM3:
        return None
    # The layer at the tube's wall, left out to be clear of it, is the sac's where that is above it.
    layer = (out[tuple(places.T)] > 0) & (out[tuple(places.T)] <= clear)
    outwards = (points - path[nearest])[layer] / np.maximum(far[layer], 1e-9)[:, None]
    above = np.rint(mask.grid.index(points[layer] + LIFT * clear * outwards) - corner).astype(int)
    above = np.clip(above, 0, np.array(sac.shape) - 1)
    sac[tuple(places[layer][sac[tuple(above.T)]].T)] = True
    rim = mask.grid.points_lps(np.argwhere(sac & (out < RIM_VOXELS * voxel_mm)) + corner)
    if len(rim) < 3:
        return None
    return _sac(mask, sac, box, corner, rim, path, s)


def _around(mask: VesselMask, point_lps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The labels in a box around a point, and its corner's index (3,)."""
    middle = mask.grid.index(point_lps)
    wide = REACH_MM * np.linalg.norm(mask.grid.index_from_lps[:3, :3], axis=1)
    shape = np.array(mask.grid.shape)
    low = np.clip(np.floor(middle - wide).astype(int), 0, shape - 1)
    high = np.clip(np.ceil(middle + wide).astype(int) + 1, low + 1, shape)
    return mask.labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))], low


def _past_ends(
    points_lps: np.ndarray, nearest: np.ndarray, frames: Frames, count: int
) -> np.ndarray:
    """Which points (n,3) lie beyond the planes at a path's ends, where the vessel just goes on."""
    first = (points_lps - frames.points_lps[0]) @ frames.tangent[0] < 0
    last = (points_lps - frames.points_lps[-1]) @ frames.tangent[-1] > -PATH_STEP_MM
    return np.asarray((first & (nearest == 0)) | (last & (nearest == count - 1)))


def _dense(frames: Frames) -> tuple[np.ndarray, np.ndarray]:
    """Points (k,3) close together on a path, and their places (k,)."""
    s = np.arange(0.0, frames.s_mm[-1], PATH_STEP_MM)
    points = [np.interp(s, frames.s_mm, axis) for axis in frames.points_lps.T]
    return np.column_stack(points), s


def _piece(
    inside: np.ndarray, mask: VesselMask, point_lps: np.ndarray, corner: np.ndarray
) -> np.ndarray | None:
    """The connected piece of true voxels that lies nearest to a point."""
    pieces, count = ndimage.label(inside)
    if not count:
        return None
    places = np.argwhere(inside)
    far = np.linalg.norm(mask.grid.points_lps(places + corner) - point_lps, axis=1)
    return np.asarray(pieces == pieces[tuple(places[int(np.argmin(far))])])


def _sac(
    mask: VesselMask,
    sac: np.ndarray,
    labels: np.ndarray,
    corner: np.ndarray,
    rim_lps: np.ndarray,
    path_lps: np.ndarray,
    s_mm: np.ndarray,
) -> Sac:
    """The numbers of a sac (bool, as labels) that touches the vessel's wall at its rim (n,3)."""
    voxel_mm = float(np.cbrt(mask.grid.voxel_mm3))
    mouth = rim_lps.mean(axis=0)
    at = int(np.argmin(np.linalg.norm(path_lps - mouth, axis=1)))
    wall, _ = smooth_wall(np.pad(sac, 1), SMOOTHING, silent())
    skin = mask.grid.points_lps(wall + (corner - 1))
    way = skin.mean(axis=0) - path_lps[at]
    way = way / np.linalg.norm(way)
    neck = _calipers(rim_lps, way) + 0.5 * voxel_mm  # its outermost voxels are half inside
    floor = float((mouth - path_lps[at]) @ way)
    top = float(((skin - path_lps[at]) @ way).max())
    hull = skin[ConvexHull(skin).vertices]
    one = 2 * WALL_VOXELS * voxel_mm
    least, most = float(neck.min()), float(neck.max())
    rim_sd = float(np.hypot(voxel_mm, 0.5 * one))
    height = top - floor
    volume = float(sac.sum()) * mask.grid.voxel_mm3 / 1000
    own = sac & (labels == ARTERY)
    lumen = float(own.sum()) * mask.grid.voxel_mm3 / 1000
    by = "in the map, beyond the wall that the vessel's healthy taper would have"
    return Sac(
        s_mm=float(s_mm[at]),
        way=way,
        diameter_max=Number(float(pdist(hull).max()), one, "mm", f"greatest distance {by}"),
        neck_max=Number(most, rim_sd, "mm", f"greatest width of the mouth {by}"),
        neck_min=Number(least, rim_sd, "mm", f"least width of the mouth {by}"),
        height=Number(height, float(np.hypot(one, 0.5 * voxel_mm)), "mm", f"mouth to dome {by}"),
        dome_to_neck=Number(
            height / most,
            float(height / most * np.hypot(rim_sd / most, one / height)),
            "",
            "height over the greatest width of the neck",
        ),
        volume=Number(volume, _volume_sd(sac, mask), "ml", f"voxels {by}"),
        lumen_volume=Number(lumen, _volume_sd(own, mask), "ml", f"voxels of the lumen {by}"),
    )


def _volume_sd(inside: np.ndarray, mask: VesselMask) -> float:
    """Deviation (ml) of a volume whose wall as a whole lies a share of a voxel off."""
    at_wall = int((inside & ~ndimage.binary_erosion(inside)).sum())
    return WALL_VOXELS * at_wall * mask.grid.voxel_mm3 / 1000


def _calipers(points_lps: np.ndarray, way: np.ndarray) -> np.ndarray:
    """How wide points (n,3) are, seen along a direction, between two parallels that turn (k,)."""
    helper = np.eye(3)[int(np.argmin(np.abs(way)))]
    one = np.cross(way, helper)
    one /= np.linalg.norm(one)
    two = np.cross(way, one)
    turn = np.arange(CALIPERS) * np.pi / CALIPERS
    seen = points_lps @ (np.outer(one, np.cos(turn)) + np.outer(two, np.sin(turn)))
    return np.asarray(np.ptp(seen, axis=0))
