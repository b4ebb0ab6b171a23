"""The chosen vessel: its course, its sections, its flags, and where the cursor lies on it."""

from dataclasses import replace

import numpy as np
from psygnal import EmissionInfo
from PySide6.QtCore import QObject, Signal

from viewer.case.case import Case
from viewer.geometry.branches import nearest_branch
from viewer.geometry.course import Course, course_through
from viewer.geometry.flags import Flags, narrowing, proposed_flags
from viewer.geometry.frames import Frames
from viewer.geometry.section import Sections
from viewer.geometry.sections import evenly
from viewer.geometry.stenosis import Stenosis
from viewer.geometry.straighten import Place, place_of, point_at
from viewer.geometry.tree_sheet import name_of
from viewer.progress import Progress
from viewer.scene.cpr import side_mm
from viewer.scene.turn import clamped
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.session.view_state import Point
from viewer.window.vessel_measuring import Measuring, carry_over, parted
from viewer.window.vessel_places import unmeasured

FAR = 2.5  # radii from the path: a cursor farther off is not on the vessel
NEAR_MM = 2.0
NO_TREE = "No vessels are traced yet.\nPress F5 to reconstruct, or run the step Trace."
TRACING = "The vessel appears as soon as it is traced …"
MEASURING = "Measuring the vessel …"
CANCELLED = "Measuring was cancelled.\nClick a vessel in the 3-D view at the left."
STEP_MM = 0.7  # between the planes of a path that is not measured yet
FLAGS = ("proximal", "minimum", "distal")


