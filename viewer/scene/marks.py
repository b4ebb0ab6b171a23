"""An overlay laid out for a picture's size: texts, lines and boxes at pixels."""

import math
from dataclasses import dataclass, replace

from viewer.scene.colors import TOKENS, color_map
from viewer.scene.overlay import Corner, Overlay, ReferenceLine, ScaleBar, Stamp
from viewer.scene.tint_restored import ColorBar

MARGIN = 8
ROOM_FOR_CORNERS = (27, 17)  # widths and heights in lines of text
ROOM_FOR_SOME = (15, 9)
BAR_ROWS = 2  # of text that a map takes
GAP = 14  # pixels left open around the crosshair's middle


@dataclass(frozen=True)
class Text:
    """A text whose `align` (x, y: 0 start, 0.5 middle, 1 end) point lies at (x, y)."""

    x: float
    y: float
    text: str
    color: str
    align: tuple[float, float] = (0.0, 0.0)
    bold: bool = False
    chip: bool = False  # on a dark box with a border of its color
    room: float = math.inf  # pixels; what is longer ends with an ellipsis


@dataclass(frozen=True)
class Line:
    """A straight line; `shadow` draws a dark one under it."""

    x0: float
    y0: float
    x1: float
    y1: float
    color: str
    width: float = 1.0
    shadow: bool = False
    alpha: float = 1.0


@dataclass(frozen=True)
class Box:
    """A filled box of a legend."""

    x: float
    y: float
    width: float
    height: float
    color: str


@dataclass(frozen=True)
class Ring:
    """A circle with a dark one under it."""

    x: float
    y: float
    radius_px: float
    color: str
    width: float = 2.0


Mark = Text | Line | Box | Ring


def marks(overlay: Overlay, width: int, height: int, line: float) -> list[Mark]:
    """What to draw, in order; `line` is the height of a line of text in pixels."""
    made: list[Mark] = []
    for reference in overlay.lines:
        made += reference_marks(reference, width, height)
    if width < 6 * line or height < 6 * line:
        return made
    made += letter_marks(overlay.letters, width, height)
    room = width >= ROOM_FOR_CORNERS[0] * line and height >= ROOM_FOR_CORNERS[1] * line
    some = width >= ROOM_FOR_SOME[0] * line and height >= ROOM_FOR_SOME[1] * line
    made.append(Text(MARGIN, MARGIN, overlay.title, overlay.color, bold=True))
    top, bottom = stamps_width(overlay.stamps, line), max(overlay.bar.pixels, 4 * line)
    for corner, texts in overlay.corners.items():
        free = (width - (top if corner.startswith("top") else bottom)) / 2 - 2 * MARGIN
        if room:
            made += corner_marks(corner, texts, width, height, line, free)
        elif some and corner == "bottom-right":
            made += corner_marks(corner, texts[-1:], width, height, line, free)
    if some:
        made += bar_marks(overlay.bar, width, height, line)
    made += stamp_marks(overlay.stamps, width, height, line, centered=room)
    if room:
        above = 1 + len(overlay.corners.get("top-left", ()))
        legend = (*overlay.tinted, *overlay.legend)
        made += legend_marks(legend, overlay.color_bar, height, line, above, below=3.2)
        if overlay.radius_range_mm is not None:
            rows = len(legend) + (BAR_ROWS if overlay.color_bar is not None else 0)
            made += ramp_marks(overlay.radius_range_mm, height, line, rows)
    elif some:
        made += legend_marks(overlay.tinted, overlay.color_bar, height, line, above=1, below=0)
    return made


def letter_marks(letters: dict[str, str], width: int, height: int) -> list[Mark]:
    """The orientation letters at the middles of the four edges."""
    places = {
        "left": (MARGIN, height / 2, (0.0, 0.5)),
        "right": (width - MARGIN, height / 2, (1.0, 0.5)),
        "top": (width / 2, MARGIN, (0.5, 0.0)),
        "bottom": (width / 2, height - MARGIN, (0.5, 1.0)),
    }
    color = TOKENS["text"]
    return [
        Text(x, y, letters[edge], color, align, bold=True)
        for edge, (x, y, align) in places.items()
        if letters.get(edge)
    ]


