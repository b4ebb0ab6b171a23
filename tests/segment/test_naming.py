import numpy as np

from viewer.segment.naming import respaced
from viewer.segment.thin import Upright


def test_cubes_begin_at_the_same_corner():
    hu = np.tile(np.arange(40, dtype=np.float32), (8, 8, 1))
    cubes = respaced(hu, (1.0, 1.0, 1.0), 2.0)
    assert cubes.shape == (4, 4, 20)
    assert np.allclose(cubes[2, 2, 3:-3], 2 * np.arange(3, 17) + 0.5, atol=0.05)


def test_a_piece_is_what_the_whole_would_be():
    rng = np.random.default_rng(0)
    voxels = rng.normal(0, 100, (30, 31, 32)).astype(np.int16)
    scan = Upright(voxels, (1.2, 0.7, 0.7), 1.0)
    whole = scan.piece(tuple(slice(0, n) for n in scan.shape))
    box = (slice(5, 15), slice(3, 12), slice(8, 20))
    assert np.allclose(scan.piece(box), whole[box], atol=1e-3)
