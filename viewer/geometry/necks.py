"""The neck of an abdominal aneurysm: from the lowest renal artery to where the aorta widens."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.aneurysm import Fusiform
from viewer.geometry.angles import NeckAngles, neck_angles
from viewer.geometry.course import Course
from viewer.geometry.frames import Frames, frames_along
from viewer.geometry.number import Number
from viewer.geometry.section import Sections
from viewer.geometry.tree import VesselTree

MOUTH_SD = 0.5  # of the renal artery's radius: where its lower rim lies
BEGINS_SD_MM = 2.0  # where a vessel begins to widen
RENAL = "renal artery"


@dataclass(frozen=True, eq=False)
class Neck:
    """The neck of an aneurysm, which begins at `at_lps` (3,), LPS mm, below a renal artery.

    `diameter` is that just before the aneurysm.
    """

    vessel: str
    branch: int
    at_lps: np.ndarray
    below: str
    length: Number
    diameter: Number
    alpha: Number
    beta: Number


def necks_of(
    vessel: str,
    tree: VesselTree,
    course: Course,
    sections: Sections,
    aneurysms: tuple[Fusiform, ...],
) -> tuple[Neck, ...]:
    """The necks of the aneurysms along an aorta that has renal arteries above them.

    `sections` run along the course, in either direction of the blood.
    """
    renals = [m for m in course.mouths if tree.branches[m.branch].name.endswith(RENAL)]
    if not renals or "aorta" not in vessel:
        return ()
    frames = sections.frames
    length = float(frames.s_mm[-1])
    places = np.array([_nearest_mm(frames, _point(course, m.s_mm)) for m in renals])
    upwards = frames.points_lps[-1, 2] > frames.points_lps[0, 2]
    if upwards:
        frames, places = frames_along(frames.points_lps[::-1].copy()), length - places
    found = []
    for each in aneurysms:
        ends = (each.from_mm, each.to_mm)
        first, last = sorted(length - end for end in ends) if upwards else ends
        above = np.flatnonzero(places < first)
        if not len(above):
            continue
        lowest = above[places[above].argmax()]
        renal = renals[int(lowest)]
        start = float(places[lowest])
        angles = neck_angles(frames, start, first, last)
        found.append(_neck(vessel, tree, renal.branch, start, frames, each, angles, first, course))
    return tuple(found)


def _neck(
    vessel: str,
    tree: VesselTree,
    renal: int,
    start_mm: float,
    frames: Frames,
    aneurysm: Fusiform,
    angles: NeckAngles,
    first_mm: float,
    course: Course,
) -> Neck:
    rim = MOUTH_SD * float(np.median(tree.branches[renal].radius_mm))
    length = Number(
        first_mm - start_mm,
        float(np.hypot(rim, BEGINS_SD_MM)),
        "mm",
        "along the centerline from the middle of the lowest renal artery to where the aorta widens",
    )
    at = np.array([np.interp(start_mm, frames.s_mm, axis) for axis in frames.points_lps.T])
    nearest = int(np.linalg.norm(course.points_lps - at, axis=1).argmin())
    piece = min(
        int(np.searchsorted(course.ends_mm, course.s_mm[nearest])), len(course.branches) - 1
    )
    branch = course.branches[piece]
    name = tree.branches[renal].name
    return Neck(vessel, branch, at, name, length, aneurysm.neck_diameter, angles.alpha, angles.beta)


def _point(course: Course, s_mm: float) -> np.ndarray:
    return np.array([np.interp(s_mm, course.s_mm, axis) for axis in course.points_lps.T])


def _nearest_mm(frames: Frames, point_lps: np.ndarray) -> float:
    return float(frames.s_mm[np.linalg.norm(frames.points_lps - point_lps, axis=1).argmin()])