def corner_marks(
    corner: Corner, texts: tuple[str, ...], width: int, height: int, line: float, room: float
) -> list[Mark]:
    """Lines of text in a corner; the top left one stands under the pane's title.

    What is longer than `room` is cut, but never where a slice lies, which stands under the bar.
    """
    right, bottom = corner.endswith("right"), corner.startswith("bottom")
    x = width - MARGIN if right else MARGIN
    first = height - MARGIN - line * len(texts) if bottom else MARGIN
    if corner == "top-left":
        first += line
    align = (1.0 if right else 0.0, 0.0)
    rooms = [room] * len(texts)
    if bottom and texts:
        rooms[-1] = width / 2 - MARGIN - line
    return [
        Text(x, first + n * line, text, TOKENS["text"], align, room=rooms[n])
        for n, text in enumerate(texts)
    ]


def bar_marks(bar: ScaleBar, width: int, height: int, line: float) -> list[Mark]:
    """The scale bar above the bottom letter, with its length over it."""
    y = height - MARGIN - 1.6 * line
    x0, x1 = width / 2 - bar.pixels / 2, width / 2 + bar.pixels / 2
    color = TOKENS["text"]
    ends = [Line(x, y - 4, x, y, color, 1.5, shadow=True) for x in (x0, x1)]
    return [
        Line(x0, y, x1, y, color, 1.5, shadow=True),
        *ends,
        Text(width / 2, y - 3, bar.text, color, (0.5, 1.0)),
    ]


def stamps_width(stamps: tuple[Stamp, ...], line: float) -> float:
    """Pixels that the widest stamp, or the letter over it, takes at most."""
    longest = max((len(stamp.text) for stamp in stamps), default=0)
    return max(0.7 * line * longest + 14, 3 * line)


def shortened(stamp: Stamp, width: int, line: float) -> Stamp:
    """A stamp as it fits into a picture so wide."""
    fits = 0.55 * line * len(stamp.text) + 14 < width - 30
    return stamp if fits or not stamp.short else replace(stamp, text=stamp.short)


def stamp_marks(
    stamps: tuple[Stamp, ...],
    width: int,
    height: int,
    line: float,
    centered: bool,
    top_letter: bool = True,
) -> list[Mark]:
    """The stamps in a column: under the top letter, or in the right corner of a small pane.

    In a small pane only as many, the first first, as leave the letters free; without a letter at
    the top they begin there.
    """
    x, first = (width / 2, MARGIN + 1.5 * line) if centered else (width - MARGIN - 7, MARGIN + 1)
    align = (0.5 if centered else 1.0, 0.0)
    stamps = tuple(shortened(stamp, width, line) for stamp in stamps)
    if not centered:
        if top_letter and stamps_width(stamps, line) > width / 2 - 2 * line:
            first += 1.5 * line
        stamps = stamps[: max(1, int((height / 2 - line - first) / (1.5 * line)))]
    return [
        Text(x, first + n * 1.5 * line, s.text, TOKENS[s.color], align, chip=True, room=width - 30)
        for n, s in enumerate(stamps)
    ]


