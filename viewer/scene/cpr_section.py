"""The plane across a vessel as a picture, and what is written over it."""

import numpy as np

from viewer.geometry.frames import Frames
from viewer.geometry.section import CALIPERS
from viewer.geometry.straighten import frames_at
from viewer.scene.colors import TOKENS
from viewer.scene.cpr import TILTED
from viewer.scene.marks import Line, Mark, Text, letter_marks, stamp_marks
from viewer.scene.overlay import LEAST_SHARE, edge_letters, scale_bar, slab_stamps, stamps
from viewer.scene.slice import SlicePlane
from viewer.session.view_state import ViewState

SMALL = (8, 10)  # heights of a line: a pane lower or narrower than that


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


def section_marks(case, view: ViewState, plane: SlicePlane, line: float) -> list[Mark]:
    """What is written over a cross-section, laid out for a small pane."""
    width, height, color = plane.width, plane.height, TOKENS["text"]
    letters = edge_letters(np.array(plane.right), np.array(plane.down))
    told = (*stamps(case, view), *slab_stamps(view))
    small = height < SMALL[0] * line or width < SMALL[1] * line
    if small:  # two letters tell how it lies, and leave room for the stamps
        letters = {edge: letters[edge] for edge in ("left", "bottom")}
    made = letter_marks(letters, width, height)
    if not small:
        bar = scale_bar(plane.mm_per_pixel, width)
        right, y = 8 + bar.pixels, 8 + line
        ends = [Line(x, y, x, y + 4, color, 1.5, shadow=True) for x in (8, right)]
        made += [Line(8, y + 4, right, y + 4, color, 1.5, shadow=True), *ends]
        made.append(Text(8, 8, bar.text, color))
    stamped = stamp_marks(told, width, height, line, centered=False, top_letter=not small)
    return [*made, *stamped]


def calipers(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends (2,2) of the least and of the greatest diameter of an outline (n,2).

    Each lies between the two parallels that hold the outline, across them.
    """
    turn = np.arange(CALIPERS) * np.pi / CALIPERS
    ways = np.column_stack([np.cos(turn), np.sin(turn)])
    along = outline @ ways.T
    wide = along.max(axis=0) - along.min(axis=0)
    ends = []
    for number in (int(wide.argmin()), int(wide.argmax())):
        way, own = ways[number], along[:, number]
        touching = outline[[int(own.argmin()), int(own.argmax())]]
        aside = np.array([-way[1], way[0]])
        middle = float((touching @ aside).mean()) * aside
        ends.append(middle + np.outer([own.min(), own.max()], way))
    return ends[0], ends[1]


def _tuple(array: np.ndarray) -> tuple[float, float, float]:
    return float(array[0]), float(array[1]), float(array[2])
