"""All vessels of a tree on one sheet: each straightened in a lane of its own, none over another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.geometry.course import Course, vessels_from
from viewer.geometry.frames import Frames
from viewer.geometry.sections import evenly
from viewer.geometry.straighten import frames_at
from viewer.geometry.tree import VesselTree
from viewer.progress import Progress, silent

STEP_MM = 1.0
WIDE, SIDE_MM = 1.25, 1.2  # radii of the vessel and mm beside it that a lane shows
USUAL = 95  # percent of a vessel's radii that a lane's width goes by


@dataclass(frozen=True, eq=False)
class Lane:
    """One vessel of a tree, straightened.

    It begins `start_mm` from the tree's root along its vessels, where it leaves the lane `parent`
    (-1: the first), and shows `half_mm` on each side of its path.
    """

    name: str
    course: Course
    frames: Frames
    start_mm: float
    parent: int
    half_mm: float

    @property
    def end_mm(self) -> float:
        """How far from the root it ends."""
        return self.start_mm + float(self.frames.s_mm[-1])


@dataclass(frozen=True, eq=False)
class TreeSheet:
    """Lanes at `middle_mm` (n,) across, the first at 0; along runs the distance from the root."""

    lanes: tuple[Lane, ...]
    middle_mm: np.ndarray

    @cached_property
    def height_mm(self) -> tuple[float, float]:
        """From where to where across it lanes lie."""
        half = np.array([lane.half_mm for lane in self.lanes])
        return float((self.middle_mm - half).min()), float((self.middle_mm + half).max())

    @cached_property
    def length_mm(self) -> float:
        """How far from the root the last lane ends."""
        return max(lane.end_mm for lane in self.lanes)

    @cached_property
    def _cut(self) -> dict[tuple[int, float, float, int], Frames]:
        return {}

    def frames_on(self, number: int, first_mm: float, step_mm: float, count: int) -> Frames:
        """A lane's planes at even places along it, kept while it turns at one scale."""
        key = (number, first_mm, step_mm, count)
        if key not in self._cut:
            if len(self._cut) >= 2 * len(self.lanes):
                self._cut.clear()
            along = first_mm + step_mm * np.arange(count)
            self._cut[key] = frames_at(self.lanes[number].frames, along)
        return self._cut[key]

    def lane_of(self, branch: int) -> int:
        """The lane that shows a branch; -1 where none does."""
        held = (n for n, lane in enumerate(self.lanes) if branch in lane.course.branches)
        return next(held, -1)

    def axis(self, number: int, course: Course, branch: int) -> tuple[float, float]:
        """Where on a lane the places of a vessel lie that shares a branch: `a + b * s_mm`.

        In mm from the lane's start; `b` is -1 where the vessel is walked against the lane.
        """
        lane = self.lanes[number].course
        (low, high), (begin, _) = lane.stretch_mm(branch), course.stretch_mm(branch)
        first = course.points_lps[int(np.abs(course.s_mm - begin).argmin())]
        ends = [lane.points_lps[int(np.abs(lane.s_mm - each).argmin())] for each in (low, high)]
        near, far = (float(np.linalg.norm(each - first)) for each in ends)
        return (low - begin, 1.0) if near <= far else (high + begin, -1.0)

    def lane_at(self, along_mm: float, across_mm: float) -> int:
        """The lane at a place of the sheet, or the nearest one."""
        far = [
            np.hypot(
                max(lane.start_mm - along_mm, along_mm - lane.end_mm, 0.0),
                max(abs(across_mm - middle) - lane.half_mm, 0.0),
            )
            for lane, middle in zip(self.lanes, self.middle_mm, strict=True)
        ]
        return int(np.argmin(far))


def lanes_from(
    tree: VesselTree, first: Course, progress: Progress | None = None
) -> tuple[Lane, ...]:
    """The lanes of a vessel and of all that hangs on it; a lane stands behind its parent."""
    lanes: list[Lane] = []
    owner: dict[int, tuple[int, float]] = {}
    vessels = vessels_from(tree, first)
    told = (progress or silent()).over(vessels, len(vessels))
    for number, course in enumerate(told):
        parent, start = owner.get(course.branches[0], (-1, 0.0))
        frames, radius = evenly(course.points_lps, course.radius_mm, STEP_MM)
        own = radius[frames.s_mm >= min(course.ostium_mm, 0.5 * course.length_mm)]
        half = WIDE * float(np.percentile(own, USUAL)) + SIDE_MM
        lanes.append(Lane(name_of(tree, course), course, frames, start, parent, half))
        share = float(frames.s_mm[-1]) / course.length_mm
        for mouth in course.mouths:
            owner.setdefault(mouth.branch, (number, start + share * mouth.s_mm))
    return tuple(lanes)


def name_of(tree: VesselTree, course: Course) -> str:
    """What a vessel is called: by the longest of its branches that has a name, or whole aorta."""
    named = [tree.branches[number] for number in course.branches if tree.branches[number].name]
    if len({branch.name for branch in named}) > 1 and all("aort" in b.name for b in named):
        return "aorta"
    return max(named, key=lambda branch: branch.length_mm).name if named else ""


def root_of(tree: VesselTree, branch: int) -> int:
    """The branch from which the tree of a branch grows."""
    while tree.branches[branch].parent >= 0:
        branch = tree.branches[branch].parent
    return branch


def laid_out(
    lanes: Sequence[Lane], above: Sequence[bool], gap_mm: float, label_mm: Sequence[float]
) -> TreeSheet:
    """The lanes beside the first one as near to it as none lies over another.

    Those that leave the first lie `above` it (or below) with all that hangs on them. `label_mm`
    stays free behind the end of each. What leaves farther from the root lies nearer, so that the
    joint between a lane and its parent crosses no other lane.
    """
    middle = np.zeros(len(lanes))
    leaving: list[list[int]] = [[] for _ in lanes]
    for number, lane in enumerate(lanes[1:], start=1):
        leaving[lane.parent].append(number)
    for side in (1, -1):
        taken: list[tuple[float, float, float]] = []
        firsts = [n for n in leaving[0] if above[n] == (side > 0)]
        waiting = sorted(firsts, key=lambda n: lanes[n].start_mm)
        while waiting:
            number = waiting.pop()
            lane = lanes[number]
            end = lane.end_mm + label_mm[number]
            low = max(
                (far for a, b, far in taken if a < end + gap_mm and b > lane.start_mm - gap_mm),
                default=lanes[0].half_mm,
            )
            middle[number] = side * (low + gap_mm + lane.half_mm)
            taken.append((lane.start_mm, end, low + gap_mm + 2 * lane.half_mm))
            waiting += sorted(leaving[number], key=lambda n: lanes[n].start_mm)
    return TreeSheet(tuple(lanes), middle)
