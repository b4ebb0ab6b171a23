"""The landmarks at which an aorta's diameter is told, and the lengths of its five sections."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from viewer.geometry.names_arch import MAIN_MM
from viewer.geometry.names_places import ISTHMUS_MM, Place, Reading, read
from viewer.geometry.section import Sections
from viewer.geometry.tree import VesselTree
from viewer.volume.grid import Grid

# Places 1 to 9 as in the figure of standard landmarks of the guideline on thoracic aortic disease
# (Hiratzka 2010, ACC/AHA); 10 and 11 go on into the belly.
NAMES = (
    "sinuses of Valsalva",
    "sinotubular junction",
    "mid ascending aorta",
    "proximal aortic arch",
    "mid aortic arch",
    "proximal descending thoracic aorta",
    "mid descending thoracic aorta",
    "aorta at the diaphragm",
    "abdominal aorta at the celiac trunk",
    "suprarenal abdominal aorta",
    "infrarenal abdominal aorta",
)
SECTIONS = (
    "root and ascending aorta",
    "aortic arch",
    "descending thoracic aorta",
    "suprarenal abdominal aorta",
    "infrarenal abdominal aorta",
)
ABOVE_RENAL_MM = 5.0
ROOT_MM, FREE_MM = 25.0, 3.0  # usual height of the root; at its very end it is the valve
NEAR_MM = 8.0  # a section this far from a landmark is not at it
BEFORE_END_MM, LEAST_WIDE = 60.0, 0.75
ABOUT_MM = 3.0  # how well a landmark's place is known
LEAST_KNOWN = 0.9
WHOLE, LUMEN = "whole aorta, outer wall of both lumens", "lumen"
_QUANTITIES = ("diameter_equivalent_mm", "diameter_max_mm", "diameter_min_mm")


@dataclass(frozen=True, eq=False)
class Landmark:
    """A place on the aorta: `s_mm` along a branch, and how it was found.

    Where it is absent, `branch` is -1, `at_lps` None, and `how` says why.
    """

    number: int
    name: str
    how: str
    branch: int = -1
    s_mm: float = float("nan")
    at_lps: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class AorticSection:
    """One of the five sections of the aorta with its length in mm along the centerline.

    nan where it is not seen whole; `how` says by what it is bounded, or what is missing.
    `sd_mm` is how well the length is known by the places of its two ends; `at_lps` its middle.
    `volume_ml` is that of what `method` names, nan where it is not measured.
    """

    name: str
    length_mm: float
    how: str
    sd_mm: float = float("nan")
    at_lps: np.ndarray | None = None
    volume_ml: float = float("nan")
    volume_sd: float = float("nan")
    method: str = ""


@dataclass(frozen=True, eq=False)
class LandmarkRow:
    """The diameters in mm at a landmark with their standard deviations; nan where none is shown.

    `at_lps` is its place, None where it is absent; `method` says what was measured there.
    """

    number: int
    name: str
    how: str
    diameter_equivalent_mm: float = float("nan")
    diameter_equivalent_sd: float = float("nan")
    diameter_max_mm: float = float("nan")
    diameter_max_sd: float = float("nan")
    diameter_min_mm: float = float("nan")
    diameter_min_sd: float = float("nan")
    at_lps: np.ndarray | None = None
    method: str = ""


def landmarks(tree: VesselTree, grid: Grid | None = None) -> tuple[Landmark, ...]:
    """The eleven landmarks, from the heart on, each with its place or why it is absent.

    `grid` is that of the scan: an end of the aorta at its border is not the aorta's own.
    """
    readings = read(tree, grid)[1]
    if not readings:
        return tuple(Landmark(n + 1, name, "no aorta in the map") for n, name in enumerate(NAMES))
    each = [_landmarks(reading) for reading in readings]
    return tuple(
        next((k for k in same if k.branch >= 0), same[0]) for same in zip(*each, strict=True)
    )


def aortic_sections(tree: VesselTree, grid: Grid | None = None) -> tuple[AorticSection, ...]:
    """The five sections of the aorta with their lengths; `grid` as for `landmarks`."""
    readings = read(tree, grid)[1]
    if not readings:
        return tuple(AorticSection(name, float("nan"), "no aorta in the map") for name in SECTIONS)
    each = [_sections(reading) for reading in readings]
    return tuple(
        next((k for k in same if np.isfinite(k.length_mm)), same[0])
        for same in zip(*each, strict=True)
    )


def aortic_path(tree: VesselTree, grid: Grid | None = None) -> tuple[np.ndarray, np.ndarray] | None:
    """The longest piece of aorta from the heart on: points (n,3) mm and radius (n,) mm, if any."""
    readings = read(tree, grid)[1]
    if not readings:
        return None
    way = readings[0].aorta.way
    own = way.s_mm <= _last_mm(readings[0])
    return way.points_lps[own], way.radius_mm[own]


def landmark_table(found: Sequence[Landmark], sections: Sections) -> tuple[LandmarkRow, ...]:
    """The diameters at landmarks, from sections measured along the aorta.

    A deviation holds that of the section, and how much the diameter changes within `ABOUT_MM`
    of the place. A landmark that no section shows has no numbers.
    """
    return tuple(_row(each, sections) for each in found)


def _row(landmark: Landmark, sections: Sections) -> LandmarkRow:
    if landmark.at_lps is None:
        return LandmarkRow(landmark.number, landmark.name, landmark.how)
    far = np.linalg.norm(sections.frames.points_lps - landmark.at_lps, axis=1)
    nearest = int(np.argmin(far))
    s = sections.frames.s_mm
    about = np.abs(s - s[nearest]) <= ABOUT_MM
    numbers: dict[str, float] = {}
    for quantity in _QUANTITIES:
        values, sd = sections.values[quantity][about], sections.sd[quantity][about]
        shown = np.isfinite(values) & np.isfinite(sd)
        if far[nearest] > NEAR_MM or not shown.any():
            how = f"{landmark.how}; the scan shows no wall there"
            return LandmarkRow(landmark.number, landmark.name, how, at_lps=landmark.at_lps)
        values, sd = values[shown], sd[shown]
        numbers[quantity] = float(np.median(values))
        name = quantity.removesuffix("_mm") + "_sd"
        numbers[name] = float(np.hypot(np.median(sd), values.std()))
    place = landmark.at_lps
    return LandmarkRow(
        landmark.number,
        landmark.name,
        landmark.how,
        **numbers,
        at_lps=place,
        method=measured_as(sections, nearest),
    )


def measured_as(sections: Sections, row: int) -> str:
    """What the outline of one section is that of."""
    whole = sections.whole_mm is not None and bool(np.isfinite(sections.whole_mm[row]).all())
    return WHOLE if whole else LUMEN


def with_volumes(each: Sequence[AorticSection], sections: Sections) -> tuple[AorticSection, ...]:
    """The aortic sections with their volumes, from sections measured along the aorta."""
    return tuple(_with_volume(one, sections) for one in each)


def _with_volume(one: AorticSection, sections: Sections) -> AorticSection:
    if one.at_lps is None or not np.isfinite(one.length_mm):
        return one
    s, points = sections.frames.s_mm, sections.frames.points_lps
    far = np.linalg.norm(points - one.at_lps, axis=1)
    middle = float(s[int(np.argmin(far))])
    inside = np.abs(s - middle) <= 0.5 * one.length_mm
    area, sd = sections.values["area_mm2"][inside], sections.sd["area_mm2"][inside]
    known = np.isfinite(area)
    if far.min() > NEAR_MM or known.sum() < 3 or known.mean() < LEAST_KNOWN:
        return one
    place = s[inside]
    whole = np.interp(place, place[known], area[known])
    doubt = np.interp(place, place[known], sd[known])
    ends = one.sd_mm * 0.5 * (whole[0] + whole[-1]) / np.sqrt(2)
    off = np.hypot(np.trapezoid(doubt, place), ends)
    volume = float(np.trapezoid(whole, place))
    parted = sections.whole_mm is not None and np.isfinite(sections.whole_mm[inside]).any()
    return replace(
        one,
        volume_ml=volume / 1000,
        volume_sd=float(off) / 1000,
        method=WHOLE if parted else LUMEN,
    )


def _landmarks(reading: Reading) -> tuple[Landmark, ...]:
    """The eleven landmarks of one piece of aorta."""
    way = reading.aorta.way
    out = []
    for n, (name, place) in enumerate(zip(NAMES, _places(reading), strict=True)):
        if isinstance(place, str):
            out.append(Landmark(n + 1, name, place))
        else:
            at_mm = min(place.s_mm, _last_mm(reading))
            branch, s_mm = way.place(at_mm)
            out.append(Landmark(n + 1, name, place.how, branch, s_mm, way.at(at_mm)))
    return tuple(out)


def _last_mm(reading: Reading) -> float:
    """How far the way of an aorta runs along its middle, before it turns into a last side vessel.

    There its spheres shrink by a quarter within a diameter.
    """
    way = reading.aorta.way
    if reading.aorta.forks is not None:
        return way.length_mm
    wide = 2 * way.middle_radius(way.length_mm - BEFORE_END_MM, way.length_mm)
    near = way.s_mm > way.length_mm - wide
    thin = near & (way.radius_mm < LEAST_WIDE * 0.5 * wide)
    return float(way.s_mm[max(int(np.argmax(thin)) - 1, 0)]) if thin[-1] else way.length_mm


def _places(reading: Reading) -> list[Place | str]:
    """Each landmark's place along the aorta, or why it is absent."""
    junction, sinus = reading.junction, _sinuses(reading)
    root = (
        "the root of the aorta does not bulge, so that where it ends cannot be told"
        if reading.whole
        else "the aorta's end at the heart is not seen"
    )
    first, middle, isthmus = _of_arch(reading)
    diaphragm = reading.diaphragm or "neither the celiac trunk nor the artery below it is seen"
    return [
        sinus or root,
        junction or root,
        _between(junction or _above_root(reading), first, _rising_between(junction)),
        first or "no artery of the arch is seen",
        middle or "fewer than two arteries of the arch are seen",
        isthmus or "the last artery of the arch is not seen",
        _between(isthmus, reading.diaphragm, "the isthmus and the diaphragm"),
        diaphragm,
        *_of_belly(reading),
    ]


