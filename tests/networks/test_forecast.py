import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.networks.device import Device
from viewer.networks.forecast import plan_run
from viewer.networks.plan import CONTEXT, FINE

HERE = Device("processor", "processor", 1)


@pytest.fixture(scope="module")
def a_body():
    """An ellipse of body in a field of 400 mm at 1 mm."""
    y, x = np.ogrid[-200:200, -200:200]
    inside = (x / 170) ** 2 + (y / 120) ** 2 < 1
    return np.broadcast_to(inside, (400, 400, 400))


def test_a_whole_fine_run_fits_into_one_and_a_half_gigabytes(a_body):
    run = plan_run(a_body, FINE, HERE, overlap=0.5, budget_bytes=1_500_000_000)
    assert run.bytes < 1.5e9
    assert sorted(run.tiling.tile)[1] >= 96


def test_a_context_run_is_one_piece():
    run = plan_run(np.ones((160, 150, 150), bool), CONTEXT, HERE, budget_bytes=4_000_000_000)
    assert len(run.tiling.starts) == 1


def test_less_overlap_and_fewer_needed_voxels_take_less_time(a_body):
    final = plan_run(a_body, FINE, HERE, overlap=0.5, budget_bytes=2_000_000_000)
    draft = plan_run(a_body, FINE, HERE, overlap=0.25, budget_bytes=2_000_000_000)
    part = a_body.copy()
    part[:, :, 150:] = False
    less = plan_run(part, FINE, HERE, overlap=0.5, budget_bytes=2_000_000_000)
    assert draft.seconds < final.seconds
    assert less.seconds < 0.8 * final.seconds
    assert final.seconds == pytest.approx(final.tiling.voxels / 2e6)


def test_short_memory_takes_smaller_tiles_and_none_is_refused(a_body):
    roomy = plan_run(a_body, FINE, HERE, budget_bytes=4_000_000_000)
    tight = plan_run(a_body, FINE, HERE, budget_bytes=1_150_000_000)
    assert np.prod(tight.tiling.tile) < np.prod(roomy.tiling.tile)
    assert tight.bytes <= 1_150_000_000
    with pytest.raises(ViewerError, match="nothing was run"):
        plan_run(a_body, FINE, HERE, budget_bytes=100_000_000)


def test_nothing_needed_costs_nothing():
    run = plan_run(np.zeros((50, 50, 50), bool), FINE, HERE)
    assert (run.seconds, run.tiling.voxels) == (0.0, 0)
