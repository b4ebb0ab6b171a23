"""A person's decisions about a tree carried out, one by one or all again on a new tracing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from viewer.errors import PLACE, Notice, ViewerError
from viewer.geometry.branches import nearest_branch
from viewer.geometry.by_hand import (
    ByHand,
    Change,
    EndChange,
    GapDecision,
    GivenName,
    Point,
    RootSet,
    points_of,
)
from viewer.geometry.cuts import merged
from viewer.geometry.ends import end_at, nearest_end, with_root, without_end
from viewer.geometry.retrace import Lumen, TracedAlready, with_end, with_end_moved
from viewer.geometry.tree import Branch, VesselTree
from viewer.progress import Progress
from viewer.segment.strokes import path_distance

FAR_MM = 25.0
BESIDE_MM = 3.0
SAME_WAY_MM = 1.0
EVERY_MM = 10.0  # a name holds at so many places, so that it stays where its vessel is cut
NO_END = "No end of a vessel lies here, so nothing was changed: click nearer to one."
NOT_KEPT = {
    "added": "An end that was added here by hand is not in this tree: {why}",
    "removed": "An end that was deleted here by hand is traced in another way now; look again.",
    "moved": "An end that was dragged by hand could not be put here in this tree: {why}",
}
ROOT_NOT_KEPT = "The root that was set here by hand lies far from every end of this tree."
NAME_NOT_KEPT = 'The vessel that was named "{name}" by hand is not in this tree.'
GAP_NOT_KEPT = "A gap that was bridged here with consent is not part of this tree."


def changed(tree: VesselTree, change: Change, lumen: Lumen) -> VesselTree:
    """The tree after one decision; names are given by `named_by_hand`.

    Raises `ViewerError` where it cannot be carried out.
    """
    match change:
        case RootSet():
            return with_root(tree, np.array(change.at_lps))
        case EndChange(kind="added"):
            return with_end(tree, np.array(change.at_lps), lumen)
        case EndChange():
            end = end_at(tree, np.array(change.at_lps))
            if end is None:
                raise ViewerError(NO_END)
            if change.kind == "removed" or change.to_lps is None:
                return without_end(tree, end)
            return with_end_moved(tree, end, np.array(change.to_lps), lumen)
    return tree


def redone(
    tree: VesselTree, by_hand: ByHand, lumen: Lumen, progress: Progress
) -> tuple[VesselTree, tuple[Notice, ...]]:
    """A new tracing with all decisions but names, and what of them does not fit it any more."""
    told: list[Notice] = []
    ends = by_hand.ends
    for change in progress.over(ends, len(ends), "Doing again what was done by hand"):
        try:
            tree = changed(tree, change, lumen)
        except TracedAlready:
            continue
        except ViewerError as error:
            if change.kind == "removed" and not _runs_at(tree, change.at_lps):
                continue
            why = str(error).split(";")[0].split(", so ")[0] + "."
            place = change.to_lps or change.at_lps
            told.append(_notice(NOT_KEPT[change.kind].format(why=why.replace("..", ".")), place))
    if by_hand.root_lps is not None:
        end = nearest_end(tree, np.array(by_hand.root_lps))
        if end is None or np.linalg.norm(end.point_lps - by_hand.root_lps) > FAR_MM:
            told.append(_notice(ROOT_NOT_KEPT, by_hand.root_lps))
        else:
            tree = with_root(tree, end.point_lps)
    tree = with_invented(tree, by_hand.gaps)
    for gap in by_hand.gaps:
        if gap.accepted and not _through(tree, gap):
            told.append(_notice(GAP_NOT_KEPT, gap.middle_lps))
    for given in by_hand.names:
        if not any(_runs_at(tree, place) for place in given.places_lps):
            told.append(_notice(NAME_NOT_KEPT.format(name=given.name), given.places_lps[0]))
    return tree, tuple(told)


def named_by_hand(tree: VesselTree, names: Sequence[GivenName]) -> VesselTree:
    """The tree whose branches bear the names that a person gave to the places they run through.

    Where two names meet on a branch, the one of more places counts.
    """
    votes: list[dict[str, int]] = [{} for _ in tree.branches]
    for given in names:
        for place in given.places_lps:
            if _runs_at(tree, place):
                own = votes[nearest_branch(tree, np.array(place))[0]]
                own[given.name] = own.get(given.name, 0) + 1
    branches = tuple(
        replace(branch, name=max(own, key=lambda name: own[name])) if own else branch
        for branch, own in zip(tree.branches, votes, strict=True)
    )
    return replace(tree, branches=branches)


def name_for(tree: VesselTree, branch: int, name: str) -> GivenName:
    """The decision to call a branch by a name, at places all along it."""
    own = tree.branches[branch]
    count = max(1, round(own.length_mm / EVERY_MM))
    s = (np.arange(count) + 0.5) / count * own.length_mm
    places = np.column_stack([np.interp(s, own.s_mm, axis) for axis in own.points_lps.T])
    return GivenName(name, points_of(places))


def given_to(tree: VesselTree, branch: int, names: Sequence[GivenName]) -> GivenName | None:
    """The name that a person gave to a branch, if any did."""
    own = tree.branches[branch].name
    for given in names:
        if given.name == own and any(
            _runs_at(tree, place) and nearest_branch(tree, np.array(place))[0] == branch
            for place in given.places_lps
        ):
            return given
    return None


def with_invented(tree: VesselTree, gaps: Sequence[GapDecision]) -> VesselTree:
    """The tree with the stretches marked that run through gaps bridged with consent."""
    found: list[list[tuple[float, float]]] = [[] for _ in tree.branches]
    for gap in gaps:
        if gap.accepted:
            for number, stretches in _through(tree, gap).items():
                found[number] += stretches
    marked = tuple(
        branch if merged(own) == branch.invented else replace(branch, invented=merged(own))
        for branch, own in zip(tree.branches, found, strict=True)
    )
    return replace(tree, branches=marked)


def _through(tree: VesselTree, gap: GapDecision) -> dict[int, list[tuple[float, float]]]:
    """The stretches of the branches that run through a gap, of each that comes nearest to it."""
    path = np.array(gap.path_lps)
    way = path[-1] - path[0]
    far: dict[int, np.ndarray] = {}
    for number, branch in enumerate(tree.branches):
        along = (branch.points_lps - path[0]) @ way / max(float(way @ way), 1e-9)
        away = path_distance(branch.points_lps, path)
        beside = gap.radius_mm + branch.radius_mm + BESIDE_MM
        far[number] = np.where((along >= 0) & (along <= 1) & (away <= beside), away, np.inf)
    least = min((float(away.min()) for away in far.values()), default=np.inf)
    found = {}
    for number, away in far.items():
        if np.isfinite(least) and away.min() <= least + SAME_WAY_MM:
            found[number] = _runs(tree.branches[number], np.isfinite(away))
    return {number: stretches for number, stretches in found.items() if stretches}


def _runs(branch: Branch, inside: np.ndarray) -> list[tuple[float, float]]:
    """The stretches of a branch of which two or more points in a row are inside."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside, [0]])))
    return [
        (float(branch.s_mm[first]), float(branch.s_mm[stop - 1]))
        for first, stop in edges.reshape(-1, 2).tolist()
        if stop - first > 1
    ]


def _runs_at(tree: VesselTree, place_lps: Point) -> bool:
    """Whether a vessel of the tree runs through a place, or right beside it."""
    return bool(tree.branches) and nearest_branch(tree, np.array(place_lps))[2] <= BESIDE_MM


def _notice(text: str, place_lps: Point) -> Notice:
    numbers = dict(zip(PLACE, place_lps, strict=True))
    return Notice("by hand, not kept", "warning", text, numbers=numbers)
