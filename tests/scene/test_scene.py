import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from viewer.scene import prepare, scene
from viewer.scene.colors import volume_preset
from viewer.scene.image import grid_image
from viewer.scene.pick import branch_near, branch_under, volume_hit
from viewer.scene.prepare import prepare_surface, prepare_volume
from viewer.volume.resample import grid_with_spacing
from viewer.volume.volume import Volume


def lit(picture):
    return picture[..., :3].max(axis=2) > 40


def stand(a_scene, case, view, volume=True, surface=True):
    software = a_scene.software
    if volume:
        a_scene.show_volume(prepare_volume(case.volume, software))
    if surface:
        a_scene.show_surface(prepare_surface(case.surface, software))
    a_scene.show_tree(case.tree)
    a_scene.dress(view)
    if surface and not volume:
        a_scene._place(case.volume.grid)
    a_scene.reset()


def column(picture):
    """The mean column of lit pixels, away from the cube in the corner."""
    return np.nonzero(lit(picture)[:100])[1].mean()


def test_an_empty_scene_is_black_but_for_its_cube(a_scene):
    assert not lit(a_scene.render())[:, :120].any()


@pytest.mark.parametrize(("volume", "surface"), [(True, False), (False, True)])
def test_the_tube_appears_where_it_is(a_scene, a_tube, a_view, volume, surface):
    stand(a_scene, a_tube, a_view, volume, surface)
    a_view.tree_shown = False
    a_scene.dress(a_view)
    for letter, place in (("A", 8.0), ("P", -8.0), ("L", -4.0), ("R", 4.0)):
        a_scene.look_from(letter)
        picture = a_scene.render()
        assert lit(picture)[:100, :140].sum() > 300
        middle = a_scene.volume_middle() if hasattr(a_scene, "volume_middle") else (-0.5, -0.5)
        offset = {"A": middle[0], "P": -middle[0], "L": middle[1], "R": -middle[1]}[letter]
        expected = 100 + (place - offset) / a_scene.mm_per_pixel
        assert column(picture) == pytest.approx(expected, abs=2.5), letter


def test_the_coarse_and_the_fine_picture_agree(a_scene, a_tube, a_view, monkeypatch):
    monkeypatch.setattr(prepare, "COARSE_VOXELS", 30_000)
    monkeypatch.setattr(prepare, "BRICK_VOXELS", 30_000)
    stand(a_scene, a_tube, a_view, surface=False)
    a_scene.orbit(60, 30)
    coarse = a_scene.render_coarse()
    fine = a_scene.render()
    both = (lit(coarse) & lit(fine)).sum() / (lit(coarse) | lit(fine)).sum()
    assert both > 0.75
    steps = sum(1 for _ in a_scene.refine())
    assert steps > 3
    again = a_scene.picture()
    assert np.abs(again.astype(int) - fine).max() <= 2


def test_bricks_leave_no_seams(a_scene, a_tube, a_view, monkeypatch):
    a_view.tree_shown = False
    stand(a_scene, a_tube, a_view, surface=False)
    a_scene.look_from("L")
    whole = a_scene.render().astype(int)
    monkeypatch.setattr(prepare, "BRICK_VOXELS", 20_000)
    a_scene.show_volume(prepare_volume(a_tube.volume, a_scene.software))
    a_scene.dress(a_view)
    cut = a_scene.render().astype(int)
    inside = binary_erosion(lit(whole))
    inside[:, 130:] = False
    assert inside.sum() > 1000
    assert np.abs(whole - cut)[inside].max() < 30


def test_opacity_zero_hides_a_part(a_scene, a_tube, a_view):
    a_view.tree_shown = False
    stand(a_scene, a_tube, a_view)
    a_view.volume_opacity = a_view.surface_opacity = 0.0
    a_scene.dress(a_view)
    assert not lit(a_scene.render())[:, :120].any()


