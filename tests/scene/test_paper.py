import numpy as np
import pytest

from viewer.geometry.drawn import circle
from viewer.geometry.drawn_numbers import measured
from viewer.geometry.drawn_text import label_lines
from viewer.geometry.frames import frames_along
from viewer.geometry.straighten import Straightened, Stretched, point_on
from viewer.scene.cpr import CurvedPicture
from viewer.scene.drawn import drawing_marks, hit, label_marks, lay_out
from viewer.scene.labels import box_of, covers
from viewer.scene.marks import Box, Line, Ring, Text
from viewer.scene.paper import SheetPaper, SlicePaper, SpacePaper, thickness_mm
from viewer.scene.slice import plane_through
from viewer.scene.turn import facing, straighten
from viewer.session.view_state import STRAIGHT, ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

GRID = Grid.regular((40, 100, 100), (2.0, 1.0, 1.0))
VOLUME = Volume(np.full(GRID.shape, 70, np.int16), GRID)
SIZE = (400, 400)
PLACES = np.array([(60.0, 120.0), (220.0, 160.0)])


def on_slice(height_mm, plane="axial", off_mm=0.5):
    cursor = (50.0, 50.0, height_mm)
    return SlicePaper(plane_through(GRID, STRAIGHT[plane], cursor, SIZE), off_mm)


def on_sheet(kind=Straightened, angle=0.2, middle=(30.0, 0.0)):
    turn = np.linspace(0, 1.2, 60)
    path = np.column_stack([20 + 30 * np.cos(turn), np.full(60, 50.0), 20 + 40 * np.sin(turn)])
    return SheetPaper(
        CurvedPicture(kind(frames_along(path), angle), 0.2, middle, *SIZE), "straightened", 10.0
    )


def drawn(paper, kind="distance", name="D1", pixels=PLACES):
    """Something drawn at pixels of a paper."""
    places = np.array([paper.at(*pixel) for pixel in pixels])
    return measured(paper.drawing(kind, name, places), VOLUME)


@pytest.mark.parametrize("paper", [on_slice(40.0), on_slice(40.0, "coronal"), on_sheet()])
def test_a_place_lies_under_its_pixel_and_what_is_drawn_is_shown_there(paper):
    np.testing.assert_allclose(paper.pixels(np.array([paper.at(*p) for p in PLACES])), PLACES)
    made = drawn(paper)
    (line,) = paper.shown(made)
    np.testing.assert_allclose(line[[0, -1]], PLACES, atol=1e-6)
    np.testing.assert_allclose(paper.pixels(paper.places(made)), PLACES, atol=1e-6)


def test_a_slice_shows_what_lies_in_it_and_takes_back_only_its_own():
    made = drawn(on_slice(40.0))
    assert on_slice(40.4).shown(made) is not None
    assert on_slice(42.0).shown(made) is None
    assert on_slice(42.0, off_mm=5.0).shown(made) is not None
    assert on_slice(40.0, "coronal").shown(made) is None
    level = drawn(on_slice(40.0), pixels=[(100, 200), (300, 200)])
    coronal = SlicePaper(plane_through(GRID, STRAIGHT["coronal"], level.points_lps[0], SIZE), 0.5)
    assert coronal.shown(level) is not None, "a line in both planes is seen in both"
    assert coronal.places(level) is None, "but changed only where it was drawn"


@pytest.mark.parametrize("kind", [Straightened, Stretched])
def test_a_sheet_shows_what_was_drawn_on_it_until_it_is_turned(kind):
    paper = on_sheet(kind)
    made = drawn(paper)
    assert made.strip is not None
    sheet = paper._picture.sheet
    for point, pixel in zip(made.points_lps, PLACES, strict=True):
        np.testing.assert_allclose(point, point_on(sheet, *paper.at(*pixel)), atol=0.01)
    moved = on_sheet(kind, middle=(20.0, 3.0))
    np.testing.assert_allclose(moved.shown(made)[0], PLACES + np.array([50, 15]), atol=1e-6)
    assert on_sheet(kind, angle=1.0).shown(made) is None


def test_a_sheet_shows_a_line_in_space_that_lies_on_it():
    paper = on_sheet()
    sheet = paper._picture.sheet
    ends = np.array([point_on(sheet, 30.0, -6.0), point_on(sheet, 30.0, 8.0)])
    space = SpacePaper(None, 1.0)
    across = space.drawing("distance", "D1", ends)
    (line,) = paper.shown(across)
    np.testing.assert_allclose(line[[0, -1]], [(200, 230), (200, 160)], atol=0.1)
    assert paper.places(across) is None
    chord = np.array([point_on(sheet, 5.0, 0.0), point_on(sheet, 45.0, 0.0)])
    assert paper.shown(space.drawing("distance", "D1", chord)) is None, "it leaves the sheet"


def test_what_was_drawn_on_a_sheet_is_seen_from_space_as_it_bends():
    class Flat:
        """A scene that looks along y, one pixel a millimeter."""

        def pixels(self, points_lps):
            return points_lps[:, [0, 2, 1]]

    made = drawn(on_sheet(), pixels=[(60, 200), (250, 200)])
    (line,) = SpacePaper(Flat(), 1.0).shown(made)
    length = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    assert length == pytest.approx(38, abs=0.2)
    assert np.linalg.norm(line[-1] - line[0]) < 37.2


def wide(text):
    return 8.0 * len(text)


