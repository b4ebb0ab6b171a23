"""The tables of restoration, from the lines that were kept."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.restoring_methods import (
    CUBIC,
    EXACT,
    NETWORK,
    NOISE,
    SINC,
    STRENGTHS,
    WITHOUT,
)
from tests.benchmarks.restoring_truths import SETTINGS

ROW = Mapping[str, Any]
KINDS = ("Made-up people", "Real scans")
OURS = (NETWORK, NOISE, NOISE + WITHOUT, EXACT, EXACT + WITHOUT)
FORMATS = {
    "PSNR": "{:.2f}", "edge": "{:.2f}", "SSIM": "{:.4f}", "bias": "{:+.1f}", "noise": "{:.1f}",
    "peak": "{:.2f}", "MTF50": "{:.2f}", "chi2": "{:.3f}", "residual": "{:.3f}",
    "diameter": "{:.3f}", "within 2 sd": "{:.2f}", "Dice": "{:.3f}", "resolution": "{:.2f}",
    "seconds": "{:.1f}",
}  # fmt: skip
TITLES = {
    "PSNR": "PSNR (dB)",
    "edge": "edge PSNR (dB)",
    "bias": "bias (HU)",
    "noise": "noise (HU)",
    "peak": "noise peak (/mm)",
    "MTF50": "MTF50 (/mm)",
    "chi2": "chi-square",
    "residual": "residual (HU)",
    "diameter": "diameter error (mm)",
    "resolution": "FSC 0.5 (mm)",
    "worse": "patches worse than cubic",
    "seconds": "s",
}
IMAGE = ("PSNR", "edge", "SSIM", "bias", "noise", "peak", "MTF50", "chi2", "residual", "seconds")
USE = ("diameter", "within 2 sd", "Dice", "resolution", "worse")
FORMATS["worse"] = "{:.2f}"


def tables(rows: Sequence[ROW]) -> Iterator[str]:
    """The lines of the page: for each kind of truth how it looks, and what can be measured."""
    rows = best_strengths(with_worse(latest(rows)))
    for kind in KINDS:
        own = comparable([row for row in rows if row["kind"] == kind])
        if not own:
            continue
        names = dict.fromkeys(row["truth"] for row in own)
        yield from ("", f"**{kind}**: {', '.join(names)}", "")
        yield from table(own, IMAGE)
        if kind == KINDS[0]:
            yield ""
            yield from table(own, USE)


def latest(rows: Sequence[ROW]) -> list[ROW]:
    """Of lines of one method on one scan the last, which is of the network measured last."""
    return list({(r["truth"], r["setting"], r["method"]): r for r in rows}.values())


def comparable(rows: Sequence[ROW]) -> list[ROW]:
    """In every setting the scans on which the most methods ran, so that means compare."""
    methods = Counter((row["setting"], row["truth"]) for row in rows)
    most: dict[str, int] = {}
    for (setting, _), count in methods.items():
        most[setting] = max(count, most.get(setting, 0))
    return [r for r in rows if methods[r["setting"], r["truth"]] == most[r["setting"]]]


def table(rows: Sequence[ROW], columns: Sequence[str]) -> Iterator[str]:
    """Means over the truths, a line for each setting and method."""
    yield "| setting | method | " + " | ".join(TITLES.get(c, c) for c in columns) + " |"
    yield "|---|---" + "|---" * len(columns) + "|"
    for setting in (each.name for each in SETTINGS):
        for method in (CUBIC, SINC, *STRENGTHS, *OURS):
            own = [r for r in rows if (r["setting"], r["method"]) == (setting, method)]
            if own:
                cells = (mean(own, column) for column in columns)
                name = "as scanned" if method == CUBIC and own[0]["factor"] == 1 else method
                yield f"| {setting} | {name} | " + " | ".join(cells) + " |"


def mean(rows: Sequence[ROW], column: str) -> str:
    """The mean of a column; of residuals the greatest, of chi-squares the one farthest from 1."""
    values = [row[column] for row in rows if row.get(column) is not None]
    if not values:
        return "-"
    told = float(np.mean(values))
    if column == "residual":
        told = max(values)
    if column == "chi2":
        told = max(values, key=lambda each: abs(each - 1))
    return FORMATS[column].format(told)


def best_strengths(rows: Sequence[ROW]) -> list[ROW]:
    """Of the denoisers those strengths alone that do best on made-up people, by setting."""
    out = [row for row in rows if not any(row["method"].startswith(name) for name in STRENGTHS)]
    for setting in SETTINGS:
        for name, strengths in STRENGTHS.items():
            own = [
                [r for r in rows if (r["setting"], r["method"]) == (setting.name, f"{name} {s:g}")]
                for s in strengths
            ]
            known = [each for each in own if each]
            if known:
                out += [{**row, "method": name} for row in max(known, key=_on_people)]
    return out


def _on_people(rows: Sequence[ROW]) -> float:
    """Mean PSNR over made-up people; over all where there are none."""
    people = [row["PSNR"] for row in rows if row["kind"] == KINDS[0]]
    return float(np.mean(people or [row["PSNR"] for row in rows]))


def with_worse(rows: Sequence[ROW]) -> list[ROW]:
    """The lines with the share of patches that agree with the truth less finely than cubic's."""
    cubic = {(r["truth"], r["setting"]): r for r in rows if r["method"] == CUBIC}
    out: list[ROW] = []
    for row in rows:
        beside = cubic.get((row["truth"], row["setting"]))
        if beside is None or not row.get("patches"):
            out.append(row)
            continue
        worse = np.array(row["patches"]) > np.array(beside["patches"]) + 1e-6
        out.append({**row, "worse": float(np.mean(worse))})
    return out
