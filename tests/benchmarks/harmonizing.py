"""How near a harmonized scan comes to what the other scanner shows, beside what is commonly done.

Run it from a checkout: `python -m tests.benchmarks.harmonizing [--quick]`. One made-up person is
scanned by two scanners; the scan of the first is brought to the numbers of the second and compared
with the second's picture without noise; what the second scans itself, noise and all, stands beside.
The seeds are held out from training.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter, zoom
from skimage.exposure import match_histograms

from viewer.enhance.harmonize import harmonize
from viewer.enhance.harmonize_reference import Reference
from viewer.enhance.scan_facts import scan_facts
from viewer.enhance.scan_facts_edges import measure_sharpness
from viewer.enhance.scan_facts_noise import measure_noise
from viewer.phantom.appearance import make_appearance, paint
from viewer.phantom.make import make_scene
from viewer.phantom.rescan import rescan
from viewer.phantom.scanner import SCANNERS, Scanner
from viewer.phantom.scene import Scene
from viewer.phantom.tissue import BLOOD, Tissue
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

PEOPLE = (("carotid", 930_002), ("abdominal-aorta", 930_001))
SHAPE, FINE_MM = (72, 256, 256), (1.0, 0.6, 0.6)
LOW, HIGH = -1000.0, 1500.0  # the window in which PSNR is told
NEAR_WALL_MM, DEEP_MM = 1.5, 1.5
COLUMNS = ("PSNR", "edge PSNR", "noise", "MTF50", "air", "fat", "blood", "s")


@dataclass(frozen=True)
class Pair:
    """A scanner whose scan is brought to another's numbers, each with its tube voltage."""

    name: str
    scanner: Scanner
    apart_mm: float
    target: Scanner
    kvp: int = 120
    target_kvp: int = 120


def _of(name: str, **other: float) -> Scanner:
    """A scanner without streaks, which would differ by chance."""
    return replace(SCANNERS[name], streaks=0.0, motion_mm=0.0, **other)


PAIRS = (
    Pair("soft to sharp", _of("soft"), 1.0, _of("gated", slice_mm=1.2)),
    Pair("sharp to soft", _of("sharp"), 1.0, _of("soft")),
    Pair("thick to thin", _of("thick"), 4.8, _of("vascular")),
    Pair("thin to thick", _of("vascular"), 1.0, _of("thick")),
    Pair("80 to 120 kVp", _of("vascular", noise_hu=28.0), 1.0, _of("vascular"), 80, 120),
)


@dataclass(frozen=True, eq=False)
class Person:
    """A made-up person, and where air, fat, blood and the walls of vessels are."""

    scene: Scene
    seed: int

    def hu(self, kvp: int) -> np.ndarray:
        """What the person is made of, as this tube voltage sees it (float32)."""
        rng = np.random.default_rng(self.seed)
        look = make_appearance(rng, phase="arterial", kvp=kvp, random_contrast=0.0)
        return paint(self.scene, look, np.random.default_rng(self.seed))

    def places(self, grid: Grid) -> dict[str, np.ndarray]:
        """Masks on another grid over the same box."""
        scene, own = self.scene, self.scene.grid
        steps = [
            np.clip(((np.arange(m) + 0.5) * n / m).astype(int), 0, n - 1)
            for m, n in zip(grid.shape, own.shape, strict=True)
        ]
        tissue, wall, blood = (
            each[np.ix_(*steps)] for each in (scene.tissue, scene.wall_mm, scene.blood)
        )
        inner = np.isin(tissue, sorted(BLOOD)) & (blood == Tissue.ARTERY) & (wall < -DEEP_MM)
        return {
            "edge": (np.abs(wall) < NEAR_WALL_MM) & (blood > 0),
            "air": inside(tissue == Tissue.AIR),
            "fat": inside(tissue == Tissue.FAT),
            "blood": inner,
        }


def inside(mask: np.ndarray) -> np.ndarray:
    """What of a mask lies well away from everything else."""
    return gaussian_filter(mask.astype(np.float32), 3, mode="nearest") > 0.995


def mtf50(scanner: Scanner) -> float:
    """Where a scanner's transfer has fallen to one half, per mm."""
    cycles = np.linspace(0, 3, 3001)
    return float(cycles[np.flatnonzero(scanner.transfer(cycles) < 0.5)[0]])


