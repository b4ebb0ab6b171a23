"""All that is measured along the vessels of a tree, and as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np

from viewer.geometry.aneurysm import Fusiform, aneurysms
from viewer.geometry.angles import BranchAngle, branch_angles
from viewer.geometry.audit import Audited, audit
from viewer.geometry.course import Course, course_through
from viewer.geometry.landmarks import (
    AorticSection,
    LandmarkRow,
    aortic_path,
    aortic_sections,
    landmark_table,
    landmarks,
)
from viewer.geometry.measure import own_part
from viewer.geometry.names_given import Named
from viewer.geometry.number import Number
from viewer.geometry.sections import measure_sections
from viewer.geometry.stenosis import Stenosis, stenoses
from viewer.geometry.tree import VesselTree
from viewer.progress import Progress
from viewer.segment.mask import VesselMask
from viewer.volume.volume import Volume

LEAST_COURSE_MM = 15.0
MOST_UNSURE, DEVIATIONS = 0.1, 2.0
WIDENED, LEAST_LENGTHS = 1.5, 1.0  # as many healthy diameters wide, and long
DIGITS = 3


@dataclass(frozen=True, eq=False)
class Along:
    """What was found along one vessel: its name, branches, narrowings and widenings.

    Places along it count from `start_lps` (3,), where it is out of the vessel that it leaves.
    """

    name: str
    branches: tuple[int, ...]
    start_lps: np.ndarray
    stenoses: tuple[Stenosis, ...]
    aneurysms: tuple[Fusiform, ...]


@dataclass(frozen=True, eq=False)
class TreeMeasures:
    """All measures of a tree."""

    vessels: tuple[Along, ...]
    angles: tuple[BranchAngle, ...]
    landmarks: tuple[LandmarkRow, ...]
    aortic_sections: tuple[AorticSection, ...]
    names: tuple[Named, ...]
    audit: tuple[Audited, ...]


def measure_vessels(
    volume: Volume,
    mask: VesselMask,
    tree: VesselTree,
    names: tuple[Named, ...],
    noise_hu: float,
    blur_mm: float,
    progress: Progress,
) -> TreeMeasures:
    """Narrowings and widenings along every vessel, angles, landmarks, and the audit.

    `tree` bears the `names` of its branches already.
    """
    cut = partial(measure_sections, volume, mask=mask, noise_hu=noise_hu, blur_mm=blur_mm)
    found = []
    courses = courses_of(tree)
    for course in progress.over(courses, len(courses), "Measuring vessels"):
        free = course.s_mm >= course.ostium_mm
        if course.length_mm - course.ostium_mm < LEAST_COURSE_MM or free.sum() < 2:
            continue
        points = course.points_lps[free]
        sections = cut(points, course.radius_mm[free])
        found.append(
            Along(
                _name_of(tree, course),
                course.branches,
                points[0],
                tuple(each for each in stenoses(sections) if narrowed_surely(each)),
                tuple(each for each in aneurysms(sections, mask) if widened_surely(each)),
            )
        )
    rows: tuple[LandmarkRow, ...] = ()
    aorta = aortic_path(tree, volume.grid)
    if aorta is not None:
        rows = landmark_table(landmarks(tree, volume.grid), cut(*aorta))
    return TreeMeasures(
        tuple(found),
        branch_angles(tree),
        rows,
        aortic_sections(tree, volume.grid),
        names,
        audit(tree, names, volume.grid, volume),
    )


def narrowed_surely(stenosis: Stenosis) -> bool:
    """Whether a narrowing by itself is more than the error of its two diameters."""
    if (
        not stenosis.reference.known
        or stenosis.reference.sd > MOST_UNSURE * stenosis.reference.value
    ):
        return False
    percent = stenosis.percent_diameter
    return not percent.known or percent.value > DEVIATIONS * percent.sd


def widened_surely(aneurysm: Fusiform) -> bool:
    """Whether a widening by itself is more than its error, begins in view and is no mere bulge."""
    reference, widest = aneurysm.reference, aneurysm.diameter_max
    if aneurysm.from_mm <= 0 or not (reference.known and widest.known):
        return False
    if reference.sd > MOST_UNSURE * reference.value:
        return False
    if aneurysm.to_mm - aneurysm.from_mm < LEAST_LENGTHS * reference.value:
        return False
    beyond = widest.value - WIDENED * reference.value
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
    along = [
        (vessel, kind, each)
        for vessel in measures.vessels
        for kind, found in (("stenoses", vessel.stenoses), ("aneurysms", vessel.aneurysms))
        for each in found
    ]
    told: dict[str, Any] = {"frame": "LPS, mm", "stenoses": [], "aneurysms": []}
    for vessel, kind, each in along:
        told[kind].append(
            {
                "vessel": vessel.name,
                "branches": list(vessel.branches),
                "start_lps": plain(vessel.start_lps),
            }
            | flat(plain(each))
        )
    told["angles"] = [
        {
            "branches": list(each.branches),
            "kind": each.kind,
            "point_lps": plain(each.point_lps),
            "degrees": plain(each.angle.value),
            "sd": plain(each.angle.sd),
            "method": each.angle.method,
            "missing": each.angle.missing,
        }
        for each in measures.angles
    ]
    for name in ("landmarks", "aortic_sections", "names", "audit"):
        told[name] = plain(getattr(measures, name))
    return told


def plain(value: Any) -> Any:
    """Dataclasses, arrays and numbers as what JSON knows; nan and infinity are None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), DIGITS) if np.isfinite(value) else None
    return value


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose numbers carry their unit in their names: `least_mm`, `percent_area`.

    Each becomes its value; its deviation, method and what is missing lie in `sd`, `method` and
    `missing` under the same name.
    """
    out: dict[str, Any] = {}
    keys = {each.name for each in fields(Number)}
    for name, each in row.items():
        if not (isinstance(each, dict) and set(each) == keys):
            out[name] = each
            continue
        unit = {"mm": "_mm", "ml": "_ml", "mm2": "_mm2"}.get(each["unit"], "")
        whole = f"{name}_diameter{unit}" if unit and name + unit in row else name + unit
        out[whole] = each["value"]
        for part in ("sd", "method", "missing"):
            if each[part] not in ("", None):
                out.setdefault(part, {})[whole] = each[part]
    return out
