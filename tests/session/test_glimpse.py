"""The place at which Enhance is tried: asked beside all jobs, and nothing is changed by it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.session.turns import Turns
from viewer.case.case import Case
from viewer.case.options import EnhanceOptions
from viewer.session.session import Session

DOWN = (0.0, 0.0, 1.0)
PLAIN = EnhanceOptions("exact", "none", "plain")


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def a_session(turns, a_case):
    session = Session(turns)
    case = Case(series=a_case.series).put("volume", a_case.volume)
    session._begin(case, "phantom", None, saved=True)
    yield session
    session.close()


@pytest.fixture
def at(a_volume):
    return tuple(float(mm) for mm in a_volume.grid.center_lps)


@pytest.fixture
def told(a_session):
    words = []
    a_session.looking.changed.connect(lambda glimpse, said: words.append((glimpse, said)))
    return words


def test_a_box_is_shown_beside_the_case_which_stays(a_session, turns, at, told):
    before, looking = a_session.case, a_session.looking
    looking.ask(at, DOWN, PLAIN)
    assert told[-1][1].startswith("Measuring the scan")
    turns.until(lambda: looking.shown is not None)
    assert a_session.case is before
    assert a_session.jobs.current is None
    assert told[-1] == (looking.shown, ": ".join(looking.shown.words))
    assert looking.answers(at)
    assert looking.answers((at[0] + 10, at[1], at[2]))
    assert not looking.answers((at[0] + 40, at[1], at[2]))
    looking.ask(at, DOWN, PLAIN)
    assert told[-1][1].startswith("Working out"), "the scan is known now"


def test_the_last_question_is_answered(a_session, turns, at):
    looking = a_session.looking
    looking.ask(at, DOWN, PLAIN)
    looking.ask(at, DOWN, replace(PLAIN, divide="slices"))
    turns.until(lambda: looking.shown is not None)
    assert looking.shown.volume.grid.spacing_mm[0] == pytest.approx(0.75)


def test_what_is_forgotten_is_not_shown(a_session, turns, at, told):
    looking = a_session.looking
    looking.ask(at, DOWN, PLAIN)
    looking.forget("so")
    assert told[-1] == (None, "so")
    done = []
    a_session.previews.start("After it", lambda progress: None, done.append)
    turns.until(lambda: done)
    assert looking.shown is None
    count = len(told)
    looking.forget()
    assert len(told) == count, "nothing to tell twice"


def test_another_case_takes_the_box_away(a_session, turns, at):
    looking = a_session.looking
    looking.ask(at, DOWN, PLAIN)
    turns.until(lambda: looking.shown is not None)
    a_session.close_case()
    assert looking.shown is None


def test_what_cannot_be_restored_is_told_why(a_session, turns, at, told, a_case):
    series = replace(a_case.series, modality="MR")
    a_session._begin(Case(series=series).put("volume", a_case.volume), "MR", None, saved=True)
    costs = []
    a_session.looking.costed.connect(costs.append)
    a_session.looking.ask(at, DOWN, PLAIN)
    a_session.looking.ask_cost(PLAIN)
    turns.until(lambda: costs)
    assert "modality MR" in told[-1][1]
    assert "modality MR" in costs[0].refusal


def test_the_cost_of_the_last_options_is_told(a_session, turns):
    costs = []
    a_session.looking.costed.connect(costs.append)
    a_session.looking.ask_cost(PLAIN)
    a_session.looking.ask_cost(replace(PLAIN, divide="all"))
    turns.until(lambda: costs)
    assert len(costs) == 1
    assert costs[0].shape == tuple(np.multiply(a_session.case.volume.grid.shape, 2))
