"""A scripted person corrects the vessel map of each real case that has truth, click by click.

The truth decides only where the person clicks: the middle of the largest region that is missed
(add) or false (remove), never near a click that was refused or shown to do harm. Writes
docs/use/clicks.md. Run from a checkout: `python -m tests.benchmarks.clicks [--cases a,b]`.
"""

import argparse
import contextlib
import sys
import time
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from tests.benchmarks.cases import CASES, ROOT, Reference
from viewer.case.engine import engine_for
from viewer.case.options import SegmentOptions
from viewer.enhance.denoise import denoise
from viewer.enhance.suitability import Suitability, judge
from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.segment.clicks import add_at
from viewer.segment.mask import ARTERY, THROMBUS, VesselMask
from viewer.segment.prune import remove_at
from viewer.segment.vessels import Networks, segment_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

PAGE = ROOT / "docs" / "use" / "clicks.md"
REAL = ("dissection", "chest", "short_abdomen", "abdomen")
CLICKS, LOOKS = 3, 3
APART_MM = 10.0
LARGE = (400, 512, 512)
TIMED, TRUNK_VOXELS = 20, 4

INTRODUCTION = """# What three clicks make of the vessel map

Made by `python -m tests.benchmarks.clicks`; do not edit by hand.

A scripted person looks at each map beside its reference and clicks up to three times with the
tools of the window: into the middle of the largest region that is missed (add vessel) or false
(remove branch), with nothing else told. Before a click the window shows what it would do: where
that takes away more that is right than wrong, or adds more that is wrong, the person does not
click but looks at another place, three at most ("none" where none helped). The numbers are Dice
before and after each click, with the tool and the processor seconds that it took. Artery,
calcification and clot within an artery's wall count as found; veins too where the reference
holds them.

The references are those of [how accurate the vessel map is](accuracy.md) with all their gaps: a
branch that was found correctly but is not in the reference is a false region to this person, who
then removes it.
"""


@dataclass(frozen=True, eq=False)
class Corrected:
    """Dice before and after every click; per click the tool and processor seconds."""

    dice: tuple[float, ...]
    tools: tuple[str, ...]
    seconds: tuple[float, ...]

    @property
    def cells(self) -> str:
        """The cells of a row."""
        clicks = zip(self.dice[1:], self.tools, self.seconds, strict=True)
        told = (f"{dice:.2f} ({tool}, {seconds:.1f} s)" for dice, tool, seconds in clicks)
        return " | ".join([f"{self.dice[0]:.2f}", *told])


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    """Agreement of what was found with the truth."""
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


def next_click(
    found: np.ndarray, reference: Reference, refused_lps: list[np.ndarray]
) -> tuple[str, np.ndarray]:
    """What the person does next and where: the middle of the largest wrong region."""
    grid = reference.volume.grid
    most, best = -1, ("add", np.zeros(3))
    for tool, wrong in (("add", reference.truth & ~found), ("remove", found & ~reference.truth)):
        regions, _ = ndimage.label(ndimage.binary_opening(wrong))
        size = np.bincount(regions.ravel())
        size[0] = 0
        if size.max() <= most:
            continue
        most, largest = int(size.max()), int(size.argmax())
        place = ndimage.find_objects(regions, largest)[-1]
        inner = np.pad(regions[place] == largest, 1)
        depth = ndimage.distance_transform_edt(inner, sampling=grid.spacing_mm)[1:-1, 1:-1, 1:-1]
        index = np.argwhere(depth > 0)
        points = grid.points_lps(index + [cut.start for cut in place])
        far = np.full(len(index), np.inf)
        for point in refused_lps:
            far = np.minimum(far, np.linalg.norm(points - point, axis=1))
        value = np.where(far > APART_MM, depth[tuple(index.T)], 0)
        best = tool, points[int(value.argmax())]
    return best


def correct(
    reference: Reference, volume: Volume, suitability: Suitability, mask: VesselMask
) -> Corrected:
    """What the scripted person makes of a map."""
    counted = (*reference.counted, THROMBUS)
    found = np.isin(mask.labels, counted)
    dices, tools, seconds = [dice(found, reference.truth)], [], []
    refused: list[np.ndarray] = []
    for _ in range(CLICKS):
        for _ in range(LOOKS):
            tool, point = next_click(found, reference, refused)
            begun = time.process_time()
            try:
                if tool == "add":
                    shown = add_at(mask, volume, suitability, point, silent()).mask
                else:
                    shown = remove_at(mask, point, silent()).mask
            except ViewerError:
                shown = mask
            taken = time.process_time() - begun
            better = np.isin(shown.labels, counted)
            if shown is not mask and dice(better, reference.truth) >= dices[-1]:
                break
            refused.append(point)
            better, shown = found, mask
        seconds.append(taken)
        tools.append(tool if shown is not mask else "none")
        mask, found = shown, better
        dices.append(dice(found, reference.truth))
    return Corrected(tuple(dices), tuple(tools), tuple(seconds))


