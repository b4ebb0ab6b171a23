"""Occlusions: where a vessel ends with its full caliber, and where it goes on beyond."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from viewer.geometry.gap import between, through_soft
from viewer.geometry.names_given import Named
from viewer.geometry.names_ways import Ways
from viewer.geometry.number import Number, unknown
from viewer.geometry.stump import CALCIUM_HU, Stump, disk_lps, sampled, stumps
from viewer.geometry.supply import well_fed
from viewer.geometry.tree import VesselTree, distance_along
from viewer.segment.mask import THROMBUS, VesselMask
from viewer.volume.volume import Volume

FAINT_HU = 150.0
FULL, REFILLED = 0.7, 0.4  # of the thick vessels' blood: what is duller is blurred or faint
LEAST_TAPER = 0.6  # of the caliber: a vessel that ends thinner runs out by itself
LEAST_MM, MOST_MM, MOST_RADII = 2.0, 250.0, 80.0
STUB_RADII = 12.0  # a stub that only the map shows is too short to tell where it points far on
TOWARDS = 0.3  # cosine between where a stump points and where the other one lies
FAR_RADII, FAR_NAMELESS = 100.0, 60.0  # a gap of so many radii makes a pair half as likely
LEAST_LIKELY, LEAST_DARK = 0.46, 0.85
LEAST_VOXELS = 1.2  # radius of the wider one of two ends
ENDS = 4  # steps of a path at each face
FAT_HU = -40.0
BLANK_HU, BLANK_SHARE = 0.1, 0.3
FACE_VOXELS, FACE_RADII, CURVE_SHARE = 0.7, 0.25, 0.3
ALONE, ALONE_TAPER, AHEAD_RADII = 0.4, 0.8, 4.0
ALONE_MM = 8.0  # radius: none of them is wider
# What always goes on as a vessel about as wide, unless the scan ends.
GO_ON = (
    "common iliac artery",
    "external iliac artery",
    "common femoral artery",
    "superficial femoral artery",
    "common carotid artery",
)
# Vessels that are one tube under several names; ends of any others that differ are no pair.
ONE_TUBE = (
    ("aort",),
    ("common iliac", "external iliac", "common femoral", "superficial femoral", "popliteal"),
    ("common carotid", "internal carotid", "middle cerebral"),
    ("anterior cerebral",),
    ("posterior cerebral",),
    ("left main", "anterior descending", "circumflex"),
)
NOT_FOUND = "No vessel was found beyond the end."


@dataclass(frozen=True, eq=False)
class Occlusion:
    """A closed stretch of a vessel from `from_lps` (3,) to `to_lps` (3,), LPS mm.

    `branch` ends before it, `at_mm` along it; in `beyond` the vessel goes on (-1 and `to_lps` None
    where none was found). `reference` is the diameter before it, `between_hu` the median of what
    fills it, `calcium_share` how much of that is calcium; `confidence` is 0 to 1 and `reasons` are
    the sentences that speak for it.
    """

    vessel: str
    branch: int
    at_mm: float
    beyond: int
    from_lps: np.ndarray
    to_lps: np.ndarray | None
    length: Number
    reference: Number
    between_hu: float
    blood_hu: float
    calcium_share: float
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Gap:
    """What lies between two stumps: a smooth path (k,3) and the HU (k,) along it."""

    one: Stump
    other: Stump
    path_lps: np.ndarray
    hu: np.ndarray
    likely: float


def occlusions(
    tree: VesselTree, names: Sequence[Named], volume: Volume, mask: VesselMask
) -> tuple[Occlusion, ...]:
    """Every place where a vessel ends abruptly in soft tissue, with where it goes on beyond.

    Two ends that face each other in line, alike in width, with no blood between, are one unless a
    vessel hardly thinner brings blood to the far one; so is a lone end of a vessel that nobody
    lacks the rest of. An end where the scan or its contrast ends, or where blood goes on beyond
    the map, is none.
    """
    if not tree.branches:
        return ()
    blood = _blood_hu(tree, volume)
    least_mm = LEAST_VOXELS * float(np.cbrt(volume.grid.voxel_mm3))
    ways = Ways(tree)
    ends = [
        each
        for each in stumps(ways, volume, mask)
        if each.taper >= LEAST_TAPER and each.blood_hu >= max(FAINT_HU, REFILLED * blood)
    ]
    gaps = [
        gap
        for one, other in combinations(ends, 2)
        if max(one.blood_hu, other.blood_hu) > FULL * blood
        and max(one.radius_mm, other.radius_mm) > least_mm
        and _one_vessel(_name(one, names), _name(other, names))
        and (gap := _gap(one, other, _name(one, names) or _name(other, names), volume)) is not None
    ]
    taken: list[_Gap] = []
    for gap in sorted(gaps, key=lambda each: -each.likely):
        closed = [(each.one, each.other) for each in taken]
        used = {id(end) for pair in closed for end in pair}
        if used.isdisjoint((id(gap.one), id(gap.other))):
            taken += [] if well_fed(gap.one, gap.other, ways, closed) else [gap]
    found = [_closed(gap, tree, names, volume, mask) for gap in taken]
    used = {id(end) for gap in taken for end in (gap.one, gap.other)}
    for end in ends:
        if id(end) not in used and end.blood_hu > FULL * blood:
            alone = _alone(end, names, volume)
            found += [alone] if alone is not None else []
    return tuple(found)


def _blood_hu(tree: VesselTree, volume: Volume) -> float:
    """The blood's brightness, by the thickest fifth of the vessels."""
    thick = tree.radius_mm >= np.quantile(tree.radius_mm, 0.8)
    return float(np.median(sampled(volume, tree.points_lps[thick])))


