from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from vtkmodules.util.numpy_support import vtk_to_numpy

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.halves import checked
from viewer.enhance.origin import INFERRED, MEASURED
from viewer.enhance.restored import Restored
from viewer.scene.blocks import largest, middles, smaller
from viewer.scene.colors import TOKENS, color_map, rgb, volume_preset
from viewer.scene.overlay import scene_overlay
from viewer.scene.prepare import prepare_surface, prepare_volume
from viewer.scene.tint_restored import TOP_HU
from viewer.scene.voxel_tint import VoxelTint, keyed_hu, voxel_tint, wall_tints
from viewer.session.view_state import STRAIGHT
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


@pytest.fixture
def a_half_inferred_tube(a_tube):
    """The tube as a scanner sees it, restored: inferred with 80 HU of error above its middle.

    Below it was measured, with 4 HU.
    """
    grid = a_tube.volume.grid
    blurred = gaussian_filter(a_tube.volume.voxels.astype(np.float32), 1.0)
    volume = Volume(np.rint(blurred).astype(np.int16), grid)
    upper = np.indices(grid.shape)[0] >= grid.shape[0] // 2
    restored = Restored(
        volume,
        "noise",
        Acquisition(grid.shape, (1, 1, 1)),
        np.where(upper, INFERRED, MEASURED).astype(np.uint8),
        np.where(upper, 80, 4).astype(np.float16),
        *(np.zeros(grid.shape, np.float16) for _ in range(2)),
        *(1.0 for _ in range(3)),
        {},
        {},
    )
    check = checked(np.where(upper, 9.0, 1.0), grid)
    parts = {"volume": volume, "restored": restored, "check": check}
    return SimpleNamespace(**vars(a_tube) | parts)


def prepared(case, view, software=True):
    return prepare_volume(case.volume, software, voxel_tint(case, view), view.volume_preset)


def shown(a_scene, case, view, software):
    """The tube from the front, its upper and its lower half (60,12,3)."""
    view.tree_shown = False
    a_scene._software = software
    a_scene.show_volume(prepared(case, view, software))
    a_scene.dress(view)
    a_scene.reset()
    picture = a_scene.render()[..., :3].astype(int)
    x, y = a_scene.pixels(np.array([[8.0, -4.0, -0.75]]))[0, :2].round().astype(int)
    return picture[y - 63 : y - 3, x - 6 : x + 6], picture[y + 3 : y + 63, x - 6 : x + 6]


def test_a_tint_is_shown_only_of_what_there_is(a_half_inferred_tube, a_tube, a_view):
    assert voxel_tint(a_half_inferred_tube, a_view).name == "origin"
    assert voxel_tint(a_half_inferred_tube, a_view) == voxel_tint(a_half_inferred_tube, a_view)
    assert voxel_tint(a_tube, a_view) is None
    assert wall_tints(a_tube) == ()
    for name in ("none", "residual"):
        a_view.tint = name
        assert voxel_tint(a_half_inferred_tube, a_view) is None
    a_view.tint = "apart"
    assert voxel_tint(a_half_inferred_tube, a_view).of is a_half_inferred_tube.check
    a_view.raw_held = True
    assert voxel_tint(a_half_inferred_tube, a_view) is None


@pytest.mark.parametrize("software", [True, False])
def test_inferred_voxels_are_violet_and_measured_ones_stay(
    a_scene, a_half_inferred_tube, a_view, software
):
    upper, lower = shown(a_scene, a_half_inferred_tube, a_view, software)
    a_view.tint = "none"
    plain_upper, plain_lower = shown(a_scene, a_half_inferred_tube, a_view, software)
    assert np.abs(lower - plain_lower).mean() < 3
    bluer = (upper - plain_upper)[..., 2] - (upper - plain_upper)[..., 0]
    assert np.median(bluer) > 50


def test_the_error_is_told_in_the_colors_of_its_map(a_scene, a_half_inferred_tube, a_view):
    a_view.tint = "error"
    upper, lower = shown(a_scene, a_half_inferred_tube, a_view, True)
    assert np.median(upper[..., 0] - upper[..., 2]) > 30  # yellow
    assert np.median(lower[..., 2] - lower[..., 0]) > 10  # blue


def test_what_hangs_on_the_noise_is_marked_and_nothing_else(a_scene, a_half_inferred_tube, a_view):
    a_view.tint = "none"
    plain_upper, plain_lower = shown(a_scene, a_half_inferred_tube, a_view, True)
    a_view.tint = "apart"
    upper, lower = shown(a_scene, a_half_inferred_tube, a_view, True)
    assert np.abs(lower - plain_lower).mean() < 3
    assert np.abs(upper - plain_upper).mean() > 10


def test_painted_voxels_leave_no_holes(a_scene, a_half_inferred_tube, a_view):
    """Empty blocks are sought by one thread; by several, painted ones were skipped (VTK 9.7)."""
    a_view.tree_shown = False
    grid = Grid.regular((64, 65, 64))
    clouds = gaussian_filter(np.random.default_rng(0).normal(size=grid.shape), 4)
    volume = Volume((clouds / clouds.std() * 150 + 100).astype(np.int16), grid)
    nothing = VoxelTint("origin", a_half_inferred_tube.restored, np.zeros(grid.shape, int), grid)
    pictures = []
    for tint in (None, nothing):
        a_scene.show_volume(prepare_volume(volume, True, tint, "angio"))
        a_scene.dress(a_view)
        pictures.append(a_scene.render()[..., :3].astype(int))
    assert np.mean(np.abs(pictures[0] - pictures[1]).max(axis=2) > 60) < 0.002


