"""What speaks against measuring a restored scan."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.agreement import independent, judged, limit_of
from viewer.enhance.halves import checked
from viewer.enhance.restored import Restored, recalled
from viewer.enhance.scan_facts_noise import NoiseMap
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE = (24, 64, 64)
SCAN = Volume(np.zeros(SHAPE, np.int16), Grid.regular(SHAPE, (2.0, 0.8, 0.8)))
NOISE = NoiseMap(
    np.broadcast_to(np.array([10.0, 30.0], np.float32), (2, 2, 2)),
    tuple(np.array([0.0, n - 1.0]) for n in SHAPE),
    SHAPE,
)  # from 10 HU at the first column to 30 at the last


def restored(residual, mode="noise", factor=(1, 1, 1)):
    acquisition = Acquisition(SHAPE, factor)
    fine = np.zeros(acquisition.fine_shape, np.float16)
    return Restored(
        Volume(fine.astype(np.int16), acquisition.grid(SCAN.grid)),
        mode,
        acquisition,
        fine.astype(np.uint8),
        fine,
        fine,
        residual.astype(np.float16),
        20.0,
        0.0,
        1.0,
        {},
        {},
        NOISE,
    )


@pytest.fixture(scope="module")
def noise():
    """White noise as strong as the map says."""
    return np.random.default_rng(3).normal(0, 1, SHAPE) * np.linspace(10, 30, SHAPE[2])


def everywhere(step=3):
    index = np.stack(np.meshgrid(*(np.arange(0, n, step) for n in SHAPE), indexing="ij"), -1)
    return SCAN.grid.points_lps(index.reshape(-1, 1, 3))


def test_noise_alone_speaks_against_nothing(noise):
    found = judged(restored(noise), None, everywhere())
    assert np.median(found.misfit) == pytest.approx(1.0, abs=0.05)
    assert found.refused.mean() < 0.002  # at the rim of the scan there are fewer voxels
    free = int(np.flatnonzero(~found.refused)[0])
    assert found.why(free) == ""


def test_where_structure_was_taken_away_it_is_refused_with_the_number(noise):
    taken = noise.copy()
    taken[10:14, 30:36, 30:36] += 120.0
    for factor in ((1, 1, 1), (2, 1, 1)):
        found = judged(restored(taken, factor=factor), None, SCAN.grid.points_lps([[[12, 33, 33]]]))
        assert found.refused[0]
        assert f"{found.misfit[0]:.1f} times the noise" in found.why(0)
        assert f"explains {found.limit:.1f}." in found.why(0)
        assert found.misfit[0] > 3


def test_what_was_not_taken_away_of_the_noise_is_left(noise):
    point = SCAN.grid.points_lps([[[12, 33, 31.5]]])  # 20 HU
    for taken, left in ((0.0, 20.0), (0.6, 16.0), (1.5, 0.0)):
        found = judged(restored(taken * noise), None, point)
        assert found.left_hu[0] == pytest.approx(left, abs=1.5)
    assert judged(restored(0 * noise, mode="exact"), None, point).left_hu[0] == 0


def test_of_several_points_the_worst_counts(noise):
    taken = noise.copy()
    taken[12, 33, 33] += 2000.0
    points = SCAN.grid.points_lps([[[12, 33, 33], [2, 2, 2]], [[2, 2, 2], [2, 2, 2]]])
    assert judged(restored(taken), None, points).refused.tolist() == [True, False]


def test_noise_that_hangs_together_counts_as_fewer_voxels(noise):
    white = independent(restored(noise), NOISE)
    whole = 3 * 7 * 7  # voxels of 2 x 0.8 x 0.8 mm in 5 mm
    assert white == pytest.approx(whole, rel=0.1)
    smooth = gaussian_filter(noise, (0, 1.2, 1.2))
    smooth *= noise.std() / smooth.std()
    few = independent(restored(smooth), NOISE)
    assert 3 < few < 0.4 * white
    assert 1.15 < limit_of(white) < limit_of(few)
    found = judged(restored(smooth), None, everywhere())
    assert found.refused.mean() < 0.005


def test_in_exact_mode_only_the_check_can_speak_against_it(noise):
    exact = restored(100 * noise, mode="exact")
    assert not judged(exact, None, everywhere()).refused.any()
    apart = np.ones(SHAPE)
    apart[5, 6, 7] = 4.25
    check = checked(apart, SCAN.grid)
    found = judged(exact, check, SCAN.grid.points_lps([[[5, 6, 7]], [[9, 9, 9]]]))
    assert found.refused.tolist() == [True, False]
    assert "4.2 noises" in found.why(0)


def test_the_noise_of_a_scan_is_remembered(noise):
    made = restored(np.zeros(SHAPE))
    voxels = made.volume.voxels
    back = recalled(made.remembered, SCAN, voxels, made.origin, made.sd_hu)
    np.testing.assert_allclose(back.noise.at(), NOISE.at(), rtol=1e-4)
