"""How vessels run as rows of tables: their lengths and bends, and the necks of aneurysms."""

from viewer.geometry.necks import Neck
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import Along, TreeMeasures
from viewer.window.findings_rows import PROPOSED, Cell, Row, branch_at, name_at, number_cell, upper


def length_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each vessel, the longest first."""
    known = [each for each in measures.vessels if each.winding is not None]
    known.sort(key=lambda each: -each.length_mm)
    return [_length(measures, tree, each) for each in known]


def _length(measures: TreeMeasures, tree: VesselTree, found: Along) -> Row:
    own = found.winding
    at_lps = found.at(own.sharpest_mm)
    middle = found.at(0.5 * found.length_mm)
    branch = branch_at(tree, found.branches, middle)
    cells = (
        Cell((found.name and upper(found.name)) or name_at(measures, tree, branch, middle)),
        number_cell(own.length),
        number_cell(own.tortuosity, 2),
        number_cell(own.curvature, 3),
        number_cell(own.torsion, 3),
        PROPOSED,
    )
    return Row(cells, at_lps, branch)


def neck_rows(measures: TreeMeasures, tree: VesselTree) -> list[Row]:
    """A row for each neck of an aneurysm below the renal arteries."""
    return [_neck(each) for each in measures.necks]


def _neck(found: Neck) -> Row:
    cells = (
        Cell(upper(found.vessel)),
        number_cell(found.length),
        number_cell(found.diameter),
        number_cell(found.alpha, 0),
        number_cell(found.beta, 0),
        Cell(f"below the {found.below}"),
        PROPOSED,
    )
    return Row(cells, found.at_lps, found.branch)
