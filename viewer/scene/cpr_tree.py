"""All vessels of a tree in one picture: straightened lanes, the root at the left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from viewer.geometry.straighten import Lines, Straightened, frames_at, point_on
from viewer.geometry.tree_sheet import Lane, TreeSheet, laid_out
from viewer.scene.colors import TOKENS
from viewer.scene.cpr import LEAST_MM_PER_PIXEL, Read, front_angle
from viewer.scene.marks import Line, Mark, Text

EDGE = 26  # pixels left free at each side
TOP, BOTTOM = 44, 58  # for what stands in the corners
GAP_MM = 1.6  # between lanes
NAME_WIDTH = 0.52  # of a letter, in heights of a line
LOOK_MM = 12.0
ROUNDS = 12
SNUG = 1.02


@dataclass(frozen=True, eq=False)
class TreePicture:
    """The place of a tree's sheet in a picture, every lane turned by `degrees` from its front.

    `chosen` is the lane of the chosen vessel, on which its places lie as `axis` tells.
    """

    sheet: TreeSheet
    degrees: float
    chosen: int
    axis: tuple[float, float]
    mm_per_pixel: float
    middle_mm: tuple[float, float]
    width: int
    height: int

    @cached_property
    def sheets(self) -> tuple[Straightened, ...]:
        """What each lane shows."""
        turn = np.radians(self.degrees)
        return tuple(
            Straightened(lane.frames, front_angle(lane.frames) + turn) for lane in self.sheet.lanes
        )

    def x_of(self, s_mm: np.ndarray) -> np.ndarray:
        """Where places of the chosen vessel lie from left to right."""
        ahead, sign = self.axis
        start = self.sheet.lanes[self.chosen].start_mm + ahead
        return self.x_along(start + sign * np.asarray(s_mm))

    def x_along(self, along_mm: np.ndarray) -> np.ndarray:
        """Where places so far from the root lie from left to right."""
        return np.asarray(self.width / 2 + (along_mm - self.middle_mm[0]) / self.mm_per_pixel)

    def y_of(self, across_mm: np.ndarray) -> np.ndarray:
        """Where places across the sheet lie from the top down."""
        return np.asarray(self.height / 2 - (across_mm - self.middle_mm[1]) / self.mm_per_pixel)

    def s_at(self, x: float) -> float:
        """The place of the chosen vessel at a pixel."""
        ahead, sign = self.axis
        return sign * (self._place(x, 0)[0] - self.sheet.lanes[self.chosen].start_mm - ahead)

    def branch_at(self, x: float, y: float) -> int:
        """The branch shown at a pixel, or the nearest one."""
        along, across = self._place(x, y)
        lane = self.sheet.lanes[self.sheet.lane_at(along, across)]
        ends = lane.course.ends_mm * float(lane.frames.s_mm[-1]) / lane.course.length_mm
        number = int(np.searchsorted(ends, along - lane.start_mm))
        return lane.course.branches[min(number, len(ends) - 1)]

    def point_lps(self, x: float, y: float) -> np.ndarray:
        """The point (3,) shown at a pixel, or the nearest that is shown."""
        along, across = self._place(x, y)
        number = self.sheet.lane_at(along, across)
        lane = self.sheet.lanes[number]
        beside = float(np.clip(across - self.sheet.middle_mm[number], -lane.half_mm, lane.half_mm))
        on = float(np.clip(along, lane.start_mm, lane.end_mm)) - lane.start_mm
        return point_on(self.sheets[number], on, beside)

    def pixel(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Where a point appears when it is dropped onto the chosen vessel's lane."""
        along, across = self.sheets[self.chosen].flat(point_lps)
        lane, middle = self.sheet.lanes[self.chosen], self.sheet.middle_mm[self.chosen]
        return float(self.x_along(lane.start_mm + along)), float(self.y_of(middle + across))

    def scaled(self, factor: float) -> "TreePicture":
        """The same picture with `factor` times as many pixels a side (HiDPI)."""
        size = {"width": round(self.width * factor), "height": round(self.height * factor)}
        return replace(self, mm_per_pixel=self.mm_per_pixel / factor, **size)

    def painted(self, read: Read, empty: Sequence[int]) -> tuple[np.ndarray, ...]:
        """What is read at its pixels (height,width), lane by lane; `empty` between them."""
        scale, turn = self.mm_per_pixel, np.radians(self.degrees)
        along = self.middle_mm[0] + scale * (np.arange(self.width) + 0.5 - self.width / 2)
        across = self.middle_mm[1] + scale * (self.height / 2 - np.arange(self.height) - 0.5)
        made: list[np.ndarray] = []
        for number, lane in enumerate(self.sheet.lanes):
            middle = self.sheet.middle_mm[number]
            columns = np.flatnonzero((along >= lane.start_mm) & (along <= lane.end_mm))
            rows = np.flatnonzero(np.abs(across - middle) <= lane.half_mm)
            if not columns.size or not rows.size:
                continue
            first = float(along[columns[0]]) - lane.start_mm
            here = self.sheet.frames_on(number, first, scale, len(columns))
            angle = front_angle(lane.frames) + turn
            lines = Lines(here.points_lps, here.turned(angle), here.turned(angle + np.pi / 2))
            for layer, cut in enumerate(read(lines, across[rows] - middle)):
                if layer == len(made):
                    made.append(np.full((self.height, self.width), empty[layer], cut.dtype))
                box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
                made[layer][box] = cut.T
        return tuple(made)

    def box(self, number: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a lane in pixels."""
        lane, middle = self.sheet.lanes[number], self.sheet.middle_mm[number]
        left, right = self.x_along(np.array([lane.start_mm, lane.end_mm])).tolist()
        top, bottom = self.y_of(middle + np.array([lane.half_mm, -lane.half_mm])).tolist()
        return left, top, right, bottom

    def _place(self, x: float, y: float) -> tuple[float, float]:
        return (
            self.middle_mm[0] + (x - self.width / 2) * self.mm_per_pixel,
            self.middle_mm[1] - (y - self.height / 2) * self.mm_per_pixel,
        )


def fitted_sheet(
    lanes: tuple[Lane, ...], size: tuple[int, int], line: float
) -> tuple[TreeSheet, float]:
    """The lanes laid out so that all fit into a picture, and its mm per pixel."""
    wide, tall = max(size[0] - 2 * EDGE, 50), max(size[1] - TOP - BOTTOM, 50)
    above = [True, *(_leaves_above(lane, lanes[lane.parent]) for lane in lanes[1:])]
    letters = np.array([len(lane.name) for lane in lanes])
    label = np.where(letters > 0, NAME_WIDTH * line * (letters + 1), 0.0)
    scale = max(lane.end_mm for lane in lanes) / wide
    for _ in range(ROUNDS):
        sheet = laid_out(lanes, above, GAP_MM, (label * scale).tolist())
        low, high = sheet.height_mm
        ends = [lane.end_mm + own * scale for lane, own in zip(lanes, label, strict=True)]
        needed = max(max(ends) / wide, (high - low) / tall)
        if needed <= scale * SNUG:
            break
        scale = needed
    return sheet, scale


def tree_picture(
    sheet: TreeSheet,
    scale: float,
    chosen: tuple[int, tuple[float, float]],
    degrees: float,
    size: tuple[int, int],
    zoom: float,
    point_lps: np.ndarray,
) -> TreePicture:
    """The picture of a sheet that fits at `scale`; enlarged, it follows a point.

    `chosen` is the lane of the chosen vessel and how its places lie on it.
    """
    low, high = sheet.height_mm
    fit = TreePicture(sheet, degrees, *chosen, scale, (0.0, 0.0), *size)
    along = (size[0] / 2 - EDGE) * scale
    across = (low + high) / 2 + (TOP - BOTTOM) / 2 * scale
    if zoom > 1:
        x, y = fit.pixel(point_lps)
        share = 1 - 1 / zoom
        along += share * ((x - size[0] / 2) * scale - along)
        across += share * (-(y - size[1] / 2) * scale - across)
    return replace(
        fit, mm_per_pixel=max(scale / zoom, LEAST_MM_PER_PIXEL), middle_mm=(along, across)
    )


def tree_marks(picture: TreePicture) -> list[Mark]:
    """The lanes' frames, the joints between them, and the vessels' names behind their ends."""
    made: list[Mark] = []
    for number, lane in enumerate(picture.sheet.lanes):
        left, top, right, bottom = picture.box(number)
        own = number == picture.chosen
        color, wide = (TOKENS["accent"], 1.5) if own else (TOKENS["line"], 1.0)
        if lane.parent >= 0:
            _, above, _, below = picture.box(lane.parent)
            start, end = (above, bottom) if bottom < above else (below, top)
            made.append(Line(left, start, left, end, TOKENS["quiet"], 1.5))
        for x0, y0, x1, y1 in (
            (left, top, right, top),
            (left, bottom, right, bottom),
            (left, top, left, bottom),
            (right, top, right, bottom),
        ):
            made.append(Line(x0, y0, x1, y1, color, wide))
        share = float(lane.frames.s_mm[-1]) / lane.course.length_mm
        for low, high in lane.course.invented:
            places = lane.start_mm + share * np.linspace(low, high, 2 * max(1, int(high - low)))
            ends = picture.x_along(places).tolist()
            y = (top + bottom) / 2
            pairs = zip(ends[::2], ends[1::2], strict=True)
            made += [Line(x0, y, x1, y, TOKENS["invented"], 2.5) for x0, x1 in pairs]
        if lane.name:
            color = TOKENS["accent" if own else "text"]
            place = (right + 5, (top + bottom) / 2)
            made.append(Text(*place, lane.name, color, (0.0, 0.5), bold=own))
    return made


def _leaves_above(lane: Lane, parent: Lane) -> bool:
    """Whether a vessel leaves towards what lies above in its parent's lane that is not turned."""
    here = frames_at(parent.frames, np.array([lane.start_mm - parent.start_mm]))
    up = here.turned(front_angle(parent.frames))[0]
    far = min(len(lane.frames.points_lps) - 1, int(np.searchsorted(lane.frames.s_mm, LOOK_MM)))
    return bool((lane.frames.points_lps[far] - here.points_lps[0]) @ up > 0)
