import numpy as np
import pytest

from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid


@pytest.fixture
def a_small_mask():
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1] = 1
    labels[2, 2] = 3
    return VesselMask(labels, Grid.regular(labels.shape, (2.0, 1.0, 1.0)))


def test_labels_are_counted(a_small_mask):
    assert dict(a_small_mask.counts) == {1: 30, 3: 6}
    assert a_small_mask.present == (1, 3)
    assert a_small_mask.volume_ml(1) == pytest.approx(0.06)
    assert a_small_mask.volume_ml(2) == 0


def test_labels_without_a_name_are_counted_too(a_small_mask):
    labels = a_small_mask.labels.copy()
    labels[0, 0, :2] = 200
    mask = VesselMask(labels, a_small_mask.grid)
    assert dict(mask.counts) == {1: 30, 3: 6, 200: 2}


@pytest.mark.parametrize("counted", [True, False])
def test_a_patch_changes_its_box_and_the_counts(a_small_mask, counted):
    if counted:
        assert a_small_mask.counts
    box = ((1, 3), (2, 4), (0, 6))
    inside = np.full((2, 2, 6), 4, np.uint8)
    after = a_small_mask.patched(box, inside)
    assert dict(after.counts) == dict(VesselMask(after.labels.copy(), after.grid).counts)
    assert (after.labels[1:3, 2:4] == 4).all()
    assert dict(a_small_mask.counts) == {1: 30, 3: 6}


def test_labels_must_fit_the_grid(a_small_mask):
    with pytest.raises(ValueError, match="do not fit"):
        VesselMask(np.zeros((1, 2, 3), np.uint8), a_small_mask.grid)
