from dataclasses import fields

import numpy as np
import pytest

from viewer.case.case import MADE_FROM, Case, outdated_by
from viewer.errors import Notice
from viewer.provenance import Record
from viewer.segment.mask import VesselMask


def test_every_part_is_a_field_and_made_from_earlier_parts():
    names = {each.name for each in fields(Case)}
    seen = set()
    for part, sources in MADE_FROM.items():
        assert part in names
        assert set(sources) <= seen
        seen.add(part)


def test_a_new_part_drops_everything_worked_out_from_the_old_one(a_case):
    assert a_case.tree is not None
    edited = VesselMask(np.zeros_like(a_case.mask.labels), a_case.mask.grid)
    after = a_case.put("mask", edited)
    assert after.mask is edited
    assert after.tree is None
    assert after.surface is None
    assert after.measures is None
    assert after.volume is a_case.volume
    assert {r.part for r in after.records} == {"volume"}
    assert a_case.tree is not None, "the case itself never changes"


def test_a_new_volume_leaves_nothing_but_the_series(a_case):
    after = a_case.put("volume", a_case.volume)
    kept = {part for part in MADE_FROM if getattr(after, part) is not None}
    assert kept == {"series", "volume"}
    assert after.warnings == ()


def test_outdated_parts_follow_the_street():
    assert outdated_by("mask") == {"bridges", "tree", "surface", "measures", "findings"}
    assert outdated_by("measures") == set()
    assert outdated_by("series") == set(MADE_FROM) - {"series"}


def test_an_edit_keeps_the_earlier_records_of_the_mask(a_case):
    record = Record("edit", "mask", "2026-01-02T00:00:00+00:00", by="person")
    after = a_case.edit_mask(a_case.mask, record)
    assert [r.step for r in after.records_of("mask")] == ["segment", "edit"]


def test_digests_name_the_sources_and_change_with_them(a_case):
    of = a_case.digests("tree")
    assert set(of) == {"mask", "volume"}
    labels = a_case.mask.labels.copy()
    labels[0, 0, 0] = 1
    other = a_case.put("mask", VesselMask(labels, a_case.mask.grid)).digests("tree")
    assert of != other
    assert of == a_case.digests("tree")


def test_blocking_notices_are_found(a_case):
    assert a_case.blocked is None
    notice = Notice("gap", "blocks", "A slice is missing.")
    assert a_case.put("volume", a_case.volume, notices=(notice,)).blocked is notice


def test_arrays_of_a_case_cannot_be_written(a_case):
    for part in ("volume", "mask", "surface", "tree"):
        for array in getattr(a_case, part).arrays:
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_what_a_person_notes_leaves_all_results_and_goes_with_the_scan(a_case):
    noted = a_case.noted("drawings", ())
    assert noted.drawings == ()
    assert noted.tree is a_case.tree
    assert noted.alike_but_notes(a_case)
    assert not noted.put("mask", a_case.mask).alike_but_notes(a_case)
    assert noted.put("mask", a_case.mask).drawings == ()
    assert noted.put("volume", a_case.volume).drawings is None
    assert a_case.with_notes_of(noted).drawings == ()
    with pytest.raises(ValueError, match="no note"):
        a_case.noted("mask", None)
