"""Angles of made-up vessels."""

import numpy as np
import pytest

from tests.geometry.conftest import OBLIQUE
from viewer.geometry.angles import DAUGHTERS, TURN, branch_angles, neck_angles
from viewer.geometry.centerline import trace
from viewer.geometry.frames import frames_along
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import Tube, build, line, three_generations, y_tree
from viewer.progress import silent


def traced(tree, voxel_mm=0.5):
    """The tree that a rendered scan shows, its paths in the middles of their sections."""
    grid = grid_around(tree, (voxel_mm,) * 3, turned=OBLIQUE)
    volume, mask = render(tree, grid, blur_mm=voxel_mm, noise_hu=18)
    found = trace(mask, silent())
    branches = []
    for branch in found.branches:
        sections = measure_sections(
            volume, branch.points_lps, branch.radius_mm, mask=mask, noise_hu=18
        )
        frames = sections.frames
        radius = np.interp(frames.s_mm, branch.s_mm, branch.radius_mm)
        branches.append(Branch(frames.points_lps.copy(), radius, branch.parent))
    return VesselTree(tuple(branches), found.joints)


@pytest.mark.parametrize("degrees", [40, 60, 90])
def test_the_angles_of_a_traced_bifurcation(degrees):
    found = branch_angles(traced(y_tree(angle=np.radians(degrees))))
    for each in found:
        true = degrees if each.kind == DAUGHTERS else degrees / 2
        assert each.angle.value == pytest.approx(true, abs=2)
        assert abs(each.angle.value - true) < 3 * each.angle.sd + 0.5
    assert sorted(each.kind for each in found) == [DAUGHTERS, TURN, TURN]


def test_the_angles_of_three_generations():
    found = branch_angles(traced(three_generations()))
    assert len(found) == 9
    for each in found:
        true = 72 if each.kind == DAUGHTERS else 36
        assert each.angle.value == pytest.approx(true, abs=2)


def test_the_angles_of_exact_paths_are_exact():
    for each in branch_angles(three_generations()):
        true = 72 if each.kind == DAUGHTERS else 36
        assert each.angle.value == pytest.approx(true, abs=0.05)


def test_a_stub_has_no_angle():
    tree = build(
        [
            Tube(line((0, 0, -30), (0, 0, 0)), np.array(4.0), name="trunk"),
            Tube(line((0, 0, 0), (10, 0, 25)), np.array(3.0), 0, "long"),
            Tube(line((0, 0, 0), (-3, 0, 3)), np.array(2.0), 0, "stub"),
        ]
    )
    found = {each.branches: each.angle for each in branch_angles(tree)}
    assert found[0, 1].known
    assert not found[0, 2].known
    assert "stub" in found[0, 2].missing


def bent_aorta(alpha, beta):
    """Down along -z, 60 mm above the renal arteries, a neck of 30 mm and a sac of 70 mm."""

    def turned(degrees):
        return np.array([np.sin(np.radians(degrees)), 0, -np.cos(np.radians(degrees))])

    renal = np.array([0.0, 0, -60])
    sac = renal + 30 * turned(alpha)
    end = sac + 70 * turned(alpha - beta)
    parts = [line((0, 0, 0), renal), line(renal, sac), line(sac, end)]
    return frames_along(np.concatenate([parts[0], parts[1][1:], parts[2][1:]]))


def test_the_angles_of_a_neck():
    found = neck_angles(bent_aorta(50, 35), 60, 90, 160)
    assert found.alpha.value == pytest.approx(50, abs=0.5)
    assert found.beta.value == pytest.approx(35, abs=0.5)


def test_a_neck_without_length_has_no_angle():
    found = neck_angles(bent_aorta(50, 35), 60, 61, 160)
    assert not found.alpha.known
    assert "neck" in found.beta.missing
    with pytest.raises(ValueError, match="order"):
        neck_angles(bent_aorta(50, 35), 90, 60, 160)
