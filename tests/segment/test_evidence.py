import dataclasses

import numpy as np
import pytest

from viewer.enhance.coarse import coarse
from viewer.enhance.suitability import Suitability
from viewer.progress import silent
from viewer.segment.context import Context, Levels
from viewer.segment.evidence import (
    Evidence,
    Place,
    disagreement,
    loose_pieces,
    metal_place,
    notices,
    open_gates,
    weigh,
)
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FIT = Suitability(True, 400.0, 15.0, 12.0, 1.0, (60.0, 60.0, 60.0))
GRID = Grid.regular((40, 40, 40), (1.0, 1.0, 1.0), (5.0, -7.0, 100.0))
Z, Y, X = np.meshgrid(*(np.arange(n) for n in GRID.shape), indexing="ij")
TRUNK = np.hypot(X - 12, Y - 20) <= 5
HERE = Place((1.0, 2.0, 3.0), 4.0)


def context_of(volume, trunk, **parts):
    blocks = coarse(volume, 1.0, silent())
    nothing = np.zeros(volume.grid.shape, bool)
    names = ("aorta", "stopped", "veins", "soft", "bone", "hot")
    given = dict.fromkeys(names, nothing) | parts
    texture = np.zeros(volume.grid.shape, np.float32)
    levels = Levels(50, 400, 520, 100, False)
    return Context(blocks, levels, trunk=trunk, texture=texture, inside=~nothing, **given)


@pytest.fixture
def a_volume():
    return Volume(np.where(TRUNK, 400, 40).astype(np.int16), GRID)


def test_a_calm_tree_gives_no_caution(a_volume):
    evidence = weigh(a_volume, context_of(a_volume, TRUNK), TRUNK)
    assert evidence == Evidence()
    assert notices(evidence, FIT) == ()


def test_a_guessed_start_is_told_with_its_place(a_volume):
    context = dataclasses.replace(context_of(a_volume, TRUNK, aorta=TRUNK), guessed=True)
    evidence = weigh(a_volume, context, TRUNK)
    assert evidence.guessed.amount == pytest.approx(TRUNK.sum() / 1000)
    told = notices(evidence, FIT)
    assert [each.code for each in told] == ["guessed start"]
    assert told[0].severity == "warning"
    assert told[0].point_lps is not None


def test_metal_counts_beside_the_vessels_only():
    voxels = np.where(TRUNK, 400, 40).astype(np.int16)
    voxels[10:12, 26:28, 10:15] = 3000
    volume = Volume(voxels, GRID)
    metal = metal_place(volume, context_of(volume, TRUNK), TRUNK)
    assert metal.amount == pytest.approx(0.02)
    assert np.linalg.norm(np.subtract(metal.point_lps, GRID.points_lps(np.array([11, 27, 12])))) < 4
    assert metal_place(volume, context_of(volume, TRUNK), TRUNK & (Z > 30)) is None


def test_dense_inflow_counts_beside_the_tree(a_volume):
    hot = np.hypot(X - 24, Y - 20) <= 5
    dense = weigh(a_volume, context_of(a_volume, TRUNK, hot=hot), TRUNK).dense
    assert dense.amount == pytest.approx(hot.sum() / 1000)
    assert dense.point_lps[0] == pytest.approx(5 + 24, abs=2)


def test_a_wide_neck_is_an_open_gate_and_a_narrow_one_is_not(a_volume):
    beside = (X >= 18) & (X < 36)
    trunk = TRUNK | ((X > 12) & (X < 18) & (np.abs(Y - 20) <= 7))
    wide = beside & (np.abs(Z - 20) <= 10) & (np.abs(Y - 20) <= 7)
    (gate,) = open_gates(a_volume, context_of(a_volume, trunk), wide)
    assert gate.amount == pytest.approx(14, abs=2)
    np.testing.assert_allclose(gate.point_lps, (5 + 17, -7 + 20, 120), atol=2)
    seam = beside & (np.abs(Y - 20) <= 2)
    assert open_gates(a_volume, context_of(a_volume, trunk), seam) == ()
    assert open_gates(a_volume, context_of(a_volume, trunk), X > 100) == ()


