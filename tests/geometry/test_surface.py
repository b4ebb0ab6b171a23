"""A mask's wall as triangles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.errors import ViewerError
from viewer.geometry.surface import Surface, color_by_radius, make_surface, simplify
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import straight_tube
from viewer.progress import silent
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid


def ball(radius, grid=None):
    size = 2 * int(radius) + 7
    place = np.indices((size,) * 3) - size // 2
    labels = ((place**2).sum(axis=0) <= radius**2).astype(np.uint8)
    return VesselMask(labels, grid or Grid.regular(labels.shape))


def edges_used_once_each_way(surface):
    a, b, c = surface.triangles.T
    there = {*zip(a, b, strict=True), *zip(b, c, strict=True), *zip(c, a, strict=True)}
    return len(there) == 3 * len(a) and all((q, p) in there for p, q in there)


def test_smoothing_does_not_shrink_a_ball():
    mask = ball(5)
    rough, smooth = (make_surface(mask, silent(), smoothing=s) for s in (0, 0.5))
    assert smooth.volume_ml == pytest.approx(rough.volume_ml, rel=0.01)

    def roughness(surface):
        center = mask.grid.center_lps
        return np.linalg.norm(surface.points_lps - center, axis=1).std()

    assert roughness(smooth) < 0.5 * roughness(rough)
    assert edges_used_once_each_way(smooth)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=9, max_size=9), st.integers(0, 1))
def test_the_wall_lies_at_the_voxels_and_faces_outwards_on_any_grid(numbers, mirrored):
    axes = np.eye(3) + 0.3 * np.reshape(numbers, (3, 3))
    if mirrored:
        axes = axes[:, ::-1]
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = axes, (10, -20, 30)
    mask = ball(4, Grid((15, 15, 15), matrix))
    surface = make_surface(mask, silent())
    index = mask.grid.index(surface.points_lps)
    assert np.linalg.norm(index - 7, axis=1) == pytest.approx(4.1, abs=0.6)
    assert surface.volume_ml == pytest.approx(mask.volume_ml(1), rel=0.05)


def test_a_tube_has_its_volume(a_tree):
    tree = straight_tube(60, 5)
    mask = render(tree, grid_around(tree, (1.5, 0.7, 0.7)))[1]
    surface = make_surface(mask, silent())
    true_ml = (np.pi * 25 * 60 + 4 / 3 * np.pi * 125) / 1000
    assert surface.volume_ml == pytest.approx(true_ml, rel=0.03)
    x, y = surface.points_lps[np.abs(surface.points_lps[:, 2]) < 20][:, :2].T
    assert np.hypot(x, y) == pytest.approx(5, abs=0.4)


def test_each_label_keeps_its_own_wall():
    labels = np.zeros((12, 12, 24), np.uint8)
    labels[3:9, 3:9, 3:9], labels[3:9, 3:9, 15:21] = 1, 2
    surface = make_surface(VesselMask(labels, Grid.regular(labels.shape)), silent(), labels=(1, 2))
    left = surface.points_lps[:, 0] < 12
    np.testing.assert_array_equal(surface.point_data["label"], np.where(left, 1, 2))
    assert edges_used_once_each_way(surface)


def test_a_vessel_at_the_edge_of_the_scan_is_closed():
    labels = np.ones((6, 5, 4), np.uint8)
    surface = make_surface(VesselMask(labels, Grid.regular(labels.shape)), silent(), smoothing=0)
    assert edges_used_once_each_way(surface)
    assert surface.points_lps.min() == pytest.approx(-0.5)


def test_no_vessel_gets_a_sentence(no_mask):
    with pytest.raises(ViewerError, match=r"no artery or vein in the mask.*segment or paint"):
        make_surface(no_mask, silent(), labels=(1, 2))


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_cancel_answers_within_a_second(the_avm, seconds_to_stop, share):
    assert seconds_to_stop(lambda progress: make_surface(the_avm, progress), share) < 1


@pytest.mark.parametrize("careful", [False, True])
def test_a_coarse_copy_keeps_its_place_and_data(a_mask, careful):
    fine = make_surface(a_mask, silent())
    coarse = simplify(fine, 2000, careful=careful)
    assert 1000 < len(coarse.triangles) <= 2200
    assert coarse.volume_ml == pytest.approx(fine.volume_ml, rel=0.12)
    assert coarse.point_data["label"].shape == (len(coarse.points_lps),)
    assert simplify(fine, 10**9) is fine


def test_color_follows_the_nearest_vessel(a_mask, a_tree):
    surface = color_by_radius(make_surface(a_mask, silent()), a_tree)
    radius = surface.point_data["radius_mm"]
    trunk = surface.points_lps[:, 2] < -10
    assert radius[trunk] == pytest.approx(4)
    assert radius[surface.points_lps[:, 2] > 15] == pytest.approx(a_tree.branches[1].radius_mm[0])
    assert set(surface.point_data) == {"label", "radius_mm"}


def test_a_surface_cannot_be_changed():
    surface = Surface(np.zeros((3, 3), np.float32), np.array([[0, 1, 2]]))
    with pytest.raises(ValueError, match="read-only"):
        surface.points_lps[0] = 1
