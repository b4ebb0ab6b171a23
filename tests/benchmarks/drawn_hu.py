"""How far the mean HU of neighboring circles in even tissue lie apart, and what was told of them.

Run it from a checkout: `python -m tests.benchmarks.drawn_hu SCAN ...`.
"""

import sys
from pathlib import Path

import numpy as np

from viewer.geometry.drawn import Drawing, circle
from viewer.geometry.drawn_numbers import measured
from viewer.progress import Progress
from viewer.volume.files import read_volume
from viewer.volume.volume import Volume

RADII_MM = (3.0, 5.0, 8.0)
PAIRS = 1500
EVEN_SHARE = 0.12  # the pairs with the least spread
TISSUE_HU = (20, 150)


def circle_at(volume: Volume, middle: np.ndarray, radius_mm: float) -> tuple[float, float, float]:
    """Mean HU, its told deviation, and the spread inside a circle in the slice's plane."""
    matrix = volume.grid.lps_from_index
    ways = np.array([matrix[:3, axis] / np.linalg.norm(matrix[:3, axis]) for axis in (2, 1)])
    points = middle + circle(np.zeros(2), radius_mm) @ ways
    normal = tuple(np.cross(*ways).tolist())
    numbers = measured(
        Drawing("ellipse", "E1", tuple(map(tuple, points.tolist())), normal), volume
    ).numbers
    return numbers["mean HU"].value, numbers["mean HU"].sd, numbers["SD HU"].value


def pairs(volume: Volume, radius_mm: float) -> np.ndarray:
    """Differences of means, told deviations, and spreads (n,3) of touching circles in even tissue.

    A difference is divided by the root of two, as it holds the errors of both.
    """
    rng = np.random.default_rng(0)
    step = np.array([1, 4, 4])
    few = volume.voxels[:, ::4, ::4]
    places = np.argwhere((few > TISSUE_HU[0]) & (few < TISSUE_HU[1])) * step
    right = volume.grid.lps_from_index[:3, 2] / volume.grid.spacing_mm[2]
    rows = []
    for place in rng.choice(places, min(PAIRS, len(places)), replace=False):
        middle = volume.grid.points_lps(place)
        both = [circle_at(volume, middle + side * radius_mm * right, 0.98 * radius_mm)
                for side in (-1, 1)]  # fmt: skip
        (one, sd, spread), (other, sd_other, spread_other) = both
        if np.isfinite(one + other):
            apart = (one - other) / np.sqrt(2)
            rows.append((apart, (sd + sd_other) / 2, max(spread, spread_other)))
    found = np.array(rows)
    return found[found[:, 2] <= np.quantile(found[:, 2], EVEN_SHARE)]


def main(paths: list[str]) -> None:
    """Print a row for each scan and radius."""
    print(f"{'scan':30s} radius mm  pairs  spread  told  seen  within two deviations")
    for path in paths:
        volume = read_volume(Path(path), Progress())
        for radius_mm in RADII_MM:
            apart, told, spread = pairs(volume, radius_mm).T
            seen = 1.4826 * np.median(np.abs(apart))
            within = 100 * np.mean(np.abs(apart) < 2 * told)
            print(
                f"{Path(path).parent.name[:30]:30s} {radius_mm:9.0f} {len(apart):6d} "
                f"{np.median(spread):7.1f} {np.median(told):5.1f} {seen:5.1f} {within:10.0f} %",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