def legend_marks(
    legend: tuple[tuple[str, str], ...],
    bar: ColorBar | None,
    height: int,
    line: float,
    above: int,
    below: float,
) -> list[Mark]:
    """A map and names of colors in the lower left, between so many lines of text."""
    size = 0.65 * line
    mapped = 0 if bar is None else BAR_ROWS
    fitting = max(int((height - 2 * MARGIN) / line - below - above - mapped), 1)
    shown = legend if len(legend) <= fitting else legend[: fitting - 1]
    rows = len(shown) + (len(shown) < len(legend))
    first = height - MARGIN - line * (below + rows)
    aside = first - mapped * line < height / 2 + line  # beside the left letter
    x = MARGIN + (2 * line if aside else 0)
    made = [] if bar is None else color_bar_marks(bar, x, first - mapped * line, line)
    for n, (name, color) in enumerate(shown):
        y = first + n * line
        made.append(Box(x, y + (line - size) / 2, size, size, color))
        made.append(Text(x + size + 5, y, name, TOKENS["text"]))
    if len(shown) < len(legend):
        rest = f"and {len(legend) - len(shown)} more"
        made.append(Text(x + size + 5, first + len(shown) * line, rest, TOKENS["quiet"]))
    return made


def color_bar_marks(bar: ColorBar, x: float, y: float, line: float) -> list[Mark]:
    """A map's title, and under it its colors from left to right between their numbers."""
    wide, tall = 6 * line / len(bar.colors), 0.65 * line
    middle = y + 1.5 * line
    left = x + 0.62 * line * len(bar.low) + 4
    made: list[Mark] = [Text(x, y, bar.title, TOKENS["text"])]
    for n, color in enumerate(bar.colors):
        made.append(Box(left + n * wide, middle - tall / 2, wide + 0.5, tall, color))
    made.append(Text(left - 5, middle, bar.low, TOKENS["text"], (1.0, 0.5)))
    end = left + len(bar.colors) * wide
    made.append(Text(end + 5, middle, bar.high, TOKENS["text"], (0.0, 0.5)))
    return made


def ramp_marks(range_mm: tuple[float, float], height: int, line: float, legend: int) -> list[Mark]:
    """The colors of the diameter from small (below) to large, with their numbers.

    They stand above the rows of a `legend`.
    """
    colors = color_map("viridis")
    steps, wide = 32, 0.8 * line
    bottom = height - MARGIN - (4 + legend) * line
    top = height / 2 + 2.6 * line  # under the left letter
    tall = bottom - top
    made: list[Mark] = [Text(MARGIN, top - 1.3 * line, "⌀ mm", TOKENS["text"])]
    for n in range(steps):
        red, green, blue = colors[round((1 - (n + 0.5) / steps) * 255)]
        y = top + n * tall / steps
        shade = f"#{red:02X}{green:02X}{blue:02X}"
        made.append(Box(MARGIN, y, wide, tall / steps + 0.5, shade))
    low, high = range_mm
    for share in (0.0, 0.5, 1.0):
        value = 2 * (high + share * (low - high))
        place = (MARGIN + wide + 5, top + share * tall)
        made.append(Text(*place, f"{value:.1f}", TOKENS["text"], (0.0, 0.5)))
    return made


def reference_marks(line: ReferenceLine, width: int, height: int) -> list[Mark]:
    """A reference line, open around the crosshair's middle, thicker where it can be turned."""
    ends = line.ends(width, height)
    if ends is None:
        return []
    (x, y), (dx, dy) = line.at, line.direction
    made: list[Mark] = []
    for (ex, ey), sign in zip(ends, (-1, 1), strict=True):
        far = (ex - x) * dx * sign + (ey - y) * dy * sign
        if far > GAP:
            x0, y0 = x + sign * GAP * dx, y + sign * GAP * dy
            made.append(Line(x0, y0, ex, ey, line.color, 1.0, alpha=0.75))
    for hx, hy in handles(line, width, height):
        made.append(Line(hx - 6 * dx, hy - 6 * dy, hx + 6 * dx, hy + 6 * dy, line.color, 3.0))
    return made


def handles(line: ReferenceLine, width: int, height: int) -> list[tuple[float, float]]:
    """Where a reference line can be taken to turn its plane: near its two ends."""
    ends = line.ends(width, height, margin=min(width, height) * 0.1)
    if ends is None:
        return []
    x, y = line.at
    return [(hx, hy) for hx, hy in ends if (hx - x) ** 2 + (hy - y) ** 2 > 40**2]