def test_labels_stand_beside_inside_and_apart():
    paper = on_slice(40.0)
    rows = [drawn(paper, name=f"D{n}", pixels=PLACES + np.array([0, 3 * n])) for n in range(6)]
    edge = drawn(paper, name="D9", pixels=[(330, 395), (398, 395)])
    laid = lay_out([*rows, edge], [paper], SIZE, 16, wide)
    assert len(laid) == 7
    for n, each in enumerate(laid):
        x, y, w, h = each.box
        assert min(x, y) >= 0
        assert x + w <= 400
        assert y + h <= 400
        for a, b, c, d in (other.box for other in laid[:n]):
            assert x >= a + c or a >= x + w or y >= b + d or b >= y + h


def test_a_label_leaves_other_drawings_in_sight_where_it_can():
    paper = on_slice(40.0)
    one = drawn(paper, pixels=[(60, 100), (120, 100)])
    two = drawn(paper, name="D2", pixels=[(140, 90), (200, 120)])
    laid = lay_out([one, two], [paper], SIZE, 16, wide)
    assert laid[0].label == label_lines(one)
    assert not covers(laid[0].box, [box_of(np.vstack(laid[1].lines))])


def test_a_number_too_wide_for_the_view_is_broken_before_its_deviation():
    paper = SlicePaper(plane_through(GRID, STRAIGHT["axial"], (50.0, 50.0, 40.0), (130, 200)))
    made = drawn(paper, pixels=[(10, 100), (120, 100)])
    (laid,) = lay_out([made], [paper], (130, 200), 16, wide)
    number, error = laid.label
    assert f"{number} {error}" == label_lines(made)[0]
    x, _, w, _ = laid.box
    assert x >= 0
    assert x + w <= 130


def test_what_is_chosen_has_rings_and_every_label_a_dark_ground():
    paper = on_slice(40.0)
    made = drawn(paper)
    (laid,) = lay_out([made], [paper], SIZE, 16, wide)
    assert not [mark for mark in drawing_marks(laid, False) if isinstance(mark, Ring)]
    rings = [mark for mark in drawing_marks(laid, True) if isinstance(mark, Ring)]
    assert [(ring.x, ring.y) for ring in rings] == [pytest.approx(tuple(p)) for p in PLACES]
    ground, text = label_marks(laid, False, 16, 400)
    assert isinstance(ground, Box)
    assert isinstance(text, Text)
    assert text.text.startswith("D1  ")
    assert ground.x < text.x


@pytest.mark.parametrize(
    ("kind", "pixels", "more"),
    [
        ("angle", [(60, 60), (200, 200), (300, 60)], 12),
        ("lines", [(60, 60), (200, 60), (60, 200), (200, 250)], 1),
        ("polygon", [(60, 60), (200, 60), (200, 200)], 0),
    ],
)
def test_an_angle_has_an_arc_and_two_lines_a_link(kind, pixels, more):
    paper = on_slice(40.0)
    made = drawn(paper, kind, pixels=pixels)
    (laid,) = lay_out([made], [paper], SIZE, 16, wide)
    lines = [mark for mark in drawing_marks(laid, False) if isinstance(mark, Line)]
    sides = sum(len(line) - 1 for line in laid.lines)
    arcs = 2 * more if kind == "angle" else more
    assert len(lines) == 2 * sides + arcs


def test_a_press_takes_points_first_then_lines_and_labels():
    paper = on_slice(40.0)
    one, two = drawn(paper), drawn(paper, name="D2", pixels=PLACES + np.array([0, 60]))
    laid = lay_out([one, two], [paper], SIZE, 16, wide)
    assert hit(laid, 62, 121) == (one, 0)
    assert hit(laid, 140, 140) == (one, None)
    x, y, w, h = laid[1].box
    assert hit(laid, x + w / 2, y + h / 2) == (two, None)
    assert hit(laid, 20, 380) is None


def test_in_space_what_was_drawn_in_a_plane_is_faint_until_it_is_chosen():
    class Flat:
        def pixels(self, points_lps):
            return points_lps * 3

    made = drawn(on_slice(40.0), "ellipse", pixels=[(200, 200), (260, 200), (200, 240)])
    paper = SpacePaper(Flat(), 1.0)
    (laid,) = lay_out([made], [paper], SIZE, 16, wide)
    assert laid.faint
    assert label_marks(laid, False, 16, 400) == []
    assert hit([laid], *laid.lines[0][0]) is None
    (laid,) = lay_out([made], [paper], SIZE, 16, wide, [made])
    assert not laid.faint
    assert label_marks(laid, True, 16, 400)


def test_a_slice_is_as_thick_as_its_voxels():
    assert thickness_mm(GRID, np.array([0.0, 0, 1])) == pytest.approx(2.0)
    assert thickness_mm(GRID, np.array([1.0, 0, 0])) == pytest.approx(1.0)


def test_the_nearest_plane_is_turned_to_a_normal_and_all_stay_square():
    view = ViewState()
    normal = np.array([0.3, -0.2, -0.93])
    normal /= np.linalg.norm(normal)
    facing(view, normal)
    assert abs(np.dot(view.panes["axial"].axes[2], normal)) == pytest.approx(1.0)
    ways = np.array([view.panes[plane].axes[2] for plane in STRAIGHT])
    np.testing.assert_allclose(ways @ ways.T, np.eye(3), atol=1e-9)
    before = view.panes["axial"].axes
    facing(view, -normal)
    assert view.panes["axial"].axes == before
    straighten(view)
    facing(view, np.array([0.0, 0.0, 1.0]))
    assert view.panes["axial"].axes == STRAIGHT["axial"]


def test_a_circle_keeps_its_shape_on_paper():
    paper = on_slice(40.0)
    made = paper.drawing("ellipse", "H1", circle(paper.at(200, 200), 10.0))
    (line,) = paper.shown(made)
    far = np.linalg.norm(line - (200, 200), axis=1)
    assert np.ptp(far) < 1e-6
