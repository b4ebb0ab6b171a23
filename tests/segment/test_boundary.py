import numpy as np
from scipy import ndimage

from viewer.progress import silent
from viewer.segment.boundary import local_blood

SPACING_MM = (1.0, 1.3, 1.3)


def test_blood_is_measured_block_by_block_as_in_the_whole():
    rng = np.random.default_rng(0)
    k, j, i = np.indices((60, 100, 70))
    tree = (np.abs(j - 48) < 4) & (np.abs(i - 20) < 3) & (k < 45)
    tree |= (np.abs(k - 50) < 2) & (np.abs(i - 60) < 2)
    hu = np.where(tree, 300, 40).astype(np.float32) + rng.normal(0, 20, tree.shape).astype("f4")
    found = local_blood(hu, tree, SPACING_MM, 250.0, silent())
    inside = ndimage.maximum_filter(np.where(tree, np.minimum(hu, 1.3 * 250), 0), 3)
    sigma = [3.0 / s for s in SPACING_MM]
    weight = ndimage.gaussian_filter((inside > 0).astype(np.float32), sigma, truncate=2.5)
    total = ndimage.gaussian_filter(inside.astype(np.float32), sigma, truncate=2.5)
    expected = np.where(weight > 0.01, total / np.maximum(weight, 0.01), 250.0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert (found[:, 80:, :40] == 250).all(), "far from the tree nothing is measured"
    assert abs(found[20, 48, 20] - 310) < 25
