import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.geometry.drawn import (
    Drawing,
    circle,
    crosses_itself,
    cut_strip,
    dragged,
    free_name,
    from_corners,
    in_plane,
    renamed,
    strokes,
)
from viewer.geometry.drawn_numbers import inside, measured
from viewer.geometry.drawn_text import as_measures, label_lines, report_rows, step_name
from viewer.geometry.frames import frames_along
from viewer.geometry.straighten import Straightened, Stretched
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

AXIAL = (0.0, 0.0, 1.0)
OBLIQUE = (1.0, 2.0, 2.0)


@pytest.fixture(scope="module")
def a_tube():
    """A straight vessel of 300 HU and radius 10 mm along z in tissue of 40 HU; noise 20 HU."""
    grid = Grid.regular((40, 80, 80), (2.0, 0.8, 0.8))
    middle = grid.center_lps
    index = np.indices(grid.shape).reshape(3, -1).T
    far = np.linalg.norm((grid.points_lps(index) - middle)[:, :2], axis=1).reshape(grid.shape)
    noise = np.random.default_rng(1).normal(0, 20, grid.shape)
    return Volume((np.where(far <= 10, 300, 40) + noise).astype(np.int16), grid)


def on_plane(volume, flat, kind, name="X1", normal=AXIAL):
    """A drawing in the plane through the scan's middle, by places (n,2) in that plane."""
    points = volume.grid.center_lps + np.array(flat, float) @ in_plane(np.array(normal))
    return measured(
        Drawing(kind, name, tuple(map(tuple, points.tolist())), normal_lps=normal), volume
    )


@pytest.mark.parametrize("normal", [AXIAL, OBLIQUE])
def test_lengths_angles_and_areas_are_exact_in_any_plane(a_tube, normal):
    line = on_plane(a_tube, [(0, 0), (6, 8)], "distance", normal=normal)
    assert line.numbers["length"].value == pytest.approx(10.0, abs=1e-9)
    corner = on_plane(a_tube, [(5, 0), (0, 0), (-3, 3)], "angle", normal=normal)
    assert corner.numbers["angle"].value == pytest.approx(135.0, abs=1e-9)
    cobb = on_plane(a_tube, [(0, 0), (10, 0), (0, 9), (-10, -1)], "lines", normal=normal)
    assert cobb.numbers["angle"].value == pytest.approx(45.0, abs=1e-9)
    ring = on_plane(a_tube, from_corners(np.array([-6, -2.0]), np.array([6, 2.0])), "ellipse")
    assert ring.numbers["area"].value == pytest.approx(np.pi * 12, rel=1e-9)
    assert ring.numbers["long diameter"].value == pytest.approx(12.0)
    assert ring.numbers["short diameter"].value == pytest.approx(4.0)
    round_ = on_plane(a_tube, circle(np.zeros(2), 5.0), "ellipse", normal=normal)
    assert round_.numbers["perimeter"].value == pytest.approx(10 * np.pi, rel=1e-9)
    shape = on_plane(a_tube, [(0, 0), (6, 0), (6, 4), (3, 2), (0, 4)], "polygon", normal=normal)
    assert shape.numbers["area"].value == pytest.approx(18.0, rel=1e-9)


def test_points_in_space_give_the_straight_way_between_them(a_tube):
    ends = ((10.0, 10.0, 10.0), (12.0, 13.0, 16.0))
    found = measured(Drawing("distance", "D1", ends), a_tube).numbers["length"]
    assert found.value == pytest.approx(7.0)
    assert "half a voxel" in found.method


def test_a_distance_is_as_sure_as_the_voxels_along_it(a_tube):
    across = on_plane(a_tube, [(0, 0), (20, 0)], "distance").numbers["length"]
    assert across.sd == pytest.approx(np.sqrt(2) * 0.4, rel=0.02)
    up = on_plane(a_tube, [(0, 0), (20, 0)], "distance", normal=(1.0, 0.0, 0.0))
    way = np.abs(np.diff(np.array(up.points_lps), axis=0)[0])
    half = 0.5 * np.linalg.norm(way / 20 * (0.8, 0.8, 2.0))
    assert up.numbers["length"].sd == pytest.approx(np.sqrt(2) * half, rel=0.03)


@pytest.mark.parametrize(
    ("kind", "flat"),
    [
        ("distance", [(0, 0), (9, 4)]),
        ("angle", [(12, 0), (0, 0), (-3, 11)]),
        ("lines", [(0, 0), (14, 1), (0, 9), (12, 15)]),
        ("polygon", [(0, 0), (12, 0), (15, 9), (4, 13)]),
    ],
)
def test_standard_deviations_hold_what_shaken_points_do(a_tube, kind, flat):
    rng = np.random.default_rng(2)
    told = on_plane(a_tube, flat, kind)
    name = next(iter(told.numbers))
    values = []
    for _ in range(400):
        shaken = np.array(flat, float) + rng.normal(0, 0.4, np.shape(flat))
        values.append(on_plane(a_tube, shaken, kind).numbers[name].value)
    allowed = 1.35 if kind == "polygon" else 1.15  # an outline may also be too wide as a whole
    assert 0.87 < told.numbers[name].sd / np.std(values) < allowed


