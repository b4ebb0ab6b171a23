"""The vessel that a branch belongs to: on through the joints wherever it goes on as one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.geometry.tree import VesselTree, distance_along

LOOK_MM = 8.0
LEAST_COSINE = 0.6
LEAST_SHARE = 0.55  # of the radius: what is thinner is a branch of the vessel, not the vessel


@dataclass(frozen=True)
class Mouth:
    """Where a branch leaves a vessel; `turned` where it ends there, as the one it comes from."""

    branch: int
    s_mm: float
    turned: bool = False


@dataclass(frozen=True, eq=False)
class Course:
    """One vessel through several branches of a tree, in the direction of the chosen one.

    `points_lps` (n,3) and `radius_mm` (n,) run through all of `branches`, each of which ends at
    its `ends_mm` from the start; `mouths` are the branches that leave it, in their order. Up to
    `ostium_mm` the path still lies in the wider vessel that it comes from. `invented` are the
    stretches (from, to in mm along it) that a bridged gap gave and no vessel in the scan shows.
    """

    branches: tuple[int, ...]
    points_lps: np.ndarray
    radius_mm: np.ndarray
    ends_mm: np.ndarray
    ostium_mm: float
    mouths: tuple[Mouth, ...]
    invented: tuple[tuple[float, float], ...] = ()

    @cached_property
    def s_mm(self) -> np.ndarray:
        """Distance of each point from the start along the path (n,)."""
        return distance_along(self.points_lps)

    @property
    def length_mm(self) -> float:
        """Length along the path."""
        return float(self.ends_mm[-1])

    def stretch_mm(self, branch: int) -> tuple[float, float]:
        """From where to where one of its branches runs."""
        place = self.branches.index(branch)
        return float(self.ends_mm[place - 1]) if place else 0.0, float(self.ends_mm[place])


def course_through(tree: VesselTree, branch: int) -> Course:
    """The vessel that goes through a branch.

    At a joint it goes on in a branch that is about as wide and does not turn off: the one of the
    same name, else the straightest.
    """
    chain = [(branch, False)]
    while (beyond := _next(tree, *chain[-1], chain)) is not None:
        chain.append(beyond)
    while (before := _next(tree, chain[0][0], not chain[0][1], chain)) is not None:
        chain.insert(0, (before[0], not before[1]))
    return _course(tree, chain)


def vessels_from(tree: VesselTree, first: Course) -> tuple[Course, ...]:
    """A vessel and all that hangs on it, each branch in one; a vessel stands behind its parent."""
    found, used = [first], [(number, False) for number in first.branches]
    for vessel in found:
        upstream = {mouth.s_mm for mouth in vessel.mouths if mouth.turned}
        for mouth in vessel.mouths:
            if mouth.s_mm in upstream or any(mouth.branch == number for number, _ in used):
                continue
            chain = [(mouth.branch, False)]
            while (beyond := _next(tree, *chain[-1], [*chain, *used])) is not None:
                chain.append(beyond)
            used += chain
            found.append(_course(tree, chain))
    return tuple(found)


def _course(tree: VesselTree, chain: list[tuple[int, bool]]) -> Course:
    """The vessel of a chain of branches, each with whether it is walked against its direction."""
    points, radius, ends = _joined(tree, chain)
    numbers = tuple(number for number, _ in chain)
    ostium = _ostium_mm(tree, chain[0], points)
    mouths, invented = _mouths(tree, chain, ends), _invented(tree, chain, ends)
    return Course(numbers, points, radius, ends, ostium, mouths, invented)


def unchanged(
    before: VesselTree, branches: tuple[int, ...], after: VesselTree
) -> tuple[int, ...] | None:
    """The branches of a changed tree through which a vessel of the earlier one still goes.

    The very same in the same order, so that what was measured along it holds; or None.
    """
    place = {id(branch.points_lps): n for n, branch in enumerate(after.branches)}
    found = tuple(place.get(id(before.branches[n].points_lps), -1) for n in branches)
    if min(found) < 0 or course_through(after, found[0]).branches != found:
        return None
    return found


def _next(
    tree: VesselTree, branch: int, turned: bool, chain: list[tuple[int, bool]]
) -> tuple[int, bool] | None:
    """The branch in which a vessel goes on, and whether it is walked against its direction."""
    points, radius = _walked(tree, branch, turned)
    used = {number for number, _ in chain}
    best, found = (False, LEAST_COSINE), None
    for number, backwards in _touching(tree, branch, turned):
        ahead, wide = _walked(tree, number, backwards)
        here, there = tree.branches[branch].name, tree.branches[number].name
        alike = min(_width(radius[::-1]), _width(wide)) / max(_width(radius[::-1]), _width(wide))
        cosine = float(-_heading(points[::-1]) @ _heading(ahead))
        rank = (here != "" and here == there, cosine)
        fits = alike >= LEAST_SHARE and cosine > LEAST_COSINE
        if number not in used and fits and rank > best:
            best, found = rank, (number, backwards)
    return found


def _touching(tree: VesselTree, branch: int, turned: bool) -> list[tuple[int, bool]]:
    """The branches at the end of one that is walked, each with whether it must be walked back."""
    if not turned:
        return [(child, False) for child in tree.children[branch]]
    parent = tree.branches[branch].parent
    if parent < 0:
        start = tree.branches[branch].points_lps[0]
        roots = [n for n, b in enumerate(tree.branches) if b.parent < 0 and n != branch]
        return [(n, False) for n in roots if np.allclose(tree.branches[n].points_lps[0], start)]
    beside = [(child, False) for child in tree.children[parent] if child != branch]
    return [(parent, True), *beside]


def _walked(tree: VesselTree, branch: int, turned: bool) -> tuple[np.ndarray, np.ndarray]:
    own = tree.branches[branch]
    order = slice(None, None, -1 if turned else 1)
    return own.points_lps[order], own.radius_mm[order]


def _heading(points_lps: np.ndarray) -> np.ndarray:
    """The direction (3,) in which a path begins."""
    far = np.linalg.norm(points_lps - points_lps[0], axis=1)
    away = points_lps[int(np.argmax(far >= min(LOOK_MM, far.max())))] - points_lps[0]
    return np.asarray(away / max(np.linalg.norm(away), 1e-9))


def _width(radius_mm: np.ndarray) -> float:
    """The radius with which a path begins, steady."""
    return float(np.median(radius_mm[: max(3, len(radius_mm) // 3)]))


def _joined(
    tree: VesselTree, chain: list[tuple[int, bool]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, radius, and how far along each branch of a chain ends."""
    parts = [_walked(tree, *each) for each in chain]
    points = np.concatenate([parts[0][0], *(p[1:] for p, _ in parts[1:])])
    radius = np.concatenate([parts[0][1], *(r[1:] for _, r in parts[1:])])
    lengths = [tree.branches[number].length_mm for number, _ in chain]
    return points, radius, np.cumsum(lengths)


