"""What a person decided about a vessel tree, at places that outlast a new tracing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Point = tuple[float, float, float]
SAME_MM = 3.0
Kind = Literal["added", "removed", "moved"]


@dataclass(frozen=True)
class RootSet:
    """The tree begins at the free end nearest to a point."""

    at_lps: Point


@dataclass(frozen=True)
class EndChange:
    """An end that was added or removed at a point, or moved from there `to_lps`."""

    kind: Kind
    at_lps: Point
    to_lps: Point | None = None


@dataclass(frozen=True)
class GivenName:
    """A name for the vessel that runs through some places; "" takes a given name back."""

    name: str
    places_lps: tuple[Point, ...]


@dataclass(frozen=True)
class GapDecision:
    """Whether a gap was bridged with a person's consent, or the proposal refused.

    `path_lps` runs from vessel to vessel through nothing but the gap.
    """

    accepted: bool
    path_lps: tuple[Point, ...]
    radius_mm: float

    @property
    def middle_lps(self) -> Point:
        """Where to look."""
        return self.path_lps[len(self.path_lps) // 2]


@dataclass(frozen=True)
class PlacedFlags:
    """The proximal normal place, the minimum and the distal normal place of a vessel.

    `own` are the names of those that a person put where they stand or accepted.
    """

    vessel: str
    points_lps: tuple[Point, Point, Point]
    own: tuple[str, ...]


Change = RootSet | EndChange | GivenName | GapDecision | PlacedFlags


@dataclass(frozen=True)
class ByHand:
    """All decisions; `ends` in the order in which they were made, as each builds on those before.

    Points are LPS mm.
    """

    root_lps: Point | None = None
    ends: tuple[EndChange, ...] = ()
    names: tuple[GivenName, ...] = ()
    gaps: tuple[GapDecision, ...] = ()
    flags: tuple[PlacedFlags, ...] = ()

    def plus(self, change: Change) -> "ByHand":
        """With one more decision; an earlier one about the same thing gives way."""
        match change:
            case RootSet():
                return replace(self, root_lps=change.at_lps)
            case EndChange():
                return replace(self, ends=(*self.ends, change))
            case GivenName():
                kept = tuple(n for n in self.names if not _shares_place(n, change))
                return replace(self, names=(*kept, change) if change.name else kept)
            case GapDecision():
                kept_gaps = tuple(gap for gap in self.gaps if not same_gap(gap, change.middle_lps))
                return replace(self, gaps=(*kept_gaps, change))
            case PlacedFlags():
                kept_flags = tuple(each for each in self.flags if not _same_vessel(each, change))
                return replace(self, flags=(*kept_flags, change))


def point_of(point_lps: Iterable[float]) -> Point:
    """A point as three numbers to the thousandth of a millimeter."""
    x, y, z = (round(float(each), 3) for each in point_lps)
    return x, y, z


def points_of(points_lps: Iterable[Iterable[float]]) -> tuple[Point, ...]:
    """Points as tuples of three numbers."""
    return tuple(point_of(point) for point in points_lps)


def same_gap(gap: GapDecision, middle_lps: Point) -> bool:
    """Whether a decision is about the gap with its middle at a point."""
    return bool(np.linalg.norm(np.subtract(gap.middle_lps, middle_lps)) < SAME_MM)


def _shares_place(one: GivenName, other: GivenName) -> bool:
    """Whether most places of an earlier name lie on the vessel that is named now."""
    away = np.subtract(np.array(one.places_lps)[:, None], np.array(other.places_lps)[None])
    near = np.linalg.norm(away, axis=2).min(axis=1) < SAME_MM
    return bool(near.mean() > 0.5)


def _same_vessel(one: PlacedFlags, other: PlacedFlags) -> bool:
    """Whether flags stand on one vessel: two of the three are where they were."""
    away = np.subtract(one.points_lps, other.points_lps)
    return int((np.linalg.norm(away, axis=1) < SAME_MM).sum()) > 1
