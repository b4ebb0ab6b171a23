"""The diameters along the chosen vessel, on the axis of its curved view."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from viewer.scene.colors import TOKENS
from viewer.scene.cpr import Picture
from viewer.scene.cpr_marks import LANDMARK, NameRows, short
from viewer.scene.marks import Line, Mark, Text
from viewer.window.overlay_painter import CLEAR, line_height, overlay_font, paint_frame, paint_marks
from viewer.window.slice_mouse import GRAB_PIXELS
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_curve import CurvePane, go_along
from viewer.window.vessel_paint import (
    CURSOR,
    LEAST,
    PROPOSED,
    RESTORED,
    flag_color,
    paint_band,
    paint_curve,
    paint_flag,
    paint_hatch,
    paint_upright,
    paint_words,
)
from viewer.window.vessel_table import percent_text

NAME_ROWS = 3
STEPS_MM = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)
MEAN = TOKENS["text"]
NO_PROFILE = "Diameter along the vessel"
BANDS = 2.0  # standard deviations
QUANTITIES = {
    "diameter": ("diameter_equivalent_mm", "diameter_min_mm", "mm"),
    "area": ("area_mm2", None, "mm²"),
}


class ProfilePane(QWidget):
    """Diameter or area with twice its deviation; flags can be dragged, a click moves the cursor."""

    def __init__(self, vessel: ChosenVessel, curve: CurvePane) -> None:
        super().__init__()
        self.vessel, self._curve = vessel, curve
        self._drag = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 90)
        self.setAccessibleName("Diameter along the vessel")
        vessel.changed.connect(self.update)
        vessel.turned.connect(self._turned)

    def sizeHint(self) -> QSize:
        """A fair share of the window."""
        return QSize(640, 200)

    @property
    def _line(self) -> float:
        return line_height(overlay_font(self.font()))

    @property
    def room(self) -> QRectF:
        """Where the curve is drawn: between the flags and the millimeters."""
        return QRectF(0, 1.4 * self._line, self.width(), self.height() - 2.8 * self._line)

    def _turned(self) -> None:
        if self.vessel.view.vessel_sheet == "stretched":  # its places move as it turns
            self.update()

    # Painting

    def paintEvent(self, event: object) -> None:
        """Paint axes, band, curves, flags and cursor."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(TOKENS["background"]))
        picture = self._curve.picture()
        if self.vessel.sections is None:
            words = self.vessel.words if self.vessel.course is not None else NO_PROFILE
            paint_words(painter, QRectF(self.rect()), words)
        elif picture is not None:
            painter.setFont(overlay_font(self.font()))
            self._paint_curves(painter, picture)
            self._paint_places(painter, picture)
        paint_frame(painter, QRectF(self.rect()), TOKENS["line"], self.hasFocus())
        painter.end()

    def _paint_curves(self, painter: QPainter, picture: Picture) -> None:
        main, least, unit = QUANTITIES[self.vessel.view.vessel_profile]
        sections = self.vessel.sections
        value, sd = sections.values[main], sections.sd[main]
        top = _top(value, sd)
        x = picture.x_of(sections.frames.s_mm)
        font = overlay_font(self.font())
        paint_marks(painter, self._axes(picture, top), font, CLEAR)
        low = np.column_stack([x, self._y(np.maximum(value - BANDS * sd, 0), top)])
        high = np.column_stack([x, self._y(np.minimum(value + BANDS * sd, 2 * top), top)])
        painter.save()
        painter.setClipRect(self.room)
        self._paint_doubts(painter, picture)
        paint_band(painter, low, high, CURSOR)
        if least is not None:
            smallest = np.column_stack([x, self._y(sections.values[least], top)])
            paint_curve(painter, smallest, LEAST, 1.0, dashed=True)
        if sections.beside is not None:
            own = self._y(sections.beside.values[main], top)
            paint_curve(painter, np.column_stack([x, own]), RESTORED, 1.2)
        paint_curve(painter, np.column_stack([x, self._y(value, top)]), MEAN, 1.6)
        painter.restore()
        paint_marks(painter, self._legend(unit, least is not None), font, CLEAR)
        paint_marks(painter, self._names(picture), font, CLEAR)

    def _paint_doubts(self, painter: QPainter, picture: Picture) -> None:
        """Hatch the stretches that were invented (violet) or not measured (gray)."""
        room = self.room
        for stretches, color in (
            (self.vessel.unmeasured_mm, TOKENS["disabled"]),
            (self.vessel.invented_mm, PROPOSED),
        ):
            for low, high in stretches:
                x0, x1 = picture.x_of(np.array([low, high])).tolist()
                corners = [(x0, room.top()), (x1, room.top()), (x1, room.bottom())]
                paint_hatch(painter, np.array([*corners, (x0, room.bottom())]), color)

    def _y(self, value: np.ndarray, top: float) -> np.ndarray:
        room = self.room
        return np.asarray(room.bottom() - value / top * room.height())

    def _axes(self, picture: Picture, top: float) -> list[Mark]:
        room, color, quiet = self.room, TOKENS["line"], TOKENS["quiet"]
        made: list[Mark] = []
        most = max(2, int(room.height() / (1.5 * self._line)))
        step = next((s for s in STEPS_MM if top / s <= most), STEPS_MM[-1] * 5)
        for value in np.arange(0, top + 1e-6, step):
            y = float(self._y(np.array(value), top))
            made.append(Line(0, y, self.width(), y, color))
            made.append(Text(6, y, f"{value:g}", quiet, (0.0, 0.5 if value else 1.0)))
        length = float(self.vessel.frames.s_mm[-1])
        wanted = 5 * self._line * picture.mm_per_pixel
        step = next((s for s in STEPS_MM if s >= wanted), STEPS_MM[-1])
        for s_mm in np.arange(0, length, step):
            x = float(picture.x_of(np.array(s_mm)))
            made.append(Line(x, room.bottom(), x, room.bottom() + 4, quiet))
            made.append(Text(x, room.bottom() + 4, f"{s_mm:g}", quiet, (0.5, 0.0)))
        made.append(Text(self.width() - 8, room.bottom() + 4, "mm", quiet, (1.0, 0.0)))
        return made

    def _names(self, picture: Picture) -> list[Mark]:
        """Landmarks and leaving branches at their places above the axis, where there is room."""
        vessel, tree = self.vessel, self.vessel.case.tree
        own = {tree.branches[number].name for number in vessel.course.branches}
        share = float(vessel.frames.s_mm[-1]) / vessel.course.length_mm
        leaving = [(tree.branches[m.branch].name, m.s_mm * share) for m in vessel.course.mouths]
        places = [(short(name), s_mm, LANDMARK) for name, s_mm in vessel.places]
        places += [(short(name), s, MEAN) for name, s in leaving if name and name not in own]
        rows = NameRows(self.width(), self._line, NAME_ROWS, 1.6 * self._line)
        low = self.room.bottom()
        made: list[Mark] = []
        for name, s_mm, color in places if self.room.height() > 5 * self._line else ():
            x = float(picture.x_of(np.array(s_mm)))
            top = low - 3 + self._line
            room = rows.place(name, x, top, True) if 0 < x < self.width() else None
            if room is not None:
                made.append(Line(x, room[1], x, low, color, 1.0))
                made.append(Text(*room, name, color, (0.5, 1.0)))
        return made

    def _legend(self, unit: str, both: bool) -> list[Mark]:
        name = "⌀ equivalent" if both else "Area"
        made: list[Mark] = [Text(8, 2, f"{name} {unit} ± 2 sd", MEAN)]
        x = self.width() - 8
        if both:
            made.append(Text(x, 2, "⌀ least", LEAST, (1.0, 0.0)))
            x -= 6 * self._line
        if self.vessel.sections.beside is not None:
            made.append(Text(x, 2, "restored", RESTORED, (1.0, 0.0)))
        found = self.vessel.narrowing
        room = 30 if self.vessel.sections.beside is None else 46
        if found is not None and self.width() > room * self._line:
            told = (
                f"Narrowed {percent_text(found.percent_diameter if both else found.percent_area)}"
            )
            own = not self.vessel.proposed
            told, color = (told, TOKENS["caution"]) if own else (f"{told} (proposed)", PROPOSED)
            made.append(Text(self.width() / 2, 2, told, color, (0.5, 0.0)))
        return made

    def _paint_places(self, painter: QPainter, picture: Picture) -> None:
        room = self.room
        for name, x in self._flag_xs(picture).items():
            color = flag_color(name, self.vessel.proposed)
            paint_upright(painter, x, room.top(), room.bottom(), color)
            paint_flag(painter, name, color, x, room.top(), 1.15 * self._line)
        x = float(picture.x_of(np.array(self.vessel.place.s_mm)))
        paint_upright(painter, x, room.top(), room.bottom(), CURSOR)

    def _flag_xs(self, picture: Picture) -> dict[str, float]:
        places = self.vessel.flag_places
        return {name: float(picture.x_of(np.array(s))) for name, s in places.items()}

    # Mouse and keys

    def mousePressEvent(self, event) -> None:
        """Take a flag, or move the cursor."""
        if event.button() == Qt.MouseButton.LeftButton and self._curve.picture() is not None:
            self._drag = self._flag_at(event.position()) or "cursor"
            self._move(event.position())

    def mouseMoveEvent(self, event) -> None:
        """Drag the flag or the cursor."""
        if self._drag:
            self._move(event.position())
        else:
            near = self._flag_at(event.position())
            shape = Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)

    def mouseReleaseEvent(self, event) -> None:
        """Let go."""
        self._drag = ""

    def wheelEvent(self, event) -> None:
        """Go along the vessel by millimeters, with Shift by ten."""
        go_along(self.vessel, event)

    def keyPressEvent(self, event) -> None:
        """The keys of the curved view."""
        self._curve.keyPressEvent(event)

    def focusInEvent(self, event) -> None:
        """Show the ring."""
        self.update()

    def focusOutEvent(self, event) -> None:
        """Hide the ring."""
        self.update()

    def _flag_at(self, place: QPointF) -> str:
        picture = self._curve.picture()
        if picture is None:
            return ""
        far = {name: abs(place.x() - x) for name, x in self._flag_xs(picture).items()}
        name = min(far, key=far.get, default="")
        return name if name and far[name] < GRAB_PIXELS else ""

    def _move(self, place: QPointF) -> None:
        s_mm = self._curve.picture().s_at(place.x())
        if self._drag != "cursor":
            self.vessel.set_flag(self._drag, s_mm)
        self.vessel.go_to(s_mm)


def _top(value: np.ndarray, sd: np.ndarray) -> float:
    """The highest number of the axis: one poor section does not flatten the others."""
    high = (value + BANDS * np.nan_to_num(sd))[np.isfinite(value)]
    return 1.15 * float(np.percentile(high, 97)) if high.size else 1.0
