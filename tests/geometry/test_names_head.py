"""The end of a carotid artery in trees that are drawn for it."""

import numpy as np
import pytest

from viewer.geometry.names_head import end_of_carotid
from viewer.geometry.names_ways import Step, Ways
from viewer.geometry.tree import Branch, VesselTree


def drawn(*corners, radius, parent=-1):
    """A branch with 20 points between each two corners."""
    corners = np.array(corners, float)
    n = len(corners) - 1
    along = np.linspace(0, n, 20 * n + 1)
    points = np.column_stack([np.interp(along, np.arange(n + 1), axis) for axis in corners.T])
    return Branch(points, np.full(len(points), radius), parent)


@pytest.mark.parametrize(("start", "found"), [(-30.0, True), (-75.0, False)])
def test_a_right_carotid_artery_that_comes_from_far_aside_is_none(start, found):
    """Sinuses and tangles of veins lead across the skull, where they fork as a carotid does."""
    tree = VesselTree(
        (
            drawn((start, 10, 0), (start, 5, 60), (-10, 0, 75), radius=2.2),
            drawn((-10, 0, 75), (-40, -3, 78), radius=1.5, parent=0),
            drawn((-10, 0, 75), (-2, -10, 78), (-2, -30, 90), radius=1.3, parent=0),
        ),
        np.zeros((0, 3)),
    )
    ways = Ways(tree)
    way = ways.way([Step(0, True), Step(1, True)])
    end = end_of_carotid(ways, way, "right")
    assert (end is not None) == found
    if end is not None:
        assert [step.branch for step in end[1:]] == [1, 2]