def _rising_between(junction: Place | None) -> str:
    end = "the sinotubular junction" if junction else "the usual height of the root"
    return f"{end} and the first artery of the arch"


def _above_root(reading: Reading) -> Place | None:
    """About where the root ends if it does not bulge, by its usual height above the valve."""
    if not reading.whole or reading.aorta.way.length_mm < 2 * ROOT_MM:
        return None
    return Place(ROOT_MM, f"{ROOT_MM:g} mm above the aorta's end at the heart")


def _sinuses(reading: Reading) -> Place | None:
    """The widest place below the sinotubular junction, or of the root where it does not bulge."""
    way = reading.aorta.way
    if reading.junction is None:
        end = _above_root(reading)
        if end is None:
            return None
        root = (way.s_mm >= FREE_MM) & (way.s_mm <= end.s_mm)
        return Place(
            float(way.s_mm[int(np.argmax(np.where(root, way.radius_mm, 0.0)))]),
            f"the widest place within {ROOT_MM:g} mm of the aorta's end at the heart",
        )
    root = way.s_mm <= reading.junction.s_mm
    return Place(
        float(way.s_mm[int(np.argmax(np.where(root, way.radius_mm, 0.0)))]),
        "the widest place below the sinotubular junction",
    )


def _of_arch(reading: Reading) -> tuple[Place | None, Place | None, Place | None]:
    """The first place of the arch, its middle, and the isthmus."""
    main = [s for s in reading.arch if s.caliber_mm >= MAIN_MM]
    if len(main) < 2 or reading.arch_from is None:
        return None, None, None
    left, last = (main[1], main[2]) if len(main) > 2 else (main[0], main[1])
    before = "left carotid artery" if len(main) > 2 else "first artery of the arch"
    isthmus = last.s_mm + last.caliber_mm + ISTHMUS_MM
    length = reading.aorta.way.length_mm
    beyond = f"{ISTHMUS_MM:g} mm beyond the left subclavian artery"
    rises = reading.aorta.rising
    return (
        Place(reading.arch_from.s_mm, "at the origin of the first artery of the arch")
        if rises
        else None,
        Place(
            0.5 * (left.s_mm + last.s_mm),
            f"midway between the {before} and the left subclavian artery",
        ),
        Place(isthmus, beyond) if isthmus < length and reading.aorta.rising else None,
    )


