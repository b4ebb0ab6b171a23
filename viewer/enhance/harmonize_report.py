"""What a scan looked like before it was harmonized, what was asked, and what it looks like now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.enhance.harmonize_hu import Anchors, Known, anchors_at
from viewer.enhance.scan_facts import ScanFacts, scan_facts
from viewer.progress import Progress
from viewer.volume.volume import Volume

TITLES = {
    "noise_hu": "noise (HU)",
    "mtf50_per_mm": "resolution in the slice, MTF50 (1/mm)",
    "profile_mm": "width of slices (mm)",
    "air_hu": "air (HU)",
    "fat_hu": "fat (HU)",
    "blood_hu": "blood (HU)",
}
DIGITS = {"mtf50_per_mm": 3, "profile_mm": 2}
NEAR = {"noise_hu": 0.15, "mtf50_per_mm": 0.1, "profile_mm": 0.15}  # shares that count as reached
NEAR_HU = 5.0


@dataclass(frozen=True, eq=False)
class Look:
    """How a scan looks, each with its standard deviation; None where it could not be measured."""

    noise_hu: Known | None
    mtf50_per_mm: Known | None
    profile_mm: Known | None
    air_hu: Known | None
    fat_hu: Known | None
    blood_hu: Known | None


def look_of(facts: ScanFacts, anchors: Anchors) -> Look:
    """How a scan looks of which facts and anchors were measured."""
    return Look(
        _known(facts.noise_hu, facts.noise_sd_hu),
        _known(facts.mtf50_per_mm, facts.mtf50_sd_per_mm),
        _known(facts.profile_mm, facts.profile_sd_mm),
        anchors.air,
        anchors.fat,
        anchors.blood,
    )


def looked_at(volume: Volume, places_lps: Mapping[str, np.ndarray], progress: Progress) -> Look:
    """How a scan looks, its air, fat and blood measured at known places."""
    return look_of(scan_facts(volume, progress), anchors_at(volume, places_lps))


def rows(before: Look, asked: dict[str, float | None], after: Look) -> dict[str, dict[str, Any]]:
    """By name: before and after with their deviations, and what was asked (None: nothing)."""
    out: dict[str, dict[str, Any]] = {}
    for name in TITLES:
        row: dict[str, Any] = {"asked": asked.get(name)}
        for when, look in (("before", before), ("after", after)):
            known: Known | None = getattr(look, name)
            row[when], row[f"{when}_sd"] = known if known is not None else (None, None)
        out[name] = row
    return out


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The rows as a table in plain text."""
    lines = [("", "before", "asked", "after")]
    for name, row in rows.items():
        digits = DIGITS.get(name, 1)
        asked = "as it is" if row["asked"] is None else f"{row['asked']:.{digits}f}"
        each = [_told(row[when], row[f"{when}_sd"], digits) for when in ("before", "after")]
        lines.append((TITLES[name], each[0], asked, each[1]))
    wide = [max(len(line[n]) for line in lines) for n in range(4)]
    told = ["  ".join(text.ljust(w) for text, w in zip(line, wide, strict=True)) for line in lines]
    return "\n".join(line.rstrip() for line in told)


def not_reached(rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A sentence for each number that was asked and not reached."""
    for name, row in rows.items():
        before, asked, after = row["before"], row["asked"], row["after"]
        if asked is None:
            continue
        title = _title(name)
        # Sharpness that noise hides is measured and matched once the noise is out.
        if before is None and (after is None or name != "mtf50_per_mm"):
            yield f"{title} could not be measured in the scan, so nothing was done about it."
        elif after is None:
            yield f"{title} could not be measured afterward: whether it was reached is not known."
        elif abs(after - asked) > NEAR.get(name, 0.0) * asked + NEAR_HU * (name not in NEAR):
            sd = row["after_sd"] or 0.0
            if abs(after - asked) > 2 * sd:
                yield _why(name, asked, after)


def _why(name: str, asked: float, after: float) -> str:
    if name == "noise_hu" and after < asked:
        return (
            f"The scan is quieter ({after:.1f} HU) than the reference ({asked:.1f} HU): noise is "
            "never added."
        )
    if name == "noise_hu":
        return (
            f"Noise stayed at {after:.1f} HU where {asked:.1f} HU was asked: with less, edges "
            "would be taken for noise."
        )
    if name == "mtf50_per_mm" and after < asked:
        return (
            f"Resolution in the slice reached {after:.2f} of {asked:.2f} per mm: where noise "
            "drowns the signal nothing is raised."
        )
    if name == "profile_mm" and after > asked:
        return (
            f"Slices are as wide as {after:.1f} mm where {asked:.1f} mm was asked: what was not "
            "sampled between them cannot be measured, only guessed."
        )
    unit = {"mtf50_per_mm": "per mm", "profile_mm": "mm"}.get(name, "HU")
    return (
        f"{_title(name)}: {after:.{DIGITS.get(name, 1)}f} {unit} where {asked:g} {unit} was asked."
    )


def _title(name: str) -> str:
    return TITLES[name].partition(" (")[0].partition(",")[0].capitalize()


def _known(value: float | None, sd: float | None) -> Known | None:
    return None if value is None else (value, sd or 0.0)


def _told(value: float | None, sd: float | None, digits: int) -> str:
    if value is None:
        return "not measured"
    return f"{value:.{digits}f}" + (f" ± {sd:.{digits}f}" if sd else "")
