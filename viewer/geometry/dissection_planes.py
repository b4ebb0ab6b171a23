"""What lies in planes across a wide artery: which of it belongs to the artery, and its hull."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from viewer.geometry.frames import Frames
from viewer.geometry.section import angles
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.lines import along_lines
from viewer.volume.volume import Volume

STEP_MM, HALF_MM = 0.75, 30.0
NEAR_MM = 8.0  # so far from the rest another lumen may lie
LEAST_WIDE_MM = 10.0  # a lumen is at least so wide, a branch beside the artery is not
ASIDE_MM = 2.0
SOFT_HU, FATTY = -30.0, 0.05
BODY = (ARTERY, CALCIFICATION, THROMBUS)
AIR_HU = -1000.0


@dataclass(frozen=True, eq=False)
class Planes:
    """Pictures (n,h,w) across a path: `hu` float32 and `labels` uint8, squares of `STEP_MM`.

    Columns run along `frames.across`, rows along `frames.up`; the path is in the middle.
    """

    frames: Frames
    hu: np.ndarray
    labels: np.ndarray

    @property
    def offset_mm(self) -> np.ndarray:
        """How far each column (or row) lies from the path (w,)."""
        return offsets_mm(self.hu.shape[2])


def offsets_mm(count: int) -> np.ndarray:
    """Places (count,) mm of pixels along a row, 0 in the middle."""
    return (np.arange(count) - count // 2) * STEP_MM


def planes(volume: Volume, mask: VesselMask, frames: Frames) -> Planes:
    """The scan and the mask in the planes of some frames."""
    away = offsets_mm(2 * int(HALF_MM / STEP_MM) + 1)
    index = _indices(volume.grid, frames, away)
    hu = along_lines(volume.voxels, index, beyond=AIR_HU)
    size = np.array(volume.grid.shape)[:, None, None, None]
    inside = np.all((index > -0.5) & (index < size - 0.5), axis=0)
    if mask.grid is not volume.grid:  # as where the mask was found on divided voxels
        index = _indices(mask.grid, frames, away)
    labels = along_lines(mask.labels, index, order=0)
    return Planes(frames, hu, np.where(inside, labels, 0).astype(np.uint8))


def _indices(grid: Grid, frames: Frames, away_mm: np.ndarray) -> np.ndarray:
    """Fractional indices (3,n,k,k) of the pixels of planes, so far (k,) mm up and across."""
    turn = grid.index_from_lps[:3, :3]
    start = grid.index(frames.points_lps)
    across, up = frames.across @ turn.T, frames.up @ turn.T
    return np.asarray(
        start.T[:, :, None, None]
        + up.T[:, :, None, None] * away_mm[None, None, :, None]
        + across.T[:, :, None, None] * away_mm[None, None, None, :]
    )


def hull_mm(hu: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray | None:
    """Distance (count,) mm from the middle to the hull of the artery in one plane, if it is there.

    The artery is what lies at the middle, and each other wide piece near it with nothing but
    soft tissue between: the other side of a flap.
    """
    held = np.isin(labels, BODY)
    held = ndimage.binary_opening(ndimage.binary_closing(held, iterations=2), iterations=2)
    pieces, number = ndimage.label(held)
    if not number:
        return None
    far = offsets_mm(held.shape[0])
    away = np.hypot(far[:, None], far[None])
    own = int(pieces.flat[np.argmin(np.where(held, away, np.inf))])
    part = pieces == own
    if away[part].min() > NEAR_MM:
        return None
    for other in range(1, number + 1):
        piece = pieces == other
        if other != own and _belongs(hu, part, piece):
            part = part | piece
    return _polar(part, far, count)


def _belongs(hu: np.ndarray, part: np.ndarray, piece: np.ndarray) -> bool:
    """Whether a piece lies within one wall with the rest."""
    rows, columns = np.nonzero(piece)
    points = np.column_stack([rows, columns]) * STEP_MM
    spread = np.sqrt(12 * np.linalg.eigvalsh(np.cov(points.T))[-1])
    far = ndimage.distance_transform_edt(~part, sampling=STEP_MM)
    least = float(far[piece].min())
    if spread < LEAST_WIDE_MM or least > NEAR_MM:
        return False
    gap = far + ndimage.distance_transform_edt(~piece, sampling=STEP_MM) <= least + ASIDE_MM
    gap &= ~part & ~piece
    return bool(not gap.any() or (hu[gap] < SOFT_HU).mean() < FATTY)


def filled(part: np.ndarray) -> np.ndarray:
    """All pixels (h,w) of the convex hull of some."""
    far = offsets_mm(part.shape[0])
    hull = _hull(part, far)
    if hull is None:
        return part
    places = np.stack(np.meshgrid(far, far), axis=-1)
    inside = np.ones(part.shape, bool)
    for a, b, c in hull.equations:
        inside &= places[..., 0] * a + places[..., 1] * b + c <= 1e-6
    return inside


def _hull(part: np.ndarray, far: np.ndarray) -> ConvexHull | None:
    edge = part & ~ndimage.binary_erosion(part)
    rows, columns = np.nonzero(edge)
    try:
        return ConvexHull(np.column_stack([far[columns], far[rows]]))
    except (QhullError, ValueError):
        return None


def _polar(part: np.ndarray, far: np.ndarray, count: int) -> np.ndarray | None:
    """Distance (count,) mm from the middle to the hull of some pixels; None outside it."""
    hull = _hull(part, far)
    if hull is None or (hull.equations[:, 2] > 0).any():
        return None
    turn = angles(count)
    toward = hull.equations[:, :1] * np.cos(turn) + hull.equations[:, 1:2] * np.sin(turn)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.where(toward > 1e-6, -hull.equations[:, 2:] / toward, np.inf)
    return np.asarray(reach.min(axis=0) + 0.5 * STEP_MM)
