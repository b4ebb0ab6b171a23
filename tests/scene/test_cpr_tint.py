"""The mask over a vessel's pictures: by the switches, and hatched where no scan shows it."""

import numpy as np
import pytest

from viewer.scene.cpr_tint import EDGE_PIXELS, HATCH, vessel_argb
from viewer.segment.mask import ARTERY, BONE
from viewer.session.view_state import ViewState


@pytest.fixture
def labels():
    made = np.zeros((60, 80), np.uint8)
    made[20:40, 10:70] = ARTERY
    made[45:55, 10:70] = BONE
    return made


def test_only_vessels_are_shown_and_by_the_switches(labels):
    shown = vessel_argb(labels, None, ViewState())
    assert (shown[labels == ARTERY] > 0).all()
    assert (shown[labels != ARTERY] == 0).all()
    inner = shown[30, 40] >> 24
    assert 0 < inner < 255
    assert shown[20, 40] >> 24 == 255
    bare = vessel_argb(labels, None, ViewState(mask_outline=False))
    assert bare[20, 40] == shown[30, 40]
    assert not vessel_argb(labels, None, ViewState(mask_fill=0.0, mask_outline=False)).any()
    assert not vessel_argb(labels, None, ViewState(hidden_labels=(ARTERY,))).any()
    assert vessel_argb(labels, None, ViewState(), edged=(ARTERY,))[20, 40] == shown[30, 40]


def test_what_a_person_drew_is_hatched(labels):
    confidence = np.full(labels.shape, 200, np.uint8)
    confidence[:, 40:] = 0
    off = ViewState(mask_fill=0.0, mask_outline=False)
    hatched = vessel_argb(labels, confidence, off) == HATCH
    drawn = (labels == ARTERY) & (confidence == 0)
    assert not hatched[~drawn].any()
    assert 0.15 < hatched[drawn].mean() < 0.5
    assert not (vessel_argb(labels, None, off) == HATCH).any()


def test_a_made_up_patient_is_hatched_at_both_edges(labels):
    hatched = vessel_argb(labels, None, ViewState(), invented=True) == HATCH
    assert hatched[:EDGE_PIXELS].any()
    assert hatched[-EDGE_PIXELS:].any()
    assert not hatched[EDGE_PIXELS:-EDGE_PIXELS].any()
