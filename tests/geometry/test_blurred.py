"""Disks after a blur, against disks blurred on a fine raster."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from viewer.geometry.blurred import response, unblurred_mm, usual_blur_mm
from viewer.volume.grid import Grid


def half_maximum_mm(radius_mm, blur_mm, step_mm=0.02):
    size = int(6 * (radius_mm + blur_mm) / step_mm) | 1
    y, x = (np.mgrid[:size, :size] - size // 2) * step_mm
    seen = gaussian_filter((np.hypot(y, x) < radius_mm).astype(float), blur_mm / step_mm)
    line = seen[size // 2, size // 2 :]
    at = int((line < line[0] / 2).argmax())
    part = (line[at - 1] - line[0] / 2) / (line[at - 1] - line[at])
    return (at - 1 + part) * step_mm


@pytest.mark.parametrize("radius", [0.6, 1.0, 2.0, 5.0])
def test_the_true_radius_comes_back(radius):
    assert unblurred_mm(half_maximum_mm(radius, 0.5), 0.5) == pytest.approx(radius, rel=0.02)


def test_a_thick_vessel_is_hardly_moved():
    assert unblurred_mm(12.0, 0.4) == pytest.approx(12.0, abs=0.02)


def test_what_is_thinner_than_the_blur_can_show_has_no_radius():
    assert np.isnan(unblurred_mm(0.5, 0.5))


def test_the_radius_moves_more_than_the_edge_where_blur_rules():
    assert response(np.array([0.65]), 0.5)[0] > 2
    assert response(np.array([5.0]), 0.5)[0] == pytest.approx(1, abs=0.05)


def test_the_usual_blur_grows_with_the_voxels():
    fine = usual_blur_mm(Grid.regular((5, 5, 5), (0.5, 0.5, 0.5)))
    assert usual_blur_mm(Grid.regular((5, 5, 5), (1.0, 1.0, 1.0))) == pytest.approx(2 * fine)
