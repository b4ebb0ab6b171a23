"""What clicks and strokes do to the vessels: every edit is a job and can be undone."""

from collections.abc import Callable

import numpy as np

from viewer.case.case import Case
from viewer.progress import Progress
from viewer.segment import clicks, prune, scribble
from viewer.segment import edit as edits
from viewer.segment.edit import Edit
from viewer.segment.mask import VesselMask
from viewer.session.session import Session

BOX_DEPTH_MM = (10.0, 60.0)
CUT_DEPTH_MM = 40.0  # a stroke severs the vessel it crosses, not what lies far behind it


class Editing:
    """Turns the tools of the panes into edits of the mask."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def click(self, tool: str, point_lps: np.ndarray) -> None:
        """Do what a click with a tool means at a point; what its preview shows is there already."""
        preview = self._session.preview
        if preview is not None and preview.answers(tool, point_lps) and not self._busy():
            self._session.take_preview()
        elif tool == "grow":
            self.grow(point_lps)
        elif tool == "remove":
            self.remove(point_lps)
        elif tool == "swap":
            self.swap(point_lps)

    def preview(self, tool: str, point_lps: np.ndarray) -> None:
        """Ask what a click with a tool would do at a point."""
        if self._possible(tool) and self._session.may_edit:
            self._session.ask_preview(tool, point_lps, made(tool, point_lps))

    def _possible(self, tool: str) -> bool:
        case = self._session.case
        if tool == "grow":
            return case.volume is not None and case.suitability is not None and case.suitability.fit
        return case.mask is not None

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
        elif tool in ("scribble", "box"):
            self._add_stroke(tool, points, normal)
        elif self._session.case.mask is None:
            return
        elif tool == "erase":
            self._session.edit("Erase", lambda c, p: edits.erase(c.mask, points, radius, normal))
        elif tool == "cut":
            self._session.edit(
                "Cut", lambda c, p: edits.cut(c.mask, points, normal, depth_mm=CUT_DEPTH_MM)
            )
        elif tool == "wipe":
            self._session.edit("Wipe", lambda c, p: scribble.remove_along(c.mask, points, p))
        elif tool == "clear":
            frame = frame_of(points, normal)
            self._session.edit("Clear box", lambda c, p: scribble.remove_in_box(c.mask, frame))

    def _add_stroke(self, tool: str, points: np.ndarray, normal: np.ndarray) -> None:
        if tool == "scribble":
            self._session.edit(
                "Scribble", lambda c, p: scribble.add_along(_mask(c), c.shown, points, p)
            )
        elif self._blood_known():
            frame = frame_of(points, normal)
            self._session.edit(
                "Box",
                lambda c, p: scribble.add_in_box(_mask(c), c.shown, c.suitability, frame, p),
            )

    def grow(self, point_lps: np.ndarray) -> None:
        """Add the vessel at a point."""
        if self._session.case.volume is not None and not self._busy() and self._blood_known():
            self._session.edit("Add vessel", made("grow", point_lps))

    def remove(self, point_lps: np.ndarray) -> None:
        """Take away the branch at a point with all that hangs on it, or the piece without one."""
        if self._possible("remove") and not self._busy():
            self._session.edit("Remove", made("remove", point_lps))

    def swap(self, point_lps: np.ndarray) -> None:
        """Make the artery at a point a vein, or the vein an artery."""
        if self._possible("swap") and not self._busy():
            self._session.edit("Artery or vein", made("swap", point_lps))

    def _blood_known(self) -> bool:
        found = self._session.case.suitability
        if found is not None and found.fit:
            return True
        self._session.say("caution", "Adding needs the blood's HU; check the scan first (Alt+1).")
        return False

    def remove_branch(self, branch: int) -> None:
        """Take away a branch with all that hangs on it."""
        if self._busy():
            return

        def make(case: Case, progress: Progress) -> Edit:
            from viewer.geometry.branches import descendants, voxels_of

            gone = {branch} | descendants(case.tree, branch)
            voxels = voxels_of(case.mask, case.tree, gone)
            name = case.tree.branches[branch].name or "branch"
            return edits.relabel(case.mask, voxels, 0, f"Remove {name}")

        self._session.edit("Remove branch", make)

    def _busy(self) -> bool:
        if self._session.may_edit:
            return False
        self._session.say("info", "Wait until the running job has ended, or cancel it (Esc).")
        return True


def made(tool: str, point_lps: np.ndarray) -> Callable[[Case, Progress], Edit]:
    """What makes the edit that a click with a tool means at a point."""
    point = np.asarray(point_lps, dtype=np.float64)

    def make(case: Case, progress: Progress) -> Edit:
        if tool == "grow":
            return clicks.add_at(_mask(case), case.shown, case.suitability, point, progress)
        if tool == "swap":
            return prune.swap_at(_mask(case), point, progress)
        return prune.remove_at(_mask(case), point, progress)

    return make


def frame_of(corners_lps: np.ndarray, into_lps: np.ndarray) -> np.ndarray:
    """The box of a dragged rectangle (4,3): as deep as its shorter side, 10 to 60 mm."""
    sides = np.linalg.norm(corners_lps[[1, 3]] - corners_lps[0], axis=1)
    return scribble.box_of(corners_lps, float(np.clip(sides.min(), *BOX_DEPTH_MM)), into_lps)


def _mask(case: Case) -> VesselMask:
    if case.mask is not None:
        return case.mask
    grid = case.shown.grid
    return VesselMask(np.zeros(grid.shape, np.uint8), grid)
