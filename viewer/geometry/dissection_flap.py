"""The one vessel that a flap parts in two: both lumens, the flap, metal and clot as one body."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.geometry.course import Course, course_through
from viewer.geometry.dissection_lumens import lumens
from viewer.geometry.dissection_planes import planes
from viewer.geometry.dissection_wall import hulls_mm, outer_mm
from viewer.geometry.frames import Frames, frames_along
from viewer.geometry.tree import VesselTree, even_path
from viewer.geometry.wall import bounding_box
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.resample import in_box
from viewer.volume.volume import Volume

COARSE_MM, ALONG_MM, AROUND_MM = 1.5, 1.5, 20.0
GAP_MM, DEEP_MM = 4.5, 4.0  # between two lumens, and how far each goes on
CLOSE_MM, AORTA_MM, ROUND_MM, WIDE_MM = 2.5, 6.0, 9.0, 5.0
INNER_MM = 3.0
BESIDE_MM, LEAVES_MM, CONTACT_MM, NEXT_MM = 12.0, 5.0, 1.6, 3.0
OSTIUM = 0.5  # of the branch's own brightness, in its mouth
LEAST_MM3, LEAST_MM = 800.0, 40.0
_WAYS = np.array([way for way in np.ndindex(3, 3, 3) if way > (1, 1, 1)]) - 1.0


def one_vessel(
    mask: VesselMask,
    label: int,
    volume: Volume | None,
    noise_hu: float,
    lines: Callable[[np.ndarray], VesselTree],
) -> np.ndarray:
    """The voxels (bool) of a label, and where a flap parts a wide artery all within its outer wall.

    Without this both lumens, and every strut and clot between them, would be vessels of their own.
    `lines` gives the tree of a body of voxels. Without a flap, or without a scan, the label's own
    voxels.
    """
    own = mask.labels == label
    body = _parted(mask) if label == ARTERY and volume is not None else None
    if body is None or volume is None:
        return own
    tree = lines(body)
    whole = np.zeros(own.shape, bool)
    for course in wide_courses(tree):
        frames = frames_along(even_path(_longer(course), ALONG_MM, least=3))
        cut = planes(volume, mask, frames)
        wall, _ = outer_mm(cut, hulls_mm(cut), noise_hu)
        for found in lumens(cut, wall):
            part = slice(found.first, found.last + 1)
            _fill(whole, mask, frames, np.where(np.isfinite(wall), wall, 0.0), part)
    return whole | (own & ~_aside(whole, own, volume, mask.grid))


def _aside(whole: np.ndarray, own: np.ndarray, volume: Volume, grid: Grid) -> np.ndarray:
    """What lies on the outer wall of a body and does not leave it.

    That is what reaches less than `LEAVES_MM` away, and, of a neighbor that a darker wall parts
    from it, what is next to the wall.
    """
    box = bounding_box(whole)
    out = np.zeros(own.shape, bool)
    if box is None:
        return out
    step_mm = grid.spacing_mm
    cut = tuple(
        slice(max(c.start - round(BESIDE_MM / mm), 0), min(c.stop + round(BESIDE_MM / mm), size))
        for c, mm, size in zip(box, step_mm, grid.shape, strict=True)
    )
    inside, hu = whole[cut], in_box(volume, grid, cut).voxels
    far = ndimage.distance_transform_edt(~inside, sampling=step_mm)
    skin = ndimage.distance_transform_edt(inside, sampling=step_mm)
    outer = own[cut] & ~inside & (far <= BESIDE_MM)
    at_wall = (outer & (far <= CONTACT_MM)) | (inside & (skin <= CONTACT_MM))
    pieces, _ = ndimage.label(outer & (far > CONTACT_MM), np.ones((3, 3, 3)))
    kept = np.zeros(inside.shape, bool)
    for number, place in enumerate(ndimage.find_objects(pieces), 1):
        around = tuple(slice(max(c.start - 3, 0), c.stop + 3) for c in place)
        piece, bright = pieces[around] == number, hu[around]
        mouth = ndimage.binary_dilation(piece, np.ones((3, 3, 3)), 2) & at_wall[around]
        if far[around][piece].max() < LEAVES_MM:
            continue
        if not mouth.any() or np.median(bright[mouth]) >= OSTIUM * np.percentile(bright[piece], 75):
            kept[around] |= piece | mouth
        else:
            kept[around] |= piece & (far[around] > NEXT_MM)
    out[cut] = outer & ~kept
    return out


def _longer(course: Course) -> np.ndarray:
    """The path (n,3) of a vessel, drawn out at both ends, which lie a radius within it."""
    points, radius = course.points_lps, course.radius_mm
    far = min(len(points) - 1, round(AROUND_MM / max(course.length_mm, 1.0) * len(points)))
    ways = [points[0] - points[far], points[-1] - points[-1 - far]]
    out = [way / max(float(np.linalg.norm(way)), 1e-6) for way in ways]
    first, last = points[0] + radius[0] * out[0], points[-1] + radius[-1] * out[1]
    return np.concatenate([first[None], points, last[None]])


def wide_courses(tree: VesselTree) -> list[Course]:
    """The vessels of a tree that are as wide as an aorta, each once, longest branches first."""
    order = np.argsort([-branch.length_mm for branch in tree.branches], kind="stable")
    used: set[int] = set()
    out = []
    for number in order.tolist():
        if number in used or np.percentile(tree.branches[number].radius_mm, 80) < WIDE_MM:
            continue
        course = course_through(tree, number)
        if used.intersection(course.branches):
            continue
        used.update(course.branches)
        if course.length_mm >= LEAST_MM:
            out.append(course)
    return out


def _fill(
    out: np.ndarray, mask: VesselMask, frames: Frames, wall_mm: np.ndarray, part: slice
) -> None:
    """Mark the voxels inside outlines (n,m) mm along a part of a path."""
    points = frames.points_lps[part]
    index = mask.grid.index(points)
    reach = float(wall_mm[part].max()) * np.linalg.norm(mask.grid.index_from_lps[:3, :3], axis=1)
    low = np.clip(np.floor(index.min(axis=0) - reach).astype(int), 0, None)
    high = np.minimum(np.ceil(index.max(axis=0) + reach).astype(int) + 1, out.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    places = np.moveaxis(np.indices(out[box].shape), 0, -1).reshape(-1, 3) + low
    voxels = mask.grid.points_lps(places)
    far, nearest = cKDTree(points).query(voxels, distance_upper_bound=float(wall_mm[part].max()))
    near = np.flatnonzero(np.isfinite(far))
    row = nearest[near] + (part.start or 0)
    away = voxels[near] - frames.points_lps[row]
    ahead = np.abs((away * frames.tangent[row]).sum(axis=1))
    x, y = (away * frames.across[row]).sum(axis=1), (away * frames.up[row]).sum(axis=1)
    count = wall_mm.shape[1]
    turn = np.mod(np.arctan2(y, x), 2 * np.pi) * count / (2 * np.pi)
    first = np.floor(turn).astype(int) % count
    share = turn - np.floor(turn)
    wall = wall_mm[row, first] * (1 - share) + wall_mm[row, (first + 1) % count] * share
    inside = (np.hypot(x, y) < wall) & (ahead <= 2 * ALONG_MM)
    out[tuple(places[near[inside]].T)] = True


def _parted(mask: VesselMask) -> np.ndarray | None:
    """The body (bool) of a wide artery that a sheet parts, None where there is none."""
    stride = np.maximum(np.rint(COARSE_MM / np.array(mask.grid.spacing_mm)), 1).astype(int)
    coarse = tuple(slice(None, None, int(n)) for n in stride)
    labels = mask.labels[coarse]
    step_mm = tuple(stride * mask.grid.spacing_mm)
    deep = _deep(labels == ARTERY, step_mm)
    core = bounding_box(deep)
    if core is None:
        return None
    box = tuple(
        slice(max(cut.start - round(AROUND_MM / mm), 0), cut.stop + round(AROUND_MM / mm))
        for cut, mm in zip(core, step_mm, strict=True)
    )
    labels = labels[box]
    lumen = labels == ARTERY
    held = _closed(np.isin(labels, (ARTERY, CALCIFICATION, THROMBUS)), CLOSE_MM, step_mm)
    wide = _opened(held, AORTA_MM, step_mm)
    if not wide.any():
        return None
    inner = ndimage.distance_transform_edt(wide, sampling=step_mm) > INNER_MM
    if not _flaps(_between(lumen, inner & ~lumen, step_mm), step_mm):
        return None
    body = np.zeros(mask.labels[coarse].shape, bool)
    body[box] = _closed(wide, ROUND_MM, step_mm)
    fine = body
    for axis, times in enumerate(stride.tolist()):
        fine = np.repeat(fine, times, axis=axis)
    return np.asarray(fine[tuple(slice(n) for n in mask.labels.shape)])


def _deep(lumen: np.ndarray, step_mm: tuple[float, ...]) -> np.ndarray:
    """The voxels around which a ball of a lumen's least depth fits, on a box's axes."""
    out = lumen
    for axis, mm in enumerate(step_mm):
        out = ndimage.minimum_filter1d(out, 2 * max(1, round(0.5 * DEEP_MM / mm)) + 1, axis=axis)
    return out


def _between(lumen: np.ndarray, where: np.ndarray, step_mm: tuple[float, ...]) -> np.ndarray:
    """Which voxels of `where` have lumen on two opposite sides, near and deep."""
    out = np.zeros_like(lumen)
    places = np.argwhere(where)
    if not len(places):
        return out
    far = np.arange(0.5, GAP_MM + DEEP_MM + 0.1, 0.5)
    last = np.array(lumen.shape) - 1
    found = np.zeros(len(places), bool)
    for way in _WAYS:
        step = way / np.linalg.norm(way) / step_mm
        ends = []
        for sign in (1, -1):
            at = np.rint(places[:, None] + sign * far[None, :, None] * step).astype(int)
            held = lumen[tuple(np.moveaxis(np.clip(at, 0, last), -1, 0))]
            near = np.where(held.any(axis=1), far[held.argmax(axis=1)], np.inf)
            within = (far >= near[:, None]) & (far < near[:, None] + DEEP_MM)
            ends.append(np.where((held | ~within).all(axis=1), near, np.inf))
        found |= ends[0] + ends[1] <= GAP_MM
    out[tuple(places[found].T)] = True
    return out


def _flaps(sheet: np.ndarray, step_mm: tuple[float, ...]) -> bool:
    """Whether the voxels hold a piece as large and long as a flap."""
    pieces, _ = ndimage.label(sheet, np.ones((3, 3, 3)))
    one_mm3 = float(np.prod(step_mm))
    for number, cut in enumerate(ndimage.find_objects(pieces), 1):
        sides = [(c.stop - c.start) * mm for c, mm in zip(cut, step_mm, strict=True)]
        length = np.linalg.norm(sides)
        size = np.count_nonzero(pieces[cut] == number) * one_mm3
        if size >= LEAST_MM3 and length >= LEAST_MM:
            return True
    return False


def _closed(held: np.ndarray, reach_mm: float, step_mm: tuple[float, ...]) -> np.ndarray:
    """The voxels with all gaps filled into which no ball of a radius fits."""
    pad = [int(np.ceil(reach_mm / mm)) + 1 for mm in step_mm]
    wide = np.pad(held, [(n, n) for n in pad])
    grown = ndimage.distance_transform_edt(~wide, sampling=step_mm) <= reach_mm
    whole = ndimage.distance_transform_edt(grown, sampling=step_mm) > reach_mm
    return np.asarray(whole[tuple(slice(n, -n) for n in pad)]) | held


def _opened(held: np.ndarray, reach_mm: float, step_mm: tuple[float, ...]) -> np.ndarray:
    """The voxels of all balls of a radius that fit into them; what leaves the box goes on."""
    pad = [int(np.ceil(reach_mm / mm)) + 1 for mm in step_mm]
    wide = np.pad(held, [(n, n) for n in pad], mode="edge")
    core = ndimage.distance_transform_edt(wide, sampling=step_mm) >= reach_mm
    if not core.any():
        return np.zeros_like(held)
    balls = ndimage.distance_transform_edt(~core, sampling=step_mm) < reach_mm
    return np.asarray((balls & wide)[tuple(slice(n, -n) for n in pad)])
