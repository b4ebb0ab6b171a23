"""A name that was given to a stretch of a branch, how sure it is and why."""

from dataclasses import dataclass

from viewer.geometry.names_ways import Way


@dataclass(frozen=True)
class Named:
    """A stretch of a branch, in mm along it, and its vessel's name ("" where none is sure).

    `confidence` is 0 to 1; `reason` says in words what the name was read from.
    """

    branch: int
    from_mm: float
    to_mm: float
    name: str
    confidence: float
    reason: str


def give(
    way: Way,
    name: str,
    confidence: float,
    reason: str,
    from_mm: float = 0.0,
    to_mm: float = float("inf"),
) -> list[Named]:
    """A name for all stretches of a way between two distances along it."""
    return [
        Named(part.branch, part.from_mm, part.to_mm, name, confidence, reason)
        for part in way.stretches(from_mm, to_mm)
    ]