def test_a_straight_angle_has_a_deviation_too(a_tube):
    found = on_plane(a_tube, [(-10, 0), (0, 0), (10, 0)], "angle").numbers["angle"]
    assert found.value == pytest.approx(180.0)
    assert 2 < found.sd < 10


@pytest.mark.parametrize("normal", [AXIAL, OBLIQUE])
def test_hu_of_an_area_are_those_of_the_raw_voxels_in_it(a_tube, normal):
    numbers = on_plane(a_tube, circle(np.zeros(2), 6.0), "ellipse", normal=normal).numbers
    assert abs(numbers["mean HU"].value - 300) < 2.5 * numbers["mean HU"].sd
    assert 0.3 < numbers["mean HU"].sd < 9
    assert numbers["SD HU"].value == pytest.approx(20, abs=4)
    assert numbers["least HU"].value < 270 < 330 < numbers["greatest HU"].value
    assert numbers["median HU"].value == pytest.approx(300, abs=8)
    outside = on_plane(a_tube, circle(np.array([20.0, 0]), 4.0), "ellipse").numbers
    assert outside["mean HU"].value == pytest.approx(40, abs=8)


def test_numbers_do_not_depend_on_how_the_scan_lies(a_tube):
    flat = [(-4.0, -3.0), (5.0, -2.0), (1.0, 6.0)]
    middle = a_tube.grid.center_lps + np.array((0.1, 0.1, 0.7))  # on no border of voxels
    points = middle + np.array(flat) @ in_plane(np.array(AXIAL))
    straight = measured(Drawing("polygon", "P1", tuple(map(tuple, points.tolist())), AXIAL), a_tube)
    turned = np.eye(4)
    turned[:3, :3], _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    turned[:3, 3] = (100.0, -40.0, 7.0)
    grid = Grid(a_tube.grid.shape, turned @ a_tube.grid.lps_from_index)
    points = points @ turned[:3, :3].T + turned[:3, 3]
    normal = tuple(turned[:3, 2].tolist())
    oblique = measured(
        Drawing("polygon", "P1", tuple(map(tuple, points.tolist())), normal),
        Volume(a_tube.voxels, grid),
    )
    for name, number in straight.numbers.items():
        again = oblique.numbers[name]
        assert again.value == pytest.approx(number.value, rel=0.02), name
        assert again.sd == pytest.approx(number.sd, rel=0.05), name


def test_voxels_count_by_the_share_of_the_area_that_lies_in_them():
    grid = Grid.regular((3, 20, 20))
    voxels = np.zeros(grid.shape, np.int16)
    voxels[:, :, 10:] = 100
    volume = Volume(voxels, grid)
    points = ((6.0, 5.0, 1.0), (12.5, 5.0, 1.0), (12.5, 13.0, 1.0), (6.0, 13.0, 1.0))
    numbers = measured(Drawing("polygon", "P1", points, AXIAL), volume).numbers
    assert numbers["mean HU"].value == pytest.approx(100 * 3 / 6.5, abs=3)
    assert numbers["voxels"].value == 7 * 9
    assert numbers["least HU"].value == 0
    assert numbers["greatest HU"].value == 100


def test_too_small_an_area_and_one_beyond_the_scan_have_no_hu(a_tube):
    small = on_plane(a_tube, circle(np.zeros(2), 0.2), "ellipse")
    assert not small.numbers["mean HU"].known
    assert small.numbers["area"].known
    assert label_lines(small)[1] == "no HU: fewer than 4 voxels"
    far = on_plane(a_tube, circle(np.array([500.0, 0]), 5.0), "ellipse")
    assert not far.numbers["SD HU"].known
    assert far.numbers["voxels"].value == 0


def bent_path(radius_mm=30.0):
    turn = np.linspace(0, np.pi / 2, 80)
    return np.column_stack([radius_mm * np.cos(turn), np.zeros(80), radius_mm * np.sin(turn)])


@pytest.mark.parametrize("kind", [Straightened, Stretched])
def test_on_a_curved_sheet_the_way_along_it_is_measured(a_tube, kind):
    sheet = kind(frames_along(bent_path()), 0.0)
    flat = np.array([(5.0, -1.0), (35.0, 2.0)])
    strip = cut_strip(sheet, "straightened", 0.0, "distance", flat)
    points = strip.lifted(flat)
    start, way = sheet.lines(flat[:, 0])
    np.testing.assert_allclose(points, start + flat[:, 1:] * way, atol=1e-2)
    drawing = measured(
        Drawing("distance", "D1", tuple(map(tuple, points.tolist())), strip=strip), a_tube
    )
    number = drawing.numbers["length"]
    assert number.value == pytest.approx(np.hypot(30, 3), abs=1e-9)
    assert "curved sheet" in number.method
    assert number.sd > 0.01 * number.value
    assert label_lines(drawing)[1] == "along the sheet"


