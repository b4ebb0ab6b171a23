"""What a person decided about a tree outlasts a new tracing, or its loss is told."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tests.geometry.test_retrace import lumen_of, tips, traced
from viewer.errors import ViewerError
from viewer.geometry.by_hand import (
    ByHand,
    EndChange,
    GapDecision,
    GivenName,
    PlacedFlags,
    RootSet,
    point_of,
    points_of,
)
from viewer.geometry.redone import changed, given_to, name_for, named_by_hand, redone
from viewer.phantom import vessels
from viewer.progress import silent
from viewer.segment.mask import VesselMask


@pytest.fixture(scope="module")
def a_lumen():
    return lumen_of(vessels.three_generations())


@pytest.fixture(scope="module")
def a_tree(a_lumen):
    return traced(a_lumen)


@pytest.fixture
def decisions(a_tree):
    """An end deleted, added again, one dragged, and another root."""
    first, second, third, _ = tips(a_tree)
    branch = a_tree.branches[second.branch]
    middle = branch.points_lps[len(branch.points_lps) // 2]
    return [
        EndChange("removed", point_of(first.point_lps)),
        EndChange("moved", point_of(second.point_lps), point_of(middle)),
        EndChange("added", point_of(first.point_lps)),
        EndChange("removed", point_of(third.point_lps)),
        RootSet(point_of(middle)),
    ]


def test_one_by_one_or_all_on_a_new_tracing_is_the_same(a_tree, a_lumen, decisions):
    step_by_step, by_hand = a_tree, ByHand()
    for change in decisions:
        step_by_step = changed(step_by_step, change, a_lumen)
        by_hand = by_hand.plus(change)
    at_once, told = redone(traced(a_lumen), by_hand, a_lumen, silent())
    assert told == ()
    assert len(at_once.branches) == len(step_by_step.branches) == 5
    for one, other in zip(at_once.branches, step_by_step.branches, strict=True):
        np.testing.assert_allclose(one.points_lps, other.points_lps, atol=1e-6)
        assert one.parent == other.parent


def test_on_another_mask_it_is_the_same_to_a_tolerance(a_tree, a_lumen, decisions):
    by_hand = ByHand()
    for change in decisions:
        by_hand = by_hand.plus(change)
    labels = a_lumen.mask.labels | np.roll(a_lumen.mask.labels, 1, axis=0)
    lumen = replace(a_lumen, mask=VesselMask(labels, a_lumen.mask.grid))
    one, _ = redone(a_tree, by_hand, a_lumen, silent())
    other, told = redone(traced(lumen), by_hand, lumen, silent())
    assert told == ()
    assert len(other.branches) == len(one.branches)
    far = cKDTree(one.points_lps).query(other.points_lps)[0]
    assert far.mean() < 0.3
    assert np.linalg.norm(one.branches[0].points_lps[0] - other.branches[0].points_lps[0]) < 1.5


def test_what_does_not_fit_any_more_is_told_with_its_place(a_tree, a_lumen):
    kept = tips(a_tree)[1]
    by_hand = ByHand(
        root_lps=(900.0, 0.0, 0.0),
        ends=(
            EndChange("added", (0.0, 300.0, 0.0)),
            EndChange("moved", point_of(kept.point_lps), (0.0, 0.0, 400.0)),
            EndChange("removed", (0.0, 0.0, 500.0)),
        ),
        names=(GivenName("left renal artery", ((0.0, 0.0, 300.0),)),),
        gaps=(GapDecision(True, ((0, 0, 200.0), (0, 0, 210.0)), 2.0),),
    )
    found, told = redone(a_tree, by_hand, a_lumen, silent())
    assert len(found.branches) == 7
    assert [notice.severity for notice in told] == ["warning"] * 5
    assert [notice.point_lps for notice in told] == [
        (0.0, 300.0, 0.0),
        (0.0, 0.0, 400.0),
        (900.0, 0.0, 0.0),
        (0.0, 0.0, 210.0),
        (0.0, 0.0, 300.0),
    ]
    assert all(".." not in notice.text and notice.text.endswith(".") for notice in told)
    assert "no artery in the map" in told[0].text


def test_an_end_that_a_new_tracing_finds_by_itself_is_not_added_twice(a_tree, a_lumen):
    end = tips(a_tree)[0]
    inside = a_tree.branches[end.branch].points_lps[-5]
    by_hand = ByHand().plus(EndChange("added", point_of(inside)))
    found, told = redone(a_tree, by_hand, a_lumen, silent())
    assert told == ()
    assert len(found.branches) == 7


def test_no_end_is_deleted_where_none_is(a_tree, a_lumen):
    with pytest.raises(ViewerError, match="No end of a vessel"):
        changed(a_tree, EndChange("removed", (0.0, 0.0, 400.0)), a_lumen)


def test_a_given_name_stays_with_its_vessel_when_that_is_cut(a_tree, a_lumen):
    end = tips(a_tree)[0]
    less = changed(a_tree, EndChange("removed", point_of(end.point_lps)), a_lumen)
    long = max(range(len(less.branches)), key=lambda n: less.branches[n].length_mm)
    by_hand = ByHand().plus(name_for(less, long, "splenic artery"))
    assert named_by_hand(less, by_hand.names).branches[long].name == "splenic artery"
    again = changed(less, EndChange("added", point_of(end.point_lps)), a_lumen)
    named = named_by_hand(again, by_hand.names)
    own = [n for n, branch in enumerate(named.branches) if branch.name == "splenic artery"]
    assert sum(named.branches[n].length_mm for n in own) == pytest.approx(
        less.branches[long].length_mm, rel=0.01
    )
    assert given_to(named, own[0], by_hand.names) is by_hand.names[0]
    other = next(n for n in range(len(named.branches)) if n not in own)
    assert given_to(named, other, by_hand.names) is None


def test_a_name_is_given_anew_or_taken_back(a_tree):
    by_hand = ByHand().plus(name_for(a_tree, 1, "celiac trunk"))
    by_hand = by_hand.plus(name_for(a_tree, 2, "splenic artery"))
    by_hand = by_hand.plus(name_for(a_tree, 1, "hepatic artery"))
    assert [given.name for given in by_hand.names] == ["splenic artery", "hepatic artery"]
    by_hand = by_hand.plus(name_for(a_tree, 2, ""))
    assert [given.name for given in by_hand.names] == ["hepatic artery"]


def test_a_gap_is_decided_once():
    path = points_of(np.column_stack([np.zeros(9), np.zeros(9), np.arange(9.0)]))
    by_hand = ByHand().plus(GapDecision(False, path, 2.0)).plus(GapDecision(True, path, 2.0))
    assert [gap.accepted for gap in by_hand.gaps] == [True]


def test_flags_of_one_vessel_give_way_to_its_next_ones():
    first = PlacedFlags("", ((0, 0, 0), (0, 0, 20), (0, 0, 40)), ("minimum",))
    dragged = PlacedFlags("renal", ((0, 0, 0), (0, 0, 25), (0, 0, 40)), ("minimum",))
    elsewhere = PlacedFlags("", ((50, 0, 0), (50, 0, 20), (50, 0, 40)), ())
    by_hand = ByHand().plus(first).plus(elsewhere).plus(dragged)
    assert by_hand.flags == (elsewhere, dragged)


def test_a_bridged_gap_is_marked_where_the_tree_runs_through_it():
    truth = vessels.straight_tube(60, 3)
    lumen = lumen_of(truth)
    tree = traced(lumen)
    z = np.linspace(-5, 5, 15)
    path = points_of(np.column_stack([0 * z, 0 * z, z]))
    bridged = ByHand().plus(GapDecision(True, path, 3.0))
    found, told = redone(tree, bridged, lumen, silent())
    assert told == ()
    (low, high), *more = found.branches[0].invented
    assert not more
    assert high - low == pytest.approx(10.0, abs=1.6)
    at = np.interp([low, high], found.branches[0].s_mm, found.branches[0].points_lps[:, 2])
    np.testing.assert_allclose(np.sort(at), [-5, 5], atol=0.8)
    refused, told = redone(tree, ByHand().plus(GapDecision(False, path, 3.0)), lumen, silent())
    assert told == ()
    assert refused.branches[0].invented == ()