def _invented(
    tree: VesselTree, chain: list[tuple[int, bool]], ends_mm: np.ndarray
) -> tuple[tuple[float, float], ...]:
    """The invented stretches of a chain's branches, in mm along the chain."""
    found = []
    for (number, turned), end in zip(chain, ends_mm.tolist(), strict=True):
        branch = tree.branches[number]
        for low, high in branch.invented[:: -1 if turned else 1]:
            begin = end - branch.length_mm
            found.append((end - high, end - low) if turned else (begin + low, begin + high))
    return tuple(found)


def _ostium_mm(tree: VesselTree, first: tuple[int, bool], points_lps: np.ndarray) -> float:
    """How far a path runs inside the widest vessel at its start, where that is wider than its own.

    Where it has left the wider vessel's inscribed sphere by half of its own radius.
    """
    number, turned = first
    own = _width(_walked(tree, number, turned)[1][::-1])
    beside = _touching(tree, number, not turned)
    wide = max((_width(_walked(tree, *each)[1]) for each in beside), default=0.0)
    if wide * LEAST_SHARE < own:
        return 0.0
    away = np.linalg.norm(points_lps - points_lps[0], axis=1)
    steps = np.linalg.norm(np.diff(points_lps, axis=0), axis=1)
    left = np.flatnonzero(away > wide + 0.5 * own)
    return float(steps[: left[0]].sum()) if left.size else float(steps.sum())


def _mouths(
    tree: VesselTree, chain: list[tuple[int, bool]], ends_mm: np.ndarray
) -> tuple[Mouth, ...]:
    used = {number for number, _ in chain}
    found = {}
    for (number, turned), end in zip(chain, ends_mm, strict=True):
        start = float(end - tree.branches[number].length_mm)
        places = (
            ((float(end), False), (start, True)) if not turned else ((start, False), (end, True))
        )
        for s, at_start in places:
            for other, back in _touching(tree, number, at_start):
                if other not in used:
                    found[other] = Mouth(other, float(s), back)
    return tuple(sorted(found.values(), key=lambda mouth: mouth.s_mm))
