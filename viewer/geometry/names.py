"""The names of vessels, by rules on position, size, direction and graph."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from viewer.geometry.names_arch import name_arch_arteries
from viewer.geometry.names_belly import name_belly_arteries
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_heart import name_coronaries, name_pulmonary
from viewer.geometry.names_legs import name_leg
from viewer.geometry.names_places import Reading, read
from viewer.geometry.names_skull import name_from_below
from viewer.geometry.names_ways import Step, Way
from viewer.geometry.names_willis import name_willis
from viewer.geometry.tree import VesselTree
from viewer.volume.grid import Grid

DESCENDING_MM = 200.0  # the part beyond the arch that surely lies above the diaphragm
INFRARENAL_MM = 55.0  # the part above the bifurcation that surely lies below the renal arteries
LEAST_MM = 0.5
THIN = 0.5
NOT_TOLD = "no rule says what this is"


def name_vessels(tree: VesselTree, grid: Grid | None = None) -> tuple[Named, ...]:
    """A name, or "" where none is sure, for every stretch of every branch, by branch and place.

    `grid` is that of the scan: it tells where vessels are cut. An end that lies in it is taken
    for the vessel's own.
    """
    ways, readings = read(tree, grid)
    found: list[Named] = []
    unknown: list[Step] = []
    for reading in readings:
        aorta = reading.aorta
        found += name_aorta(reading)
        named = name_arch_arteries(ways, list(reading.arch), aorta.rising)
        found += named
        if not named:
            unknown += [side.step for side in reading.arch]
        found += name_belly_arteries(ways, reading.belly)
        if aorta.rising and reading.valve:
            found += name_coronaries(ways, aorta)
        for side, step in zip(("left", "right"), aorta.forks or (), strict=False):
            why = f"the {side} one of two alike arteries at the end of the aorta"
            found += name_leg(ways, step, side, 0.9, why)
    sure = {each.branch for each in found}
    own = {s.branch for r in readings for s in r.aorta.way.steps if s.branch in sure}
    loose = [piece for piece in ways.pieces if own.isdisjoint(piece)]
    for piece in loose:
        found += name_pulmonary(ways, piece)
    if not any(r.belly.mesenteric or r.bifurcation or r.aorta.rising for r in readings):
        known = {each.branch for each in found}
        found += name_from_below(ways, [p for p in loose if known.isdisjoint(p)], unknown)
    return _complete(tree, name_willis(ways, found))


def renamed(tree: VesselTree, names: Sequence[Named]) -> VesselTree:
    """The tree whose branches bear the name of their longest named stretch."""
    longest: dict[int, Named] = {}
    for each in names:
        best = longest.get(each.branch)
        if each.name and (best is None or _length(each) > _length(best)):
            longest[each.branch] = each
    return replace(
        tree,
        branches=tuple(
            replace(branch, name=longest[n].name if n in longest else "")
            for n, branch in enumerate(tree.branches)
        ),
    )


def names_borne(tree: VesselTree, grid: Grid | None = None) -> tuple[Named, ...]:
    """The names of `name_vessels`; a branch that bears another one keeps it."""
    found = name_vessels(tree, grid)
    ruled = renamed(tree, found)
    given = {
        n: branch.name
        for n, (branch, other) in enumerate(zip(tree.branches, ruled.branches, strict=True))
        if branch.name and branch.name != other.name
    }
    out = [each for each in found if each.branch not in given]
    for number, name in given.items():
        end_mm = tree.branches[number].length_mm
        out.append(Named(number, 0.0, end_mm, name, 1.0, "so the branch is called in the case"))
    return tuple(sorted(out, key=lambda each: (each.branch, each.from_mm)))


def name_aorta(reading: Reading) -> list[Named]:
    """The parts of the aorta that are surely known."""
    way, out = reading.aorta.way, []
    first, last = _wide(way)
    start = reading.arch_from.s_mm if reading.arch_from else None
    if reading.aorta.rising:
        end = start if start is not None else last
        junction = reading.junction.s_mm if reading.junction else first
        if reading.junction:
            how = f"from the heart to the sinotubular junction, {reading.junction.how}"
            out += give(way, "aortic root", 0.8, how, first, junction)
        why = "the wide vessel that rises in front"
        out += give(way, "ascending aorta", 0.9, why, junction, end)
    low = first
    if reading.arch_from and reading.arch_to:
        low = reading.arch_to.s_mm
        sure = 0.9 if len(reading.arch) > 1 else 0.6
        how = f"begins {reading.arch_from.how}, ends {reading.arch_to.how}"
        out += give(way, "aortic arch", sure, how, reading.arch_from.s_mm, low)
    elif reading.aorta.rising:
        return out
    return out + _name_below(reading, low, last)


def _wide(way: Way) -> tuple[float, float]:
    """The part of an aorta in mm without thin ends, as where a centerline ends in a side vessel."""
    ends = []
    for radius in (way.radius_mm, way.radius_mm[::-1]):
        thick = radius > THIN * float(np.median(way.radius_mm))
        ends.append(int(np.argmax(thick)))
    return float(way.s_mm[ends[0]]), float(way.s_mm[len(way.s_mm) - 1 - ends[1]])


def _name_below(reading: Reading, low: float, last: float) -> list[Named]:
    """The descending and the abdominal aorta from `low` to `last`."""
    way, belly, out = reading.aorta.way, reading.belly, []
    name, why = "descending thoracic aorta", "beyond the arch"
    renal = belly.lowest_renal_mm
    if reading.diaphragm:
        high = max(reading.diaphragm.s_mm, low)
        why = f"above the diaphragm ({reading.diaphragm.how})"
        out += give(way, name, 0.85, why, low, high)
        known = [s.s_mm for s in (belly.celiac, belly.mesenteric) if s]
        end = renal if renal is not None else max(known)
        why = "from the diaphragm to the renal arteries"
        out += give(way, "suprarenal abdominal aorta", 0.85, why, high, end)
    elif reading.arch_to:
        out += give(way, name, 0.8, why, low, low + DESCENDING_MM)
    elif reading.aorta.beside:
        out += give(way, name, 0.6, "a wide upright vessel behind the ascending aorta", low, last)
    if renal is not None and (reading.diaphragm or reading.bifurcation):
        why = "below the lower renal artery"
        out += give(way, "infrarenal abdominal aorta", 0.9, why, max(renal, low), last)
    elif reading.bifurcation:
        from_ = max(low, way.length_mm - INFRARENAL_MM)
        why = "shortly above the aorta's bifurcation"
        out += give(way, "infrarenal abdominal aorta", 0.7, why, from_, last)
    return out


def _complete(tree: VesselTree, found: list[Named]) -> tuple[Named, ...]:
    """All stretches by branch and place; the surer name where two meet, "" where there is none."""
    out: list[Named] = []
    for number, branch in enumerate(tree.branches):
        mine = [n for n in found if n.branch == number and n.name]
        ends = {0.0, branch.length_mm, *(e for n in mine for e in (n.from_mm, n.to_mm))}
        places = sorted(e for e in ends if 0.0 <= e <= branch.length_mm)
        parts: list[Named] = []
        for low, high in pairwise(places):
            if high - low < LEAST_MM and high - low < 0.5 * branch.length_mm:
                continue
            middle = 0.5 * (low + high)
            there = [n for n in mine if n.from_mm <= middle <= n.to_mm]
            best = max(there, key=lambda n: n.confidence, default=None)
            part = (
                replace(best, from_mm=low, to_mm=high)
                if best
                else Named(number, low, high, "", 0.0, NOT_TOLD)
            )
            if parts and parts[-1].name == part.name:
                parts[-1] = replace(parts[-1], to_mm=high)
            else:
                parts.append(part)
        out += parts
    return tuple(out)


def _length(named: Named) -> float:
    return named.to_mm - named.from_mm
