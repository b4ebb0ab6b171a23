"""Decisions about the tree: carried out on a case, saved with it, and checked when read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from viewer.case.by_hand_facts import by_hand_facts, by_hand_from, name_of
from viewer.case.decide import about, decide, noted, undecided, words_for
from viewer.case.pipeline import advance
from viewer.case.store import load_case, save_case
from viewer.errors import ViewerError
from viewer.geometry.by_hand import (
    ByHand,
    EndChange,
    GapDecision,
    GivenName,
    PlacedFlags,
    RootSet,
    point_of,
)
from viewer.geometry.ends import free_ends
from viewer.geometry.redone import name_for
from viewer.segment.bridges import Bridge

WHOLE = ByHand(
    (1.0, 2.0, 3.0),
    (EndChange("added", (0.0, 1.0, 2.0)), EndChange("moved", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))),
    (GivenName("left renal artery", ((0.0, 0.0, 1.0), (0.0, 0.0, 9.0))),),
    (GapDecision(True, ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0)), 2.5),),
    (PlacedFlags("aorta", ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0), (0.0, 0.0, 9.0)), ("minimum",)),),
)


def test_decisions_come_back_from_plain_values():
    plain = json.loads(json.dumps(by_hand_facts(WHOLE)))
    assert by_hand_from(plain) == WHOLE
    assert by_hand_from(None) is None


BROKEN = {
    "a root that is no place": ("root_lps", [0, 0]),
    "a root at no finite place": ("root_lps", [0, 0, float("nan")]),
    "an unknown change": ("ends", [{"kind": "glued", "at_lps": [0, 0, 0], "to_lps": None}]),
    "an end moved nowhere": ("ends", [{"kind": "moved", "at_lps": [0, 0, 0], "to_lps": None}]),
    "an empty name": ("names", [{"name": " ", "places_lps": [[0, 0, 0]]}]),
    "a name without a place": ("names", [{"name": "aorta", "places_lps": []}]),
    "a name that is no text": ("names", [{"name": 7, "places_lps": [[0, 0, 0]]}]),
    "a long name": ("names", [{"name": "a" * 200, "places_lps": [[0, 0, 0]]}]),
    "a gap of one point": (
        "gaps",
        [{"accepted": True, "path_lps": [[0, 0, 0]], "radius_mm": 1.0}],
    ),
    "a gap nobody decided": (
        "gaps",
        [{"accepted": "yes", "path_lps": [[0, 0, 0], [0, 0, 1]], "radius_mm": 1.0}],
    ),
    "two flags": ("flags", [{"vessel": "", "points_lps": [[0, 0, 0]] * 2, "own": []}]),
    "an unknown flag": ("flags", [{"vessel": "", "points_lps": [[0, 0, 0]] * 3, "own": ["x"]}]),
    "very many ends": ("ends", [{"kind": "added", "at_lps": [0, 0, 0], "to_lps": None}] * 9999),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_nobody_can_have_decided_is_refused(what):
    part, value = BROKEN[what]
    plain = json.loads(json.dumps(by_hand_facts(WHOLE))) | {part: value}
    with pytest.raises((ValueError, TypeError)):
        by_hand_from(plain)


def test_a_name_is_one_line():
    assert name_of("  left\n renal  artery ") == "left renal artery"


def test_decisions_are_saved_with_the_case(a_case, tmp_path):
    save_case(replace(a_case, by_hand=WHOLE), tmp_path / "case")
    assert load_case(tmp_path / "case").by_hand == WHOLE
    described = json.loads((tmp_path / "case" / "case.json").read_text())
    described["by_hand"]["names"][0]["name"] = 3
    (tmp_path / "case" / "case.json").write_text(json.dumps(described))
    with pytest.raises(ViewerError, match="damaged"):
        load_case(tmp_path / "case")


def a_tip(case):
    return next(end for end in free_ends(case.tree) if not end.is_root)


def test_a_deleted_end_is_gone_at_once_and_from_every_new_tracing(a_case):
    tip = a_tip(a_case)
    change = EndChange("removed", point_of(tip.point_lps))
    after = decide(a_case, change)
    assert len(after.tree.branches) < len(a_case.tree.branches)
    assert after.mask is a_case.mask
    assert after.records_of("tree")[-1].by == "person"
    assert {m.branch for m in after.measures} == {-1, *range(len(after.tree.branches))}
    again = advance(after, "trace")
    assert len(again.tree.branches) == len(after.tree.branches)
    assert again.by_hand == after.by_hand
    np.testing.assert_allclose(
        np.sort([b.length_mm for b in again.tree.branches]),
        np.sort([b.length_mm for b in after.tree.branches]),
        atol=1e-6,
    )


def test_measures_and_colors_are_those_of_the_new_tree(a_case):
    tip = a_tip(a_case)
    after = decide(a_case, EndChange("removed", point_of(tip.point_lps)))
    again = advance(after, "trace")
    values = [(m.quantity, m.name, round(m.value, 6)) for m in after.measures]
    assert values == [(m.quantity, m.name, round(m.value, 6)) for m in again.measures]
    shown, fresh = (case.surface.point_data["radius_mm"] for case in (after, again))
    assert np.mean(np.abs(shown - fresh) < 1e-4) > 0.999
    assert np.mean(np.abs(shown - a_case.surface.point_data["radius_mm"]) > 0.1) > 0.005


def test_a_root_and_a_name_leave_the_surface_as_it_is(a_case):
    tip = a_tip(a_case)
    rooted = decide(a_case, RootSet(point_of(tip.point_lps)))
    np.testing.assert_array_equal(rooted.tree.branches[0].points_lps[0], tip.point_lps)
    assert rooted.surface is a_case.surface
    named = decide(a_case, name_for(a_case.tree, tip.branch, "my artery"))
    assert named.tree.branches[tip.branch].name == "my artery"
    assert named.surface is a_case.surface
    assert {m.name for m in named.measures if m.branch == tip.branch} == {"my artery"}
    back = decide(named, name_for(named.tree, tip.branch, ""))
    assert back.tree.branches[tip.branch].name == a_case.tree.branches[tip.branch].name


def test_what_cannot_be_kept_is_a_notice_of_the_tree(a_case):
    case = replace(a_case, by_hand=ByHand().plus(EndChange("added", (0.0, 0.0, 900.0))))
    told = [n for n in advance(case, "trace").warnings if n.code == "by hand, not kept"]
    assert [notice.point_lps for notice in told] == [(0.0, 0.0, 900.0)]


def test_decisions_outlast_a_new_mask_but_not_another_scan(a_case):
    case = noted(a_case, RootSet((1.0, 2.0, 3.0)))
    assert case.tree is a_case.tree
    assert case.put("mask", a_case.mask).by_hand is case.by_hand
    assert case.put("volume", a_case.volume).by_hand is None


def test_a_refused_bridge_is_not_proposed_again(a_case):
    root = a_case.tree.branches[0].points_lps
    path = root[0] + np.array([[0.0, 60, 0], [0, 62, 0], [0, 64, 0]])
    bridge = Bridge(path, 2.0, 4.0, 0.5, False)
    case = noted(a_case, about(bridge, a_case, accepted=False))
    assert undecided([bridge], case) == ()
    elsewhere = replace(bridge, path_lps=path + 20.0)
    assert undecided([bridge, elsewhere], case) == (elsewhere,)
    assert undecided([bridge], a_case) == (bridge,)


def test_a_decision_is_told_with_the_name_of_its_vessel(a_case):
    tip = a_tip(a_case)
    name = a_case.tree.branches[tip.branch].name
    change = EndChange("removed", point_of(tip.point_lps))
    words = words_for(a_case, decide(a_case, change), change)
    assert words == (f"End deleted of the {name}" if name else "End deleted")
    assert words_for(a_case, a_case, RootSet((0, 0, 0))) == "Root set"
