"""Measures the vessel step and its peers on every case and writes docs/use/accuracy.md.

Run it from a checkout: `python -m tests.benchmarks.accuracy [--cases a,b] [--methods x,y]`. The
page is written only when every case was run, and says which of the peers were left out.
"""

import argparse
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.cases import CASES, ROOT, Reference, diameter_mm
from tests.benchmarks.peers import METHODS, Outcome, run
from viewer.segment.compare import compare

OURS = {"networks", "classical"}
PAGE = ROOT / "docs" / "use" / "accuracy.md"

INTRODUCTION = """# How accurate the vessel map is

Made by `python -m tests.benchmarks.accuracy`; do not edit by hand.

Every case is measured with the options as they come, the same for all, and so are the usual
methods beside it in the same run. Dice and clDice (Shit et al. 2021) are 1 when perfect; ASD is
the average distance between the surfaces and HD95 its 95th percentile, both ways, in millimeters
(0 when perfect). Artery and calcification count as found; veins too where the truth holds them.
"""

EXPLANATION = """
## What the reference is, and what these numbers do not say

- **Aortic dissection** (TotalSegmentator test data, Apache-2.0): the union of aorta with both
  lumens, brachiocephalic trunk, left carotid and subclavian, celiac trunk and superior
  mesenteric artery, as *predicted by a network*, not drawn by an expert. The branches of the
  celiac trunk, the right subclavian and carotid arteries and the lung vessels are not in it:
  where they are found correctly they count as false. A false lumen that does not enhance counts
  as vessel, so what the program labels thrombus counts as found here.
- **Chest** (LIDC-IDRI-0001, CC BY 3.0; labels predicted by TotalSegmentator): aorta,
  brachiocephalic trunk, subclavian and common carotid arteries. Celiac, mesenteric, renal,
  vertebral and coronary arteries are not in it and count as false when found. The right
  subclavian artery is hidden by dense inflow beside it.
- **Abdomen, portal-venous phase** (3D-IRCADb-01, patient 1, IRCAD Strasbourg, CC BY-NC-ND 4.0:
  evaluated here, never shipped and never trained on): drawn by experts. Arteries, veins and
  kidneys have nearly the same density, so thin arteries that run along veins are stopped at the
  gates, and branches of the celiac trunk are called veins. The second row takes arteries, portal
  and other veins together as the reference. Hepatic veins and the cava near the heart are missed.
- **Upper abdomen** (TotalSegmentator test data, Apache-2.0): the aorta as predicted by a network,
  on 20 slices of 2 mm with faint contrast; its branches are not in the reference.
- **Liver, arterial** (HCC-TACE-Seg 015, CC BY 4.0): nobody has drawn its vessels. Oral contrast and
  vertebrae are judged in boxes drawn by hand well inside them, and the aorta by half-maximum
  diameters measured apart from this program (tolerance 1.5 mm).
- **Made-up people** come from this program's own generator at 1.5 mm, from fixed seeds that no
  network learned from; the mean of all scenes stands in the table. Vessels narrower than 1.5
  voxels count neither as found nor as missed. They are no substitute for patients.
- Frangi, Sato and ITK's Hessian run on a grid of about 1.8 mm and keep what is above Otsu's
  threshold of their answers and above 120 HU; at full resolution they would take minutes.
- Four scans are few. They were looked at while the method was made, so a new scan may do worse.
  The scans of 1.5 mm are coarse: thin branches are judged by one or two voxels.
- The map is no diagnosis: look at the outline on the slices, and repair it (grow, remove, cut,
  paint, erase).
"""

HEAD = (
    "| case | method | Dice | clDice | ASD (mm) | HD95 (mm) | seconds | peak (GB) |",
    "|---|---|---|---|---|---|---|---|",
)
OTHER_HEAD = ("| case | method | what was found |", "|---|---|---|")


@dataclass(frozen=True, eq=False)
class Score:
    """One method on one reference: six numbers of the table (nan where there are none), a note."""

    case: str
    method: str
    numbers: tuple[float, ...] | None
    note: str


