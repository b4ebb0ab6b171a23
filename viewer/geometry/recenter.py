"""Moving a tree's branches onto the middles of their half-maximum sections of the scan."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from viewer.geometry.blurred import unblurred_mm, usual_blur_mm
from viewer.geometry.edges import cast, walls
from viewer.geometry.frames import Frames, frames_along
from viewer.geometry.meeting import Line, clear_mm, line_at, meeting_points
from viewer.geometry.paths import STEP_MM
from viewer.geometry.section import inscribed_mm, outlines
from viewer.geometry.sections import centroids, smoothed
from viewer.geometry.tips import tip
from viewer.geometry.tree import Branch, VesselTree, even_path, joints_of
from viewer.progress import Progress
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

RAYS = 24
ROUNDS = 2
LOOK_MM, LOOK_RADII = 0.6, 0.2
LEAST_SEEN = 0.5
MOST_AWAY = 0.8  # of the radius: how far a middle may lie from the path
WAVES = 4  # a lumen's outline has no finer ones than noise has
MOST_OFF, MOST_OFF_VOXELS = 0.3, 1.5  # how far the scan may move a line off the mask's middle
LEAST_WIDE = 0.6  # of the radius in the mask
LEAST_POINTS = 5
LEAST_RADIUS = 0.25  # of that in the mask


@dataclass(frozen=True, eq=False)
class Course:
    """One branch as its sections show it: the path and which of its points they gave (n,) bool.

    `radius_mm` (n,) is that of the largest circle in each section, and the one that the branch
    came with where no edge of the scan is seen.
    """

    points_lps: np.ndarray
    radius_mm: np.ndarray
    shown: np.ndarray


def recentered_tree(
    tree: VesselTree,
    mask: VesselMask,
    volume: Volume,
    progress: Progress,
    *,
    label: int,
    noise_hu: float,
) -> VesselTree:
    """The tree with its paths in the middle of the lumen that the scan shows.

    Where branches merge their sections say nothing: there each runs on straight, and they meet
    in the point nearest to all of them, which they share exactly.
    """
    courses = []
    for number, branch in enumerate(tree.branches):
        progress.at(number / len(tree.branches))
        starts, stops = clear_mm(tree, number)
        courses.append(course_of(branch, mask, volume, label, noise_hu, starts, stops))
    step_mm = max(STEP_MM, min(volume.grid.spacing_mm))
    lines = [lines_of(course) for course in courses]
    ends = meeting_points(tree, lines)
    for number, pair in enumerate(lines):
        first, last = ends[number]
        if tree.branches[number].parent < 0:
            first = free_end(first, pair[0], volume, noise_hu)
        if not tree.children[number]:
            last = free_end(last, pair[1], volume, noise_hu)
        ends[number] = within(first[None], volume.grid)[0], within(last[None], volume.grid)[0]
    branches = tuple(
        rejoined(branch, course, ends[n], step_mm, volume.grid)
        for n, (branch, course) in enumerate(zip(tree.branches, courses, strict=True))
    )
    progress.at(1.0)
    return replace(tree, branches=branches, joints=joints_of(branches))


def course_of(
    branch: Branch,
    mask: VesselMask,
    volume: Volume,
    label: int,
    noise_hu: float,
    starts_mm: float,
    stops_mm: float,
) -> Course:
    """One branch moved onto its sections between two places along it."""
    voxel_mm = float(np.cbrt(volume.grid.voxel_mm3))
    step_mm = max(LOOK_MM, 0.5 * voxel_mm, LOOK_RADII * float(np.median(branch.radius_mm)))
    points = even_path(branch.points_lps, step_mm)
    s = np.linspace(0, branch.length_mm, len(points))
    before = np.interp(s, branch.s_mm, branch.radius_mm)
    clear = (s >= starts_mm) & (s <= branch.length_mm - stops_mm)
    frames, radius, shown = frames_along(points), before, clear
    for turn in range(ROUNDS + 1):
        rays = cast(volume, mask, label, frames, radius, RAYS)
        wall, seen = walls(rays, voxel_mm, noise_hu)
        shown = clear & (seen.mean(axis=1) >= LEAST_SEEN) & np.isfinite(wall).all(axis=1)
        shown &= _alike(frames, wall, points, before, voxel_mm)
        radius = np.where(shown, _steady(np.where(shown, wall.mean(axis=1), before)), before)
        radius = np.maximum(radius, LEAST_RADIUS * before)
        if turn < ROUNDS:
            frames = _moved(frames, wall, radius, shown)
    own = _inscribed(wall, usual_blur_mm(volume.grid), shown)
    return Course(frames.points_lps, np.where(np.isfinite(own), own, before), shown)


def _alike(
    frames: Frames, wall_mm: np.ndarray, points: np.ndarray, radius_mm: np.ndarray, voxel_mm: float
) -> np.ndarray:
    """Which outlines (n,) bool are those of the vessel in the mask.

    Where a flap parts two lumens that the mask holds as one, the scan shows one of them.
    """
    middle = centroids(wall_mm)
    far = np.linalg.norm(frames.in_planes(middle) - points, axis=1)
    with np.errstate(invalid="ignore"):
        near = far <= np.maximum(MOST_OFF * radius_mm, MOST_OFF_VOXELS * voxel_mm)
        wide = wall_mm.mean(axis=1) + voxel_mm >= LEAST_WIDE * radius_mm
    return np.asarray(near & wide)


def _steady(radius_mm: np.ndarray) -> np.ndarray:
    """The radii (n,) without single leaps."""
    return np.asarray(ndimage.median_filter(radius_mm, 5, mode="nearest"))


def _moved(frames: Frames, wall_mm: np.ndarray, radius_mm: np.ndarray, shown: np.ndarray) -> Frames:
    """The frames moved to the middles that are shown, and along with these between them."""
    if np.count_nonzero(shown) < LEAST_POINTS:
        return frames
    own = np.flatnonzero(shown)
    middle = centroids(wall_mm[own])
    far = np.linalg.norm(middle, axis=1, keepdims=True)
    near = np.minimum(1.0, MOST_AWAY * radius_mm[own, None] / np.maximum(far, 1e-9))
    middle = np.nan_to_num(middle * near)  # an outline may have no area
    every = np.arange(len(shown))
    offset = np.column_stack([np.interp(every, own, middle[:, axis]) for axis in range(2)])
    points = frames.in_planes(offset)
    inner = slice(int(own[0]), int(own[-1]) + 1)
    step_mm = float(frames.s_mm[-1]) / (len(points) - 1)
    points[inner] = smoothed(points[inner], step_mm, radius_mm[inner])
    return frames_along(points)


def _inscribed(wall_mm: np.ndarray, blur_mm: float, shown: np.ndarray) -> np.ndarray:
    """Radius (n,) of the largest circle in each outline (n,m), without blur and grain; or nan."""
    found = np.full(len(wall_mm), np.nan)
    if not shown.any():
        return found
    waves = np.fft.rfft(wall_mm[shown], axis=1)
    waves[:, WAVES + 1 :] = 0
    wall = np.fft.irfft(waves, wall_mm.shape[1], axis=1)
    mean = wall.mean(axis=1)
    found[shown] = inscribed_mm(outlines(wall)) * unblurred_mm(mean, blur_mm) / mean
    return found


def lines_of(course: Course) -> tuple[Line | None, Line | None]:
    """How a branch runs on beyond its first and its last section that is shown."""
    own = np.flatnonzero(course.shown)
    if len(own) < LEAST_POINTS:
        return None, None
    points = course.points_lps[own[0] : own[-1] + 1]
    first, last = (float(np.median(course.radius_mm[part])) for part in (own[:8], own[-8:]))
    return line_at(points, first), line_at(points[::-1], last)


def free_end(end: np.ndarray, line: Line | None, volume: Volume, noise_hu: float) -> np.ndarray:
    """A free end (3,) where the scan shows it."""
    if line is None:
        return end
    blur_mm = usual_blur_mm(volume.grid)
    return tip(end, line.heading, line.radius_mm, volume, blur_mm, noise_hu)


def within(points_lps: np.ndarray, grid: Grid) -> np.ndarray:
    """The points (n,3), those beyond the scan brought to its rim."""
    index = grid.index(points_lps)
    most = np.array(grid.shape) - 1
    beyond = np.any((index < 0) | (index > most), axis=1)
    result = points_lps.copy()
    result[beyond] = grid.points_lps(np.clip(index[beyond], 0, most))
    return result


def rejoined(
    branch: Branch, course: Course, ends: tuple[np.ndarray, np.ndarray], step_mm: float, grid: Grid
) -> Branch:
    """A branch from end to end through its sections, straight where nothing is shown."""
    own = np.flatnonzero(course.shown)
    if len(own) >= LEAST_POINTS:
        inner = _between(course.points_lps[own[0] : own[-1] + 1], *ends)
    else:
        share = (branch.s_mm / branch.length_mm)[:, None]
        first, last = (end - branch.points_lps[k] for end, k in zip(ends, (0, -1), strict=True))
        inner = (branch.points_lps + (1 - share) * first + share * last)[1:-1]
    inner = within(inner, grid)
    path = even_path(np.concatenate([ends[0][None], inner, ends[1][None]]), step_mm)
    share = np.linspace(0, 1, len(path))
    along = np.linspace(0, 1, len(course.radius_mm))
    return replace(branch, points_lps=path, radius_mm=np.interp(share, along, course.radius_mm))


def _between(points: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The points (n,3) of a path that lie between two ends, seen along the path there."""
    ahead, behind = points[1] - points[0], points[-1] - points[-2]
    after = (points - first) @ ahead > 0
    before = (points - last) @ behind < 0
    begin = int(after.argmax()) if after.any() else len(points)
    stop = len(points) - int(before[::-1].argmax()) if before.any() else 0
    return points[begin:stop]