def _of_belly(reading: Reading) -> list[Place | str]:
    """The places at the celiac trunk, above and below the renal arteries."""
    belly = reading.belly
    origins = [side[0] for side in (belly.left, belly.right) if side]
    renal: Place | str = "no renal artery is seen"
    if origins and reading.diaphragm:
        upper = min(origins, key=lambda s: s.s_mm)
        renal = Place(
            max(upper.s_mm - upper.caliber_mm - ABOVE_RENAL_MM, 0.0),
            f"{ABOVE_RENAL_MM:g} mm above the upper renal artery",
        )
    lower = belly.lowest_renal_mm
    return [
        Place(belly.celiac.s_mm, "at the origin of the celiac trunk")
        if belly.celiac
        else "no celiac trunk is seen",
        renal,
        _between(
            Place(lower, "") if lower is not None else None,
            reading.bifurcation,
            "the lower renal artery and the bifurcation",
        ),
    ]


def _between(first: Place | None, last: Place | None, what: str) -> Place | str:
    """The place midway between two, or that they are not both seen."""
    if first is None or last is None:
        return f"{what} are not both seen"
    return Place(0.5 * (first.s_mm + last.s_mm), f"midway between {what}")


def _sections(reading: Reading) -> tuple[AorticSection, ...]:
    """The five sections of one piece of aorta."""
    low = reading.belly.lowest_renal_mm
    renal = Place(low, "the lower renal artery") if low is not None else None
    starts = reading.arch_from if reading.aorta.rising else None
    ends = reading.arch_to if reading.arch and reading.arch_to else None
    bounds = (reading.valve, starts, ends, reading.diaphragm, renal, reading.bifurcation)
    missing = (
        "the aorta's end at the heart",
        "the beginning of the arch",
        "the end of the arch",
        "the diaphragm's place",
        "a renal artery",
        "the bifurcation",
    )
    out = []
    for n, name in enumerate(SECTIONS):
        first, last = bounds[n], bounds[n + 1]
        if first is None or last is None:
            gone = " and ".join(missing[k] for k in (n, n + 1) if bounds[k] is None)
            out.append(AorticSection(name, float("nan"), f"not seen: {gone}"))
        else:
            how = f"from: {first.how}; to: {last.how}"
            length, sd = last.s_mm - first.s_mm, float(np.hypot(ABOUT_MM, ABOUT_MM))
            middle = reading.aorta.way.at(0.5 * (first.s_mm + last.s_mm))
            out.append(AorticSection(name, float(length), how, sd, middle))
    return tuple(out)
