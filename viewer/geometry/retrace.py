"""One vessel of a tree traced again: an end added or put elsewhere, all else left as it is."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.centerline import USUAL_NOISE_HU
from viewer.geometry.cuts import cut_at, joined, turned
from viewer.geometry.ends import End, assembled
from viewer.geometry.lumen_path import branch_along, path_to, voxel_at
from viewer.geometry.meeting import Line, clear_mm
from viewer.geometry.paths import STEP_MM
from viewer.geometry.recenter import Course, course_of, free_end, lines_of, rejoined, within
from viewer.geometry.tree import Branch, VesselTree
from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.volume import Volume

LEAST_OUT_MM, LEAST_OUT_VOXELS = 2.0, 2.0
AT_JOINT = 0.5  # of the radius
JOINT_RADII = 2.5  # how far from where the way comes in its vessel may leave
ON_TREE = (
    "This place lies on {name}, which is traced already, so no end was added: "
    "click farther out, where no line runs yet."
)


class TracedAlready(ViewerError):
    """An end that is not added because the tree runs there."""


@dataclass(frozen=True, eq=False)
class Lumen:
    """What a tree was traced in: one label of a mask and, where there is one, the scan."""

    mask: VesselMask
    volume: Volume | None = None
    noise_hu: float = USUAL_NOISE_HU
    label: int = ARTERY


def with_end(tree: VesselTree, point_lps: np.ndarray, lumen: Lumen) -> VesselTree:
    """The tree with a vessel that ends at a point, from where it leaves the tree.

    Every other branch keeps its points; the one it leaves is cut in two there, or goes on where
    the way comes out of its end. Raises `ViewerError` where the mask holds no vessel at the
    point, where that is not joined to the tree, and where the tree runs there already.
    """
    mask, label = lumen.mask, lumen.label
    voxel = voxel_at(mask, label, point_lps)
    way = path_to(mask, label, voxel, tree.points_lps, tree.radius_mm)
    new = branch_along(mask, label, way)
    number = int(tree.nearest_sphere(way.points_lps[:1], candidates=1)[0])
    branch = int(tree.branch_of_point[number])
    place = number - int(np.searchsorted(tree.branch_of_point, branch))
    _refuse_traced(tree, branch, new, lumen)
    end = _end_near(tree, branch, place)
    if end is not None:
        return _longer(tree, branch, end, new, lumen)
    raw, added = _hung_on(tree, branch, _joint_near(tree, branch, place), new)
    if lumen.volume is None:
        return raw
    course = _course(raw, added, lumen)
    line = lines_of(course)[0]
    if line is not None:
        place = _nearest_to(tree.branches[branch], place, line)
        raw, added = _hung_on(tree, branch, _joint_near(tree, branch, place), new)
    found = _recentered(raw, added, course, lumen)
    return assembled(raw, dict(enumerate(raw.branches)) | {added: found})


def with_end_moved(tree: VesselTree, end: End, point_lps: np.ndarray, lumen: Lumen) -> VesselTree:
    """The tree with the vessel of an end traced again from its joint to another point.

    Every other branch stays the same. Raises `ViewerError` as `with_end` does.
    """
    mask, label = lumen.mask, lumen.label
    old = tree.branches[end.branch]
    own = turned(old) if end.is_root else old
    joint, radius = own.points_lps[:1], own.radius_mm[:1]
    voxel = voxel_at(mask, label, point_lps)
    new = branch_along(mask, label, path_to(mask, label, voxel, joint, radius))
    new = replace(new, parent=old.parent, name=old.name)
    raw = assembled(tree, dict(enumerate(tree.branches)) | {end.branch: _as(old, new, end)})
    if lumen.volume is None:
        return raw
    found = _recentered(raw, end.branch, _course(raw, end.branch, lumen), lumen)
    return assembled(raw, dict(enumerate(raw.branches)) | {end.branch: found})


def _as(old: Branch, new: Branch, end: End) -> Branch:
    """A new course of a branch in the direction of the old one."""
    return replace(turned(new) if end.is_root else new, parent=old.parent)


def _refuse_traced(tree: VesselTree, branch: int, new: Branch, lumen: Lumen) -> None:
    """Raise `ViewerError` where a new branch hardly leaves the vessels that are there."""
    away = tree.points_lps[None] - new.points_lps[:, None]
    out = (np.linalg.norm(away, axis=2) > tree.radius_mm).all(axis=1)
    steps = np.diff(new.s_mm, append=new.length_mm)
    least = max(LEAST_OUT_MM, LEAST_OUT_VOXELS * max(lumen.mask.grid.spacing_mm))
    beyond = float(new.radius_mm[-1]) if out[-1] else 0.0
    if float(steps[out].sum()) + beyond < least:
        name = tree.branches[branch].name
        raise TracedAlready(ON_TREE.format(name=f"the {name}" if name else "a vessel"))


def _end_near(tree: VesselTree, branch: int, place: int) -> int | None:
    """The end of a branch (0 or -1) that lies within its radius of a place and is free."""
    own = tree.branches[branch]
    for end, free in ((0, own.parent < 0), (-1, not tree.children[branch])):
        far = float(np.linalg.norm(own.points_lps[place] - own.points_lps[end]))
        if free and far <= float(own.radius_mm[end]):
            return end
    return None


def _joint_near(tree: VesselTree, branch: int, place: int) -> int:
    """The place on a branch, at its start or its end where that is a joint near by."""
    own = tree.branches[branch]
    last = len(own.points_lps) - 1
    for end in (0, last):
        near = AT_JOINT * float(own.radius_mm[end])
        if abs(float(own.s_mm[place] - own.s_mm[end])) <= max(near, STEP_MM):
            return end
    return place


def _longer(tree: VesselTree, branch: int, end: int, new: Branch, lumen: Lumen) -> VesselTree:
    """The tree with a branch that goes on at one of its free ends."""
    own = tree.branches[branch]
    back = turned(own) if end == 0 else own
    raw = VesselTree((replace(back, parent=-1), replace(new, parent=0)), back.points_lps[-1:])
    found = new if lumen.volume is None else _recentered(raw, 1, _course(raw, 1, lumen), lumen)
    whole = replace(joined(back, found), name=own.name, parent=own.parent)
    whole = turned(whole) if end == 0 else whole
    return assembled(tree, dict(enumerate(tree.branches)) | {branch: whole})


def _hung_on(tree: VesselTree, branch: int, place: int, new: Branch) -> tuple[VesselTree, int]:
    """The tree with a new branch at a place of one, which is cut in two there; and its number."""
    own = tree.branches[branch]
    start = own.points_lps[place]
    points = np.concatenate([start[None], new.points_lps[1:]])
    new = replace(new, points_lps=points)
    last = len(own.points_lps) - 1
    every = dict(enumerate(tree.branches))
    added, beyond = len(every), len(every) + 1
    if place == last or (place == 0 and own.parent >= 0):
        every[added] = replace(new, parent=branch if place == last else own.parent)
        return assembled(tree, every), added
    if place == 0:
        every[added] = replace(new, parent=-1)
        return assembled(tree, every), added
    first, second = cut_at(own, place)
    found: dict[int, Branch] = {}
    for number, each in every.items():
        if number == branch:
            found |= {number: first, beyond: replace(second, parent=branch)}
        else:
            found[number] = replace(each, parent=beyond) if each.parent == branch else each
    found[added] = replace(new, parent=branch)
    return assembled(tree, found), len(found) - 1


def _course(tree: VesselTree, number: int, lumen: Lumen) -> Course:
    """One branch as its sections in the scan show it."""
    assert lumen.volume is not None
    starts, stops = clear_mm(tree, number)
    branch = tree.branches[number]
    return course_of(branch, lumen.mask, lumen.volume, lumen.label, lumen.noise_hu, starts, stops)


def _recentered(tree: VesselTree, number: int, course: Course, lumen: Lumen) -> Branch:
    """One branch in the middle of the lumen that its sections show; its joint stays.

    A free end goes where the scan shows it.
    """
    assert lumen.volume is not None
    branch, grid = tree.branches[number], lumen.volume.grid
    at_joint = (branch.parent >= 0, bool(tree.children[number]))
    ends = []
    for end, line, held in zip((0, -1), lines_of(course), at_joint, strict=True):
        point = branch.points_lps[end]
        if not held and line is not None:
            point = free_end(_foot(point, line), line, lumen.volume, lumen.noise_hu)
            point = within(point[None], grid)[0]
        ends.append(point)
    step_mm = max(STEP_MM, min(grid.spacing_mm))
    return rejoined(branch, course, (ends[0], ends[1]), step_mm, grid)


def _foot(point_lps: np.ndarray, line: Line) -> np.ndarray:
    """The place (3,) of a line that is nearest to a point."""
    ahead = float((point_lps - line.point_lps) @ line.heading)
    return np.asarray(line.point_lps + ahead * line.heading)


def _nearest_to(branch: Branch, place: int, line: Line) -> int:
    """The point of a branch, not far from a place, that comes nearest to a line."""
    reach = JOINT_RADII * float(branch.radius_mm[place])
    near = np.abs(branch.s_mm - branch.s_mm[place]) <= reach
    away = branch.points_lps - line.point_lps
    off = away - (away @ line.heading)[:, None] * line.heading
    return int(np.where(near, np.linalg.norm(off, axis=1), np.inf).argmin())
