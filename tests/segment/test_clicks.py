"""One click on made-up vessels: a neighbor, a thin branch, a faint lumen, and a leak into bone."""

import time

import numpy as np
import pytest

from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.segment.clicks import add_at, direction_at
from viewer.segment.mask import ARTERY, BONE, CHAMBER, ORGAN, THROMBUS, VEIN, VesselMask
from viewer.segment.prune import remove_at, swap_at
from viewer.segment.scribble import (
    add_along,
    add_in_box,
    box_of,
    remove_along,
    remove_in_box,
)
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FIT = Suitability(True, 400.0, 15.0, 10.0, 1.0, (1, 1, 1))
GRID = Grid.regular((60, 60, 60), (1.0, 1.0, 1.0))
Z, Y, X = np.indices(GRID.shape)


def scan(*parts: tuple[np.ndarray, float]) -> Volume:
    """A body of 50 HU in fat with parts of other HU and 8 HU of noise."""
    hu = np.where(np.hypot(Y - 30, X - 30) < 27, 50.0, -100.0)
    for where, value in parts:
        hu[where] = value
    hu += np.random.default_rng(4).normal(0, 8, GRID.shape)
    return Volume(np.rint(hu).astype(np.int16), GRID)


def mask_of(*parts: tuple[np.ndarray, int]) -> VesselMask:
    labels = np.zeros(GRID.shape, np.uint8)
    for where, label in parts:
        labels[where] = label
    return VesselMask(labels, GRID)


def click(z: float, y: float, x: float) -> np.ndarray:
    return GRID.points_lps(np.array([z, y, x], float))


TRUNK = np.hypot(Y - 30, X - 20) < 6
SIDE = (np.hypot(Z - 30, Y - 30) < 2.5) & (X > 24) & (X < 50)
NEIGHBOR = np.hypot(Y - 45, X - 30) < 3


def test_a_click_takes_the_vessel_with_its_thin_branch_and_not_its_neighbor():
    volume = scan((TRUNK, 400), (SIDE, 400), (NEIGHBOR, 400))
    edit = add_at(mask_of(), volume, FIT, click(20, 31, 21), silent())
    found = edit.mask.labels == ARTERY
    assert found[TRUNK].mean() > 0.95
    assert found[SIDE].mean() > 0.8
    assert not found[NEIGHBOR].any()
    assert edit.name == "Add vessel"


def test_a_leak_into_bone_is_stopped():
    bone = (np.hypot(Y - 30, X - 40) < 11) & (Z > 8) & (Z < 52)
    bridge = (np.abs(Z - 30) < 2) & (np.abs(Y - 30) < 2) & (X > 24) & (X < 31)
    volume = scan((bone, 380), (TRUNK, 400), (bridge, 390))
    edit = add_at(mask_of(), volume, FIT, click(12, 30, 20), silent())
    assert (edit.mask.labels[TRUNK] == ARTERY).mean() > 0.95
    assert (edit.mask.labels[bone & ~bridge & ~TRUNK] == ARTERY).mean() < 0.15
    labelled = mask_of((bone, BONE))
    edit = add_at(labelled, volume, FIT, click(12, 30, 20), silent())
    assert (edit.mask.labels[bone] == BONE).all()


def test_a_click_on_the_wall_finds_the_middle():
    wide = np.hypot(Y - 30, X - 30) < 10
    edit = add_at(mask_of(), scan((wide, 400)), FIT, click(30, 30, 21), silent())
    assert (edit.mask.labels[wide & (Z > 2) & (Z < 57)] == ARTERY).mean() > 0.95


def test_growth_is_cut_at_the_neck_of_something_as_bright_and_wide():
    side = (np.hypot(Z - 30, Y - 30) < 2.5) & (X > 6) & (X < 36)
    heart = np.sqrt((Z - 30) ** 2 + (Y - 30) ** 2 + (X - 45) ** 2) < 11
    volume = scan((side, 400), (heart, 400))
    edit = add_at(mask_of(), volume, FIT, click(30, 30, 12), silent())
    assert (edit.mask.labels[side & (X < 28)] == ARTERY).mean() > 0.9
    assert (edit.mask.labels[heart] == ARTERY).mean() < 0.2


def test_a_wall_is_drawn_round_both_lumens_of_a_dissection():
    whole = np.hypot(Y - 30, X - 30) < 12
    flap = whole & (np.abs(X - 27) < 2.5)
    low = whole & (Z < 25) & (X > 27) & ~flap  # not filled with contrast yet
    fat = np.hypot(Y - 30, X - 30) < 40
    volume = scan((fat, -100), (whole, 400), (flap, 70), (low, 90))
    lumens = mask_of((whole & ~flap & ~low, ARTERY))
    edit = add_at(lumens, volume, FIT, click(14, 30, 34), silent())
    inner = np.hypot(Y - 30, X - 30) < 11
    assert (edit.mask.labels[low & inner & (Z > 6)] > 0).mean() > 0.85
    assert (edit.mask.labels[flap & inner & (Z > 6) & (Z < 40)] > 0).mean() > 0.85


