"""What a scan is made with is measured back on it."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.scan_facts import ScanFacts, scan_facts
from viewer.errors import ViewerError
from viewer.phantom.rescan import rescan, thin
from viewer.phantom.scanner import SCANNERS
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

FINE = Grid.regular((150, 260, 280), (0.4, 0.4, 0.4))


@pytest.fixture(scope="module")
def a_clean_body():
    """A slanted body with a lung, a vessel and an organ, no noise and no blur."""
    z, y, x = (
        (index - n / 2) * 0.4
        for index, n in zip(np.indices(FINE.shape, np.float32), FINE.shape, strict=True)
    )
    hu = np.full(FINE.shape, -1000, np.float32)
    hu[np.hypot(x / 1.1, y / 0.9) + 0.25 * z < 42] = 40
    hu[np.hypot(np.hypot(x - 20, y + 8), 0.8 * z - 3) < 13] = -850
    hu[np.hypot(np.hypot(x + 22, y - 14), z + 3) < 11] = 290
    hu[np.hypot(x + 8 - 0.4 * z, y + 18) < 5] = 290
    return hu


@pytest.mark.parametrize(
    ("psf_mm", "slice_mm", "apart_mm", "noise"),
    [(0.5, 1.6, 1.2, 12.0), (0.6, 3.0, 2.0, 9.0)],
)
def test_blur_slices_and_noise_are_found_again(a_clean_body, psf_mm, slice_mm, apart_mm, noise):
    scanner = replace(
        SCANNERS["soft"], psf_mm=psf_mm, slice_mm=slice_mm, noise_hu=noise, streaks=0.0
    )
    rng = np.random.default_rng(0)
    volume = rescan(a_clean_body, FINE, scanner, rng, (apart_mm, 0.8, 0.8))
    assert volume.grid.spacing_mm == pytest.approx((apart_mm, 0.8, 0.8))
    facts = scan_facts(volume, silent())
    assert facts.mtf50_per_mm == pytest.approx(0.1874 / psf_mm, rel=0.08)
    assert facts.profile_mm == pytest.approx(slice_mm, rel=0.2)
    silenced = replace(scanner, noise_hu=0.0)
    quiet = rescan(a_clean_body, FINE, silenced, rng, (apart_mm, 0.8, 0.8)).voxels
    soft = (quiet > -20) & (quiet < 160)
    true = (volume.voxels.astype(float) - quiet)[soft].std()
    assert true == pytest.approx(noise, rel=0.1)
    assert facts.noise_hu == pytest.approx(true, rel=0.05)
    overlap = np.exp(-(apart_mm**2) / (4 * (slice_mm / 2.355) ** 2))
    assert facts.noise_spectrum.neighbors[0] == pytest.approx(overlap, abs=0.08)


def test_less_dose_is_noisier(a_clean_body):
    quiet, loud = (
        rescan(a_clean_body, FINE, SCANNERS["soft"], np.random.default_rng(0), (2, 1, 1), dose=dose)
        for dose in (1.0, 0.1)
    )
    box = np.s_[:, 40:60, 40:60]
    assert loud.voxels[box].std() > 2 * quiet.voxels[box].std()


@pytest.fixture(scope="module")
def a_scan(a_clean_body):
    scanner = replace(SCANNERS["vascular"], noise_hu=12.0, streaks=0.0)
    return rescan(a_clean_body, FINE, scanner, np.random.default_rng(3), (1.0, 0.8, 0.8))


@pytest.fixture(scope="module")
def its_facts(a_scan):
    return scan_facts(a_scan, silent())


@pytest.mark.parametrize("dose", [0.5, 0.25, 0.1])
def test_a_share_of_the_dose_gives_the_noise_it_should(a_scan, its_facts, dose):
    low = thin(a_scan, its_facts, np.random.default_rng(1), dose=dose)
    found = scan_facts(low, silent())
    assert found.noise_hu == pytest.approx(its_facts.noise_hu / np.sqrt(dose), rel=0.06)
    assert found.noise_spectrum.neighbors[0] == pytest.approx(
        its_facts.noise_spectrum.neighbors[0], abs=0.08
    )
    shift = low.voxels.astype(float) - a_scan.voxels
    assert np.abs(shift[:, 40:80, 40:80].mean()) < 0.5


def test_thicker_slices_are_the_means_of_thin_ones(a_scan, its_facts):
    rng = np.random.default_rng(1)
    thick = thin(a_scan, its_facts, rng, slices=3)
    count = len(thick.voxels)
    acquisition = Acquisition(thick.grid.shape, (3, 1, 1))
    means = acquisition.means(a_scan.voxels[: 3 * count])
    assert np.abs(thick.voxels - means).max() <= 0.51
    back = acquisition.grid(thick.grid)
    np.testing.assert_allclose(back.lps_from_index, a_scan.grid.lps_from_index, atol=1e-9)


def test_thick_slices_may_overlap(a_scan, its_facts):
    thick = thin(a_scan, its_facts, np.random.default_rng(1), slices=4, every=2)
    assert thick.grid.spacing_mm[0] == pytest.approx(2 * a_scan.grid.spacing_mm[0])
    np.testing.assert_allclose(thick.voxels[5], a_scan.voxels[10:14].mean(axis=0), atol=0.51)


def test_what_cannot_be_thinned_says_why(a_scan, its_facts):
    rng = np.random.default_rng(0)
    with pytest.raises(ViewerError, match="cannot be thinned"):
        thin(a_scan, its_facts, rng, slices=500)
    with pytest.raises(ViewerError, match="could not be measured"):
        thin(a_scan, ScanFacts(), rng, dose=0.5)
    unchanged = thin(Volume(a_scan.voxels, a_scan.grid), its_facts, rng)
    np.testing.assert_array_equal(unchanged.voxels, a_scan.voxels)


def test_resolution_in_the_slice_does_not_depend_on_thickness_and_dose(a_scan, its_facts):
    for slices, dose in ((4, 1.0), (2, 0.25)):
        worse = thin(a_scan, its_facts, np.random.default_rng(2), slices=slices, dose=dose)
        found = scan_facts(worse, silent())
        off = found.mtf50_per_mm - its_facts.mtf50_per_mm
        assert abs(off) < max(0.1 * its_facts.mtf50_per_mm, 2 * found.mtf50_sd_per_mm)
