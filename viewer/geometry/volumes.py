"""Volumes of the vessels by their names: of the lumen, of the clot in them, and of both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.measure import WHOLE_WALL_VOXELS
from viewer.geometry.names_given import Named
from viewer.geometry.number import Number
from viewer.geometry.outer import BODY
from viewer.geometry.tree import VesselTree
from viewer.geometry.wall import bounding_box
from viewer.progress import Progress
from viewer.segment.mask import ARTERY, THROMBUS, VesselMask

PIECE = 250_000
CUT_SHARE = 0.5  # of a vessel's section: how far off the places are where one name ends
LUMEN = "voxels of blood nearest to the vessel's centerline"
CLOT = "voxels of thrombus nearest to the vessel's centerline"
WHOLE = "voxels of blood, thrombus and calcification nearest to the vessel's centerline"


@dataclass(frozen=True, eq=False)
class VesselVolume:
    """The volumes (ml) of one named vessel as far as it lies in the scan.

    `whole` is what grows in an aneurysm: the lumen with thrombus and calcification.
    """

    vessel: str
    lumen: Number
    thrombus: Number
    whole: Number


def vessel_volumes(
    tree: VesselTree, names: Sequence[Named], mask: VesselMask, progress: Progress
) -> tuple[VesselVolume, ...]:
    """The volumes of every named vessel, largest first.

    Each voxel belongs to the vessel of the nearest inscribed sphere.
    """
    known = sorted({each.name for each in names if each.name})
    box = bounding_box(np.isin(mask.labels, BODY))
    if not known or box is None or not tree.branches:
        return ()
    number_of = _numbers(tree, names, known)
    labels = mask.labels[box]
    body = np.isin(labels, BODY)
    parts = (labels == ARTERY, labels == THROMBUS, body)
    kinds = (*parts, *(part & ~ndimage.binary_erosion(part) for part in parts))
    places = np.argwhere(body)
    corner = np.array([each.start for each in box])
    count = np.zeros((len(kinds), len(known)))
    for start in progress.over(range(0, len(places), PIECE), max(len(places) // PIECE, 1)):
        piece = places[start : start + PIECE]
        nearest = tree.nearest_sphere(mask.grid.points_lps(piece + corner))
        owner = number_of[nearest]
        at = tuple(piece.T)
        for row, kind in enumerate(kinds):
            count[row] += np.bincount(owner[kind[at] & (owner >= 0)], minlength=len(known))
    found = [
        _of_vessel(name, count[:, n], mask, _cut_ml(tree, names, name))
        for n, name in enumerate(known)
        if count[2, n]
    ]
    return tuple(sorted(found, key=lambda each: -each.whole.value))


def _numbers(tree: VesselTree, names: Sequence[Named], known: list[str]) -> np.ndarray:
    """The number of the name (n,) that each of the tree's points bears, -1 for none."""
    out = np.full(len(tree.points_lps), -1)
    first = np.searchsorted(tree.branch_of_point, np.arange(len(tree.branches)))
    for each in names:
        if each.name:
            s = tree.branches[each.branch].s_mm
            own = np.flatnonzero((s >= each.from_mm) & (s <= each.to_mm))
            out[first[each.branch] + own] = known.index(each.name)
    return out


def _cut_ml(tree: VesselTree, names: Sequence[Named], name: str) -> float:
    """How much (ml) lies within half a radius of the two ends of a vessel's name."""
    own = [each for each in names if each.name == name]
    radius = np.median(np.concatenate([tree.branches[n.branch].radius_mm for n in own]))
    return float(np.sqrt(2) * CUT_SHARE * np.pi * radius**3 / 1000)


def _of_vessel(name: str, count: np.ndarray, mask: VesselMask, cut_ml: float) -> VesselVolume:
    """The volumes of a vessel from its voxels: of blood, clot, all, and of these at their walls."""
    one = mask.grid.voxel_mm3 / 1000

    def number(part: int, method: str) -> Number:
        value, wall = count[part] * one, count[part + 3] * one
        cut = cut_ml if value else 0.0
        sd = np.sqrt((WHOLE_WALL_VOXELS * wall) ** 2 + one * wall / 12 + cut**2)
        return Number(float(value), float(sd), "ml", method)

    return VesselVolume(name, number(0, LUMEN), number(1, CLOT), number(2, WHOLE))
