import numpy as np
import pytest

from tests.benchmarks.accuracy import Score, score, tables
from tests.benchmarks.asked import ASKED
from tests.benchmarks.cases import FAMILIAR, Reference
from tests.benchmarks.peers import METHODS, Outcome, run
from viewer.phantom.patient import SUITED
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

WITH, WITHOUT = METHODS["networks"][0], METHODS["classical"][0]
FAMILY = "Made-up trees, unseen family"


def of(person, method, dice, *, refused=""):
    measures = {"Dice": dice, "clDice": dice, "seconds": 2.0, "peak (GB)": 1.0, "refused": 0.0}
    if not refused:
        measures |= {"ASD (mm)": 0.5, "HD95 (mm)": 1.5}
    return Score(FAMILY, person, method, measures, "", refused)


def test_the_page_marks_misses_and_names_refused_scenes():
    scores = [of("tree, seed 1", WITH, 0.9), of("tree, seed 1", WITHOUT, 0.7)]
    scores += [of("organs, seed 2", WITH, 0.0, refused="No vessel."), of("organs", WITHOUT, 0.6)]
    page = "\n".join(tables(scores))
    assert f"| {FAMILY} | Dice | 0.55 | 0.65 | 0.70 | **0.45: missed** |" in page
    assert f"| {FAMILY} (mean of 2) | {WITH} | 0.45 | 0.45 | 0.5 (of 1) | 1.5 (of 1) |" in page
    assert f"| {FAMILY}: organs, seed 2 | refused | refused |" in page
    assert f"- organs, seed 2 ({WITH}): No vessel." in page
    assert "| Abdomen without contrast | refused | yes | not run | yes | not run |" in page
    assert "1 of 22 numbers are missed" in page


def test_what_is_asked_is_what_a_score_measures():
    grid = Grid.regular((9, 9, 9), (1.0, 1.0, 1.0))
    volume = Volume(np.zeros(grid.shape, np.int16), grid)
    truth = np.zeros(grid.shape, bool)
    truth[:, 3:6, 3:6] = True
    reference = Reference("a", volume, truth, no_vessel={"heart": ~truth})
    told = score(reference, "networks", Outcome(truth.astype(np.uint8), "", 1.0, 1.0))
    assert told.measures["Dice"] == 1.0
    assert told.measures["heart"] == 0.0
    undrawn = Reference("b", volume, None, no_vessel={"heart": truth})
    told = score(undrawn, "networks", Outcome(truth.astype(np.uint8), "", 1.0, 1.0))
    assert told.measures["heart"] == 1.0
    assert "Dice" not in told.measures
    refused = score(reference, "networks", Outcome(None, "why", 1.0, 1.0))
    assert refused.measures["Dice"] == 0.0
    assert refused.measures["refused"] == 1.0
    stopped = score(reference, "networks", Outcome(None, "stopped after 150 s"))
    assert stopped.measures["refused"] == 0.0
    assert {each.measure for each in ASKED} > {"Dice", "clDice", "heart", "refused"}


def test_the_diseases_of_the_held_out_people_suit_their_regions():
    ill = [(region, disease) for region, disease in FAMILIAR if disease]
    assert len(FAMILIAR) == 8
    assert len(ill) == 4
    assert all(disease in SUITED[region] for region, disease in ill)


@pytest.mark.slow
def test_the_peak_of_a_method_is_its_own_and_not_its_parents():
    grid = Grid.regular((8, 8, 8), (1.0, 1.0, 1.0))
    volume = Volume(np.full(grid.shape, 300, np.int16), grid)
    held = np.ones(250_000_000)  # 2 GB, and still held when the method's process begins
    outcome = run("threshold", volume)
    del held
    assert 0.02 < outcome.peak_gb < 1.0
