"""What an edit would change is worked out beside all jobs, and nothing is changed by it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.session.turns import Turns
from viewer.errors import ViewerError
from viewer.segment import edit as edits
from viewer.segment.edit import LOST
from viewer.session.session import Session


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def a_session(turns, a_case):
    session = Session(turns)
    session._begin(a_case, "phantom", None, saved=True)
    yield session
    session.close()


@pytest.fixture
def a_place(a_tree):
    return a_tree.branches[0].points_lps[5]


def wipe(point):
    return lambda case, progress: edits.erase(case.mask, point[None], 6.0)


def test_a_preview_tells_what_would_change_and_taking_it_changes_that(a_session, turns, a_place):
    told = []
    a_session.previewed.connect(lambda preview, words: told.append((preview, words)))
    before = a_session.case
    a_session.ask_preview("erase", a_place, wipe(a_place))
    turns.until(lambda: a_session.preview is not None)
    preview = a_session.preview
    assert a_session.case is before
    assert a_session.jobs.current is None
    assert told[-1] == (preview, f"Click or Enter: {preview.words}")
    assert preview.answers("erase", a_place + 0.5)
    assert not preview.answers("erase", a_place + 5)
    assert not preview.answers("paint", a_place)
    lost_ml = np.count_nonzero(preview.change == LOST) * preview.grid.voxel_mm3 / 1000
    assert preview.words.endswith(f"{lost_ml:.1f} ml")
    np.testing.assert_allclose(preview.grid.center_lps, a_place, atol=3)
    a_session.take_preview()
    turns.until(lambda: a_session.case is not before)
    assert a_session.preview is None
    assert a_session.history.undo_name.lower() == preview.words
    assert before.mask.volume_ml(1) - a_session.case.mask.volume_ml(1) == pytest.approx(
        lost_ml, abs=0.01
    )


def test_a_branch_with_a_name_is_told_where_the_change_is(a_session, turns, a_place, a_tree):
    a_session._show(replace(a_session.case, tree=a_tree))
    name = a_tree.branches[0].name
    a_session.ask_preview("erase", a_place, wipe(a_place))
    turns.until(lambda: a_session.preview is not None)
    assert name
    assert a_session.preview.words.startswith(f"erase at {name}, ")


def test_a_preview_that_was_forgotten_or_is_of_an_older_case_is_never_shown(
    a_session, turns, a_place, a_case
):
    a_session.ask_preview("erase", a_place, wipe(a_place))
    forgotten = a_session._asked
    a_session.forget_preview()
    turns.until(lambda: forgotten.over)
    assert a_session.preview is None
    a_session.ask_preview("erase", a_place, wipe(a_place))
    older = a_session._asked
    a_session._show(a_case.put("mask", a_case.mask))
    turns.until(lambda: older.over)
    assert a_session.preview is None


def test_why_a_click_would_be_refused_is_told_and_not_kept_as_a_message(a_session, turns, a_place):
    told = []
    a_session.previewed.connect(lambda preview, words: told.append((preview, words)))

    def refuse(case, progress):
        raise ViewerError("There is nothing; nothing was changed.")

    a_session.ask_preview("grow", a_place, refuse)
    turns.until(lambda: told != [])
    assert told == [(None, "There is nothing")]
    assert a_session.messages == []