def rows(person: Person, pair: Pair) -> Iterator[tuple[str, dict[str, float]]]:
    """(method, numbers) of a person and a pair; the last row is what was asked."""
    grid = person.scene.grid
    rng = np.random.default_rng(person.seed + 1)
    step = (pair.apart_mm, *FINE_MM[1:])
    volume = rescan(person.hu(pair.kvp), grid, pair.scanner, rng, step)
    facts = scan_facts(volume, silent(), slice_thickness_mm=pair.scanner.slice_mm)
    clean = person.hu(pair.target_kvp)
    air, fat = (
        float(np.median(clean[inside(person.scene.tissue == each)]))
        for each in (Tissue.AIR, Tissue.FAT)
    )
    wanted = pair.target
    numbers = wanted.name, mtf50(wanted), wanted.slice_mm, wanted.noise_hu, pair.target_kvp
    reference = Reference(*numbers, air_hu=air, fat_hu=fat)
    begun = time.perf_counter()
    made = harmonize(volume, facts, reference, silent(), kvp=pair.kvp)
    seconds = time.perf_counter() - begun
    step = (made.volume.grid.spacing_mm[0], *FINE_MM[1:])
    truth, other = (
        rescan(clean, grid, replace(wanted, noise_hu=noise), np.random.default_rng(3), step)
        for noise in (0.0, wanted.noise_hu)
    )
    places = person.places(truth.grid)
    factor = len(truth.voxels) // len(volume.voxels)
    start = volume.voxels.astype(np.float32)
    if factor > 1:
        start = zoom(start, (factor, 1, 1), order=3, mode="nearest", grid_mode=True)
    methods = {
        "as scanned": start,
        "Gaussian blur": blurred(start, pair, truth.grid),
        "histogram matching": match_histograms(start, other.voxels),
        "ours": made.volume.voxels,
        "the other scanner": other.voxels,
    }
    for name, hu in methods.items():
        numbers = judged(hu, truth, places)
        yield name, numbers | {"s": seconds if name == "ours" else np.nan}
    yield "asked", {"noise": wanted.noise_hu, "MTF50": mtf50(wanted)}


def blurred(hu: np.ndarray, pair: Pair, grid: Grid) -> np.ndarray:
    """A Gaussian blur that makes the points as wide as the other scanner's, where it can."""
    own, wanted = pair.scanner, pair.target
    wide = [
        np.sqrt(max(b**2 - a**2, 0)) / mm
        for a, b, mm in zip(
            (own.slice_mm / 2.355, own.psf_mm, own.psf_mm),
            (wanted.slice_mm / 2.355, wanted.psf_mm, wanted.psf_mm),
            grid.spacing_mm,
            strict=True,
        )
    ]
    return gaussian_filter(hu, wide, mode="nearest")


def judged(made: np.ndarray, truth: Volume, places: dict[str, np.ndarray]) -> dict[str, float]:
    """How near a picture comes to the truth (PSNR, bias in HU), its noise and its resolution."""
    hu = np.asarray(made, np.float32)
    error = np.clip(hu, LOW, HIGH) - np.clip(truth.voxels.astype(np.float32), LOW, HIGH)
    whole = Volume(np.clip(np.rint(hu), -1024, 3071).astype(np.int16), truth.grid)
    noise = measure_noise(whole, silent())
    sharp = measure_sharpness(whole, noise.hu if noise else 5.0, silent())

    def psnr(part: np.ndarray) -> float:
        return float(10 * np.log10((HIGH - LOW) ** 2 / np.mean(part**2)))

    out = {"PSNR": psnr(error), "edge PSNR": psnr(error[places["edge"]])}
    for name in ("air", "fat", "blood"):
        part = error[places[name]]
        out[name] = float(part.mean()) if part.size > 50 else np.nan
    out["noise"] = noise.hu if noise else np.nan
    out["MTF50"] = sharp.mtf50_per_mm or np.nan
    return out


def main() -> int:
    """Print a table: the mean over people for each pair and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one person only")
    people = [
        Person(make_scene(region, seed, spacing_mm=FINE_MM, shape=SHAPE), seed)
        for region, seed in PEOPLE[: 1 if parser.parse_args().quick else None]
    ]
    print(
        "| pair | method | PSNR | edge PSNR | noise (HU) | MTF50 (1/mm) | air (HU) | fat (HU) "
        "| blood (HU) | s |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for pair in PAIRS:
        found: dict[str, list[dict[str, float]]] = {}
        for person in people:
            for method, numbers in rows(person, pair):
                found.setdefault(method, []).append(numbers)
        for method, each in found.items():
            cells = []
            for name in COLUMNS:
                known = [e[name] for e in each if np.isfinite(e.get(name, np.nan))]
                form = {"MTF50": ".3f", "PSNR": ".2f", "edge PSNR": ".2f"}.get(name, ".1f")
                form = "+" + form if name in ("air", "fat", "blood") else form
                cells.append(f"{np.mean(known):{form}}" if known else "")
            print(f"| {pair.name} | {method} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
