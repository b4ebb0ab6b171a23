"""Measures the vessel step and its peers on every case and writes docs/use/accuracy.md.

Run it from a checkout: `python -m tests.benchmarks.accuracy [--cases a,b] [--methods x,y]`. The
page is written only when every case was run, and says which of the peers were left out.
"""

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.asked import reached
from tests.benchmarks.cases import CASES, ROOT, Reference, diameter_mm
from tests.benchmarks.peers import METHODS, Outcome, run
from viewer.segment.compare import compare

OURS = ("networks", "classical")
PAGE = ROOT / "docs" / "use" / "accuracy.md"
MEASURES = "## How exact measures are\n"  # what stands below is written by measuring.py

INTRODUCTION = """# How accurate the vessel map is

Made by `python -m tests.benchmarks.accuracy`; do not edit by hand.

Every case is measured with the options as they come, the same for all, and so are the usual
methods beside it in the same run. Dice and clDice (Shit et al. 2021) are 1 when perfect; ASD is
the average distance between the surfaces and HD95 its 95th percentile, both ways, in millimeters
(0 when perfect). Artery and calcification count as found; veins too where the truth holds them.

## What was asked and what was reached

Means over the scenes of a case. The aorta's diameter counts on its worst slice, and a slice
without an aorta as a miss; no oral contrast and no bone means at most 0.1 % of them. What three
clicks make of a map (asked: a Dice of 0.80 without networks, 0.90 with them) is in
[clicks.md](clicks.md).
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
  network learned from: four healthy and four with a disease of severity 0.6. Means stand in the
  table; to save time the usual methods were run on the four healthy ones only. Vessels narrower
  than 1.5 voxels count neither as found nor as missed. They are no substitute for patients.
- **The unseen family** is less of a stranger than it sounds: networks learn from neither of its
  regions, but random organs grow by the same rule (space colonization) as the vessels inside
  the organs of the regions that are learned from. Its tissues and scanners are theirs too.
- Frangi, Sato and ITK's Hessian run on a grid of about 1.8 mm and keep what is above Otsu's
  threshold of their answers and above 120 HU; at full resolution they would take minutes.
- Six real scans are few. They were looked at while the method was made, so a new scan may do
  worse.
  The scans of 1.5 mm are coarse: thin branches are judged by one or two voxels.
- The map is no diagnosis: look at the outline on the slices, and repair it (add and remove by a
  click, swap artery and vein, scribble, box, cut, paint, erase).
"""

DIGITS = {"Dice": 2, "clDice": 2, "ASD (mm)": 1, "HD95 (mm)": 1, "seconds": 0, "peak (GB)": 1}
HEAD = (f"| case | method | {' | '.join(DIGITS)} |", "|---" * (2 + len(DIGITS)) + "|")
OTHER_HEAD = ("| case | method | what was found |", "|---|---|---|")
PERSON_HEAD = (
    f"| scene | {' | '.join(f'{METHODS[m][0]}: Dice | clDice' for m in OURS)} |",
    "|---" * (1 + 2 * len(OURS)) + "|",
)


@dataclass(frozen=True, eq=False)
class Score:
    """One method on one scene: its measures by name (nan where there is none) and a note.

    `refused` is the reason where there is no map.
    """

    case: str
    person: str
    method: str
    measures: Mapping[str, float]
    note: str
    refused: str = ""


def score(reference: Reference, method: str, outcome: Outcome) -> Score:
    """How a method's outcome agrees with a reference."""
    title = METHODS[method][0]
    refused = outcome.labels is None and np.isfinite(outcome.seconds)  # not stopped for its time
    cost = {"seconds": outcome.seconds, "peak (GB)": outcome.peak_gb, "refused": float(refused)}
    named = reference.name, reference.person, title
    if outcome.labels is None:
        lost = {} if reference.truth is None else {"Dice": 0.0, "clDice": 0.0}
        return Score(*named, cost | lost, f"nothing: {outcome.reason}", outcome.reason)
    found = np.isin(outcome.labels, reference.counted)
    if reference.ignored is not None:
        found &= ~reference.ignored
    agreement = {}
    if reference.truth is not None:
        both = compare(found, reference.truth, reference.volume.grid)
        agreement = {
            "Dice": both.dice,
            "clDice": both.cl_dice,
            "ASD (mm)": both.average_surface_distance_mm,
            "HD95 (mm)": both.hd95_mm,
        }
    shares, errors = false_shares(reference, found), diameter_errors(reference, found)
    widest = {"aortic diameter": float(np.max(np.abs(errors)))} if errors else {}
    return Score(*named, cost | agreement | shares | widest, note(reference, found, shares, errors))


def false_shares(reference: Reference, found: np.ndarray) -> dict[str, float]:
    """Of each structure that is no vessel, the share that is called vessel."""
    masks = reference.no_vessel
    if reference.truth is not None:
        masks = {name: mask & ~reference.truth for name, mask in masks.items()}
    return {name: float(found[mask].mean()) for name, mask in masks.items()}


