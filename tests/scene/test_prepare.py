import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from viewer.geometry.surface import Surface
from viewer.scene import prepare
from viewer.scene.blocks import block_factors, smaller
from viewer.scene.prepare import bricks, prepare_surface, prepare_volume
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


@pytest.fixture
def a_bumpy_ball():
    """A closed surface of 80,000 triangles."""
    u, w = np.meshgrid(
        np.linspace(0, 2 * np.pi, 200, endpoint=False), np.linspace(0.05, np.pi - 0.05, 201)
    )
    r = 50 + 4 * np.sin(8 * u) * np.sin(6 * w)
    ball = np.stack([r * np.sin(w) * np.cos(u), r * np.sin(w) * np.sin(u), r * np.cos(w)], -1)
    points = ball.reshape(-1, 3)
    i, j = np.meshgrid(np.arange(200), np.arange(200), indexing="ij")
    a, b = i * 200 + j, i * 200 + (j + 1) % 200
    triangles = np.concatenate(
        [
            np.stack([a, a + 200, b], -1).reshape(-1, 3),
            np.stack([b, a + 200, b + 200], -1).reshape(-1, 3),
        ]
    )
    radius = np.abs(points[:, 2])
    return Surface(
        points.astype(np.float32),
        triangles.astype(np.int32),
        {"radius_mm": radius.astype(np.float32)},
    )


def test_a_smaller_copy_lies_at_the_same_place(a_slope, slope_hu):
    voxels, grid = smaller(a_slope.voxels, a_slope.grid, 30_000)
    assert voxels.size <= 30_000
    index = np.stack(np.indices(grid.shape), axis=-1)
    assert np.abs(voxels - slope_hu(grid.points_lps(index))).max() <= 1.0


def test_blocks_are_nearly_cubic():
    grid = Grid.regular((100, 512, 512), (2.4, 0.6, 0.6))
    assert block_factors(grid, 2_000_000) == (1, 4, 4)


def test_bricks_cover_every_voxel_once_with_room_for_shading(monkeypatch):
    monkeypatch.setattr(prepare, "BRICK_VOXELS", 3000)
    grid = Grid.regular((20, 50, 20))
    voxels = np.random.default_rng(0).integers(0, 99, grid.shape, dtype=np.int16)
    made = list(bricks(voxels, grid))
    assert len(made) > 3
    assert {b.axis for b in made} == {1}
    assert [b.inner[0] for b in made[1:]] == [b.inner[1] for b in made[:-1]]
    assert (made[0].inner[0], made[-1].inner[1]) == (0, 49)
    for brick in made:
        last = brick.first + brick.source.voxels.shape[1]
        assert np.array_equal(brick.source.voxels, voxels[:, brick.first : last])
        assert brick.first <= max(brick.inner[0] - 1, 0)
        assert last - 1 >= min(brick.inner[1] + 1, 49)


def test_a_graphics_processor_gets_the_voxels_themselves(a_slope):
    made = prepare_volume(a_slope, software=False)
    assert np.shares_memory(made.coarse.source.voxels, a_slope.voxels)
    assert made.fine == (made.coarse,)


def test_float_voxels_become_int16(an_oblique_grid):
    volume = Volume(np.full(an_oblique_grid.shape, 12.6, dtype=np.float32), an_oblique_grid)
    made = prepare_volume(volume, software=True)
    assert made.fine[0].source.voxels.dtype == np.int16
    assert (made.fine[0].source.voxels == 13).all()


def test_a_large_surface_gets_a_coarse_copy_and_pieces(a_bumpy_ball, monkeypatch):
    monkeypatch.setattr(prepare, "COARSE_TRIANGLES", 10_000)
    monkeypatch.setattr(prepare, "PIECE_TRIANGLES", 30_000)
    made = prepare_surface(a_bumpy_ball, software=True)
    assert sum(p.GetNumberOfCells() for p in made.pieces) == len(a_bumpy_ball.triangles)
    assert len(made.pieces) == 3
    assert 2_000 < made.coarse.GetNumberOfCells() <= 10_000
    radii = np.linalg.norm(vtk_to_numpy(made.coarse.GetPoints().GetData()), axis=1)
    assert radii.min() > 44
    assert radii.max() < 56
    for data in (made.coarse, *made.pieces):
        assert data.GetPointData().GetNormals() is not None
        assert data.GetPointData().GetArray("radius").GetNumberOfComponents() == 3


def test_a_small_surface_is_drawn_whole(a_tube):
    made = prepare_surface(a_tube.surface, software=True)
    assert made.pieces == (made.coarse,)
    assert made.radius_range_mm == pytest.approx((4.08, 7.92), abs=0.02)


def test_pieces_keep_the_colors_of_their_points(a_bumpy_ball, monkeypatch):
    monkeypatch.setattr(prepare, "COARSE_TRIANGLES", 10_000)
    made = prepare_surface(a_bumpy_ball, software=True)
    piece = made.pieces[0]
    points = vtk_to_numpy(piece.GetPoints().GetData())
    colors = vtk_to_numpy(piece.GetPointData().GetArray("radius"))
    thick = np.abs(points[:, 2]) > 45
    assert thick.any()
    assert (colors[thick][:, 0] > 150).all()  # viridis ends in yellow
