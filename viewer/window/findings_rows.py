"""What was measured along the vessels as rows of tables: their words, places and explanations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from viewer.geometry.angles import TURN, BranchAngle
from viewer.geometry.audit import Audited
from viewer.geometry.beside import ALONG
from viewer.geometry.landmarks import LandmarkRow
from viewer.geometry.names_given import Named
from viewer.geometry.number import Number
from viewer.geometry.thresholds import band_text, share_above, thresholds_at
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import TreeMeasures

UNITS = {"deg": "°", "degrees": "°", "mm2": " mm²", "mm3": " mm³", "": ""}
ONE_SD = "After ± stands one standard deviation."
PROPOSED_TIP = "Proposed by the program; no person has accepted it."
UNSEEN = "Its ends or its wall are not seen."
SAME_MM = 2.0  # between a place and the section that was measured for it
EVEN = 0.5  # from this likelihood on a threshold is told in the color of caution
WHY_COLORS = {
    "found": "good",
    "outside the field of view": "quiet",
    "faint contrast": "caution",
    "cut off": "danger",
    "occluded": "danger",
    "not found by the method": "caution",
}


@dataclass(frozen=True)
class Cell:
    """A text, what explains it, and the token of its color."""

    text: str
    tip: str = ""
    color: str = "text"


@dataclass(frozen=True, eq=False)
class Row:
    """A line of a table, the place (3,) and the branch it tells of.

    `flags_lps` are the places of the flags (proximal, minimum, distal) where it is a narrowing.
    """

    cells: tuple[Cell, ...]
    at_lps: np.ndarray | None = None
    branch: int | None = None
    flags_lps: tuple[np.ndarray, ...] = ()


PROPOSED = Cell("proposed", PROPOSED_TIP, "invented")


def number_cell(number: Number, digits: int = 1) -> Cell:
    """A number with its deviation and unit; a dash with the reason where there is none."""
    unit = UNITS.get(number.unit, f" {number.unit}")
    how = f"Measured as: {number.method}." if number.method else ""
    if not number.known:
        return Cell("–", "\n".join(filter(None, (number.missing, how))), "quiet")
    error = f"{number.sd:.{digits}f}" if np.isfinite(number.sd) else "?"
    return Cell(f"{number.value:.{digits}f} ± {error}{unit}", f"{how}\n{ONE_SD}")


def with_restored(cell: Cell, measures: TreeMeasures, vessel: str, at_lps: np.ndarray) -> Cell:
    """The cell of a diameter, whose tip also tells that of the restored scan at a place."""
    for each in measures.both:
        away = np.linalg.norm(np.array(each.at_lps) - at_lps)
        if each.vessel == vessel and each.place != ALONG and away < SAME_MM:
            own, less = number_cell(each.restored), number_cell(each.difference)
            told = f"{own.text} (difference {less.text})." if each.restored.known else own.tip
            return replace(cell, tip=f"{cell.tip}\nEquivalent, in the restored scan: {told}")
    return cell


def called(tree: VesselTree, branch: int) -> str:
    """The name of a branch, or its number."""
    return upper(tree.branches[branch].name) or f"Branch {branch + 1}"


def upper(text: str) -> str:
    """A text with a large first letter."""
    return text[:1].upper() + text[1:]


def shortly(names: str) -> str:
    """Several names one after the other as the first and the last of them."""
    each = names.split(", ")
    return upper(f"{each[0]} to {each[-1]}" if len(each) > 2 else names)


def branch_at(tree: VesselTree, branches: Sequence[int], at_lps: np.ndarray) -> int:
    """Which of some branches runs nearest to a place."""
    far = [
        float(np.linalg.norm(tree.branches[n].points_lps - at_lps, axis=1).min()) for n in branches
    ]
    return branches[int(np.argmin(far))]


def name_at(measures: TreeMeasures, tree: VesselTree, branch: int, at_lps: np.ndarray) -> str:
    """What the vessel is called at a place of a branch."""
    own = tree.branches[branch]
    s = float(own.s_mm[np.linalg.norm(own.points_lps - at_lps, axis=1).argmin()])
    there = (n for n in measures.names if n.branch == branch and n.from_mm <= s <= n.to_mm)
    return upper(next((n.name for n in there), "")) or called(tree, branch)


def threshold_cell(name: str, diameter: Number) -> Cell:
    """How likely a diameter lies above what guidelines name for its place."""
    known = thresholds_at(name)
    if not known or not diameter.known:
        return Cell("", "No threshold is kept for this place." if not known else "")
    value, sd = diameter.value, diameter.sd
    tip = "\n".join(
        [
            "How likely the true diameter lies above, if its error is normal. Guidelines name:",
            *(
                f"{t.mm:g} mm{f' ({t.whom})' if t.whom else ''}: {t.says} ({t.source})."
                for t in known
            ),
            "Facts with their source, no advice.",
        ]
    )
    likely = max(share_above(value, sd, each.mm) for each in known) >= EVEN
    return Cell(band_text(value, sd, known), tip, "caution" if likely else "text")


def place_cell(s_mm: float, from_mm: float, to_mm: float) -> Cell:
    """Where along its vessel something lies."""
    tip = f"From {from_mm:.0f} to {to_mm:.0f} mm behind the vessel's beginning in the map."
    return Cell(f"{s_mm:.0f} mm", tip)


def angle_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each angle; those of named vessels and those that are known first."""

    def order(each: BranchAngle) -> tuple[bool, int]:
        nameless = sum(not tree.branches[n].name for n in each.branches)
        return not each.angle.known, nameless

    return [_angle(tree, each) for each in sorted(measures.angles, key=order)]


