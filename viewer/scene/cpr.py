"""A vessel's curved view and its cross-sections as pictures, with what is written on them."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.geometry.course import Course
from viewer.geometry.frames import Frames
from viewer.geometry.section import Sections
from viewer.geometry.straighten import (
    Sheet,
    Straightened,
    Stretched,
    frames_at,
    point_on,
    resampled,
)
from viewer.geometry.tree import VesselTree
from viewer.scene.colors import TOKENS
from viewer.scene.marks import Line, Mark, Text, letter_marks, stamp_marks
from viewer.scene.overlay import (
    LEAST_SHARE,
    Overlay,
    direction_letters,
    edge_letters,
    patient_lines,
    scale_bar,
    stamps,
    study_lines,
    technique_lines,
)
from viewer.scene.slice import OUTSIDE, SlicePlane
from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

MARGIN = 56  # pixels left and right of the vessel: room for the profile's numbers
LEAST_MM_PER_PIXEL, MOST_MM_PER_PIXEL = 0.01, 5.0
SIDE_MM = 6.0  # shown beside the widest place of the vessel
BESIDE_MM = 1.5
NAME_WIDTH = 0.47  # of a letter, in heights of a line
ROWS = 4
LETTERS_AT = (0.12, 0.88)
TILTED = 0.35


@dataclass(frozen=True, eq=False)
class CurvedPicture:
    """A sheet's place in a picture: the vessel runs to the right, `across` grows upwards.

    Pixels count from the top left corner; `middle_mm` is (along, across) in the picture's middle.
    """

    sheet: Sheet
    mm_per_pixel: float
    middle_mm: tuple[float, float]
    width: int
    height: int

    def x_of(self, s_mm: np.ndarray) -> np.ndarray:
        """Where places of the path lie from left to right."""
        along = self.sheet.along_mm(s_mm)
        return np.asarray(self.width / 2 + (along - self.middle_mm[0]) / self.mm_per_pixel)

    def y_of(self, across_mm: np.ndarray) -> np.ndarray:
        """Where places across the sheet lie from the top down."""
        return np.asarray(self.height / 2 - (across_mm - self.middle_mm[1]) / self.mm_per_pixel)

    def s_at(self, x: float) -> float:
        """The place of the path at a pixel, that of an end beyond it."""
        return float(self.sheet.s_mm(np.array(self._along(x))))

    def point_lps(self, x: float, y: float) -> np.ndarray:
        """The point (3,) shown at a pixel."""
        across = self.middle_mm[1] - (y - self.height / 2) * self.mm_per_pixel
        return point_on(self.sheet, float(self._along(x)), across)

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears when it is dropped onto the sheet."""
        along, across = self.sheet.flat(point_lps)
        x = self.width / 2 + (along - self.middle_mm[0]) / self.mm_per_pixel
        return float(x), float(self.y_of(np.array(across)))

    def scaled(self, factor: float) -> "CurvedPicture":
        """The same picture with `factor` times as many pixels a side (HiDPI)."""
        size = {"width": round(self.width * factor), "height": round(self.height * factor)}
        return replace(self, mm_per_pixel=self.mm_per_pixel / factor, **size)

    def _along(self, x: float) -> float:
        wanted = self.middle_mm[0] + (x - self.width / 2) * self.mm_per_pixel
        return min(max(wanted, 0.0), self.sheet.length_mm)


def sheet_of(frames: Frames, view: ViewState) -> Sheet:
    """The sheet that the view asks for."""
    kind = Stretched if view.vessel_sheet == "stretched" else Straightened
    return kind(frames, sheet_angle(frames, view))


def sheet_angle(frames: Frames, view: ViewState) -> float:
    """The angle (radians) in the planes of what lies above in the curved view.

    At 0 degrees one looks from the front half way along a vessel that runs up or down; above lies
    the head where it runs across.
    """
    half = len(frames.points_lps) // 2
    tangent = frames.tangent[half]
    head, back = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    above = np.cross(tangent, back) if abs(tangent[2]) > TILTED else head
    base = np.arctan2(above @ frames.up[half], above @ frames.across[half])
    return float(base + np.radians(view.vessel_angle))


