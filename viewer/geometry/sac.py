"""Saccular aneurysms: sacs beside vessels and where they divide; neck, height, width, volume."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from viewer.geometry.course import course_through
from viewer.geometry.names_given import Named
from viewer.geometry.number import Number
from viewer.geometry.outer import BODY
from viewer.geometry.section import CALIPERS
from viewer.geometry.tree import VesselTree
from viewer.geometry.tubes import Tube, domes, out_mm, tubes
from viewer.geometry.wall import bounding_box, smooth_wall
from viewer.progress import Progress, silent
from viewer.segment.mask import ARTERY, CHAMBER, VesselMask

REACH_MM = 40.0
AROUND_MM = 4.0
CLEAR_VOXELS = 1.0  # so far out of the vessel's own wall a voxel must lie to be of the sac
LIFT = 1.5  # times that, to see whether the sac is above
RIM_VOXELS = (0.25, 1.05)  # out of the vessels' wall: where the neck is measured
LEAST_MM3 = 5.0
SMOOTHING = 1.0
WALL_VOXELS = 0.25
# What is a sac by itself, not a stub, a fold of the wall, or a lumen beside another one.
LEAST_MM, LEAST_VOXELS, LEAST_HEIGHT = 3.0, 5.0, 0.35  # the last of the vessel's diameter
VESSEL_VOXELS = 2.5  # on what is thinner, lumps are the map's
LEAST_ROUND = 0.4
MOST_HEIGHT, MOST_NECK = 2.2, 2.5
BORDER_VOXELS = 2
PARENT_SHARE = 0.15


@dataclass(frozen=True, eq=False)
class Sac:
    """A sac that leaves its vessel at `mouth_lps` (3,) and points along `way` (3,).

    `branches` are those that it sits on, `at_division` says that they are several vessels. The
    neck is where it leaves the wall that they would have: `neck` along the vessel (or the widest,
    where several meet); `height` goes from there to the dome,
    `width` is the greatest across that; `diameter_max` is the greatest distance of two of its
    points. Volumes are in ml; `thrombus_volume` is what of it blood does not fill.
    """

    vessel: str
    branches: tuple[int, ...]
    at_division: bool
    mouth_lps: np.ndarray
    way: np.ndarray
    diameter_max: Number
    width: Number
    neck: Number
    neck_max: Number
    neck_min: Number
    height: Number
    aspect_ratio: Number
    volume: Number
    lumen_volume: Number
    thrombus_volume: Number
    parent_diameter: Number


@dataclass(frozen=True, eq=False)
class _Room:
    """A box of the mask around a sac: its labels, its corner (3,), and what lies out of vessels.

    `out` (as `labels`) is the distance in mm from the wall that the vessels would have, `tube` the
    number of the nearest one, `away` (as `labels`, 3) the direction out of it.
    """

    labels: np.ndarray
    corner: np.ndarray
    out: np.ndarray
    tube: np.ndarray
    away: np.ndarray


def sacs(
    tree: VesselTree, names: Sequence[Named], mask: VesselMask, progress: Progress
) -> tuple[Sac, ...]:
    """Every round sac of the arteries, clot in it included, on a wall or where vessels divide.

    What lies out of the tubes that the vessels would be, in pieces that are about as thick as
    wide. What the scan cuts or what lies at the heart is left out.
    """
    box = bounding_box(np.isin(mask.labels, BODY))
    if box is None or not tree.branches:
        return ()
    vessels = tubes(tree, domes(tree))
    if not vessels:
        return ()
    body = np.isin(mask.labels[box], BODY)
    skin = np.argwhere(body & ~ndimage.binary_erosion(body))
    corner = np.array([each.start for each in box])
    points = mask.grid.points_lps(skin + corner)
    voxel_mm = float(np.cbrt(mask.grid.voxel_mm3))
    far, _, _ = out_mm(points, vessels, REACH_MM, progress.part(0.0, 0.7))
    least = max(LEAST_MM, CLEAR_VOXELS * voxel_mm)
    marked = np.zeros(body.shape, bool)
    marked[tuple(skin[(far > 0.75 * least) & np.isfinite(far)].T)] = True
    pieces, _ = ndimage.label(marked, np.ones((3, 3, 3)))
    found: list[Sac] = []
    places = ndimage.find_objects(pieces)
    for number, place in progress.part(0.7, 1.0).over(
        list(enumerate(places, start=1)), max(len(places), 1), "Looking for sacs"
    ):
        own = np.argwhere(pieces[place] == number) + [each.start for each in place] + corner
        sac = _found(tree, names, mask, vessels, own)
        if sac is not None and not any(
            np.linalg.norm(sac.mouth_lps - other.mouth_lps) < voxel_mm for other in found
        ):
            found.append(sac)
    return tuple(found)


def sac_at(
    tree: VesselTree, names: Sequence[Named], mask: VesselMask, point_lps: np.ndarray
) -> Sac | None:
    """The sac in which or nearest to which a point (3,) lies, or None where there is none.

    A short vessel that the tree does not follow looks the same: a person says that it is a sac.
    """
    vessels = tubes(tree, domes(tree))
    if not vessels:
        return None
    middle = mask.grid.nearest(np.asarray(point_lps, float)[None])
    room = _room(mask, vessels, middle, REACH_MM)
    inside = _pieces(room, mask)
    places = np.argwhere(inside)
    if not len(places):
        return None
    away = np.linalg.norm(mask.grid.points_lps(places + room.corner) - point_lps, axis=1)
    pieces, _ = ndimage.label(inside)
    own = pieces == pieces[tuple(places[int(np.argmin(away))])]
    return _sac(tree, names, mask, vessels, room, own)


def _found(
    tree: VesselTree,
    names: Sequence[Named],
    mask: VesselMask,
    vessels: tuple[Tube, ...],
    skin: np.ndarray,
) -> Sac | None:
    """The sac to which some of its surface (n,3) belongs, where it is one by its shape."""
    room = _room(mask, vessels, skin, AROUND_MM)
    pieces, _ = ndimage.label(_pieces(room, mask))
    touched = pieces[tuple((skin - room.corner).T)]
    touched = touched[touched > 0]
    if not len(touched):
        return None
    own = pieces == np.bincount(touched).argmax()
    ends = np.argwhere(own) + room.corner
    edge = np.minimum(ends.min(axis=0), np.array(mask.grid.shape) - 1 - ends.max(axis=0))
    around = ndimage.binary_dilation(own, iterations=BORDER_VOXELS)
    if edge.min() < BORDER_VOXELS or (room.labels[around] == CHAMBER).any():
        return None
    sac = _sac(tree, names, mask, vessels, room, own)
    return sac if sac is not None and _is_sac(sac, own, mask) else None


def _is_sac(sac: Sac, own: np.ndarray, mask: VesselMask) -> bool:
    """Whether a piece out of the vessels is a sac by its size and shape."""
    spacing = mask.grid.spacing_mm
    thick = 2 * float(ndimage.distance_transform_edt(np.pad(own, 1), sampling=spacing).max())
    voxel_mm = float(np.cbrt(mask.grid.voxel_mm3))
    least = max(LEAST_MM, LEAST_VOXELS * voxel_mm)
    return bool(
        sac.parent_diameter.value >= VESSEL_VOXELS * voxel_mm
        and min(sac.width.value, sac.height.value) >= least
        and sac.height.value >= LEAST_HEIGHT * sac.parent_diameter.value
        and thick >= LEAST_ROUND * sac.diameter_max.value
        and sac.height.value <= MOST_HEIGHT * sac.width.value
        and sac.neck.value <= MOST_NECK * sac.height.value
    )


def _room(mask: VesselMask, vessels: tuple[Tube, ...], index: np.ndarray, more_mm: float) -> _Room:
    """The box around some voxels (n,3), and how far out of the vessels all in it lies."""
    more = np.ceil(more_mm / np.array(mask.grid.spacing_mm)).astype(int)
    low = np.maximum(index.min(axis=0) - more, 0)
    high = np.minimum(index.max(axis=0) + more + 1, mask.grid.shape)
    labels = mask.labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    places = np.argwhere(np.isin(labels, BODY))
    out, tube = np.full(labels.shape, -np.inf), np.full(labels.shape, -1)
    points = mask.grid.points_lps(places + low)
    far, which, middle = out_mm(points, vessels, REACH_MM, silent())
    out[tuple(places.T)] = np.where(np.isfinite(far), far, -np.inf)
    tube[tuple(places.T)] = which
    away = np.zeros((*labels.shape, 3))
    away[tuple(places.T)] = points - middle
    return _Room(labels, low, out, tube, away)


def _pieces(room: _Room, mask: VesselMask) -> np.ndarray:
    """What of the arteries' body lies clear of the vessels (bool)."""
    return np.asarray(room.out > CLEAR_VOXELS * float(np.cbrt(mask.grid.voxel_mm3)))


