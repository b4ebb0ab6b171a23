import numpy as np
import pytest

from viewer.enhance.glimpse import Glimpse, box_round, cut, glimpse, samples, whole_of
from viewer.enhance.restore import restore_scan
from viewer.enhance.scan_facts import scan_facts
from viewer.progress import silent


@pytest.fixture(scope="module")
def facts(a_volume):
    return scan_facts(a_volume, silent())


def whole_at(made, shown):
    """What the whole restored scan holds at the place of a box."""
    start = made.grid.nearest(shown.grid.points_lps(np.zeros(3)))
    return made.voxels[tuple(slice(a, a + n) for a, n in zip(start, shown.grid.shape, strict=True))]


@pytest.mark.parametrize(
    ("mode", "factor", "most_hu"), [("noise", (1, 1, 1), 1.0), ("exact", (2, 1, 1), 0.1)]
)
def test_a_glimpse_is_what_the_whole_restored_scan_would_show(
    a_volume, facts, mode, factor, most_hu
):
    made = restore_scan(a_volume, facts, silent(), mode=mode, factor=factor).volume
    whole = whole_of(a_volume, facts, silent(), mode=mode, factor=factor)
    at = a_volume.grid.center_lps
    found = glimpse(a_volume, facts, whole, at, (0, 0, 1), silent(), mode=mode, factor=factor)
    away = found.volume.voxels.astype(float) - whole_at(made, found.volume)
    assert np.sqrt(np.mean(away**2)) < most_hu
    assert found.volume.grid.holds(at)


def test_a_glimpse_tells_the_noise_before_and_after(a_volume, facts):
    whole = whole_of(a_volume, facts, silent(), mode="noise")
    at = a_volume.grid.center_lps
    found = glimpse(a_volume, facts, whole, at, (0, 0, 1), silent(), mode="noise")
    assert found.noise_before_hu == pytest.approx(12, rel=0.15)
    assert found.noise_after_hu < 0.7 * found.noise_before_hu
    assert found.residual_hu > 5
    assert found.words[1].startswith("Noise 1")
    exact = whole_of(a_volume, facts, silent(), mode="exact")
    kept = glimpse(a_volume, facts, exact, at, (0, 0, 1), silent(), mode="exact")
    assert kept.residual_hu == 0
    np.testing.assert_array_equal(kept.volume.voxels, whole_at(a_volume, kept.volume))


def test_the_numbers_are_told_in_words(a_volume):
    told = Glimpse(a_volume, "noise", 0.012, 25.4, 13.6, 18.2)
    assert told.words == (
        "Preview, not taken: quieter",
        "Noise 25 → 14 HU, residual 18 HU, 1 % inferred",
    )
    unknown = Glimpse(a_volume, "exact", 0.0, float("nan"), 13.6, 0.0)
    assert unknown.words == ("Preview, not taken: exact", "Residual 0 HU")


def test_a_box_is_wide_in_the_plane_and_thin_along_it_where_time_is_short(a_volume):
    at, spacing = a_volume.grid.center_lps, np.array(a_volume.grid.spacing_mm)
    inner, outer = box_round(a_volume, at, (0, 1, 0), 4, 10**9)
    assert np.multiply([s.stop - s.start for s in inner], spacing) == pytest.approx(48, abs=3)
    assert outer[1].stop - inner[1].stop == 4
    inner, _ = box_round(a_volume, at, (0, 1, 0), 4, 70_000)
    sides = np.multiply([s.stop - s.start for s in inner], spacing)
    assert sides[0] == pytest.approx(48, abs=3)
    assert sides[1] < 30
    inner, _ = box_round(a_volume, at, (0, 0, 1), 4, 1)
    assert all(s.stop - s.start >= 3 for s in inner), "too slow is better than nothing"


def test_a_box_at_the_rim_stays_inside(a_volume):
    corner = a_volume.grid.points_lps(np.zeros(3))
    inner, outer = box_round(a_volume, corner, (0, 0, 1), 8, 10**9)
    assert [s.start for s in inner] == [s.start for s in outer] == [0, 0, 0]


def test_a_cut_knows_the_noise_at_its_place(a_volume, facts):
    box = (slice(20, 30), slice(40, 60), slice(10, 50))
    part, told = cut(a_volume, facts, box)
    np.testing.assert_allclose(told.noise_map.at(), facts.noise_map.at()[box], rtol=1e-5)
    assert part.grid.points_lps(np.zeros(3)) == pytest.approx(
        a_volume.grid.points_lps(np.array([20, 40, 10]))
    )
    whole = np.sqrt(np.mean(np.square(facts.noise_map.at())))
    assert facts.noise_map.usual_hu == pytest.approx(whole, rel=0.01)


def test_samples_lie_apart_and_inside():
    boxes = samples((61, 512, 300), (3, 7, 7))
    assert len(boxes) == 147
    assert len({tuple(side.start for side in box) for box in boxes}) == 147
    assert all(side.start >= 0 for box in boxes for side in box)
    assert max(box[0].stop for box in boxes) <= 61
    assert max(box[2].stop for box in boxes) <= 300
    assert len(samples((4, 20, 20), (3, 7, 7))) == 1
