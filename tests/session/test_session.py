import numpy as np
import pytest

from tests.session.turns import Turns
from viewer.case.case import Case
from viewer.case.options import TraceOptions
from viewer.case.source import Source
from viewer.case.store import save_case
from viewer.dicom.series import Series
from viewer.errors import Notice
from viewer.segment import edit as edits
from viewer.session.session import Session


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def a_session(turns, tmp_path):
    session = Session(turns, tmp_path / "settings.toml")
    yield session
    session.close()


@pytest.fixture
def an_open_session(a_session, turns, a_case, tmp_path):
    save_case(a_case, tmp_path / "case")
    job = a_session.find(tmp_path / "case")
    turns.until(lambda: job.over)
    assert job.state == "done", job.sentence
    return a_session


def test_opening_tells_before_and_after(a_session, turns, a_case, tmp_path):
    seen = []
    a_session.case_changed.connect(lambda before, after: seen.append((before, after)))
    save_case(a_case, tmp_path / "case")
    job = a_session.find(tmp_path / "case")
    turns.until(lambda: job.over)
    assert len(seen) == 1
    assert seen[0][0].volume is None
    assert seen[0][1] is a_session.case
    assert a_session.place == tmp_path / "case"
    assert not a_session.unsaved
    assert a_session.settings.recent == (str(tmp_path / "case"),)


def test_a_bad_path_leaves_the_open_case_as_it_is(an_open_session, turns, tmp_path):
    before = an_open_session.case
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("text")
    job = an_open_session.find(tmp_path / "texts")
    turns.until(lambda: job.over)
    assert job.state == "failed"
    assert an_open_session.case is before
    assert "No DICOM" in an_open_session.messages[-1].text


def test_a_result_made_from_an_older_case_is_refused(an_open_session, turns, a_case):
    session = an_open_session
    job = session.run("trace")
    session._show(session.case.put("mask", a_case.mask))
    now = session.case
    turns.until(lambda: job.over)
    assert session.case is now
    assert "changed meanwhile" in session.messages[-1].text


def test_an_edit_traces_again_and_one_undo_brings_all_back(an_open_session, turns):
    session = an_open_session
    before = session.case
    middle = before.tree.branches[0].points_lps[5]

    def wipe(case, progress):
        return edits.erase(case.mask, middle[None], 6.0, None)

    job = session.edit("Erase", wipe)
    turns.until(lambda: job.over and session.jobs.current is None)
    after = session.case
    assert after.mask.volume_ml(1) < before.mask.volume_ml(1)
    assert after.tree is not None
    assert after.tree is not before.tree
    assert after.records_of("mask")[-1].by == "person"
    session.undo()
    np.testing.assert_array_equal(session.case.mask.labels, before.mask.labels)
    assert session.case.tree is before.tree
    session.redo()
    np.testing.assert_array_equal(session.case.mask.labels, after.mask.labels)
    assert session.case.tree is after.tree


def test_a_failed_step_keeps_its_sentence_for_the_panel(a_session, turns, a_volume):
    rng = np.random.default_rng(0)
    plain = type(a_volume)(rng.normal(40, 10, a_volume.grid.shape).astype(np.int16), a_volume.grid)
    a_session._show(Case().put("volume", plain))
    job = a_session.run_all()
    turns.until(lambda: job.over)
    assert job.state == "failed"
    assert "contrast" in a_session.failed["segment"]
    assert a_session.case.enhanced is not None, "what was worked out stays"


def test_the_main_job_is_undone_step_by_step(a_session, turns, a_volume):
    a_session._show(Case().put("volume", a_volume))
    job = a_session.run_all()
    turns.until(lambda: job.over)
    assert job.state == "done", job.sentence
    assert a_session.case.measures is not None
    names = []
    while a_session.history.undo_name:
        names.append(a_session.history.undo_name)
        a_session.undo()
    assert names == ["Trace", "Segment", "Enhance", "Suitable"]
    assert a_session.case.suitability is None


def test_saving_makes_the_case_saved(an_open_session, turns, a_case, tmp_path):
    session = an_open_session
    session._show(session.case.put("mask", a_case.mask))
    assert session.unsaved
    job = session.save(tmp_path / "other", overwrite=False, picture=None)
    turns.until(lambda: job.over)
    assert not session.unsaved
    assert session.place == tmp_path / "other"


def test_closing_shows_an_empty_case(an_open_session):
    an_open_session.close_case()
    assert an_open_session.case.volume is None
    assert an_open_session.history.undo_name == ""


def test_an_edit_is_traced_with_the_options_used_before(an_open_session, turns):
    session = an_open_session
    job = session.run("trace", TraceOptions(shortest_mm=12))
    turns.until(lambda: job.over)
    middle = session.case.tree.branches[0].points_lps[5]
    session.edit("Erase", lambda case, _: edits.erase(case.mask, middle[None], 6.0, None))
    turns.until(lambda: session.jobs.current is None)
    assert session.case.records_of("tree")[-1].options["shortest_mm"] == 12


def test_a_folder_without_a_readable_series_says_why(a_session, turns, tmp_path, monkeypatch):
    told = (Notice("refused", "blocks", "This is an MR series; Angioscape reads CT."),)
    source = Source(tmp_path, "dicom", (Series("1", (), None, notices=told),))
    monkeypatch.setattr("viewer.session.session.find_source", lambda path, progress: source)
    asked = []
    a_session.found.connect(asked.append)
    job = a_session.find(tmp_path)
    turns.until(lambda: job.over)
    assert asked == []
    assert a_session.messages[-1].text == "This is an MR series; Angioscape reads CT."
