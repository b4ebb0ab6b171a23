"""Calcium of the arteries: its volume by vessel, its plaques, and how far it reaches round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.agatston import LEAST_HU, agatston, why_not
from viewer.geometry.names_given import Named
from viewer.geometry.number import Number, unknown
from viewer.geometry.stump import sampled
from viewer.geometry.tree import VesselTree
from viewer.geometry.wall import bounding_box
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, THROMBUS, VesselMask
from viewer.segment.metal import metal_in
from viewer.volume.grid import Grid
from viewer.volume.resample import in_box
from viewer.volume.volume import Volume

AT_WALL_MM = 2.5  # so far out of an artery's lumen its calcium lies
ABOVE_BLOOD_HU, NOISES = 150.0, 4.0
METAL_HU = 1600.0  # what holds brighter voxels is a stent or a clip
WIRES_MM = 8.0  # the rest of its wires, whose brightness thick slices dilute
LEAST_MM3 = 0.5
ROUND_MM = 1.5  # around a plaque: as far as the scanner smears it
DENSE_MM3, DENSE_QUANTILE = 8.0, 0.97
USUAL_HU, LEAST_DENSE_HU = 850.0, 400.0  # mineral in the wall at 120 kVp, where no plaque is large
DENSITY_SHARE = 0.2  # how well the density of the mineral is known
AROUND_MM = 0.7
RIM_SHARE = 0.05  # of what is smeared around a plaque: how well the brightness there is known
UNSEEN_SHARE = 1.0  # of what is found: half to two thirds of thin calcium goes unseen without a map
SECTION_MM = 1.0
HALF = 0.5
CORONARY = ("coronary", "anterior descending", "circumflex")
ALL, CORONARIES = "all arteries", "coronary arteries"
METHOD = (
    "what the plaques add to the brightness around them, by the density of the mineral: "
    "blooming does not count"
)
BY_SCAN = "at least: the map marks none, and thin plates are too dull to be told from blood"
NO_METAL = f"only farther than {WIRES_MM:g} mm from metal, which hides what lies beside it"
MOST_COARSE = 60.0  # degrees that one voxel covers
TOO_COARSE = "Too few voxels lie round the vessel to tell."
NO_VESSEL = "No vessel was traced through it."


@dataclass(frozen=True, eq=False)
class Calcified:
    """The calcium of one vessel (or of `all arteries`, or of the `coronary arteries`).

    `arc` is the widest part of the circumference (degrees) that it takes in a section, `peak_hu`
    its greatest brightness; `agatston` says why where a scan allows no score.
    """

    vessel: str
    volume: Number
    plaques: int
    peak_hu: float
    arc: Number
    agatston: Number


@dataclass(frozen=True, eq=False)
class _Plaque:
    """One piece of calcium: voxels (n,3), their HU (n,), and its corrected volume (mm3)."""

    index: np.ndarray
    hu: np.ndarray
    mm3: float
    sd_mm3: float


def calcifications(
    tree: VesselTree,
    names: Sequence[Named],
    volume: Volume,
    mask: VesselMask,
    noise_hu: float,
    *,
    kvp: float | None = None,
    denoised: bool = False,
) -> tuple[Calcified, ...]:
    """The calcium of all arteries, of the coronary ones, and of each vessel that bears any.

    Calcium is what the map marks, or where it marks none what is brighter than the blood by 150 HU
    (in scans without contrast, 130 HU) in the wall of an artery and does not go on as bone. What
    lies beside metal, as the struts of a stent, does not count, and the method says so.
    """
    box, inside = _candidates(tree, volume, mask, noise_hu)
    if box is None:
        return ()
    blood = _blood_hu(tree, volume)
    hu = in_box(volume, mask.grid, box).voxels.astype(np.float32)
    corner = np.array([each.start for each in box])
    beside = _beside_metal(volume, mask, box, inside)
    plaques = _plaques(hu, inside & ~beside, corner, mask)
    if not plaques:
        return ()
    why = why_not(volume.grid, blood, kvp, denoised=denoised)
    marked = bool((mask.labels[box] == CALCIFICATION).any())
    method = "; ".join(
        [METHOD, *([] if marked else [BY_SCAN]), *([NO_METAL] if beside.any() else [])]
    )
    unseen = 0.0 if marked else UNSEEN_SHARE
    vessels = [_vessel_of(plaque, tree, names, mask) for plaque in plaques]
    groups: dict[str, list[int]] = {ALL: list(range(len(plaques)))}
    heart = [n for n, name in enumerate(vessels) if any(part in name for part in CORONARY)]
    if heart:
        groups[CORONARIES] = heart
    for n, name in enumerate(vessels):
        if name:
            groups.setdefault(name, []).append(n)
    return tuple(
        _calcified(name, [plaques[n] for n in own], tree, mask.grid, why, method, unseen)
        for name, own in groups.items()
    )


def _blood_hu(tree: VesselTree, volume: Volume) -> float | None:
    """The blood's brightness in the thicker half of the vessels, None without a tree."""
    if not tree.branches:
        return None
    thick = tree.radius_mm >= np.median(tree.radius_mm)
    return float(np.median(sampled(volume, tree.points_lps[thick])))


