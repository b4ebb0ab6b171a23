"""Diameters that guidelines name for the aorta, and how likely a measured one lies above them."""

import math
from dataclasses import dataclass

ACC_AHA = "2022 ACC/AHA guideline for the diagnosis and management of aortic disease"
SVS = "2018 SVS practice guidelines on the care of patients with an abdominal aortic aneurysm"
PERCENT = 100.0
SURELY = 0.005


@dataclass(frozen=True)
class Threshold:
    """A diameter (mm) that a guideline names, for whom, and what it says of it in which text."""

    mm: float
    whom: str
    says: str
    source: str


ROOT = (
    Threshold(
        50.0, "experienced centers", "surgery by an experienced aortic team is reasonable", ACC_AHA
    ),
    Threshold(55.0, "", "surgery is indicated", ACC_AHA),
)
DESCENDING = (Threshold(55.0, "", "repair is recommended", ACC_AHA),)
ABDOMINAL = (
    Threshold(50.0, "women", "repair is suggested in women from 50 to 54 mm", SVS),
    Threshold(55.0, "men", "elective repair is recommended", SVS),
)
PLACES: dict[str, tuple[Threshold, ...]] = {
    "sinuses of valsalva": ROOT,
    "sinotubular junction": ROOT,
    "aortic root": ROOT,
    "ascending aorta": ROOT,
    "descending thoracic aorta": DESCENDING,
    "infrarenal abdominal aorta": ABDOMINAL,
}


def thresholds_at(name: str) -> tuple[Threshold, ...]:
    """The thresholds for a vessel or a landmark by its name; none for most."""
    return next((found for place, found in PLACES.items() if place in name.lower()), ())


def share_above(value: float, sd: float, limit: float) -> float:
    """How likely (0 to 1) the true value lies above a limit, as a normal error says."""
    if sd <= 0:
        return float(value > limit)
    return 0.5 * math.erfc((limit - value) / (sd * math.sqrt(2)))


def share_text(share: float) -> str:
    """A likelihood in whole percent."""
    if share < SURELY:
        return "under 1 %"
    if share > 1 - SURELY:
        return "over 99 %"
    return f"{PERCENT * share:.0f} %"


def band_text(value: float, sd: float, thresholds: tuple[Threshold, ...]) -> str:
    """How likely a diameter lies above each threshold ("above 55 mm: 1 %")."""
    return ", ".join(
        f"above {each.mm:g} mm{f' ({each.whom})' if each.whom else ''}: "
        f"{share_text(share_above(value, sd, each.mm))}"
        for each in thresholds
    )
