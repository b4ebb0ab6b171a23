"""The sheet of glass over a view on which one draws: it paints, and takes the mouse and keys."""

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from viewer.geometry.drawn import Drawing
from viewer.scene.drawn import Laid, drawing_marks, hit, label_marks, lay_out
from viewer.scene.paper import Paper
from viewer.window.glass import Glass
from viewer.window.overlay_painter import line_height, overlay_font, paint_marks
from viewer.window.pencil import Pencil, Sketch
from viewer.window.slice_mouse import CLICK_PIXELS

LETTERS = 1.12  # of the font over pictures
CLOSE_PIXELS = 8.0
LEFT, RIGHT, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.NoButton,
)


class DrawingLayer(Glass):
    """What is drawn over a view.

    `papers` gives what the view shows now. A press sets a point, and the end of a drag another
    one. In space a press is held back until it is clear whether it is a click, which draws, or a
    drag, which turns the view.
    """

    menu_wanted = Signal(object, QPoint)
    name_wanted = Signal(object)

    def __init__(
        self, pencil: Pencil, view: QWidget, papers: Callable[[], Sequence[Paper]]
    ) -> None:
        super().__init__(view)
        self._pencil, self._papers = pencil, papers
        self._pressed: QPointF | None = None
        self._held_back: QMouseEvent | None = None
        self._shaped = False
        self.laid: list[Laid] = []
        pencil.changed.connect(self.update)

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint what is drawn in this view, then all labels."""
        pencil, papers = self._pencil, self._papers()
        if not papers or not (pencil.drawings or pencil.sketch):
            self.laid = []
            return
        font = self._font()
        line, measure = line_height(font), QFontMetricsF(font)
        shown = list(pencil.shown)
        under_way = [d for paper in papers if (d := pencil.sketched(paper)) is not None]
        chosen = under_way[:1] or [pencil.selected]
        size = (self.width(), self.height())
        wide = measure.horizontalAdvance
        laid = lay_out([*shown, *under_way], papers, size, line, wide, chosen)
        self.laid = [each for each in laid if each.drawing not in under_way]
        painter = QPainter(self)
        for each in laid:
            paint_marks(painter, drawing_marks(each, each.drawing in chosen), font)
        for each in laid:
            marks = label_marks(each, each.drawing in chosen, line, self.width())
            paint_marks(painter, marks, font)
        painter.end()

    def _font(self) -> QFont:
        font = overlay_font(self._view.font())
        font.setPointSizeF(font.pointSizeF() * LETTERS)
        font.setBold(True)
        return font

    # Events of the view

    def _press(self, event: QMouseEvent) -> bool:
        place, pencil = event.position(), self._pencil
        if event.button() == RIGHT:
            found = hit(self.laid, place.x(), place.y())
            if found is None or pencil.sketch is not None:
                return False
            pencil.select(found[0])
            self.menu_wanted.emit(found[0], event.globalPosition().toPoint())
            return True
        if event.button() != LEFT or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return False
        return self._press_left(event)

    def _press_left(self, event: QMouseEvent) -> bool:
        place, pencil = event.position(), self._pencil
        paper = self._paper(place)
        if paper is None:
            return False
        if pencil.sketch is None and self._take(paper, place):
            self._pressed = place
            return True
        if not pencil.tool:
            return False
        self._pressed = place
        if not paper.flat:
            self._held_back = event.clone()
            return True
        self._set(paper, place)
        return True

    def _take(self, paper: Paper, place: QPointF) -> bool:
        """Take the drawing under the mouse, where there is one; in space only by its points."""
        pencil, found = self._pencil, self._under(place)
        if found is None:
            return False
        at = self._at(paper, place)
        if at is None or (not paper.flat and found[1] is None):
            pencil.select(found[0])
            return False
        pencil.grab(*found, paper, at)
        return True

    def _under(self, place: QPointF) -> tuple[Drawing, int | None] | None:
        """What a press would take; with a tool that draws, a point of the selected drawing."""
        pencil = self._pencil
        if not pencil.takes:
            return None
        if not pencil.tool:
            return hit(self.laid, place.x(), place.y())
        own = [each for each in self.laid if each.drawing is pencil.selected]
        found = hit(own, place.x(), place.y())
        return found if found and found[1] is not None else None

    def _set(self, paper: Paper, place: QPointF) -> None:
        """Begin a drawing at a place, or set its next point there."""
        at, sketch = self._at(paper, place), self._pencil.sketch
        if at is None:
            return
        if sketch is not None and sketch.key == paper.key:
            self._pencil.follow(paper, at)
            self._add(sketch, paper, place)
        else:
            self._pencil.begin(paper, at)

    def _move(self, event: QMouseEvent) -> bool:
        place, pencil = event.position(), self._pencil
        if event.buttons() & ~LEFT:
            return False
        if self._held_back is not None:
            return self._wait(event)
        paper = self._paper(place)
        if paper is None or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return False
        if pencil.hold is not None:
            at = self._at(paper, place)
            if self._moved(place) and at is not None:
                pencil.drag(paper, at)
            return True
        if pencil.sketch is not None:
            at = self._at(paper, place)
            if at is not None:
                pencil.follow(paper, at)
            return True
        return event.buttons() == NONE and self._show_shape(place)

    def _wait(self, event: QMouseEvent) -> bool:
        """A press held back becomes a drag of the view as soon as the mouse moves."""
        if not self._moved(event.position()):
            return True
        pressed, self._held_back, self._pressed = self._held_back, None, None
        self._view.mousePressEvent(pressed)
        return False

    def _show_shape(self, place: QPointF) -> bool:
        """Show by the pointer what a press would do."""
        before, tool = self._shaped, self._pencil.tool
        found = self._under(place) is not None
        self._shaped = found or bool(tool)
        if self._shaped:
            shapes = Qt.CursorShape
            self._view.setCursor(shapes.PointingHandCursor if found else shapes.CrossCursor)
        elif before:
            self._view.unsetCursor()
        return self._shaped

    def _release(self, event: QMouseEvent) -> bool:
        if event.button() != LEFT or self._pressed is None:
            return False
        place, pencil = event.position(), self._pencil
        moved, self._pressed = self._moved(place), None
        paper = self._paper(place)
        if pencil.hold is not None:
            pencil.let_go()
        elif paper is not None and self._held_back is not None:
            self._held_back = None
            self._set(paper, place)
        elif paper is not None and pencil.sketch is not None:
            if moved:
                self._set(paper, place)
            elif pencil.sketch.tool == "circle":
                pencil.finish(paper)
        return True

    def _add(self, sketch: Sketch, paper: Paper, place: QPointF) -> None:
        """Set the loose point, or close a polygon at its first one; twice the same counts once."""
        set_so_far = paper.pixels(np.array(sketch.places)) - (place.x(), place.y())
        far = np.hypot(*set_so_far.T)
        if sketch.tool == "polygon" and len(far) > 2 and far[0] <= CLOSE_PIXELS:
            self._pencil.finish(paper)
        elif far[-1] > CLICK_PIXELS:
            self._pencil.add(paper)

    def _double_click(self, event: QMouseEvent) -> bool:
        sketch, found = self._pencil.sketch, self._under(event.position())
        if event.button() == LEFT and sketch is None and found is not None:
            self.name_wanted.emit(found[0])
            return True
        if event.button() != LEFT or not self._pencil.tool:
            return False
        if sketch is not None and sketch.tool == "polygon":
            paper = self._paper(event.position())
            if paper is not None:
                self._pencil.finish(paper)
            return True
        return self._press(event)

    def _act(self, key: Qt.Key) -> Callable[[], object] | None:
        """What a key does now."""
        pencil = self._pencil
        if key == Qt.Key.Key_Escape and (pencil.sketch or pencil.hold):
            return pencil.drop
        if key == Qt.Key.Key_Backspace and pencil.sketch is not None:
            return pencil.take_back
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and pencil.sketch is not None:
            paper = next((p for p in self._papers() if p.key == pencil.sketch.key), None)
            return None if paper is None else lambda: pencil.finish(paper)
        if key == Qt.Key.Key_Delete and pencil.selected is not None:
            return pencil.delete
        return None

    # Places

    def _paper(self, place: QPointF) -> Paper | None:
        """The paper of what is under way, else the one under the mouse."""
        pencil, papers = self._pencil, self._papers()
        if pencil.sketch is not None:
            same = [paper for paper in papers if paper.key == pencil.sketch.key]
            if same:
                return same[0]
        if pencil.hold is not None:
            return next((p for p in papers if p.places(pencil.hold.drawing) is not None), None)
        return next((paper for paper in papers if paper.holds(place.x(), place.y())), None)

    def _at(self, paper: Paper, place: QPointF) -> np.ndarray | None:
        return paper.at(place.x(), place.y())

    def _moved(self, place: QPointF) -> bool:
        away = place - (self._pressed or place)
        return abs(away.x()) + abs(away.y()) > CLICK_PIXELS