def test_a_tint_costs_memory_only_while_it_is_shown(a_half_inferred_tube, a_view):
    painted = prepared(a_half_inferred_tube, a_view)
    assert painted.fine[0].source.voxels.shape[3:] == (4,)
    a_view.tint = "none"
    plain = prepared(a_half_inferred_tube, a_view)
    assert plain.painted is None
    assert np.shares_memory(plain.fine[0].source.voxels, a_half_inferred_tube.volume.voxels)


def test_keys_hold_every_opacity_closely():
    for name in ("angio", "bone_and_vessels", "soft_tissue"):
        preset = volume_preset(name)
        hu = np.arange(-1024, 3000)
        keys = np.round(np.interp(hu, keyed_hu(preset), np.arange(256))).astype(int)
        kept = preset.opacity_of(keyed_hu(preset)[keys])
        assert np.abs(kept - preset.opacity_of(hu)).max() < 0.08, name


def test_a_voxel_that_stands_for_many_takes_the_boldest():
    grid = Grid.regular((4, 9, 7), (2.0, 1.0, 1.0))
    origin = np.zeros(grid.shape, np.uint8)
    origin[1, 3, 2] = INFERRED
    _, coarser = smaller(np.zeros(grid.shape, np.int16), grid, 30)
    bold = largest(origin, grid, coarser)
    assert bold.shape == coarser.shape
    place = coarser.nearest(grid.points_lps(np.array([1, 3, 2])))
    assert np.argwhere(bold).tolist() == [place.tolist()]


def test_while_it_is_dragged_a_tint_keeps_its_share():
    grid = Grid.regular((20, 41, 43), (2.0, 1.0, 1.0))
    origin = (np.random.default_rng(1).random(grid.shape) < 0.1).astype(np.uint8)
    voxels, coarser = smaller(origin.astype(np.int16), grid, 6_000)
    kept = middles(origin, grid, coarser)
    assert kept.shape == voxels.shape
    assert kept.mean() == pytest.approx(0.1, abs=0.02)
    rows = np.broadcast_to(np.arange(41, dtype=np.uint8)[None, :, None], grid.shape)
    at = grid.index(coarser.points_lps(np.stack(np.indices(coarser.shape), -1)))[..., 1]
    assert np.abs(middles(rows, grid, coarser) - at).max() <= 0.5 + 1e-6


def test_the_wall_tells_whence_it_comes_and_how_far_it_may_be_off(a_half_inferred_tube):
    made = prepare_surface(a_half_inferred_tube.surface, True, wall_tints(a_half_inferred_tube))
    data = made.coarse
    z = vtk_to_numpy(data.GetPoints().GetData())[:, 2]
    grid = a_half_inferred_tube.volume.grid
    edge = grid.points_lps(np.array([grid.shape[0] // 2 - 0.5, 0, 0]))[2]
    origin = vtk_to_numpy(data.GetPointData().GetArray("origin"))
    assert (origin[z > edge + 1.5] == rgb(TOKENS["invented"])).all()
    assert (origin[z < edge - 1.5] == rgb(TOKENS["quiet"])).all()
    error = vtk_to_numpy(data.GetPointData().GetArray("error"))
    place = round(80 / TOP_HU["error"] * 255)
    gap = error[z > edge + 1.5].astype(int) - color_map("cividis")[place]
    assert np.abs(gap).max() <= 4


def test_the_wall_is_colored_by_structure_where_nothing_is_known(a_scene, a_tube, a_view):
    view = prepare_surface(a_tube.surface, True)
    a_scene.show_surface(view)
    for color in ("origin", "error", "radius"):
        a_scene._surface.dress(color, 1.0)
        name = a_scene._surface.coarse.GetMapper().GetArrayName()
        assert name == ("radius" if color == "radius" else "label")


def test_the_3_d_legend_names_what_the_volume_and_the_wall_tell(a_restored_tube, a_view):
    axes = tuple(np.array(each) for each in STRAIGHT["coronal"])

    def told():
        overlay = scene_overlay(a_restored_tube, a_view, axes, 0.5, 400, None)
        names = [name.split(" ")[0] for name, _ in (*overlay.tinted, *overlay.legend)]
        return names, overlay.color_bar and overlay.color_bar.title

    assert told() == (["inferred", "interpolated", "artery"], None)
    a_view.surface_color = "origin"
    assert told() == (["inferred", "interpolated"], None)
    a_view.surface_color = "error"
    assert told() == (["inferred", "interpolated"], "Expected error")
    a_view.volume_opacity = 0.0
    assert told() == ([], "Expected error")
    a_view.surface_color, a_view.tint, a_view.planes_shown = "label", "residual", True
    assert told() == (["artery"], "Taken away")
    a_view.raw_held = True
    assert told() == (["artery"], None)
