"""Made-up scans: a body with or without an enhanced aorta."""

import numpy as np
import pytest

from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def make_scan(
    blood_hu: float | None, noise_hu: float = 12.0, radius_mm: float = 8.0, slice_mm: float = 2.0
) -> Volume:
    """A body of 50 HU, spine, an aorta (None: not enhanced) and a rod of metal, 90 mm high."""
    shape = (round(90 / slice_mm), 140, 150)
    grid = Grid.regular(shape, (slice_mm, 1.0, 1.0), (-75.0, -70.0, 0.0))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    x, y, _ = np.moveaxis(grid.points_lps(index), -1, 0)
    hu = np.where(np.hypot(x / 65, y / 55) < 1, 50.0, -1000.0)
    spine = np.hypot(x, y - 32)
    hu[spine < 16] = 700
    hu[spine < 13] = 180
    hu[np.hypot(x + 40, y) < 6] = 2800
    aorta = np.hypot(x - 12, y - 6)
    hu[aorta < radius_mm] = 45 if blood_hu is None else blood_hu
    hu += np.random.default_rng(5).normal(0, noise_hu, shape)
    return Volume(np.rint(hu).astype(np.int16), grid)


@pytest.fixture(scope="session")
def a_cta() -> Volume:
    return make_scan(380.0)


@pytest.fixture(scope="session")
def a_plain_ct() -> Volume:
    return make_scan(None)


@pytest.fixture
def a_scan_of():
    """Makes a scan of given blood; other values as in `make_scan`."""
    return make_scan
