import numpy as np
import pytest

from viewer.provenance import Record
from viewer.segment.mask import VesselMask
from viewer.session.history import History

RECORD = Record("edit", "mask", "2026-01-01T00:00:00+00:00", by="person")
BOX = ((2, 5), (3, 8), (4, 9))


@pytest.fixture
def an_edit(a_case):
    labels = a_case.mask.labels.copy()
    labels[2:5, 3:8, 4:9] = 3
    return a_case, a_case.edit_mask(VesselMask(labels, a_case.mask.grid), RECORD)


def test_undo_gives_the_very_case_back(a_case):
    history = History()
    after = a_case.put("mask", a_case.mask)
    history.push("Segment", a_case, after)
    assert history.undo_name == "Segment"
    assert history.undo(after) is a_case
    assert history.redo_name == "Segment"
    assert history.redo(a_case) is after


def test_an_edit_keeps_only_its_box(an_edit):
    before, after = an_edit
    history = History()
    history.push("Paint", before, after, BOX)
    undone = history.undo(after)
    np.testing.assert_array_equal(undone.mask.labels, before.mask.labels)
    assert undone.tree is before.tree
    redone = history.redo(undone)
    np.testing.assert_array_equal(redone.mask.labels, after.mask.labels)
    assert redone.records_of("mask")[-1] is RECORD


def test_a_new_change_ends_what_could_be_redone(an_edit):
    before, after = an_edit
    history = History()
    history.push("Paint", before, after, BOX)
    history.undo(after)
    history.push("Erase", before, after, BOX)
    assert history.redo_name == ""


def test_the_oldest_changes_go_when_the_budget_is_spent(a_case):
    each = a_case.mask.labels.nbytes
    history = History(budget_bytes=3 * each + 1000)
    case = a_case.put("mask", a_case.mask)
    for number in range(6):
        labels = case.mask.labels.copy()
        after = case.put("mask", VesselMask(labels, case.mask.grid))
        history.push(f"change {number}", case, after)
        case = after
    undone = []
    while history.undo_name:
        undone.append(history.undo_name)
        case = history.undo(case)
    assert undone == ["change 5", "change 4", "change 3"]


def test_a_single_change_larger_than_the_budget_can_still_be_undone(a_case):
    history = History(budget_bytes=1)
    history.push("Segment", a_case, a_case.put("mask", None))
    assert history.undo_name == "Segment"


def test_a_note_is_undone_alone_whatever_was_worked_out_since(a_case, an_edit):
    history = History()
    noted = a_case.noted("drawings", ())
    history.push("Distance", a_case, noted)
    assert history.undoes_notes
    later = an_edit[1].with_notes_of(noted)
    undone = history.undo(later)
    assert undone.drawings is None
    assert undone.mask is later.mask, "only the note went"
    assert history.redoes_notes
    assert history.redo(undone).drawings == ()


def test_notes_hold_no_memory_of_the_case_they_were_made_in(a_case):
    history = History()
    history.push("Distance", a_case, a_case.noted("drawings", ()))
    assert history._done[-1].before.volume is None


def test_what_is_worked_out_again_belongs_to_the_last_result_not_to_a_note(an_edit):
    before, after = an_edit
    history = History()
    history.push("Paint", before, after, BOX)
    history.push("Distance", after, after.noted("drawings", ()))
    history.update_last(lambda kept: kept.put("measures", ()))
    now = after.noted("drawings", ()).put("measures", ())
    undone = history.undo(now)
    assert undone.measures == ()
    assert not history.undoes_notes
    assert history.redo(history.undo(undone)).measures == ()
