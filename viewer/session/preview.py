"""What an edit would change, shown before it is made."""

from dataclasses import dataclass

import numpy as np

from viewer.case.case import Case
from viewer.geometry.branches import nearest_branch
from viewer.segment.edit import Edit
from viewer.volume.grid import Grid

BESIDE_MM = 5.0
SAME_MM = 2.0


@dataclass(frozen=True, eq=False)
class Preview:
    """An edit that waits to be taken: the tool and place that ask for it, and what it does.

    `change` (uint8, GAINED or LOST) lies on a `grid` of its own, the edit's box.
    """

    tool: str
    point_lps: np.ndarray
    edit: Edit
    words: str
    change: np.ndarray
    grid: Grid

    def answers(self, tool: str, point_lps: np.ndarray) -> bool:
        """Whether this is what a click with a tool at a point asks for."""
        away_mm = float(np.linalg.norm(np.subtract(point_lps, self.point_lps)))
        return tool == self.tool and away_mm < SAME_MM


def preview_of(case: Case, tool: str, point_lps: np.ndarray, edit: Edit) -> Preview:
    """The preview of an edit that was made from a case's mask."""
    words = summary_of(case, edit)
    start, stop = zip(*edit.box, strict=True)
    grid = edit.mask.grid.box(start, stop)
    return Preview(
        tool, point_lps, edit, words[0].lower() + words[1:], edit.change(case.mask), grid
    )


def summary_of(case: Case, edit: Edit) -> str:
    """What an edit does to a case in a few words, with the name of the branch where it does."""
    place = ""
    if case.tree is not None and case.tree.branches:
        branch, _, beside_mm = nearest_branch(case.tree, edit.middle_lps(case.mask))
        place = case.tree.branches[branch].name if beside_mm < BESIDE_MM else ""
    return edit.summary(case.mask, place)
