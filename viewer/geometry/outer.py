"""The outer wall of a vessel whose lumen is lined with thrombus or calcification."""

import numpy as np
from scipy import ndimage

from viewer.geometry.section import Sections, angles
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VesselMask

REACH_MM, LINING_MM = 60.0, 1.0
JUMP = 1.35
SMOOTH_MM, SMOOTH_SHARE = 2.0, 0.12
ALONG_VOXELS = 1.0
BODY = (ARTERY, CALCIFICATION, THROMBUS)


def outer_wall_mm(sections: Sections, mask: VesselMask) -> np.ndarray:
    """Distance (n,m) mm from the path to the outer wall along the rays of sections.

    Where thrombus lies on a ray it is where artery, calcification and thrombus end in the mask,
    between voxels; elsewhere the lumen's own wall. A ray that runs on into a branch takes the
    distance of those beside it. nan where the section has no lumen or the body leaves the scan.
    """
    lumen = sections.wall_mm
    step = 0.5 * min(mask.grid.spacing_mm)
    far = np.arange(0.0, float(np.nanmax(lumen, initial=0.0)) + REACH_MM, step)
    out, bare = np.full(lumen.shape, np.nan), np.zeros(len(lumen), bool)
    body, clot, corner = _near(sections, mask, far[-1])
    if not clot.any():
        return lumen.copy()
    f, turn = sections.frames, angles(lumen.shape[1])[:, None]
    way = np.cos(turn) * f.across[:, None] + np.sin(turn) * f.up[:, None]  # (n,m,3)
    steps = np.moveaxis(way @ mask.grid.index_from_lps[:3, :3].T, 2, 0)
    start = mask.grid.index(f.points_lps).T - corner
    last = np.array(clot.shape)[:, None, None] - 1
    edge = np.array(mask.grid.shape)[:, None, None] - 1 - corner[:, :, None]
    for row in np.flatnonzero(np.isfinite(lumen).all(axis=1)):
        index = start[:, row, None, None] + far * steps[:, row, :, None]  # (3,m,k)
        lined = _held(clot, index, last)
        rays = np.flatnonzero(lined.any(axis=1))
        wall = lumen[row].copy()
        if len(rays):
            body_there = ndimage.map_coordinates(body, index[:, rays], order=1, mode="constant")
            inside = np.all((index >= -corner[:, :, None]) & (index <= edge), axis=0)
            wall[rays] = _ends(body_there, lined[rays], inside[rays], far, wall[rays])
        bare[row] = np.array_equal(wall, lumen[row])
        out[row] = lumen[row] if bare[row] else _even(wall)
    along = float(f.s_mm[-1]) / (len(f.s_mm) - 1)
    steady = _steady(out, ALONG_VOXELS * min(mask.grid.spacing_mm) / along)
    return np.where(bare[:, None], lumen, steady)


def _near(
    sections: Sections, mask: VesselMask, reach_mm: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The body (float32), the clot (bool) in a box around a path, and the box's corner (3,1)."""
    index = mask.grid.index(sections.frames.points_lps)
    wide = reach_mm * np.linalg.norm(mask.grid.index_from_lps[:3, :3], axis=1)
    low = np.clip(np.floor(index.min(axis=0) - wide).astype(int), 0, None)
    high = np.minimum(np.ceil(index.max(axis=0) + wide).astype(int) + 1, mask.grid.shape)
    box = tuple(slice(a, max(b, a + 1)) for a, b in zip(low, high, strict=True))
    labels = mask.labels[box]
    body = np.isin(labels, BODY).astype(np.float32)
    return body, labels == THROMBUS, low[:, None].astype(float)


def _held(clot: np.ndarray, index: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Whether the nearest voxel of indices (3,...) is clot; outside the box there is none."""
    near = np.rint(index).astype(np.int32)
    within = np.all((near >= 0) & (near <= last), axis=0)
    return np.asarray(clot[tuple(np.clip(near, 0, last))] & within)


def _ends(
    held: np.ndarray, lined: np.ndarray, inside: np.ndarray, far: np.ndarray, lumen: np.ndarray
) -> np.ndarray:
    """Where the body ends along rays (m,k); the lumen where no clot lies, nan beyond the scan."""
    beyond = far >= lumen[:, None] + LINING_MM
    gone = beyond & (held < 0.5)
    at = gone.argmax(axis=1)
    ray = np.arange(len(lumen))
    before, here = held[ray, at - 1], held[ray, at]
    part = np.clip((before - 0.5) / np.maximum(before - here, 1e-6), 0, 1)
    wall = far[at - 1] + part * (far[at] - far[at - 1])
    clot = (lined & (far <= wall[:, None])).sum(axis=1) * (far[1] - far[0]) >= LINING_MM
    leaves = clot & (~gone.any(axis=1) | ~inside[ray, at])
    return np.where(leaves, np.nan, np.where(clot, wall, lumen))


def _even(wall_mm: np.ndarray) -> np.ndarray:
    """An outline (m,) smooth around its section, without rays that run on into a branch."""
    if not np.isfinite(wall_mm).all():
        return np.full(len(wall_mm), np.nan)
    usual = ndimage.median_filter(wall_mm, len(wall_mm) // 2 + 1, mode="wrap")
    kept = np.flatnonzero(wall_mm < JUMP * usual + LINING_MM)
    wall = np.interp(np.arange(len(wall_mm)), kept, wall_mm[kept], period=len(wall_mm))
    mean = float(wall.mean())
    arc = 2 * np.pi / len(wall) * mean
    smooth = max(SMOOTH_MM, SMOOTH_SHARE * mean) / arc
    return np.asarray(ndimage.gaussian_filter1d(wall, smooth, mode="wrap"))


def _steady(wall_mm: np.ndarray, sections: float) -> np.ndarray:
    """Outlines (n,m) averaged over so many sections along the path, where all these are known."""
    average = ndimage.gaussian_filter1d(wall_mm, sections, axis=0, mode="nearest")
    return np.where(np.isfinite(average), average, wall_mm)
