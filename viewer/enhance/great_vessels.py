"""The great vessels of a scan: which chains of round spots are enhanced blood."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.enhance.any_way import same_blood, tube_noise_hu, tubes_any_way, worth
from viewer.enhance.blobs import Chain, chains, spots
from viewer.enhance.coarse import Coarse, body, coarse
from viewer.progress import Progress
from viewer.volume.volume import Volume

COARSE_MM, FINE_MM = 2.0, 1.2
LEAST_HU, MOST_HU = 90.0, 950.0
LENGTH_MM = 25.0
# Radius of a great vessel, of what is hardly another than the aorta, of what may be an organ.
GREAT_MM, AORTA_MM, WIDE_MM = 5.0, 8.0, 18.0
GREAT_LENGTH_MM = 80.0
BALL = 2.5  # of the length to the radius; less has what is as long as wide
WHOLE_FIELD = 0.8


@dataclass(frozen=True, eq=False)
class GreatVessels:
    """Chains on a coarse grid, the best (in general the aorta) first; `inside` is the body.

    `guessed` says that none was recognized: the chains are then bright tubes that run any way.
    """

    coarse: Coarse
    inside: np.ndarray
    chains: tuple[Chain, ...]
    guessed: bool = False

    @property
    def blood_hu(self) -> float | None:
        """Median HU inside the best chain."""
        return self.chains[0].hu if self.chains else None

    @property
    def blood_sd_hu(self) -> float | None:
        """Spread along and inside the best chain."""
        if not self.chains:
            return None
        best = self.chains[0]
        along = 1.4826 * float(np.median(np.abs(best.spots[:, 4] - best.hu)))
        return float(np.hypot(along, best.spread_hu))


def find_great_vessels(volume: Volume, progress: Progress) -> GreatVessels:
    """The chains of round spots that look like enhanced blood, on a grid of about 2 mm.

    Scans without a great vessel in the field (head, leg) are looked at again at 1.2 mm. Where the
    best chain is not as wide and as long as a great vessel, tubes that run any way are taken in
    its stead, if they are better.
    """
    found = wide = vessels_at(volume, COARSE_MM, progress.part(0, 0.4))
    if is_great(found):
        return found
    if not found.chains and min(volume.grid.spacing_mm) <= FINE_MM:
        found = vessels_at(volume, FINE_MM, progress.part(0.4, 0.6))
    hu, spacing = wide.coarse.hu, wide.coarse.spacing_mm
    noise = tube_noise_hu(hu, spacing)
    tubes = tubes_any_way(hu, wide.inside, spacing, noise, progress.part(0.6, 1.0))
    if not tubes:
        return found
    for number, chain in enumerate(found.chains):
        trunk = chain.radius_mm > (AORTA_MM if number else GREAT_MM)
        trunk &= same_blood(chain, tubes[0], noise)
        better = number == 0 and worth(chain, noise) > worth(tubes[0], noise)
        if (trunk or better) and is_slender(chain, found.coarse):
            return found
    return replace(wide, chains=tuple(tubes), guessed=True)


def is_great(found: GreatVessels) -> bool:
    """Whether the best chain is as wide and as long as a great vessel and no loop of bowel."""
    if not found.chains:
        return False
    best = found.chains[0]
    long = best.length_mm(found.coarse.spacing_mm) >= GREAT_LENGTH_MM
    return long and GREAT_MM < best.radius_mm < WIDE_MM and is_slender(best, found.coarse)


def is_slender(chain: Chain, grid: Coarse) -> bool:
    """Whether a chain is longer than wide, or as long as the scan."""
    field_mm = grid.hu.shape[0] * grid.spacing_mm[0]
    least = min(BALL * chain.radius_mm, WHOLE_FIELD * field_mm)
    return chain.length_mm(grid.spacing_mm) >= least


def vessels_at(volume: Volume, target_mm: float, progress: Progress) -> GreatVessels:
    """The chains found on a grid of about `target_mm`."""
    grid = coarse(volume, target_mm, progress.part(0, 0.2))
    inside = body(grid.hu, grid.spacing_mm, progress.part(0.2, 0.3))
    rows = spots(grid.hu, inside, grid.spacing_mm, progress.part(0.3, 0.9))
    every = chains(rows, grid.spacing_mm, progress.part(0.9, 1.0))
    field = grid.hu.shape[0] * grid.spacing_mm[0]
    shortest = min(LENGTH_MM, 0.25 * field)
    middle = lateral_middle(inside)

    def blood(chain: Chain) -> bool:
        return (
            LEAST_HU <= chain.hu <= MOST_HU
            and chain.spread_hu < 8 + 0.1 * chain.hu
            and chain.length_mm(grid.spacing_mm) >= shortest
            and chain.score >= min(10.0, 0.3 * shortest)
        )

    def worth(chain: Chain) -> float:
        side = (float(chain.spots[:, 2].mean()) - middle) * grid.spacing_mm[2]
        return chain.score / (1 + (side / 60) ** 2) * (0.6 if side < -15 else 1.0)

    good = sorted((c for c in every if blood(c)), key=worth, reverse=True)
    return GreatVessels(grid, inside, tuple(good))


def lateral_middle(inside: np.ndarray) -> float:
    """The middle of the body from right to left (index on the coarse grid)."""
    columns = np.flatnonzero(inside.any(axis=(0, 1)))
    return float(columns.mean()) if len(columns) else inside.shape[2] / 2
