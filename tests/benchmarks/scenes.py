"""Times the making and the rendering of made-up scenes, region by region.

Run it from a checkout: `OMP_NUM_THREADS=1 python -m tests.benchmarks.scenes [--seeds N]`. Prints
the lines of a table for docs/use/speed.md: processor seconds of one core, the median of all seeds.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.regions import REGIONS
from viewer.phantom.scanner import make_scanner, shoot
from viewer.training.scenes import packed, scene_patch

SIDE, SPACING_MM = 96, 1.0
FIRST_SEED = 40


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds that a work takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def timed(region: str, seed: int, folder: Path) -> tuple[float, float, float]:
    """Seconds of making one scene, of its scan, and of its rendering for training."""
    rng = np.random.default_rng([seed, 9])
    shape = (SIDE, SIDE, SIDE)
    begun = time.process_time()
    scene = make_scene(region, seed, spacing_mm=SPACING_MM, shape=shape)
    made = time.process_time() - begun
    look, scanner = make_appearance(rng), make_scanner(rng)
    path = folder / "scene.npy"
    np.save(path, packed(scene), allow_pickle=False)
    return (
        made,
        seconds_of(lambda: shoot(scene, look, scanner, rng)),
        seconds_of(lambda: scene_patch(path, rng, size=SIDE)),
    )


def main() -> None:
    """Print a line a region, and the worst of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    count = parser.parse_args().seeds
    torch.set_num_threads(1)
    print("| region | making | scan of it | rendering for training |\n|---|---|---|---|")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        timed("tree", 0, Path(place))  # what is loaded and laid out once
        for name, region in REGIONS.items():
            timed(name, 0, Path(place))
            seeds = range(FIRST_SEED, FIRST_SEED + count)
            rows.append(np.median([timed(name, seed, Path(place)) for seed in seeds], axis=0))
            print(f"| {region.title} | {' | '.join(f'{s:.2f} s' for s in rows[-1])} |", flush=True)
    for word, of in (("median", np.median), ("worst", np.max)):
        print(f"| **{word}** | {' | '.join(f'{s:.2f} s' for s in of(rows, axis=0))} |")


if __name__ == "__main__":
    main()