class ChosenVessel(QObject):
    """Follows the session; `changed` tells that the vessel is to be drawn anew.

    `turned` tells that only the direction changed in which the curved view cuts it. Its `frames`
    are there at once and `sections` as soon as they are measured; until then `words` says why.
    """

    changed = Signal()
    turned = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session, self.view = session, session.view
        self.course: Course | None = None
        self.sections: Sections | None = None
        self.places: tuple[tuple[str, float], ...] = ()
        self._words = ""
        self._branch = 0
        self._path: Frames | None = None
        self._measuring = Measuring()
        self._pointed: tuple[int, Point] | None = None
        self._known: dict[tuple[int, ...], Sections] = {}
        self._flags: dict[tuple[int, ...], Flags] = {}
        self._proposed: dict[tuple[int, ...], set[str]] = {}
        self._job: Job[Sections] | None = None
        self._narrowing: tuple[Sections, Flags, Stenosis | None] | None = None
        self._place: tuple[object, object, Place] | None = None
        self._wanted: tuple[np.ndarray, ...] = ()
        session.case_changed.connect(self._case_changed)
        session.selected.connect(self._choose)
        session.jobs.changed.connect(self._job_changed)
        self.view.events.layout.connect(self._choose)
        self.view.events.connect(self._redraw)

    def release(self) -> None:
        """Stop listening."""
        self.session.case_changed.disconnect(self._case_changed)
        self.session.selected.disconnect(self._choose)
        self.session.jobs.changed.disconnect(self._job_changed)
        self.view.events.layout.disconnect(self._choose)
        self.view.events.disconnect(self._redraw)

    # What is chosen

    @property
    def case(self) -> Case:
        """The case that is open."""
        return self.session.case

    @property
    def words(self) -> str:
        """Why nothing is shown, and what to do."""
        tree = self.case.tree
        if tree is not None and tree.branches:
            return self._words
        return NO_TREE if self.session.jobs.current is None else TRACING

    @property
    def name(self) -> str:
        """What the vessel is called."""
        if self.course is None:
            return ""
        tree = self.case.tree
        own = tree.branches[self.chosen].name or name_of(tree, self.course)
        return own[:1].upper() + own[1:] or f"Branch {self.chosen + 1}"

    @property
    def frames(self) -> Frames | None:
        """The planes across the vessel: those of its sections, or of its traced path till then."""
        return self.sections.frames if self.sections is not None else self._path

    @property
    def side_mm(self) -> float:
        """How far from its path the vessel is shown."""
        if self.sections is not None:
            return side_mm(self.sections.values["diameter_max_mm"])
        return side_mm(2 * self.course.radius_mm)

    @property
    def invented_mm(self) -> tuple[tuple[float, float], ...]:
        """The stretches along the vessel that no vessel in the scan shows."""
        share = float(self.frames.s_mm[-1]) / self.course.length_mm
        return tuple((low * share, high * share) for low, high in self.course.invented)

    @property
    def unmeasured_mm(self) -> tuple[tuple[float, float], ...]:
        """The stretches along the vessel where no section has numbers."""
        return unmeasured(self.sections) if self.sections is not None else ()

    @property
    def chosen(self) -> int:
        """The branch by which the vessel was chosen."""
        return self._branch

    @property
    def branch_here(self) -> int:
        """The vessel's branch at the cursor: the chosen one as far as it may be."""
        low, high = self.course.stretch_mm(self._branch)
        s_mm = self.place.s_mm * self.course.length_mm / float(self.frames.s_mm[-1])
        if low - NEAR_MM <= s_mm <= high + NEAR_MM:
            return self._branch
        number = int(np.searchsorted(self.course.ends_mm, s_mm))
        return self.course.branches[min(number, len(self.course.branches) - 1)]

    @property
    def flags(self) -> Flags | None:
        """Where the flags stand."""
        return self._flags.get(self.course.branches) if self.course is not None else None

    @property
    def narrowing(self) -> Stenosis | None:
        """What the flags make of the vessel."""
        flags = self.flags
        if self.sections is None or flags is None:
            return None
        if self._narrowing is None or self._narrowing[:2] != (self.sections, flags):
            self._narrowing = (self.sections, flags, narrowing(self.sections, flags))
        return self._narrowing[2]

    @property
    def narrowed_here(self) -> Stenosis | None:
        """How narrow the vessel is at the cursor, by the two normal places."""
        flags, at = self.flags, self.place.s_mm
        if self.sections is None or flags is None:
            return None
        if not flags.proximal_mm < at < flags.distal_mm:
            return None
        return narrowing(self.sections, replace(flags, minimum_mm=at))

    @property
    def place(self) -> Place:
        """Where the cursor lies beside the vessel."""
        of = (self.frames, self.view.cursor_lps)
        if self._place is None or self._place[:2] != of:
            found = place_of(self.frames, np.array(self.view.cursor_lps))
            self._place = (*of, found)
        return self._place[2]

    @property
    def proposed(self) -> set[str]:
        """The flags that no person has put where they stand or accepted."""
        return self._proposed.get(self.course.branches, set()) if self.course is not None else set()

    @property
    def flag_places(self) -> dict[str, float]:
        """Where each flag stands, by its name in `FLAGS`."""
        flags = self.flags
        return {name: getattr(flags, f"{name}_mm") for name in FLAGS} if flags else {}

    # What a person does

    def go_to(self, s_mm: float) -> None:
        """Put the cursor onto the middle of the vessel at a place."""
        if self.frames is not None:
            at = float(np.clip(s_mm, 0.0, self.frames.s_mm[-1]))
            self.point_to(point_at(self.frames, Place(at, 0.0, 0.0)))

    def step(self, mm: float) -> None:
        """Go along the vessel."""
        if self.frames is not None:
            self.go_to(self.place.s_mm + mm)

    def point_to(self, point_lps: np.ndarray) -> None:
        """Put the cursor of all panes at a point."""
        self.view.cursor_lps = clamped(self.case.volume.grid, point_lps)

    def choose_at(self, branch: int, point_lps: np.ndarray) -> None:
        """Choose the vessel of a branch and put the cursor at a point, where it stays."""
        self.point_to(point_lps)
        self._pointed = (branch, self.view.cursor_lps)
        self.session.select(branch)

    def turn(self, degrees: float) -> None:
        """Turn the curved view about the vessel."""
        self.view.vessel_angle = (self.view.vessel_angle + degrees) % 360.0

    def accept_flags(self) -> None:
        """Take the proposed places as one's own."""
        if self.course is not None:
            self._proposed.pop(self.course.branches, None)
            self.changed.emit()

    def propose(self, branch: int, places_lps: tuple[np.ndarray, ...]) -> None:
        """Choose the vessel of a branch and propose its flags at places: normal, minimum, normal.

        The cursor goes to the minimum; where the vessel is still to be measured, the flags wait.
        """
        self._wanted = ()
        self.choose_at(branch, places_lps[1])
        self._wanted = places_lps
        self._take_wanted()

    def _take_wanted(self) -> None:
        """Propose the flags that were asked for, as soon as the vessel is measured."""
        if not self._wanted or self.sections is None or self._branch != self.session.branch:
            return
        frames, wanted = self.sections.frames, self._wanted
        self._wanted = ()
        at = sorted(place_of(frames, place).s_mm for place in wanted)
        self._flags[self.course.branches] = Flags(*at)
        self._proposed[self.course.branches] = set(FLAGS)
        self.changed.emit()

    def put_flags(self, flags: Flags, proposed: set[str]) -> None:
        """Put all flags where they stood before; `proposed` are those of no person."""
        if self.course is not None:
            self._flags[self.course.branches] = flags
            self._proposed[self.course.branches] = set(proposed)
            self.changed.emit()

    def propose_again(self) -> None:
        """Forget what a person put: the flags stand as they are proposed."""
        if self.sections is not None:
            flags = proposed_flags(self.sections, self.course.ostium_mm)
            if flags is not None:
                self.put_flags(flags, set(FLAGS))

    def set_flag(self, name: str, s_mm: float | None = None) -> None:
        """Put a flag at a place, at first the cursor's; the three keep their order."""
        if self.sections is None or self.flags is None:
            return
        at = self.place.s_mm if s_mm is None else s_mm
        flags = self.flags
        low = {"minimum": flags.proximal_mm, "distal": flags.minimum_mm}.get(name, 0.0)
        high = {"proximal": flags.minimum_mm, "minimum": flags.distal_mm}.get(name, np.inf)
        at = float(np.clip(at, low, min(high, self.sections.frames.s_mm[-1])))
        self._flags[self.course.branches] = replace(flags, **{f"{name}_mm": at})
        self._proposed.setdefault(self.course.branches, set()).discard(name)
        self.changed.emit()

    def choose_next(self, step: int) -> None:
        """Choose the next branch that belongs to another vessel."""
        tree = self.case.tree
        if tree is None or not tree.branches:
            return
        own = self.course.branches if self.course is not None else ()
        for away in range(1, len(tree.branches) + 1):
            wanted = (self._branch + step * away) % len(tree.branches)
            if wanted not in own:
                self.session.select(wanted)
                return

    # Following the session

    def _case_changed(self, before: Case, after: Case) -> None:
        if before is not after and before.alike_but_notes(after):
            return  # the cursor stays where it is while one draws
        parts = ("volume", "mask", "tree")
        if any(getattr(before, part) is not getattr(after, part) for part in parts):
            for known in (self._known, self._flags, self._proposed):
                carry_over(known, before, after)
            self._wanted = ()
            self._drop_job()
            self.course = self.sections = self._path = None
        elif after.check is not before.check or (
            parted(after) and after.findings is not before.findings
        ):
            self._known.clear()  # their outer walls are known now, or what is doubtful
        self._choose()

    def _choose(self, *_: object) -> None:
        """Show the vessel of the selected branch, measured first where that was not done."""
        tree = self.case.tree
        if self.view.layout != "vessel":
            return
        if tree is None or not tree.branches:
            self._show(None, None, "")
            return
        branch = self.session.branch
        if branch is None and self.course is not None:
            return  # nothing else was chosen
        if branch is None:
            branch = nearest_branch(tree, np.array(self.view.cursor_lps))[0]
        self._branch = branch
        course = course_through(tree, branch)
        if self._job is not None and self.course.branches == course.branches:
            return
        known = self._known.get(course.branches)
        self._drop_job()
        self._show(course, known, "" if known is not None else MEASURING)
        if known is None:
            self._measure(course)
        self._come_near()

    def _show(self, course: Course | None, sections: Sections | None, words: str) -> None:
        if course is None:
            self._path = None
        elif course is not self.course:
            self._path = evenly(course.points_lps, course.radius_mm, STEP_MM)[0]
        self.course, self.sections, self._words = course, sections, words
        known = (
            self._measuring.landmarks.along(self.case, course, self.frames)
            if course is not None
            else ()
        )
        self.places = known
        self.changed.emit()

    def _measure(self, course: Course) -> None:
        case = self.case

        def work(progress: Progress) -> Sections:
            return self._measuring.sections(case, course, progress)

        def done(sections: Sections) -> None:
            if case.tree is not self.case.tree or case.volume is not self.case.volume:
                return
            self._known[course.branches] = sections
            flags = proposed_flags(sections, course.ostium_mm)
            if flags is not None and course.branches not in self._flags:
                self._flags[course.branches] = flags
                self._proposed[course.branches] = set(FLAGS)
            if self.course is course:
                self._show(course, sections, "")
                self.session.select(self._branch)
                self._take_wanted()

        def failed(sentence: str, _: BaseException) -> None:
            if self.course is course:
                self._show(course, None, sentence)

        self._job = self.session.jobs.start("Measuring the vessel", work, done, failed)

    def _come_near(self) -> None:
        """Bring a cursor that lies elsewhere onto the chosen branch, outside its parent."""
        if self._pointed == (self._branch, self.view.cursor_lps):
            return
        place, course = self.place, self.course
        low, high = course.stretch_mm(self._branch)
        low = min(max(low, course.ostium_mm), high)
        radius = float(np.interp(place.s_mm, course.s_mm, course.radius_mm))
        on_branch = low - NEAR_MM <= place.s_mm <= high + NEAR_MM
        if not on_branch or place.offset_mm > FAR * radius + 1.0:
            self.go_to((low + high) / 2)

    def _drop_job(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _job_changed(self, job: Job) -> None:
        if job is self._job and job.over:
            self._job = None
            if job.state == "cancelled" and self.sections is None:
                self._show(self.course, None, CANCELLED)
        elif self.course is None:
            self._redraw()

    def _redraw(self, change: EmissionInfo | None = None) -> None:
        if self.view.layout != "vessel":
            return
        if change is not None and change.signal.name == "vessel_angle":
            self.turned.emit()
        else:
            self.changed.emit()