def fitted(
    sheet: Sheet, sections: Sections, size: tuple[int, int], zoom: float, s_mm: float
) -> CurvedPicture:
    """The picture that holds a whole sheet at `zoom` 1; enlarged, it follows the place `s_mm`."""
    width, height = size
    middle = sheet.middle_mm(sections.frames.s_mm)
    low, high = float(middle.min()), float(middle.max())
    room = max(width - 2 * MARGIN, 1)
    fit = max(sheet.length_mm / room, (high - low + 2 * side_mm(sections)) / max(height, 1))
    scale = float(np.clip(fit / zoom, LEAST_MM_PER_PIXEL, MOST_MM_PER_PIXEL))
    along, across = sheet.length_mm / 2, (low + high) / 2
    if zoom > 1:
        half = room / 2 * scale
        wanted = float(sheet.along_mm(np.array(s_mm)))
        along = float(np.clip(wanted, min(half, along), max(sheet.length_mm - half, along)))
        across += (1 - 1 / zoom) * (float(sheet.middle_mm(np.array(s_mm))) - across)
    return CurvedPicture(sheet, scale, (along, across), width, height)


def side_mm(sections: Sections) -> float:
    """How far from its path a vessel is shown."""
    widest = sections.values["diameter_max_mm"]
    seen = widest[np.isfinite(widest)]
    return SIDE_MM + 0.6 * float(np.percentile(seen, 90)) if seen.size else 2 * SIDE_MM


def curved_hu(volume: Volume, picture: CurvedPicture) -> np.ndarray:
    """HU of a picture (height,width) int16; `OUTSIDE` beyond the scan and the vessel's ends."""
    columns = (np.arange(picture.width) + 0.5 - picture.width / 2) * picture.mm_per_pixel
    along = picture.middle_mm[0] + columns
    rows = (picture.height / 2 - np.arange(picture.height) - 0.5) * picture.mm_per_pixel
    held = np.flatnonzero((along >= 0) & (along <= picture.sheet.length_mm))
    hu = np.full((picture.height, picture.width), OUTSIDE, np.int16)
    if held.size:
        cut = resampled(volume, picture.sheet, along[held], picture.middle_mm[1] + rows)
        cut = np.where(np.isfinite(cut), np.rint(cut), OUTSIDE)
        hu[:, held[0] : held[-1] + 1] = np.clip(cut, OUTSIDE, 32767).T
    return hu


def walls_on(sections: Sections, picture: CurvedPicture) -> tuple[np.ndarray, np.ndarray]:
    """The lumen's two edges (n,2) in pixels on a straightened sheet; nan where none was found."""
    s = sections.frames.s_mm
    angle = picture.sheet.angle if isinstance(picture.sheet, Straightened) else 0.0
    above = _wall(sections, angle)
    below = -_wall(sections, angle + np.pi)
    x = picture.x_of(s)
    return np.column_stack([x, picture.y_of(above)]), np.column_stack([x, picture.y_of(below)])


def _wall(sections: Sections, angle: float) -> np.ndarray:
    """Distance (n,) to the wall at an angle, between the rays beside it."""
    count = sections.wall_mm.shape[1]
    place = (angle / (2 * np.pi) * count) % count
    low = int(place)
    share = place - low
    wall = sections.wall_mm
    return np.asarray((1 - share) * wall[:, low % count] + share * wall[:, (low + 1) % count])


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
    """Letters above and below where the vessel begins and ends, for its planes turn with it."""
    made: list[Mark] = []
    if not isinstance(picture.sheet, Straightened) or picture.width < 24 * line:
        return made
    color = TOKENS["quiet"]
    for share in LETTERS_AT:
        along = share * picture.sheet.length_mm
        up = picture.sheet.lines(np.array([along]))[1][0]
        x = float(picture.x_of(np.array(along)))
        if not MARGIN < x < picture.width - MARGIN or abs(x - picture.width / 2) < 6 * line:
            continue
        y = 8 + 2.6 * line  # under the corner text
        made.append(Text(x, y, direction_letters(up), color, (0.5, 0.0), bold=True))
        low = picture.height - 8 - 2.2 * line
        made.append(Text(x, low, direction_letters(-up), color, (0.5, 1.0), bold=True))
    return made


