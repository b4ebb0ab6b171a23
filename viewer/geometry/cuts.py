"""Branches turned, cut in two, and joined to one."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from viewer.geometry.tree import Branch

LEAST_MM = 1e-6


def turned(branch: Branch) -> Branch:
    """The same branch from its end to its start."""
    length = branch.length_mm
    return replace(
        branch,
        points_lps=branch.points_lps[::-1],
        radius_mm=branch.radius_mm[::-1],
        invented=tuple((length - high, length - low) for low, high in branch.invented[::-1]),
    )


def cut_at(branch: Branch, place: int) -> tuple[Branch, Branch]:
    """The parts of a branch before and beyond one of its inner points, which both have."""
    if not 0 < place < len(branch.points_lps) - 1:
        raise ValueError("a branch is cut between its ends")
    at = float(branch.s_mm[place])
    return (
        replace(
            branch,
            points_lps=branch.points_lps[: place + 1],
            radius_mm=branch.radius_mm[: place + 1],
            invented=_between(branch.invented, 0.0, at),
        ),
        replace(
            branch,
            points_lps=branch.points_lps[place:],
            radius_mm=branch.radius_mm[place:],
            invented=_between(branch.invented, at, branch.length_mm),
        ),
    )


def joined(first: Branch, second: Branch) -> Branch:
    """Two branches as one, the second from where the first ends; the longer one gives its name."""
    longer = first if first.length_mm >= second.length_mm else second
    name = longer.name or first.name or second.name
    moved = [(low + first.length_mm, high + first.length_mm) for low, high in second.invented]
    return replace(
        first,
        points_lps=np.concatenate([first.points_lps, second.points_lps[1:]]),
        radius_mm=np.concatenate([first.radius_mm, second.radius_mm[1:]]),
        name=name,
        invented=merged([*first.invented, *moved]),
    )


def seen_parts(branch: Branch) -> list[np.ndarray]:
    """The points (n,3) of the parts of a branch that are not invented."""
    ends = [0.0, *(end for stretch in branch.invented for end in stretch), branch.length_mm]
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return [part_between(branch, low, high) for low, high in pairs if high - low > LEAST_MM]


def invented_parts(branch: Branch) -> list[np.ndarray]:
    """The points (n,3) of the parts of a branch that are invented."""
    return [part_between(branch, low, high) for low, high in branch.invented]


def part_between(branch: Branch, from_mm: float, to_mm: float) -> np.ndarray:
    """The points (n,3) of a branch between two places along it, both included."""
    s = branch.s_mm
    inner = branch.points_lps[(s > from_mm + LEAST_MM) & (s < to_mm - LEAST_MM)]
    ends = np.column_stack([np.interp((from_mm, to_mm), s, axis) for axis in branch.points_lps.T])
    return np.concatenate([ends[:1], inner, ends[1:]])


def merged(stretches: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Stretches in their order, those that touch as one."""
    found: list[tuple[float, float]] = []
    for low, high in sorted(stretches):
        if found and low <= found[-1][1] + LEAST_MM:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return tuple(found)


def _between(
    stretches: Iterable[tuple[float, float]], low: float, high: float
) -> tuple[tuple[float, float], ...]:
    """What of some stretches lies between two places, counted from the first."""
    cut = [(max(a, low) - low, min(b, high) - low) for a, b in stretches]
    return tuple((a, b) for a, b in cut if b - a > LEAST_MM)
