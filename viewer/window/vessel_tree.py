"""The lanes of the tree that the chosen vessel belongs to, made beside the window's thread."""

from PySide6.QtCore import QObject, Signal

from viewer.geometry.course import course_through
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_sheet import Lane, TreeSheet, lanes_from, root_of
from viewer.scene.cpr_tree import fitted_sheet
from viewer.session.jobs import Job
from viewer.window.vessel_chosen import ChosenVessel

WORDS = "Laying out the vessels …"
CANCELLED = "Laying out was cancelled.\nPress T until this view comes again."


class TreeLanes(QObject):
    """All vessels of the tree, or the chosen one and what hangs on it, each in its lane."""

    changed = Signal()

    def __init__(self, vessel: ChosenVessel) -> None:
        super().__init__()
        self.vessel = vessel
        self.words = WORDS
        self._lanes: tuple[Lane, ...] = ()
        self._of: tuple[VesselTree, bool] | None = None
        self._asked: tuple[VesselTree, bool, int] | None = None
        self._job: Job[tuple[Lane, ...]] | None = None
        self._sheet: tuple[tuple, tuple[TreeSheet, float]] | None = None
        vessel.session.jobs.changed.connect(self._job_changed)
        vessel.view.events.vessel_sheet.connect(self._ask_again)

    def release(self) -> None:
        """Stop listening."""
        self.vessel.session.jobs.changed.disconnect(self._job_changed)
        self.vessel.view.events.vessel_sheet.disconnect(self._ask_again)

    def sheet(self, size: tuple[int, int], line: float) -> tuple[TreeSheet, float] | None:
        """The lanes laid out for a picture, and its mm per pixel; None until they are made."""
        lanes = self._wanted()
        if lanes is None:
            return None
        if self._sheet is None or self._sheet[0] != (lanes, size, line):
            self._sheet = ((lanes, size, line), fitted_sheet(lanes, size, line))
        return self._sheet[1]

    def _wanted(self) -> tuple[Lane, ...] | None:
        """The lanes that show the chosen vessel; asked for where they are not there yet."""
        tree, chosen = self.vessel.case.tree, self.vessel.chosen
        whole = self.vessel.view.vessel_branches == "all"
        if self._of == (tree, whole) and any(
            chosen in lane.course.branches for lane in self._lanes
        ):
            return self._lanes
        first = root_of(tree, chosen) if whole else chosen
        if self._asked != (tree, whole, first):
            self._asked = (tree, whole, first)
            self._ask(tree, whole, first)
        return None

    def _ask(self, tree: VesselTree, whole: bool, first: int) -> None:
        if self._job is not None:
            self._job.cancel()
        self.words = WORDS

        def done(lanes: tuple[Lane, ...]) -> None:
            if self._asked == (tree, whole, first):
                self._lanes, self._of, self._asked = lanes, (tree, whole), None
                self.changed.emit()

        def failed(sentence: str, _: BaseException) -> None:
            self.words = sentence
            self.changed.emit()

        self._job = self.vessel.session.jobs.start(
            "Laying out the vessels",
            lambda progress: lanes_from(tree, course_through(tree, first), progress),
            done,
            failed,
        )

    def _job_changed(self, job: Job) -> None:
        if job is self._job and job.state == "cancelled" and self._asked is not None:
            self.words = CANCELLED
            self.changed.emit()

    def _ask_again(self, *_: object) -> None:
        """What was cancelled or failed is tried again when the sheet is shown again."""
        if self._job is None or self._job.over:
            self._asked = None