def test_a_loose_piece_has_its_gap_and_its_place(a_volume):
    piece = (np.hypot(Y - 20, Z - 20) <= 3) & (X >= 24)
    speck = (np.hypot(Y - 5, Z - 5) <= 1) & (X >= 36)
    (found,) = loose_pieces(a_volume, context_of(a_volume, TRUNK), TRUNK | piece | speck)
    assert found.amount == pytest.approx(24 - 17, abs=0.1)
    assert found.point_lps[0] == pytest.approx(5 + 24)
    assert found.point_lps[2] == pytest.approx(120, abs=3)


def test_any_axis_order_names_the_same_place(a_volume):
    matrix = GRID.lps_from_index[:, [2, 0, 1, 3]].copy()
    turned = a_volume.voxels.transpose(2, 0, 1)[::-1]
    matrix[:3, 3] += matrix[:3, 0] * 39
    matrix[:3, 0] *= -1
    volume = Volume(np.ascontiguousarray(turned), Grid(turned.shape, matrix))
    piece = (np.hypot(Y - 20, Z - 20) <= 3) & (X >= 24)
    (found,) = loose_pieces(volume, context_of(volume, TRUNK), TRUNK | piece)
    (straight,) = loose_pieces(a_volume, context_of(a_volume, TRUNK), TRUNK | piece)
    np.testing.assert_allclose(found.point_lps, straight.point_lps, atol=0.01)


def test_engines_that_disagree_say_by_how_much_and_where(a_volume):
    other = np.hypot(X - 30, Y - 20) <= 6
    context = context_of(a_volume, TRUNK)
    agreement, place = disagreement(a_volume, context, TRUNK, TRUNK | other)
    assert agreement < 0.7
    assert place.point_lps[0] == pytest.approx(5 + 30, abs=3)
    assert disagreement(a_volume, context, TRUNK, TRUNK) == (1.0, None)


@pytest.mark.parametrize(
    ("evidence", "suitability", "code", "words"),
    [
        ({}, {"blood_hu": 120.0}, "low enhancement", "120 HU"),
        ({}, {"noise_hu": 130.0}, "noise", "130 HU"),
        ({"metal": HERE}, {}, "metal", "in or beside the vessels (4 ml)"),
        ({"dense": HERE}, {}, "dense inflow", "vena cava"),
        ({"agreement": 0.42, "disputed": HERE}, {}, "engines disagree", "Dice 0.42"),
        ({"gates": (HERE,)}, {}, "open gate", "4 mm wide (place 1 of 1)"),
        ({"pieces": (HERE,)}, {}, "broken branch", "4 mm from the tree"),
        (
            {"doubt": 0.31, "doubt_limit": 0.2},
            {},
            "unfamiliar scan",
            "doubt 0.31, familiar up to 0.20",
        ),
    ],
)
def test_every_doubt_is_a_sentence_with_its_place(evidence, suitability, code, words):
    (told,) = notices(Evidence(**evidence), dataclasses.replace(FIT, **suitability))
    assert told.code == code
    assert told.severity == "warning"
    assert words in told.text
    assert told.text.endswith(".")
    assert told.point_lps == (
        HERE.point_lps if HERE in (*evidence.values(), *_all(evidence)) else None
    )


def _all(evidence):
    return [p for value in evidence.values() if isinstance(value, tuple) for p in value]


def test_a_faint_and_noisy_scan_is_told_both():
    poor = dataclasses.replace(FIT, blood_hu=120.0, noise_hu=30.0)
    assert [told.code for told in notices(Evidence(), poor)] == ["low enhancement", "noise"]


def test_of_many_places_the_first_are_named_and_all_are_counted():
    told = notices(Evidence(gates=(HERE,) * 9), FIT)
    assert len(told) == 5
    assert "(place 5 of 9)" in told[-1].text


def test_what_networks_found_always_says_how_they_were_trained():
    (told,) = notices(
        Evidence(networks=("context",), agreement=0.9, doubt=0.1, doubt_limit=0.2), FIT
    )
    assert told.text == "Networks trained on synthetic data and few real scans: research use."
    assert told.severity == "info"
