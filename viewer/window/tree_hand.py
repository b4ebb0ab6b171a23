"""What a person does to the vessel tree by hand: every act is a job and one step to undo."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from viewer.case.case import Case
from viewer.case.decide import way_to
from viewer.geometry.branches import nearest_branch
from viewer.geometry.by_hand import Change, EndChange, RootSet, point_of
from viewer.geometry.ends import End, free_ends, nearest_end
from viewer.geometry.redone import name_for
from viewer.geometry.tree import Branch, VesselTree
from viewer.session.jobs import Job
from viewer.session.session import Session

NO_TREE = "There is no vessel tree yet; run Trace first (Alt+4)."
WAIT = "Wait until the running job has ended, or cancel it (Esc)."
NO_END = "Pick an end first: click its ring with the tool Ends of vessels (U)."
FAR_MM = 15.0
REST_MS = 150
NO_VESSEL = "No vessel lies at this place; click on one, or put the cursor there."


class TreeHand(QObject):
    """The picked end, the one that is being dragged, and what can be done with them.

    `changed` tells that the views are to be painted anew.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.picked: np.ndarray | None = None  # where the picked end lies (LPS)
        self.dragged_to: np.ndarray | None = None
        self.way: Branch | None = None  # what a click where the mouse rests would trace
        self._resting: Callable[[], np.ndarray | None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._rest)
        self._asked: Job[Branch] | None = None
        self._job: Job[Case] | None = None
        self._selected: int | None = None
        self._ends: tuple[VesselTree | None, tuple[End, ...]] = (None, ())
        session.case_changed.connect(self._case_changed)
        session.selected.connect(self._note_selected)
        session.view.events.tool.connect(self._tool_changed)

    def release(self) -> None:
        """Stop listening."""
        self._timer.stop()
        self._session.case_changed.disconnect(self._case_changed)
        self._session.selected.disconnect(self._note_selected)
        self._session.view.events.tool.disconnect(self._tool_changed)

    # What there is

    @property
    def active(self) -> bool:
        """Whether the tool for ends is in the hand and there are any."""
        return self._session.view.tool == "ends" and bool(self.ends)

    @property
    def tree(self) -> VesselTree | None:
        """The tree of the open case."""
        return self._session.case.tree

    @property
    def ends(self) -> tuple[End, ...]:
        """The free ends of the tree."""
        if self._ends[0] is not self.tree:
            self._ends = self.tree, free_ends(self.tree) if self.tree is not None else ()
        return self._ends[1]

    @property
    def picked_end(self) -> End | None:
        """The end that is picked."""
        if self.picked is None:
            return None
        return next((end for end in self.ends if np.array_equal(end.point_lps, self.picked)), None)

    def name_of(self, end: End) -> str:
        """The vessel of an end in a few words."""
        name = self.tree.branches[end.branch].name or f"branch {end.branch + 1}"
        return f"{name}, root" if end.is_root else name

    # Picking and dragging

    def pick(self, end: End | None) -> None:
        """Pick an end, with its branch, or none."""
        self.picked = end.point_lps if end is not None else None
        self.dragged_to = None
        if end is not None:
            self._session.select(end.branch)
        self.changed.emit()

    def drag(self, point_lps: np.ndarray | None) -> None:
        """Show the picked end at another point, or back at its own."""
        self.dragged_to = point_lps
        self.changed.emit()

    def drop(self) -> None:
        """Put the dragged end where it is shown."""
        end, to = self.picked_end, self.dragged_to
        self.dragged_to = None
        if end is not None and to is not None:
            self._do("Dragging the end", EndChange("moved", point_of(end.point_lps), point_of(to)))
        self.changed.emit()

    def let_go(self) -> None:
        """Pick nothing, drag nothing, show no way."""
        held = self.picked is not None or self.dragged_to is not None
        self.picked = self.dragged_to = None
        self.rest_at(None)
        if held:
            self.changed.emit()

    # What a click would do

    def rest_at(self, place: Callable[[], np.ndarray | None] | None) -> None:
        """Show the way to a place as soon as the mouse has rested there; None: nowhere."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
            self._tell("")
        if self.way is not None:
            self.way = None
            self.changed.emit()
        self._resting = place
        if place is not None:
            self._timer.start()
        else:
            self._timer.stop()

    def _rest(self) -> None:
        point = self._resting() if self._resting is not None and self.active else None
        if point is None or not self._session.may_edit:
            return
        case = self._session.case

        def done(way: Branch) -> None:
            if asked is self._asked and case.tree is self.tree:
                self.way = way
                self.changed.emit()
                self._tell(f"Click: trace {way.length_mm:.0f} mm to here")

        def failed(sentence: str, _: BaseException) -> None:
            if asked is self._asked:
                self._tell(sentence)

        asked = self._asked = self._session.previews.start(
            "Preview", lambda _: way_to(case, point), done, failed
        )

    def _tell(self, words: str) -> None:
        self._session.previewed.emit(None, words)

    # Acts

    def add(self, point_lps: np.ndarray) -> None:
        """Add an end at a point of a vessel."""
        self._do("Adding the end", EndChange("added", point_of(point_lps)))

    def delete(self, point_lps: np.ndarray | None = None) -> None:
        """Delete the end nearest to a point, at first the picked one, with its vessel."""
        end = self.picked_end if point_lps is None else self._end_near(point_lps)
        if end is None:
            self._session.say("info", NO_END)
        else:
            self._do("Deleting the end", EndChange("removed", point_of(end.point_lps)))

    def set_root(self, point_lps: np.ndarray) -> None:
        """Let the tree begin at the end nearest to a point."""
        branch = self.branch_at(point_lps)
        if branch is not None:
            self._do("Setting the root", RootSet(point_of(point_lps)))

    def rename(self, branch: int, name: str) -> None:
        """Give a branch a name, or take back ("") the one that a person gave it."""
        if self.tree is not None:
            self._do("Naming the vessel", name_for(self.tree, branch, name))

    def branch_at(self, point_lps: np.ndarray) -> int | None:
        """The branch at a point; where none is, that is said."""
        tree = self.tree
        if tree is None or not tree.branches:
            self._session.say("info", NO_TREE)
            return None
        branch, _, beside_mm = nearest_branch(tree, np.asarray(point_lps, np.float64))
        if beside_mm > FAR_MM:
            self._session.say("info", NO_VESSEL)
            return None
        return branch

    def _end_near(self, point_lps: np.ndarray) -> End | None:
        end = nearest_end(self.tree, point_lps) if self.tree is not None else None
        far = np.inf if end is None else float(np.linalg.norm(end.point_lps - point_lps))
        return end if far <= FAR_MM + (end.radius_mm if end is not None else 0.0) else None

    def _do(self, name: str, change: Change) -> None:
        if self.tree is None:
            self._session.say("info", NO_TREE)
        elif not self._session.may_edit or (self._job is not None and not self._job.over):
            self._session.say("info", WAIT)
        else:
            self._job = self._session.edit_tree(name, change)

    def _tool_changed(self, *_: object) -> None:
        self.let_go()
        self.changed.emit()

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.tree is before.tree:
            return
        self.let_go()
        if before.tree is not None and after.tree is not None and self._selected is not None:
            same = _again(before.tree, self._selected, after.tree)
            self._selected = None
            self._session.select(same)

    def _note_selected(self, branch: int | None) -> None:
        self._selected = branch


def _again(before: VesselTree, branch: int, after: VesselTree) -> int | None:
    """Which branch of a changed tree runs where one of the earlier tree ran, in its middle."""
    if branch >= len(before.branches) or not after.branches:
        return None
    points = before.branches[branch].points_lps
    found, _, beside_mm = nearest_branch(after, points[len(points) // 2])
    return found if beside_mm <= 0.0 else None