def mouth_marks(
    picture: CurvedPicture, course: Course, tree: VesselTree, line: float
) -> list[Mark]:
    """A tick at the wall where each branch leaves, on its side, with its name if it has one."""
    made: list[Mark] = []
    ends: dict[tuple[bool, int], float] = {}  # how far to the right each row of names reaches
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
        path = branch.points_lps[[0, min(len(branch.points_lps) - 1, 20)]]
        path = path if _nearer(path, course, mouth.s_mm) else path[::-1]
        above = float((path[1] - path[0]) @ way) > 0
        name = branch.name if branch.name not in own else ""
        half = 0.5 * NAME_WIDTH * line * len(name)
        middle_x = float(np.clip(x, half + 8, max(picture.width - half - 8, half + 8)))
        row = next((n for n in range(ROWS) if ends.get((above, n), 0) < middle_x - half), None)
        side = -1 if above else 1
        y = float(picture.y_of(np.array(middle - side * wall)))
        end = y + side * line * (1 + (row or 0))
        made.append(Line(x, y, x, end, TOKENS["accent"], 1.5, shadow=True))
        if name and row is not None:
            align = (0.5, 1.0 if above else 0.0)
            made.append(Text(middle_x, end, name, TOKENS["text"], align))
            ends[above, row] = middle_x + half
    return made


def _nearer(ends_lps: np.ndarray, course: Course, s_mm: float) -> bool:
    """Whether the first of two points is nearer to a place of a vessel."""
    here = course.points_lps[int(np.abs(course.s_mm - s_mm).argmin())]
    first, second = np.linalg.norm(ends_lps - here, axis=1)
    return bool(first <= second)


def curved_overlay(
    case, view: ViewState, picture: CurvedPicture, sections: Sections, s_mm: float
) -> Overlay:
    """Everything over the curved view of a vessel."""
    grid: Grid = case.volume.grid
    title = "Stretched" if view.vessel_sheet == "stretched" else "Straightened"
    return Overlay(
        title,
        TOKENS["text"],
        curved_letters(picture.sheet, sections.frames, s_mm),
        {
            "top-left": patient_lines(case.series)[:1],
            "top-right": study_lines(case.series)[:1],
            "bottom-left": technique_lines(case.series, grid)[-1:],
            "bottom-right": (
                f"W {view.window_hu:.0f}  L {view.level_hu:.0f}",
                f"{s_mm:.1f} mm  {view.vessel_angle:.0f}°",
            ),
        },
        scale_bar(picture.mm_per_pixel, picture.width),
        stamps(case, view),
    )


def section_plane(
    frames: Frames, s_mm: float, field_mm: float, size: tuple[int, int]
) -> SlicePlane:
    """The plane across a path, turned as one reads it: left at the right, or head above.

    Seen from the feet where the vessel runs up or down, else from the front, else from the left.
    """
    here = frames_at(frames, np.array([s_mm]))
    tangent = here.tangent[0]
    into = tangent * _sign(tangent)
    left, back = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    right = left if abs(into[0]) < 1 - LEAST_SHARE else back
    right = right - (right @ into) * into
    right = right / np.linalg.norm(right)
    down = np.cross(into, right)
    return SlicePlane(
        _tuple(here.points_lps[0]),
        _tuple(right),
        _tuple(down),
        _tuple(into),
        field_mm / max(min(size), 1),
        *size,
    )


def _sign(tangent: np.ndarray) -> float:
    """Along or against a path: towards the head, else to the back, else to the right."""
    if abs(tangent[2]) > TILTED:
        return 1.0 if tangent[2] > 0 else -1.0
    if abs(tangent[1]) >= abs(tangent[0]):
        return 1.0 if tangent[1] > 0 else -1.0
    return 1.0 if tangent[0] < 0 else -1.0


def section_marks(
    case, view: ViewState, title: str, plane: SlicePlane, told: str, line: float
) -> list[Mark]:
    """What is written over a cross-section, laid out for a small pane; `told` is its diameter."""
    width, height, color = plane.width, plane.height, TOKENS["text"]
    made = letter_marks(edge_letters(np.array(plane.right), np.array(plane.down)), width, height)
    low = height - 8 - 3 * line  # above the letter
    made.append(Text(8, low, title, color, bold=True))
    made.append(Text(8, low + line, told, color))
    bar = scale_bar(plane.mm_per_pixel, width)
    right, y = 8 + bar.pixels, 8 + line
    ends = [Line(x, y, x, y + 4, color, 1.5, shadow=True) for x in (8, right)]
    made += [Line(8, y + 4, right, y + 4, color, 1.5, shadow=True), *ends]
    made.append(Text(8, 8, bar.text, color))
    return [*made, *stamp_marks(stamps(case, view), width, height, line, centered=False)]


def _tuple(array: np.ndarray) -> tuple[float, float, float]:
    return float(array[0]), float(array[1]), float(array[2])
