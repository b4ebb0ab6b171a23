"""How true cross-sections are, and how true their error bars, on vessels with known sizes.

Run it from a checkout: `python -m tests.benchmarks.sections [--trials 500]`. Every trial draws a
vessel, a grid turned any way, a blur that the program is not told, and noise; one section of each
vessel is compared with the truth.
"""

import argparse
import sys
from collections import defaultdict
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from viewer.geometry.section import Sections
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree import VesselTree
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import curved_tube, straight_tube
from viewer.volume.volume import Volume

TOLD = ("area_mm2", "diameter_equivalent_mm", "diameter_min_mm", "diameter_max_mm")
TOLD = (*TOLD, "inscribed_radius_mm")
BANDS_MM = (0.0, 1.5, 2.5, 5.0, 30.0)


def vessel(rng: np.random.Generator) -> tuple[VesselTree, float]:
    """A straight or bent vessel and its radius (mm): thin ones as often as thick ones."""
    radius = float(np.exp(rng.uniform(np.log(1.0), np.log(15.0))))
    if rng.random() < 0.5:
        return straight_tube(max(20.0, 5 * radius), radius), radius
    return curved_tube(rng.uniform(4, 8) * radius + 5, radius, 0.7), radius


def grained(volume: Volume, noise_hu: float, rng: np.random.Generator) -> Volume:
    """The volume with noise that hangs together over about a voxel, as a scanner's does."""
    noise = gaussian_filter(rng.standard_normal(volume.grid.shape, np.float32), 0.6)
    noise *= noise_hu / noise.std()
    return Volume(np.rint(volume.voxels + noise).astype(np.int16), volume.grid)


def trial(seed: int) -> tuple[Sections, int, float]:
    """The sections of one drawn vessel, the number of the one to look at, and the true radius."""
    rng = np.random.default_rng(seed)
    tree, radius = vessel(rng)
    voxel = rng.uniform(0.3, 0.9) if radius < 6 else rng.uniform(0.6, 0.9)
    spacing = (voxel * rng.uniform(1.0, 1.6), voxel, voxel)
    grid = grid_around(tree, spacing, turned=Rotation.random(random_state=seed).as_matrix())
    noise = rng.uniform(5.0, 30.0)
    volume, mask = render(
        tree,
        grid,
        lumen_hu=rng.uniform(250, 500),
        background_hu=rng.uniform(-60, 60),
        blur_mm=voxel * rng.uniform(0.4, 0.9),
    )
    volume = grained(volume, noise, rng)
    branch = tree.branches[0]
    beside = branch.points_lps + rng.normal(0, 0.1 * radius, 3)
    rough = branch.radius_mm * rng.uniform(0.8, 1.2)
    sections = measure_sections(volume, beside, rough, mask=mask, noise_hu=noise)
    count = len(sections.frames.points_lps)
    return sections, int(rng.integers(count // 4, 3 * count // 4)), radius


def main() -> int:
    """Print bias and coverage by radius for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    wanted = parser.parse_args()
    errors = defaultdict(list)
    for n in range(wanted.first, wanted.first + wanted.trials):
        sections, at, radius = trial(n)
        truth = dict.fromkeys(TOLD, 2 * radius)
        truth |= {"area_mm2": np.pi * radius**2, "inscribed_radius_mm": radius}
        for name in TOLD:
            value, sd = float(sections.values[name][at]), float(sections.sd[name][at])
            errors[name].append((radius, value / truth[name] - 1, (value - truth[name]) / sd))
    print("| number | radius (mm) | trials | bias | spread | within 2 sd | z sd |")
    print("|---|---|---|---|---|---|---|")
    for name, rows in errors.items():
        radius, share, z = np.array(rows).T
        for low, high in (*pairwise(BANDS_MM), (0.0, 99.0)):
            own = (radius >= low) & (radius < high) & np.isfinite(z)
            lost = np.count_nonzero((radius >= low) & (radius < high)) - own.sum()
            print(
                f"| {name} | {low:g} to {high:g} | {own.sum()} (+{lost} without) "
                f"| {100 * np.mean(share[own]):+.1f} % | {100 * np.std(share[own]):.1f} % "
                f"| {100 * np.mean(np.abs(z[own]) <= 2):.0f} % | {np.std(z[own]):.2f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
