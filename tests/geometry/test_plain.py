"""Measures as plain data, and back."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from viewer.geometry.number import Number, unknown
from viewer.geometry.plain import flat, plain, read_as


@dataclass(frozen=True)
class Measured:
    """A row with everything that a measure may hold."""

    name: str
    seen: bool
    branches: tuple[int, ...]
    ends_mm: tuple[float, float]
    width: Number
    at_lps: np.ndarray
    beside: Number | None = None
    further: tuple[Number, ...] = ()


A_WIDTH = Number(5.25, 0.5, "mm", "by eye")
ROW = Measured("aorta", True, (1, 2), (0.5, float("nan")), A_WIDTH, np.arange(3.0))


def test_what_is_not_known_has_its_reason():
    row = flat(plain({"least_mm": 3.0, "least": unknown("mm", "by eye", "no lumen is seen")}))
    assert row == {
        "least_mm": 3.0,
        "least_diameter_mm": None,
        "method": {"least_diameter_mm": "by eye"},
        "missing": {"least_diameter_mm": "no lumen is seen"},
    }


def test_numbers_of_any_kind_become_plain():
    assert plain({"a": np.float64(1.23456), "b": np.int64(2), "c": np.array([np.nan, 1.0])}) == {
        "a": 1.235,
        "b": 2,
        "c": [None, 1.0],
    }
    assert plain((True, np.bool_(False), "text", None, float("inf"))) == [
        True, False, "text", None, None
    ]  # fmt: skip


def test_plain_data_is_read_back():
    data = json.loads(json.dumps(plain(ROW), allow_nan=False))
    again = read_as(Measured, data)
    assert (again.name, again.seen, again.branches, again.width) == ("aorta", True, (1, 2), A_WIDTH)
    assert again.ends_mm[0] == 0.5
    assert np.isnan(again.ends_mm[1])
    np.testing.assert_array_equal(again.at_lps, ROW.at_lps)
    assert not again.at_lps.flags.writeable
    assert again.beside is None


def test_what_an_older_file_lacks_has_its_default():
    data = plain(ROW)
    del data["further"]
    assert read_as(Measured, data).further == ()


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"seen": 1},
        {"branches": [1.5]},
        {"branches": 1},
        {"ends_mm": [1.0]},
        {"width": {"value": 1.0}},
        {"width": None},
        {"at_lps": "here"},
        {"at_lps": [[1.0], [1.0, 2.0]]},
        {"beside": []},
        {"unheard": 1},
    ],
)
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValueError, match=r"no |with|belong|shape|could"):
        read_as(Measured, plain(ROW) | change)
