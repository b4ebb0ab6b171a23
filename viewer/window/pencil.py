"""What a person draws in the views, and does to what is drawn: every act can be undone."""

from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from viewer.case.case import Case
from viewer.errors import ViewerError
from viewer.geometry.branches import nearest_branch
from viewer.geometry.drawn import (
    Drawing,
    Kind,
    circle,
    dragged,
    free_name,
    from_corners,
    renamed,
)
from viewer.geometry.drawn_numbers import measured
from viewer.geometry.drawn_text import report_rows, step_name
from viewer.provenance import now
from viewer.scene.paper import Paper
from viewer.scene.turn import clamped, facing
from viewer.session.session import Session

POINTS = {"distance": 2, "angle": 3, "lines": 4, "ellipse": 2, "circle": 2, "polygon": 500}
TOOLS = tuple(POINTS)
QUIET_TOOLS = ("window", "pan", "zoom", "scroll")  # they change nothing
AREA_TOOLS = ("ellipse", "circle", "polygon")
PREFIX = {"distance": "D", "angle": "A", "lines": "A", "ellipse": "E", "circle": "H"}
CIRCLE_MM = 4.0  # radius of the circle that a click makes
IN_SPACE = (
    "On a surface there is no area and no HU: measure them in a slice, a cross-section or a "
    "curved view. Distances and angles are measured here too."
)


@dataclass
class Sketch:
    """A drawing under way: the tool, the places set so far, and the one under the mouse."""

    tool: str
    key: tuple
    places: list[np.ndarray] = field(default_factory=list)
    loose: np.ndarray | None = None

    @property
    def kind(self) -> Kind:
        """What it becomes."""
        return "ellipse" if self.tool == "circle" else self.tool

    @property
    def points(self) -> np.ndarray:
        """The points of the drawing as it would be now."""
        places = [*self.places, *([] if self.loose is None else [self.loose])]
        if self.kind != "ellipse":
            return np.array(places)
        one, other = places[0], places[-1]
        if self.tool == "circle":
            return circle(one, float(np.linalg.norm(other - one)))
        return from_corners(one, other)


@dataclass
class Hold:
    """A drawing that is being changed: its point `number`, or all of it, as it was and as it is."""

    drawing: Drawing
    number: int | None
    begun: np.ndarray
    places: np.ndarray
    changed: Drawing