def _candidates(
    tree: VesselTree, volume: Volume, mask: VesselMask, noise_hu: float
) -> tuple[tuple[slice, ...] | None, np.ndarray]:
    """A box around the arteries, and which of its voxels are calcium (bool)."""
    around = bounding_box(np.isin(mask.labels, (ARTERY, CALCIFICATION)))
    if around is None:
        return None, np.zeros((0, 0, 0), bool)
    reach = np.ceil((AT_WALL_MM + ROUND_MM) / np.array(mask.grid.spacing_mm)).astype(int) + 1
    box = tuple(
        slice(max(each.start - more, 0), min(each.stop + more, size))
        for each, more, size in zip(around, reach.tolist(), mask.grid.shape, strict=True)
    )
    labels, hu = mask.labels[box], in_box(volume, mask.grid, box).voxels
    marked = labels == CALCIFICATION
    if marked.any():
        return box, marked
    blood = _blood_hu(tree, volume) or 0.0
    margin = max(ABOVE_BLOOD_HU, NOISES * noise_hu)
    bright = (hu > max(LEAST_HU, blood + margin)) & (labels != BONE)
    if not bright.any():
        return None, bright
    artery = np.isin(labels, (ARTERY, THROMBUS))
    far = ndimage.distance_transform_edt(~artery, sampling=mask.grid.spacing_mm)
    wall = bright & (far <= AT_WALL_MM)
    beyond = bright & (far > AT_WALL_MM) & (far <= AT_WALL_MM + ROUND_MM)
    pieces, _ = ndimage.label(wall | beyond)
    wall &= ~np.isin(pieces, np.unique(pieces[beyond]))
    return box, wall


def _beside_metal(
    volume: Volume, mask: VesselMask, box: tuple[slice, ...], inside: np.ndarray
) -> np.ndarray:
    """Which candidates (bool) in a box are metal or lie beside it."""
    near = in_box(volume, mask.grid, box)
    metal = metal_in(near, VesselMask(mask.labels[box], near.grid))
    metal |= (near.voxels >= METAL_HU) & inside
    if not metal.any():
        return metal
    far = ndimage.distance_transform_edt(~metal, sampling=mask.grid.spacing_mm)
    return inside & (far <= WIRES_MM)


def _plaques(
    hu: np.ndarray, inside: np.ndarray, corner: np.ndarray, mask: VesselMask
) -> list[_Plaque]:
    """The pieces of calcium in a box, each with its volume."""
    one = mask.grid.voxel_mm3
    pieces, _ = ndimage.label(inside, np.ones((3, 3, 3)))
    more = np.ceil(ROUND_MM / np.array(mask.grid.spacing_mm)).astype(int) + 2
    dense = _mineral_hu(hu, pieces, one)
    found = []
    for number, place in enumerate(ndimage.find_objects(pieces), start=1):
        wide = tuple(
            slice(max(s.start - m, 0), min(s.stop + m, size))
            for s, m, size in zip(place, more.tolist(), hu.shape, strict=True)
        )
        own, near = pieces[wide] == number, hu[wide]
        if own.sum() * one < LEAST_MM3:
            continue
        mm3, sd = _volume_mm3(near, own, inside[wide], max(dense, float(near[own].max())), mask)
        index = np.argwhere(own) + corner + [s.start for s in wide]
        found.append(_Plaque(index, near[own], mm3, sd))
    return found


def _mineral_hu(hu: np.ndarray, pieces: np.ndarray, voxel_mm3: float) -> float:
    """The brightness of the mineral: what large plaques reach inside; the usual where none is."""
    counts = np.bincount(pieces.ravel())
    large = np.flatnonzero(counts * voxel_mm3 >= DENSE_MM3)
    large = large[large > 0]
    if not len(large):
        return USUAL_HU
    tops = ndimage.maximum(hu, pieces, large)
    return max(float(np.quantile(tops, 0.5)), LEAST_DENSE_HU)


def _volume_mm3(
    hu: np.ndarray, own: np.ndarray, calcium: np.ndarray, dense_hu: float, mask: VesselMask
) -> tuple[float, float]:
    """Volume (mm3) of a plaque from what it adds to what lies around it, and its deviation.

    What lies around a voxel is what the nearest one shows that no calcium reaches. The deviation
    is without that of the mineral's density, which all plaques share.
    """
    spacing = np.array(mask.grid.spacing_mm)
    smeared = ndimage.distance_transform_edt(~own, sampling=spacing) <= ROUND_MM
    reached = ndimage.distance_transform_edt(~calcium, sampling=spacing) <= ROUND_MM
    nearest = ndimage.distance_transform_edt(
        reached, sampling=spacing, return_distances=False, return_indices=True
    )
    around = ndimage.gaussian_filter(hu[tuple(nearest)], AROUND_MM / spacing)
    smeared &= own | ~calcium
    share = (hu - around)[smeared].sum() / max(dense_hu - float(around[own].mean()), 100.0)
    mm3 = max(float(share), 0.0) * mask.grid.voxel_mm3
    at_rim = float((smeared & ~own).sum()) * mask.grid.voxel_mm3
    return mm3, RIM_SHARE * at_rim


