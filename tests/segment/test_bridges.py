import numpy as np
import pytest
from scipy import ndimage

from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.segment.bridges import build, is_open, propose_bridges
from viewer.segment.mask import ARTERY, BONE, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FIT = Suitability(True, 400.0, 15.0, 12.0, 1.0, (60.0, 60.0, 60.0))
GRID = Grid.regular((60, 50, 50), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
Z, Y, X = np.meshgrid(*(np.arange(n) for n in GRID.shape), indexing="ij")
TRUNK = np.hypot(X - 12, Y - 25) <= 6
BRANCH = (np.hypot(Y - 25, Z - 30) <= 2.5) & (X >= 12)
FULL = np.ones((3, 3, 3))


def scene(gap, hu=400, label=0):
    """A trunk, and a branch to the left with a gap from `gap` to `gap[1]` that holds `hu`."""
    vessel = TRUNK | BRANCH
    missing = BRANCH & ~TRUNK & (gap[0] <= X) & (gap[1] > X)
    voxels = np.where(vessel, 400, 40).astype(np.int16)
    voxels[missing] = hu
    labels = np.where(vessel, ARTERY, 0).astype(np.uint8)
    labels[missing] = label
    return VesselMask(labels, GRID), Volume(voxels, GRID)


def proposed(*given, **more):
    return propose_bridges(*scene(*given, **more), FIT, silent())


def pieces(mask):
    return ndimage.label(mask.labels == ARTERY, FULL)[1]


def test_a_short_gap_in_a_branch_is_bridged_where_it_is():
    (bridge,) = proposed((26, 33))
    assert bridge.gap_mm == pytest.approx(8, abs=1.1)
    assert bridge.radius_mm == pytest.approx(2.5, abs=0.8)
    np.testing.assert_allclose(bridge.middle_lps, (29.5, 25, 30), atol=2.0)
    np.testing.assert_allclose(bridge.path_lps[:, 1:], [[25, 30]] * len(bridge.path_lps), atol=1.5)
    assert 0.3 < bridge.confidence < 1
    assert not bridge.occluded


def test_a_branch_that_lost_its_mouth_is_hung_on_the_trunk():
    (bridge,) = proposed((18, 24))
    assert bridge.path_lps[0, 0] < 18.5
    assert bridge.radius_mm < 3.5


def test_clot_in_the_gap_is_plausible_but_less_sure():
    (bright,), (dark,) = proposed((26, 33)), proposed((26, 33), hu=40)
    assert dark.occluded
    assert dark.confidence < bright.confidence


@pytest.mark.parametrize(
    ("gap", "more"),
    [((22, 40), {}), ((26, 33), {"hu": -90}), ((26, 33), {"hu": 700, "label": BONE})],
    ids=["too long", "through fat", "through bone"],
)
def test_what_cannot_be_a_vessel_is_not_proposed(gap, more):
    assert proposed(gap, **more) == ()


def test_a_vessel_that_runs_beside_the_tree_is_not_hung_on_it():
    labels = np.where(TRUNK | (np.hypot(X - 26, Y - 25) <= 2.5), ARTERY, 0).astype(np.uint8)
    volume = Volume(np.where(labels, 400, 40).astype(np.int16), GRID)
    assert propose_bridges(VesselMask(labels, GRID), volume, FIT, silent()) == ()


def test_a_whole_tree_needs_none():
    assert proposed((0, 0)) == ()
    nothing = VesselMask(np.zeros(GRID.shape, np.uint8), GRID)
    assert propose_bridges(nothing, scene((0, 0))[1], FIT, silent()) == ()


def test_building_a_bridge_joins_the_pieces_and_touches_nothing_else():
    mask, volume = scene((26, 33))
    (bridge,) = propose_bridges(mask, volume, FIT, silent())
    assert pieces(mask) == 2
    edit = build(mask, bridge)
    assert pieces(edit.mask) == 1
    assert is_open(bridge, mask)
    assert not is_open(bridge, edit.mask)
    new = (edit.mask.labels == ARTERY) & (mask.labels != ARTERY)
    assert new.sum() == pytest.approx(np.pi * bridge.radius_mm**2 * 7, rel=0.5)
    assert new[BRANCH].sum() > 0.7 * new.sum()
    with pytest.raises(ViewerError, match="not there any more"):
        build(edit.mask, bridge)


def test_two_gaps_in_a_row_are_both_bridged():
    mask, volume = scene((22, 26))
    labels = mask.labels.copy()
    labels[BRANCH & (X >= 36) & (X < 41)] = 0
    mask = VesselMask(labels, GRID)
    found = propose_bridges(mask, volume, FIT, silent())
    assert len(found) == 2
    for bridge in found:
        mask = build(mask, bridge).mask
    assert pieces(mask) == 1
