"""What was measured as rows: words, places, states, what is missing and why."""

from dataclasses import fields, is_dataclass, replace
from types import UnionType
from typing import get_args, get_origin, get_type_hints

import numpy as np
import pytest

from viewer.case.pipeline import advance
from viewer.geometry.aneurysm import Fusiform
from viewer.geometry.audit import Audited
from viewer.geometry.beside import BothDiameters
from viewer.geometry.landmarks import LandmarkRow
from viewer.geometry.number import Number, unknown
from viewer.geometry.thresholds import band_text, share_above, share_text, thresholds_at
from viewer.geometry.tree_measures import TreeMeasures
from viewer.window.findings_lesions import narrowing_rows, widening_rows
from viewer.window.findings_lists import LISTINGS
from viewer.window.findings_rows import audit_rows, landmark_rows, number_cell, with_restored


@pytest.fixture(scope="module")
def measured(a_case):
    case = advance(a_case, "measure")
    return case.findings, case.tree


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_every_row_fills_its_columns_and_lies_on_the_tree(listing, measured):
    findings, tree = measured
    for row in listing.rows(findings, tree):
        assert len(row.cells) == len(listing.heads)
        if row.at_lps is not None:
            assert row.at_lps.shape == (3,)
            assert 0 <= row.branch < len(tree.branches)
            assert row.cells[-1].text == "proposed"
            assert row.cells[-1].color == "invented"


def test_a_number_says_its_deviation_unit_and_method():
    cell = number_cell(Number(6.84, 0.31, "mm", "by eye"))
    assert cell.text == "6.8 ± 0.3 mm"
    assert "by eye" in cell.tip
    gone = number_cell(unknown("mm", "by eye", "No edge is seen."))
    assert gone.text == "–"
    assert gone.tip.startswith("No edge is seen.")
    assert number_cell(Number(2.0, float("nan"), "ml", "by eye")).text == "2.0 ± ? ml"


def test_the_tip_of_a_diameter_tells_that_of_the_restored_scan(measured):
    findings, _ = measured
    place, cell = np.array([1.0, 2.0, 3.0]), number_cell(Number(6.0, 0.1, "mm", "by eye"))
    raw = Number(6.0, 0.1, "mm", "")
    both = BothDiameters(
        "renal", 0, "narrowest", (1.0, 2.0, 3.5), raw, Number(5.8, 0.2, "mm", ""),
        Number(-0.2, 0.22, "mm", ""),
    )  # fmt: skip
    with_both = replace(findings, both=(both,))
    told = with_restored(cell, with_both, "renal", place)
    assert told.text == "6.0 ± 0.1 mm"
    assert "restored scan: 5.8 ± 0.2 mm (difference -0.2 ± 0.2 mm)." in told.tip
    refused = replace(both, restored=unknown("mm", "", "Too much was taken away."))
    told = with_restored(cell, replace(findings, both=(refused,)), "renal", place)
    assert "restored scan: Too much was taken away." in told.tip
    for vessel, at in (("iliac", place), ("renal", place + 9.0)):
        assert with_restored(cell, with_both, vessel, at) is cell


def test_what_is_likely_above_a_threshold():
    assert share_above(55.0, 1.0, 55.0) == pytest.approx(0.5)
    assert share_above(52.3, 1.1, 55.0) == pytest.approx(0.007, abs=0.001)
    assert share_above(56.0, 0.0, 55.0) == 1.0
    assert share_text(0.001) == "under 1 %"
    assert share_text(0.999) == "over 99 %"
    text = band_text(52.3, 1.1, thresholds_at("descending thoracic aorta"))
    assert text == "above 55 mm: 1 %"


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("Mid ascending aorta", (50.0, 55.0)),
        ("sinuses of Valsalva", (50.0, 55.0)),
        ("proximal descending thoracic aorta", (55.0,)),
        ("infrarenal abdominal aorta", (50.0, 55.0)),
        ("left renal artery", ()),
    ],
)
def test_thresholds_go_by_the_place(name, limits):
    found = thresholds_at(name)
    assert tuple(each.mm for each in found) == limits
    assert all(each.source for each in found)


def test_a_narrowing_carries_its_flags_and_what_is_at_least_gone(a_case):
    findings, tree = narrowed(a_case)
    (row,) = narrowing_rows(findings, tree)
    assert len(row.flags_lps) == 3
    np.testing.assert_allclose(row.flags_lps[1], row.at_lps)
    vessel = findings.vessels[0]
    closed = replace(
        vessel.stenoses[0],
        percent_diameter=unknown("%", "by eye", "Closed."),
        percent_at_least=83.0,
    )
    vessel = replace(vessel, stenoses=(closed,))
    (row,) = narrowing_rows(replace(findings, vessels=(vessel,)), tree)
    assert row.cells[1].text == "at least 83 %"
    assert "Closed." in row.cells[1].tip


