"""What the benchmark of restoration says of methods is so."""

import itertools

import numpy as np
import pytest

from tests.benchmarks import restoring_methods, restoring_truths
from tests.benchmarks.restoring import Part, kept, measure, scans
from tests.benchmarks.restoring_judged import agreement, correlation
from tests.benchmarks.restoring_methods import (
    CUBIC,
    EXACT,
    MEANS,
    NOISE,
    VARIATION,
    WITHOUT,
    methods,
)
from tests.benchmarks.restoring_tables import tables
from tests.benchmarks.restoring_truths import PEOPLE, SETTINGS, Setting, person, real
from viewer.phantom.blur import blur
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

THICK = Setting(slices_mm=4.0)
LOW_DOSE = Setting(dose=0.25)


@pytest.fixture(scope="module")
def a_person():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restoring_truths, "SHAPE", (42, 56, 56))
        return person(*PEOPLE[0])


def test_a_person_is_scanned_as_thick_and_as_noisy_as_is_said(a_person):
    assert [a_person.factor(each) for each in SETTINGS] == [3, 6, 7, 1, 1, 1]
    (thick, _), (noisy, facts) = a_person.scan(THICK), a_person.scan(LOW_DOSE)
    assert thick.grid.spacing_mm[0] == pytest.approx(4.2)
    assert thick.grid.points_lps(np.array([[-0.5, 0, 0]])) == pytest.approx(
        a_person.volume.grid.points_lps(np.array([[-0.5, 0, 0]]))
    )
    noise = noisy.voxels - a_person.volume.voxels.astype(np.float32)
    louder, _ = a_person.scan(Setting(dose=0.0625))
    more = louder.voxels - a_person.volume.voxels.astype(np.float32)
    assert more.std() == pytest.approx(2 * noise.std(), rel=0.05)
    assert facts.noise_hu == pytest.approx(noise.std(), rel=0.3)
    assert abs(noise.mean()) < 0.05 * noise.std()


@pytest.mark.parametrize("setting", [THICK, LOW_DOSE])
def test_every_method_gives_the_truths_voxels_and_beats_doing_nothing_where_it_should(
    a_person, setting, monkeypatch
):
    monkeypatch.setattr(restoring_methods, "STRENGTHS", {MEANS: (0.6,), VARIATION: (0.75,)})
    scan, facts = a_person.scan(setting)
    factor = a_person.factor(setting)
    edges = {}
    for name, work in methods(scan, factor, facts, None):
        made = work()
        assert made.hu.shape == a_person.volume.voxels.shape
        edges[name] = agreement(np.asarray(made.hu, np.float32), a_person)["edge"]
        if name == EXACT + WITHOUT:
            assert made.residual_hu < 0.01
        if name == NOISE + WITHOUT:
            assert made.chi_square == pytest.approx(1, abs=0.05)
    if setting is THICK:
        assert edges[EXACT + WITHOUT] > edges[CUBIC]
    else:
        assert edges[f"{VARIATION} 0.75"] > edges[CUBIC]


def test_a_blurred_volume_agrees_with_the_truth_down_to_a_coarser_wavelength_only(a_person):
    true = a_person.volume.voxels.astype(np.float32)
    told = correlation(true, a_person)
    assert told["resolution"] == pytest.approx(2 * restoring_truths.SPACING_MM)
    noise = 40 * np.random.default_rng(0).standard_normal(true.shape, dtype=np.float32)
    coarse = correlation(blur(true, (4, 4, 4)) + noise, a_person)
    assert coarse["resolution"] > 2 * told["resolution"]
    assert all(a > b for a, b in zip(coarse["patches"], told["patches"], strict=True))


