"""A person's decisions about the tree in a session: one step each to undo."""

import numpy as np
import pytest

from tests.session.test_session import a_session, an_open_session, turns  # noqa: F401
from viewer.geometry.by_hand import EndChange, PlacedFlags, RootSet, point_of
from viewer.geometry.ends import free_ends


@pytest.fixture
def a_tip(an_open_session):  # noqa: F811
    return next(end for end in free_ends(an_open_session.case.tree) if not end.is_root)


def test_a_deleted_end_is_one_step_to_undo(an_open_session, turns, a_tip):  # noqa: F811
    session, before = an_open_session, an_open_session.case
    job = session.edit_tree("Delete", EndChange("removed", point_of(a_tip.point_lps)))
    turns.until(lambda: job.over)
    after = session.case
    assert len(after.tree.branches) < len(before.tree.branches)
    assert len(after.by_hand.ends) == 1
    assert session.history.undo_name.startswith("End deleted")
    session.undo()
    assert session.case.tree is before.tree
    assert session.case.by_hand is None
    session.redo()
    assert session.case.tree is after.tree
    assert session.case.by_hand == after.by_hand


def test_a_refusal_is_a_sentence_and_changes_nothing(an_open_session, turns):  # noqa: F811
    before = an_open_session.case
    job = an_open_session.edit_tree("Add", EndChange("added", (0.0, 0.0, 900.0)))
    turns.until(lambda: job.over)
    assert an_open_session.case is before
    assert an_open_session.messages[-1].kind == "caution"
    assert "add the vessel to the map first" in an_open_session.messages[-1].text
    assert an_open_session.history.undo_name == ""


def test_flags_noted_meanwhile_are_kept(an_open_session, turns, a_tip):  # noqa: F811
    session = an_open_session
    flags = PlacedFlags("", ((0, 0, 0), (0, 0, 1), (0, 0, 2)), ("minimum",))
    job = session.edit_tree("Root", RootSet(point_of(a_tip.point_lps)))
    session.decide(flags)
    turns.until(lambda: job.over)
    assert session.case.by_hand.flags == (flags,)
    assert session.case.by_hand.root_lps == point_of(a_tip.point_lps)
    np.testing.assert_allclose(
        session.case.tree.branches[0].points_lps[0], a_tip.point_lps, atol=1e-9
    )
    session.undo()
    assert session.case.by_hand.flags == (flags,)
    session.undo()
    assert session.case.by_hand is None
