"""Arteries of made-up people whose names are known, as a scan of a region shows them."""

import numpy as np

from viewer.geometry.tree import Branch, VesselTree
from viewer.phantom.body import make_body
from viewer.phantom.make import region_grid
from viewer.phantom.regions import make_vessels
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

# What two vocabularies call one vessel.
ALSO = {
    "suprarenal abdominal aorta": ("abdominal aorta",),
    "infrarenal abdominal aorta": ("abdominal aorta",),
    "aortic arch": ("aortic isthmus",),
    "descending thoracic aorta": ("aortic isthmus",),
    **{
        f"{side} {which} cerebral artery {letter}{n}": (f"{side} {which} cerebral artery",)
        for side in ("left", "right")
        for which, letter in (("anterior", "A"), ("posterior", "P"))
        for n in (1, 2)
    },
}


def arteries(region: str, seed: int, variants: tuple[str, ...] | None = None):
    """The arteries (a tree with their true names) of a made-up person, and the region's grid."""
    body = make_body(np.random.default_rng([seed, 0]), 1.0)
    rng = np.random.default_rng([seed, 1])
    vessels = make_vessels(region, body, rng, detail=0.6, variants=variants)
    grid = region_grid(region, body, (1.5, 1.5, 1.5))
    keep = [blood is Tissue.ARTERY for blood in vessels.blood]
    return cut(vessels.tree, grid, keep), grid


def cut(tree: VesselTree, grid: Grid, keep: list[bool]) -> VesselTree:
    """The kept branches as far as they lie in a grid; what comes in again is a piece by itself."""
    out: list[Branch] = []
    last: dict[int, int] = {}
    for number, branch in enumerate(tree.branches):
        index = grid.index(branch.points_lps)
        inside = np.all((index >= 0) & (index <= np.array(grid.shape) - 1), axis=1) & keep[number]
        edges = np.flatnonzero(np.diff(np.r_[False, inside, False].astype(int)))
        for first, end in edges.reshape(-1, 2):
            if end - first < 2:
                continue
            parent = last.get(branch.parent, -1) if first == 0 else -1
            part = slice(first, end)
            points, radius = branch.points_lps[part].copy(), branch.radius_mm[part].copy()
            out.append(Branch(points, radius, parent, branch.name))
            if end == len(inside):
                last[number] = len(out) - 1
    return VesselTree(tuple(joined(out)), np.zeros((0, 3)))


def joined(branches: list[Branch]) -> list[Branch]:
    """The branches, each cut where another one ends on it, as the vertebral arteries meet."""
    out = list(branches)
    for number in range(len(out)):
        end = out[number].points_lps[-1]
        for other, branch in enumerate(out):
            far = np.linalg.norm(branch.points_lps - end, axis=1)
            at = int(far.argmin())
            if other == number or far[at] > 0.05 or not 0 < at < len(far) - 1:
                continue
            out[other] = part_of(branch, slice(0, at + 1), branch.parent)
            for n, each in enumerate(out):
                if each.parent == other:
                    out[n] = part_of(each, slice(None), len(out))
            out.append(part_of(branch, slice(at, None), other))
            points = out[number].points_lps.copy()
            points[-1] = branch.points_lps[at]
            old = out[number]
            out[number] = Branch(points, old.radius_mm, old.parent, old.name)
            break
    return out


def part_of(branch: Branch, part: slice, parent: int) -> Branch:
    """A part of a branch by its points, leaving another parent."""
    points, radius = branch.points_lps[part].copy(), branch.radius_mm[part].copy()
    return Branch(points, radius, parent, branch.name)


def turned(tree: VesselTree) -> VesselTree:
    """The same branches, each stored from its end to its start and known to no parent."""
    return VesselTree(
        tuple(
            Branch(b.points_lps[::-1].copy(), b.radius_mm[::-1].copy(), -1, b.name)
            for b in tree.branches
        ),
        tree.joints,
    )


def is_right(given: str, true: str) -> bool:
    """Whether a name is the true one, or another word for it."""
    return given == true or true in ALSO.get(given, ())


def told(tree: VesselTree, names) -> dict[str, float]:
    """How many mm of a tree are named right, wrong, and not at all."""
    out = {"right": 0.0, "wrong": 0.0, "": 0.0}
    for each in names:
        true = tree.branches[each.branch].name
        kind = "" if not each.name else "right" if is_right(each.name, true) else "wrong"
        out[kind] += each.to_mm - each.from_mm
    return out
