"""Which contrast phase a series shows, as far as its header tells."""

import re

WORDS = (
    ("non-contrast", r"non[- ]?con|without|w/o|\bnative?\b|unenhanced|\bplain\b|\bNC\b|\bnativ\b"),
    ("portal venous", r"portal|\bPVP?\b|venous|\bven\b"),
    ("delayed", r"delay|\blate\b|equilib"),
    ("arterial", r"arter|\bart\b|\(AP\)|\bCTA\b|angio"),
)
SECONDS = ((10.0, 50.0, "arterial"), (50.0, 110.0, "portal venous"), (110.0, 900.0, "delayed"))


def phase(description: str, percent: str = "", seconds_after_start: float | None = None) -> str:
    """The phase ("arterial", "75 % of the cycle"), "" where the header does not tell.

    `percent` is the part of the heart cycle, `seconds_after_start` the time from the start of
    the injection to the scan.
    """
    cycle = percent or _first(r"(\d{1,2}(?:\.\d+)?)\s*%", description)
    if cycle:
        return f"{cycle} % of the heart cycle"
    for name, words in WORDS:
        if re.search(words, description, re.IGNORECASE):
            return name
    if seconds_after_start is not None:
        for start, end, name in SECONDS:
            if start <= seconds_after_start < end:
                return name
    return ""


def clock_seconds(time: str) -> float | None:
    """Seconds since midnight of a DICOM time ("140216.694022"), None where unreadable."""
    match = re.fullmatch(r"(\d{2})(\d{2})(\d{2}(?:\.\d+)?)", time.strip())
    if match is None:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""
