"""All that is measured along the vessels of a tree, and as plain data."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from viewer.geometry.aneurysm import Fusiform, aneurysms
from viewer.geometry.angles import BranchAngle, branch_angles
from viewer.geometry.audit import Audited, audit
from viewer.geometry.bends import Winding, winding
from viewer.geometry.beside import BothDiameters, Second, both_at, with_beside
from viewer.geometry.calcification import Calcified, calcifications
from viewer.geometry.course import Course, course_through
from viewer.geometry.dissection import Dissection, as_whole, dissections, typed
from viewer.geometry.landmarks import (
    AorticSection,
    LandmarkRow,
    aortic_path,
    aortic_sections,
    landmark_table,
    landmarks,
    with_volumes,
)
from viewer.geometry.measure import own_part
from viewer.geometry.measured_tree import tree_blur
from viewer.geometry.names import names_borne
from viewer.geometry.names_given import Named
from viewer.geometry.names_places import read
from viewer.geometry.nearly_closed import Thread, thread_through
from viewer.geometry.necks import Neck, necks_of
from viewer.geometry.number import Number
from viewer.geometry.occlusion import Occlusion, occlusions
from viewer.geometry.plain import flat, plain
from viewer.geometry.sac import Sac, sacs
from viewer.geometry.section import Sections
from viewer.geometry.sections import measure_sections
from viewer.geometry.stenosis import Stenosis, stenoses
from viewer.geometry.tree import VesselTree
from viewer.geometry.volumes import VesselVolume, vessel_volumes
from viewer.progress import Progress, silent
from viewer.segment.mask import VesselMask
from viewer.volume.volume import Volume

LEAST_COURSE_MM = 15.0
MOST_UNSURE, DEVIATIONS = 0.1, 2.0
WIDENED = 1.5  # as many healthy diameters
LEAST_VOXELS = 3.0
LEAST_LENGTHS, MOST_LENGTHS = 2.0, 10.0  # of the healthy diameter
PATH_MM = 2.0


@dataclass(frozen=True, eq=False)
class Along:
    """What was found along one vessel: its name, branches, narrowings and widenings.

    Places along it count from where it is out of the vessel that it leaves. `path_lps` (n,3) is
    its middle from there on, at even distances over its `length_mm`.
    """

    name: str
    branches: tuple[int, ...]
    path_lps: np.ndarray
    length_mm: float
    stenoses: tuple[Stenosis, ...]
    aneurysms: tuple[Fusiform, ...]
    winding: Winding | None = None

    def at(self, s_mm: float) -> np.ndarray:
        """The point (3,) in mm at a place along it."""
        even = np.linspace(0.0, self.length_mm, len(self.path_lps))
        return np.array([np.interp(s_mm, even, axis) for axis in self.path_lps.T])


@dataclass(frozen=True, eq=False)
class TreeMeasures:
    """All measures of a tree."""

    vessels: tuple[Along, ...]
    angles: tuple[BranchAngle, ...]
    landmarks: tuple[LandmarkRow, ...]
    aortic_sections: tuple[AorticSection, ...]
    names: tuple[Named, ...]
    audit: tuple[Audited, ...]
    occlusions: tuple[Occlusion, ...] = ()
    calcifications: tuple[Calcified, ...] = ()
    sacs: tuple[Sac, ...] = ()
    volumes: tuple[VesselVolume, ...] = ()
    dissections: tuple[Dissection, ...] = ()
    necks: tuple[Neck, ...] = ()
    both: tuple[BothDiameters, ...] = ()


def measure_vessels(
    volume: Volume,
    mask: VesselMask,
    tree: VesselTree,
    noise_hu: float,
    progress: Progress,
    *,
    blur_mm: float | None = None,
    kvp: float | None = None,
    second: Second | None = None,
) -> TreeMeasures:
    """Narrowings, widenings, occlusions, dissections, calcium, angles, landmarks, the audit.

    `tree` bears the names of its branches already; `blur_mm` is read from its thickest branch
    unless it is given; `kvp` is the tube voltage where it is known. Diameters that count are those
    of the scan; where there is a `second`, a restored one, its own stand beside them.
    """
    names = names_borne(tree, volume.grid)
    if blur_mm is None:
        blur_mm = tree_blur(volume, tree, mask) if tree.branches else float("nan")
    cut = partial(measure_sections, volume, mask=mask, noise_hu=noise_hu, blur_mm=blur_mm)
    found: list[Along] = []
    parted: list[Dissection] = []
    necks: list[Neck] = []
    both: list[BothDiameters] = []
    readings = read(tree, volume.grid)[1]
    courses = courses_of(tree)
    told = progress.part(0.0, 0.9)
    for number, course in enumerate(courses):
        part = told.part(number / len(courses), (number + 1) / len(courses))
        part.at(0.0, f"Measuring vessel {number + 1} of {len(courses)}")
        free = course.s_mm >= course.ostium_mm
        if course.length_mm - course.ostium_mm < LEAST_COURSE_MM or free.sum() < 2:
            continue
        points, radius = course.points_lps[free], course.radius_mm[free]
        sections = cut(points, radius, progress=part.part(0.0, 0.7))
        name = _name_of(tree, course)
        own = dissections(
            volume,
            mask,
            tree,
            course,
            noise_hu,
            blur_mm,
            vessel=name,
            progress=part.part(0.7, 1.0),
        )
        parted += [typed(each, readings[0] if readings else None) for each in own]
        sections = as_whole(sections, own)
        along = _along(name, course, sections, mask, float(np.cbrt(volume.grid.voxel_mm3)))
        found.append(along)
        both += _both(along, with_beside(sections, second, silent()))
        necks += necks_of(name, tree, course, sections, along.aneurysms)
    progress.at(0.9, "Measuring the aorta and the angles")
    rows: tuple[LandmarkRow, ...] = ()
    lengths = aortic_sections(tree, volume.grid)
    aorta = aortic_path(tree, volume.grid)
    if aorta is not None:
        sections = as_whole(cut(*aorta, progress=progress.part(0.9, 0.95)), parted)
        rows = landmark_table(landmarks(tree, volume.grid), sections)
        lengths = with_volumes(lengths, sections)
    closed: list[Occlusion] = []
    for gap in occlusions(tree, names, volume, mask):
        thread = thread_through(gap, tree, cut)
        if thread is None:
            closed.append(gap)
        elif gap.branch != gap.beyond:  # else it is measured already
            found.append(_through(gap, thread))
    flapped = {branch for each in parted for branch in each.branches}
    return TreeMeasures(
        tuple(found),
        branch_angles(tree),
        rows,
        lengths,
        names,
        audit(tree, names, volume.grid, volume),
        tuple(closed),
        calcifications(tree, names, volume, mask, noise_hu, kvp=kvp),
        tuple(
            sac
            for sac in sacs(tree, names, mask, progress.part(0.95, 0.98))
            if flapped.isdisjoint(sac.branches)  # there it is the other lumen
        ),
        vessel_volumes(tree, names, mask, progress.part(0.98, 1.0)),
        tuple(parted),
        tuple(necks),
        tuple(both),
    )


def _both(along: Along, sections: Sections) -> tuple[BothDiameters, ...]:
    """Both diameters of a vessel where it is narrow or wide, and along it."""
    places = [("narrowest", each.least_mm) for each in along.stenoses]
    places += [("widest", each.widest_mm) for each in along.aneurysms]
    return both_at(along.name, along.branches[0], sections, places)


def _through(gap: Occlusion, thread: Thread) -> Along:
    """The narrowing at a gap of the map through which blood still runs."""
    s = thread.sections.frames.s_mm
    return Along(
        gap.vessel,
        (gap.branch, gap.beyond),
        thread.sections.frames.points_lps,
        float(s[-1]),
        tuple(
            each
            for each in stenoses(thread.sections)
            if each.from_mm < thread.to_mm and each.to_mm > thread.from_mm
        ),
        (),
    )


def _along(
    name: str, course: Course, sections: Sections, mask: VesselMask, voxel_mm: float
) -> Along:
    """What its sections show along one vessel in a scan with voxels of this size."""
    s = sections.frames.s_mm
    even = np.linspace(0.0, s[-1], max(2, round(float(s[-1]) / PATH_MM) + 1))
    path = np.column_stack([np.interp(even, s, axis) for axis in sections.frames.points_lps.T])
    return Along(
        name,
        course.branches,
        path,
        float(s[-1]),
        tuple(
            each
            for each in stenoses(sections)
            if narrowed_surely(each) and not _parted(sections, each)
        ),
        tuple(each for each in aneurysms(sections, mask) if widened_surely(each, voxel_mm)),
        winding(sections.frames),
    )


def _parted(sections: Sections, stenosis: Stenosis) -> bool:
    """Whether a narrowing reaches to where a flap parts the vessel: there it is none of a lumen."""
    if sections.whole_mm is None:
        return False
    s = sections.frames.s_mm
    inside = (s >= stenosis.from_mm) & (s <= stenosis.to_mm)
    return bool(np.isfinite(sections.whole_mm[inside]).any())


def narrowed_surely(stenosis: Stenosis) -> bool:
    """Whether a narrowing by itself is more than the error of its two diameters."""
    if (
        not stenosis.reference.known
        or stenosis.reference.sd > MOST_UNSURE * stenosis.reference.value
    ):
        return False
    percent = stenosis.percent_diameter
    return not percent.known or percent.value > DEVIATIONS * percent.sd


def widened_surely(aneurysm: Fusiform, voxel_mm: float) -> bool:
    """Whether a widening by itself is more than its error, begins in view and is no mere bulge.

    A vessel of fewer than three voxels across may be as wide as three.
    """
    reference, widest = aneurysm.reference, aneurysm.diameter_max
    if aneurysm.from_mm <= 0 or not (reference.known and widest.known):
        return False
    if reference.sd > MOST_UNSURE * reference.value:
        return False
    lengths = (aneurysm.to_mm - aneurysm.from_mm) / reference.value
    if not LEAST_LENGTHS <= lengths <= MOST_LENGTHS:
        return False
    healthy = max(reference.value, LEAST_VOXELS * voxel_mm)
    beyond = widest.value - WIDENED * healthy
    return beyond > DEVIATIONS * float(np.hypot(widest.sd, WIDENED * reference.sd))


def courses_of(tree: VesselTree) -> tuple[Course, ...]:
    """The vessels of a tree, thickest first, each branch in one of them; short ones are left."""
    left = set(range(len(tree.branches)))
    order = np.argsort([-float(np.median(b.radius_mm)) for b in tree.branches], kind="stable")
    found = []
    for n in order.tolist():
        if n not in left:
            continue
        course = course_through(tree, n)
        if not left.issuperset(course.branches):  # a part of it belongs to a thicker vessel
            course = _alone(tree, n)
        left.difference_update(course.branches)
        if course.length_mm >= LEAST_COURSE_MM:
            found.append(course)
    return tuple(found)


def _alone(tree: VesselTree, number: int) -> Course:
    """One branch as a vessel of its own."""
    branch = tree.branches[number]
    parent = tree.branches[branch.parent] if branch.parent >= 0 else None
    ostium = float(branch.s_mm[own_part(branch, parent).start or 0])
    ends = np.array([branch.length_mm])
    return Course((number,), branch.points_lps, branch.radius_mm, ends, ostium, ())


def _name_of(tree: VesselTree, course: Course) -> str:
    """The names of a vessel's branches in their order, each once."""
    names = [tree.branches[n].name for n in course.branches]
    return ", ".join(dict.fromkeys(name for name in names if name))


