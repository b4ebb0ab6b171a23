"""One vessel measured after the other."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from viewer.case.options import EnhanceOptions
from viewer.case.pipeline import advance
from viewer.enhance.halves import checked
from viewer.geometry.beside import DIAMETER
from viewer.geometry.course import course_through
from viewer.progress import Cancelled, Progress, silent
from viewer.window import vessel_measuring
from viewer.window.vessel_measuring import Measuring, parted


@pytest.fixture
def a_course(a_tree):
    return course_through(a_tree, 0)


def test_the_blur_is_read_once_for_a_tree(a_case, a_course, monkeypatch):
    read = []
    real = vessel_measuring.tree_blur
    monkeypatch.setattr(vessel_measuring, "tree_blur", lambda *of: read.append(1) or real(*of))
    measuring = Measuring()
    first = measuring.sections(a_case, a_course, silent())
    second = measuring.sections(a_case, a_course, silent())
    assert len(read) == 1
    np.testing.assert_array_equal(first.wall_mm, second.wall_mm)
    assert np.isfinite(first.values["diameter_equivalent_mm"]).mean() > 0.5
    assert not parted(a_case)


def test_it_stops_inside_a_vessel(a_case, a_course):
    told = []

    def tell(fraction, message):
        told.append(fraction)
        if 0.3 < fraction < 0.85:
            raise Cancelled

    with pytest.raises(Cancelled):
        Measuring().sections(a_case, a_course, Progress(tell))
    assert max(told) < 0.85


def test_where_a_flap_parts_a_vessel_its_outer_wall_is_told(a_case, a_course, monkeypatch):
    findings = SimpleNamespace(dissections=("a flap",), landmarks=())
    monkeypatch.setattr(
        vessel_measuring,
        "with_whole",
        lambda sections, found: replace(sections, whole_mm=sections.wall_mm + len(found)),
    )
    case = SimpleNamespace(
        findings=findings,
        tree=a_case.tree,
        volume=a_case.volume,
        mask=a_case.mask,
        suitability=None,
        restored=None,
        check=None,
    )
    assert parted(case)
    sections = Measuring().sections(case, a_course, silent())
    np.testing.assert_allclose(sections.whole_mm, sections.wall_mm + 1)


def test_the_restored_scan_is_measured_in_the_same_planes(a_case, a_course):
    case = advance(a_case, "enhance", EnhanceOptions("noise", "slices", "plain"))
    case = case.put("mask", a_case.mask.on(case.shown.grid)).put("tree", a_case.tree)
    measuring = Measuring()
    sections = measuring.sections(case, a_course, silent())
    beside = sections.beside
    own, raw = beside.values[DIAMETER], sections.values[DIAMETER]
    both = np.isfinite(own) & np.isfinite(raw)
    assert both.mean() > 0.5
    assert np.median(np.abs(own - raw)[both]) < 0.3
    less, sd = beside.less(sections, DIAMETER)
    np.testing.assert_allclose(less[both], (own - raw)[both])
    assert (sd[both] > beside.sd[DIAMETER][both]).all()

    apart = np.ones(case.shown.grid.shape, np.float16)
    place = len(raw) // 2
    apart[tuple(case.shown.grid.nearest(sections.frames.points_lps[place]))] = 5.0
    checked_case = case.put("check", checked(apart, case.shown.grid))
    checked_case = replace(checked_case, mask=case.mask, tree=case.tree)
    again = measuring.sections(checked_case, a_course, silent()).beside
    assert np.isnan(again.values[DIAMETER][place])
    assert "halves of the dose" in again.why[place]
    np.testing.assert_array_equal(sections.values[DIAMETER], raw)
    assert not beside.why[place]


def test_a_case_that_was_not_restored_has_one_diameter(a_case, a_course):
    assert Measuring().sections(a_case, a_course, silent()).beside is None
    kept = advance(a_case, "enhance", EnhanceOptions("exact", "none", "plain"))
    kept = kept.put("mask", a_case.mask).put("tree", a_case.tree)
    assert Measuring().sections(kept, a_course, silent()).beside is None
