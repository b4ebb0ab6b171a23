"""The report says what was asked, what was reached, and why not."""

from viewer.enhance.harmonize_report import Look, not_reached, rows, table

BEFORE = Look((24.0, 0.5), (0.38, 0.01), None, (-1003.0, 0.6), (-96.0, 0.7), (310.0, 2.0))
AFTER = Look((15.1, 0.4), (0.41, 0.01), (2.2, 0.1), (-1000.2, 0.6), (-100.1, 0.7), (311.0, 2.0))
ASKED = {"noise_hu": 15.0, "mtf50_per_mm": 0.5, "profile_mm": 1.0, "air_hu": -1000.0}


def test_the_table_shows_before_asked_and_after_with_their_deviations():
    lines = table(rows(BEFORE, ASKED, AFTER)).splitlines()
    assert lines[0].split() == ["before", "asked", "after"]
    noise = next(line for line in lines if line.startswith("noise"))
    assert noise.split("  ")[-1].strip() == "15.1 ± 0.4"
    assert "24.0 ± 0.5" in noise
    slices = next(line for line in lines if line.startswith("width"))
    assert "not measured" in slices
    blood = next(line for line in lines if line.startswith("blood"))
    assert "as it is" in blood


def test_only_what_was_missed_has_a_sentence():
    told = list(not_reached(rows(BEFORE, ASKED, AFTER)))
    assert len(told) == 2
    assert "0.41 of 0.50" in told[0]
    assert "could not be measured in the scan" in told[1]


def test_what_could_not_be_measured_is_told():
    unknown = Look(None, None, None, None, None, None)
    assert "nothing was done" in next(not_reached(rows(unknown, ASKED, unknown)))
    assert "not known" in next(not_reached(rows(BEFORE, ASKED, unknown)))


def test_a_quieter_scan_is_told_and_noise_that_stays_too():
    quiet, loud = ({"noise_hu": hu} for hu in (30.0, 8.0))
    assert "never added" in next(not_reached(rows(BEFORE, quiet, AFTER)))
    assert "stayed at 15.1" in next(not_reached(rows(BEFORE, loud, AFTER)))
    sharp = next(not_reached(rows(BEFORE, {"mtf50_per_mm": 0.3}, AFTER)))
    assert sharp == "Resolution in the slice: 0.410 per mm where 0.3 per mm was asked."
    assert not list(not_reached(rows(BEFORE, {"fat_hu": -100.0}, AFTER)))
