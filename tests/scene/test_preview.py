"""What would change, over a slice and in 3-D."""

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from viewer.scene.colors import TOKENS, rgb
from viewer.scene.preview import prepare_preview, preview_argb
from viewer.segment.edit import GAINED, LOST, edited
from viewer.segment.mask import ARTERY, VesselMask
from viewer.session.preview import Preview
from viewer.volume.grid import Grid


def test_what_is_gained_is_violet_and_what_is_lost_amber_with_opaque_outlines():
    change = np.zeros((20, 20), np.uint8)
    change[2:9, 2:9], change[12:19, 12:19] = GAINED, LOST
    argb = preview_argb(change, border=1)
    assert argb[0, 0] == 0
    for at, color in ((2, "invented"), (12, "caution")):
        red, green, blue = rgb(TOKENS[color])
        assert argb[at, at] == (255 << 24) | (red << 16) | (green << 8) | blue
        assert 0 < argb[at + 3, at + 3] >> 24 < 128


@pytest.mark.parametrize("size", [40, 200])
def test_the_wall_lies_where_the_change_is(size):
    grid = Grid.regular((size, size, size), (1.5, 0.7, 0.7), (-30.0, 10.0, 5.0))
    mask = VesselMask(np.zeros(grid.shape, np.uint8), grid)
    low, high = size // 4, 3 * size // 4
    box = ((2, size - 2), (2, size - 2), (2, size - 2))
    chosen = np.zeros((size - 4,) * 3, bool)
    chosen[low - 2 : high - 2, low - 2 : high - 2, low - 2 : high - 2] = True
    edit = edited(mask, box, chosen, ARTERY, "Add vessel")
    preview = Preview(
        "grow", np.zeros(3), edit, "add", edit.change(mask), grid.box((2, 2, 2), (size - 2,) * 3)
    )
    prepared = prepare_preview(preview, True)
    assert [color for _, color in prepared.walls] == [TOKENS["invented"]]
    points = vtk_to_numpy(prepared.walls[0][0].GetPoints().GetData())
    corners = grid.points_lps(np.array([[low - 0.5] * 3, [high - 0.5] * 3]))
    far_mm = 2 * max(grid.spacing_mm) * max(1, size // 100)
    np.testing.assert_allclose(points.min(axis=0), corners.min(axis=0), atol=far_mm)
    np.testing.assert_allclose(points.max(axis=0), corners.max(axis=0), atol=far_mm)