def test_a_part_of_a_real_scan_is_thinned_with_what_the_whole_tells(monkeypatch):
    noise = np.random.default_rng(0).normal(60, 20, (30, 96, 96)).astype(np.int16)
    whole = Volume(noise, Grid.regular(noise.shape, (1.5, 0.7, 0.7)))
    monkeypatch.setattr(restoring_truths, "REAL_SHAPE", (24, 32, 32))
    monkeypatch.setattr(restoring_truths, "REALS", {"a scan": lambda: whole})
    truth = real("a scan")
    assert (truth.volume.voxels == noise[3:27, 32:64, 32:64]).all()
    assert [truth.factor(each) for each in SETTINGS] == [None, 3, 3, 1, 1, 1]
    scan, facts = truth.scan(THICK)
    assert scan.voxels.shape == (8, 32, 32)
    means = truth.volume.voxels.reshape(8, 3, 32, 32).mean(axis=1)
    assert np.abs(scan.voxels - means).max() <= 0.5
    assert facts.noise_hu == pytest.approx(20 / np.sqrt(3), rel=0.05)
    assert facts.noise_map.at().shape == scan.voxels.shape
    noisy, facts = truth.scan(LOW_DOSE)
    assert noisy.voxels.std() == pytest.approx(40, rel=0.1)


def test_parts_share_all_scans(monkeypatch, a_person):
    monkeypatch.setattr("tests.benchmarks.restoring.truths", lambda quick: [a_person])
    parts = [list(scans(False, Part.read(f"{n}/4"))) for n in range(4)]
    assert {s.name for _, s in itertools.chain(*parts)} == {each.name for each in SETTINGS}
    assert sum(map(len, parts)) == len(SETTINGS)
    with pytest.raises(ValueError, match="2/2"):
        Part.read("2/2")


def test_what_was_measured_is_kept_and_not_measured_again(monkeypatch, tmp_path, a_person):
    monkeypatch.setattr("tests.benchmarks.restoring.truths", lambda quick: [a_person])
    monkeypatch.setattr("tests.benchmarks.restoring.QUICK_SETTINGS", (LOW_DOSE,))
    monkeypatch.setattr(restoring_methods, "STRENGTHS", {VARIATION: (0.75,)})
    measure(tmp_path, None, Part(), quick=True)
    first = kept(tmp_path)
    named = [CUBIC, f"{VARIATION} 0.75", NOISE + WITHOUT]
    assert [each["method"] for each in first] == named
    assert first[-1]["chi2"] == pytest.approx(1, abs=0.05)
    assert 0 < first[-1]["diameter"] < 3
    measure(tmp_path, None, Part(), quick=True)
    assert kept(tmp_path) == first
    assert any(line.startswith("| 25 % dose | as scanned |") for line in tables(first))


def row(method, setting=THICK, *, psnr=30.0, truth="a", kind="Made-up people", **more):
    named = {"truth": truth, "kind": kind, "setting": setting.name, "method": method, "factor": 6}
    return named | {"PSNR": psnr, "edge": psnr, "network": "", "at": 0} | more


def test_tables_tell_the_best_strength_the_worst_residual_and_the_network_asked_last():
    rows = [row(f"{VARIATION} {s:g}", psnr=p) for s, p in ((0.5, 31.0), (0.75, 33.0), (1.0, 32.0))]
    real = "Real scans"
    rows += [row(f"{VARIATION} {s:g}", psnr=40 + s, truth="b", kind=real) for s in (0.5, 0.75, 1.0)]
    rows += [row(EXACT, residual=0.0), row(EXACT, truth="c", residual=0.004)]
    rows += [row(f"{VARIATION} {s:g}", truth="c", psnr=33.0) for s in (0.5, 0.75, 1.0)]
    rows += [row(NOISE, truth="c", psnr=35.0), row(EXACT, truth="d", residual=0.5)]
    rows += [row(NOISE, psnr=20.0, network="old"), row(NOISE, psnr=35.0, network="new", chi2=0.98)]
    page = "\n".join(tables(rows))
    assert f"| 4 mm slices | {VARIATION} | 33.00 |" in page
    assert f"| 4 mm slices | {VARIATION} | 40.75 |" in page
    assert "| 0.004 |" in page
    assert "| 0.500 |" not in page, "too few methods ran on it to compare"
    assert "| 0.980 |" in page
    assert "20.00" not in page


def test_patches_that_agree_less_finely_than_those_of_cubic_are_counted():
    rows = [row(CUBIC, patches=[2.0, 3.0, 4.0, 5.0]), row(EXACT, patches=[1.5, 3.0, 4.5, 2.0])]
    lines = [line for line in tables(rows) if line.startswith(f"| 4 mm slices | {EXACT} |")]
    assert lines[-1].endswith("| 0.25 |")
