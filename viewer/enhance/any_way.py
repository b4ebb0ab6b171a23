"""Bright tubes that run any way: where to start in a scan without a recognized great vessel."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from viewer.enhance.blobs import Chain, axis_first, chains, spots
from viewer.enhance.noise import plane_noise_hu
from viewer.progress import Progress, silent

Spacing = tuple[float, float, float]

TISSUE_HU = 50.0
FAINTEST_HU = (90.0, 150.0, 150.0)  # along the body, where vessels run, fainter ones are believed
MOST_HU = 950.0
NARROWEST_BLOCKS, WIDEST_MM = 1.6, 15.0  # radius
LENGTH_MM, SCORE_MM = 15.0, 8.0
STRONG_MM, STRONG = 16.0, 200.0  # score or worth of the best
SLENDER = 3.0  # of the length to the radius
FREE = 0.6  # of the rim that is darker than half way to blood
RIM_MM, ANGLES = 2.5, 16
QUIET_HU = 3.0
EVEN = 1.6  # of the spread inside to the noise
ALIKE = 0.3  # how much the blood of two tubes may differ


def tubes_any_way(
    hu: np.ndarray, inside: np.ndarray, spacing_mm: Spacing, noise_hu: float, progress: Progress
) -> list[Chain]:
    """Chains of round spots along all three axes that stand out like vessels, the best first.

    `hu` float32 on the coarse grid, `inside` the body. A vessel is slender, free on its sides, as
    even inside as the noise lets it be and brighter than what else is even; bone is uneven, organs
    are wide, bowel holds a mixture. All that are like the best are kept, because the arteries of
    both sides do not meet in the scan. Empty where none is strong.
    """
    found: list[Chain] = []
    for axis in range(3):
        part = progress.part(axis / 3, (axis + 1) / 3)
        found += along(hu, inside, spacing_mm, axis, noise_hu, part)
    if not found:
        return []
    best = max(found, key=lambda chain: worth(chain, noise_hu))
    if best.score < STRONG_MM and worth(best, noise_hu) < STRONG:
        return []
    kept = [c for c in found if same_blood(c, best, noise_hu)]
    return sorted(kept, key=lambda chain: worth(chain, noise_hu), reverse=True)


def same_blood(chain: Chain, other: Chain, noise_hu: float) -> bool:
    """Whether a chain is about as bright and as even as another."""
    alike = abs(chain.hu - other.hu) < ALIKE * (other.hu - TISSUE_HU)
    return alike and chain.spread_hu < EVEN * max(noise_hu, other.spread_hu)


def tube_noise_hu(hu: np.ndarray, spacing_mm: Spacing) -> float:
    """The noise of a coarse grid, at least `QUIET_HU`."""
    return float(np.fmax(plane_noise_hu(hu, spacing_mm, silent()), QUIET_HU))


def worth(chain: Chain, noise_hu: float) -> float:
    """How much a chain is like a vessel: its length, its contrast and how even it is."""
    uneven = chain.spread_hu / noise_hu
    return chain.score * float(np.sqrt(chain.hu - TISSUE_HU)) / max(1.0, uneven)


def along(
    hu: np.ndarray,
    inside: np.ndarray,
    spacing_mm: Spacing,
    axis: int,
    noise_hu: float,
    progress: Progress,
) -> list[Chain]:
    """The chains along one axis that stand out like vessels."""
    order = axis_first(axis)
    planes, body = (np.ascontiguousarray(a.transpose(order)) for a in (hu, inside))
    spacing = (spacing_mm[order[0]], spacing_mm[order[1]], spacing_mm[order[2]])
    narrowest = NARROWEST_BLOCKS * max(spacing[1:])
    rows = spots(planes, body, spacing, progress.part(0, 0.7), narrowest)
    most = EVEN * noise_hu + 0.05 * rows[:, 4]
    likely = (rows[:, 3] < WIDEST_MM) & (rows[:, 5] < most) & (rows[:, 4] < MOST_HU)
    rows = rows[likely & (rows[:, 4] > FAINTEST_HU[axis])]
    rows = rows[free_share(planes, rows, spacing) > FREE]
    out = []
    for chain in chains(rows, spacing, progress.part(0.7, 1.0)):
        length = chain.length_mm(spacing)
        if length < max(LENGTH_MM, SLENDER * chain.radius_mm) or chain.score < SCORE_MM:
            continue
        turned = chain.spots.copy()
        turned[:, list(order)] = chain.spots[:, :3]
        out.append(replace(chain, spots=turned, axis=axis))
    return out


def free_share(planes: np.ndarray, rows: np.ndarray, spacing_mm: Spacing) -> np.ndarray:
    """The share of the rim around spots (n,8) that is darker than half way to their blood (n,)."""
    angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    reach = rows[:, 3:4] + RIM_MM
    y = rows[:, 1:2] + reach * np.sin(angle) / spacing_mm[1]
    x = rows[:, 2:3] + reach * np.cos(angle) / spacing_mm[2]
    slices = np.broadcast_to(rows[:, 0:1], y.shape)
    rim = ndimage.map_coordinates(planes, [slices, y, x], order=1, mode="nearest")
    return np.asarray((rim < (TISSUE_HU + rows[:, 4:5]) / 2).mean(axis=1))
