"""Which vessels the region in view should hold, which were found, and why others are missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.geometry.names_given import Named
from viewer.geometry.tree import VesselTree, tree_numbers
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

BORDER_MM = 4.0
FAINT_HU = 150.0
LOOSE_MM = 25.0
LEAST_COSINE = 0.5
SIDES = ("left", "right")
AHEAD = (0.0, -1.0, 0.0)  # LPS
ASIDE = {"left": (1.0, 0.0, 0.0), "right": (-1.0, 0.0, 0.0)}


@dataclass(frozen=True)
class Expected:
    """A vessel that leaves another: at its end, or anywhere along it; `toward` one side (LPS)."""

    name: str
    of: tuple[str, ...]
    at_end: bool = False
    toward: tuple[float, float, float] | None = None


def _both(name: str, of: str, *, at_end: bool, aside: bool = False) -> tuple[Expected, ...]:
    """The vessel on both sides; where its origin has a side too, of that side."""
    return tuple(
        Expected(
            f"{side} {name}", (of.replace("SIDE", side),), at_end, ASIDE[side] if aside else None
        )
        for side in SIDES
    )


# What textbooks show in nearly everybody; what many people lack is not expected.
EXPECTED: tuple[Expected, ...] = (
    Expected("left main coronary artery", ("aortic root",)),
    Expected("right coronary artery", ("aortic root",)),
    Expected("brachiocephalic artery", ("aortic arch",)),
    Expected("left common carotid artery", ("aortic arch", "brachiocephalic artery")),
    Expected("left subclavian artery", ("aortic arch",)),
    Expected("right common carotid artery", ("brachiocephalic artery",), at_end=True),
    Expected("right subclavian artery", ("brachiocephalic artery",), at_end=True),
    *_both("internal carotid artery", "SIDE common carotid artery", at_end=True),
    *_both("external carotid artery", "SIDE common carotid artery", at_end=True),
    Expected("celiac trunk", ("suprarenal abdominal aorta",), toward=AHEAD),
    Expected("superior mesenteric artery", ("suprarenal abdominal aorta",), toward=AHEAD),
    Expected("splenic artery", ("celiac trunk",), at_end=True),
    Expected("common hepatic artery", ("celiac trunk",), at_end=True),
    *_both("renal artery", "suprarenal abdominal aorta", at_end=True, aside=True),
    *_both("common iliac artery", "infrarenal abdominal aorta", at_end=True, aside=True),
    *_both("external iliac artery", "SIDE common iliac artery", at_end=True),
    *_both("internal iliac artery", "SIDE common iliac artery", at_end=True),
)


@dataclass(frozen=True, eq=False)
class Audited:
    """An expected vessel: whether it was `found`, how sure (0 to 1), and what is known about it.

    `why` is "found", "outside the field of view", "faint contrast", "cut off", or "not found by
    the method"; `sentence` tells it to a person. `at_lps` lies in the middle of what was found,
    or where the vessel should leave another.
    """

    name: str
    found: bool
    confidence: float
    why: str
    sentence: str
    at_lps: np.ndarray | None = None


def audit(
    tree: VesselTree, names: Sequence[Named], grid: Grid, volume: Volume | None = None
) -> tuple[Audited, ...]:
    """Every vessel that leaves a vessel of the map, found or missing with the likely reason.

    What would leave a vessel that is itself not in the map is not judged.
    """
    held: dict[str, list[Named]] = {}
    for each in names:
        if each.name:
            held.setdefault(each.name, []).append(each)
    told = []
    for vessel in EXPECTED:
        if vessel.name in held:
            sure = max(each.confidence for each in held[vessel.name])
            longest = max((stretch_lps(tree, each) for each in held[vessel.name]), key=len)
            place, sentence = longest[len(longest) // 2], f"The {vessel.name} was found."
            told.append(Audited(vessel.name, True, sure, "found", sentence, place))
            continue
        origin = next((name for name in vessel.of if name in held), None)
        if origin is not None:
            path = np.concatenate([stretch_lps(tree, each) for each in held[origin]])
            why, sentence = _missing(vessel, origin, path, tree, names, grid, volume)
            place = path[-1 if vessel.at_end else len(path) // 2]
            told.append(Audited(vessel.name, False, 0.0, why, sentence, place))
    return tuple(told)


def _missing(
    vessel: Expected,
    origin: str,
    path: np.ndarray,
    tree: VesselTree,
    names: Sequence[Named],
    grid: Grid,
    volume: Volume | None,
) -> tuple[str, str]:
    """Why a vessel is likely missing, from its origin's path (n,3) in the map, and a sentence."""
    ends = path[[-1]] if vessel.at_end else path[[0, -1]]
    if any(border_mm(grid, end) < BORDER_MM + _wide_mm(tree, end) for end in ends):
        return (
            "outside the field of view",
            f"The {vessel.name} is not in the map: the scan ends where the {origin} gives it off.",
        )
    if volume is not None:
        blood = float(np.median(volume.voxels[tuple(volume.grid.nearest(path).T)]))
        if blood < FAINT_HU:
            return (
                "faint contrast",
                f"The {vessel.name} is not in the map: the {origin} holds {blood:.0f} HU only.",
            )
    far = _loose_mm(tree, names, path, vessel.toward)
    if far < LOOSE_MM:
        return (
            "cut off",
            f"The {vessel.name} is not in the map, but a loose vessel lies {far:.0f} mm from the "
            f"{origin}: look for an occlusion or a gap.",
        )
    return (
        "not found by the method",
        f"The {vessel.name} was expected at the {origin} and not found: look for it on the slices.",
    )


def _wide_mm(tree: VesselTree, point_lps: np.ndarray) -> float:
    """The vessel's diameter at a point: a path may end so far before a cut end of its vessel."""
    nearest = np.linalg.norm(tree.points_lps - point_lps, axis=1).argmin()
    return 2 * float(tree.radius_mm[nearest])


def stretch_lps(tree: VesselTree, stretch: Named) -> np.ndarray:
    """The points (n,3) of a named stretch of a branch; its nearest point where it is very short."""
    branch = tree.branches[stretch.branch]
    own = (branch.s_mm >= stretch.from_mm) & (branch.s_mm <= stretch.to_mm)
    if not own.any():
        own[np.abs(branch.s_mm - stretch.from_mm).argmin()] = True
    return np.asarray(branch.points_lps[own])


def border_mm(grid: Grid, point_lps: np.ndarray) -> float:
    """How far a point lies inside the scan (mm; negative outside)."""
    index = grid.index(point_lps)
    least = np.minimum(index + 0.5, np.array(grid.shape) - 0.5 - index)
    return float((least * np.array(grid.spacing_mm)).min())


def _loose_mm(
    tree: VesselTree,
    names: Sequence[Named],
    path_lps: np.ndarray,
    toward: tuple[float, float, float] | None,
) -> float:
    """Distance (mm) from a path to the nearest nameless tree beside it; infinite where none is.

    What does not lie `toward` the side that a vessel sets out to is no part of it.
    """
    named = {each.branch for each in names if each.name}
    number_of = tree_numbers(tree.branches)
    known = {number_of[n] for n in named}
    loose = [b for n, b in enumerate(tree.branches) if number_of[n] not in known]
    if not loose:
        return float("inf")
    points = np.concatenate([b.points_lps for b in loose])
    away = points[:, None] - path_lps[None]
    far = np.linalg.norm(away, axis=2)
    if toward is not None:
        far = np.where(away @ np.array(toward) >= LEAST_COSINE * far, far, np.inf)
    return float(far.min())
