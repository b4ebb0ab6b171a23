"""What is diseased along the vessels as rows of tables."""

import numpy as np

from viewer.geometry.aneurysm import Fusiform
from viewer.geometry.calcification import Calcified
from viewer.geometry.dissection import Dissection, Leaving, Tear
from viewer.geometry.occlusion import Occlusion
from viewer.geometry.sac import Sac
from viewer.geometry.stenosis import Stenosis
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import Along, TreeMeasures
from viewer.window.findings_rows import (
    PROPOSED,
    Cell,
    Row,
    branch_at,
    called,
    name_at,
    number_cell,
    place_cell,
    shortly,
    threshold_cell,
    upper,
    with_restored,
)


def narrowing_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each narrowing, the tightest first."""
    found = [(vessel, each) for vessel in measures.vessels for each in vessel.stenoses]
    found.sort(key=lambda pair: -percent_gone(pair[1]))
    return [_narrowing(measures, tree, *pair) for pair in found]


def percent_gone(stenosis: Stenosis) -> float:
    """How much of the diameter is gone, or at least gone, in percent."""
    known = stenosis.percent_diameter.known
    return stenosis.percent_diameter.value if known else stenosis.percent_at_least


def _narrowing(measures: TreeMeasures, tree: VesselTree, vessel: Along, found: Stenosis) -> Row:
    at_lps = vessel.at(found.least_mm)
    branch = branch_at(tree, vessel.branches, at_lps)
    percent = number_cell(found.percent_diameter, 0)
    if not found.percent_diameter.known and np.isfinite(found.percent_at_least):
        percent = Cell(f"at least {found.percent_at_least:.0f} %", percent.tip, "caution")
    cells = (
        Cell(name_at(measures, tree, branch, at_lps)),
        percent,
        number_cell(found.percent_area, 0),
        number_cell(found.percent_nascet, 0),
        with_restored(number_cell(found.least), measures, vessel.name, at_lps),
        number_cell(found.reference),
        number_cell(found.extent),
        place_cell(found.least_mm, found.from_mm, found.to_mm),
        PROPOSED,
    )
    flags = tuple(vessel.at(s) for s in (found.proximal_mm, found.least_mm, found.distal_mm))
    return Row(cells, at_lps, branch, flags)


def widening_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each widening, the widest first."""
    found = [(vessel, each) for vessel in measures.vessels for each in vessel.aneurysms]
    found.sort(key=lambda pair: -pair[1].diameter_max.value)
    return [_widening(measures, tree, *pair) for pair in found]


def _widening(measures: TreeMeasures, tree: VesselTree, vessel: Along, found: Fusiform) -> Row:
    at_lps = vessel.at(found.widest_mm)
    branch = branch_at(tree, vessel.branches, at_lps)
    name = name_at(measures, tree, branch, at_lps)
    cells = (
        Cell(name),
        with_restored(number_cell(found.diameter_max), measures, vessel.name, at_lps),
        threshold_cell(name, found.diameter_max),
        number_cell(found.lumen_max),
        number_cell(found.reference),
        number_cell(found.neck_diameter),
        number_cell(found.extent),
        number_cell(found.volume),
        number_cell(found.lumen_volume),
        number_cell(found.thrombus_volume),
        place_cell(found.widest_mm, found.from_mm, found.to_mm),
        PROPOSED,
    )
    return Row(cells, at_lps, branch)


def sac_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each sac, the greatest first."""
    ordered = sorted(measures.sacs, key=lambda each: -each.diameter_max.value)
    return [_sac(tree, each) for each in ordered]


def _sac(tree: VesselTree, found: Sac) -> Row:
    where = "where vessels part" if found.at_division else "on the wall"
    numbers = (found.diameter_max, found.height, found.width, found.neck)
    volumes = (found.volume, found.lumen_volume, found.thrombus_volume)
    cells = (
        Cell(shortly(found.vessel) or called(tree, found.branches[0]), found.vessel),
        *map(number_cell, numbers),
        number_cell(found.aspect_ratio),
        number_cell(found.parent_diameter),
        *(number_cell(each, 2) for each in volumes),
        Cell(where),
        PROPOSED,
    )
    return Row(cells, found.mouth_lps, branch_at(tree, found.branches, found.mouth_lps))


def dissection_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each dissection, under it one for each tear and for each vessel that leaves it."""
    rows = []
    for each in measures.dissections:
        rows.append(_dissection(tree, each))
        rows += [_tear(tree, each, tear) for tear in each.tears]
        rows += [_leaving(tree, leaving) for leaving in each.leaving]
    return rows


