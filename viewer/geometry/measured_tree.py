"""The sections of every branch of a tree, and all of it as plain data."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from viewer.geometry.section import QUANTITIES, Sections
from viewer.geometry.sections import measure_sections, measured_blur
from viewer.geometry.tree import VesselTree
from viewer.progress import Progress
from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.volume import Volume

POINT_DIGITS, NUMBER_DIGITS = 4, 4


@dataclass(frozen=True, eq=False)
class MeasuredTree:
    """A tree, the `sections` of each of its branches, and the scan's blur (mm) in them."""

    tree: VesselTree
    sections: tuple[Sections, ...] = field(default=())
    blur_mm: float = float("nan")


def measure_tree(
    volume: Volume,
    tree: VesselTree,
    mask: VesselMask,
    noise_hu: float,
    progress: Progress,
    *,
    label: int = ARTERY,
) -> MeasuredTree:
    """The sections of all branches; the scanner's blur is read once, from the thickest walls."""
    if not tree.branches:
        return MeasuredTree(tree)
    blur = tree_blur(volume, tree, mask, label=label)
    cut = partial(measure_sections, volume, mask=mask, label=label, noise_hu=noise_hu, blur_mm=blur)
    sections = []
    for number, branch in enumerate(tree.branches):
        part = progress.part(number / len(tree.branches), (number + 1) / len(tree.branches))
        part.at(0.0, "Measuring cross-sections")
        sections.append(cut(branch.points_lps, branch.radius_mm, progress=part))
    return MeasuredTree(tree, tuple(sections), blur)


def tree_blur(volume: Volume, tree: VesselTree, mask: VesselMask, *, label: int = ARTERY) -> float:
    """The scanner's blur (mm) as the thickest branch shows it: one for all vessels of a scan."""
    thick = max(tree.branches, key=lambda branch: float(np.median(branch.radius_mm)))
    return measured_blur(volume, thick.points_lps, thick.radius_mm, mask=mask, label=label)


def as_data(measured: MeasuredTree) -> dict[str, Any]:
    """A measured tree as plain data for JSON: branches, joints, ends, repairs; mm in LPS.

    A number that the scan does not show is None, and so is its standard deviation.
    """
    tree = measured.tree
    branches = [
        {
            "id": n,
            "parent": branch.parent if branch.parent >= 0 else None,
            "name": branch.name,
            "length_mm": _number(branch.length_mm),
            "invented_mm": [[_number(end) for end in stretch] for stretch in branch.invented],
            "points_lps": _points(branch.points_lps),
            "sections": _rows(measured.sections[n]) if measured.sections else [],
        }
        for n, branch in enumerate(tree.branches)
    ]
    return {
        "frame": "LPS, mm",
        "blur_mm": _number(measured.blur_mm),
        "branches": branches,
        "joints": _points(tree.joints),
        "ends": _points(ends_of(tree)),
        "repairs": [
            {"kind": each.kind, "point_lps": list(each.point_lps), "text": each.text}
            for each in tree.repairs
        ],
    }


def ends_of(tree: VesselTree) -> np.ndarray:
    """Where the tree ends (n,3), the roots first."""
    roots = [b.points_lps[0] for b in tree.branches if b.parent < 0]
    tips = [
        b.points_lps[-1] for b, own in zip(tree.branches, tree.children, strict=True) if not own
    ]
    return np.array(roots + tips).reshape(-1, 3)


def _rows(sections: Sections) -> list[dict[str, Any]]:
    """One row for each section: where it is, its numbers, and their standard deviations."""
    rows = []
    for n, s in enumerate(sections.frames.s_mm):
        row: dict[str, Any] = {
            "s_mm": _number(s),
            "point_lps": _points(sections.frames.points_lps[n]),
        }
        for name in QUANTITIES:
            row[name] = _number(sections.values[name][n])
        row["sd"] = {
            name: _number(sections.sd[name][n]) if row[name] is not None else None
            for name in QUANTITIES
        }
        row["seen"] = _number(sections.seen[n].mean())
        rows.append(row)
    return rows


def _number(value: float) -> float | None:
    return round(float(value), NUMBER_DIGITS) if np.isfinite(value) else None


def _points(points_lps: np.ndarray) -> list[Any]:
    return list(np.round(np.asarray(points_lps, float), POINT_DIGITS).tolist())
