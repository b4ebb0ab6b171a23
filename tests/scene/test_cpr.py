"""Pictures of vessels: the right letters, the right places, the right scale."""

import numpy as np
import pytest

from viewer.geometry.straighten import point_on
from viewer.scene.cpr import (
    curved_hu,
    curved_labels,
    fitted,
    sheet_of,
    side_mm,
    slab_of,
    turning_factor,
    walls_on,
)
from viewer.scene.slice import OUTSIDE
from viewer.session.view_state import ViewState
from viewer.volume.volume import Volume

SIZE = (700, 300)


def shown(sections, view, zoom=1.0, s_mm=0.0):
    frames = sections.frames
    side = side_mm(sections.values["diameter_max_mm"])
    return fitted(sheet_of(frames, view), frames, side, SIZE, zoom, s_mm)


@pytest.fixture
def a_picture(a_measured_tube):
    sections = a_measured_tube[4]
    return shown(sections, ViewState())


@pytest.mark.parametrize("sheet", ["straightened", "stretched"])
def test_what_a_pixel_shows_is_the_value_at_its_point(a_measured_tube, sheet):
    _, volume, _, _, sections = a_measured_tube
    view = ViewState(vessel_sheet=sheet, vessel_angle=30.0)
    picture = shown(sections, view)
    hu = curved_hu(volume, picture)
    for x, y in ((200, 150), (350, 180), (420, 120), (500, 90)):
        point = picture.point_lps(x + 0.5, y + 0.5)
        np.testing.assert_allclose(picture.pixel(point), (x + 0.5, y + 0.5), atol=0.05)
        index = np.round(volume.grid.index(point)).astype(int)
        near = volume.voxels[tuple(slice(i - 1, i + 2) for i in index)]
        assert near.min() - 1 <= hu[y, x] <= near.max() + 1


def test_the_lumen_is_as_wide_as_the_scale_says(a_measured_tube, a_picture):
    hu = curved_hu(a_measured_tube[1], a_picture)
    wide = (hu[:, 350] > 200).sum() * a_picture.mm_per_pixel
    assert wide == pytest.approx(8.0, abs=0.2)
    assert (hu[:, 5] == OUTSIDE).all()
    above, below = walls_on(a_measured_tube[4].frames, a_measured_tube[4].wall_mm, a_picture)
    middle = len(above) // 2
    assert (below[middle, 1] - above[middle, 1]) * a_picture.mm_per_pixel == pytest.approx(
        8, abs=0.2
    )


def test_enlarged_it_follows_the_place(a_measured_tube):
    sections = a_measured_tube[4]
    far = shown(sections, ViewState(), 4.0, 45.0)
    assert far.x_of(np.array(45.0)) == pytest.approx(350, abs=1)
    assert shown(sections, ViewState(), 1.0, 45.0).x_of(np.array(0.0)) > 0


def test_an_empty_place_beyond_the_scan_is_black(a_measured_tube, a_picture):
    volume = a_measured_tube[1]
    small = Volume(volume.voxels[:4], volume.grid.box((0, 0, 0), (4, *volume.grid.shape[1:])))
    assert (curved_hu(small, a_picture) == OUTSIDE).mean() > 0.8
    assert np.isfinite(point_on(a_picture.sheet, 3.0, 1.0)).all()


def test_labels_and_slabs_lie_where_the_scan_does(a_measured_tube, a_picture):
    _, volume, mask, _, _ = a_measured_tube
    hu = curved_hu(volume, a_picture)
    labels, _ = curved_labels(mask, a_picture)
    assert labels.dtype == np.uint8
    inside = hu > 300
    assert (labels[inside] == 1).mean() > 0.95
    assert (labels[hu == OUTSIDE] == 0).all()
    view = ViewState(slab_mode="mip", slab_mm=6.0)
    thick = curved_hu(volume, a_picture, slab_of(view, volume.grid))
    held = hu != OUTSIDE
    assert (thick[held] >= hu[held] - 60).all(), "no layer of it lies on the sheet itself"
    assert slab_of(ViewState(), volume.grid) is None
    assert slab_of(view, volume.grid, coarse=True).step_mm == 2 * min(volume.grid.spacing_mm)


def test_a_turning_picture_has_two_pixels_to_a_voxel(a_picture, a_measured_tube):
    grid = a_measured_tube[1].grid
    assert turning_factor(a_picture, grid) == pytest.approx(
        2 * a_picture.mm_per_pixel / min(grid.spacing_mm)
    )
    assert turning_factor(a_picture.scaled(0.1), grid) == 0.5
    assert turning_factor(a_picture.scaled(10), grid) == 0.25
