"""Checking a restoration as a job of the session."""

import pytest

from tests.session.turns import Turns
from viewer.case.options import EnhanceOptions
from viewer.case.pipeline import advance
from viewer.session.session import Session


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def a_session(turns, a_case):
    session = Session(turns)
    case = advance(a_case, "enhance", EnhanceOptions("noise", "none", "plain"))
    session._begin(case, "phantom", None, saved=True)
    yield session
    session.close()


def test_the_check_is_taken_told_and_shown_and_can_be_undone(a_session, turns):
    job = a_session.check_restoration()
    turns.until(lambda: job.over)
    assert a_session.case.check is not None
    assert "Checked:" in a_session.messages[-1].text
    assert a_session.view.tint == "apart"
    assert a_session.history.undo_name == "Check"
    a_session.undo()
    assert a_session.case.check is None
    assert a_session.case.restored is not None


def test_a_cancelled_check_leaves_the_case_as_it_is(a_session, turns):
    before = a_session.case
    job = a_session.check_restoration()
    job.cancel()
    turns.until(lambda: job.over)
    assert job.state == "cancelled"
    assert a_session.case is before
    assert a_session.view.tint != "apart"