def _vessel_of(plaque: _Plaque, tree: VesselTree, names: Sequence[Named], mask: VesselMask) -> str:
    """The name of the vessel that most of a plaque lies nearest to, or ""."""
    if not tree.branches:
        return ""
    places = tree.nearest_sphere(mask.grid.points_lps(plaque.index))
    found: dict[str, int] = {}
    for place, count in zip(*np.unique(places, return_counts=True), strict=True):
        branch = int(tree.branch_of_point[place])
        first = int(np.searchsorted(tree.branch_of_point, branch))
        at = float(tree.branches[branch].s_mm[place - first])
        own = [n for n in names if n.branch == branch and n.from_mm <= at <= n.to_mm]
        name = own[0].name if own else tree.branches[branch].name
        found[name] = found.get(name, 0) + int(count)
    return max(found, key=lambda name: found[name])


def _calcified(
    vessel: str,
    plaques: list[_Plaque],
    tree: VesselTree,
    grid: Grid,
    why: str,
    method: str,
    unseen: float,
) -> Calcified:
    """The numbers of some plaques together."""
    whole = sum(each.mm3 for each in plaques)
    own = float(np.sqrt(sum(each.sd_mm3**2 for each in plaques)))
    sd = float(np.sqrt(own**2 + (DENSITY_SHARE**2 + unseen**2) * whole**2))
    index = np.concatenate([each.index for each in plaques])
    low = index.min(axis=0)
    hu = np.zeros(index.max(axis=0) - low + 1, np.float32)
    inside = np.zeros(hu.shape, bool)
    at = tuple((index - low).T)
    hu[at], inside[at] = np.concatenate([each.hu for each in plaques]), True
    return Calcified(
        vessel,
        Number(whole, sd, "mm3", method),
        len(plaques),
        float(max(each.hu.max() for each in plaques)),
        _arc(plaques, tree, grid),
        agatston(hu, inside, grid, why),
    )


def _arc(plaques: list[_Plaque], tree: VesselTree, grid: Grid) -> Number:
    """How far round its vessel calcium reaches at most (degrees), in sections of a millimeter.

    Only the brighter half of each plaque counts, so that blooming does not.
    """
    method = "part of the circumference with calcium in the widest section"
    if not tree.branches:
        return unknown("degrees", method, NO_VESSEL)
    best, off = 0.0, 0.0
    for plaque in plaques:
        least = HALF * (float(plaque.hu.max()) + float(plaque.hu.min()))
        points = grid.points_lps(plaque.index[plaque.hu >= least])
        nearest = tree.nearest_sphere(points)
        for place in np.unique(nearest):
            center = tree.points_lps[place]
            along = _direction(tree, int(place))
            away = points - center
            flat = np.abs(away @ along) <= 0.5 * max(SECTION_MM, max(grid.spacing_mm))
            turn = _turn(away[flat], along)
            if not len(turn):
                continue
            far = float(np.median(np.linalg.norm(away[flat], axis=1)))
            one = np.degrees(float(np.cbrt(grid.voxel_mm3)) / max(far, 1e-3))
            if one > MOST_COARSE:
                continue
            reached = _covered(turn, one)
            if reached > best:
                best, off = reached, one
    if best == 0.0:
        return unknown("degrees", method, TOO_COARSE)
    return Number(best, float(np.hypot(off, 0.1 * best)), "degrees", method)


def _direction(tree: VesselTree, place: int) -> np.ndarray:
    """Where a vessel runs (3,) at one of the tree's points."""
    branch = int(tree.branch_of_point[place])
    first = int(np.searchsorted(tree.branch_of_point, branch))
    points = tree.branches[branch].points_lps
    at = place - first
    along = points[min(at + 2, len(points) - 1)] - points[max(at - 2, 0)]
    return np.asarray(along / max(float(np.linalg.norm(along)), 1e-9))


def _turn(away: np.ndarray, along: np.ndarray) -> np.ndarray:
    """The angle (n,) in degrees of points (n,3) around a direction."""
    helper = np.eye(3)[int(np.argmin(np.abs(along)))]
    one = np.cross(along, helper)
    one /= np.linalg.norm(one)
    return np.asarray(np.degrees(np.arctan2(away @ np.cross(along, one), away @ one)) % 360)


def _covered(turn: np.ndarray, one: float) -> float:
    """How many degrees angles (n,) cover when each stands for `one` degree."""
    edges = np.sort(turn)
    gaps = np.diff(np.append(edges, edges[0] + 360))
    return float(min(360.0, np.minimum(gaps, one).sum()))
