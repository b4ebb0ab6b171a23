"""How often the vessel map is right where it says how sure it is; `--fit` learns that anew.

Run it from a checkout: `python -m tests.benchmarks.calibration [--fit]`. Fitting prints the lines
for `viewer/segment/confidence.py`, from other people than those whose error is told.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from unittest import mock

import numpy as np

from tests.benchmarks.cases import ARTERIES, FAMILIAR, HELD_OUT, PHANTOM_MM, dissection
from viewer.case.engine import engine_for
from viewer.case.options import SegmentOptions
from viewer.enhance.denoise import denoise
from viewer.enhance.suitability import judge
from viewer.errors import ViewerError
from viewer.networks.trust import expected_calibration_error
from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.scanner import make_scanner, shoot
from viewer.phantom.truth import labels as truth_of
from viewer.progress import silent
from viewer.segment import hybrid
from viewer.segment.confidence import (
    BY_RULES,
    CERTAIN,
    NAMED,
    SHARE_RIGHT,
    STATED,
    confidence_of,
    curves,
)
from viewer.segment.mask import ARTERY, CALCIFICATION, NAMES, THROMBUS
from viewer.segment.vessels import segment_vessels
from viewer.volume.volume import Volume

LEARNED_FROM = HELD_OUT + 10_000
WIDTH = 0.1  # how far on both sides of a stated probability shares are counted
PRIOR = 200.0  # voxels that speak for the stated probability itself
KEPT = 40_000


@dataclass(frozen=True, eq=False)
class Told:
    """Voxels (n,) of one label of one map: stated, confidence (0 to 1), by the rules too, right."""

    label: int
    stated: np.ndarray
    confidence: np.ndarray
    agreed: np.ndarray
    right: np.ndarray


def person(region: str, seed: int, disease: str = "") -> tuple[Volume, np.ndarray]:
    """A made-up CT angiogram and its true labels (uint8)."""
    rng = np.random.default_rng([seed, 9])
    ill = {disease: 0.6} if disease else {}
    scene = make_scene(region, seed, spacing_mm=PHANTOM_MM, diseases=ill)
    phase = "portal" if region == "abdomen" else "arterial"
    look = make_appearance(rng, phase=phase, random_contrast=0.0)
    return shoot(scene, look, make_scanner(rng), rng), truth_of(scene).labels


def told(volume: Volume, truth: np.ndarray, known: tuple[int, ...]) -> list[Told]:
    """What the map of a scan says of its voxels, for the `known` labels."""
    networks = engine_for(SegmentOptions()).networks
    suitability = judge(volume, silent())
    clean = denoise(volume, suitability.noise_hu, silent())
    with mock.patch.object(hybrid, "confidence_of", wraps=confidence_of) as asked:
        mask = segment_vessels(clean, suitability, silent(), networks=networks)
    assert mask.confidence is not None
    given = asked.call_args.args
    stated = confidence_of(*given, learned=curves(dict.fromkeys(NAMED, (STATED, STATED))))
    none, all_ = (0.0,) * len(STATED), (1.0,) * len(STATED)
    agreed = confidence_of(*given, learned=curves(dict.fromkeys(NAMED, (none, all_))))
    rng = np.random.default_rng(0)
    found = []
    for label in known:
        at = np.flatnonzero(mask.labels.ravel() == label)
        at = rng.choice(at, min(KEPT, len(at)), replace=False)
        sure = (each.ravel()[at] / CERTAIN for each in (stated, mask.confidence))
        right = family(truth.ravel()[at]) == family(np.array(label))
        found.append(Told(label, *sure, agreed.ravel()[at] == CERTAIN, right))
    return found


def family(labels: np.ndarray) -> np.ndarray:
    """Labels, where clot and calcification count as the artery that they lie in."""
    return np.where(np.isin(labels, (ARTERY, CALCIFICATION, THROMBUS)), ARTERY, labels)


def learned_from() -> Iterator[list[Told]]:
    """What the curves are learned from: people of seeds that nothing else uses."""
    for n, (region, disease) in enumerate(FAMILIAR):
        with_reason(f"{region} {LEARNED_FROM + n} {disease}")
        try:
            yield told(*person(region, LEARNED_FROM + n, disease), tuple(NAMED))
        except ViewerError as error:
            with_reason(f"left out: {error}")


def with_reason(text: str) -> None:
    """Say what is done on the error stream, which is not the result."""
    print(text, file=sys.stderr, flush=True)


def share_right(maps: list[list[Told]], label: int, *, agreed: bool) -> tuple[float, ...]:
    """The curve of a label: never falling, near the stated probability where few voxels are."""
    people = [t for each in maps for t in each if t.label == label]
    shares, weights = [], []
    for stated in STATED:
        right = weight = 0.0
        for each in people:
            near = (np.abs(each.stated - stated) <= WIDTH) & (each.agreed == agreed)
            right += float(np.count_nonzero(each.right[near]))
            weight += float(np.count_nonzero(near))
        shares.append((right + PRIOR * stated) / (weight + PRIOR))
        weights.append(weight + PRIOR)
    return tuple(round(float(share), 2) for share in rising(np.array(shares), np.array(weights)))


def rising(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The nearest values (n,) that never fall (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append([float(value), float(weight), 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, v, n), (b, w, m) = blocks[-2:]
            blocks[-2:] = [[(a * v + b * w) / (v + w), v + w, n + m]]
    return np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])


def learned(maps: list[list[Told]], label: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Both curves of a label: without the rules' consent, and with it."""
    alone = share_right(maps, label, agreed=False)
    return alone, share_right(maps, label, agreed=True) if label in BY_RULES else alone


def fit() -> None:
    """Print the table `SHARE_RIGHT`."""
    maps = list(learned_from())
    for label in SHARE_RIGHT:
        rows = learned(maps, label)
        print(f"    {NAMES[label].upper()}: (\n        {rows[0]},\n        {rows[1]},\n    ),")


def report() -> None:
    """Print the calibration error of every held-out person and of the dissection."""
    print("| scan | label | right | stated, error | confidence, error |\n|---|---|---|---|---|")
    for n, (region, disease) in enumerate(FAMILIAR):
        name = f"{region} {HELD_OUT + n} {disease}".strip()
        try:
            rows(name, told(*person(region, HELD_OUT + n, disease), tuple(NAMED)))
        except ViewerError as error:
            with_reason(f"{name}: {error}")
    case = next(dissection())
    assert case.truth is not None
    rows("dissection", told(case.volume, case.truth.astype(np.uint8), (*ARTERIES, THROMBUS)))


def rows(name: str, found: list[Told]) -> None:
    """Print a line of the table for every label of a map."""
    for each in found:
        if len(each.right):
            errors = [
                expected_calibration_error(p, each.right) for p in (each.stated, each.confidence)
            ]
            told_of = f"{each.right.mean():.2f} | {errors[0]:.3f} | {errors[1]:.3f} |"
            print(f"| {name} | {NAMES[each.label]} | {told_of}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    fit() if parser.parse_args().fit else report()
