"""What a person decided about the tree as plain JSON values, and back; what is read is checked."""

from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from viewer.geometry.by_hand import (
    ByHand,
    EndChange,
    GapDecision,
    GivenName,
    Kind,
    PlacedFlags,
    Point,
)

MOST = 2000
MOST_PLACES = 5000
LONGEST_NAME = 80
FARTHEST_MM = 1e5
FLAGS = ("proximal", "minimum", "distal")


def by_hand_facts(by_hand: ByHand | None) -> dict[str, Any] | None:
    """All decisions as plain values."""
    return None if by_hand is None else asdict(by_hand)


def by_hand_from(plain: Any) -> ByHand | None:
    """The decisions of `by_hand_facts` (None for None).

    Raises `ValueError`, `KeyError` or `TypeError` for what nobody can have decided.
    """
    if plain is None:
        return None
    root = plain["root_lps"]
    return ByHand(
        None if root is None else _point(root),
        tuple(_end(entry) for entry in _some(plain["ends"], MOST)),
        tuple(
            GivenName(name_of(entry["name"]), _places(entry["places_lps"], 1))
            for entry in _some(plain["names"], MOST)
        ),
        tuple(_gap(entry) for entry in _some(plain["gaps"], MOST)),
        tuple(_flags(entry) for entry in _some(plain["flags"], MOST)),
    )


def name_of(text: Any) -> str:
    """A name as it may stand in a case: one line, not empty, not long. Raises `ValueError`."""
    name = " ".join(text.split()) if isinstance(text, str) else ""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError("no name of a vessel")
    return name


def _end(plain: dict[str, Any]) -> EndChange:
    kind, to = plain["kind"], plain["to_lps"]
    if kind not in get_args(Kind) or (to is None) == (kind == "moved"):
        raise ValueError(f"unknown change of an end {kind!r}")
    return EndChange(kind, _point(plain["at_lps"]), None if to is None else _point(to))


def _gap(plain: dict[str, Any]) -> GapDecision:
    accepted, radius = plain["accepted"], float(plain["radius_mm"])
    if not isinstance(accepted, bool) or not 0 < radius < FARTHEST_MM:
        raise ValueError("a gap that cannot be")
    return GapDecision(accepted, _places(plain["path_lps"], 2), radius)


def _flags(plain: dict[str, Any]) -> PlacedFlags:
    first, second, third = _places(plain["points_lps"], 3)
    own = tuple(_some(plain["own"], len(FLAGS)))
    if not set(own) <= set(FLAGS):
        raise ValueError("unknown flags")
    vessel = str(plain["vessel"])[:LONGEST_NAME]
    return PlacedFlags(vessel, (first, second, third), own)


def _some(entries: Any, most: int) -> list[Any]:
    if not isinstance(entries, list | tuple) or len(entries) > most:
        raise ValueError(f"no list of at most {most}")
    return list(entries)


def _places(rows: Any, least: int) -> tuple[Point, ...]:
    points = tuple(_point(row) for row in _some(rows, MOST_PLACES))
    if len(points) < least:
        raise ValueError(f"fewer than {least} places")
    return points


def _point(row: Any) -> Point:
    found = np.array(row, np.float64)
    if found.shape != (3,) or not np.all(np.abs(found) < FARTHEST_MM):
        raise ValueError(f"no place in a scan: an array of shape {found.shape}")
    return float(found[0]), float(found[1]), float(found[2])
