"""Where along the aorta its parts begin and end, and what was recognized around it."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.names_aorta import Aorta, Side, aortas
from viewer.geometry.names_arch import arch_sides
from viewer.geometry.names_belly import Belly, recognize
from viewer.geometry.names_heart import coronary_sides
from viewer.geometry.names_ways import Way, Ways
from viewer.geometry.tree import VesselTree
from viewer.volume.grid import Grid

EDGE_MM = 4.0
ROOT_MM = 42.0
BULGE, RISE = 1.06, 1.02  # below and above the sinotubular junction, by the width there
RISE_MM, NEAR_MM = 20.0, 5.0
HIATUS_MM = 20.0  # above the celiac trunk: the aorta at the diaphragm (Hiratzka 2010, figure)
ISTHMUS_MM = 20.0  # beyond the left subclavian artery (the same)
CELIAC_MM = 15.0  # above the superior mesenteric artery, where the celiac trunk is not seen


@dataclass(frozen=True, eq=False)
class Place:
    """A distance along the aorta in mm, and how it was found."""

    s_mm: float
    how: str


@dataclass(frozen=True, eq=False)
class Reading:
    """An aorta (or a piece of it) with what was recognized: all that names are given from.

    The places are None where nothing shows them; `valve` is the aorta's start at the heart,
    `whole` says that the scan does not cut it off.
    """

    aorta: Aorta
    arch: tuple[Side, ...]
    belly: Belly
    whole: bool = False
    valve: Place | None = None
    junction: Place | None = None
    arch_from: Place | None = None
    arch_to: Place | None = None
    diaphragm: Place | None = None
    bifurcation: Place | None = None


def read(tree: VesselTree, grid: Grid | None = None) -> tuple[Ways, tuple[Reading, ...]]:
    """The ways of a tree and its aorta, in pieces where a scan shows it in pieces.

    `grid` tells where the scan ends, so that an end of the aorta there is not taken for its own.
    """
    ways = Ways(tree)
    return ways, tuple(_reading(ways, aorta, grid) for aorta in aortas(ways))


def at_border(grid: Grid | None, point_lps: np.ndarray, radius_mm: float) -> bool:
    """Whether a vessel's end lies where the scan ends."""
    if grid is None:
        return False
    index = grid.index(point_lps)
    far = np.minimum(index, np.array(grid.shape) - 1 - index) * np.array(grid.spacing_mm)
    return bool(far.min() < EDGE_MM + 0.7 * radius_mm)


def _reading(ways: Ways, aorta: Aorta, grid: Grid | None) -> Reading:
    arch = tuple(arch_sides(ways, aorta))
    way = aorta.way
    start, end = _arch_ends(aorta, arch)
    low = end.s_mm + 30.0 if end else way.length_mm if aorta.rising else 0.0
    belly = recognize(ways, aorta, low)
    cut = at_border(grid, way.points_lps[0], way.radius_at(0.0))
    valve = junction = None
    if aorta.rising and not cut:
        sides = coronary_sides(ways, aorta)
        valve, junction = _root(way, [min(s.s_mm for s in each) for each in sides if each])
    return Reading(
        aorta,
        arch,
        belly,
        aorta.rising and not cut,
        valve,
        junction,
        start,
        end,
        _diaphragm(belly),
        Place(way.length_mm, "where the aorta parts into the iliac arteries")
        if aorta.forks
        else None,
    )


def _arch_ends(aorta: Aorta, arch: tuple[Side, ...]) -> tuple[Place | None, Place | None]:
    """Where the arch begins and ends: at its first and last artery, else by its shape."""
    if aorta.arch_mm is None:
        return None, None
    if len(arch) >= (2 if aorta.rising else 3):
        first, last = arch[0], arch[-1]
        return (
            Place(max(first.s_mm - first.caliber_mm, 0.0), "at the first artery of the arch"),
            Place(last.s_mm + last.caliber_mm, "at the last artery of the arch"),
        )
    how = "where the aorta runs more level than upright, as the mask shows no arteries of the arch"
    return Place(aorta.arch_mm[0], how), Place(aorta.arch_mm[1], how)


def _root(way: Way, coronaries_mm: list[float]) -> tuple[Place | None, Place | None]:
    """The valve and the sinotubular junction, where the root surely bulges; else none.

    A mask may end in a widened ascending aorta, which tapers too. A junction is a waist, above
    which the aorta is wider again, or it has the origins of both coronary arteries below it.
    """
    even = np.arange(0.0, min(ROOT_MM + RISE_MM, way.length_mm), 0.5)
    if len(even) < 20:
        return None, None
    radius = np.interp(even, way.s_mm, way.radius_mm)
    width = np.ones(7) / 7
    radius = np.convolve(np.pad(radius, 3, mode="edge"), width, mode="valid")
    top = int(np.argmax(radius[: int(28 / 0.5)]))
    after = radius[top : int(ROOT_MM / 0.5)]
    low = top + int(np.argmin(after[: int(20 / 0.5)]))
    if radius[top] < BULGE * radius[low] or low <= top:
        return None, None
    how = "the narrowest place above the bulge of the sinuses"
    below = [s for s in coronaries_mm if s < even[low] + NEAR_MM]
    if len(below) == 2:
        how += ", from which the coronary arteries leave"
    elif radius[low:].max() < RISE * radius[low]:
        return None, None
    return Place(0.0, "the aorta's end at the heart"), Place(float(even[low]), how)


def _diaphragm(belly: Belly) -> Place | None:
    """The aorta at the diaphragm, by the artery of the belly below it."""
    if belly.celiac:
        return Place(
            max(belly.celiac.s_mm - HIATUS_MM, 0.0), f"{HIATUS_MM:g} mm above the celiac trunk"
        )
    if belly.mesenteric:
        above = HIATUS_MM + CELIAC_MM
        how = f"{above:g} mm above the superior mesenteric artery, as no celiac trunk is seen"
        return Place(max(belly.mesenteric.s_mm - above, 0.0), how)
    return None
