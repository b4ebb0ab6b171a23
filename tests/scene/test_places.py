"""Marks where something was measured."""

import numpy as np
import pytest

from viewer.geometry.landmarks import LandmarkRow
from viewer.geometry.tree_measures import TreeMeasures
from viewer.scene.marks import Ring, Text
from viewer.scene.places import Spot, labeled, spots_in_slice, spots_of
from viewer.scene.slice import plane_through
from viewer.session.view_state import STRAIGHT

LINE = 16.0


def spots(count):
    return tuple(Spot(np.array([float(n), 0.0, 0.0]), f"Narrowed {50 + n} %") for n in range(count))


def boxes(marks):
    """The room that labels take, as wide as their letters."""
    out = []
    for mark in marks:
        if isinstance(mark, Text):
            wide = 0.5 * LINE * len(mark.text)
            left = mark.x - mark.align[0] * wide
            out.append((left, mark.y - LINE / 2, left + wide, mark.y + LINE / 2))
    return out


def meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("seed", range(4))
def test_labels_cover_neither_each_other_nor_what_is_written(seed):
    places = np.random.default_rng(seed).uniform(0, 500, (30, 2))
    written = Text(10, 10, "Denoised", "#FFFFFF")
    made = list(labeled(spots(30), places, (500, 500), LINE, [written]))
    found = [*boxes(made), (10, 10, 10 + 4 * LINE, 10 + LINE)]
    assert sum(isinstance(mark, Ring) for mark in made) == 30
    assert len(found) > 8
    for n, one in enumerate(found):
        assert not any(meet(one, other) for other in found[:n])


def test_the_first_spot_has_its_label_and_none_stands_outside():
    made = list(labeled(spots(3), np.array([[20.0, 20.0]] * 3), (300, 200), LINE))
    texts = [mark.text for mark in made if isinstance(mark, Text)]
    assert texts[0] == "Narrowed 50 %"
    for left, top, right, bottom in boxes(made):
        assert left >= 0
        assert top >= 0
        assert right <= 300
        assert bottom <= 200


def test_a_slice_shows_the_marks_within_it(a_volume):
    middle = a_volume.grid.center_lps
    plane = plane_through(a_volume.grid, STRAIGHT["axial"], tuple(middle), (400, 300))
    near, far = (Spot(middle + np.array([0, 0, z]), "here") for z in (1.0, 20.0))
    assert sum(isinstance(m, Ring) for m in spots_in_slice((near, far), plane, 1.0, LINE)) == 1
    assert sum(isinstance(m, Ring) for m in spots_in_slice((near, far), plane, 50.0, LINE)) == 2


def test_only_landmarks_that_have_a_place_are_marked():
    rows = (
        LandmarkRow(5, "mid aortic arch", "midway", at_lps=np.zeros(3)),
        LandmarkRow(6, "sinotubular junction", "not seen"),
    )
    found = spots_of(TreeMeasures((), (), rows, (), (), ()))
    assert [spot.text for spot in found] == ["mid aortic arch"]
    assert spots_of(None) == ()