def _one_vessel(one: str, other: str) -> bool:
    """Whether two names ("" is any) may be those of one vessel."""
    if not (one and other) or one == other:
        return True
    if {"left", "right"} == {one.split()[0], other.split()[0]}:
        return False
    return any(
        any(part in one for part in tube) and any(part in other for part in tube)
        for tube in ONE_TUBE
    )


def _gap(one: Stump, other: Stump, name: str, volume: Volume) -> _Gap | None:
    """The gap between two stumps, or None where they are no ends of one closed vessel (`name`)."""
    away = other.face_lps - one.face_lps
    far = float(np.linalg.norm(away))
    thin, thick = sorted((one.radius_mm, other.radius_mm))
    most_radii = MOST_RADII if one.in_tree and other.in_tree else STUB_RADII
    if not LEAST_MM <= far <= min(MOST_MM, most_radii * thick):
        return None
    cosines = float(one.heading @ away) / far, -float(other.heading @ away) / far
    reach = FAR_RADII if name else FAR_NAMELESS
    aligned = 0.5 * sum(cosines) * thin / thick / (1 + far / (reach * thick))
    if min(cosines) < TOWARDS or aligned < LEAST_LIKELY:
        return None
    straight = between(one, other)
    soft_hu = FAT_HU, min(one.half_hu, other.half_hu)
    # It may bend around bone; where it need not, calcium on its way is its own.
    for path in (straight, through_soft(straight, soft_hu, volume)):
        hu, soft = _passed(one, other, path, volume)
        if aligned * soft >= LEAST_LIKELY:
            return _Gap(one, other, path, hu, aligned * soft)
    return None


def _passed(
    one: Stump, other: Stump, path_lps: np.ndarray, volume: Volume
) -> tuple[np.ndarray, float]:
    """The HU (k,) along a path and how much of it is soft or calcium: 0 where blood is on it."""
    away = other.face_lps - one.face_lps
    away = away / np.linalg.norm(away)
    wide = 0.5 * min(one.radius_mm, other.radius_mm)
    hu = np.median([sampled(volume, disk_lps(p, away, wide)) for p in path_lps], axis=1)
    inner = hu[ENDS:-ENDS]
    blank = (np.abs(np.diff(inner)) < BLANK_HU).mean() > BLANK_SHARE  # nothing is seen there
    dark = inner < min(one.half_hu, other.half_hu)
    calcium = inner > max(one.blood_hu, other.blood_hu) + CALCIUM_HU
    if blank or (dark | calcium).mean() < LEAST_DARK:
        return hu, 0.0
    return hu, float(((dark & (inner > FAT_HU)) | calcium).mean())


