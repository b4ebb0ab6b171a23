import threading
import time

import pytest

from tests.session.turns import Turns
from viewer.errors import ViewerError
from viewer.session.jobs import Job, Jobs


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def jobs(turns):
    jobs = Jobs(turns)
    yield jobs
    jobs.close()


def test_a_result_arrives_in_the_showing_thread(jobs, turns):
    seen = []
    job = jobs.start(
        "Count",
        lambda progress: threading.get_ident(),
        lambda worker: seen.append((worker, threading.get_ident())),
    )
    turns.until(lambda: job.over)
    assert job.state == "done"
    assert seen[0][0] != threading.get_ident()
    assert seen[0][1] == threading.get_ident()
    assert jobs.current is None


def test_progress_is_told_with_its_message(jobs, turns):
    told = []
    jobs.changed.connect(lambda job: told.append((job.fraction, job.message)))

    def work(progress):
        progress.at(0.25, "first half")
        progress.at(0.75, "second half")

    job = jobs.start("Work", work, lambda _: None)
    turns.until(lambda: job.over)
    assert (0.25, "first half") in told
    assert (0.75, "second half") in told


def test_cancel_ends_the_work_within_a_second_and_gives_no_result(jobs, turns):
    started, results = threading.Event(), []

    def work(progress):
        started.set()
        while True:
            progress.check()
            time.sleep(0.01)

    job = jobs.start("Endless", work, results.append)
    assert started.wait(5)
    begun = time.monotonic()
    job.cancel()
    turns.until(lambda: job.over)
    assert time.monotonic() - begun < 1.0
    assert job.state == "cancelled"
    assert job.sentence == "Endless was cancelled"
    assert results == []


def test_a_job_cancelled_while_it_waits_never_runs(jobs, turns):
    gate, ran = threading.Event(), []
    first = jobs.start("First", lambda _: gate.wait(5), lambda _: None)
    second = jobs.start("Second", lambda _: ran.append(1), lambda _: None)
    second.cancel()
    gate.set()
    turns.until(lambda: first.over and second.over)
    assert second.state == "cancelled"
    assert ran == []


def test_a_sentence_reaches_the_person_as_it_is(jobs, turns):
    told = []

    def work(_):
        raise ViewerError("The disk is full; nothing was lost: free some space.")

    job = jobs.start("Saving", work, lambda _: None, lambda text, error: told.append(text))
    turns.until(lambda: job.over)
    assert job.state == "failed"
    assert told == ["The disk is full; nothing was lost: free some space."]


def test_any_other_error_is_logged_and_told_kindly(jobs, turns, caplog):
    told = []
    job = jobs.start(
        "Segment", lambda _: 1 / 0, lambda _: None, lambda text, error: told.append(text)
    )
    turns.until(lambda: job.over)
    assert told == ["Segment failed; your case is unchanged."]
    assert "ZeroDivisionError" in caplog.text


def test_time_left_is_estimated_from_what_is_done(jobs, turns):
    gate = threading.Event()

    def work(progress):
        progress.at(0.5, "half")
        gate.wait(5)

    job = jobs.start("Half", work, lambda _: None)
    turns.until(lambda: job.message == "half")
    assert job.seconds_left is None
    job.started -= 10.0
    assert job.seconds_left == pytest.approx(10.0, abs=0.5)
    gate.set()
    turns.until(lambda: job.over)
    assert job.seconds_left is None


def test_a_slow_start_does_not_lengthen_what_is_left_for_long(monkeypatch):
    clock = iter([0.0, 20.0, 25.0, 30.0, 30.0])
    monkeypatch.setattr("viewer.session.jobs.time.monotonic", lambda: next(clock))
    job = Job("Slow at first", state="running")
    for fraction in (0.01, 0.2, 0.3, 0.4):  # the first fifth took as long as two others
        job.tell(fraction)
    assert job.seconds_left == pytest.approx(30.0), "not the 45 s of the mean since the start"
