"""Agreement measured on shapes whose agreement is known."""

import numpy as np
import pytest

from viewer.segment.compare import compare, onto
from viewer.volume.grid import Grid

GRID = Grid.regular((40, 40, 40), (2.0, 1.0, 0.5))


def cube(shift: int = 0) -> np.ndarray:
    mask = np.zeros(GRID.shape, bool)
    mask[10:20, 10:20, 10 + shift : 20 + shift] = True
    return mask


def test_a_mask_agrees_with_itself():
    agreement = compare(cube(), cube(), GRID)
    assert agreement.dice == 1
    assert agreement.average_surface_distance_mm == 0
    assert agreement.hd95_mm == 0


def test_shifted_cubes():
    agreement = compare(cube(), cube(4), GRID)
    assert agreement.dice == pytest.approx(0.6)
    # the faces that face the shift lie 4 voxels of 0.5 mm apart
    assert agreement.hd95_mm == pytest.approx(2.0)
    assert 0 < agreement.average_surface_distance_mm < 2


def test_spheres_one_inside_the_other():
    grid = Grid.regular((60, 60, 60))
    radius = np.linalg.norm(np.indices(grid.shape) - 29.5, axis=0)
    agreement = compare(radius < 20, radius < 15, grid)
    assert agreement.dice == pytest.approx(2 * 15**3 / (15**3 + 20**3), abs=0.01)
    assert agreement.average_surface_distance_mm == pytest.approx(5, abs=0.3)
    assert agreement.hd95_mm == pytest.approx(5, abs=0.6)


def test_centerline_of_a_tube_found_half_as_long():
    grid = Grid.regular((80, 21, 21))
    truth = np.zeros(grid.shape, bool)
    truth[:, 8:13, 8:13] = True
    found = truth.copy()
    found[40:] = False
    # precision 1, recall one half
    assert compare(found, truth, grid).cl_dice == pytest.approx(2 / 3, abs=0.04)


def test_empty_masks():
    nothing = np.zeros(GRID.shape, bool)
    assert compare(nothing, nothing, GRID).dice == 1
    agreement = compare(cube(), nothing, GRID)
    assert agreement.dice == 0
    assert np.isnan(agreement.hd95_mm)


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        compare(cube(), np.zeros((2, 2, 2), bool), GRID)


def test_labels_go_onto_another_grid_and_back(an_oblique_grid):
    labels = np.random.default_rng(0).integers(0, 4, an_oblique_grid.shape, dtype=np.uint8)
    matrix = an_oblique_grid.lps_from_index[:, [1, 2, 0, 3]]
    other = Grid((60, 70, 24), matrix)
    there = onto(labels, an_oblique_grid, other)
    assert np.array_equal(there, labels.transpose(1, 2, 0))
    assert np.array_equal(onto(there, other, an_oblique_grid), labels)


def test_outside_its_own_grid_there_is_no_label():
    labels = np.ones((4, 4, 4), np.uint8)
    wide = Grid.regular((8, 8, 8), origin_lps=(-2, -2, -2))
    assert onto(labels, Grid.regular((4, 4, 4)), wide).sum() == 64
