"""What is written over a curved view stands where the patient and the vessels are."""

import numpy as np
import pytest

from viewer.geometry.course import course_through
from viewer.geometry.frames import frames_along
from viewer.geometry.tree import Branch, VesselTree
from viewer.scene.cpr import CurvedPicture, fitted, sheet_of
from viewer.scene.cpr_marks import (
    NameRows,
    along_marks,
    curved_letters,
    landmark_marks,
    mouth_marks,
)
from viewer.scene.marks import Line, Text
from viewer.scene.overlay import direction_letters
from viewer.session.view_state import ViewState

SIZE = (700, 300)
RUNS = {
    "down": ((0, 0, 50), (0, 0, -50)),
    "up": ((0, 0, -50), (0, 0, 50)),
    "left": ((0, 0, 0), (100, 0, 0)),
    "right": ((0, 0, 0), (-100, 0, 0)),
    "forwards": ((0, 0, 0), (0, -100, 0)),
}


@pytest.fixture
def a_picture(a_measured_tube):
    frames = a_measured_tube[4].frames
    return fitted(sheet_of(frames, ViewState()), frames, 12.0, SIZE, 1.0, 0.0)


@pytest.mark.parametrize(
    ("run", "letters"),
    [("down", "SILR"), ("up", "ISRL"), ("left", "RLSI"), ("right", "LRSI"), ("forwards", "PASI")],
)
def test_letters_stand_where_the_patient_is(run, letters):
    frames = frames_along(np.linspace(*RUNS[run], 80))
    found = curved_letters(sheet_of(frames, ViewState()), frames, 50.0)
    assert "".join(found[edge] for edge in ("left", "right", "top", "bottom")) == letters


def test_the_letters_are_those_of_the_pixels(a_measured_tube, a_picture):
    frames = a_measured_tube[4].frames
    letters = curved_letters(a_picture.sheet, frames, 30.0)
    x = float(a_picture.x_of(np.array(30.0)))
    upwards = a_picture.point_lps(x, 10) - a_picture.point_lps(x, 290)
    onwards = a_picture.point_lps(x + 90, 150) - a_picture.point_lps(x - 90, 150)
    assert direction_letters(upwards) == letters["top"]
    assert direction_letters(onwards) == letters["right"]


def test_turning_by_a_quarter_shows_the_side():
    frames = frames_along(np.linspace(*RUNS["down"], 80))
    turned = sheet_of(frames, ViewState(vessel_angle=90.0))
    assert curved_letters(turned, frames, 50.0)["top"] in ("A", "P")
    back = sheet_of(frames, ViewState(vessel_angle=180.0))
    assert curved_letters(back, frames, 50.0)["top"] == "R"


def test_branches_are_named_where_they_leave(a_tree):
    aorta = int(np.argmax([b.radius_mm.max() for b in a_tree.branches]))
    course = course_through(a_tree, aorta)
    frames = frames_along(course.points_lps)
    picture = fitted(sheet_of(frames, ViewState()), frames, 15.0, SIZE, 1.0, 0.0)
    made = mouth_marks(picture, course, a_tree, 16.0, NameRows(SIZE[0], 16.0))
    ticks = [m for m in made if isinstance(m, Line)]
    assert len(ticks) == len([m for m in course.mouths if m.s_mm > 1.5])
    for tick, mouth in zip(ticks, (m for m in course.mouths if m.s_mm > 1.5), strict=True):
        assert tick.x0 == pytest.approx(float(picture.x_of(np.array(mouth.s_mm))))


def test_names_of_near_branches_stand_in_rows():
    def branch(start, end, radius, parent, name):
        return Branch(np.linspace(start, end, 40), np.full(40, float(radius)), parent, name)

    tree = VesselTree(
        (
            branch((0, 0, 0), (0, 0, -50), 8, -1, "aorta"),
            branch((0, 0, -50), (0, 0, -53), 8, 0, "aorta"),
            branch((0, 0, -53), (0, 0, -100), 8, 1, "aorta"),
            branch((0, 0, -50), (30, 0, -55), 2, 0, "left renal artery"),
            branch((0, 0, -53), (30, 0, -60), 2, 1, "left accessory renal artery"),
            branch((0, 0, -53), (-30, 0, -60), 2, 1, "right renal artery"),
        ),
        np.zeros((2, 3)),
    )
    course = course_through(tree, 0)
    frames = frames_along(course.points_lps)
    picture = CurvedPicture(sheet_of(frames, ViewState()), 0.2, (50.0, 0.0), *SIZE)
    rows = NameRows(SIZE[0], 16.0)
    names = {
        m.text: m for m in mouth_marks(picture, course, tree, 16.0, rows) if isinstance(m, Text)
    }
    assert set(names) == {b.name.removesuffix(" artery") for b in tree.branches[3:]}
    one, two = names["left renal"], names["left accessory renal"]
    assert abs(one.y - two.y) >= 15
    assert one.y < 150 < names["right renal"].y


def test_letters_stand_along_a_vessel_that_turns():
    turn = np.linspace(0, np.pi, 200)
    arch = np.column_stack([np.zeros(200), -60 * np.cos(turn), 60 * np.sin(turn)])
    frames = frames_along(arch)
    picture = fitted(sheet_of(frames, ViewState()), frames, 15.0, (1200, 300), 1.0, 0.0)
    above = [m for m in along_marks(picture, 14.0) if m.align[1] == 0.0]
    assert len(above) >= 5
    for mark in above:
        along = picture.s_at(mark.x)
        way = picture.sheet.lines(np.array([along]))[1][0]
        assert mark.text == direction_letters(way)
    assert len({mark.text for mark in above}) > 1


def test_landmarks_stand_at_their_places_without_overlap(a_picture, a_measured_tube):
    course = a_measured_tube[3]
    places = [("aorta at the diaphragm", 20.0), ("abdominal aorta at the celiac trunk", 22.0)]
    rows = NameRows(SIZE[0], 16.0)
    made = landmark_marks(a_picture, places, course, rows)
    lines = [m for m in made if isinstance(m, Line)]
    one, two = (m for m in made if isinstance(m, Text))
    assert [m.x0 for m in lines] == pytest.approx(a_picture.x_of(np.array([20.0, 22.0])).tolist())
    assert (one.text, two.text) == ("diaphragm", "at celiac trunk")
    assert abs(one.y - two.y) >= 15
    assert rows.place("diaphragm", one.x, 100.0, above=True) == (one.x, 84.0)


def test_names_lie_in_the_first_row_that_is_free():
    rows = NameRows(400, 16.0, 2)
    assert rows.place("left renal", 200.0, 100.0, above=False) == (200.0, 116.0)
    assert rows.place("right renal", 210.0, 100.0, above=False) == (210.0, 132.0)
    assert rows.place("celiac trunk", 190.0, 100.0, above=False) is None
    assert rows.place("celiac trunk", 190.0, 120.0, above=False) == (190.0, 152.0)
    assert rows.place("splenic", 2.0, 100.0, above=True)[0] > 20


def test_names_leave_words_free_that_stand_there_already():
    rows = NameRows(400, 15)
    free = rows.place("celiac trunk", 60, 200, above=False)
    rows = NameRows(400, 15)
    rows.avoid([Text(10, free[1] + 4, "inferred 1.0 %", "#FFFFFF")])
    assert rows.place("celiac trunk", 60, 200, above=False)[1] > free[1] + 15
    assert rows.place("celiac trunk", 300, 200, above=False)[1] == free[1]
