import numpy as np
import pytest

from tests.session.turns import Turns
from viewer.case.case import Case
from viewer.case.options import TraceOptions
from viewer.case.source import Source
from viewer.case.store import save_case
from viewer.dicom.series import Series
from viewer.errors import Notice
from viewer.geometry.drawn import Drawing
from viewer.geometry.drawn_numbers import measured
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
    assert a_session.case.restored is not None, "what was worked out stays"


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
    assert names == ["Measure", "Trace", "Segment", "Enhance", "Suitable"]
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


def drawn(case, name="D1"):
    """A distance in the middle of a case's scan."""
    middle = case.volume.grid.center_lps
    ends = (tuple(middle), tuple(middle + np.array((20.0, 0.0, 0.0))))
    return measured(Drawing("distance", name, ends), case.volume)


def test_a_drawing_made_while_a_job_runs_is_kept_with_the_jobs_result(an_open_session, turns):
    session = an_open_session
    before = session.case
    job = session.run("trace")
    one = drawn(before)
    session.note("Distance 20.0 mm", "drawings", (one,))
    turns.until(lambda: job.over)
    assert session.case.tree is not before.tree, "the result was taken"
    assert session.case.drawings == (one,)
    session.undo()
    assert session.case.tree is before.tree
    assert session.case.drawings == (one,)
    assert session.history.undo_name == "Distance 20.0 mm"
    session.undo()
    assert session.case.drawings is None
    session.redo()
    session.redo()
    assert session.case.drawings == (one,)
    assert session.case.tree is not before.tree


def test_the_main_job_goes_on_while_a_person_draws_and_undoes(a_session, turns, a_volume):
    session = a_session
    session._show(Case().put("volume", a_volume))
    job = session.run_all()
    one = drawn(session.case)
    session.note("Distance 20.0 mm", "drawings", (one,))
    turns.until(lambda: session.case.suitability is not None)
    two = drawn(session.case, "D2")
    session.note("Distance 20.0 mm", "drawings", (one, two))
    session.undo()
    turns.until(lambda: job.over)
    assert job.state == "done", job.sentence
    assert session.case.measures is not None
    assert session.case.drawings == (one,)
    assert session.case.volume is a_volume


def test_a_drawing_made_while_an_edit_is_traced_outlives_both(an_open_session, turns):
    session = an_open_session
    before = session.case
    middle = before.tree.branches[0].points_lps[5]
    job = session.edit("Erase", lambda c, p: edits.erase(c.mask, middle[None], 6.0, None))
    session.note("Distance 20.0 mm", "drawings", (drawn(before),))
    turns.until(lambda: job.over)
    assert session.case.mask is not before.mask
    session.note("Distance 20.0 mm", "drawings", (*session.case.drawings, drawn(before, "D2")))
    turns.until(lambda: session.jobs.current is None)
    assert session.case.tree is not None
    assert [each.name for each in session.case.drawings] == ["D1", "D2"]
    traced = session.case.tree
    session.undo()
    assert session.case.tree is traced
    assert [each.name for each in session.case.drawings] == ["D1"]
    session.undo()
    assert session.case.tree is before.tree
    session.redo()
    assert session.case.tree is traced, "the edit's tree belongs to the edit"
