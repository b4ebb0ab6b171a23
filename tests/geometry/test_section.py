"""What outlines measure, against formulas."""

import numpy as np
import pytest

from viewer.geometry.frames import frames_along
from viewer.geometry.section import Sections, angles, measured, outlines


def ellipse(a, b, count=48, turned=0.3):
    turn = angles(count) - turned
    return (a * b / np.hypot(b * np.cos(turn), a * np.sin(turn)))[None]


def test_a_circle_measures_what_it_is():
    found = measured(np.full((1, 48), 4.0))
    assert found["area_mm2"][0] == pytest.approx(np.pi * 16)
    assert found["diameter_equivalent_mm"][0] == pytest.approx(8)
    assert found["diameter_min_mm"][0] == pytest.approx(8, rel=3e-3)
    assert found["diameter_max_mm"][0] == pytest.approx(8, rel=3e-3)
    assert found["inscribed_radius_mm"][0] == pytest.approx(4, rel=4e-3)
    assert found["circularity"][0] == pytest.approx(1)


def test_an_ellipse_has_two_calipers_and_a_smaller_circle_inside():
    found = measured(ellipse(6.0, 3.0))
    assert found["area_mm2"][0] == pytest.approx(np.pi * 18, rel=0.01)
    assert found["diameter_max_mm"][0] == pytest.approx(12, rel=0.01)
    assert found["diameter_min_mm"][0] == pytest.approx(6, rel=0.01)
    assert found["inscribed_radius_mm"][0] == pytest.approx(3, rel=0.02)
    assert 0.7 < found["circularity"][0] < 0.9


def test_the_inscribed_circle_of_an_outline_seen_from_beside_its_middle():
    shift, radius = 2.0, 5.0
    turn = angles(96)
    wall = shift * np.cos(turn) + np.sqrt(radius**2 - (shift * np.sin(turn)) ** 2)
    found = measured(wall[None])
    assert found["inscribed_radius_mm"][0] == pytest.approx(radius, rel=0.02)
    assert found["diameter_max_mm"][0] == pytest.approx(10, rel=0.01)


def test_what_is_not_known_has_no_numbers():
    wall = np.array([np.full(48, 3.0), np.full(48, np.nan)])
    found = measured(wall)
    assert np.isfinite(found["area_mm2"][0])
    assert all(np.isnan(values[1]) for values in found.values())


def test_an_outline_lies_in_the_plane_of_its_section():
    frames = frames_along(np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2.0]]))
    wall = np.full((3, 24), 2.0)
    sections = Sections(frames, wall, np.ones(wall.shape, bool), measured(wall), {})
    line = sections.outline_lps(1) - frames.points_lps[1]
    assert np.allclose(line @ frames.tangent[1], 0, atol=1e-9)
    assert np.allclose(np.linalg.norm(line, axis=1), 2)
    assert outlines(wall).shape == (3, 24, 2)
