"""Where the vessel tree starts: the aorta, or the points that a person clicked."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from viewer.enhance.blobs import Chain, axis_first
from viewer.enhance.coarse import Coarse
from viewer.enhance.great_vessels import GreatVessels
from viewer.volume.grid import Grid

ASCENDING_RADIUS_MM = 9.0
VEIN_RADIUS_MM = 5.0
CAVA_RADIUS_MM = 12.0
IN_FRONT_MM = 60.0
BESIDE_MM = 40.0
ARCH_RADIUS_MM = 4.0
ARCH_DROP_MM = 15.0


def tube(chain: Chain, found_on: Coarse, grid: Coarse, share: float = 0.8) -> np.ndarray:
    """The disks of a chain, `share` of their radius, on another coarse grid of the same volume."""
    order = list(axis_first(chain.axis))
    spacing = np.array(grid.spacing_mm)[order]
    scale = np.array(found_on.spacing_mm)[order] / spacing
    spots: np.ndarray = (chain.spots[:, order] + 0.5) * scale - 0.5
    radius = chain.spots[:, 3] * share
    out = np.zeros(grid.hu.shape, bool)
    planes = out.transpose(order)
    levels: np.ndarray = spots[:, 0]
    half = float(scale[0]) / 2
    low = max(0, int(np.floor(float(levels.min()) - half)))
    high = min(len(planes) - 1, int(np.ceil(levels.max() + half)))
    height, width = planes[0].shape
    rows = np.arange(height)[:, None] * spacing[1]
    columns = np.arange(width)[None, :] * spacing[2]
    for k in range(low, high + 1):
        y, x, r = (np.interp(k, levels, v) for v in (spots[:, 1], spots[:, 2], radius))
        away = (rows - y * spacing[1]) ** 2 + (columns - x * spacing[2]) ** 2
        planes[k] |= away <= max(r, 0.6 * spacing[1]) ** 2
    return out


def tubes(chains: list[Chain], found_on: Coarse, grid: Coarse, share: float) -> np.ndarray:
    """The disks of several chains together (bool)."""
    out = np.zeros(grid.hu.shape, bool)
    for chain in chains:
        out |= tube(chain, found_on, grid, share)
    return out


def arterial_chains(great: GreatVessels) -> list[Chain]:
    """The chains that belong to the aorta: the best, its other limb, and one as good behind it.

    A dissected or stented aorta has two long chains, and the better one may be the ascending.
    Tubes of a guess are all taken.
    """
    if great.guessed:
        return list(great.chains)
    best = great.chains[0]
    spacing = great.coarse.spacing_mm
    chosen = [best]
    for chain in great.chains[1:]:
        left = (chain.spots[:, 2].mean() - best.spots[:, 2].mean()) * spacing[2]
        back = (chain.spots[:, 1].mean() - best.spots[:, 1].mean()) * spacing[1]
        behind = chain.score > 0.6 * best.score and left > -5 and back > 15
        limb = (
            min(chain.radius_mm, best.radius_mm) > ASCENDING_RADIUS_MM
            and chain.radius_mm > 0.9 * best.radius_mm
            and back < -15
            and abs(chain.hu - best.hu) < 0.1 * best.hu
            and joined_above(great, chain, best)
        )
        if behind or limb:
            chosen.append(chain)
    return chosen


def venous_chains(great: GreatVessels, arterial: list[Chain]) -> list[Chain]:
    """Wide chains whose blood differs from that of every arterial chain (vena cava, pulmonary)."""
    return [
        chain
        for chain in great.chains
        if chain.radius_mm > VEIN_RADIUS_MM
        and all(chain is not a and abs(chain.hu - a.hu) > 0.1 * a.hu for a in arterial)
    ]


def enhanced_veins(
    great: GreatVessels, arterial: list[Chain], level_at: Callable[[float], float]
) -> list[Chain]:
    """Chains near the arterial ones, as bright as blood and no wider than a vena cava.

    `level_at` gives the HU a share of the way from tissue to blood. Farther to the sides lie the
    poles of the kidneys, farther to the front loops of bowel; both are as round.
    """
    spacing = great.coarse.spacing_mm

    def beside(chain: Chain, other: Chain) -> bool:
        way = chain.spots[:, 1:3].mean(axis=0) - other.spots[:, 1:3].mean(axis=0)
        front, side = np.abs(way * spacing[1:])
        return bool(front < IN_FRONT_MM and side < BESIDE_MM)

    return [
        chain
        for chain in great.chains
        if chain.radius_mm < CAVA_RADIUS_MM
        and level_at(0.6) < chain.hu < level_at(1.15)
        and all(chain is not a for a in arterial)
        and any(beside(chain, a) for a in arterial)
    ]


def joined_above(great: GreatVessels, one: Chain, other: Chain) -> bool:
    """Whether two chains meet through blood over an arch, near the lower of their tops."""
    grid = great.coarse
    floor = min(one.spots[-1, 0], other.spots[-1, 0]) - ARCH_DROP_MM / grid.spacing_mm[0]
    start = max(0, int(floor))
    half = 50 + 0.5 * (min(one.hu, other.hu) - 50)
    top = 1.3 * max(one.hu, other.hu) + 30
    part = grid.hu[start:]
    blood = (part > half) & (part < top)
    depth = ndimage.distance_transform_edt(blood, grid.spacing_mm)
    labels, _ = ndimage.label(depth > ARCH_RADIUS_MM)
    first = labels[tube(one, grid, grid, 0.4)[start:]]
    second = labels[tube(other, grid, grid, 0.4)[start:]]
    return bool(np.intersect1d(first[first > 0], second[second > 0]).size)


def clicked(seeds_lps: np.ndarray, volume_grid: Grid, grid: Coarse) -> np.ndarray:
    """Blocks at points (n,3) that a person clicked, with their neighbors (bool)."""
    out = np.zeros(grid.hu.shape, bool)
    points = np.atleast_2d(np.asarray(seeds_lps, dtype=np.float64))
    held = [p for p in points if volume_grid.holds(p)]
    if held:
        index = np.rint(volume_grid.index(np.array(held)))
        out[tuple(grid.blocks_at(index).T)] = True
    return ndimage.binary_dilation(out, iterations=2)
