"""What was measured along the vessels, in a file of its own in the case folder."""

import json
from pathlib import Path

from viewer.geometry.plain import plain, read_as
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import TreeMeasures

DIGITS = 6


def write_findings(findings: TreeMeasures, path: Path) -> None:
    """Write all measures of a tree as JSON (points LPS in mm; unknown numbers null)."""
    text = json.dumps(plain(findings, DIGITS), ensure_ascii=False, allow_nan=False)
    path.write_text(text, encoding="utf-8")


def read_findings(path: Path, tree: VesselTree | None) -> TreeMeasures:
    """The measures of `write_findings`.

    Raises `ValueError` when they do not fit together or name branches that `tree` has not.
    """
    found: TreeMeasures = read_as(TreeMeasures, json.loads(path.read_text(encoding="utf-8")))
    branches = {n for vessel in found.vessels for n in vessel.branches}
    branches |= {n for angle in found.angles for n in angle.branches}
    branches |= {each.branch for each in found.names}
    if not branches <= set(range(len(tree.branches) if tree is not None else 0)):
        raise ValueError("the findings are those of another tree")
    for vessel in found.vessels:
        if vessel.path_lps.ndim != 2 or vessel.path_lps.shape[1] != 3 or len(vessel.path_lps) < 2:
            raise ValueError(f"a vessel's path of shape {vessel.path_lps.shape}")
    return found
