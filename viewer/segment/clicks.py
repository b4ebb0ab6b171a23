"""What one click means: the vessel under it, or the branch under it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment import front
from viewer.segment.edit import (
    NEAR_MM,
    VESSELS,
    Edit,
    box_around,
    edited,
    nearest_voxel,
    offsets_mm,
    slices,
)
from viewer.segment.faint import voxels_within, whole_vessel
from viewer.segment.gates import adjoining
from viewer.segment.mask import ARTERY, BONE, CHAMBER, ORGAN, THROMBUS, VEIN, Box, VesselMask
from viewer.segment.necks import climbed
from viewer.segment.prune import swap_at
from viewer.segment.shells import cells_from, shells
from viewer.volume.volume import Volume

LOOK_MM = 14.0
STEP_MM = 4.0
TISSUE_HU = 50.0
BODY_HU = -30.0
LEAST_ENHANCED_HU = 110.0
KNOWN_SHARE = 0.05
NEW_SHARE = 0.25  # of a whole vessel must be new, or the click meant the lumen alone


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What lies around a click: HU of the vessel there, of the tissue beside it, and its radius.

    `start` is the voxel (array index) in the vessel's middle that the click means.
    """

    start: tuple[int, int, int]
    level_hu: float
    tissue_hu: float
    top_hu: float
    radius_mm: float

    @property
    def half_hu(self) -> float:
        """Half way between the tissue and the vessel: where the wall is drawn."""
        return (self.level_hu + self.tissue_hu) / 2


def surroundings(
    mask: VesselMask, volume: Volume, noise_hu: float, point_lps: np.ndarray
) -> Surroundings:
    """The vessel's own level, its tissue and its radius around a click, from 14 mm about it.

    Raises `ViewerError` outside the scan and on a structure that is labelled as something else.
    """
    grid = mask.grid
    box = box_around(np.asarray(point_lps), LOOK_MM, grid)
    hu = volume.voxels[slices(box)].astype(np.float32)
    labels = mask.labels[slices(box)]
    far = offsets_mm(box, grid, point_lps)
    smooth = ndimage.uniform_filter(hu, [3 if s < 1.8 else 1 for s in grid.spacing_mm])
    near = far <= max(NEAR_MM, 0.75 * max(grid.spacing_mm))
    # A click beside the known map means what is not in it yet.
    near &= ~np.isin(labels, VESSELS)
    peak = np.where(near, smooth - 25 * far, -np.inf).argmax()
    core = near & (np.abs(smooth - smooth.flat[peak]) < max(3 * noise_hu, 20))
    level = float(np.median(smooth[core]))
    beside = (far < LOOK_MM) & (smooth > BODY_HU) & (smooth < level - max(3 * noise_hu, 25))
    tissue = TISSUE_HU
    if beside.sum() > 50:
        # The upper part of what is darker: a liver round a portal vein, not the fat behind it.
        tissue = float(np.clip(np.percentile(smooth[beside], 60), 0, level - 30))
        tissue = min(tissue, TISSUE_HU + 0.5 * (level - TISSUE_HU))
    half = (level + tissue) / 2
    depth = ndimage.distance_transform_edt(smooth > half, sampling=grid.spacing_mm)
    middle = int(np.where(far <= STEP_MM, depth, 0).argmax())
    start = np.unravel_index(
        climbed(depth, middle, box, grid) if depth.flat[middle] else peak, hu.shape
    )
    at = tuple(int(n) + ends[0] for n, ends in zip(start, box, strict=True))
    top = level + max(4 * noise_hu, 0.35 * level)
    return Surroundings(
        (at[0], at[1], at[2]), level, tissue, top, float(max(depth[start], min(grid.spacing_mm)))
    )


def add_at(
    mask: VesselMask,
    volume: Volume,
    suitability: Suitability,
    point_lps: np.ndarray,
    progress: Progress,
) -> Edit:
    """Add the vessel that a click means.

    An enhanced vessel is grown from its own level at the click, up to where its front opens into
    something wide and up to other structures. Where the blood is fainter than that of the scan (a
    false lumen, a clot), the whole vessel within the outer wall is taken, if a wall is seen.
    A vein at the click becomes artery; bone or an organ there was labelled wrongly.
    Raises `ViewerError` where there is neither, and where the vessel is known already.
    """
    point = np.asarray(point_lps, dtype=np.float64)
    clicked = int(mask.labels[nearest_voxel(mask.grid, point)])
    if clicked == VEIN:
        return swap_at(mask, point, progress)
    if clicked in VESSELS:
        raise ViewerError("The vessel at the click is in the map already; nothing was changed.")
    found = surroundings(mask, volume, suitability.noise_hu, point)
    blood = suitability.blood_hu or 200.0
    if found.level_hu < TISSUE_HU + 0.7 * (blood - TISSUE_HU):
        whole = whole_at(mask, volume, found, point, progress.part(0, 0.6))
        if whole is not None:
            return whole
    if found.level_hu < min(LEAST_ENHANCED_HU, 40 + 0.35 * (blood - 40)):
        raise ViewerError(
            f"There is no enhanced vessel at the click ({found.level_hu:.0f} HU) and no wall "
            "around it; nothing was changed: click into a bright vessel, or paint (B)."
        )
    box, new = grown_at(mask, volume, found, clicked, progress.part(0.6, 1.0))
    if not new.any():
        raise ViewerError("The vessel at the click is in the map already; nothing was changed.")
    return edited(mask, box, new, ARTERY, "Add vessel")


