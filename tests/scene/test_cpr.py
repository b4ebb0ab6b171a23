"""Pictures of vessels: the right letters, the right places, the right scale."""

import numpy as np
import pytest

from viewer.case.case import Case
from viewer.geometry.course import course_through
from viewer.geometry.frames import frames_along
from viewer.geometry.sections import measure_sections
from viewer.geometry.straighten import point_on
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import straight_tube
from viewer.scene.cpr import (
    CurvedPicture,
    curved_hu,
    curved_letters,
    fitted,
    mouth_marks,
    section_marks,
    section_plane,
    sheet_of,
    walls_on,
)
from viewer.scene.marks import Line, Text
from viewer.scene.overlay import direction_letters, edge_letters
from viewer.scene.slice import OUTSIDE
from viewer.session.view_state import ViewState
from viewer.volume.volume import Volume

SIZE = (700, 300)
RUNS = {
    "down": ((0, 0, 50), (0, 0, -50)),
    "up": ((0, 0, -50), (0, 0, 50)),
    "left": ((0, 0, 0), (100, 0, 0)),
    "right": ((0, 0, 0), (-100, 0, 0)),
    "forwards": ((0, 0, 0), (0, -100, 0)),
}


@pytest.fixture(scope="module")
def a_tube():
    tree = straight_tube(60, 4.0)
    grid = grid_around(tree, (0.6, 0.6, 0.6))
    volume, mask = render(tree, grid, lumen_hu=400, background_hu=0, blur_mm=0.6)
    course = course_through(tree, 0)
    return (
        tree,
        volume,
        mask,
        course,
        measure_sections(volume, course.points_lps, course.radius_mm, mask=mask),
    )


@pytest.fixture
def a_picture(a_tube):
    sections = a_tube[4]
    return fitted(sheet_of(sections.frames, ViewState()), sections, SIZE, 1.0, 0.0)


@pytest.mark.parametrize(
    ("run", "letters"),
    [("down", "SILR"), ("up", "ISRL"), ("left", "RLSI"), ("right", "LRSI"), ("forwards", "PASI")],
)
def test_letters_stand_where_the_patient_is(run, letters):
    frames = frames_along(np.linspace(*RUNS[run], 80))
    found = curved_letters(sheet_of(frames, ViewState()), frames, 50.0)
    assert "".join(found[edge] for edge in ("left", "right", "top", "bottom")) == letters


def test_the_letters_are_those_of_the_pixels(a_tube, a_picture):
    frames = a_tube[4].frames
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


@pytest.mark.parametrize("sheet", ["straightened", "stretched"])
def test_what_a_pixel_shows_is_the_value_at_its_point(a_tube, sheet):
    _, volume, _, _, sections = a_tube
    view = ViewState(vessel_sheet=sheet, vessel_angle=30.0)
    picture = fitted(sheet_of(sections.frames, view), sections, SIZE, 1.0, 0.0)
    hu = curved_hu(volume, picture)
    for x, y in ((200, 150), (350, 180), (420, 120), (500, 90)):
        point = picture.point_lps(x + 0.5, y + 0.5)
        np.testing.assert_allclose(picture.pixel(point), (x + 0.5, y + 0.5), atol=0.05)
        index = np.round(volume.grid.index(point)).astype(int)
        near = volume.voxels[tuple(slice(i - 1, i + 2) for i in index)]
        assert near.min() - 1 <= hu[y, x] <= near.max() + 1


def test_the_lumen_is_as_wide_as_the_scale_says(a_tube, a_picture):
    hu = curved_hu(a_tube[1], a_picture)
    wide = (hu[:, 350] > 200).sum() * a_picture.mm_per_pixel
    assert wide == pytest.approx(8.0, abs=0.2)
    assert (hu[:, 5] == OUTSIDE).all()
    above, below = walls_on(a_tube[4], a_picture)
    middle = len(above) // 2
    assert (below[middle, 1] - above[middle, 1]) * a_picture.mm_per_pixel == pytest.approx(
        8, abs=0.2
    )


def test_enlarged_it_follows_the_place(a_tube):
    sections = a_tube[4]
    sheet = sheet_of(sections.frames, ViewState())
    far = fitted(sheet, sections, SIZE, 4.0, 45.0)
    assert far.x_of(np.array(45.0)) == pytest.approx(350, abs=1)
    assert fitted(sheet, sections, SIZE, 1.0, 45.0).x_of(np.array(0.0)) > 0


@pytest.mark.parametrize(
    ("run", "letters"),
    [("down", "RLAP"), ("up", "RLAP"), ("forwards", "RLSI"), ("left", "APSI"), ("right", "APSI")],
)
def test_cross_sections_are_turned_as_one_reads(run, letters):
    plane = section_plane(frames_along(np.linspace(*RUNS[run], 80)), 50.0, 30.0, (200, 200))
    found = edge_letters(np.array(plane.right), np.array(plane.down))
    assert "".join(found[edge] for edge in ("left", "right", "top", "bottom")) == letters
    np.testing.assert_allclose(np.cross(plane.right, plane.down), plane.into, atol=1e-9)


def test_a_section_tells_its_diameter_and_scale(a_tube):
    _, volume, mask, _, sections = a_tube
    plane = section_plane(sections.frames, 30.0, 20.0, (180, 180))
    case = Case(volume=volume, mask=mask)
    texts = [
        m.text
        for m in section_marks(case, ViewState(), "Cursor", plane, "8.0 ± 0.1 mm", 16.0)
        if isinstance(m, Text)
    ]
    assert {"Cursor", "8.0 ± 0.1 mm"} <= set(texts)
    assert any(text.endswith(" mm") and "±" not in text for text in texts)


def test_branches_are_named_where_they_leave(a_tree):
    aorta = int(np.argmax([b.radius_mm.max() for b in a_tree.branches]))
    course = course_through(a_tree, aorta)
    frames = frames_along(course.points_lps)
    sheet = sheet_of(frames, ViewState())
    wall = np.full((len(course.points_lps), 48), 8.0)
    values = {"diameter_max_mm": np.full(len(wall), 16.0)}
    from viewer.geometry.section import Sections

    sections = Sections(frames, wall, wall > 0, values, values)
    picture = fitted(sheet, sections, SIZE, 1.0, 0.0)
    made = mouth_marks(picture, course, a_tree, 16.0)
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
    names = {m.text: m for m in mouth_marks(picture, course, tree, 16.0) if isinstance(m, Text)}
    assert set(names) == {b.name for b in tree.branches[3:]}
    one, two = names["left renal artery"], names["left accessory renal artery"]
    assert abs(one.y - two.y) >= 15
    assert one.y < 150 < names["right renal artery"].y


def test_an_empty_place_beyond_the_scan_is_black(a_tube, a_picture):
    small = Volume(
        a_tube[1].voxels[:4], a_tube[1].grid.box((0, 0, 0), (4, *a_tube[1].grid.shape[1:]))
    )
    assert (curved_hu(small, a_picture) == OUTSIDE).mean() > 0.8
    assert np.isfinite(point_on(a_picture.sheet, 3.0, 1.0)).all()
