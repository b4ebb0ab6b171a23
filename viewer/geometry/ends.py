"""The free ends of a vessel tree: found, rooted at, and taken away with their vessel."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.cuts import joined, turned
from viewer.geometry.names_ways import Ways
from viewer.geometry.tree import Branch, VesselTree, joints_of

REACH_MM = 5.0
IS_ROOT = (
    "This is the end at which the tree begins; nothing was changed: "
    "set the root at another end first."
)
IS_LAST = "This is the only vessel of the tree, so it was not deleted: trace again to begin anew."


@dataclass(frozen=True, eq=False)
class End:
    """A free end of a tree: its branch, whether the tree begins here, and where it lies (3,)."""

    branch: int
    is_root: bool
    point_lps: np.ndarray
    radius_mm: float


def free_ends(tree: VesselTree) -> tuple[End, ...]:
    """The ends at which nothing else goes on."""
    if not tree.branches:
        return ()
    nodes = Ways(tree).nodes
    lonely = np.bincount(nodes.ravel())[nodes] == 1
    return tuple(
        End(n, place == 0, branch.points_lps[-place], float(branch.radius_mm[-place]))
        for n, branch in enumerate(tree.branches)
        for place in (0, 1)
        if lonely[n, place]
    )


def nearest_end(tree: VesselTree, point_lps: np.ndarray) -> End | None:
    """The free end nearest to a point, None in an empty tree."""
    ends = free_ends(tree)
    return min(ends, key=lambda end: _away_mm(end, point_lps), default=None)


def end_at(tree: VesselTree, point_lps: np.ndarray) -> End | None:
    """The free end that surely is the one at a point, None where none lies so near."""
    end = nearest_end(tree, point_lps)
    if end is None or _away_mm(end, point_lps) > REACH_MM + end.radius_mm:
        return None
    return end


def with_root(tree: VesselTree, point_lps: np.ndarray) -> VesselTree:
    """The tree that begins at the free end nearest to a point; its other pieces stay as they are.

    Every branch keeps its points, some in the other direction.
    """
    end = nearest_end(tree, point_lps)
    if end is None or end.is_root:
        return tree
    ways = Ways(tree)
    own = next(piece for piece in ways.pieces if end.branch in piece)
    found: dict[int, Branch] = {}
    waiting = [(int(ways.nodes[end.branch, 1]), -1)]
    while waiting:
        node, parent = waiting.pop()
        for step in reversed(ways.leaving[node]):
            if step.branch not in found:
                branch = tree.branches[step.branch]
                branch = branch if step.forward else turned(branch)
                found[step.branch] = replace(branch, parent=parent)
                waiting.append((ways.start(step.back), step.branch))
    every = {n: b for n, b in enumerate(tree.branches) if n < min(own)} | found
    every |= {n: b for n, b in enumerate(tree.branches) if n not in every}
    return assembled(tree, _dissolved(every, list(found)))


def without_end(tree: VesselTree, end: End) -> VesselTree:
    """The tree without the branch of an end; where one vessel is left at its joint, it goes on.

    Raises `ViewerError` at a root, and where nothing would be left.
    """
    branch = tree.branches[end.branch]
    if len(tree.branches) == 1:
        raise ViewerError(IS_LAST)
    if end.is_root and tree.children[end.branch]:
        raise ViewerError(IS_ROOT)
    every = {n: b for n, b in enumerate(tree.branches) if n != end.branch}
    return assembled(tree, _dissolved(every, [branch.parent] if branch.parent >= 0 else []))


def _dissolved(branches: dict[int, Branch], places: list[int]) -> dict[int, Branch]:
    """The branches, those at some places joined with the only one that leaves them.

    Numbers, and those of parents, are the keys.
    """
    found = dict(branches)
    for place in places:
        own = [n for n, branch in found.items() if branch.parent == place]
        if place not in found or len(own) != 1:
            continue
        found[place] = joined(found[place], found.pop(own[0]))
        for n, branch in found.items():
            if branch.parent == own[0]:
                found[n] = replace(branch, parent=place)
    return found


def assembled(tree: VesselTree, branches: dict[int, Branch]) -> VesselTree:
    """A tree of branches in their order, whose numbers and parents are the keys."""
    place = {number: n for n, number in enumerate(branches)} | {-1: -1}
    made = tuple(
        b if b.parent == place[b.parent] else replace(b, parent=place[b.parent])
        for b in branches.values()
    )
    return replace(tree, branches=made, joints=joints_of(made))


def _away_mm(end: End, point_lps: np.ndarray) -> float:
    return float(np.linalg.norm(end.point_lps - np.asarray(point_lps)))
