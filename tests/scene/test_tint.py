import numpy as np
import pytest

from viewer.scene.tint import confidence_argb, confidence_legend, mask_argb, outline_of, over
from viewer.segment.mask import BONE, CHAMBER, ORGAN

RED = (0xE5, 0x4D, 0x4D)


def a_square():
    labels = np.zeros((9, 9), dtype=np.uint8)
    labels[2:7, 2:7] = 1
    return labels


def test_the_outline_is_the_squares_rim():
    edge = outline_of(a_square())
    assert edge.sum() == 16
    assert not edge[3:6, 3:6].any()


def test_fill_and_outline_have_the_labels_color():
    argb = mask_argb(a_square(), 0.25, True)
    assert argb[0, 0] == 0
    assert argb[2, 2] == 0xFFE54D4D
    assert argb[4, 4] >> 24 == 64
    assert over(np.zeros((9, 9), np.uint8), argb)[2, 2].tolist() == list(RED)


def test_without_outline_and_hidden():
    assert mask_argb(a_square(), 0.25, False)[2, 2] >> 24 == 64
    assert not mask_argb(a_square(), 0.25, True, hidden=(1,)).any()


@pytest.mark.parametrize("label", [BONE, CHAMBER, ORGAN])
def test_wide_surroundings_are_filled_faintly_and_outlined_fully(label):
    labels = a_square() * label
    argb = mask_argb(labels, 0.25, True)
    assert argb[4, 4] >> 24 == 21
    assert argb[2, 2] >> 24 == 255
    sure = np.full(labels.shape, 250, np.uint8)
    assert confidence_argb(labels, sure, 0.25, False)[4, 4] >> 24 == 51


def test_over_keeps_the_gray_where_nothing_is():
    gray = np.full((9, 9), 100, dtype=np.uint8)
    made = over(gray, mask_argb(a_square(), 0.0, True))
    assert made[0, 0].tolist() == [100, 100, 100]
    assert made[4, 4].tolist() == [100, 100, 100]


def test_confidence_is_told_in_bands_and_doubt_is_bright():
    labels = np.ones((5, 5), np.uint8)
    labels[0] = 0
    confidence = np.array([[255], [250], [220], [150], [20]], np.uint8).repeat(5, axis=1)
    argb = confidence_argb(labels, confidence, 0.25, outline=False)
    rgb = over(np.zeros((5, 5), np.uint8), argb).astype(int).sum(axis=2)[:, 0]
    assert argb[0, 0] == 0
    assert (np.diff(rgb) > 0).all()
    assert len(confidence_legend()) == 5
    outlined = confidence_argb(labels, confidence, 0.25, outline=True)
    assert outlined[1, 2] == 0xFFE54D4D
