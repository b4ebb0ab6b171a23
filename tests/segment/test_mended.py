"""Notices go with the edit that deals with them, and only with that one."""

from types import MappingProxyType

import numpy as np
import pytest

from viewer.errors import PLACE, Notice
from viewer.segment.edit import Edit, relabel
from viewer.segment.mask import ARTERY, VesselMask
from viewer.segment.mended import unmended
from viewer.volume.grid import Grid

GRID = Grid.regular((60, 40, 40), (1.0, 1.0, 1.0))
Z, Y, X = np.indices(GRID.shape)
TUBE = np.hypot(Y - 20, X - 20) < 4
TREE, GAP, PIECE = TUBE & (Z < 35), TUBE & (Z >= 35) & (Z < 42), TUBE & (Z >= 42) & (Z < 55)


def notice(code: str, z: float, y: float = 20, x: float = 20, amount: float = 12.0) -> Notice:
    point = GRID.points_lps(np.array([z, y, x]))
    numbers = dict(zip(PLACE, map(float, point), strict=True)) | {"amount": amount}
    return Notice(code, "warning", code, numbers=MappingProxyType(numbers))


BROKEN, GATE = notice("broken branch", 42), notice("open gate", 10, 24)
METAL = notice("metal", 10, 24)


@pytest.fixture
def a_broken_map():
    labels = np.zeros(GRID.shape, np.uint8)
    labels[TREE | PIECE] = ARTERY
    return VesselMask(labels, GRID)


def told(mask: VesselMask, edit: Edit) -> set[str]:
    return {n.code for n in unmended((BROKEN, GATE, METAL), mask, edit)}


def test_a_bridged_gap_and_a_removed_piece_are_dealt_with(a_broken_map):
    for where, label in ((GAP, ARTERY), (PIECE, 0)):
        edit = relabel(a_broken_map, where, label, "Edit")
        assert told(a_broken_map, edit) == {"open gate", "metal"}


def test_an_edit_at_a_gate_deals_with_it_and_a_fact_of_the_scan_stays(a_broken_map):
    beyond = (np.hypot(Z - 10, X - 20) < 3) & (Y > 24) & (Y < 34)
    edit = relabel(a_broken_map, beyond, ARTERY, "Add vessel")
    assert told(a_broken_map, edit) == {"broken branch", "metal"}


def test_an_edit_elsewhere_leaves_all(a_broken_map):
    edit = relabel(a_broken_map, TUBE & (Z < 3), 0, "Erase")
    assert told(a_broken_map, edit) == {"broken branch", "open gate", "metal"}


def test_nothing_is_asked_of_a_map_that_is_gone(a_broken_map):
    edit = relabel(a_broken_map, TREE | PIECE, 0, "Clear")
    assert told(a_broken_map, edit) == {"metal"}