def _closed(
    gap: _Gap, tree: VesselTree, names: Sequence[Named], volume: Volume, mask: VesselMask
) -> Occlusion:
    """The occlusion that a gap is, from the side where blood comes from."""
    one, other, path, hu = gap.one, gap.other, gap.path_lps, gap.hu
    if (other.forward, other.radius_mm) > (one.forward, one.radius_mm):
        one, other, path, hu = other, one, path[::-1], hu[::-1]
    length = float(distance_along(path)[-1])
    curve = CURVE_SHARE * (length - float(np.linalg.norm(path[-1] - path[0])))
    faces = np.sqrt(2) * np.hypot(
        FACE_VOXELS * np.cbrt(volume.grid.voxel_mm3), FACE_RADII * one.radius_mm
    )
    calcium = float((hu > one.blood_hu + CALCIUM_HU).mean())
    fill = float(np.median(hu[ENDS:-ENDS]))
    labels = mask.labels[tuple(mask.grid.nearest(path).T)]
    reasons = [
        f"The vessel ends with {100 * one.taper:.0f} % of its width and goes on "
        f"{length:.0f} mm beyond in line with itself.",
        f"Between lie {fill:.0f} HU where its blood has {one.blood_hu:.0f}.",
    ]
    if (labels == THROMBUS).mean() > 0.5:
        reasons.append("The map marks thrombus there.")
    if calcium > 0:
        reasons.append(f"Calcium fills {100 * calcium:.0f} % of it.")
    return Occlusion(
        vessel=_name(one, names) or _name(other, names),
        branch=one.branch,
        at_mm=one.at_mm,
        beyond=other.branch,
        from_lps=path[0],
        to_lps=path[-1],
        length=Number(
            length, float(np.hypot(faces, curve)), "mm", "along a smooth path from end to end"
        ),
        reference=_reference(one, volume),
        between_hu=fill,
        blood_hu=one.blood_hu,
        calcium_share=calcium,
        confidence=float(np.clip(0.3 + 0.7 * gap.likely, 0, 0.95)),
        reasons=tuple(reasons),
    )


def _alone(end: Stump, names: Sequence[Named], volume: Volume) -> Occlusion | None:
    """The occlusion where a vessel ends that always goes on, with clot or tissue ahead."""
    name = _name(end, names)
    if not (end.forward and end.in_tree) or not name.endswith(GO_ON) or end.taper < ALONE_TAPER:
        return None
    if end.radius_mm > ALONE_MM:
        return None
    far = np.linspace(1.0, AHEAD_RADII, 12)[:, None] * end.radius_mm
    ahead = end.face_lps + far * end.heading
    hu = np.median([sampled(volume, disk_lps(p, end.heading, 0.5 * end.radius_mm)) for p in ahead])
    if not FAT_HU < hu < end.half_hu:
        return None
    return Occlusion(
        vessel=name,
        branch=end.branch,
        at_mm=end.at_mm,
        beyond=-1,
        from_lps=end.face_lps,
        to_lps=None,
        length=unknown("mm", "from end to end", NOT_FOUND),
        reference=_reference(end, volume),
        between_hu=float(hu),
        blood_hu=end.blood_hu,
        calcium_share=0.0,
        confidence=ALONE,
        reasons=(
            f"The {name} ends with {100 * end.taper:.0f} % of its width.",
            f"Ahead lie {hu:.0f} HU where its blood has {end.blood_hu:.0f}.",
            "Nothing was found beyond: closed, or not found by the method.",
        ),
    )


def _reference(end: Stump, volume: Volume) -> Number:
    """The diameter (mm) of the vessel before its end."""
    sd = 0.5 * float(np.cbrt(volume.grid.voxel_mm3))
    return Number(2 * end.radius_mm, sd, "mm", "twice the median inscribed radius before the end")


def _name(end: Stump, names: Sequence[Named]) -> str:
    """The name of the vessel at a stump, or ""."""
    own = [n for n in names if n.branch == end.branch and n.name]
    here = [n for n in own if n.from_mm - 1 <= end.at_mm <= n.to_mm + 1]
    return max(here, key=lambda n: n.confidence).name if here else ""
