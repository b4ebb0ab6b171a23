import numpy as np
import torch

from viewer.networks.plan import ARTERY, OTHER
from viewer.training.classes import UNKNOWN
from viewer.training.crops import (
    linear,
    nearest,
    pooled_classes,
    somewhere,
    source_of,
    warped_index,
)


def test_places_hold_the_class_that_they_are_for(an_anatomy):
    source = source_of(an_anatomy, np.random.default_rng(0))
    from viewer.training.classes import class_of_tissue

    classes = class_of_tissue()[an_anatomy.tissue]
    for number, places in enumerate(source.places):
        if len(places):
            assert np.all(classes[tuple(places.T)] == number)


def test_a_crop_lies_somewhere_in_the_body(a_scan):
    source = source_of(a_scan, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for _ in range(20):
        index = somewhere(source, rng)
        assert np.all((index >= 0) & (index < 60))


def test_a_crop_is_about_as_wide_as_asked_and_not_mirrored():
    rng = np.random.default_rng(3)
    for _ in range(10):
        index = warped_index(np.array([50.0, 50, 50]), 32, 3.0, rng, bend=0.3)
        along = (index[0, -1] - index[0, 0]).mean() / 31
        assert 1.2 < along < 3.2  # 3 mm are two voxels of 1.5 mm, scaled by 0.75 to 1.3
        across = (index[2, :, :, -1] - index[2, :, :, 0]).mean()
        assert across > 0


def test_nearest_takes_the_voxel_and_says_what_is_outside():
    values = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    index = torch.tensor([[1.4, -2.0], [0.6, 0.0], [2.0, 0.0]])[:, :, None, None]
    found = nearest(values, index, 99).ravel()
    assert found.tolist() == [int(values[1, 1, 2]), 99]


def test_linear_lies_between_voxels():
    values = np.zeros((6, 6, 6), np.int16)
    values[:, :, 3:] = 100
    axis = torch.full((2, 2, 2), 2.0)
    found = linear(values, torch.stack([axis, axis, torch.full((2, 2, 2), 2.25)]), -1000.0)
    assert torch.allclose(found, torch.tensor(25.0), atol=0.1)
    assert torch.all(linear(values, torch.full((3, 2, 2, 2), 40.0), -1000.0) == -1000)


def test_a_thin_vessel_wins_over_what_is_round_it():
    classes = torch.zeros((4, 4, 4), dtype=torch.uint8)
    classes[:2, :2, :2] = torch.tensor([[[1, 1], [1, 1]], [[0, 0], [0, 0]]])
    classes[2:, 2:, 2:] = UNKNOWN
    pooled = pooled_classes(classes, 2)
    assert pooled[0, 0, 0] == ARTERY
    assert pooled[1, 1, 1] == UNKNOWN
    assert pooled[0, 1, 0] == OTHER
