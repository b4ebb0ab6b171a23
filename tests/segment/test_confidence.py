import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from viewer.enhance.coarse import coarse
from viewer.progress import silent
from viewer.segment.confidence import (
    LEARNED,
    NAMED,
    SHARE_RIGHT,
    STATED,
    confidence_of,
    curves,
    sure_text,
)
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, VEIN, VesselMask
from viewer.segment.naming import Naming
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SHAPE = (6, 10, 12)
AS_STATED = curves(dict.fromkeys(NAMED, (STATED, STATED)))


@pytest.fixture
def a_naming():
    """Surer of arteries towards the left, and of bone towards the back."""
    nothing = np.zeros(SHAPE, np.uint8)
    artery = np.broadcast_to(np.linspace(0, 255, SHAPE[2]).astype(np.uint8), SHAPE)
    bone = np.broadcast_to(np.linspace(0, 200, SHAPE[1]).astype(np.uint8)[:, None], SHAPE)
    rest = {f.name: nothing for f in dataclasses.fields(Naming)} | {"doubt": 0.0}
    return Naming(**(rest | {"artery": artery, "bone": bone}))


@pytest.fixture
def a_grid():
    return Grid.regular(SHAPE, (1.3, 1.3, 1.3), (0.0, 0.0, 0.0))


def test_each_voxel_is_judged_by_the_probability_of_its_own_label(a_naming, a_grid):
    blocks = coarse(Volume(np.zeros(SHAPE, np.int16), a_grid), 1.3, silent())
    labels = np.zeros(SHAPE, np.uint8)
    labels[0], labels[1], labels[2], labels[3] = ARTERY, BONE, CALCIFICATION, VEIN
    sure = confidence_of(labels, blocks, a_naming, learned=AS_STATED)
    np.testing.assert_array_equal(sure[0], np.maximum(a_naming.artery[0], 1))
    np.testing.assert_array_equal(sure[1], np.maximum(a_naming.bone[1], 1))
    np.testing.assert_array_equal(sure[2], sure[0])
    assert (sure[3] == 1).all(), "asked, and found no vein at all"
    assert not sure[4:].any()


def test_certainty_has_no_steps_between_blocks(a_naming):
    fine = Grid.regular((6, 20, 36), (1.3, 0.65, 1.3 / 3), (0.0, 0.0, 0.0))
    blocks = coarse(Volume(np.zeros(fine.shape, np.int16), fine), 1.3, silent())
    sure = confidence_of(np.full(fine.shape, ARTERY, np.uint8), blocks, a_naming, learned=AS_STATED)
    steps = np.diff(sure[3, 7, 2:-2].astype(int))
    assert sure[3, 7, 1] == 1
    assert sure[3, 7, -2] == 255
    assert set(steps) <= {7, 8}, "a third of the step from block to block"


def test_a_thin_branch_is_as_sure_as_the_surer_network(a_naming, a_grid):
    blocks = coarse(Volume(np.zeros(SHAPE, np.int16), a_grid), 1.3, silent())
    labels = np.full(SHAPE, ARTERY, np.uint8)
    sure = confidence_of(labels, blocks, a_naming, np.full(SHAPE, 180, np.uint8), learned=AS_STATED)
    np.testing.assert_array_equal(sure, np.maximum(a_naming.artery, 180))


def test_where_the_rules_agree_the_map_is_surer(a_naming, a_grid):
    blocks = coarse(Volume(np.zeros(SHAPE, np.int16), a_grid), 1.3, silent())
    labels = np.full(SHAPE, ARTERY, np.uint8)
    trunk = np.zeros(SHAPE, bool)
    trunk[:3] = True
    nothing = np.zeros(SHAPE, bool)
    rules = SimpleNamespace(trunk=trunk, veins=nothing, bone=nothing)
    sure = confidence_of(labels, blocks, a_naming, rules=rules)
    np.testing.assert_array_equal(sure[0], LEARNED[ARTERY][1][a_naming.artery[0]])
    np.testing.assert_array_equal(sure[5], LEARNED[ARTERY][0][a_naming.artery[5]])
    assert int(sure[0, 5, 4]) > int(sure[5, 5, 4]) + 50


def test_more_stated_is_never_less_sure():
    for label in NAMED:
        for share in (*SHARE_RIGHT.get(label, ()), *LEARNED[label].astype(int)):
            assert (np.diff(share) >= 0).all()
            assert share[0] >= 0


def test_what_lies_under_the_cursor_is_said_with_its_certainty(a_grid):
    labels = np.zeros(SHAPE, np.uint8)
    labels[2] = ARTERY
    confidence = np.zeros(SHAPE, np.uint8)
    confidence[2] = 237
    mask = VesselMask(labels, a_grid, confidence=confidence)
    inside = a_grid.points_lps(np.array([2, 3, 3]))
    assert sure_text(mask, inside) == "Artery, 93 % sure"
    assert sure_text(mask, a_grid.points_lps(np.array([4, 3, 3]))) == "No structure"
    assert sure_text(mask, inside + 500) == "Outside the scan"
    assert sure_text(VesselMask(labels, a_grid), inside) == "Artery, found without networks"


def test_no_network_stands_for_what_a_person_drew(a_grid):
    mask = VesselMask(np.ones(SHAPE, np.uint8), a_grid, confidence=np.full(SHAPE, 200, np.uint8))
    box = ((1, 3), (2, 4), (2, 4))
    drawn = np.ones((2, 2, 2), np.uint8)
    drawn[0, 0, 0] = VEIN
    after = mask.patched(box, drawn)
    assert after.confidence[1, 2, 2] == 0
    assert np.count_nonzero(after.confidence != 200) == 1
    assert sure_text(after, a_grid.points_lps(np.array([1, 2, 2]))) == "Vein, drawn by hand"
    assert mask.confidence.min() == 200
