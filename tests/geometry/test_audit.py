"""The audit of made-up trees whose names are known."""

import numpy as np
import pytest

from viewer.geometry.audit import EXPECTED, audit, border_mm
from viewer.geometry.names_given import Named
from viewer.geometry.tree import Branch, VesselTree
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

GRID = Grid.regular((200, 100, 100), (1.0, 1.0, 1.0))


def branch(start, end, parent=-1, radius=5.0):
    points = np.linspace(start, end, 30)
    return Branch(points, np.full(30, radius), parent)


def a_belly(*, iliacs=("left", "right"), top=180.0, bottom=60.0):
    """An upper and a lower aorta with iliac arteries, on a grid of 100 x 100 x 200 mm."""
    branches = [
        branch((50, 50, top), (50, 50, 120)),
        branch((50, 50, 120), (50, 50, bottom), 0),
    ]
    names = ["suprarenal abdominal aorta", "infrarenal abdominal aorta"]
    for side in iliacs:
        tip = 75 if side == "left" else 25
        branches.append(branch((50, 50, bottom), (tip, 50, bottom - 40), 1))
        names.append(f"{side} common iliac artery")
    tree = VesselTree(tuple(branches), np.array([[50, 50, 120], [50, 50, bottom]], float))
    given = [Named(n, 0.0, 1e9, name, 0.9, "") for n, name in enumerate(names)]
    return tree, given


def row(rows, name):
    return next(each for each in rows if each.name == name)


def test_what_is_there_is_found_and_what_is_not_there_is_told():
    tree, names = a_belly(iliacs=("left",))
    rows = audit(tree, names, GRID)
    assert row(rows, "left common iliac artery").found
    assert row(rows, "left common iliac artery").confidence == pytest.approx(0.9)
    missing = row(rows, "right common iliac artery")
    assert not missing.found
    assert missing.why == "not found by the method"
    assert "expected at the infrarenal abdominal aorta" in missing.sentence


def test_what_would_leave_a_vessel_that_is_not_in_view_is_not_judged():
    tree, names = a_belly()
    told = {each.name for each in audit(tree, names, GRID)}
    assert "brachiocephalic artery" not in told
    assert "left internal carotid artery" not in told


@pytest.mark.parametrize("bottom", [1.0, 12.0])
def test_a_scan_that_ends_too_soon_is_the_reason(bottom):
    tree, names = a_belly(iliacs=(), bottom=bottom)
    missing = row(audit(tree, names, GRID), "left common iliac artery")
    assert missing.why == "outside the field of view"


def test_faint_contrast_is_the_reason():
    tree, names = a_belly(iliacs=())
    faint = Volume(np.full(GRID.shape, 110, np.int16), GRID)
    bright = Volume(np.full(GRID.shape, 350, np.int16), GRID)
    assert row(audit(tree, names, GRID, faint), "right common iliac artery").why == "faint contrast"
    found = row(audit(tree, names, GRID, bright), "right common iliac artery")
    assert found.why == "not found by the method"


def test_a_loose_vessel_nearby_speaks_for_an_occlusion():
    tree, names = a_belly(iliacs=("left",))
    loose = branch((40, 50, 50), (28, 50, 20))
    tree = VesselTree((*tree.branches, loose), tree.joints)
    names = [*names, Named(3, 0.0, 1e9, "", 0.0, "no rule says what this is")]
    missing = row(audit(tree, names, GRID), "right common iliac artery")
    assert missing.why == "cut off"
    assert "occlusion" in missing.sentence


def test_a_loose_vessel_on_the_other_side_speaks_for_nothing():
    tree, names = a_belly(iliacs=())
    loose = branch((40, 50, 50), (28, 50, 20))
    tree = VesselTree((*tree.branches, loose), tree.joints)
    names = [*names, Named(len(tree.branches) - 1, 0.0, 1e9, "", 0.0, "no rule says what this is")]
    rows = audit(tree, names, GRID)
    assert row(rows, "right common iliac artery").why == "cut off"
    assert row(rows, "left common iliac artery").why == "not found by the method"


def test_every_origin_is_a_vessel_that_has_a_name():
    from viewer.phantom.make import make_scene

    true = {
        b.name
        for region in ("thoracic-aorta", "abdominal-aorta", "carotid")
        for b in make_scene(region, 1, spacing_mm=6.0).vessels.tree.branches
    }
    given = {each.name for each in EXPECTED}
    assert {"celiac trunk", "left renal artery", "brachiocephalic artery"} <= true & given


def test_the_border_of_a_scan_that_is_turned():
    turned = np.eye(4)
    turned[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]) * 2.0
    grid = Grid((10, 10, 10), turned)
    assert border_mm(grid, np.array([9.0, 9.0, 9.0])) == pytest.approx(10.0)
    assert border_mm(grid, np.array([-3.0, 9.0, 9.0])) < 0
