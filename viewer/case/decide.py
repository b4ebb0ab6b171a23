"""What a person decides about the vessel tree, carried out at once and kept for every new one."""

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from viewer.case.case import Case
from viewer.geometry.by_hand import (
    ByHand,
    Change,
    EndChange,
    GapDecision,
    GivenName,
    RootSet,
    points_of,
    same_gap,
)
from viewer.provenance import Record, now, versions
from viewer.segment.bridges import Bridge, gap_of

if TYPE_CHECKING:
    import numpy as np

    from viewer.geometry.names_given import Named
    from viewer.geometry.retrace import Lumen
    from viewer.geometry.tree import Branch, VesselTree

SHAPES_TREE = (RootSet, EndChange, GivenName)
_names: "weakref.WeakKeyDictionary[VesselTree, tuple[Named, ...]]" = weakref.WeakKeyDictionary()
WORDS = {"added": "End added", "removed": "End deleted", "moved": "End dragged"}


def noted(case: Case, change: Change) -> Case:
    """The next case that knows of a decision; its tree stays as it is.

    A bridge that is refused is not proposed any more.
    """
    after = case.noted("by_hand", (case.by_hand or ByHand()).plus(change))
    if not isinstance(change, GapDecision) or change.accepted or case.bridges is None:
        return after
    record = Record("dismiss", "bridges", now(), versions=versions(), by="person")
    left = undecided(case.bridges, after)
    return after.put("bridges", left, *case.records_of("bridges"), record)


def decide(case: Case, change: Change) -> Case:
    """The next case with a decision and, where it concerns the tree, the tree that it makes.

    All other branches keep their points, and what was measured of the mask alone is kept. Raises
    `ViewerError` where the decision cannot be carried out.
    """
    after = noted(case, change)
    tree, mask, surface = case.tree, case.mask, case.surface
    if tree is None or mask is None or not isinstance(change, SHAPES_TREE):
        return after
    from viewer.geometry.measure import measures
    from viewer.geometry.redone import changed
    from viewer.geometry.surface import recolored

    next_tree = named(changed(tree, change, lumen_of(case)), after)
    record = _record(change)
    told = case.notices.get("tree", ())
    after = after.put("tree", next_tree, *case.records_of("tree"), record, notices=told)
    if surface is not None:
        shown = recolored(surface, tree, next_tree)
        after = after.put("surface", shown, *case.records_of("surface"))
    if case.measures is not None:
        scan = case.volume.grid if case.volume is not None else None
        made = measures(next_tree, mask, scan=scan, before=case.measures)
        after = after.put("measures", made, *case.records_of("measures"))
    return after


def about(bridge: Bridge, case: Case, *, accepted: bool) -> GapDecision:
    """The decision about a proposed bridge of a case."""
    if case.mask is None:
        raise ValueError("a case without vessels has no bridges")
    return GapDecision(accepted, points_of(gap_of(bridge, case.mask)), bridge.radius_mm)


def undecided(bridges: Iterable[Bridge], case: Case) -> tuple[Bridge, ...]:
    """The proposed bridges but those that a person refused before."""
    refused = [gap for gap in (case.by_hand or ByHand()).gaps if not gap.accepted]
    return tuple(
        bridge for bridge in bridges if not any(same_gap(gap, bridge.middle_lps) for gap in refused)
    )


def named(tree: "VesselTree", case: Case) -> "VesselTree":
    """A tree of a case with the names that the program and the person give its vessels."""
    from viewer.geometry.names import name_vessels, renamed
    from viewer.geometry.redone import named_by_hand, with_invented

    by_hand = case.by_hand or ByHand()
    grid = case.mask.grid if case.mask is not None else None
    tree = renamed(tree, name_vessels(tree, grid))
    return named_by_hand(with_invented(tree, by_hand.gaps), by_hand.names)


def program_name(case: Case, branch: int) -> str:
    """What the program calls a branch, whatever a person named it."""
    return _longest_name(case, branch)[0]


def name_told(case: Case, branch: int) -> str:
    """Who named a branch, how sure that is, and from what it was read."""
    from viewer.geometry.redone import given_to

    if case.tree is None:
        return ""
    if given_to(case.tree, branch, (case.by_hand or ByHand()).names) is not None:
        return "Named by hand."
    name, sure, reason = _longest_name(case, branch)
    if not name:
        return f"No name: {reason}." if reason else "No name."
    return f"Named by the program, {sure:.0%} sure: {reason}.".replace("%", " %")


def _longest_name(case: Case, branch: int) -> tuple[str, float, str]:
    """The name that the program gives most of a branch, how sure it is and why."""
    from viewer.geometry.names import name_vessels

    if case.tree is None:
        return "", 0.0, ""
    if case.tree not in _names:
        grid = case.mask.grid if case.mask is not None else None
        _names[case.tree] = name_vessels(case.tree, grid)
    own = [each for each in _names[case.tree] if each.branch == branch]
    best = max(own, key=lambda each: (each.name != "", each.to_mm - each.from_mm), default=None)
    return (best.name, best.confidence, best.reason) if best is not None else ("", 0.0, "")


def lumen_of(case: Case) -> "Lumen":
    """What the vessels of a case are traced in."""
    from viewer.geometry.centerline import USUAL_NOISE_HU
    from viewer.geometry.retrace import Lumen

    noise_hu = case.suitability.noise_hu if case.suitability is not None else USUAL_NOISE_HU
    if case.mask is None:
        raise ValueError("a case without vessels has no lumen")
    return Lumen(case.mask, case.volume, noise_hu)


def way_to(case: Case, point_lps: "np.ndarray") -> "Branch":
    """The branch that an end added at a point would end. Raises `ViewerError` as `decide` does."""
    from viewer.geometry.ends import nearest_end
    from viewer.geometry.retrace import with_end

    if case.tree is None:
        raise ValueError("a case without a tree has no ways")
    tree = with_end(case.tree, point_lps, lumen_of(case))
    end = nearest_end(tree, point_lps)
    if end is None:
        raise ValueError("a tree without ends")
    return tree.branches[end.branch]


def words_for(before: Case, after: Case, change: Change) -> str:
    """A decision in a few words, with the name of the vessel."""
    match change:
        case RootSet():
            return "Root set"
        case EndChange():
            case_with = before if change.kind == "removed" else after
            name = _vessel_at(case_with, change.to_lps or change.at_lps)
            link = {"added": "to", "removed": "of", "moved": "of"}[change.kind]
            return f"{WORDS[change.kind]} {link} the {name}" if name else WORDS[change.kind]
        case GivenName():
            return f"Named {change.name}" if change.name else "Name taken back"
        case GapDecision():
            return "Bridge accepted" if change.accepted else "Bridge dismissed"
    return "Flags placed"


def _vessel_at(case: Case, point_lps: Any) -> str:
    """The name of the vessel at a point."""
    from viewer.geometry.branches import nearest_branch

    if case.tree is None or not case.tree.branches:
        return ""
    return case.tree.branches[nearest_branch(case.tree, point_lps)[0]].name


def _record(change: Change) -> Record:
    what = WORDS[change.kind] if isinstance(change, EndChange) else type(change).__name__
    options = {"decision": what}
    return Record("by hand", "tree", now(), options=options, versions=versions(), by="person")
