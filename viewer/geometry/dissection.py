"""Dissections: two lumens in one outer wall, how large each is, and what leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.geometry.course import Course
from viewer.geometry.dissection_lumens import Lumens, lumens
from viewer.geometry.dissection_planes import Planes, planes
from viewer.geometry.dissection_profile import Profile, profile
from viewer.geometry.dissection_true import bare_mm, beside_stent, leaving, true_lumen
from viewer.geometry.dissection_wall import at_mouths, hulls_mm, outer_mm
from viewer.geometry.frames import Frames
from viewer.geometry.names_places import Reading
from viewer.geometry.number import Number, unknown
from viewer.geometry.section import Sections, angles, measured, outlines
from viewer.geometry.sections import evenly
from viewer.geometry.tree import VesselTree
from viewer.progress import Progress, silent
from viewer.segment.mask import VesselMask
from viewer.volume.volume import Volume

STEP_MM = 1.5
WIDE_MM, WIDER = 6.0, 80.0  # radius, reached by a fifth of the vessel's path
WALL_VOXELS = 0.3
LEAST_BARE_MM = 15.0  # beside a stent alone, a second lumen may be an endoleak
END_MM = 5.0
LEAST_OPEN_MM, LEAST_TEAR_MM, MOST_OPEN, TEAR_SD_MM = 4.0, 5.5, 0.35, 1.5
WHOLE = "outer wall of both lumens"


@dataclass(frozen=True)
class Leaving:
    """A branch that leaves a dissected vessel: from the "true" or "false" lumen, or "".

    `sure` is the share of what is seen at its mouth that lies in that lumen.
    """

    branch: int
    name: str
    s_mm: float
    lumen: str
    sure: float


@dataclass(frozen=True, eq=False)
class Tear:
    """A place where the flap is open: `width` across the vessel, `extent` along it."""

    s_mm: float
    at_lps: np.ndarray
    width: Number
    extent: Number


@dataclass(frozen=True, eq=False)
class Dissection:
    """A dissection from `from_mm` to `to_mm` of a vessel's path.

    The arrays hold one value for each section at `s_mm` (n,): areas in mm2 and the greatest
    diameter within the outer wall in mm, each with its deviation; `path_lps` (n,3),
    `outline_lps` (n,m,3) is the outer wall and `flap_lps` (n,k,3) the flap's middle (nan where
    it is not seen). `sure` is how sure it is which lumen is true, by the `evidence`. `stanford`
    is "A", "B" or "", with the reason.
    """

    vessel: str
    branches: tuple[int, ...]
    from_mm: float
    to_mm: float
    stanford: str
    stanford_why: str
    sure: float
    evidence: tuple[str, ...]
    extent: Number
    diameter_max: Number
    widest_mm: float
    flap_thickness: Number
    true_volume: Number
    false_volume: Number
    unenhanced_volume: Number
    leaving: tuple[Leaving, ...]
    tears: tuple[Tear, ...]
    s_mm: np.ndarray
    path_lps: np.ndarray
    whole_area_mm2: np.ndarray
    whole_area_sd: np.ndarray
    whole_max_mm: np.ndarray
    whole_max_sd: np.ndarray
    true_area_mm2: np.ndarray
    true_area_sd: np.ndarray
    false_area_mm2: np.ndarray
    false_area_sd: np.ndarray
    outline_lps: np.ndarray
    flap_lps: np.ndarray


def dissections(
    volume: Volume,
    mask: VesselMask,
    tree: VesselTree,
    course: Course,
    noise_hu: float,
    blur_mm: float,
    *,
    vessel: str = "",
    progress: Progress | None = None,
) -> tuple[Dissection, ...]:
    """The dissections along one vessel of a tree, none where it is too narrow to show a flap."""
    if float(np.percentile(course.radius_mm, WIDER)) < WIDE_MM or course.length_mm < 2 * END_MM:
        return ()
    progress = progress or silent()
    frames, _ = evenly(course.points_lps, course.radius_mm, STEP_MM)
    cut = planes(volume, mask, frames)
    progress.at(0.2)
    hulls = hulls_mm(cut)
    progress.at(0.4)
    wall, _ = outer_mm(cut, hulls, noise_hu)
    progress.at(0.6)
    voxel_mm = float(np.cbrt(volume.grid.voxel_mm3))
    parted = [each for each in lumens(cut, wall) if bare_mm(cut, each) >= LEAST_BARE_MM]
    every = [
        _dissection(cut, wall, found, tree, course, blur_mm, voxel_mm, vessel)
        for found in progress.part(0.8, 1.0).over(parted, len(parted))
    ]
    return tuple(each for each in every if each.true_volume.known and each.false_volume.known)


def _dissection(
    cut: Planes,
    wall_mm: np.ndarray,
    found: Lumens,
    tree: VesselTree,
    course: Course,
    blur_mm: float,
    voxel_mm: float,
    vessel: str,
) -> Dissection:
    """What one stretch of two lumens measures."""
    scale = course.length_mm / float(cut.frames.s_mm[-1])
    number, sure, evidence = true_lumen(cut, wall_mm, found)
    seen = profile(cut, wall_mm, found, number, blur_mm)
    part = slice(found.first, found.last + 1)
    s = cut.frames.s_mm[part] * scale
    own = measured(wall_mm[part])
    edge = WALL_VOXELS * voxel_mm
    area, across = own["area_mm2"], own["diameter_max_mm"]
    area_sd = np.pi * own["diameter_equivalent_mm"] * edge / np.sqrt(3)
    across_sd = np.full(len(s), np.hypot(edge * np.sqrt(2), 0.004 * np.nanmedian(across)))
    apart = ~at_mouths(cut, wall_mm, tree, course)[part] & np.isfinite(across)
    clear = np.where(apart, across, np.nan) if apart.any() else across
    widest = int(np.nanargmax(clear))
    step = float(np.median(np.diff(s)))
    by = "areas of the sections along the way of their middles"
    true_swept, false_swept = seen.true_mm2 * seen.true_way, seen.false_mm2 * seen.false_way
    return Dissection(
        vessel=vessel,
        branches=course.branches,
        from_mm=float(s[0]),
        to_mm=float(s[-1]),
        stanford="",
        stanford_why="",
        sure=sure,
        evidence=evidence,
        extent=_extent(s, float(cut.frames.s_mm[-1]) * scale),
        diameter_max=Number(
            float(np.nanmedian(clear[max(widest - 1, 0) : widest + 2])),
            float(across_sd[widest]),
            "mm",
            f"greatest diameter across the path, {WHOLE}, off the mouths of branches",
        ),
        widest_mm=float(s[widest]),
        flap_thickness=seen.flap,
        true_volume=_volume(s, true_swept, seen.true_sd, step, by),
        false_volume=_volume(s, false_swept, seen.false_sd, step, f"{by}, clot in it included"),
        unenhanced_volume=_volume(
            s,
            seen.dark_mm2 * seen.false_way,
            0.2 * seen.dark_mm2 + edge,
            step,
            "what is no brighter than clot in the false lumen: thrombus, or blood without contrast",
        ),
        leaving=tuple(
            Leaving(mouth.branch, tree.branches[mouth.branch].name, mouth.s_mm, lumen, share)
            for mouth, lumen, share in leaving(cut, wall_mm, found, number, tree, course, scale)
        ),
        tears=_tears(cut, found, seen, s),
        s_mm=s,
        path_lps=cut.frames.points_lps[part],
        whole_area_mm2=area,
        whole_area_sd=area_sd,
        whole_max_mm=across,
        whole_max_sd=across_sd,
        true_area_mm2=seen.true_mm2,
        true_area_sd=seen.true_sd,
        false_area_mm2=seen.false_mm2,
        false_area_sd=seen.false_sd,
        outline_lps=_in_planes(cut.frames, part, outlines(wall_mm[part])),
        flap_lps=_in_planes(cut.frames, part, seen.flap_mm),
    )


def _in_planes(frames: Frames, part: slice, offset_mm: np.ndarray) -> np.ndarray:
    """The points (n,k,3) of offsets (n,k,2) in the planes of a part of a path."""
    return np.asarray(
        frames.points_lps[part, None]
        + offset_mm[..., :1] * frames.across[part, None]
        + offset_mm[..., 1:] * frames.up[part, None]
    )


def _extent(s_mm: np.ndarray, length_mm: float) -> Number:
    """How far a dissection reaches, unless it goes on beyond what is seen."""
    by = "as far as two lumens are seen"
    if s_mm[0] < END_MM or s_mm[-1] > length_mm - END_MM:
        return unknown("mm", by, "The dissection goes on beyond the end of the path.")
    return Number(float(s_mm[-1] - s_mm[0]), END_MM, "mm", by)


def _volume(s_mm: np.ndarray, area: np.ndarray, sd: np.ndarray, step: float, by: str) -> Number:
    """Volume (ml) of areas (n,) mm2 along a path."""
    known = np.isfinite(area)
    if known.sum() < 3 or known.mean() < 0.8:
        return unknown("ml", by, "Too few sections show it.")
    whole = np.interp(s_mm, s_mm[known], area[known])
    doubt = np.interp(s_mm, s_mm[known], sd[known])
    ends = 0.5 * step * (whole[0] + whole[-1])
    own = float(np.hypot(np.trapezoid(doubt, s_mm) / np.sqrt(2), ends))
    return Number(float(np.trapezoid(whole, s_mm)) / 1000, own / 1000, "ml", by)


def _tears(cut: Planes, found: Lumens, seen: Profile, s_mm: np.ndarray) -> tuple[Tear, ...]:
    """The places at which the flap is open over several sections, not at its own ends.

    Where a stent stands before the flap, none is told.
    """
    open_ = ndimage.median_filter(seen.open_mm, 3) >= LEAST_OPEN_MM
    open_ &= ~beside_stent(cut, found)
    open_ &= (s_mm > s_mm[0] + END_MM) & (s_mm < s_mm[-1] - END_MM)
    if open_.mean() > MOST_OPEN:
        return ()  # a flap too thin to be seen is not open everywhere
    out = []
    change = np.flatnonzero(np.diff(np.r_[0, open_.astype(int), 0]))
    step = float(np.median(np.diff(s_mm)))
    for first, stop in change.reshape(-1, 2):
        if (stop - first) * step < LEAST_TEAR_MM:
            continue
        at = first + int(np.argmax(seen.open_mm[first:stop]))
        out.append(
            Tear(
                float(s_mm[at]),
                _in_planes(
                    cut.frames,
                    slice(found.first + at, found.first + at + 1),
                    seen.gap_mm[at][None, None],
                )[0, 0],
                Number(
                    float(seen.open_mm[at]),
                    TEAR_SD_MM,
                    "mm",
                    "where no flap lies between the lumens",
                ),
                Number(float((stop - first) * step), TEAR_SD_MM, "mm", "sections without a flap"),
            )
        )
    return tuple(out)


def typed(found: Dissection, reading: Reading | None) -> Dissection:
    """The dissection with its Stanford type by where the arch of the aorta begins, or why none."""
    if reading is None or not set(found.branches) & {s.branch for s in reading.aorta.way.steps}:
        return replace(found, stanford_why="it does not lie in what is known to be the aorta")
    if not reading.aorta.rising or reading.arch_from is None:
        why = "the beginning of the arch is not seen"
        return replace(found, stanford_why=why)
    way = reading.aorta.way
    place = cKDTree(way.points_lps).query(found.path_lps)[1]
    begins = float(way.s_mm[place].min())
    if begins < reading.arch_from.s_mm - END_MM:
        return replace(found, stanford="A", stanford_why="two lumens in the ascending aorta")
    within = reading.arch_to is not None and begins < reading.arch_to.s_mm
    why = "two lumens begin " + ("within the arch" if within else "beyond the arch")
    return replace(found, stanford="B", stanford_why=why)


def with_whole(sections: Sections, found: Sequence[Dissection]) -> Sections:
    """Sections along a vessel with the outer wall of both lumens where it is dissected.

    `whole_mm` is as seen from the sections' own path; what `as_whole` measures is measured in the
    dissection's own planes.
    """
    frames = sections.frames
    whole: np.ndarray = np.full(sections.wall_mm.shape, np.nan)
    for each in found:
        far, place = cKDTree(each.path_lps).query(frames.points_lps)
        reach = np.linalg.norm(each.outline_lps - each.path_lps[:, None], axis=2).max(axis=1)
        ends = np.isin(place, (0, len(each.s_mm) - 1)) & (far > STEP_MM)
        for row in np.flatnonzero((far < reach[place]) & ~ends):
            away = each.outline_lps[place[row]] - frames.points_lps[row]
            plane = np.column_stack([away @ frames.across[row], away @ frames.up[row]])
            whole[row] = around(plane, whole.shape[1])
    return replace(sections, whole_mm=whole) if np.isfinite(whole).any() else sections


def as_whole(sections: Sections, found: Sequence[Dissection]) -> Sections:
    """Sections in which the whole vessel stands for its lumen where it is dissected."""
    sections = with_whole(sections, found)
    if sections.whole_mm is None:
        return sections
    own = np.isfinite(sections.whole_mm).all(axis=1)
    values = {name: each.copy() for name, each in sections.values.items()}
    sd = {name: each.copy() for name, each in sections.sd.items()}
    wall = np.where(own[:, None], sections.whole_mm, sections.wall_mm)
    for each in found:
        numbers = measured(np.linalg.norm(each.outline_lps - each.path_lps[:, None], axis=2))
        place = cKDTree(each.path_lps).query(sections.frames.points_lps)[1]
        far = np.linalg.norm(sections.frames.points_lps - each.path_lps[place], axis=1)
        rows = np.flatnonzero(own & (far < each.whole_max_mm[place]))
        k = place[rows]
        edge = each.whole_max_sd[k]
        for name, value in numbers.items():
            values[name][rows] = value[k]
        for name in ("diameter_equivalent_mm", "diameter_min_mm", "diameter_max_mm"):
            sd[name][rows] = edge
        sd["inscribed_radius_mm"][rows] = 0.5 * edge
        sd["area_mm2"][rows] = each.whole_area_sd[k]
        sd["circularity"][rows] = edge / each.whole_max_mm[k]
    seen = sections.seen | own[:, None]
    return replace(
        sections, wall_mm=wall, seen=seen, values=MappingProxyType(values), sd=MappingProxyType(sd)
    )


def around(outline_mm: np.ndarray, count: int) -> np.ndarray:
    """Distance (count,) mm from the origin of a plane to an outline (k,2) round it; nan outside."""
    turn = angles(count)
    start, end = outline_mm, np.roll(outline_mm, -1, axis=0)
    way = np.column_stack([np.cos(turn), np.sin(turn)])
    edge = end - start
    cross = way[:, None, 0] * edge[None, :, 1] - way[:, None, 1] * edge[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (start[None, :, 0] * edge[None, :, 1] - start[None, :, 1] * edge[None, :, 0]) / cross
        share = (start[None, :, 0] * way[:, None, 1] - start[None, :, 1] * way[:, None, 0]) / cross
    hit = np.where((share >= 0) & (share <= 1) & (far > 0), far, np.inf).min(axis=1)
    return hit if np.isfinite(hit).all() else np.full(count, np.nan)
