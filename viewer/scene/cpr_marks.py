"""What is written over a vessel's curved view: letters, corner texts, and names at their places."""

from collections.abc import Sequence

import numpy as np

from viewer.geometry.course import Course
from viewer.geometry.frames import Frames
from viewer.geometry.straighten import Sheet, Straightened
from viewer.geometry.tree import VesselTree
from viewer.scene.colors import TOKENS
from viewer.scene.cpr import MARGIN, CurvedPicture, Picture
from viewer.scene.marks import Line, Mark, Text
from viewer.scene.overlay import (
    Overlay,
    direction_letters,
    patient_lines,
    scale_bar,
    slab_stamps,
    stamps,
    study_lines,
    technique_lines,
)
from viewer.scene.tint_restored import tint_bar, tint_legend
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid

BESIDE_MM = 1.5
NAME_WIDTH = 0.47  # of a letter, in heights of a line
ROWS = 4
LETTERS_MM, LETTERS_LINES = 20.0, 8  # at least so far apart
AHEAD = 20  # points of a branch that tell to which side it leaves
LANDMARK = "#F2D9A0"
SHORT = {
    "sinuses of Valsalva": "sinuses",
    "mid ascending aorta": "mid ascending",
    "proximal aortic arch": "proximal arch",
    "mid aortic arch": "mid arch",
    "proximal descending thoracic aorta": "proximal descending",
    "mid descending thoracic aorta": "mid descending",
    "aorta at the diaphragm": "diaphragm",
    "abdominal aorta at the celiac trunk": "at celiac trunk",
    "suprarenal abdominal aorta": "suprarenal",
    "infrarenal abdominal aorta": "infrarenal",
}
TITLES = {"straightened": "Straightened", "stretched": "Stretched", "tree": "Tree"}


def curved_letters(sheet: Sheet, frames: Frames, s_mm: float) -> dict[str, str]:
    """The letters at the edges of a curved picture; above and below as they are at a place."""
    up = sheet.lines(sheet.along_mm(np.array([s_mm])))[1][0]
    return {
        "left": direction_letters(-frames.tangent[0]),
        "right": direction_letters(frames.tangent[-1]),
        "top": direction_letters(up),
        "bottom": direction_letters(-up),
    }


def along_marks(picture: CurvedPicture, line: float) -> list[Mark]:
    """Letters above and below every few centimeters, for a vessel's planes turn with it."""
    made: list[Mark] = []
    small = picture.width < 24 * line or picture.height < 14 * line
    if small or not isinstance(picture.sheet, Straightened):
        return made
    color = TOKENS["quiet"]
    apart = max(LETTERS_MM, LETTERS_LINES * line * picture.mm_per_pixel)
    length = picture.sheet.length_mm
    count = max(2, int(length / apart))
    for along in (np.arange(count) + 0.5) * length / count:
        up = picture.sheet.lines(np.array([along]))[1][0]
        x = float(picture.x_of(np.array(along)))
        if not MARGIN < x < picture.width - MARGIN or abs(x - picture.width / 2) < 5 * line:
            continue
        y = 8 + 2.6 * line  # under the corner text
        made.append(Text(x, y, direction_letters(up), color, (0.5, 0.0), bold=True))
        low = picture.height - 8 - 2.2 * line
        made.append(Text(x, low, direction_letters(-up), color, (0.5, 1.0), bold=True))
    return made


class NameRows:
    """Names in rows above and below places, none over another nor within `margin` of an edge."""

    def __init__(self, width: int, line: float, rows: int = ROWS, margin: float = 8) -> None:
        self._width, self.line, self._rows, self._margin = width, line, rows, margin
        self._taken: list[tuple[float, float, float, float]] = []

    def avoid(self, marked: Sequence[Mark]) -> None:
        """Leave the words free that stand on the picture already."""
        for mark in marked:
            if isinstance(mark, Text):
                wide = NAME_WIDTH * self.line * len(mark.text) + self.line
                left = mark.x - mark.align[0] * wide
                top = mark.y - mark.align[1] * self.line
                self._taken.append((left, left + wide, top, top + self.line))

    def place(self, name: str, x: float, y: float, above: bool) -> tuple[float, float] | None:
        """The middle of a name and its edge towards a place; None where there is no room.

        It lies in the first free row above or below `y`, a line or more away.
        """
        half = 0.5 * NAME_WIDTH * self.line * len(name)
        low = half + self._margin
        middle = float(np.clip(x, low, max(self._width - low, low)))
        left, right = middle - half - 0.5 * self.line, middle + half + 0.5 * self.line
        for row in range(1, self._rows + 1):
            near = y - row * self.line if above else y + row * self.line
            top = near - self.line if above else near
            box = (left, right, top, top + self.line)
            if not any(
                left < b and a < right and top < d - 1 and c < box[3] - 1
                for a, b, c, d in self._taken
            ):
                self._taken.append(box)
                return middle, near
        return None