def measures_data(measures: TreeMeasures) -> dict[str, Any]:
    """The measures as plain data for JSON; what is not known is None, with its reason beside it."""
    told: dict[str, Any] = {"frame": "LPS, mm", "stenoses": [], "aneurysms": []}
    for vessel in measures.vessels:
        own = {
            "vessel": vessel.name,
            "branches": list(vessel.branches),
            "start_lps": plain(vessel.path_lps[0]),
        }
        for stenosis in vessel.stenoses:
            place = {"at_lps": plain(vessel.at(stenosis.least_mm))}
            told["stenoses"].append(own | place | flat(plain(stenosis)))
        for aneurysm in vessel.aneurysms:
            place = {"at_lps": plain(vessel.at(aneurysm.widest_mm))}
            told["aneurysms"].append(own | place | flat(plain(aneurysm)))
    told["vessels"] = [
        {"vessel": each.name, "branches": list(each.branches)} | flat(plain(each.winding))
        for each in measures.vessels
        if each.winding is not None
    ]
    told["angles"] = [
        _angle_data(each.branches, each.kind, each.point_lps, each.angle)
        for each in measures.angles
    ]
    for neck in measures.necks:
        for kind in ("alpha", "beta"):
            own = _angle_data(
                (neck.branch, neck.branch), f"neck {kind}", neck.at_lps, getattr(neck, kind)
            )
            told["angles"].append(own)
    for name in ("necks", "occlusions", "calcifications", "sacs", "dissections", "volumes", "both"):
        told[name] = [flat(plain(each)) for each in getattr(measures, name)]
    for each in fields(measures):
        if each.name not in ("vessels", "angles") and each.name not in told:
            told[each.name] = plain(getattr(measures, each.name))
    return told


def _angle_data(
    branches: tuple[int, int], kind: str, point_lps: np.ndarray, angle: Number
) -> dict[str, Any]:
    return {
        "branches": list(branches),
        "kind": kind,
        "point_lps": plain(point_lps),
        "degrees": plain(angle.value),
        "sd": plain(angle.sd),
        "method": angle.method,
        "missing": angle.missing,
    }
