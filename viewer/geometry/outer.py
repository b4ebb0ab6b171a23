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
    out = np.full(lumen.shape, np.nan)
    body, clot, corner = _near(sections, mask, far[-1])
    if not clot.any():
        return lumen.copy()
    size = np.array(mask.grid.shape)[:, None, None]
    turn = angles(lumen.shape[1])[:, None]
    f = sections.frames
    for row in np.flatnonzero(np.isfinite(lumen).all(axis=1)):
        way = np.cos(turn) * f.across[row] + np.sin(turn) * f.up[row]
        points = f.points_lps[row] + far[None, :, None] * way[:, None]
        index = np.moveaxis(mask.grid.index(points), -1, 0)
        held = ndimage.map_coordinates(body, index - corner, order=1, mode="constant")
        lined = ndimage.map_coordinates(clot, index - corner, order=0, mode="constant") > 0
        inside = np.all((index >= 0) & (index <= size - 1), axis=0)
        out[row] = _ends(held, lined, inside, far, lumen[row])
    along = float(f.s_mm[-1]) / (len(f.s_mm) - 1)
    return _steady(out, ALONG_VOXELS * min(mask.grid.spacing_mm) / along)


def _near(
    sections: Sections, mask: VesselMask, reach_mm: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The body (float32) and the clot (uint8) in a box around a path, and the box's corner."""
    index = mask.grid.index(sections.frames.points_lps)
    wide = reach_mm * np.linalg.norm(mask.grid.index_from_lps[:3, :3], axis=1)
    low = np.clip(np.floor(index.min(axis=0) - wide).astype(int), 0, None)
    high = np.minimum(np.ceil(index.max(axis=0) + wide).astype(int) + 1, mask.grid.shape)
    box = tuple(slice(a, max(b, a + 1)) for a, b in zip(low, high, strict=True))
    labels = mask.labels[box]
    body = np.isin(labels, BODY).astype(np.float32)
    return body, (labels == THROMBUS).astype(np.uint8), low[:, None, None].astype(float)


def _ends(
    held: np.ndarray, lined: np.ndarray, inside: np.ndarray, far: np.ndarray, lumen: np.ndarray
) -> np.ndarray:
    """Where the body ends along the rays (m,k) of one section, smooth around it."""
    beyond = far >= lumen[:, None] + LINING_MM
    gone = beyond & (held < 0.5)
    at = gone.argmax(axis=1)
    ray = np.arange(len(lumen))
    before, here = held[ray, at - 1], held[ray, at]
    part = np.clip((before - 0.5) / np.maximum(before - here, 1e-6), 0, 1)
    wall = far[at - 1] + part * (far[at] - far[at - 1])
    clot = (lined & (far <= wall[:, None])).sum(axis=1) * (far[1] - far[0]) >= LINING_MM
    if (clot & (~gone.any(axis=1) | ~inside[ray, at])).any():
        return np.full(len(lumen), np.nan)
    wall = np.where(clot, wall, lumen)
    usual = ndimage.median_filter(wall, len(wall) // 2 + 1, mode="wrap")
    kept = np.flatnonzero(wall < JUMP * usual + LINING_MM)
    wall = np.interp(ray, kept, wall[kept], period=len(wall))
    mean = float(wall.mean())
    arc = 2 * np.pi / len(wall) * mean
    smooth = max(SMOOTH_MM, SMOOTH_SHARE * mean) / arc
    return np.asarray(ndimage.gaussian_filter1d(wall, smooth, mode="wrap"))


def _steady(wall_mm: np.ndarray, sections: float) -> np.ndarray:
    """Outlines (n,m) averaged over so many sections along the path, where all these are known."""
    average = ndimage.gaussian_filter1d(wall_mm, sections, axis=0, mode="nearest")
    return np.where(np.isfinite(average), average, wall_mm)
