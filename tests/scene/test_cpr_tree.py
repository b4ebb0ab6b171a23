"""The sheet of a tree: a pixel gives its point and back, and nothing hides anything."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.geometry.course import course_through
from viewer.geometry.tree import Branch, VesselTree
from viewer.geometry.tree_sheet import lanes_from
from viewer.scene.colors import TOKENS
from viewer.scene.cpr import curved_hu, curved_labels
from viewer.scene.cpr_tree import fitted_sheet, tree_marks, tree_picture
from viewer.scene.marks import Line, Text
from viewer.scene.slice import OUTSIDE

SIZE, LINE, TENTH_MM = (640, 420), 15.0, 0.1


@pytest.fixture
def laid(a_tree):
    lanes = lanes_from(a_tree, course_through(a_tree, 0))
    return fitted_sheet(lanes, SIZE, LINE)


@pytest.fixture
def a_picture(laid):
    return tree_picture(*laid, (0, (0.0, 1.0)), 30.0, SIZE, 1.0, np.zeros(3))


def inner(picture, number, along=0.4, across=0.3):
    """A pixel inside a lane."""
    left, top, right, bottom = picture.box(number)
    return left + along * (right - left), (top + bottom) / 2 + across * (bottom - top) / 2


def test_all_lanes_fit_into_the_picture(a_picture):
    for number in range(len(a_picture.sheet.lanes)):
        left, top, right, bottom = a_picture.box(number)
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= top < bottom <= SIZE[1]


@pytest.mark.parametrize("degrees", [0.0, 77.0, 200.0])
def test_a_pixel_of_every_lane_gives_its_point_and_back(a_picture, degrees):
    for number, lane in enumerate(a_picture.sheet.lanes):
        picture = replace(a_picture, degrees=degrees, chosen=number)
        place = inner(picture, number)
        point = picture.point_lps(*place)
        assert picture.branch_at(*place) in lane.course.branches
        assert np.hypot(*np.subtract(picture.pixel(point), place)) * picture.mm_per_pixel < TENTH_MM
        assert np.linalg.norm(picture.point_lps(*picture.pixel(point)) - point) < TENTH_MM


def test_what_a_pixel_shows_is_the_value_at_its_point(a_picture, a_volume, a_mask):
    hu = curved_hu(a_volume, a_picture)
    labels, _ = curved_labels(a_mask, a_picture)
    assert hu.shape == labels.shape == SIZE[::-1]
    for number in range(len(a_picture.sheet.lanes)):
        x, y = (int(n) for n in inner(a_picture, number))
        index = np.round(a_volume.grid.index(a_picture.point_lps(x + 0.5, y + 0.5))).astype(int)
        near = a_volume.voxels[tuple(slice(i - 1, i + 2) for i in index)]
        assert near.min() - 1 <= hu[y, x] <= near.max() + 1
    assert (hu[:5] == OUTSIDE).all()
    assert not labels[hu == OUTSIDE].any()


def test_enlarged_it_follows_the_point(laid):
    fit = tree_picture(*laid, (0, (0.0, 1.0)), 0.0, SIZE, 1.0, np.zeros(3))
    number = len(fit.sheet.lanes) - 1
    point = replace(fit, chosen=number).point_lps(*inner(fit, number))
    near = tree_picture(*laid, (number, (0.0, 1.0)), 0.0, SIZE, 8.0, point)
    assert near.mm_per_pixel == pytest.approx(fit.mm_per_pixel / 8)
    x, y = near.pixel(point)
    assert 0 < x < SIZE[0]
    assert 0 < y < SIZE[1]


def test_a_vessel_has_one_axis_with_its_profile(a_picture):
    lane = a_picture.sheet.lanes[0]
    picture = replace(a_picture, axis=(-12.0, 1.0))
    left, _, right, _ = picture.box(0)
    assert float(picture.x_of(np.array(12.0))) == pytest.approx(left)
    assert picture.s_at(left) == pytest.approx(12.0)
    back = replace(a_picture, axis=(lane.end_mm - lane.start_mm, -1.0))
    assert float(back.x_of(np.array(0.0))) == pytest.approx(right)
    assert back.s_at(left) == pytest.approx(lane.end_mm - lane.start_mm)


def test_names_and_joints_are_drawn_and_the_chosen_lane_stands_out():
    trunk = Branch(np.linspace((0, 0, 50), (0, 0, 0), 60), np.full(60, 8.0), -1, "thoracic aorta")
    on = Branch(np.linspace((0, 0, 0), (0, 0, -60), 60), np.full(60, 8.0), 0, "abdominal aorta")
    way = np.linspace((0, 0, 0), (40, 0, -8), 60)
    side = Branch(way, np.full(60, 2.0), 0, "celiac trunk", ((10.0, 20.0),))
    tree = VesselTree((trunk, on, side), np.zeros((1, 3)))
    lanes = lanes_from(tree, course_through(tree, 0))
    assert [lane.name for lane in lanes] == ["aorta", "celiac trunk"]
    picture = tree_picture(
        *fitted_sheet(lanes, SIZE, LINE), (1, (0.0, 1.0)), 0.0, SIZE, 1.0, np.zeros(3)
    )
    made = tree_marks(picture)
    assert [m.text for m in made if isinstance(m, Text) and m.bold] == ["celiac trunk"]
    joint = next(m for m in made if isinstance(m, Line) and m.color != made[0].color)
    assert joint.x0 == pytest.approx(picture.box(1)[0])
    invented = [m for m in made if isinstance(m, Line) and m.color == TOKENS["invented"]]
    left, right = picture.x_along(lanes[1].start_mm + np.array([10.0, 20.0]))
    assert min(m.x0 for m in invented) == pytest.approx(left, abs=1)
    assert max(m.x1 for m in invented) == pytest.approx(right, abs=1)
    assert len(invented) > 3, "dashes"
