"""Diameters of a vessel in the restored scan, beside those of the scan itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from viewer.enhance.agreement import judged
from viewer.enhance.halves import RestorationCheck
from viewer.enhance.restored import Restored
from viewer.geometry.flags import nearest_to
from viewer.geometry.measure import Measure
from viewer.geometry.measured_tree import tree_blur
from viewer.geometry.number import Number, unknown
from viewer.geometry.section import QUANTITIES, Beside, Sections
from viewer.geometry.sections import measure_in
from viewer.geometry.tree import VesselTree
from viewer.progress import Progress
from viewer.segment.mask import VesselMask

EVERY = 6  # rays of an outline at which the restored scan is judged
DIAMETER = "diameter_equivalent_mm"
RAW, RESTORED = "equivalent diameter on the scan", "equivalent diameter on the restored scan"
DIFFERENCE = "restored less raw, as if both errors were independent"
NO_EDGE = "Too few edges are seen here."
ALONG = "mean along it"


@dataclass(frozen=True, eq=False)
class Second:
    """A restored scan to measure once more in: with its check, its mask and its own blur (mm)."""

    restored: Restored
    check: RestorationCheck | None
    mask: VesselMask
    blur_mm: float


@dataclass(frozen=True)
class BothDiameters:
    """One place of a vessel measured on the scan and on the restored scan (LPS mm)."""

    vessel: str
    branch: int
    place: str
    at_lps: tuple[float, float, float]
    raw: Number
    restored: Number
    difference: Number


def second_of(
    restored: Restored | None,
    check: RestorationCheck | None,
    mask: VesselMask,
    tree: VesselTree,
) -> Second | None:
    """The restored scan to measure once more in; None where it is the scan itself."""
    if restored is None or restored.untouched or not tree.branches:
        return None
    return Second(restored, check, mask, tree_blur(restored.volume, tree, mask))


def with_beside(sections: Sections, second: Second | None, progress: Progress) -> Sections:
    """The sections with what the restored scan shows in the same planes.

    Its errors go by the error to be expected of its voxels at the wall, or by the noise that was
    left there where that is more, and by the voxels of the scan: dividing them adds no measurement.
    """
    if second is None:
        return sections
    restored, frames = second.restored, sections.frames
    radius = _known(0.5 * sections.values[DIAMETER])
    if radius is None:
        return sections
    count = sections.wall_mm.shape[1]
    wall = np.where(np.isfinite(sections.wall_mm), sections.wall_mm, radius[:, None])
    turn = np.arange(0, count, EVERY) * (2 * np.pi / count)
    way = (
        np.cos(turn)[:, None] * frames.across[:, None] + np.sin(turn)[:, None] * frames.up[:, None]
    )
    rim = frames.points_lps[:, None] + wall[:, ::EVERY, None] * way
    index = restored.volume.grid.nearest(rim.reshape(-1, 3))
    error = restored.sd_hu[tuple(index.T)].astype(np.float64)
    judgment = judged(restored, second.check, np.concatenate([frames.points_lps[:, None], rim], 1))
    noise_hu = max(_rms(error), _rms(judgment.left_hu))
    found = measure_in(
        restored.volume,
        frames,
        radius,
        mask=second.mask,
        noise_hu=noise_hu,
        blur_mm=second.blur_mm,
        voxel_mm=float(np.cbrt(restored.volume.grid.voxel_mm3 * restored.acquisition.voxels)),
        progress=progress,
    )
    why = tuple(judgment.why(n) for n in range(len(radius)))
    hidden = np.array([each != "" for each in why])
    values = {name: np.where(hidden, np.nan, found.values[name]) for name in QUANTITIES}
    sd = {name: np.where(hidden, np.nan, found.sd[name]) for name in QUANTITIES}
    beside = Beside(MappingProxyType(values), MappingProxyType(sd), why)
    return replace(sections, beside=beside)


def both_at(
    vessel: str, branch: int, sections: Sections, places: Sequence[tuple[str, float]]
) -> tuple[BothDiameters, ...]:
    """Both diameters at named places (mm along), and their mean along the vessel; else nothing."""
    beside = sections.beside
    if beside is None:
        return ()
    raw, own = (
        np.column_stack([each.values[DIAMETER], each.sd[DIAMETER]]) for each in (sections, beside)
    )
    points = sections.frames.points_lps
    rows = []
    for place, s_mm in places:
        n = int(nearest_to(sections, np.array([s_mm]))[0])
        rows.append(_both(vessel, branch, place, points[n], raw[n], own[n], beside.why[n]))
    both = np.isfinite(raw[:, 0]) & np.isfinite(own[:, 0])
    mean, own_mean = (
        each[both].mean(axis=0) if both.any() else np.full(2, np.nan) for each in (raw, own)
    )
    why = next((each for each in beside.why if each), "")
    rows.append(_both(vessel, branch, ALONG, points[len(points) // 2], mean, own_mean, why))
    return tuple(rows)


def rejudged(
    rows: Sequence[BothDiameters], restored: Restored, check: RestorationCheck
) -> tuple[BothDiameters, ...]:
    """Rows without the restored diameter of places that a check found doubtful afterwards."""
    if not rows:
        return ()
    judgment = judged(restored, check, np.array([[each.at_lps] for each in rows]))
    return tuple(
        row
        if row.place == ALONG or not judgment.refused[number]
        else replace(
            row,
            restored=unknown("mm", RESTORED, judgment.why(number)),
            difference=unknown("mm", DIFFERENCE, judgment.why(number)),
        )
        for number, row in enumerate(rows)
    )


def as_measures(rows: Sequence[BothDiameters]) -> tuple[Measure, ...]:
    """Both diameters and their difference as rows of a table, where they are known."""
    return tuple(
        Measure(each.branch, each.vessel, f"{what}, {each.place}", number.value, number.sd, "mm")
        for each in rows
        for what, number in (
            ("diameter on the scan", each.raw),
            ("diameter on the restored scan", each.restored),
            ("restored less raw diameter", each.difference),
        )
        if number.known
    )


def _both(
    vessel: str,
    branch: int,
    place: str,
    at_lps: np.ndarray,
    raw: np.ndarray,
    restored: np.ndarray,
    why: str,
) -> BothDiameters:
    """A row of values with their deviations (2,), nan where they are not known."""
    x, y, z = (float(each) for each in at_lps)
    less = np.array([restored[0] - raw[0], np.hypot(restored[1], raw[1])])
    return BothDiameters(
        vessel,
        branch,
        place,
        (x, y, z),
        _number(raw, RAW, NO_EDGE),
        _number(restored, RESTORED, why or NO_EDGE),
        _number(less, DIFFERENCE, why or NO_EDGE),
    )


def _number(told: np.ndarray, method: str, why: str) -> Number:
    if not np.isfinite(told[0]):
        return unknown("mm", method, why)
    return Number(float(told[0]), float(told[1]), "mm", method)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _known(radius_mm: np.ndarray) -> np.ndarray | None:
    """A radius (n,) for every section, taken from beside where it is not known."""
    known = np.flatnonzero(np.isfinite(radius_mm))
    if not len(known):
        return None
    return np.interp(np.arange(len(radius_mm)), known, radius_mm[known])
