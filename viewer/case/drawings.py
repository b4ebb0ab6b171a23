"""Drawings of a case as plain JSON values, and back; what is read is checked and measured anew."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.drawn import POINTS, SHEETS, Drawing, Point, Strip, renamed
from viewer.geometry.drawn_numbers import measured
from viewer.geometry.number import Number
from viewer.volume.volume import Volume

MOST_DRAWINGS = 2000
MOST_LINES = 20_000  # of a strip
FARTHEST_MM = 1e5


def drawing_facts(drawing: Drawing) -> dict[str, Any]:
    """A drawing with its numbers as plain values."""
    strip = drawing.strip
    return {
        "kind": drawing.kind,
        "name": drawing.name,
        "points_lps": [list(point) for point in drawing.points_lps],
        "normal_lps": None if drawing.normal_lps is None else list(drawing.normal_lps),
        "strip": None if strip is None else _strip_facts(strip),
        "by": drawing.by,
        "made": drawing.made,
        "numbers": {name: _number_facts(number) for name, number in drawing.numbers.items()},
    }


def _strip_facts(strip: Strip) -> dict[str, Any]:
    return {
        "sheet": strip.sheet,
        "degrees": strip.degrees,
        "along_mm": np.round(strip.along_mm, 5).tolist(),
        "starts_lps": np.round(strip.starts_lps, 4).tolist(),
        "ways": np.round(strip.ways, 6).tolist(),
        "flat_mm": [list(place) for place in strip.flat_mm],
    }


def _number_facts(number: Number) -> dict[str, Any]:
    plain = asdict(number)
    return plain if number.known else plain | {"value": None, "sd": None}


def drawings_from(plain: Iterable[dict[str, Any]] | None, volume: Volume) -> Any:
    """The drawings of `drawing_facts` (None for None), their numbers measured on the scan.

    Raises `ValueError`, `KeyError` or `TypeError` for what no drawing can be.
    """
    if plain is None:
        return None
    found: list[Drawing] = []
    for entry in plain:
        if len(found) == MOST_DRAWINGS:
            raise ValueError(f"more than {MOST_DRAWINGS} drawings")
        try:
            drawing = renamed(_drawing_from(entry), str(entry["name"]), tuple(found))
            found.append(measured(drawing, volume))
        except ViewerError as error:
            raise ValueError(f"a drawing that cannot be: {error}") from error
    return tuple(found)


def _drawing_from(plain: dict[str, Any]) -> Drawing:
    kind, normal, strip = plain["kind"], plain["normal_lps"], plain["strip"]
    if kind not in POINTS:
        raise ValueError(f"unknown kind {kind!r}")
    points = _checked(plain["points_lps"], 3)
    if normal is not None and not 0.99 < np.linalg.norm(_checked([normal], 3)) < 1.01:
        raise ValueError("a normal that is not one long")
    return Drawing(
        kind,
        "",
        tuple(_point(point) for point in points),
        None if normal is None else _point(np.array(normal, np.float64)),
        None if strip is None else _strip_from(strip, len(points)),
        str(plain["by"])[:80],
        str(plain["made"])[:80],
    )


def _strip_from(plain: dict[str, Any], count: int) -> Strip:
    along = _checked([[each] for each in plain["along_mm"]], 1)[:, 0]
    starts, ways = _checked(plain["starts_lps"], 3), _checked(plain["ways"], 3)
    flat = _checked(plain["flat_mm"], 2)
    if not 2 <= len(along) == len(starts) == len(ways) <= MOST_LINES or len(flat) != count:
        raise ValueError("a strip whose lines do not fit together")
    if np.any(np.diff(along) <= 0) or np.any(np.abs(np.linalg.norm(ways, axis=1) - 1) > 0.01):
        raise ValueError("a strip whose lines do not run on")
    if plain["sheet"] not in SHEETS:
        raise ValueError(f"unknown sheet {plain['sheet']!r}")
    degrees = float(_checked([[plain["degrees"]]], 1)[0, 0])
    pairs = tuple((float(a), float(b)) for a, b in flat)
    return Strip(plain["sheet"], degrees, along, starts, ways, pairs)


def _checked(rows: Any, width: int) -> np.ndarray:
    """Finite numbers (n,width) that can be a place in a scan."""
    found = np.array(rows, np.float64)
    if found.ndim != 2 or found.shape[1] != width or not np.all(np.abs(found) < FARTHEST_MM):
        raise ValueError(f"no places in a scan: an array of shape {found.shape}")
    return found


def _point(array: np.ndarray) -> Point:
    return float(array[0]), float(array[1]), float(array[2])
