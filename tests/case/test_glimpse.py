from dataclasses import replace

import numpy as np
import pytest

from viewer.case.case import Case
from viewer.case.glimpse import cost_of, glimpse_of
from viewer.case.options import EnhanceOptions
from viewer.case.restoring import facts_of
from viewer.errors import ViewerError
from viewer.progress import silent

PLAIN = EnhanceOptions("noise", "none", "plain")
DOWN = (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def a_read_case(a_case):
    return Case(series=a_case.series).put("volume", a_case.volume)


def test_a_glimpse_is_what_the_step_makes_there(a_read_case):
    options = EnhanceOptions("exact", "slices", "plain")
    at = a_read_case.volume.grid.center_lps
    found = glimpse_of(a_read_case, options, at, DOWN, silent())
    assert found.mode == "exact"
    assert found.residual_hu == 0
    assert found.volume.grid.spacing_mm[0] == a_read_case.volume.grid.spacing_mm[0] / 2


def test_a_scan_is_measured_once(a_read_case, monkeypatch):
    facts = facts_of(a_read_case, silent())
    monkeypatch.setattr("viewer.case.restoring.scan_facts", None)
    assert facts_of(a_read_case, silent()) is facts
    glimpse_of(a_read_case, PLAIN, a_read_case.volume.grid.center_lps, DOWN, silent())


def test_what_is_no_ct_is_refused_with_the_reason(a_case):
    series = replace(a_case.series, modality="MR")
    case = Case(series=series).put("volume", a_case.volume)
    with pytest.raises(ViewerError, match="modality MR"):
        glimpse_of(case, PLAIN, a_case.volume.grid.center_lps, DOWN, silent())
    cost = cost_of(case, PLAIN, silent())
    assert "modality MR" in cost.refusal
    assert cost.seconds is None


def test_the_cost_grows_with_the_voxels(a_read_case):
    small = cost_of(a_read_case, PLAIN, silent())
    large = cost_of(a_read_case, replace(PLAIN, mode="exact", divide="all"), silent())
    assert small.shape == a_read_case.volume.grid.shape
    assert large.bytes == 8 * small.bytes
    assert large.seconds > small.seconds > 0
    assert large.spacing_mm == pytest.approx(np.divide(small.spacing_mm, 2))
    assert not small.network
    assert not small.refusal


def test_where_memory_is_short_a_smaller_division_is_named(a_read_case, monkeypatch):
    voxels = a_read_case.volume.voxels.size
    monkeypatch.setattr("viewer.case.glimpse.free_memory", lambda: 30 * voxels)
    cost = cost_of(a_read_case, replace(PLAIN, divide="all"), silent())
    assert '"Voxels as scanned" needs' in cost.refusal
    assert cost.refusal.endswith("and fits.")
    monkeypatch.setattr("viewer.case.glimpse.free_memory", lambda: voxels)
    cost = cost_of(a_read_case, PLAIN, silent())
    assert cost.refusal.endswith("Close other programs, or crop the scan.")
