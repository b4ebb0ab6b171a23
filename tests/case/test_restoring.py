from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from viewer.case.case import Case
from viewer.case.checking import check_restoration, doubtful_vessels
from viewer.case.options import EnhanceOptions
from viewer.case.pipeline import advance
from viewer.case.restoring import factor_of, for_vessels, restore_case
from viewer.enhance.denoise import denoise
from viewer.enhance.halves import checked
from viewer.errors import ViewerError
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


@pytest.fixture(scope="module")
def a_checked_case(a_case):
    case = advance(a_case, "enhance", EnhanceOptions("noise", "none", "plain"))
    return check_restoration(case, silent())


def test_a_restoration_is_checked_by_two_halves_of_the_dose(a_checked_case):
    check = a_checked_case.check
    assert check.apart.shape == a_checked_case.restored.volume.grid.shape
    assert 0.1 < np.median(check.apart) < 1.2, "the noise was taken out"
    inside = a_checked_case.volume.voxels > 300
    edge = inside & ~ndimage.binary_erosion(inside)
    assert (check.apart[edge] < 3).mean() > 0.99, "an edge that keeps its noise is no doubt"
    record = a_checked_case.records_of("check")[0]
    assert set(record.of) == {"restored"}
    assert record.seconds > 0
    again = advance(a_checked_case, "enhance", EnhanceOptions("exact", "slices", "plain"))
    assert again.check is None


def test_there_is_nothing_to_check_of_a_scan_that_is_kept(a_case):
    with pytest.raises(ViewerError, match="run Enhance first"):
        check_restoration(a_case, silent())
    kept = advance(a_case, "enhance", EnhanceOptions("exact", "none", "plain"))
    with pytest.raises(ViewerError, match="run Enhance first"):
        check_restoration(kept, silent())


def test_a_vessel_that_hangs_on_the_noise_is_told_by_its_name(a_case, a_checked_case):
    grid = a_checked_case.check.grid
    tree = a_case.tree
    branch = max(tree.branches, key=lambda each: each.length_mm)
    apart = np.ones(grid.shape, np.float16)
    assert doubtful_vessels(a_checked_case.put("check", checked(apart, grid)), tree) == ()
    index = grid.nearest(branch.points_lps[len(branch.points_lps) // 2 :][:20])
    apart[tuple(index.T)] = 4.5
    case = a_checked_case.put("check", checked(apart, grid))
    told = doubtful_vessels(case, tree)
    assert branch.name in told[0].text
    assert "4.5 noises" in told[0].text
    assert np.linalg.norm(branch.points_lps - told[0].point_lps, axis=1).min() < 2
    assert told[0].severity == "warning"


def test_a_guess_makes_no_vessel_while_voxels_stay_as_they_were(a_case):
    case = Case(series=a_case.series).put("volume", a_case.volume)
    made = restore_case(case, EnhanceOptions("exact", "none", "plain"), silent()).restored
    invented = Volume(np.full_like(made.volume.voxels, 400), made.volume.grid)
    guessed = case.put("suitability", a_case.suitability)
    guessed = guessed.put("restored", replace(made, volume=invented))
    looked_at = for_vessels(guessed, 10.0, silent())
    np.testing.assert_array_equal(looked_at.voxels, denoise(a_case.volume, 10.0, silent()).voxels)


def test_in_finer_voxels_vessels_are_looked_for_where_they_are(a_case):
    case = Case(series=a_case.series).put("volume", a_case.volume)
    made = restore_case(case, EnhanceOptions("exact", "slices", "plain"), silent()).restored
    case = case.put("suitability", a_case.suitability).put("restored", made)
    assert for_vessels(case, 10.0, silent()) is made.volume
