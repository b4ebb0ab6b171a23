"""The measures of whole trees, and how they are told."""

import json
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from viewer.geometry.aneurysm import Fusiform
from viewer.geometry.number import Number, unknown
from viewer.geometry.plain import plain, read_as
from viewer.geometry.tree_measures import (
    TreeMeasures,
    courses_of,
    measure_vessels,
    measures_data,
    widened_surely,
)
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import narrowed_tube, straight_tube, three_generations
from viewer.progress import Cancelled, Progress, silent
from viewer.segment.mask import CALCIFICATION


def number(value, sd, unit="mm"):
    return Number(value, sd, unit, "a test")


def a_widening(**changes):
    given = {
        "from_mm": 20.0,
        "to_mm": 60.0,
        "widest_mm": 40.0,
        "reference": number(20.0, 0.5),
        "diameter_max": number(40.0, 0.5),
    }
    rest = dict.fromkeys(
        ("lumen_max", "neck_diameter", "extent", "lumen_volume", "thrombus_volume", "volume"),
        unknown("mm", "a test", "not asked"),
    )
    return Fusiform(**(given | rest | changes))


def test_every_branch_belongs_to_one_vessel():
    tree = three_generations()
    courses = courses_of(tree)
    numbers = [n for course in courses for n in course.branches]
    assert sorted(numbers) == sorted(set(numbers))
    assert courses[0].radius_mm[0] == pytest.approx(tree.branches[0].radius_mm[0])


@pytest.mark.parametrize(
    ("changes", "sure"),
    [
        ({}, True),
        ({"from_mm": 0.0}, False),
        ({"reference": number(20.0, 5.0)}, False),
        ({"diameter_max": number(31.0, 3.0)}, False),
        ({"to_mm": 30.0}, False),
        ({"diameter_max": unknown("mm", "a test", "not seen")}, False),
    ],
)
def test_a_widening_must_be_more_than_its_error(changes, sure):
    assert widened_surely(a_widening(**changes), 1.0) is sure


@pytest.mark.parametrize(("voxel_mm", "sure"), [(0.5, True), (1.0, False)])
def test_a_vessel_too_thin_for_its_voxels_is_not_widened(voxel_mm, sure):
    small = {"reference": number(1.9, 0.1), "diameter_max": number(3.8, 0.2), "to_mm": 28.0}
    assert widened_surely(a_widening(**small), voxel_mm) is sure


def test_a_narrow_vessel_is_told_whole():
    tree = narrowed_tube(least_mm=1.6)
    volume, mask = render(tree, grid_around(tree, (0.5,) * 3), blur_mm=0.5, noise_hu=10)
    tree = replace(tree, branches=(replace(tree.branches[0], name="left renal artery"),))
    measures = measure_vessels(volume, mask, tree, 10.0, silent(), blur_mm=0.55)
    data = measures_data(measures)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    (found,) = data["stenoses"]
    assert found["vessel"] == "left renal artery"
    assert found["percent_diameter"] == pytest.approx(60, abs=2)
    assert found["least_diameter_mm"] == pytest.approx(3.2, abs=0.2)
    assert found["least_mm"] == pytest.approx(30, abs=1.5)
    assert data["aneurysms"] == data["occlusions"] == data["calcifications"] == []
    (named,) = data["names"]
    assert (named["name"], named["reason"]) == (
        "left renal artery",
        "so the branch is called in the case",
    )
    assert [row["name"] for row in data["audit"]] == ["left renal artery"]
    (vessel,) = measures.vessels
    place = vessel.at(vessel.stenoses[0].least_mm)
    assert found["at_lps"] == pytest.approx(place, abs=1e-3)
    on_path = np.linalg.norm(tree.branches[0].points_lps - place, axis=1)
    assert tree.branches[0].s_mm[on_path.argmin()] == pytest.approx(30, abs=1.5)


def test_occlusions_and_calcium_are_told_in_measures():
    tree = straight_tube(length_mm=60.0, radius_mm=4.0)
    tree = replace(tree, branches=(replace(tree.branches[0], name="left external iliac artery"),))
    volume, mask = render(tree, grid_around(tree, (0.8,) * 3), blur_mm=0.5, noise_hu=10)
    hu, labels = volume.voxels.copy(), mask.labels.copy()
    plate = mask.grid.nearest(tree.branches[0].points_lps[len(tree.branches[0].points_lps) // 2])
    plate = tuple(slice(n - 3, n + 3) for n in (plate + np.array([0, 5, 0])).tolist())
    hu[plate], labels[plate] = 1000, CALCIFICATION
    measures = measure_vessels(
        replace(volume, voxels=hu), replace(mask, labels=labels), tree, 10.0, silent(), blur_mm=0.5
    )
    data = json.loads(json.dumps(measures_data(measures), allow_nan=False))
    rows = {row["vessel"]: row for row in data["calcifications"]}
    assert set(rows) == {"all arteries", "left external iliac artery"}
    assert rows["all arteries"]["volume_mm3"] > 50
    assert rows["all arteries"]["agatston"] is None
    assert "contrast" in rows["all arteries"]["missing"]["agatston"]
    again = read_as(TreeMeasures, json.loads(json.dumps(plain(measures))))
    assert again.calcifications[0].plaques == 1
    assert len(again.occlusions) == len(data["occlusions"])
    (volume,) = data["volumes"]
    assert volume["vessel"] == "left external iliac artery"
    assert volume["whole_ml"] > volume["lumen_ml"] > 2.5
    assert data["sacs"] == []


def test_measuring_stops_within_a_vessel():
    tree = narrowed_tube(least_mm=1.6)
    volume, mask = render(tree, grid_around(tree, (0.5,) * 3), blur_mm=0.5, noise_hu=10)
    told, stop = [], Event()

    def tell(fraction, _):
        told.append(fraction)
        if len(told) == 4:
            stop.set()

    with pytest.raises(Cancelled):
        measure_vessels(volume, mask, tree, 10.0, Progress(tell, stop))
    assert 0 < told[-1] < 0.5
