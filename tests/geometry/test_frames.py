"""Frames along paths with known turns."""

import numpy as np
import pytest

from viewer.geometry.frames import frames_along


def helix(turns=2.0, radius=10.0, pitch=20.0, count=400):
    t = np.linspace(0, 2 * np.pi * turns, count)
    points = np.column_stack([radius * np.cos(t), radius * np.sin(t), pitch * t / (2 * np.pi)])
    return points, t, radius, pitch / (2 * np.pi)


def test_frames_are_right_handed_and_square():
    points, *_ = helix()
    f = frames_along(points)
    assert np.allclose(np.cross(f.across, f.up), f.tangent, atol=1e-9)
    for vector in (f.tangent, f.across, f.up):
        assert np.allclose(np.linalg.norm(vector, axis=1), 1)


def test_the_frames_of_a_helix_do_not_twist():
    """Against its normal a rotation-minimizing frame turns back by the torsion's integral."""
    points, t, radius, climb = helix()
    f = frames_along(points)
    normal = np.column_stack([-np.cos(t), -np.sin(t), 0 * t])
    binormal = np.cross(f.tangent, normal)
    angle = np.unwrap(np.arctan2((f.across * binormal).sum(1), (f.across * normal).sum(1)))
    torsion = climb / (radius**2 + climb**2)
    inner = slice(5, -5)
    slope = np.polyfit(f.s_mm[inner], angle[inner], 1)[0]
    assert slope == pytest.approx(-torsion, rel=0.01)


def test_a_path_in_one_plane_keeps_its_other_direction():
    t = np.linspace(0, np.pi, 100)
    points = np.column_stack([0 * t, 20 * np.cos(t), 20 * np.sin(t)])
    assert np.allclose(frames_along(points).across, [1, 0, 0], atol=1e-6)


@pytest.mark.parametrize("way", [(0, 0, 1), (1, 0, 0), (0, 1, 0), (1, 1, 1), (-1, 0.01, 0)])
def test_a_straight_path_has_one_frame(way):
    points = np.linspace(0, 30, 20)[:, None] * np.array(way)
    f = frames_along(points)
    assert np.allclose(f.across, f.across[0])
    assert np.isfinite(f.up).all()


def test_two_points_at_one_place_are_no_harm():
    points = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 1], [0, 1, 2], [0, 2, 3.0]])
    f = frames_along(points)
    assert np.isfinite(f.across).all()
    assert np.allclose((f.across * f.tangent).sum(axis=1), 0, atol=1e-9)


def test_one_point_is_no_path():
    with pytest.raises(ValueError, match="two or more"):
        frames_along(np.zeros((1, 3)))


def test_the_direction_at_an_angle():
    f = frames_along(np.array([[0, 0, 0], [0, 0, 1.0], [0, 0, 2.0]]))
    assert np.allclose(f.turned(0.0), f.across)
    assert np.allclose(f.turned(np.pi / 2), f.up)


def test_offsets_in_the_planes_become_points():
    f = frames_along(helix()[0])
    offset = np.column_stack([np.linspace(-2, 2, 400), np.linspace(1, 3, 400)])
    away = f.in_planes(offset) - f.points_lps
    np.testing.assert_allclose((away * f.across).sum(axis=1), offset[:, 0], atol=1e-9)
    np.testing.assert_allclose((away * f.up).sum(axis=1), offset[:, 1], atol=1e-9)
    np.testing.assert_allclose((away * f.tangent).sum(axis=1), 0, atol=1e-9)
