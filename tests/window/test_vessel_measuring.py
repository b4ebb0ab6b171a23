"""One vessel measured after the other."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

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
    )
    assert parted(case)
    sections = Measuring().sections(case, a_course, silent())
    np.testing.assert_allclose(sections.whole_mm, sections.wall_mm + 1)
