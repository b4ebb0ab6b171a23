"""Measures the vessel step on real scans made worse, and writes docs/use/robustness.md.

Run it from a checkout: `python -m tests.benchmarks.robustness [--cases a,b] [--methods x,y]
[--ways a,b]`. The page is written only when nothing was left out.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy import ndimage

from tests.benchmarks.cases import CASES, ROOT, Reference
from tests.benchmarks.peers import METHODS, run
from viewer.segment.compare import compare
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

PAGE = ROOT / "docs" / "use" / "robustness.md"
SCANS = ("dissection", "abdomen")
OURS = ("networks", "classical")
THICK_MM = 5.0
NOISE_HU = 35.0
NARROW_MM = 200.0
ASKEW_DEGREES = 15.0

INTRODUCTION = """# How the vessel map stands worse scans

Made by `python -m tests.benchmarks.robustness`; do not edit by hand.

Real scans of [accuracy.md](accuracy.md), made worse in one way each, and the vessel step with the
options as they come. Dice is 1 when perfect. A part of a scan holds other vessels than the whole,
so compare the two methods of a row, and look for rows that fall.

| scan | made worse | with networks | rules alone |
|---|---|---|---|
"""


def part(reference: Reference, first: float, last: float) -> Reference:
    """The slices between two shares of the scan."""
    count = reference.volume.grid.shape[0]
    cut = slice(round(first * count), max(round(last * count), round(first * count) + 8))
    return _cut(reference, (cut, slice(None), slice(None)))


def narrow(reference: Reference) -> Reference:
    """A field of view of 200 mm around the vessels."""
    assert reference.truth is not None
    middle = np.argwhere(reference.truth).mean(axis=0)
    box = [slice(None)]
    for axis in (1, 2):
        half = round(NARROW_MM / 2 / reference.volume.grid.spacing_mm[axis])
        start = max(0, int(middle[axis]) - half)
        box.append(slice(start, start + 2 * half))
    return _cut(reference, tuple(box))


def thick(reference: Reference) -> Reference:
    """Slices averaged to about 5 mm."""
    volume = reference.volume
    step = max(2, round(THICK_MM / volume.grid.spacing_mm[0]))
    count = volume.grid.shape[0] // step * step

    def averaged(values: np.ndarray) -> np.ndarray:
        return values[:count].reshape(-1, step, *values.shape[1:]).mean(axis=1)

    voxels = np.rint(averaged(volume.voxels.astype(np.float32))).astype(np.int16)
    matrix = volume.grid.lps_from_index @ np.diag([step, 1.0, 1.0, 1.0])
    matrix[:3, 3] += volume.grid.lps_from_index[:3, 0] * (step - 1) / 2
    truth = averaged(_truth(reference).astype(np.float32)) >= 0.5
    return _other(reference, Volume(voxels, Grid(voxels.shape, matrix)), truth)


def noisy(reference: Reference) -> Reference:
    """Noise of 35 HU that hangs together over about a voxel, as of a quarter of the dose."""
    volume = reference.volume
    grain = np.random.default_rng(0).standard_normal(volume.grid.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, (0, 0.7, 0.7))
    noise = grain * (NOISE_HU / grain.std())
    voxels = np.clip(np.rint(volume.voxels + noise), -1024, 3071).astype(np.int16)
    return _other(reference, Volume(voxels, volume.grid), _truth(reference))


def askew(reference: Reference) -> Reference:
    """The patient turned by 15 degrees about the long axis."""
    volume = reference.volume

    def turned(values: np.ndarray, order: int, outside: float) -> np.ndarray:
        slices = [
            ndimage.rotate(s, ASKEW_DEGREES, reshape=False, order=order, cval=outside)
            for s in values
        ]
        return np.stack(slices)

    voxels = turned(volume.voxels, 1, float(volume.voxels.min()))
    truth = turned(_truth(reference).astype(np.uint8), 0, 0.0) > 0
    return _other(reference, Volume(voxels, volume.grid), truth)


WAYS: Mapping[str, Callable[[Reference], Reference]] = {
    "whole": lambda r: r,
    "lower third": lambda r: part(r, 0, 1 / 3),
    "middle third": lambda r: part(r, 1 / 3, 2 / 3),
    "upper third": lambda r: part(r, 2 / 3, 1),
    "field of 200 mm": narrow,
    "slices of 5 mm": thick,
    "noise of 35 HU": noisy,
    "turned by 15 degrees": askew,
}


def _truth(reference: Reference) -> np.ndarray:
    assert reference.truth is not None
    return reference.truth


def _cut(reference: Reference, box: tuple[slice, ...]) -> Reference:
    volume = reference.volume
    start = [s.start or 0 for s in box]
    matrix = volume.grid.lps_from_index.copy()
    matrix[:3, 3] += matrix[:3, :3] @ start
    voxels = np.ascontiguousarray(volume.voxels[box])
    return _other(reference, Volume(voxels, Grid(voxels.shape, matrix)), _truth(reference)[box])


def _other(reference: Reference, volume: Volume, truth: np.ndarray) -> Reference:
    return replace(reference, volume=volume, truth=truth, no_vessel={}, diameters=())


def dice(reference: Reference, method: str) -> str:
    """How a method's outcome agrees with the truth, or why there is none."""
    outcome = run(method, reference.volume)
    if outcome.labels is None:
        return f"refused: {outcome.reason}"
    found = np.isin(outcome.labels, reference.counted)
    return f"{compare(found, _truth(reference), reference.volume.grid).dice:.2f}"


def main() -> None:
    """Measure what is asked for; write the page when that was everything."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--cases", default=",".join(SCANS))
    asked.add_argument("--methods", default=",".join(OURS))
    asked.add_argument("--ways", default=",".join(WAYS))
    options = asked.parse_args()
    cases, methods, ways = (
        getattr(options, name).split(",") for name in ("cases", "methods", "ways")
    )
    unknown = set(methods) - set(METHODS) | set(ways) - set(WAYS) | set(cases) - set(CASES)
    if unknown:
        asked.error(f"unknown: {', '.join(sorted(unknown))}")
    lines = []
    for case in cases:
        reference = list(CASES[case]())[-1]
        for way in ways:
            worse = WAYS[way](reference)
            cells = [dice(worse, method) for method in methods]
            lines.append(f"| {reference.name} | {way} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    if (tuple(cases), tuple(methods), tuple(ways)) == (SCANS, OURS, tuple(WAYS)):
        PAGE.write_text(INTRODUCTION + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
