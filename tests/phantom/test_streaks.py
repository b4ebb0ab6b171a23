"""Dense bones throw shadows."""

import numpy as np

from viewer.phantom.streaks import hardened_hu


def two_bones(hu):
    out = np.full((4, 120, 160), 40, np.float32)
    y, x = np.indices(out.shape[1:])
    for middle in (45, 115):
        out[:, np.hypot(y - 60, x - middle) < 14] = hu
    return out


def test_it_is_darker_between_two_dense_bones():
    bones = two_bones(1300)
    shadow = hardened_hu(bones, np.array([1.0, 1.0, 1.0]), np.random.default_rng(0))
    between, aside = shadow[:, 55:66, 70:91].mean(), shadow[:, 10:21, 70:91].mean()
    assert -80 < between < -5
    assert aside > between + 5


def test_denser_bone_throws_more_than_in_proportion():
    mild, strong = (
        hardened_hu(two_bones(hu), np.ones(3), np.random.default_rng(0))[:, 55:66, 70:91].mean()
        for hu in (700, 1100)
    )
    assert strong < 3 * mild < 0


def test_without_bone_there_are_none():
    assert hardened_hu(two_bones(250), np.ones(3), np.random.default_rng(0)) is None