def narrowed(a_case):
    """The measures and the tree of a tube with one narrowing."""
    from viewer.geometry.tree_measures import measure_vessels
    from viewer.phantom.scan import grid_around, render
    from viewer.phantom.vessels import narrowed_tube
    from viewer.progress import silent

    tree = narrowed_tube(least_mm=1.6)
    volume, mask = render(tree, grid_around(tree, (0.5,) * 3), blur_mm=0.5, noise_hu=10)
    return measure_vessels(volume, mask, tree, 10.0, silent()), tree


def test_a_widening_tells_how_likely_it_is_above_the_guidelines(measured):
    findings, tree = measured
    tree = replace(
        tree,
        branches=(replace(tree.branches[0], name="infrarenal abdominal aorta"), *tree.branches[1:]),
    )
    wide = Number(54.0, 1.0, "mm", "by eye")
    rest = dict.fromkeys(
        ("lumen_max", "neck_diameter", "extent", "lumen_volume", "thrombus_volume", "volume"),
        unknown("ml", "by eye", "Not seen."),
    )
    sac = Fusiform(2.0, 9.0, 5.0, Number(20.0, 0.5, "mm", "by eye"), wide, **rest)
    vessel = replace(findings.vessels[0], branches=(0,), aneurysms=(sac,))
    bare = replace(empty(findings), vessels=(vessel,))
    (row,) = widening_rows(bare, tree)
    texts = [cell.text for cell in row.cells]
    assert texts[:2] == ["Infrarenal abdominal aorta", "54.0 ± 1.0 mm"]
    assert texts[2] == "above 50 mm (women): over 99 %, above 55 mm (men): 16 %"
    assert "SVS" in row.cells[2].tip
    assert row.cells[2].color == "caution"


def empty(findings):
    return TreeMeasures((), (), (), (), (), ())


def test_a_landmark_without_a_place_says_why(measured):
    findings, tree = measured
    gone = LandmarkRow(5, "mid aortic arch", "fewer than two arteries of the arch are seen")
    (row,) = landmark_rows(replace(empty(findings), landmarks=(gone,)), tree)
    assert row.at_lps is None
    assert row.cells[2].text == "–"
    assert "fewer than two arteries" in row.cells[2].tip


def test_missing_vessels_come_first_in_words_and_color(measured):
    findings, tree = measured
    found = Audited("celiac trunk", True, 0.9, "found", "The celiac trunk was found.")
    gone = Audited("splenic artery", False, 0.0, "faint contrast", "It is faint.")
    rows = audit_rows(replace(empty(findings), audit=(found, gone)), tree)
    assert [row.cells[0].text for row in rows] == ["Splenic artery", "Celiac trunk"]
    assert rows[0].cells[1].text == "Missing: faint contrast"
    assert rows[0].cells[1].color == "caution"
    assert rows[1].cells[1].color == "good"


def made_up(kind):
    """Some value of a type that measures hold."""
    if is_dataclass(kind):
        if kind is Number:
            return Number(12.0, 1.5, "mm", "by eye")
        hints = get_type_hints(kind)
        return kind(**{each.name: made_up(hints[each.name]) for each in fields(kind)})
    if get_origin(kind) is tuple:
        return (made_up(get_args(kind)[0]),)
    if get_origin(kind) is UnionType:
        return made_up(get_args(kind)[0])
    return {np.ndarray: np.arange(3.0), str: "it", float: 0.5, int: 0, bool: True}[kind]


@pytest.mark.parametrize(
    ("name", "field", "texts"),
    [
        ("occlusions", "occlusions", ("It", "12.0 ± 1.5 mm", "50 %", "goes on")),
        ("calcium", "calcifications", ("It", "12 ± 2 mm", "0 HU")),
        ("sacs", "sacs", ("It", "12.0 ± 1.5 mm", "where vessels part")),
        ("dissections", "dissections", ("It", "dissection, Stanford it", "12.0 ± 1.5 mm", "0.50")),
    ],
)
def test_every_kind_of_disease_has_its_table(name, field, texts, measured):
    findings, tree = measured
    listing = next(each for each in LISTINGS if each.name == name)
    kind = get_args(get_type_hints(TreeMeasures)[field])[0]
    one = made_up(kind)
    if name == "dissections":
        one = replace(one, path_lps=np.zeros((3, 3)), s_mm=np.arange(3.0))
    full = replace(empty(findings), **{field: (one,)})
    rows = listing.rows(full, tree)
    assert listing.count(full) != "0" or name == "calcium"
    assert len(rows) == (3 if name == "dissections" else 1)
    told = [cell.text for cell in rows[0].cells]
    assert set(texts) <= set(told)
    assert all(len(row.cells) == len(listing.heads) for row in rows)
    assert listing.rows(empty(findings), tree) == []
    assert listing.count(empty(findings)) == "0"