class Pencil(QObject):
    """Draws, selects and changes; `changed` tells that the views are to be painted anew."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._view = session, session.view
        self.sketch: Sketch | None = None
        self.hold: Hold | None = None
        session.case_changed.connect(self._case_changed)
        self._view.events.tool.connect(self._tool_changed)
        self._view.events.layout.connect(self.drop)
        self._view.events.drawing.connect(self._repaint)

    def release(self) -> None:
        """Stop listening."""
        self._session.case_changed.disconnect(self._case_changed)
        self._view.events.tool.disconnect(self._tool_changed)
        self._view.events.layout.disconnect(self.drop)
        self._view.events.drawing.disconnect(self._repaint)

    # What there is

    @property
    def tool(self) -> str:
        """The tool in the hand if it draws, else ""."""
        return self._view.tool if self._view.tool in TOOLS else ""

    @property
    def takes(self) -> bool:
        """Whether a press with the tool in the hand may take what is drawn."""
        return bool(self.tool) or self._view.tool in QUIET_TOOLS

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """What is drawn."""
        return self._session.case.drawings or ()

    @property
    def shown(self) -> tuple[Drawing, ...]:
        """What is drawn, as it is being changed."""
        hold = self.hold
        if hold is None:
            return self.drawings
        return tuple(hold.changed if each is hold.drawing else each for each in self.drawings)

    @property
    def selected(self) -> Drawing | None:
        """The selected drawing."""
        return next((each for each in self.shown if each.name == self._view.drawing), None)

    def sketched(self, paper: Paper) -> Drawing | None:
        """The drawing under way on a paper, measured as far as it can be."""
        sketch = self.sketch
        if sketch is None or sketch.key != paper.key or not len(sketch.points):
            return None
        return self._tried(paper.drawing(sketch.kind, self._next_name(sketch.tool), sketch.points))

    # Drawing

    def begin(self, paper: Paper, place: np.ndarray) -> None:
        """Set the first point, or tell why the tool cannot draw here."""
        if self.tool in AREA_TOOLS and not paper.flat:
            self._session.say("info", IN_SPACE)
            return
        self.select(None)
        self.sketch = Sketch(self.tool, paper.key, [place])
        self.changed.emit()

    def follow(self, paper: Paper, place: np.ndarray) -> None:
        """Let the loose point follow the mouse, as long as it is on the same plane or sheet."""
        if self.sketch is not None and self.sketch.key == paper.key:
            self.sketch.loose = place
            self.changed.emit()

    def add(self, paper: Paper) -> None:
        """Set the loose point; the last one ends the drawing."""
        sketch = self.sketch
        if sketch is None or sketch.loose is None:
            return
        sketch.places.append(sketch.loose)
        sketch.loose = None
        if len(sketch.places) == POINTS[sketch.tool]:
            self.finish(paper)
        self.changed.emit()

    def take_back(self) -> None:
        """Take the last set point back."""
        if self.sketch is not None:
            self.sketch.places.pop()
            if not self.sketch.places:
                self.sketch = None
            self.changed.emit()

    def finish(self, paper: Paper) -> None:
        """End the drawing with the points set so far; a circle without a rim gets a usual one."""
        sketch, self.sketch = self.sketch, None
        self.changed.emit()
        if sketch is None or sketch.key != paper.key:
            return
        sketch.loose = None
        points = sketch.points
        if sketch.tool == "circle" and len(sketch.places) == 1:
            points = circle(sketch.places[0], CIRCLE_MM)
        made = paper.drawing(sketch.kind, self._next_name(sketch.tool), points)
        try:
            made = replace(measured(made, self._session.case.volume), made=now())
        except ViewerError as error:
            self._session.say("caution", str(error))
            return
        self._note(step_name(made), (*self.drawings, made))
        self.select(made)

    def drop(self, *_: object) -> None:
        """Drop what is under way."""
        if self.sketch is not None or self.hold is not None:
            self.sketch = self.hold = None
            self.changed.emit()

    # Changing

    def select(self, drawing: Drawing | None) -> None:
        """Select a drawing, or none."""
        self._view.drawing = drawing.name if drawing is not None else ""

    def grab(self, drawing: Drawing, number: int | None, paper: Paper, place: np.ndarray) -> None:
        """Select a drawing and take one of its points, or all of it, where it may be changed."""
        self.select(drawing)
        places = paper.places(drawing)
        if places is not None:
            self.hold = Hold(drawing, number, place, places, drawing)

    def drag(self, paper: Paper, place: np.ndarray) -> None:
        """Move what is held; where nothing could be measured, it stays as it was."""
        hold = self.hold
        if hold is None:
            return
        kind, old = hold.drawing.kind, hold.drawing
        if hold.number is None:
            places = hold.places + (place - hold.begun)
        else:
            to = hold.places[hold.number] + (place - hold.begun)
            places = dragged(kind, hold.places, hold.number, to)
        moved = replace(paper.drawing(kind, old.name, places), by=old.by, made=old.made)
        try:
            hold.changed = measured(moved, self._session.case.volume)
        except ViewerError:
            return
        self.changed.emit()

    def let_go(self) -> None:
        """End the change."""
        hold, self.hold = self.hold, None
        if hold is not None and hold.changed is not hold.drawing:
            self._exchange(f"Change of {hold.drawing.name}", hold.drawing, hold.changed)

    def rename(self, drawing: Drawing, name: str) -> None:
        """Give another name; raises `ViewerError` for one that cannot be."""
        if name != drawing.name:
            other = renamed(drawing, name, self.drawings)
            self._exchange(f"Name {other.name}", drawing, other)
            self.select(other)

    def delete(self, drawing: Drawing | None = None) -> None:
        """Delete a drawing, at first the selected one."""
        gone = drawing or self.selected
        if gone is not None:
            rest = tuple(each for each in self.drawings if each.name != gone.name)
            self._note(f"Delete {gone.name}", rest)

    def copy(self, *drawings: Drawing) -> None:
        """Put the numbers of some drawings, at first of all, onto the clipboard as a table."""
        rows = report_rows(drawings or self.drawings)
        QApplication.clipboard().setText("\n".join("\t".join(row) for row in rows))

    def go_to(self, drawing: Drawing) -> None:
        """Select a drawing, and bring the views to where it lies."""
        self.select(drawing)
        tree, strip = self._session.case.tree, drawing.strip
        if strip is not None:
            self._view.vessel_sheet, self._view.vessel_angle = strip.sheet, strip.degrees
        if strip is not None and tree is not None and tree.branches:
            self._session.select(nearest_branch(tree, drawing.middle_lps)[0])
        if drawing.normal_lps is not None and self._view.layout != "vessel":
            facing(self._view, np.array(drawing.normal_lps))
        volume = self._session.case.volume
        self._view.cursor_lps = clamped(volume.grid, drawing.middle_lps)

    def _tool_changed(self, *_: object) -> None:
        self.drop()
        if self.tool:
            self.select(None)  # else the next press might take one of its points

    def _repaint(self, *_: object) -> None:
        self.changed.emit()

    def _next_name(self, tool: str) -> str:
        return free_name(PREFIX.get(tool, "P"), self.drawings)

    def _tried(self, drawing: Drawing) -> Drawing:
        try:
            return measured(drawing, self._session.case.volume)
        except ViewerError:
            return drawing

    def _exchange(self, name: str, old: Drawing, new: Drawing) -> None:
        self._note(name, tuple(new if each is old else each for each in self.drawings))

    def _note(self, name: str, drawings: tuple[Drawing, ...]) -> None:
        self._session.note(name, "drawings", drawings or None)

    def _case_changed(self, before: Case, after: Case) -> None:
        if after.volume is not before.volume:
            self.drop()
        if self.hold is not None and after.drawings is not before.drawings:
            self.hold = None
        if self._view.drawing not in {each.name for each in self.drawings}:
            self._view.drawing = ""
        if after.drawings is not before.drawings:
            self.changed.emit()
