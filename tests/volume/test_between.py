import numpy as np
from scipy import ndimage

from viewer.volume.between import between


def test_between_voxels_is_linear_and_edges_are_kept():
    values = np.arange(10, dtype=np.uint8)[None, None, :] * np.ones((4, 4, 1), np.uint8) * 10
    out = between(values, (slice(0, 4), slice(0, 4), slice(0, 20)), [1, 1, 0.5])
    assert np.allclose(out[1, 1, 2:6], [7.5, 12.5, 17.5, 22.5])
    assert out[1, 1, 0] == 0
    assert out[1, 1, -1] == 90


def test_it_is_what_a_general_interpolation_gives():
    values = np.random.default_rng(1).normal(0, 100, (11, 9, 8)).astype(np.float32)
    ratio, shape = [0.4, 0.6, 1.7], (27, 15, 5)
    box = tuple(slice(0, n) for n in shape)
    offset = [0.5 * r - 0.5 for r in ratio]
    expected = ndimage.affine_transform(values, ratio, offset, shape, order=1, mode="nearest")
    np.testing.assert_allclose(between(values, box, ratio), expected, atol=1e-3)


def test_a_piece_is_what_the_whole_would_be():
    values = np.random.default_rng(2).normal(0, 100, (30, 31, 32)).astype(np.int16)
    ratio, sigma = [0.8, 1.4, 1.4], [0.0, 0.5, 0.5]
    whole = between(values, (slice(0, 37), slice(0, 22), slice(0, 22)), ratio, sigma)
    box = (slice(5, 15), slice(3, 12), slice(8, 20))
    np.testing.assert_array_equal(between(values, box, ratio, sigma), whole[box])
