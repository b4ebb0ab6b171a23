"""Where in the standard adult the vessels of an organ branch out: egg-shaped parts of it."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

# Center and half axes (mm, standard frame) of egg shapes, well inside the organs, so that twigs
# stay in them.
_Egg = tuple[tuple[float, float, float], tuple[float, float, float]]
TERRITORIES: Mapping[str, tuple[_Egg, ...]] = MappingProxyType(
    {
        "liver": (((-84, 0, 132), (48, 60, 50)), ((-28, -36, 140), (48, 36, 30))),
        "right liver": (((-90, 6, 132), (44, 56, 52)),),
        "left liver": (((-24, -40, 140), (46, 32, 28)),),
        "spleen": (((97, 43, 130), (18, 26, 36)),),
        "left kidney": (((58, 44, 84), (22, 22, 46)),),
        "right kidney": (((-58, 44, 72), (22, 22, 46)),),
        "left lung": (((97, 24, 250), (35, 55, 61)), ((73, 30, 312), (31, 40, 53))),
        "right lung": (((-91, 24, 246), (39, 55, 57)), ((-73, 30, 312), (31, 40, 53))),
        "brain": (((0, 8, 600), (60, 76, 46)),),
        "left hemisphere": (((40, -2, 592), (24, 50, 40)),),
        "right hemisphere": (((-40, -2, 592), (24, 50, 40)),),
        "left parietal brain": (((14, -20, 610), (11, 46, 34)),),
        "right parietal brain": (((-14, -20, 610), (11, 46, 34)),),
        "occipital brain": (((0, 54, 582), (44, 26, 30)),),
        "gut": (((42, -36, 44), (46, 22, 46)),),
        "colon": (((-64, -30, 30), (30, 24, 50)),),
    }
)


def sample(territory: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Random points (count,3) in a territory, in the standard frame, evenly spread."""
    eggs = TERRITORIES[territory]
    size = np.array([np.prod(half) for _, half in eggs])
    which = rng.choice(len(eggs), count, p=size / size.sum())
    heading = rng.normal(size=(count, 3))
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    inside = heading * rng.uniform(0, 1, (count, 1)) ** (1 / 3)
    centers, halves = np.array([c for c, _ in eggs], float), np.array([h for _, h in eggs], float)
    return centers[which] + inside * halves[which]
