"""Sheets through vessels of known course: places go there and back, and the picture is straight."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.geometry.frames import frames_along
from viewer.geometry.straighten import (
    Place,
    Slab,
    Straightened,
    Stretched,
    lines_on,
    place_of,
    point_at,
    point_on,
    resampled,
    resampled_labels,
)
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import curved_tube
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

TENTH_MM = 0.1


def helix(turns=1.5, radius=15.0, rise=40.0, count=400):
    turn = np.linspace(0, 2 * np.pi * turns, count)
    path = np.column_stack([radius * np.cos(turn), radius * np.sin(turn), -rise * turn / 2 / np.pi])
    return path @ Rotation.from_euler("xyz", (20, 30, 40), degrees=True).as_matrix().T + (5, -9, 70)


@pytest.fixture(params=["helix", "bend", "straight"])
def frames(request):
    paths = {
        "helix": helix(),
        "bend": curved_tube(30.0, 4.0).branches[0].points_lps,
        "straight": np.linspace((3, 4, 80), (-10, 9, -120), 300),
    }
    return frames_along(paths[request.param])


def test_a_place_gives_its_point_and_back(frames):
    rng = np.random.default_rng(3)
    for _ in range(200):
        s = rng.uniform(0, frames.s_mm[-1])
        place = Place(s, rng.uniform(0.2, 8.0), rng.uniform(-np.pi, np.pi))
        point = point_at(frames, place)
        found = place_of(frames, point)
        assert np.linalg.norm(point_at(frames, found) - point) < 1e-6
        assert found.s_mm == pytest.approx(place.s_mm, abs=1e-6)
        assert found.offset_mm == pytest.approx(place.offset_mm, abs=1e-6)
        assert np.exp(1j * found.angle) == pytest.approx(np.exp(1j * place.angle), abs=1e-6)


def test_a_point_beyond_the_end_falls_onto_it(frames):
    beyond = frames.points_lps[-1] + 7 * frames.tangent[-1] + 2 * frames.up[-1]
    found = place_of(frames, beyond)
    assert found.s_mm == pytest.approx(frames.s_mm[-1])
    assert found.offset_mm == pytest.approx(2.0)


@pytest.mark.parametrize("kind", [Straightened, Stretched])
@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5, 4.0])
def test_a_pixel_gives_its_point_and_back(frames, kind, angle):
    sheet = kind(frames, angle)
    rng = np.random.default_rng(5)
    for s in rng.uniform(0, frames.s_mm[-1], 100):
        along = float(sheet.along_mm(s))
        across = float(sheet.middle_mm(s)) + rng.uniform(-4, 4)
        point = point_on(sheet, along, across)
        again = point_on(sheet, *sheet.flat(point))
        assert np.linalg.norm(again - point) < TENTH_MM


@pytest.mark.parametrize("kind", [Straightened, Stretched])
def test_the_path_itself_lies_on_its_sheet(frames, kind):
    sheet = kind(frames, 1.1)
    for number in (0, 57, 150, len(frames.points_lps) - 1):
        point = frames.points_lps[number]
        along, across = sheet.flat(point)
        s = frames.s_mm[number]
        assert along == pytest.approx(float(sheet.along_mm(s)), abs=0.01)
        assert across == pytest.approx(float(sheet.middle_mm(s)), abs=0.01)


def test_a_stretched_sheet_keeps_lengths(frames):
    """The path drawn on the sheet is as long as the path in the patient."""
    sheet = Stretched(frames, 0.4)
    flat = np.column_stack([sheet.along_mm(frames.s_mm), sheet.middle_mm(frames.s_mm)])
    drawn = np.linalg.norm(np.diff(flat, axis=0), axis=1).sum()
    assert drawn == pytest.approx(frames.s_mm[-1], rel=1e-3)
    assert sheet.length_mm <= frames.s_mm[-1] + 1e-6


@pytest.mark.parametrize("angle", [0.0, 1.0, 2.0])
def test_a_bent_vessel_becomes_a_straight_band_as_wide_as_it_is(angle):
    tree = curved_tube(30.0, 4.0)
    grid = grid_around(tree, (0.6, 0.5, 0.5), turned=Rotation.random(random_state=4).as_matrix())
    volume, _ = render(tree, grid, lumen_hu=400, background_hu=0)
    frames = frames_along(tree.branches[0].points_lps)
    across = np.arange(-9, 9.01, 0.05)
    along = np.linspace(5, frames.s_mm[-1] - 5, 60)
    hu = resampled(volume, lines_on(Straightened(frames, angle), along), across)
    inside = hu > 200
    assert np.abs(inside.sum(axis=1) * 0.05 - 8.0).max() < 0.25
    middle = (inside * across).sum(axis=1) / inside.sum(axis=1)
    assert np.abs(middle).max() < 0.1


def test_values_are_those_of_the_voxels_and_nan_outside():
    grid = Grid(
        (20, 16, 12), np.array([[0, 0, 1.5, 3], [0, -1, 0, 8], [2, 0, 0, 1], [0, 0, 0, 1.0]])
    )
    ramp = (np.indices(grid.shape) * np.array([100, 10, 1])[:, None, None, None]).sum(axis=0)
    path = grid.points_lps(np.linspace((2, 8, 6), (17, 8, 6), 60))
    sheet = Straightened(frames_along(path), 0.0)
    lines = lines_on(sheet, np.array([0.0, 15.0]))
    hu = resampled(Volume(ramp.astype(np.int16), grid), lines, np.arange(30))
    wanted = grid.index(point_on(sheet, 15.0, 3.0)) @ (100, 10, 1)
    assert hu[1, 3] == pytest.approx(wanted, abs=0.01)
    assert np.isnan(hu[:, -1]).all()


@pytest.mark.parametrize("kind", [Straightened, Stretched])
def test_a_slab_is_thick_across_its_sheet(frames, kind):
    sheet = kind(frames, 0.7)
    along = np.linspace(1, sheet.length_mm - 1, 40)
    normal, way = sheet.normals(along), sheet.lines(along)[1]
    np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1.0)
    np.testing.assert_allclose((normal * way).sum(axis=1), 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("mode", "wanted"), [("mip", 40 + 4.5), ("minip", 40 - 4.5), ("mean", 40.0)]
)
def test_a_slab_takes_one_value_of_its_layers(mode, wanted):
    grid = Grid((60, 60, 60), np.diag([1.0, 1, 1, 1])[[2, 1, 0, 3]])
    ramp = np.broadcast_to(np.arange(60, dtype=np.int16), (60, 60, 60))  # grows to the left
    line = frames_along(np.linspace((40, 30, 50), (40, 30, 10), 80))
    sheet = Straightened(line, np.pi / 2)  # towards the back or the front: thick from left to right
    slab = Slab(mode, 10.0, 1.0)
    lines = lines_on(sheet, np.array([10.0, 20.0]))
    cut = resampled(Volume(np.array(ramp), grid), lines, np.zeros(1), slab)
    np.testing.assert_allclose(cut, wanted, atol=1e-4)


def test_a_slab_counts_only_what_the_scan_holds():
    grid = Grid((20, 20, 20), np.diag([1.0, 1, 1, 1])[[2, 1, 0, 3]])
    volume = Volume(np.full((20, 20, 20), 7, np.int16), grid)
    line = frames_along(np.linspace((19, 10, 18), (19, 10, 2), 40))
    for mode in ("mip", "minip", "mean"):
        lines = lines_on(Straightened(line, np.pi / 2), np.array([8.0]))
        cut = resampled(volume, lines, np.zeros(1), Slab(mode, 9, 1))
        assert cut == pytest.approx(7.0)


def test_labels_are_those_of_the_nearest_voxels():
    grid = Grid((20, 20, 20), np.diag([1.0, 1, 1, 1])[[2, 1, 0, 3]])
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[:, :, 12:] = 3
    sheet = Straightened(frames_along(np.linspace((10, 10, 18), (10, 10, 2), 40)), 0.0)
    across = np.array([-30.0, 0.0, 1.4, 1.6, 9.4, 9.6])
    lines = lines_on(sheet, np.array([5.0]))
    shown = resampled_labels([labels], grid, lines, across)[0][0]
    assert shown.tolist() == [0, 0, 0, 3, 3, 0]