def short(name: str) -> str:
    """A name of a landmark or of a vessel as it fits beside others."""
    return SHORT.get(name, name.removesuffix(" artery"))


def mouth_marks(
    picture: CurvedPicture, course: Course, tree: VesselTree, line: float, rows: NameRows
) -> list[Mark]:
    """A tick at the wall where each branch leaves, on its side, with its name if it has one."""
    made: list[Mark] = []
    own = {tree.branches[number].name for number in course.branches}
    mouths = [mouth for mouth in course.mouths if mouth.s_mm > BESIDE_MM]
    s_mm = np.array([mouth.s_mm for mouth in mouths])
    ways = picture.sheet.lines(picture.sheet.along_mm(s_mm))[1]
    middles = picture.sheet.middle_mm(s_mm)
    walls = np.interp(s_mm, course.s_mm, course.radius_mm) + BESIDE_MM
    places = zip(mouths, picture.x_of(s_mm).tolist(), ways, middles, walls, strict=True)
    for mouth, x, way, middle, wall in places:
        if not 0 < x < picture.width:
            continue
        branch = tree.branches[mouth.branch]
        path = branch.points_lps[:: -1 if mouth.turned else 1]
        above = float((path[min(len(path) - 1, AHEAD)] - path[0]) @ way) > 0
        name = branch.name if branch.name not in own else ""
        side = -1 if above else 1
        y = float(picture.y_of(np.array(middle - side * wall)))
        room = rows.place(short(name), x, y, above) if name else None
        end = room[1] if room is not None else y + side * line
        color = "accent" if name else "disabled"
        made.append(Line(x, y, x, end, TOKENS[color], 1.5, shadow=True))
        if room is not None:
            align = (0.5, 1.0 if above else 0.0)
            made.append(Text(room[0], end, short(name), TOKENS["text"], align))
    return made


def landmark_marks(
    picture: CurvedPicture, places: Sequence[tuple[str, float]], course: Course, rows: NameRows
) -> list[Mark]:
    """A faint line across the vessel at each landmark (name, mm along), with its name below."""
    made: list[Mark] = []
    for name, s_mm in places:
        x = float(picture.x_of(np.array(s_mm)))
        if not 0 < x < picture.width:
            continue
        middle = float(picture.sheet.middle_mm(np.array(s_mm)))
        wall = float(np.interp(s_mm, course.s_mm, course.radius_mm)) + BESIDE_MM
        top, bottom = picture.y_of(np.array([middle + wall, middle - wall])).tolist()
        room = rows.place(short(name), x, bottom, False)
        end = room[1] if room is not None else bottom + rows.line
        made.append(Line(x, top, x, end, LANDMARK, 1.0, alpha=0.8))
        if room is not None:
            made.append(Text(room[0], end, short(name), LANDMARK, (0.5, 0.0)))
    return made


def curved_overlay(
    case, view: ViewState, letters: dict[str, str], picture: Picture, place: str
) -> Overlay:
    """Everything over the curved view of a vessel; `place` tells where the cursor stands."""
    grid: Grid = case.volume.grid
    return Overlay(
        TITLES[view.vessel_sheet],
        TOKENS["text"],
        letters,
        {
            "top-left": patient_lines(case.series)[:1],
            "top-right": study_lines(case.series)[:1],
            "bottom-left": technique_lines(case.series, grid)[-1:],
            "bottom-right": (
                f"W {view.window_hu:.0f}  L {view.level_hu:.0f}",
                f"{place}  {view.vessel_angle:.0f}°",
            ),
        },
        scale_bar(picture.mm_per_pixel, picture.width),
        (*stamps(case, view), *slab_stamps(view)),
        tinted=tint_legend(case, view),
        color_bar=tint_bar(case, view),
    )