def test_radius_colors_replace_label_colors(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view, volume=False)
    red = a_scene.render()
    a_view.surface_color = "radius"
    a_scene.dress(a_view)
    viridis = a_scene.render()
    strong = lit(red)[:100] & lit(viridis)[:100]
    assert (red[:100][strong][:, 0].astype(int) - red[:100][strong][:, 1]).mean() > 40
    assert (viridis[:100][strong][:, 0].astype(int) - viridis[:100][strong][:, 1]).mean() < 0


def test_the_clip_box_cuts_volume_and_surface(a_scene, a_tube, a_view):
    a_view.tree_shown = False
    stand(a_scene, a_tube, a_view)
    whole = lit(a_scene.render())[:, :130].sum()
    a_view.clip_box = True
    a_scene.clip_box = (0, 1, 0, 1, 0.5, 1)
    a_scene.dress(a_view)
    half = lit(a_scene.render())[:, :130]
    assert half[90:].sum() < half[:70].sum() / 4
    assert half.sum() < whole


def test_finer_voxels_in_the_same_place_leave_the_camera_and_the_clip_box(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view)
    a_scene.orbit(60, 30)
    a_scene.clip_box = (0, 1, 0, 1, 0.5, 1)
    into = a_scene.axes[2]
    grid = a_tube.volume.grid
    finer = grid_with_spacing(grid, (0.5, 1.0, 1.0))
    voxels = np.repeat(a_tube.volume.voxels, 3, axis=0)
    a_scene.show_volume(prepare_volume(Volume(voxels, finer), a_scene.software))
    assert np.allclose(a_scene.axes[2], into)
    assert a_scene.clip_box[4] == 0.5
    moved = grid.box((0, 0, 0), (40, 64, 64))
    part = Volume(a_tube.volume.voxels[:40], moved)
    a_scene.show_volume(prepare_volume(part, a_scene.software))
    assert a_scene.clip_box == scene.WHOLE_BOX


def test_dragging_a_face_moves_it_with_the_mouse(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view)
    before = a_scene.handles()[5]
    a_scene.drag_face(5, 0, 20)
    after = a_scene.handles()[5]
    assert after[1] - before[1] == pytest.approx(20, abs=0.5)
    assert a_scene.clip_box[:5] == (0, 1, 0, 1, 0)


def test_picking_finds_the_nearer_wall_and_the_branch(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view, volume=False)
    x, y = a_scene.pixels(np.array([[8.0, -4.0, 0.0]]))[0, :2]
    point = a_scene.pick(x, y)
    assert point == pytest.approx((8.0, -10.0, 0.0), abs=1.0)
    assert a_scene.pick_branch(x, y) == 0
    assert a_scene.pick(3, 3) is None
    assert a_scene.pick_branch(3, 3) is None


def test_picking_the_volume_finds_the_bright_tube(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view, surface=False)
    x, y = a_scene.pixels(np.array([[8.0, -4.0, 0.0]]))[0, :2]
    assert a_scene.pick(x, y) == pytest.approx((8.0, -10.0, 0.0), abs=2.0)


def test_a_ray_beside_the_volume_hits_nothing(a_tube):
    start, direction = np.array([500.0, 0, 0]), np.array([0, 1.0, 0])
    assert volume_hit(a_tube.volume, volume_preset("angio"), start, direction, 300) is None


def test_branches_near_a_point_or_a_pixel(a_tube):
    assert branch_near(a_tube.tree, np.array([8.0, 2.5, 0.0])) == 0
    assert branch_near(a_tube.tree, np.array([40.0, 2.5, 0.0])) is None
    pixels = [np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[50.0, 50.0]])]
    assert branch_under(pixels, 11, 1) == (0, 1)
    assert branch_under(pixels, 30, 30) is None


def test_the_selected_branch_is_drawn_in_the_accent_color(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view, surface=False)
    a_scene.show_tree(a_tube.tree, 0)
    blue = a_scene.render()[:100, :140].astype(int)
    assert ((blue[..., 2] - blue[..., 0]) > 100).sum() > 50


