"""A scan whose voxels were divided: vessels on the finer grid, numbers of the scan itself."""

import numpy as np
import pytest

from viewer.case.case import Case
from viewer.case.options import EnhanceOptions
from viewer.case.pipeline import advance
from viewer.case.store import load_case, save_case
from viewer.dicom.series import Series
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import abdominal_aorta
from viewer.segment.mask import CALCIFICATION, VesselMask
from viewer.volume.volume import Volume


@pytest.fixture(scope="module")
def a_thick_case(a_suitability):
    """An aorta in slices of 4 mm, with a plaque in its wall."""
    tree = abdominal_aorta()
    grid = grid_around(tree, (4.0, 1.5, 1.5), margin_mm=15.0)
    volume, mask = render(tree, grid, lumen_hu=400, background_hu=40, noise_hu=8, seed=1)
    aorta = tree.branches[0]
    middle = len(aorta.points_lps) // 2
    k, j, i = grid.nearest(aorta.points_lps[middle] + [aorta.radius_mm[middle], 0.0, 0.0])
    labels = mask.labels.copy()
    labels[k - 1 : k + 2, j - 1 : j + 2, i : i + 2] = CALCIFICATION
    volume = Volume(np.where(labels == CALCIFICATION, 1200, volume.voxels).astype(np.int16), grid)
    series = Series("1", (), grid, modality="CT", slice_thickness_mm=4.0, kvp=120.0)
    case = Case(series=series).put("volume", volume).put("suitability", a_suitability)
    return case, VesselMask(labels, grid)


@pytest.fixture(scope="module")
def both(a_thick_case):
    """The case traced and measured as it is, and with its slices divided."""
    case, mask = a_thick_case
    fine = advance(case, "enhance", EnhanceOptions("exact", "cubic", "plain"))
    assert fine.restored.acquisition.factor == (3, 1, 1)
    return tuple(
        advance(advance(each.put("mask", mask.on(each.shown.grid)), "trace"), "measure")
        for each in (case, fine)
    )


def test_the_numbers_of_a_divided_scan_are_those_of_the_scan(both):
    for name, off in (("mean diameter", 1.0), ("length", 2.0)):
        plain, fine = (
            {m.branch: m for m in each.measures if m.quantity == name}[0] for each in both
        )
        assert abs(plain.value - fine.value) < off
        assert fine.sd == pytest.approx(plain.sd, rel=0.2), "finer voxels make no surer numbers"
    plain, fine = (each.findings.calcifications[0] for each in both)
    assert fine.volume.value == pytest.approx(plain.volume.value, rel=0.15)
    assert fine.peak_hu == plain.peak_hu == 1200
    assert [v.name for v in both[0].findings.vessels] == [v.name for v in both[1].findings.vessels]


def test_a_divided_case_opens_as_it_was_saved(both, tmp_path):
    save_case(both[1], tmp_path / "case")
    opened = load_case(tmp_path / "case")
    np.testing.assert_array_equal(opened.mask.labels, both[1].mask.labels)
    np.testing.assert_array_equal(opened.shown.voxels, both[1].shown.voxels)
    assert opened.mask.grid.same_as(opened.shown.grid)
    assert opened.volume.grid.shape == both[0].volume.grid.shape
