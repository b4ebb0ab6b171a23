"""What an edit made void is traced and measured again behind it."""

import numpy as np

from tests.session.test_session import a_session, an_open_session, turns  # noqa: F401
from viewer.geometry.by_hand import EndChange, point_of
from viewer.geometry.ends import free_ends
from viewer.segment import edit as edits


def idle(session):
    return session.jobs.current is None


def measured(session, turns):  # noqa: F811
    session.run("measure")
    turns.until(lambda: idle(session))
    assert session.case.findings is not None
    return session.case


def test_an_edit_of_the_map_is_measured_again_and_undone_at_once(an_open_session, turns):  # noqa: F811
    session = an_open_session
    before = measured(session, turns)
    middle = before.tree.branches[0].points_lps[5]
    session.edit("Erase", lambda case, _: edits.erase(case.mask, middle[None], 6.0, None))
    turns.until(lambda: idle(session) and session.case.findings is not None)
    after = session.case
    assert after.tree is not before.tree
    assert after.findings is not before.findings
    session.undo()
    np.testing.assert_array_equal(session.case.mask.labels, before.mask.labels)
    assert session.case.findings is before.findings
    session.redo()
    assert session.case.findings is after.findings


def test_an_end_deleted_by_hand_is_measured_again(an_open_session, turns):  # noqa: F811
    session = an_open_session
    before = measured(session, turns)
    tip = next(end for end in free_ends(before.tree) if not end.is_root)
    session.edit_tree("Delete", EndChange("removed", point_of(tip.point_lps)))
    turns.until(lambda: idle(session) and session.case.findings is not None)
    assert session.case.findings is not before.findings
    session.undo()
    assert session.case.tree is before.tree
    assert session.case.findings is before.findings


def test_what_was_never_measured_is_not_measured_behind_an_edit(an_open_session, turns):  # noqa: F811
    session = an_open_session
    tip = next(end for end in free_ends(session.case.tree) if not end.is_root)
    session.edit_tree("Delete", EndChange("removed", point_of(tip.point_lps)))
    turns.until(lambda: idle(session))
    assert session.case.findings is None


def test_another_edit_stops_what_is_done_behind_the_first(an_open_session, turns):  # noqa: F811
    session = an_open_session
    before = measured(session, turns)
    tips = [end for end in free_ends(before.tree) if not end.is_root]
    session.edit_tree("Delete", EndChange("removed", point_of(tips[0].point_lps)))
    turns.until(lambda: session.case.tree is not before.tree)
    assert session.may_edit
    middle = before.tree.branches[0].points_lps[5]
    session.edit("Erase", lambda case, _: edits.erase(case.mask, middle[None], 3.0, None))
    turns.until(lambda: idle(session) and session.case.findings is not None)
    assert session.case.mask is not before.mask
    session.undo()
    session.undo()
    assert session.case.tree is before.tree
    assert session.case.findings is before.findings