def diameter_errors(reference: Reference, found: np.ndarray) -> list[float]:
    """Error of the aorta's diameter (mm) on each slice with a reference, nan where none is."""
    spacing = reference.volume.grid.spacing_mm
    return [diameter_mm(found, at, spacing) - at.mm for at in reference.diameters]


def note(
    reference: Reference, found: np.ndarray, shares: Mapping[str, float], errors: Sequence[float]
) -> str:
    """What was found where no vessel is, and how wide the aorta was, in words."""
    told = [f"{100 * share:.1f} % of {name} called vessel" for name, share in shares.items()]
    if errors:
        good = [abs(e) for e in errors if np.isfinite(e)]
        told.append(
            f"aortic diameter off by {np.mean(good):.1f} mm (at most {max(good):.1f}) on "
            f"{len(good)} of {len(errors)} slices"
            if good
            else "no aorta"
        )
    if not told and reference.truth is None:
        volume_ml = np.count_nonzero(found) * reference.volume.grid.voxel_mm3 / 1000
        told.append(f"{volume_ml:.0f} ml called vessel")
    return ", ".join(told)


def measure(case: str, methods: Sequence[str]) -> list[Score]:
    """Every method on every reference of a case, peers only where they belong.

    A volume that stands twice is run once.
    """
    scores: list[Score] = []
    last, outcomes = None, {}
    for reference in CASES[case]():
        if reference.volume is not last:
            asked = [m for m in methods if reference.for_peers or m in OURS]
            outcomes = {m: run(m, reference.volume) for m in asked}
            last = reference.volume
        for method, outcome in outcomes.items():
            scores.append(score(reference, method, outcome))
            print(scores[-1], flush=True)
    return scores


def tables(scores: Sequence[Score]) -> list[str]:
    """The lines of all tables; scenes of one case are averaged."""
    lines, notes = [], []
    for case, method in dict.fromkeys((s.case, s.method) for s in scores):
        same = [s for s in scores if (s.case, s.method) == (case, method)]
        if "Dice" in same[0].measures:
            lines.append(row(case, method, same))
        if len(same) == 1 and same[0].note:
            notes.append(f"| {case} | {method} | {same[0].note} |")
    classical, networks = (means(scores, METHODS[m][0]) for m in ("classical", "networks"))
    agreement = ["## Every case and method", "", *HEAD, *lines]
    others = ["", *OTHER_HEAD, *notes]
    return [*reached(classical, networks), *agreement, *others, *people(scores), ""]


def means(scores: Sequence[Score], method: str) -> dict[str, dict[str, float]]:
    """By case the means of all measures of a method over its scenes."""
    cases: dict[str, list[Mapping[str, float]]] = {}
    for each in scores:
        if each.method == method:
            cases.setdefault(each.case, []).append(each.measures)
    return {
        case: {
            name: float(np.mean([m[name] for m in of])) for name in set.intersection(*map(set, of))
        }
        for case, of in cases.items()
    }


def row(case: str, method: str, scenes: Sequence[Score]) -> str:
    """One line of the large table: means over scenes, and of how many where some have none."""
    shown = []
    for name, digits in DIGITS.items():
        known = [s.measures[name] for s in scenes if np.isfinite(s.measures.get(name, np.nan))]
        mean = f"{np.mean(known):.{digits}f}" if known else ""
        shown.append(mean + f" (of {len(known)})" * (0 < len(known) < len(scenes)))
    many = f" (mean of {len(scenes)})" if len(scenes) > 1 else ""
    return f"| {case}{many} | {method} | {' | '.join(shown)} |"


def people(scores: Sequence[Score]) -> list[str]:
    """The lines of a table of every made-up scene, and the reasons of what was refused."""
    ours = [METHODS[m][0] for m in OURS]
    lines, refused = [], []
    for case, person in dict.fromkeys((s.case, s.person) for s in scores if s.person):
        cells = []
        for method in ours:
            told = ["", ""]
            for each in scores:
                if (each.case, each.person, each.method) == (case, person, method):
                    told = [f"{each.measures[name]:.2f}" for name in ("Dice", "clDice")]
                    if each.refused:
                        told = ["refused", "refused"]
                        refused.append(f"- {person} ({method}): {each.refused}")
            cells += told
        lines.append(f"| {case}: {person} | {' | '.join(cells)} |")
    if refused:
        told = "Refused scenes count as a Dice and clDice of 0 and have no ASD and no HD95:"
        refused = ["", told, "", *refused]
    return ["", "## Scene by scene", "", *PERSON_HEAD, *lines, *refused] if lines else []


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
    if set(cases) != set(CASES) or not set(methods) >= set(OURS):
        return 0
    left_out = [METHODS[m][0] for m in METHODS if m not in methods]
    if left_out:
        lines.append(f"Not run this time: {', '.join(left_out)}.\n")
    lines.append(
        "Seconds and peak memory are those of a process of its own for each method, judging and "
        f"denoising included ({platform.system()}, Python {platform.python_version()}, on two "
        "shared cores)."
    )
    _, heading, measures = PAGE.read_text(encoding="utf-8").partition(MEASURES)
    text = INTRODUCTION + "\n".join(lines) + "\n" + EXPLANATION
    PAGE.write_text(text + ("\n" + heading + measures if heading else ""), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