def score(reference: Reference, method: str, outcome: Outcome) -> Score:
    """How a method's outcome agrees with a reference."""
    title = METHODS[method][0]
    cost = (outcome.seconds, outcome.peak_gb)
    if outcome.labels is None:
        lost = (0.0, 0.0, np.nan, np.nan, *cost)
        numbers = None if reference.truth is None else lost
        return Score(reference.name, title, numbers, f"nothing: {outcome.reason}")
    found = np.isin(outcome.labels, reference.counted)
    if reference.ignored is not None:
        found &= ~reference.ignored
    numbers = None
    if reference.truth is not None:
        agreement = compare(found, reference.truth, reference.volume.grid)
        distances = agreement.average_surface_distance_mm, agreement.hd95_mm
        numbers = (agreement.dice, agreement.cl_dice, *distances, *cost)
    return Score(reference.name, title, numbers, note(reference, found))


def note(reference: Reference, found: np.ndarray) -> str:
    """What was found where no vessel is, and how wide the aorta was, in words."""
    grid = reference.volume.grid
    told = []
    for name, mask in reference.no_vessel.items():
        if reference.truth is not None:
            mask = mask & ~reference.truth
        told.append(f"{100 * found[mask].mean():.1f} % of {name} called vessel")
    if reference.diameters:
        errors = [diameter_mm(found, at, grid.spacing_mm) - at.mm for at in reference.diameters]
        good = [abs(e) for e in errors if np.isfinite(e)]
        told.append(
            f"aortic diameter off by {np.mean(good):.1f} mm (at most {max(good):.1f}) on "
            f"{len(good)} of {len(errors)} slices"
            if good
            else "no aorta"
        )
    if not told and reference.truth is None:
        told.append(f"{np.count_nonzero(found) * grid.voxel_mm3 / 1000:.0f} ml called vessel")
    return ", ".join(told)


def measure(case: str, methods: Sequence[str]) -> list[Score]:
    """Every method on every reference of a case; a volume that stands twice is run once."""
    scores: list[Score] = []
    last, outcomes = None, {}
    for reference in CASES[case]():
        if reference.volume is not last:
            outcomes = {m: run(m, reference.volume) for m in methods}
            last = reference.volume
        for method in methods:
            scores.append(score(reference, method, outcomes[method]))
            print(scores[-1], flush=True)
    return scores


def tables(scores: list[Score]) -> list[str]:
    """The lines of both tables; scenes of one case are averaged."""
    lines, notes = [], []
    for case, method in dict.fromkeys((s.case, s.method) for s in scores):
        same = [s for s in scores if (s.case, s.method) == (case, method)]
        measured = [s.numbers for s in same if s.numbers is not None]
        if measured:
            lines.append(row(case, method, measured))
        if len(same) == 1 and same[0].note:
            notes.append(f"| {case} | {method} | {same[0].note} |")
    return ["", *HEAD, *lines, "", *OTHER_HEAD, *notes, ""]


def row(case: str, method: str, measured: list[tuple[float, ...]]) -> str:
    """One line of the first table: means over scenes, of the distances where there are any."""
    columns = np.array(measured, float).T
    means = [c[np.isfinite(c)].mean() if np.isfinite(c).any() else np.nan for c in columns]
    shown = (
        f"{mean:.{digits}f}" if np.isfinite(mean) else ""
        for mean, digits in zip(means, (2, 2, 1, 1, 0, 1), strict=True)
    )
    scenes = f" (mean of {len(measured)})" if len(measured) > 1 else ""
    return f"| {case}{scenes} | {method} | {' | '.join(shown)} |"


def main() -> int:
    """Measure what was asked for, all by default; 1 where a case is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--methods", default=",".join(METHODS))
    asked = parser.parse_args()
    cases, methods = asked.cases.split(","), asked.methods.split(",")
    scores, missing = [], []
    for case in cases:
        try:
            scores += measure(case, methods)
        except FileNotFoundError as error:
            missing.append(f"{case}: {error}")
    lines = tables(scores)
    print("\n".join(lines))
    if missing:
        print("\n".join(["Not written, because cases are missing:", *missing]), file=sys.stderr)
        return 1
    if set(cases) != set(CASES) or not set(methods) >= OURS:
        return 0
    left_out = [METHODS[m][0] for m in METHODS if m not in methods]
    if left_out:
        lines.append(f"Not run this time: {', '.join(left_out)}.\n")
    lines.append(
        "Seconds and peak memory are those of a process of its own for each method, judging and "
        f"denoising included ({platform.system()}, Python {platform.python_version()}, on two "
        "shared cores)."
    )
    PAGE.write_text(INTRODUCTION + "\n".join(lines) + "\n" + EXPLANATION, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
