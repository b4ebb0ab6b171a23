"""The segments of the cerebral arteries against made-up people whose arteries are known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.geometry.true_trees import arteries
from viewer.geometry.centerline import trace
from viewer.geometry.names import name_vessels
from viewer.geometry.tree import VesselTree
from viewer.geometry.vocabulary import known_names
from viewer.phantom.make import make_scene
from viewer.phantom.truth import labels
from viewer.progress import silent

ANTERIOR, POSTERIOR = "anterior cerebral artery", "posterior cerebral artery"
SIDES = ("left", "right")


def ends(tree, each):
    """The points (2,3) at the ends of a named stretch."""
    branch = tree.branches[each.branch]
    return np.array(
        [[np.interp(s, branch.s_mm, branch.points_lps[:, a]) for a in range(3)]
         for s in (each.from_mm, each.to_mm)]
    )  # fmt: skip


def span(tree, names, name):
    """The two ends (2,3) of what bears a name: the farthest apart of its stretches' ends."""
    points = np.concatenate([ends(tree, each) for each in names if each.name == name])
    far = np.linalg.norm(points[:, None] - points[None], axis=2)
    return points[list(np.unravel_index(far.argmax(), far.shape))]


def mouths(tree, name):
    """Both ends (2,3) of a true branch."""
    branch = next(b for b in tree.branches if b.name == name)
    return branch.points_lps[[0, -1]]


def nearest(points, place):
    return float(np.linalg.norm(points - place, axis=1).min())


@pytest.mark.parametrize("seed", [21, 23, 28])
def test_the_communicating_arteries_part_the_cerebral_ones(seed):
    tree, grid = arteries("head", seed, ())
    names = name_vessels(tree, grid)
    given = {each.name for each in names}
    for side in SIDES:
        for which, communicating, origin in (
            (f"{ANTERIOR} A", "anterior communicating artery", f"{side} internal carotid artery"),
            (f"{POSTERIOR} P", f"{side} posterior communicating artery", "basilar artery"),
        ):
            assert f"{side} {which[:-2]}" not in given
            first = span(tree, names, f"{side} {which}1")
            second = span(tree, names, f"{side} {which}2")
            joint = min(mouths(tree, communicating), key=lambda p: nearest(first, p))
            start = span(tree, names, origin)
            assert nearest(first, joint) < 0.5
            assert nearest(second, joint) < 0.5
            assert min(nearest(first, each) for each in start) < 0.5
            assert min(nearest(second, each) for each in start) > 5.0
    assert {each for each in given if each.endswith(("1", "2"))} <= set(known_names())


def test_segments_are_as_long_and_sure_as_what_they_are_parts_of():
    tree, grid = arteries("head", 21, ())
    names = name_vessels(tree, grid)
    for side, which, most in (("left", ANTERIOR, 40.0), ("right", POSTERIOR, 60.0)):
        own = [each for each in names if each.name.startswith(f"{side} {which}")]
        assert sum(each.to_mm - each.from_mm for each in own) == pytest.approx(most, abs=0.5)
        assert all(each.confidence <= 0.6 for each in own)
        assert all("communicating artery" in each.reason for each in own)


def without(tree, *names):
    """The tree without some vessels that hold no others."""
    kept = [n for n, branch in enumerate(tree.branches) if branch.name not in names]
    new = {old: n for n, old in enumerate(kept)}
    branches = (tree.branches[n] for n in kept)
    return VesselTree(
        tuple(replace(b, parent=new.get(b.parent, -1)) for b in branches), tree.joints
    )


def test_without_a_communicating_artery_nothing_is_parted():
    tree, grid = arteries("head", 21, ())
    bare = without(
        tree,
        "anterior communicating artery",
        *(f"{side} posterior communicating artery" for side in SIDES),
    )
    given = {each.name for each in name_vessels(bare, grid)}
    assert {f"{side} {which}" for side in SIDES for which in (ANTERIOR, POSTERIOR)} <= given
    assert not {each for each in given if each.endswith(("1", "2"))}


def test_one_side_is_parted_without_the_other():
    tree, grid = arteries("head", 21, ())
    bare = without(tree, "left posterior communicating artery")
    given = {each.name for each in name_vessels(bare, grid)}
    assert f"left {POSTERIOR}" in given
    assert {f"right {POSTERIOR} P1", f"right {POSTERIOR} P2"} <= given


def test_a_traced_posterior_artery_does_not_run_on_into_the_communicating_one():
    """It would: that one goes on straight, with the width of the carotid artery beyond."""
    scene = make_scene("head", 41, spacing_mm=1.0, companions=False)
    tree = trace(labels(scene), silent())
    names = name_vessels(tree, scene.grid)
    true = mouths(scene.vessels.tree, "left posterior communicating artery")
    for name, at in (
        ("left posterior communicating artery", true[0]),
        ("left posterior communicating artery", true[1]),
        (f"left {POSTERIOR} P1", true[1]),
        (f"left {POSTERIOR} P2", true[1]),
    ):
        assert nearest(span(tree, names, name), at) < 4.0, name


def test_a_ring_that_was_opened_in_the_communicating_artery_tells_where_a1_ends():
    scene = make_scene("head", 41, spacing_mm=1.0, companions=False)
    tree = trace(labels(scene), silent())
    true = mouths(scene.vessels.tree, "anterior communicating artery")
    names = name_vessels(tree, scene.grid)
    assert "anterior communicating artery" not in {each.name for each in names}
    for side, mouth in zip(SIDES, true, strict=True):
        for segment in ("A1", "A2"):
            assert nearest(span(tree, names, f"{side} {ANTERIOR} {segment}"), mouth) < 2.0
    assert any("ring of vessels was opened" in each.reason for each in names)
    whole = {each.name for each in name_vessels(replace(tree, repairs=()), scene.grid)}
    assert {f"{side} {ANTERIOR}" for side in SIDES} <= whole
