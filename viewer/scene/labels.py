"""Where labels stand: beside what they tell of, inside the view, on nothing else that is drawn."""

from collections.abc import Callable, Iterable

import numpy as np

BoxRoom = tuple[float, float, float, float]  # x, y, width, height
GAP = 10.0
EDGE = 2.0
TRIES = 40


def fitted(label: tuple[str, ...], wide: Callable[[str], float], width: float) -> tuple[str, ...]:
    """A label whose lines are broken before the deviation where they are too wide."""
    made: list[str] = []
    for text in label:
        number, sign, error = text.partition(" ± ")
        made += [number, f"± {error}"] if sign and wide(text) > width else [text]
    return tuple(made)


def box_of(pixels: np.ndarray) -> BoxRoom:
    """The box round pixels (n,2)."""
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    return float(left), float(top), float(right - left), float(bottom - top)


def placed(
    pixels: np.ndarray,
    room: tuple[float, float],
    size: tuple[int, int],
    labels: list[BoxRoom],
    drawn: list[BoxRoom],
) -> BoxRoom:
    """The box of a label that needs `room` (width, height), for what is drawn at pixels (n,2).

    It avoids the other labels and, where it can, what else is drawn.
    """
    for taken in ([*labels, *drawn], labels):
        for x, y in _beside(pixels, room):
            inside = EDGE <= x <= size[0] - room[0] and EDGE <= y <= size[1] - room[1]
            if inside and not covers((x, y, *room), taken):
                return x, y, *room
    x, y = _beside(pixels, room)[0]
    most = [max(whole - own - EDGE, EDGE) for whole, own in zip(size, room, strict=True)]
    x, first = (float(np.clip(v, EDGE, high)) for v, high in zip((x, y), most, strict=True))
    for step in range(TRIES):
        y = EDGE + (first - EDGE + step * room[1] / 2) % max(most[1] - EDGE, 1.0)
        if not covers((x, y, *room), labels):
            return x, y, *room
    return x, first, *room


def _beside(pixels: np.ndarray, room: tuple[float, float]) -> list[tuple[float, float]]:
    """Right, left, below and above."""
    left, top, width, height = box_of(pixels)
    level = float(pixels[pixels[:, 0].argmax(), 1]) - room[1] / 2
    middle = left + (width - room[0]) / 2
    return [
        (left + width + GAP, level),
        (left - GAP - room[0], level),
        (middle, top + height + GAP),
        (middle, top - GAP - room[1]),
    ]


def covers(box: BoxRoom, taken: Iterable[BoxRoom]) -> bool:
    """Whether a box lies on another one."""
    x, y, width, height = box
    return any(x < a + w and a < x + width and y < b + h and b < y + height for a, b, w, h in taken)
