import numpy as np

from viewer.phantom.body import make_body
from viewer.phantom.forms import bent, chain, egg, minus, mirrored, plate, rod
from viewer.phantom.layout import Organ, Places, make_bumps
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

BUMPS = make_bumps(np.random.default_rng(0))


def some_places(variety, spacing_mm=2.0, shape=(30, 40, 50)):
    body = make_body(np.random.default_rng(3), variety)
    return Places(body, Grid.regular(shape, (spacing_mm,) * 3, (-40, -30, 20)), BUMPS)


def test_interpolated_coordinates_follow_the_warp():
    for variety in (0.0, 1.0):
        places = some_places(variety)
        index = np.stack(np.meshgrid(*[np.arange(n) for n in (30, 40, 50)], indexing="ij"), -1)
        exact = np.moveaxis(places.body.standard(places.grid.points_lps(index)), -1, 0)
        assert np.abs(places.fine - exact).max() < 0.3


def test_a_box_holds_all_voxels_between_its_corners():
    places = some_places(1.5)
    low, high = np.array([-10.0, 0, 40]), np.array([20.0, 12, 60])
    box = places.box(low, high)
    inside = np.all(
        [(places.fine[a] > low[a]) & (places.fine[a] < high[a]) for a in range(3)], axis=0
    )
    assert box is not None
    assert inside.any()
    count = inside.sum()
    assert inside[box].sum() == count
    assert places.box(low + 4000, high + 4000) is None


def test_an_egg_has_the_volume_of_an_ellipsoid_fine_or_smooth():
    places = some_places(0.0)
    for smooth in (False, True):
        out = np.zeros(places.grid.shape, np.uint8)
        shape = egg((5, 5, 50), (20, 24, 16))
        Organ((shape,), ((0.0, Tissue.LIVER), (4.0, Tissue.WATER)), smooth=smooth)(out, places)
        volume_mm3 = (out > 0).sum() * 8
        assert abs(volume_mm3 / (4 / 3 * np.pi * 20 * 24 * 16) - 1) < 0.06
        assert out[15, 17, 22] == Tissue.WATER


def test_an_organ_keeps_to_the_tissues_it_may_cover():
    places = some_places(0.0)
    out = np.full(places.grid.shape, Tissue.FAT, np.uint8)
    out[:, :, :20] = Tissue.CORTEX
    row = Organ(
        chain([(-30, 0, 50), (40, 0, 50)], 9.0),
        ((0.0, Tissue.BOWEL_WALL), (2.0, Tissue.BOWEL_FLUID)),
        frozenset({Tissue.FAT}),
        gas_y=0.0,
    )
    row(out, places)
    assert (out[:, :, :20] == Tissue.CORTEX).all()
    y = places.fine[1]
    assert (y[out == Tissue.GAS] < 0).all()
    assert (y[out == Tissue.BOWEL_FLUID] >= 0).all()
    assert {Tissue.GAS, Tissue.BOWEL_WALL} <= set(np.unique(out))


def test_distances_of_forms_are_exact_at_their_surface():
    point = np.array([[10.0], [0.0], [0.0]], np.float32)
    assert abs(egg((0, 0, 0), (7, 9, 9)).distance_mm(point)[0] - 3) < 1.6
    assert abs(rod((0, -5, 0), (0, 5, 0), 4).distance_mm(point)[0] - 6) < 1e-4
    assert abs(rod((-5, 0, 0), (5, 0, 0), 2, 3).distance_mm(point)[0] - 2) < 1e-4
    assert abs(mirrored(rod((-9, 0, 0), (-9, 0, 9), 4)).distance_mm(point)[0] + 3) < 1e-4
    hollow = minus(egg((0, 0, 0), (12, 12, 12)), egg((0, 0, 0), (11, 11, 11)))
    assert hollow.distance_mm(point)[0] > 0
    wing = plate(((0, 20, 0), (20, 0, 0)), ((0, 20, 30), (20, 0, 30)), 3.0)
    probe = np.array([[11.2, 30.0], [11.2, 30.0], [15.0, 15.0]], np.float32)
    inside, outside = wing.distance_mm(probe)
    assert inside < 0 < outside


def test_a_bent_path_meets_its_ends():
    path = bent([(0, 0, 0), (5, 8, 0), (10, 0, 0)], 11)
    assert np.allclose(path[[0, -1]], [(0, 0, 0), (10, 0, 0)])
    assert path[:, 1].max() > 7.5