def _dissection(tree: VesselTree, found: Dissection) -> Row:
    widest = int(np.argmin(np.abs(found.s_mm - found.widest_mm)))
    at_lps = found.path_lps[widest]
    kind = f"Stanford {found.stanford}" if found.stanford else "not typed"
    why = "\n".join(found.evidence)
    cells = (
        Cell(shortly(found.vessel) or called(tree, found.branches[0]), found.vessel),
        Cell(f"dissection, {kind}", found.stanford_why),
        number_cell(found.extent, 0),
        number_cell(found.diameter_max),
        number_cell(found.flap_thickness),
        *map(number_cell, (found.true_volume, found.false_volume, found.unenhanced_volume)),
        Cell(f"{found.sure:.2f}", f"How sure it is which lumen is the true one.\n{why}"),
        PROPOSED,
    )
    return Row(cells, at_lps, branch_at(tree, found.branches, at_lps))


def _tear(tree: VesselTree, of: Dissection, found: Tear) -> Row:
    cells = (
        Cell(""),
        Cell("tear of the flap", "Where the flap is open."),
        number_cell(found.extent),
        number_cell(found.width),
        *[Cell("")] * 5,
        PROPOSED,
    )
    return Row(cells, found.at_lps, branch_at(tree, of.branches, found.at_lps))


def _leaving(tree: VesselTree, found: Leaving) -> Row:
    lumen = f"leaves the {found.lumen} lumen" if found.lumen else "lumen it leaves not seen"
    tip = "How much of what is seen at its mouth lies in that lumen, from 0 to 1."
    cells = (
        Cell(upper(found.name) or called(tree, found.branch)),
        Cell(lumen),
        *[Cell("")] * 6,
        Cell(f"{found.sure:.2f}" if found.lumen else "", tip),
        PROPOSED,
    )
    return Row(cells, tree.branches[found.branch].points_lps[0], found.branch)


def occlusion_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each occlusion, the surest first."""
    ordered = sorted(measures.occlusions, key=lambda each: -each.confidence)
    return [_occlusion(each) for each in ordered]


def _occlusion(found: Occlusion) -> Row:
    why = "\n".join(found.reasons)
    filled = f"{found.between_hu:.0f} HU" if np.isfinite(found.between_hu) else "–"
    blood = f"{found.blood_hu:.0f} HU in the vessel before it" if found.blood_hu else ""
    calcium = f"{100 * found.calcium_share:.0f} %" if np.isfinite(found.calcium_share) else "–"
    cells = (
        Cell(upper(found.vessel) or f"Branch {found.branch + 1}", why),
        number_cell(found.length),
        number_cell(found.reference),
        Cell(filled, f"Median of what fills it; {blood}"),
        Cell(calcium, "How much of what fills it is calcium"),
        Cell(f"{found.confidence:.2f}", f"How sure the program is, from 0 to 1.\n{why}"),
        Cell("goes on" if found.beyond >= 0 else "not found", why),
        PROPOSED,
    )
    return Row(cells, found.from_lps, found.branch)


def calcium_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for the calcium of all arteries, of the coronary ones, and of each vessel."""
    return [_calcium(measures, tree, each) for each in measures.calcifications]


def _calcium(measures: TreeMeasures, tree: VesselTree, found: Calcified) -> Row:
    cells = (
        Cell(upper(found.vessel)),
        number_cell(found.volume, 2),
        Cell(str(found.plaques), "Pieces of calcium that do not touch"),
        number_cell(found.arc, 0),
        Cell(f"{found.peak_hu:.0f} HU", "The brightest voxel"),
        number_cell(found.agatston, 0),
        PROPOSED,
    )
    named = next((each for each in measures.names if each.name == found.vessel), None)
    if named is None:
        return Row(cells)
    branch = tree.branches[named.branch]
    middle = 0.5 * (named.from_mm + min(named.to_mm, branch.length_mm))
    place = branch.points_lps[np.abs(branch.s_mm - middle).argmin()]
    return Row(cells, place, named.branch)
