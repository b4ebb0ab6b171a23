"""What stands along a vessel."""

from types import SimpleNamespace

import numpy as np
import pytest

from viewer.geometry.course import course_through
from viewer.geometry.frames import frames_along
from viewer.geometry.section import Sections
from viewer.geometry.tree import Branch, VesselTree
from viewer.window import vessel_places
from viewer.window.vessel_places import Landmarks, unmeasured


@pytest.fixture
def a_vessel():
    points = np.linspace((0, 0, 50), (0, 0, -50), 101)
    tree = VesselTree((Branch(points, np.full(101, 8.0), -1, "aorta"),), np.zeros((0, 3)))
    return tree, course_through(tree, 0), frames_along(points)


def found(name, at_lps):
    return SimpleNamespace(name=name, at_lps=None if at_lps is None else np.array(at_lps, float))


def test_landmarks_of_the_findings_stand_where_they_lie(a_vessel):
    tree, course, frames = a_vessel
    rows = (found("on it", (3, 0, 20)), found("absent", None), found("beside it", (20, 0, 20)))
    case = SimpleNamespace(findings=SimpleNamespace(landmarks=rows), tree=tree)
    ((name, s_mm),) = Landmarks().along(case, course, frames)
    assert name == "on it"
    assert s_mm == pytest.approx(30.0)


def test_without_findings_they_are_read_once_from_the_tree(a_vessel, monkeypatch):
    tree, course, frames = a_vessel
    asked = []
    rows = (found("at the diaphragm", (0, 0, 0)),)
    monkeypatch.setattr(vessel_places, "landmarks", lambda *of: asked.append(of) or rows)
    case = SimpleNamespace(findings=None, tree=tree, volume=SimpleNamespace(grid=None))
    marks = Landmarks()
    assert marks.along(case, course, frames) == (), "nothing is worked out while painting"
    marks.read(case)
    marks.read(case)
    assert len(asked) == 1
    assert marks.along(case, course, frames) == (("at the diaphragm", pytest.approx(50.0)),)


def test_stretches_without_numbers_are_told(a_vessel):
    frames = a_vessel[2]
    wide = np.full(101, 16.0)
    wide[10:20] = wide[40] = np.nan
    wall = np.full((101, 8), 8.0)
    values = {"diameter_equivalent_mm": wide}
    sections = Sections(frames, wall, wall > 0, values, values)
    ((low, high),) = unmeasured(sections)
    assert (low, high) == pytest.approx((10.0, 19.0))
