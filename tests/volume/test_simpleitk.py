import gc

import numpy as np

from viewer.volume.grid import Grid
from viewer.volume.simpleitk import from_image, to_image


def test_every_voxel_keeps_its_place_and_value(an_oblique_volume):
    image = to_image(an_oblique_volume.voxels, an_oblique_volume.grid)
    for index in [(0, 0, 0), (6, 9, 12), (2, 5, 7)]:
        point = an_oblique_volume.grid.points_lps(np.array(index))
        itk_index = tuple(reversed(index))
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint(itk_index), point)
        assert image[itk_index] == an_oblique_volume.voxels[index]


def test_round_trip(an_oblique_volume):
    voxels, grid = from_image(to_image(an_oblique_volume.voxels, an_oblique_volume.grid))
    np.testing.assert_array_equal(voxels, an_oblique_volume.voxels)
    assert grid.same_as(an_oblique_volume.grid, 1e-9)


def test_a_sheared_grid_is_carried():
    matrix = [[0, 0, 0.5, 1], [0.9, 0.7, 0, 2], [2.5, 0, 0, 3], [0, 0, 0, 1]]
    grid = Grid((3, 4, 5), matrix)
    _, back = from_image(to_image(np.zeros(grid.shape, np.int16), grid))
    assert back.same_as(grid, 1e-9)


def test_voxels_outlive_their_image(an_oblique_volume):
    image = to_image(an_oblique_volume.voxels, an_oblique_volume.grid)
    voxels, _ = from_image(image)
    del image
    gc.collect()
    np.testing.assert_array_equal(voxels, an_oblique_volume.voxels)