def _angle(tree: VesselTree, found: BranchAngle) -> Row:
    names = [called(tree, n) for n in found.branches]
    if names[0] == names[1]:
        names = [f"{name} (branch {n + 1})" for name, n in zip(names, found.branches, strict=True)]
    how = "how far the second turns off" if found.kind == TURN else "between two that part"
    cells = (
        *(Cell(name) for name in names),
        number_cell(found.angle, 0),
        Cell(how, f"{upper(found.kind)}, in space."),
        PROPOSED,
    )
    return Row(cells, found.point_lps, found.branches[1])


def landmark_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each of the aorta's eleven landmarks, from the heart on."""
    return [_landmark(tree, each) for each in measures.landmarks]


def _landmark(tree: VesselTree, found: LandmarkRow) -> Row:
    where = f"{upper(found.how)}."
    what = found.method or "lumen"
    missing = Cell("–", f"Not measured: {found.how}.", "quiet")
    numbers = [
        Number(
            getattr(found, f"diameter_{kind}_mm"), getattr(found, f"diameter_{kind}_sd"), "mm", by
        )
        for kind, by in (
            ("equivalent", f"diameter of the circle of the area, {what}"),
            ("max", f"greatest diameter across the middle line, {what}"),
            ("min", f"least diameter across the middle line, {what}"),
        )
    ]
    cells = (
        Cell(str(found.number), "Places 1 to 9 as in the 2010 ACC/AHA guideline's figure."),
        Cell(upper(found.name), where),
        *(number_cell(each) if each.known else missing for each in numbers),
        threshold_cell(found.name, numbers[1]),
        Cell(where, where, "text" if found.at_lps is not None else "quiet"),
        PROPOSED,
    )
    if found.at_lps is None:
        return Row(cells)
    return Row(cells, found.at_lps, branch_at(tree, range(len(tree.branches)), found.at_lps))


def section_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each of the aorta's five sections with its length."""
    rows = []
    for each in measures.aortic_sections:
        how = f"{upper(each.how)}."
        method = "length along the middle line between two landmarks, each known to 3 mm"
        length = Number(each.length_mm, each.sd_mm, "mm", method, how)
        cells = (
            Cell(upper(each.name)),
            number_cell(length, 0),
            number_cell(Number(each.volume_ml, each.volume_sd, "ml", each.method, UNSEEN)),
            Cell(how, how, "text" if length.known else "quiet"),
            PROPOSED,
        )
        branch = None
        if each.at_lps is not None:
            branch = branch_at(tree, range(len(tree.branches)), each.at_lps)
        rows.append(Row(cells, each.at_lps, branch))
    return rows


def name_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each name, the doubtful first, and one for the branches without."""
    named = [each for each in measures.names if each.name]
    groups: dict[tuple[str, str], list[Named]] = {}
    for each in sorted(named, key=lambda n: (n.confidence, n.name)):
        groups.setdefault((each.name, each.reason), []).append(each)
    rows = [_named(tree, group) for group in groups.values()]
    rest = len({n.branch for n in measures.names} - {n.branch for n in named})
    if rest:
        others = Cell("No name", "No rule is sure what these are.", "quiet")
        how_many = Cell(f"{rest} branches", "", "quiet")
        why = Cell("no rule is sure", "", "quiet")
        rows.append(Row((others, how_many, Cell(""), why, Cell(""))))
    return rows


def _named(tree: VesselTree, group: list[Named]) -> Row:
    longest = max(group, key=lambda each: _end_mm(tree, each) - each.from_mm)
    branch = tree.branches[longest.branch]
    middle = 0.5 * (longest.from_mm + _end_mm(tree, longest))
    place = branch.points_lps[np.abs(branch.s_mm - middle).argmin()]
    numbers = ", ".join(str(n + 1) for n in sorted({each.branch for each in group}))
    cells = (
        Cell(upper(longest.name)),
        Cell(numbers, "The branches of the map that bear it"),
        Cell(f"{longest.confidence:.2f}", "How sure the rules are, from 0 to 1."),
        Cell(longest.reason),
        PROPOSED,
    )
    return Row(cells, place, longest.branch)


def _end_mm(tree: VesselTree, stretch: Named) -> float:
    return min(stretch.to_mm, tree.branches[stretch.branch].length_mm)


def audit_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each vessel that the region in view should hold, the missing ones first."""
    ordered = sorted(measures.audit, key=lambda each: each.found)
    return [_audited(tree, each) for each in ordered]


def _audited(tree: VesselTree, found: Audited) -> Row:
    color = WHY_COLORS.get(found.why, "caution")
    sure = f"{found.confidence:.2f}" if found.found else ""
    cells = (
        Cell(upper(found.name)),
        Cell("Found" if found.found else f"Missing: {found.why}", found.sentence, color),
        Cell(sure, "How sure the rules are of the name, from 0 to 1."),
        Cell(found.sentence, found.sentence),
        PROPOSED,
    )
    if found.at_lps is None:
        return Row(cells)
    return Row(cells, found.at_lps, branch_at(tree, range(len(tree.branches)), found.at_lps))