def grown_at(
    mask: VesselMask, volume: Volume, found: Surroundings, clicked: int, progress: Progress
) -> tuple[Box, np.ndarray]:
    """A box and which of its voxels grow from a start and are no vessel yet (bool).

    `clicked` is the label at the click.
    """
    hu, labels, shape = volume.voxels.reshape(-1), mask.labels.reshape(-1), mask.grid.shape
    around = front.neighbors(shape)[[4, 10, 12, 13, 15, 21]]
    half, top = found.half_hu, found.top_hu
    # A click on a structure says that this is a vessel; the label was wrong there.
    blocked = {BONE, CHAMBER, ORGAN, VEIN} - {clicked, int(mask.labels[found.start])}
    allowed = ~np.isin(np.arange(256), list(blocked))
    if allowed[BONE]:
        half = max(half, 0.75 * found.level_hu)
    even = top - found.level_hu

    def admits(flat: np.ndarray) -> np.ndarray:
        own = hu[flat]
        good = (own > half) & (own < top) & allowed[labels[flat]]
        chosen = flat[good]
        near = np.stack([hu.take(chosen + step, mode="clip") for step in around])
        fits = hu[chosen] * 2.0 + near.sum(axis=0, dtype=np.float32) > 8 * half
        bone = np.flatnonzero(labels[chosen] == BONE)
        if len(bone):  # blood is even, and bone is not
            fits[bone] &= np.ptp(np.maximum(near[:, bone], half), axis=0) < even
        good[good] = fits
        return good

    start = np.array([np.ravel_multi_index(found.start, shape)])
    reached = front.grow(mask.grid, start, admits, found.radius_mm, progress)
    grown = np.unravel_index(before_leaks(reached, start, found, mask), shape)
    a, b, c = (
        (max(int(each.min()) - 1, 0), min(int(each.max()) + 2, n))
        for each, n in zip(grown, shape, strict=True)
    )
    box = (a, b, c)
    chosen = np.zeros([high - low for low, high in box], bool)
    chosen[tuple(each - low for each, (low, _) in zip(grown, box, strict=True))] = True
    wide = adjoining(chosen)
    own, core = mask.labels[slices(box)][wide], chosen[wide]
    rim = (own == 0) & (volume.voxels[slices(box)][wide] > half)
    wide[wide] = np.where(core, ~np.isin(own, VESSELS), rim)
    return box, wide


def before_leaks(
    flat: np.ndarray, start: np.ndarray, found: Surroundings, mask: VesselMask
) -> np.ndarray:
    """What has grown (flat numbers, ascending) without all behind a neck that has leaked."""
    cells = cells_from(flat, mask.grid)
    around = shells(cells, np.array([cells.of(int(start[0]))]))
    near = int(np.ceil(2 * found.radius_mm / (front.SHELL * cells.cell_mm))) + 1
    leaked = around.leaked(mask.grid.voxel_mm3, near)
    return flat[~leaked[around.piece[cells.cell]]]


def whole_at(
    mask: VesselMask,
    volume: Volume,
    found: Surroundings,
    point_lps: np.ndarray,
    progress: Progress,
) -> Edit | None:
    """The edit that fills the vessel around a faint place up to its wall; None without a wall."""
    way = direction_at(mask, point_lps)
    sections = whole_vessel(volume, mask, point_lps, way, VESSELS, progress)
    # Muscle has a border too: a vessel is told by its known lumen or by its brighter blood.
    vessel = max((s.known for s in sections), default=0) > KNOWN_SHARE
    if len(sections) < 4 or not (vessel or found.level_hu > LEAST_ENHANCED_HU):
        return None
    box, within = voxels_within(sections, mask.grid)
    hu, labels = volume.voxels[slices(box)][within], mask.labels[slices(box)][within]
    free = (labels == 0) | ((labels == BONE) & (hu < found.top_hu))
    new = free & (hu > BODY_HU)
    if new.sum() < NEW_SHARE * len(new):
        return None
    filled_hu = float(np.median(hu[new]))
    if not vessel and filled_hu < found.half_hu:
        return None
    enhanced = filled_hu > LEAST_ENHANCED_HU
    label, name = (ARTERY, "Add vessel") if enhanced else (THROMBUS, "Add thrombus")
    within[within] = new
    return edited(mask, box, within, label, name)


def direction_at(mask: VesselMask, point_lps: np.ndarray) -> np.ndarray:
    """Which way the known vessel beside a point runs; along the slices' axis without one."""
    box = box_around(point_lps, 25.0, mask.grid)
    vessel = np.isin(mask.labels[slices(box)], VESSELS)
    axis: np.ndarray = mask.grid.lps_from_index[:3, 0]
    if vessel.sum() < 200:
        return axis
    index = np.argwhere(vessel)[:: max(1, int(vessel.sum()) // 4000)] + [e[0] for e in box]
    points = mask.grid.points_lps(index)
    points = points[np.linalg.norm(points - point_lps, axis=1) < 25.0]
    if len(points) < 20:  # the rest lies in the corners
        return axis
    _, spread, ways = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return ways[0] if spread[0] > 1.3 * spread[1] else axis
