import numpy as np
import pytest

from viewer.phantom.body import LANDMARKS, make_body
from viewer.phantom.companions import companions, make_anatomy
from viewer.phantom.courses import COURSES
from viewer.phantom.forms import bent
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

STANDARD = make_body(np.random.default_rng(0), 0.0)
BONE = [Tissue.CORTEX, Tissue.MARROW, Tissue.TOOTH]


def around(point_lps, count=64, spacing_mm=2.0):
    shape = (count, count, count)
    origin = np.asarray(point_lps, float) - 0.5 * (count - 1) * spacing_mm
    return Grid.regular(shape, (spacing_mm,) * 3, origin)


def seen_at(tissue, grid, points_lps):
    index = np.rint(grid.index(points_lps)).astype(int)
    inside = np.all((index >= 0) & (index < grid.shape), axis=1)
    return tissue[tuple(index[inside].T)]


@pytest.fixture(scope="module")
def a_trunk():
    """Neck to thighs of the standard adult at 4.5 mm, and x of every voxel."""
    grid = Grid.regular((140, 56, 72), (4.5,) * 3, (-160, -116, -200))
    anatomy = make_anatomy(np.random.default_rng(1), oral=0, table=False, foreign=False)
    x = np.broadcast_to(-160 + 4.5 * np.arange(72), grid.shape)
    return anatomy.on(STANDARD, grid), grid, x


def milliliters(mask):
    return mask.sum() * 4.5**3 / 1000


def test_organs_are_as_large_as_in_people(a_trunk):
    tissue, _, _ = a_trunk
    for name, low, high in [
        (Tissue.LIVER, 1200, 1900), (Tissue.SPLEEN, 120, 350), (Tissue.LUNG, 3000, 7000),
        (Tissue.LEFT_HEART, 120, 320), (Tissue.RIGHT_HEART, 130, 340),
        (Tissue.HEART_WALL, 120, 380), (Tissue.PANCREAS, 30, 130), (Tissue.THYROID, 8, 40),
    ]:  # fmt: skip
        assert low < milliliters(tissue == name) < high, name.name


def test_right_is_right_and_left_is_left(a_trunk):
    tissue, _, x = a_trunk
    assert np.mean(x[tissue == Tissue.LIVER]) < -40
    assert np.mean(x[tissue == Tissue.SPLEEN]) > 60
    assert np.mean(x[tissue == Tissue.LEFT_HEART]) > np.mean(x[tissue == Tissue.RIGHT_HEART]) + 10
    kidney = np.isin(tissue, [Tissue.KIDNEY, Tissue.KIDNEY_MEDULLA])
    for side in (-1, 1):
        assert 115 < milliliters(kidney & (side * x > 0)) < 220


def test_every_chamber_lies_at_its_landmark(a_trunk):
    tissue, grid, _ = a_trunk
    for name, blood in [
        ("left ventricle", Tissue.LEFT_HEART), ("left atrium", Tissue.LEFT_HEART),
        ("right ventricle", Tissue.RIGHT_HEART), ("right atrium", Tissue.RIGHT_HEART),
    ]:  # fmt: skip
        assert seen_at(tissue, grid, np.array([LANDMARKS[name]], float)) == blood


@pytest.mark.parametrize("seed", [0, 3])
def test_no_bone_lies_where_great_arteries_run(seed):
    rng = np.random.default_rng(seed)
    body = make_body(rng)
    anatomy = make_anatomy(rng, table=False, foreign=False)
    for name, (knots, free_mm) in COURSES.items():
        path = bent(knots, 60)
        ring = [(np.cos(t), np.sin(t), 0) for t in np.linspace(0, 6.28, 8, endpoint=False)]
        points = (path[:, None] + max(free_mm - 2.2, 0) * np.array(ring)).reshape(-1, 3)
        for side in (1,) if name == "aorta" else (1, -1):
            placed = body.place(points * (side, 1, 1))
            low, high = placed.min(axis=0) - 4, placed.max(axis=0) + 4
            shape = np.ceil((high - low)[::-1] / 1.8).astype(int)
            grid = Grid.regular(shape, (1.8,) * 3, low)
            assert not np.isin(seen_at(anatomy.on(body, grid), grid, placed), BONE).any(), name


def test_the_aorta_has_the_spine_close_behind():
    grid = around(LANDMARKS["aorta at T10"], 96, 0.8)
    tissue = companions(STANDARD, grid, np.random.default_rng(2))
    way = np.array(LANDMARKS["T10"]) - LANDMARKS["aorta at T10"]
    steps = np.arange(0, np.linalg.norm(way), 0.4)
    line = np.array(LANDMARKS["aorta at T10"]) + steps[:, None] * way / np.linalg.norm(way)
    first = steps[np.argmax(np.isin(seen_at(tissue, grid, line), BONE))]
    assert 11.5 < first < 17


def test_the_same_seed_gives_the_same_person_and_another_seed_another():
    grid = around(LANDMARKS["left kidney"], 40, 3.0)
    one, same, other = (companions(STANDARD, grid, np.random.default_rng(s)) for s in (7, 7, 8))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("place", ["L1", "C2"])
def test_a_box_is_the_same_cut_from_a_larger_grid(place):
    rng = np.random.default_rng(5)
    body, anatomy = make_body(rng), make_anatomy(rng)
    grid = around(body.landmark(place), 64, 1.5)
    whole = anatomy.on(body, grid)
    part = anatomy.on(body, grid.box((11, 17, 5), (52, 58, 46)))
    assert np.mean(whole[11:52, 17:58, 5:46] == part) > 0.995


def test_an_oblique_grid_sees_the_same_person():
    anatomy = make_anatomy(np.random.default_rng(5))
    straight = around(LANDMARKS["L2"], 60, 1.5)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    matrix = np.eye(4)
    matrix[:3, :3] = turn * 1.5
    matrix[:3, 3] = np.array(LANDMARKS["L2"]) - turn @ np.full(3, 0.75 * 59)
    oblique = Grid((60, 60, 60), matrix)
    index = np.stack(np.meshgrid(*[np.arange(18, 42)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    there = seen_at(anatomy.on(STANDARD, oblique), oblique, straight.points_lps(index))
    here = anatomy.on(STANDARD, straight)[tuple(index.T)]
    # nearest voxels are up to 1.3 mm off, so only borders may differ
    assert np.mean(there == here) > 0.85


def test_far_from_the_body_there_is_air():
    grid = around((0, -600, 0), 24)
    assert not companions(STANDARD, grid, np.random.default_rng(0)).any()


def test_the_couch_lies_behind_and_wires_in_front():
    grid = Grid.regular((14, 150, 30), (9, 2, 12), (-180, -160, 200))
    seeds = range(4)
    people = [companions(STANDARD, grid, np.random.default_rng(s)) for s in seeds]
    bare = companions(STANDARD, grid, np.random.default_rng(0), table=False, foreign=False)
    assert not np.isin(bare, [Tissue.TABLE, Tissue.METAL]).any()
    for tissue in people:
        middle = tissue[:, :, 14:16]
        table, skin = (np.nonzero(middle == name)[1] for name in (Tissue.TABLE, Tissue.SKIN))
        assert table.min() > skin.max()
    assert any((tissue == Tissue.METAL).any() for tissue in people)
