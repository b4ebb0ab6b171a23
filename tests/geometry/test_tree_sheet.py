"""All vessels of a tree lie on one sheet, none over another, each at its distance from the root."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from viewer.geometry.course import course_through
from viewer.geometry.tree import Branch, VesselTree
from viewer.geometry.tree_sheet import laid_out, lanes_from, root_of
from viewer.progress import Cancelled, Progress


def branch(start, end, radius, parent=-1):
    return Branch(np.linspace(start, end, 60), np.full(60, float(radius)), parent)


@pytest.fixture
def a_tree():
    """A trunk of 120 mm with a vessel every 20 mm on both sides, each with two branches."""
    made, parent = [], -1
    for n in range(6):
        made.append(branch((0, 0, -20 * n), (0, 0, -20 * n - 20), 8, parent))
        trunk = parent = len(made) - 1
        for side in (-1, 1):
            joint, far = (0, 0, -20 * n - 20), (60 * side, 0, -20 * n - 25)
            made.append(branch(joint, far, 2, trunk))
            child = len(made) - 1
            for up in (-1, 1):
                made.append(branch(far, (80 * side, 25 * up, -20 * n - 25), 0.8, child))
    return VesselTree(tuple(made), np.zeros((0, 3)))


@pytest.fixture
def lanes(a_tree):
    return lanes_from(a_tree, course_through(a_tree, 0))


@pytest.fixture
def a_sheet(lanes):
    return laid_out(lanes, [n % 2 == 0 for n in range(len(lanes))], 1.0, [12.0] * len(lanes))


def test_every_branch_has_a_lane(a_tree, lanes):
    held = sorted(number for lane in lanes for number in lane.course.branches)
    assert held == list(range(len(a_tree.branches)))
    assert len(lanes) == 1 + 12 + 24


def test_a_lane_begins_where_it_leaves_its_parent(a_tree, lanes):
    for lane in lanes[1:]:
        parent = lanes[lane.parent]
        start = lane.frames.points_lps[0]
        s = parent.frames.s_mm
        far = np.linalg.norm(parent.frames.points_lps - start, axis=1)
        assert s[far.argmin()] == pytest.approx(lane.start_mm - parent.start_mm, abs=1.0)
    assert root_of(a_tree, len(a_tree.branches) - 1) == 0
    assert max(lane.end_mm for lane in lanes) == pytest.approx(120 + 60.2 + 32, abs=0.5)


def test_no_lane_lies_over_another(a_sheet):
    boxes = [
        (lane.start_mm, lane.end_mm, middle - lane.half_mm, middle + lane.half_mm)
        for lane, middle in zip(a_sheet.lanes, a_sheet.middle_mm, strict=True)
    ]
    for one, two in combinations(boxes, 2):
        beside = one[1] <= two[0] or two[1] <= one[0]
        apart = one[3] <= two[2] + 1e-9 or two[3] <= one[2] + 1e-9
        assert beside or apart
    low, high = a_sheet.height_mm
    assert low < 0 < high


def test_no_joint_crosses_a_lane(a_sheet):
    for lane, middle in zip(a_sheet.lanes[1:], a_sheet.middle_mm[1:], strict=True):
        from_mm, to_mm = sorted((a_sheet.middle_mm[lane.parent], middle))
        for number, other in enumerate(a_sheet.lanes):
            across = a_sheet.middle_mm[number]
            between = from_mm < across < to_mm and number != lane.parent and other is not lane
            assert not (between and other.start_mm < lane.start_mm - 1e-6 < other.end_mm)


def test_a_place_belongs_to_its_lane(a_sheet):
    for number, lane in enumerate(a_sheet.lanes):
        middle = float(a_sheet.middle_mm[number])
        along = 0.5 * (lane.start_mm + lane.end_mm)
        assert a_sheet.lane_at(along, middle + 0.9 * lane.half_mm) == number
        assert a_sheet.lane_of(lane.course.branches[0]) == number
    assert a_sheet.lane_of(999) == -1
    assert a_sheet.lane_at(-50.0, 0.0) == 0


def test_a_vessel_finds_its_places_on_a_lane_in_either_direction(a_tree, a_sheet):
    course = course_through(a_tree, 0)
    assert a_sheet.axis(0, course, course.branches[2]) == pytest.approx((0.0, 1.0))
    length = course.length_mm
    back = replace(
        course,
        branches=course.branches[::-1],
        points_lps=course.points_lps[::-1],
        ends_mm=length - np.concatenate([course.ends_mm[:-1][::-1], [0.0]]),
    )
    assert a_sheet.axis(0, back, course.branches[2]) == pytest.approx((length, -1.0))


def test_laying_out_can_be_stopped(a_tree):
    def tell(fraction, _):
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        lanes_from(a_tree, course_through(a_tree, 0), Progress(tell))