@pytest.mark.parametrize(("hu", "label"), [(160.0, ARTERY), (55.0, THROMBUS)])
def test_a_faint_or_clotted_lumen_is_filled_to_its_wall(hu, label):
    whole = np.hypot(Y - 30, X - 30) < 11
    true_lumen = whole & (X < 25)
    fat = np.hypot(Y - 30, X - 30) < 40
    volume = scan((fat, -100), (whole, hu), (true_lumen, 400))
    edit = add_at(mask_of((true_lumen, ARTERY)), volume, FIT, click(30, 30, 32), silent())
    found = edit.mask.labels > 0
    false_lumen = whole & ~true_lumen & (Z > 6) & (Z < 54)
    assert (edit.mask.labels[false_lumen] == label).mean() > 0.8
    assert not (found & (np.hypot(Y - 30, X - 30) > 13)).any()


@pytest.mark.parametrize("label", [BONE, ORGAN, CHAMBER])
@pytest.mark.parametrize("hu", [400, 260])
def test_a_click_on_a_vessel_that_bears_another_name_overrides_it(label, hu):
    volume = scan((SIDE, hu), (NEIGHBOR, 400))
    edit = add_at(mask_of((SIDE | NEIGHBOR, label)), volume, FIT, click(30, 30, 36), silent())
    assert (edit.mask.labels[SIDE & (X < 48)] == ARTERY).mean() > 0.9
    assert (edit.mask.labels[NEIGHBOR] == label).all()


def test_a_click_at_the_rim_of_a_wrong_name_overrides_it():
    middle = SIDE & (np.hypot(Z - 30, Y - 30) < 1.5)
    edit = add_at(mask_of((middle, BONE)), scan((SIDE, 400)), FIT, click(32, 30, 36), silent())
    assert (edit.mask.labels[SIDE & (X < 48)] == ARTERY).mean() > 0.9


def test_adding_what_is_called_a_vein_makes_its_segment_an_artery():
    vein = np.hypot(Y - 45, X - 30) < 5
    side = (np.hypot(Z - 30, X - 30) < 2) & (Y < 41) & (Y > 12)
    mask = mask_of((vein | side, VEIN), (TRUNK, ARTERY))
    edit = add_at(mask, scan((TRUNK | vein | side, 400)), FIT, click(30, 20, 30), silent())
    assert edit.name == "Make artery"
    assert (edit.mask.labels[side & (Y < 37)] == ARTERY).all()
    assert (edit.mask.labels[vein] == VEIN).mean() > 0.97
    with pytest.raises(ViewerError, match="in the map already"):
        add_at(mask, scan((TRUNK, 400)), FIT, click(30, 30, 20), silent())


@pytest.mark.parametrize("width", [5, 9])
def test_of_two_vessels_that_touch_only_the_one_that_was_clicked_is_swapped(width):
    vein = np.hypot(Y - 30, X - 20) < width
    artery = np.hypot(Z - 30, Y - 32 - width) < 3.5  # crosses in front of it and touches
    mask = mask_of((vein | artery, VEIN))
    edit = add_at(mask, scan((vein | artery, 300)), FIT, click(30, 32 + width, 45), silent())
    assert (edit.mask.labels[artery & (X > 27)] == ARTERY).mean() > 0.9
    assert (edit.mask.labels[vein] == VEIN).mean() > 0.95


def test_artery_and_vein_are_swapped_back_and_forth_and_clot_stays():
    clot = SIDE & (X > 44)
    mask = mask_of((TRUNK | SIDE, ARTERY), (clot, THROMBUS))
    there = swap_at(mask, click(30, 30, 40), silent())
    assert there.name == "Make vein"
    assert (there.mask.labels[SIDE & (X > 30) & ~clot] == VEIN).all()
    assert (there.mask.labels[clot] == THROMBUS).all()
    assert (there.mask.labels[TRUNK] == ARTERY).mean() > 0.97
    back = swap_at(there.mask, click(30, 30, 40), silent())
    assert (back.mask.labels == mask.labels).all()
    with pytest.raises(ViewerError, match="thrombus, neither artery nor vein"):
        swap_at(mask_of((SIDE, THROMBUS)), click(30, 30, 40), silent())


def test_remove_takes_the_branch_and_leaves_the_trunk():
    mask = mask_of((TRUNK | SIDE, ARTERY))
    edit = remove_at(mask, click(30, 30, 40), silent())
    assert (edit.mask.labels[TRUNK] == ARTERY).mean() > 0.97
    assert not edit.mask.labels[SIDE & (X > 30)].any()
    with pytest.raises(ViewerError, match="trunk"):
        remove_at(mask, click(30, 30, 20), silent())


