"""Values along straight lines, against a field that is linear."""

import numpy as np
import pytest

from viewer.volume.lines import along_lines

SLICE, ROW, COLUMN = np.indices((12, 14, 16))
FIELD = (10 * SLICE - 3 * ROW + 2 * COLUMN).astype(np.int16)


def lines(*, beyond=0.0):
    """Two lines of nine points each: indices (3,2,9)."""
    start = np.array([[2.21, 3.11], [4.03, 5.53], [6.33, 1.03]])
    step = np.array([[0.4, -0.1], [0.3, 0.5], [0.5 + beyond, 0.9]])
    return start[:, :, None] + step[:, :, None] * np.arange(9)


def test_between_voxels_it_is_linear():
    index = lines()
    found = along_lines(FIELD, index)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 10 * index[0] - 3 * index[1] + 2 * index[2], atol=1e-3)


def test_order_0_gives_the_nearest_voxel():
    index = lines()
    nearest = np.rint(index).astype(int)
    labels = (FIELD % 7).astype(np.uint8)
    np.testing.assert_array_equal(along_lines(labels, index, order=0), labels[tuple(nearest)])


@pytest.mark.parametrize("order", [0, 1])
def test_beyond_the_scan_there_is_its_rim(order):
    found = along_lines(FIELD, lines(beyond=4.0), order=order)
    assert found[0, -1] == pytest.approx(FIELD[:, :, -1].max(), abs=200)
    assert np.isfinite(found).all()


def test_beyond_the_scan_there_may_be_nothing():
    found = along_lines(FIELD, lines(beyond=4.0), beyond=np.nan)
    assert np.isfinite(found[0, 0])
    assert np.isnan(found[0, -1])
