"""Diameters in the restored scan, beside those of the scan."""

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.halves import checked
from viewer.geometry.beside import ALONG, DIAMETER, as_measures, both_at, rejudged
from viewer.geometry.frames import frames_along
from viewer.geometry.section import QUANTITIES, Beside, Sections, measured
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

WHY = "Not measured on the restored scan: because."


@pytest.fixture
def sections():
    """A tube of 6 mm, of 5.7 mm in the restored scan, where one section was refused."""
    frames = frames_along(np.column_stack([np.zeros(21), np.zeros(21), np.arange(21.0)]))
    wall = np.full((21, 48), 3.0)
    sd = {name: np.full(21, 0.1) for name in QUANTITIES}
    own = {name: each * 0.95 for name, each in measured(wall).items()}
    own[DIAMETER][5] = np.nan
    own_sd = {name: np.full(21, 0.2) for name in QUANTITIES}
    beside = Beside(
        MappingProxyType(own),
        MappingProxyType(own_sd),
        tuple(WHY if n == 5 else "" for n in range(21)),
    )
    return Sections(frames, wall, np.ones((21, 48), bool), measured(wall), sd, beside=beside)


def test_both_diameters_stand_side_by_side_with_their_difference(sections):
    narrow, refused, along = both_at("renal", 3, sections, [("narrowest", 10.2), ("widest", 5.0)])
    assert narrow.raw.value == pytest.approx(6.0, abs=0.01)
    assert narrow.restored.value == pytest.approx(5.7, abs=0.01)
    assert narrow.difference.value == pytest.approx(-0.3, abs=0.01)
    assert narrow.difference.sd == pytest.approx(np.hypot(0.1, 0.2))
    assert narrow.at_lps == (0.0, 0.0, 10.0)
    assert refused.raw.known
    assert not refused.restored.known
    assert refused.difference.missing == WHY
    assert along.place == ALONG
    assert along.difference.value == pytest.approx(-0.3, abs=0.01)
    assert both_at("renal", 3, replace(sections, beside=None), [("narrowest", 10)]) == ()


def test_a_table_holds_what_is_known(sections):
    rows = as_measures(both_at("renal", 3, sections, [("widest", 5.0)]))
    assert [row.quantity for row in rows] == [
        "diameter on the scan, widest",
        "diameter on the scan, mean along it",
        "diameter on the restored scan, mean along it",
        "restored less raw diameter, mean along it",
    ]
    assert {(row.branch, row.name, row.unit) for row in rows} == {(3, "renal", "mm")}


def test_a_later_check_takes_the_restored_diameter_of_doubtful_places_away(sections):
    rows = both_at("renal", 3, sections, [("narrowest", 10.0), ("widest", 15.0)])
    grid = Grid.regular((25, 8, 8), origin_lps=(-4.0, -4.0, 0.0))
    apart = np.ones(grid.shape)
    apart[tuple(grid.nearest(np.array(rows[0].at_lps)))] = 9.0
    restored = SimpleNamespace(
        volume=Volume(np.zeros(grid.shape, np.int16), grid),
        noise=None,
        mode="exact",
        acquisition=Acquisition(grid.shape, (1, 1, 1)),
    )
    first, second, along = rejudged(rows, restored, checked(apart, grid))
    assert not first.restored.known
    assert "9.0 noises" in first.difference.missing
    assert first.raw is rows[0].raw
    assert second is rows[1]
    assert along is rows[2]