def test_remove_goes_up_past_twigs_to_where_the_vessel_leaves_a_larger_one():
    side = (np.hypot(Z - 30, Y - 30) < 2.5) & (X > 24) & (X < 56)
    twig = (np.hypot(Z - 30, X - 42) < 1.5) & (Y > 30) & (Y < 48)
    mask = mask_of((TRUNK | side | twig, ARTERY))
    edit = remove_at(mask, click(30, 30, 52), silent())
    assert not edit.mask.labels[(side | twig) & (X > 30)].any()
    assert (edit.mask.labels[TRUNK] == ARTERY).mean() > 0.97
    only = remove_at(mask, click(30, 44, 42), silent())
    # Where the mouth is, is known to one shell of 3 mm.
    assert not only.mask.labels[twig & (Y > 39)].any()
    assert (only.mask.labels[side] == ARTERY).mean() > 0.9


def test_remove_on_a_clot_or_a_vein_leaves_the_artery_that_it_touches():
    vein = np.hypot(Y - 30, X - 31) < 5
    clot = (np.hypot(Y - 30, X - 20) < 9) & ~TRUNK & ~vein
    mask = mask_of((TRUNK, ARTERY), (clot, THROMBUS), (vein, VEIN))
    for z, y, x, gone in ((30, 38, 20, clot), (30, 30, 34, vein)):
        edit = remove_at(mask, click(z, y, x), silent())
        assert not edit.mask.labels[gone].any()
        assert (edit.mask.labels == mask.labels)[~gone].all()


def test_remove_on_the_clot_of_a_thin_branch_leaves_the_clot_of_the_trunk():
    aneurysm = (np.hypot(Y - 30, X - 20) < 9) & ~TRUNK
    rim = (np.hypot(Z - 30, Y - 30) < 4) & (X > 28) & (X < 50) & ~SIDE
    mask = mask_of((TRUNK | SIDE, ARTERY), (aneurysm & ~SIDE, THROMBUS), (rim, THROMBUS))
    edit = remove_at(mask, click(30, 33, 44), silent())
    assert edit.name == "Remove branch"
    assert not edit.mask.labels[(SIDE | rim) & (X > 34)].any()
    assert (edit.mask.labels[aneurysm & ~SIDE] == THROMBUS).mean() > 0.9


def a_large_tree() -> VesselMask:
    """A trunk with six branches on 240 slices of 512 x 512."""
    grid = Grid.regular((240, 512, 512), (1.0, 0.75, 0.75))
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 240:272, 240:272] = ARTERY
    for z in range(20, 240, 40):
        labels[z : z + 6, 252:260, 60:450] = ARTERY
    return VesselMask(labels, grid)


def test_removing_answers_in_half_a_second_on_a_large_scan():
    mask = a_large_tree()
    before = time.process_time()
    edit = remove_at(mask, mask.grid.points_lps(np.array([182, 256, 100])), silent())
    assert time.process_time() - before < 0.5
    assert not edit.mask.labels[180:186, 252:260, 60:230].any()
    assert edit.mask.labels[140:146, 252:260, 60:230].all()


def test_adding_answers_in_half_a_second_on_a_large_scan():
    tree = a_large_tree()
    volume = Volume(np.where(tree.labels > 0, np.int16(400), np.int16(50)), tree.grid)
    nothing = VesselMask(np.zeros_like(tree.labels), tree.grid)
    point = tree.grid.points_lps(np.array([182, 256, 256]))
    before = time.process_time()
    edit = add_at(nothing, volume, FIT, point, silent())
    assert time.process_time() - before < 0.5
    assert (edit.mask.labels[tree.labels > 0] == ARTERY).mean() > 0.8


def test_a_scribble_adds_and_wipes_along_its_way():
    volume = scan((NEIGHBOR, 300), (TRUNK, 400))
    way = np.array([click(z, 45, 30) for z in np.linspace(15, 40, 12)])
    edit = add_along(mask_of(), volume, way, silent())
    under = NEIGHBOR & (Z > 16) & (Z < 39)
    assert (edit.mask.labels[under] == ARTERY).mean() > 0.9
    assert not edit.mask.labels[TRUNK].any()
    wiped = remove_along(edit.mask, way, silent())
    assert not wiped.mask.labels[under].any()


def test_a_box_segments_its_vessels_afresh_or_clears_them():
    volume = scan((NEIGHBOR, 300), (TRUNK, 400))
    corners = np.array([click(30, y, x) for y, x in ((38, 22), (38, 40), (52, 40), (52, 22))])
    frame = box_of(corners, 20.0, np.array([0.0, 0.0, 1.0]))
    edit = add_in_box(mask_of(), volume, FIT, frame, silent())
    held = NEIGHBOR & (np.abs(Z - 30) <= 9)
    assert (edit.mask.labels[held] == ARTERY).mean() > 0.9
    assert not edit.mask.labels[np.abs(Z - 30) > 11].any()
    assert not remove_in_box(edit.mask, frame).mask.labels.any()
    with pytest.raises(ViewerError, match="No vessel"):
        remove_in_box(mask_of(), frame)


def test_a_vessel_only_in_the_corners_of_the_look_gives_no_direction():
    corner = (np.abs(Y - 8) < 3) & (np.abs(X - 8) < 3) & (Z < 14)  # more than 25 mm from the click
    way = direction_at(mask_of((corner, ARTERY)), click(30, 30, 30))
    np.testing.assert_allclose(way, GRID.lps_from_index[:3, 0])
