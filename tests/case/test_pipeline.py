from dataclasses import replace
from threading import Event
from types import MappingProxyType

import numpy as np
import pytest

from viewer.case.case import Case
from viewer.case.options import TraceOptions
from viewer.case.pipeline import STEPS, advance, reconstruct, state, step_named
from viewer.errors import Notice, ViewerError
from viewer.geometry.tree import VesselTree
from viewer.progress import Cancelled, Progress


def test_a_step_gives_the_next_case_and_leaves_the_first_as_it_was(a_case):
    before = a_case.put("mask", a_case.mask)
    after = advance(before, "trace", TraceOptions(shortest_mm=10))
    assert before.tree is None
    assert after.tree is not None
    record = after.records_of("tree")[0]
    assert record.options == {"smoothing": 0.5, "shortest_mm": 10}
    assert set(record.of) == {"mask", "volume"}
    assert record.seconds > 0
    assert record.peak_bytes > 1e6
    assert record.versions["numpy"]


def test_states_follow_the_case(a_case):
    assert [state(Case(), step)[0] for step in STEPS] == ["blocked"] * len(STEPS)
    assert state(Case(), STEPS[0])[1] == "Open a scan first."
    only_volume = a_case.put("volume", a_case.volume)
    assert state(only_volume, step_named("suitability"))[0] == "ready"
    assert state(only_volume, step_named("trace")) == ("blocked", "Run Segment first.")
    assert state(a_case, step_named("trace"))[0] == "done"
    assert state(a_case, step_named("measure"))[0] == "ready"
    untraced = a_case.put("mask", a_case.mask)
    assert state(untraced, step_named("measure")) == ("blocked", "Run Trace first.")


def test_a_blocked_scan_says_why(a_case):
    told = (Notice("gap", "blocks", "Slices are missing."),)
    case = a_case.put("volume", a_case.volume, notices=told)
    case = case.put("suitability", a_case.suitability)
    assert state(case, step_named("segment")) == ("blocked", "Slices are missing.")
    with pytest.raises(ViewerError, match="Slices are missing"):
        advance(case, "segment")


def test_the_vessels_of_a_blocked_scan_are_not_measured(a_case):
    told = (Notice("gap", "blocks", "Slices are missing."),)
    case = replace(a_case, notices=MappingProxyType({"volume": told}))
    assert state(case, step_named("measure")) == ("blocked", "Slices are missing.")
    with pytest.raises(ViewerError, match="Slices are missing"):
        advance(case, "measure")


def test_measuring_tells_of_the_tree_and_goes_when_it_changes(a_case):
    measured = advance(a_case, "measure")
    assert measured.tree is a_case.tree
    audited = {each.name: each.found for each in measured.findings.audit}
    assert audited["left renal artery"]
    assert measured.findings.angles
    assert set(measured.records_of("findings")[0].of) == {"mask", "tree", "volume"}
    assert measured.put("tree", measured.tree).findings is None


def test_a_tree_without_branches_has_nothing_to_measure(a_case):
    case = a_case.put("tree", VesselTree((), np.zeros((0, 3))))
    assert advance(case, "measure").findings.vessels == ()


def test_a_missing_part_gets_a_sentence():
    with pytest.raises(ViewerError, match="needs the volume"):
        advance(Case(), "suitability")


def test_a_cancelled_step_raises(a_case):
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        advance(a_case, "trace", progress=Progress(cancel=cancel))


def test_the_main_job_tells_every_case_and_rising_progress(a_case):
    start = Case(series=a_case.series).put("volume", a_case.volume)
    told, cases = [], []
    end = reconstruct(
        start,
        Progress(lambda fraction, _: told.append(fraction)),
        each=lambda name, case: cases.append((name, case)),
    )
    assert [name for name, _ in cases] == [
        "suitability",
        "enhance",
        "segment",
        "trace",
        "measure",
    ]
    assert cases[-1][1] is end
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert end.measures


def test_without_enhancement_the_scan_itself_is_segmented(a_case):
    start = Case(series=a_case.series).put("volume", a_case.volume)
    end = reconstruct(start, enhance=False)
    assert end.restored is None
    assert end.mask is not None
    assert set(end.records_of("mask")[0].of) == {"volume"}
