"""Names along an aorta whose tree is not clean: rings, and pieces within the vessel."""

import numpy as np
import pytest

from viewer.geometry.names import name_vessels
from viewer.geometry.tree import Branch, VesselTree


def line(*corners, radius=8.0, parent=-1):
    """A branch through some corners with points every mm; `radius` is even or runs along it."""
    corners = np.array(corners, float)
    far = np.cumsum([0, *np.linalg.norm(np.diff(corners, axis=0), axis=1)])
    s = np.linspace(0, far[-1], max(3, round(far[-1]) + 1))
    points = np.column_stack([np.interp(s, far, axis) for axis in corners.T])
    along = np.linspace(0, far[-1], np.size(radius))
    return Branch(points, np.interp(s, along, np.atleast_1d(radius)), parent)


def side(*corners, radius=2.5, parent=-1):
    """A side vessel, whose first spheres are those of the aorta."""
    plain = line(*corners, parent=parent)
    return Branch(plain.points_lps, np.clip(9.0 - plain.s_mm, radius, 8.0), parent)


def a_belly(upper=(), lower=()):
    """An aorta of 220 mm with celiac, mesenteric and left renal artery, and other branches.

    `upper` ones leave branch 0, `lower` ones take the place of the aorta below the renal artery.
    """
    branches = [
        line((0, 0, 220), (0, 0, 180)),
        line((0, 0, 180), (0, 0, 120), parent=0),
        line((0, 0, 120), (0, 0, 106), parent=1),
        line((0, 0, 106), (0, 0, 95), parent=2),
        side((0, 0, 120), (0, -30, 118), parent=1),
        side((0, 0, 106), (0, -22, 96), (0, -30, 10), parent=2),
        side((0, 0, 95), (60, 20, 90), parent=3),
    ]
    branches += lower or (line((0, 0, 95), (0, 0, 0), parent=3),)
    branches += upper
    return VesselTree(tuple(branches), np.zeros((0, 3)))


def given(tree):
    """How many mm of each branch bear each name."""
    out = {}
    for each in name_vessels(tree):
        if each.name:
            key = each.branch, each.name
            out[key] = out.get(key, 0.0) + each.to_mm - each.from_mm
    return out


def test_a_second_way_around_a_hole_of_the_map_is_not_the_aorta():
    """It sets out as wide, comes back to the same place, and is thin between."""
    pinched = [8.2, 8.2, 5.0, 1.0, 1.0, 5.0, 8.0]
    ring = (
        line((0, 0, 180), (7, 5, 180), radius=8.2, parent=0),
        line((7, 5, 180), (12, 8, 195), (2, 2, 221), radius=pinched, parent=8),
    )
    plain, ringed = given(a_belly()), given(a_belly(upper=ring))
    assert plain[0, "descending thoracic aorta"] == pytest.approx(40.0, abs=0.5)
    assert ringed == plain


def test_a_second_way_is_not_the_aorta_where_it_is_the_widest():
    pinched = [9.0, 9.0, 5.0, 1.0, 1.0, 5.0, 8.0]
    ring = (
        line((0, 0, 180), (5, 4, 181), radius=8.6, parent=0),
        line((5, 4, 181), (12, 8, 195), (2, 2, 221), radius=pinched, parent=8),
    )
    assert given(a_belly(upper=ring)) == given(a_belly())


def test_an_aorta_goes_on_past_a_short_piece_in_it_that_holds_a_side_vessel():
    """The right renal artery leaves a piece that lies in the aorta, beside a spur."""
    below = (
        line((0, 0, 95), (0, 0, 89), radius=7.5, parent=3),
        line((0, 0, 89), (0, 4, 89), radius=7.3, parent=7),
        side((0, 4, 89), (-60, 20, 84), parent=8),
        side((0, 4, 89), (-2, -13, 87), radius=0.6, parent=8),
        line((0, 0, 89), (0, 0, 0), radius=[7.3, 6.5, 6.0, 6.0], parent=7),
    )
    names = given(a_belly(lower=below))
    assert names[9, "right renal artery"] > 50.0
    assert names[11, "infrarenal abdominal aorta"] > 80.0
    assert (10, "right renal artery") not in names