def test_hu_on_a_curved_sheet_are_read_where_the_sheet_lies(a_tube):
    middle = a_tube.grid.center_lps
    path = middle + np.column_stack([np.zeros(61), np.zeros(61), np.linspace(-30, 30, 61)])
    sheet = Straightened(frames_along(path), 0.3)
    flat = circle(np.array([30.0, 0.0]), 7.0)
    strip = cut_strip(sheet, "straightened", 0.0, "ellipse", flat)
    points = tuple(map(tuple, strip.lifted(flat).tolist()))
    numbers = measured(Drawing("ellipse", "E1", points, strip=strip), a_tube).numbers
    assert numbers["mean HU"].value == pytest.approx(300, abs=4)
    assert numbers["area"].value == pytest.approx(49 * np.pi)


def test_what_cannot_be_measured_gets_a_sentence(a_tube):
    with pytest.raises(ViewerError, match="crosses itself"):
        on_plane(a_tube, [(0, 0), (10, 10), (10, 0), (0, 10)], "polygon")
    with pytest.raises(ViewerError, match="lie on each other"):
        on_plane(a_tube, [(1, 1), (1, 1)], "distance")
    with pytest.raises(ViewerError, match="2 points where 3"):
        on_plane(a_tube, [(0, 0), (1, 1)], "polygon")
    with pytest.raises(ViewerError, match="draw it in a slice"):
        measured(Drawing("ellipse", "E1", ((0, 0, 0), (5, 0, 0), (0, 5, 0))), a_tube)


def test_outlines_that_cross_are_told_from_those_that_do_not():
    star = np.array([(0, 0), (10, 0), (10, 10), (5, 3), (0, 10)], float)
    assert not crosses_itself(star)
    assert crosses_itself(star[[0, 2, 1, 3, 4]])
    assert not crosses_itself(star[:3])
    places = np.array([(5, 1), (5, 6), (9, 8), (-1, 1)], float)
    assert inside(strokes("polygon", star)[0], places).tolist() == [True, False, True, False]


def test_points_are_dragged_and_an_ellipse_stays_one():
    ring = from_corners(np.array([0.0, 0.0]), np.array([10.0, 4.0]))
    moved = dragged("ellipse", ring, 0, np.array([7.0, 7.0]))
    np.testing.assert_allclose(moved - ring, np.tile((2.0, 5.0), (3, 1)))
    turned = dragged("ellipse", ring, 1, np.array([5.0, 9.0]))
    half = turned[1:] - turned[0]
    assert half[0] @ half[1] == pytest.approx(0)
    assert np.linalg.norm(half, axis=1) == pytest.approx([7.0, 2.0])
    line = dragged("distance", np.array([(0.0, 0), (5, 0)]), 1, np.array([9.0, 1.0]))
    assert line.tolist() == [[0, 0], [9, 1]]


def test_names_are_free_and_short(a_tube):
    first = on_plane(a_tube, [(0, 0), (6, 8)], "distance", "D1")
    second = on_plane(a_tube, [(0, 0), (6, 8)], "distance", "D2")
    assert free_name("D", (second,)) == "D1"
    assert free_name("D", (first, second)) == "D3"
    assert renamed(first, " neck  of sac ", (first, second)).name == "neck of sac"
    for wrong in ("", "D2", "x" * 41, "a\tb\x07"):
        with pytest.raises(ViewerError, match="old"):
            renamed(first, wrong, (first, second))


def test_a_label_a_step_and_the_report_say_the_same_number(a_tube):
    line = on_plane(a_tube, [(0, 0), (6, 8)], "distance", "D1")
    assert label_lines(line) == ("D1  10.0 ± 0.6 mm",)
    assert step_name(line) == "Distance 10.0 mm"
    ring = on_plane(a_tube, circle(np.zeros(2), 6.0), "ellipse", "E1")
    first, second = label_lines(ring)
    assert first.startswith("E1  113.1 ± ")
    assert first.endswith(" mm²")
    assert second.startswith("mean 30") or second.startswith("mean 29")
    head, *rows = report_rows((line, ring))
    assert head[:3] == ("Name", "Kind", "Quantity")
    assert rows[0][:6] == ("D1", "Distance", "length", "10.00", "0.57", "mm")
    assert {row[2] for row in rows[1:]} >= {"area", "mean HU", "voxels"}
    found = as_measures((line, ring))
    assert found[0].quantity == "length"
    assert found[0].branch == -1
    assert len(found) == len(rows)