def enlarged(volume: Volume, mask: VesselMask) -> tuple[Volume, VesselMask]:
    """A scan and its map as 400 slices of 512 x 512."""
    factor = np.divide(LARGE, volume.grid.shape)
    step = np.divide(np.subtract(volume.grid.shape, 1), np.subtract(LARGE, 1))  # corners stay
    grid = Grid(LARGE, volume.grid.lps_from_index @ np.diag([*step, 1.0]))
    hu = ndimage.zoom(volume.voxels, factor, order=1, output=np.int16)
    return Volume(hu, grid), VesselMask(ndimage.zoom(mask.labels, factor, order=0), grid)


def timed(
    volume: Volume, suitability: Suitability, mask: VesselMask
) -> tuple[list[float], list[float]]:
    """Processor seconds of twenty clicks that remove a branch, and of those that add it again."""
    artery = mask.labels == ARTERY
    branches = artery & ~ndimage.binary_opening(artery, iterations=TRUNK_VOXELS)
    places = mask.grid.points_lps(np.argwhere(branches))
    volume, mask = enlarged(volume, mask)
    rng = np.random.default_rng(7)
    removing: list[float] = []
    adding: list[float] = []
    while len(removing) < TIMED:
        point = rng.choice(places)
        begun = time.process_time()
        try:
            emptied = remove_at(mask, point, silent()).mask
        except ViewerError:  # a trunk
            continue
        removing.append(time.process_time() - begun)
        begun = time.process_time()
        with contextlib.suppress(ViewerError):
            add_at(emptied, volume, suitability, point, silent())
        adding.append(time.process_time() - begun)
    return removing, adding


def timed_line(removing: list[float], adding: list[float]) -> str:
    """How long clicks take on a large scan."""
    told = (
        f"{what} took {np.median(seconds):.2f} s (median) and {np.percentile(seconds, 95):.2f} s "
        "(95 % of them)"
        for what, seconds in (("removing a branch", removing), ("adding it again", adding))
    )
    return (
        f"On the dissection as {LARGE[0]} slices of {LARGE[1]} x {LARGE[2]}, {TIMED} clicks at "
        f"random places of the map: {', '.join(told)}, in processor seconds."
    )


def rows_of(case: str, networks: Networks | None) -> tuple[list[str], list[float]]:
    """The rows of a case, with rules alone and with networks, and the seconds of its clicks."""
    rows, seconds, last, masks = [], [], None, {}
    for reference in CASES[case]():
        if reference.volume is not last:
            last = reference.volume
            suitability = judge(last, silent())
            volume = denoise(last, suitability.noise_hu, silent())
            engines = {"rules": None} if networks is None else {"rules": None, "networks": networks}
            masks = {
                name: segment_vessels(volume, suitability, silent(), networks=each)
                for name, each in engines.items()
            }
        for name, mask in masks.items():
            corrected = correct(reference, volume, suitability, mask)
            rows.append(f"| {reference.name} | {name} | {corrected.cells} |")
            seconds += corrected.seconds
            print(rows[-1], flush=True)
    return rows, seconds


def main() -> int:
    """Measure the cases asked for; write the page where they were all measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", default=",".join(REAL))
    cases = parser.parse_args().cases.split(",")
    networks = engine_for(SegmentOptions()).networks
    lines = ["| case | engine | no click | one | two | three |", "|---|---|---|---|---|---|"]
    seconds = []
    for case in cases:
        rows, taken = rows_of(case, networks)
        lines += rows
        seconds += taken
    lines += ["", f"95 % of the clicks took less than {np.percentile(seconds, 95):.1f} s."]
    if "dissection" in cases:
        reference = next(CASES["dissection"]())
        suitability = judge(reference.volume, silent())
        mask = segment_vessels(reference.volume, suitability, silent())
        lines += ["", timed_line(*timed(reference.volume, suitability, mask))]
        print(lines[-1], flush=True)
    if networks is None:
        lines += ["", "No networks come with this program yet; all maps were found by rules."]
    if tuple(cases) == REAL:
        PAGE.write_text("\n".join([INTRODUCTION, *lines, ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