def test_slice_planes_show_the_slices(a_scene, a_tube, a_view):
    a_view.volume_opacity = a_view.surface_opacity = 0.0
    a_view.tree_shown = False
    stand(a_scene, a_tube, a_view)
    a_scene.show_planes(a_view, grid_image(a_tube.volume.voxels, a_tube.volume.grid))
    a_scene.orbit(60, 40)
    shown = a_scene.render()
    assert lit(shown)[:100, :140].sum() > 2000
    a_scene.show_planes(a_view, None)
    assert not lit(a_scene.render())[:, :120].any()


def test_slice_planes_wear_the_tint(a_scene, a_restored_tube, a_view):
    a_view.cursor_lps = (8.0, -4.0, 0.0)
    volume = a_restored_tube.restored.volume
    source = grid_image(volume.voxels, volume.grid)
    tint = ("origin", grid_image(a_restored_tube.restored.origin, volume.grid))
    a_scene._place(volume.grid)
    violet = []
    for wanted in (None, tint):
        a_scene.show_planes(a_view, source, wanted)
        picture = a_scene.render()[:, :140].astype(int)
        violet.append((picture[..., 2] - picture[..., 1] > 25).sum())
    assert violet[0] == 0
    assert violet[1] > 300


def test_slice_planes_cover_nothing_that_lies_before_them(a_scene, a_tube, a_view, monkeypatch):
    monkeypatch.setattr(prepare, "BRICK_VOXELS", 30_000)
    a_view.tree_shown = False
    stand(a_scene, a_tube, a_view, surface=False)
    a_scene.look_from("L")
    alone = lit(a_scene.render())
    a_view.cursor_lps = tuple(np.subtract(a_tube.volume.grid.center_lps, (15.0, 0, 0)))
    a_scene.show_planes(a_view, grid_image(a_tube.volume.voxels, a_tube.volume.grid))
    with_planes = a_scene.render()[..., :3].astype(int)
    colored = with_planes.max(axis=2) - with_planes.min(axis=2) > 30
    tube = binary_erosion(alone[:100, :140], iterations=2)
    assert tube.sum() > 200
    assert colored[:100, :140][tube].mean() > 0.9


def test_zoom_pan_and_size(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view)
    scale = a_scene.mm_per_pixel
    a_scene.zoom(2)
    assert a_scene.mm_per_pixel == pytest.approx(scale / 2)
    before = a_scene.pixels(np.zeros((1, 3)))[0]
    a_scene.pan(15, -7)
    moved = a_scene.pixels(np.zeros((1, 3)))[0] - before
    assert moved[:2] == pytest.approx((15, -7))
    a_scene.resize(120, 90)
    assert a_scene.render().shape == (90, 120, 4)


def test_letters_h_and_f_mean_head_and_feet(a_scene, a_tube, a_view):
    stand(a_scene, a_tube, a_view)
    a_scene.look_from("H")
    assert a_scene.axes[2] == pytest.approx((0, 0, -1))
    assert a_scene.axes[0] == pytest.approx((-1, 0, 0))
    a_scene.look_from("F")
    assert a_scene.axes[2] == pytest.approx((0, 0, 1))
    assert a_scene.axes[0] == pytest.approx((1, 0, 0))


def test_slow_pictures_get_fewer_rays(a_scene, a_tube, a_view, monkeypatch):
    stand(a_scene, a_tube, a_view)
    monkeypatch.setattr(scene, "SLOW_S", 0.0)
    for _ in range(5):
        a_scene.render_coarse()
    assert a_scene._rays == scene.COARSEST
    monkeypatch.setattr(scene, "SLOW_S", 9.0)
    monkeypatch.setattr(scene, "FAST_S", 9.0)
    for _ in range(5):
        a_scene.render_coarse()
    assert a_scene._rays == 1