def _sac(
    tree: VesselTree,
    names: Sequence[Named],
    mask: VesselMask,
    vessels: tuple[Tube, ...],
    room: _Room,
    clear: np.ndarray,
) -> Sac | None:
    """The numbers of a sac that is `clear` of the vessels, with its layer at their wall."""
    one_mm3, voxel_mm = mask.grid.voxel_mm3, float(np.cbrt(mask.grid.voxel_mm3))
    if clear.sum() * one_mm3 < LEAST_MM3:
        return None
    own = clear | _below(clear, room, mask)
    low, high = (voxels * voxel_mm for voxels in RIM_VOXELS)
    rim = np.argwhere(own & (room.out > low) & (room.out <= high))
    if len(rim) < 3:
        return None
    rim_lps = mask.grid.points_lps(rim + room.corner)
    mouth = rim_lps.mean(axis=0)
    beside = room.tube[tuple(rim.T)]
    counts = np.bincount(beside[beside >= 0], minlength=len(vessels))
    parents = [int(n) for n in np.argsort(-counts) if counts[n] > PARENT_SHARE * counts.sum()]
    tube = vessels[parents[0]]
    at = int(np.argmin(np.linalg.norm(tube.points_lps - mouth, axis=1)))
    wall, _ = smooth_wall(np.pad(own, 1), SMOOTHING, silent())
    skin = mask.grid.points_lps(wall + (room.corner - 1))
    way = skin.mean(axis=0) - mouth
    way = way / max(float(np.linalg.norm(way)), 1e-9)
    along = tube.points_lps[min(at + 2, len(tube.points_lps) - 1)]
    along = along - tube.points_lps[max(at - 2, 0)]
    calipers = _calipers(rim_lps, way)
    neck = float(np.ptp(rim_lps @ (along / max(float(np.linalg.norm(along)), 1e-9))))
    try:
        hull = skin[ConvexHull(skin).vertices]
    except QhullError:
        return None
    one = 2 * WALL_VOXELS * voxel_mm
    least, most = float(calipers.min()), float(calipers.max())
    branches = tuple(sorted(vessels[n].branch for n in parents))
    alone = set(branches) <= set(course_through(tree, branches[0]).branches)
    neck = neck if alone else most
    rim_sd = float(np.hypot(voxel_mm, 0.5 * one))
    radius = float(tube.radius_mm[at])
    floor = float((tube.points_lps[at] - mouth) @ way) + radius if alone else 0.0
    height = float(((skin - mouth) @ way).max()) - floor
    whole, blood = own, own & (room.labels == ARTERY)
    volume, lumen = (float(v.sum()) * one_mm3 / 1000 for v in (whole, blood))
    volume_sd, lumen_sd = (_volume_sd(v, mask) for v in (whole, blood))
    by = "in the map, beyond the wall that the healthy vessel would have"
    return Sac(
        vessel=_name(tree, names, tube, at),
        branches=branches,
        at_division=not alone,
        mouth_lps=mouth,
        way=way,
        diameter_max=Number(float(pdist(hull).max()), one, "mm", f"greatest distance {by}"),
        width=Number(
            float(_calipers(skin, way).max()), one, "mm", f"greatest width across its height {by}"
        ),
        neck=Number(
            neck,
            rim_sd,
            "mm",
            f"width of the mouth {'along the vessel ' if alone else ''}{by}",
        ),
        neck_max=Number(most, rim_sd, "mm", f"greatest width of the mouth {by}"),
        neck_min=Number(least, rim_sd, "mm", f"least width of the mouth {by}"),
        height=Number(height, float(np.hypot(one, 0.5 * voxel_mm)), "mm", f"mouth to dome {by}"),
        aspect_ratio=Number(
            height / max(neck, 0.5 * voxel_mm),
            float(
                height / max(neck, voxel_mm) * np.hypot(rim_sd / max(neck, voxel_mm), one / height)
            ),
            "",
            "height over the width of the neck",
        ),
        volume=Number(volume, volume_sd, "ml", f"voxels {by}"),
        lumen_volume=Number(lumen, lumen_sd, "ml", f"voxels of the lumen {by}"),
        thrombus_volume=Number(
            volume - lumen, float(np.hypot(volume_sd, lumen_sd)), "ml", f"voxels of no blood {by}"
        ),
        parent_diameter=Number(2 * radius, one, "mm", "healthy diameter of the vessel at its neck"),
    )


def _below(clear: np.ndarray, room: _Room, mask: VesselMask) -> np.ndarray:
    """The layer at the vessels' wall above which a sac lies: left out to be clear of it (bool)."""
    high = CLEAR_VOXELS * float(np.cbrt(mask.grid.voxel_mm3))
    layer = np.argwhere((room.out > 0) & (room.out <= high))
    away = room.away[tuple(layer.T)]
    away = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    points = mask.grid.points_lps(layer + room.corner) + LIFT * high * away
    above = np.rint(mask.grid.index(points) - room.corner).astype(int)
    above = np.clip(above, 0, np.array(clear.shape) - 1)
    out = np.zeros(clear.shape, bool)
    out[tuple(layer[clear[tuple(above.T)]].T)] = True
    return out


def _name(tree: VesselTree, names: Sequence[Named], tube: Tube, at: int) -> str:
    """The name of the vessel at a place of a tube, or ""."""
    branch = tree.branches[tube.branch]
    near = np.linalg.norm(branch.points_lps - tube.points_lps[at], axis=1)
    s = float(branch.s_mm[int(near.argmin())])
    own = [n for n in names if n.branch == tube.branch and n.from_mm <= s <= n.to_mm and n.name]
    return own[0].name if own else branch.name


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
