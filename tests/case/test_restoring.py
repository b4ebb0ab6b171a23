from dataclasses import replace

import numpy as np
import pytest

from viewer.case.case import Case
from viewer.case.options import EnhanceOptions
from viewer.case.restoring import factor_of, restore_case
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def test_an_exact_restoration_gives_every_measured_voxel_back(a_case):
    case = Case(series=a_case.series).put("volume", a_case.volume)
    made = restore_case(case, EnhanceOptions("exact", "all", "plain"), silent())
    back = made.restored.acquisition.means(made.restored.volume.voxels)
    np.testing.assert_array_equal(back, a_case.volume.voxels)
    assert not made.networks
    assert made.restored.facts["residual_greatest_hu"] == 0.0
    assert made.restored.facts["shares"]["interpolated"] > 0.9
    assert not made.restored.untouched


def test_what_is_no_ct_is_kept_as_it_is_and_told_why(a_case):
    series = replace(a_case.series, modality="MR")
    case = Case(series=series).put("volume", a_case.volume)
    made = restore_case(case, EnhanceOptions("noise", "cubic"), silent())
    np.testing.assert_array_equal(made.restored.volume.voxels, a_case.volume.voxels)
    assert not made.restored.origin.any(), "all of it was measured"
    assert made.restored.untouched
    assert made.restored.facts["shares"]["measured"] == 1.0
    assert "modality MR" in made.notices[0].text
    assert made.notices[0].severity == "warning"


@pytest.mark.parametrize(
    ("divide", "slices_mm", "factor"),
    [
        ("none", 5.0, (1, 1, 1)),
        ("cubic", 5.0, (7, 1, 1)),
        ("cubic", 0.5, (1, 1, 1)),
        ("slices", 1.0, (2, 1, 1)),
        ("all", 1.0, (2, 2, 2)),
    ],
)
def test_voxels_are_divided_as_asked(divide, slices_mm, factor):
    grid = Grid.regular((4, 4, 4), (slices_mm, 0.7, 0.7))
    volume = Volume(np.zeros((4, 4, 4), np.int16), grid)
    assert factor_of(EnhanceOptions(divide=divide), volume) == factor
