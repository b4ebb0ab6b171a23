"""The great vessels of a scan: which chains of round spots are enhanced blood."""

from dataclasses import dataclass

import numpy as np

from viewer.enhance.blobs import Chain, chains, spots
from viewer.enhance.coarse import Coarse, body, coarse
from viewer.progress import Progress
from viewer.volume.volume import Volume

LEAST_HU, MOST_HU = 90.0, 950.0
LENGTH_MM = 25.0


@dataclass(frozen=True, eq=False)
class GreatVessels:
    """Chains on a coarse grid, the best (in general the aorta) first; `inside` is the body."""

    coarse: Coarse
    inside: np.ndarray
    chains: tuple[Chain, ...]
    others: tuple[Chain, ...]

    @property
    def blood_hu(self) -> float | None:
        """Median HU inside the best chain."""
        return self.chains[0].hu if self.chains else None

    @property
    def blood_sd_hu(self) -> float | None:
        """Spread along and inside the best chain."""
        if not self.chains:
            return None
        spots = self.chains[0].spots
        along = 1.4826 * float(np.median(np.abs(spots[:, 4] - np.median(spots[:, 4]))))
        return float(np.hypot(along, np.median(spots[:, 5])))


def find_great_vessels(volume: Volume, progress: Progress) -> GreatVessels:
    """The chains of round spots that look like enhanced blood, on a grid of about 2 mm.

    Scans without a great vessel in the field (head, leg) are looked at again at 1.2 mm.
    """
    found = vessels_at(volume, 2.0, progress.part(0, 0.6))
    if found.chains or min(volume.grid.spacing_mm) > 1.2:
        return found
    return vessels_at(volume, 1.2, progress.part(0.6, 1.0))


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
            and float(np.median(chain.spots[:, 5])) < 8 + 0.1 * chain.hu
            and chain.length_mm(grid.spacing_mm[0]) >= shortest
            and chain.score >= min(10.0, 0.3 * shortest)
        )

    def worth(chain: Chain) -> float:
        side = (float(chain.spots[:, 2].mean()) - middle) * grid.spacing_mm[2]
        return chain.score / (1 + (side / 60) ** 2) * (0.6 if side < -15 else 1.0)

    good = sorted((c for c in every if blood(c)), key=worth, reverse=True)
    rest = tuple(c for c in every if not blood(c))
    return GreatVessels(grid, inside, tuple(good), rest)


def lateral_middle(inside: np.ndarray) -> float:
    """The middle of the body from right to left (index on the coarse grid)."""
    columns = np.flatnonzero(inside.any(axis=(0, 1)))
    return float(columns.mean()) if len(columns) else inside.shape[2] / 2
