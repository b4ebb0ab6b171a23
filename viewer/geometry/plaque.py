"""What fills a narrowed vessel: the room that plaque took from the lumen, and its calcium."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.geometry.number import Number, unknown
from viewer.geometry.section import Sections
from viewer.geometry.stenosis import Stenosis
from viewer.geometry.taper import Taper
from viewer.segment.mask import ARTERY, CALCIFICATION, VesselMask
from viewer.volume.volume import Volume

BEYOND_MM = 2.0  # so far out of the healthy lumen a wall's calcium may lie
CALCIUM_HU = 150.0  # above blood
LEAST_HU = 130.0
WALL_VOXELS = 0.25
MOST_UNSEEN = 0.1


@dataclass(frozen=True)
class Plaque:
    """Volumes (mm3) within one stenosis.

    `volume` is the room between the healthy lumen and the one that is left, `calcium` that of the
    calcifications at the wall.
    """

    volume: Number
    calcium: Number


def plaque_of(
    sections: Sections, lesion: Stenosis, mask: VesselMask, volume: Volume | None = None
) -> Plaque:
    """The plaque of a lesion: from its sections, and its calcium from the mask's label.

    Where the mask marks no calcification near, what is 150 HU brighter than blood in the scan is
    calcium.
    """
    return Plaque(_room(sections, lesion), _calcium(sections, lesion, mask, volume))


def _room(sections: Sections, lesion: Stenosis) -> Number:
    """How much lumen (mm3) the lesion took."""
    method = "healthy area less the area of the lumen, along the lesion"
    s, area = sections.frames.s_mm, sections.values["area_mm2"]
    inside = (s >= lesion.from_mm) & (s <= lesion.to_mm)
    if lesion.taper is None:
        return unknown("mm3", method, lesion.reference.missing)
    known = np.isfinite(area[inside])
    if inside.sum() < 2 or known.mean() < 1 - MOST_UNSEEN:
        return unknown("mm3", method, "Too much of the lesion shows no lumen.")
    place = s[inside]
    healthy = 0.25 * np.pi * lesion.taper.at(place) ** 2
    left = np.interp(place, place[known], area[inside][known])
    doubt = np.interp(place, place[known], sections.sd["area_mm2"][inside][known])
    healthy_sd = 0.5 * np.pi * lesion.reference.value * lesion.reference.sd
    lost = float(np.trapezoid(healthy - left, place))
    sd = float(np.trapezoid(np.hypot(doubt, healthy_sd), place))
    return Number(max(lost, 0.0), sd, "mm3", method)


def _calcium(
    sections: Sections, lesion: Stenosis, mask: VesselMask, volume: Volume | None
) -> Number:
    """How much calcium (mm3) lies at the wall within the lesion."""
    by_mask, by_scan = "voxels marked as calcification", "voxels 150 HU brighter than blood"
    if lesion.taper is None:
        return unknown("mm3", by_mask, lesion.reference.missing)
    box, labels, near = _near(sections, lesion.from_mm, lesion.to_mm, lesion.taper, mask)
    method, calcium = by_mask, near & (labels == CALCIFICATION)
    if not calcium.any() and volume is not None:
        method, hu = by_scan, volume.voxels[box]
        blood = hu[near & (labels == ARTERY)]
        if not len(blood):
            return unknown("mm3", method, "No blood is marked in the lesion.")
        calcium = near & (hu > max(LEAST_HU, float(np.median(blood)) + CALCIUM_HU))
    at_wall = calcium & ~ndimage.binary_erosion(calcium)
    one = mask.grid.voxel_mm3
    sd = float(np.hypot(WALL_VOXELS * at_wall.sum(), 0.5)) * one
    return Number(float(calcium.sum()) * one, sd, "mm3", method)


def _near(
    sections: Sections, from_mm: float, to_mm: float, taper: Taper, mask: VesselMask
) -> tuple[tuple[slice, ...], np.ndarray, np.ndarray]:
    """A box of the scan, its labels, and which of its voxels lie at a stretch of a vessel."""
    frames = sections.frames
    inside = np.flatnonzero((frames.s_mm >= from_mm) & (frames.s_mm <= to_mm))
    path, s = frames.points_lps[inside], frames.s_mm[inside]
    reach = 0.5 * taper.at(s) + BEYOND_MM
    index = mask.grid.index(path)
    wide = float(reach.max()) * np.linalg.norm(mask.grid.index_from_lps[:3, :3], axis=1)
    shape = np.array(mask.grid.shape)
    low = np.clip(np.floor(index.min(axis=0) - wide).astype(int), 0, shape - 1)
    high = np.clip(np.ceil(index.max(axis=0) + wide).astype(int) + 1, low + 1, shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    labels = mask.labels[box]
    places = np.moveaxis(np.indices(labels.shape), 0, -1) + low
    points = mask.grid.points_lps(places.reshape(-1, 3))
    far, nearest = cKDTree(path).query(points)
    near = far <= reach[nearest]
    before = (points - path[0]) @ frames.tangent[inside[0]] < 0
    after = (points - path[-1]) @ frames.tangent[inside[-1]] > 0
    near &= ~((nearest == 0) & before) & ~((nearest == len(path) - 1) & after)
    return box, labels, near.reshape(labels.shape)
