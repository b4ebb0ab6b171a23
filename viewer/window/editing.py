"""What clicks and strokes do to the vessels: every edit is a job and can be undone."""

import numpy as np

from viewer.case.case import Case
from viewer.progress import Progress
from viewer.segment import edit as edits
from viewer.segment.edit import Edit
from viewer.segment.mask import VesselMask
from viewer.session.session import Session

CUT_DEPTH_MM = 40.0  # a stroke severs the vessel it crosses, not what lies far behind it


class Editing:
    """Turns the tools of the panes into edits of the mask."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def click(self, tool: str, point_lps: np.ndarray) -> None:
        """Do what a click with a tool means at a point."""
        if tool == "grow":
            self.grow(point_lps)
        elif tool == "remove":
            self.remove(point_lps)

    def stroke(self, tool: str, points_lps: np.ndarray, normal_lps: np.ndarray) -> None:
        """Do what a stroke with a tool means; `normal_lps` points into the screen."""
        if self._busy():
            return
        points = np.asarray(points_lps, dtype=np.float64).reshape(-1, 3)
        normal = np.asarray(normal_lps, dtype=np.float64)
        view = self._session.view
        radius, label = view.brush_mm, view.label
        if tool == "paint":
            self._session.edit(
                "Paint", lambda c, p: edits.paint(_mask(c), points, radius, label, normal)
            )
        elif self._session.case.mask is None:
            return
        elif tool == "erase":
            self._session.edit("Erase", lambda c, p: edits.erase(c.mask, points, radius, normal))
        elif tool == "cut":
            self._session.edit(
                "Cut", lambda c, p: edits.cut(c.mask, points, normal, depth_mm=CUT_DEPTH_MM)
            )

    def grow(self, point_lps: np.ndarray) -> None:
        """Add the vessel at a point."""
        case = self._session.case
        if case.volume is None or self._busy():
            return
        if case.suitability is None or not case.suitability.fit:
            self._session.say(
                "caution", "Growing needs the blood's HU; check the scan first (Alt+1)."
            )
            return
        point = np.asarray(point_lps, dtype=np.float64)

        def make(now: Case, progress: Progress) -> Edit:
            return edits.grow_from(_mask(now), now.shown, now.suitability, point, progress)

        self._session.edit("Grow from here", make)

    def remove(self, point_lps: np.ndarray) -> None:
        """Take away the branch at a point with all that hangs on it, or the piece without one."""
        case = self._session.case
        if case.mask is None or self._busy():
            return
        point = np.asarray(point_lps, dtype=np.float64)
        if case.tree is None:
            self._session.edit("Remove", lambda c, p: edits.remove_at(c.mask, point))
            return
        from viewer.geometry.branches import nearest_branch

        branch, _, distance_mm = nearest_branch(case.tree, point)
        if distance_mm > 3 * float(case.tree.branches[branch].radius_mm.max()) + 5:
            self._session.edit("Remove", lambda c, p: edits.remove_at(c.mask, point))
        else:
            self.remove_branch(branch)

    def remove_branch(self, branch: int) -> None:
        """Take away a branch with all that hangs on it."""
        if self._busy():
            return

        def make(case: Case, progress: Progress) -> Edit:
            from viewer.geometry.branches import descendants, voxels_of

            gone = {branch} | descendants(case.tree, branch)
            voxels = voxels_of(case.mask, case.tree, gone)
            return edits.relabel(case.mask, voxels, 0, "Remove branch")

        self._session.edit("Remove branch", make)

    def _busy(self) -> bool:
        if self._session.jobs.current is None:
            return False
        self._session.say("info", "Wait until the running job has ended, or cancel it (Esc).")
        return True


def _mask(case: Case) -> VesselMask:
    if case.mask is not None:
        return case.mask
    return VesselMask(np.zeros(case.volume.grid.shape, np.uint8), case.volume.grid)
