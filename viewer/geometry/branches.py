"""Which branch a point, a voxel or another branch belongs to."""

from collections.abc import Collection

import numpy as np

from viewer.geometry.tree import VesselTree
from viewer.segment.mask import ARTERY, VesselMask

PIECE = 500_000


def nearest_branch(tree: VesselTree, point_lps: np.ndarray) -> tuple[int, int, float]:
    """The branch nearest to a point, the number of its point, and the distance in mm.

    The distance runs from the vessel's wall and is negative inside its inscribed sphere.
    """
    if not tree.branches:
        raise ValueError("a tree without branches has no nearest one")
    point = np.asarray(point_lps, dtype=np.float64)
    found = int(tree.nearest_sphere(point[None])[0])
    branch = int(tree.branch_of_point[found])
    first = int(np.searchsorted(tree.branch_of_point, branch))
    far = float(np.linalg.norm(tree.points_lps[found] - point) - tree.radius_mm[found])
    return branch, found - first, far


def descendants(tree: VesselTree, branch: int) -> set[int]:
    """All branches beyond one branch, without itself."""
    found: set[int] = set()
    waiting = list(tree.children[branch])
    while waiting:
        number = waiting.pop()
        found.add(number)
        waiting.extend(tree.children[number])
    return found


def voxels_of(
    mask: VesselMask, tree: VesselTree, branches: Collection[int], *, label: int = ARTERY
) -> np.ndarray:
    """The label's voxels that are nearer to these branches than to all others (bool, as labels).

    Near is the distance to the wall of the inscribed spheres. A branch's first part inside the
    vessel that it leaves counts as that vessel, so that removing a branch leaves no hole there.
    """
    found = np.zeros(mask.labels.shape, bool)
    if not tree.branches or not branches:
        return found
    wanted = np.zeros(len(tree.branches), bool)
    wanted[list(branches)] = True
    of_point = _owner_of_points(tree)
    places = np.flatnonzero(mask.labels == label)
    flat = found.reshape(-1)
    for start in range(0, len(places), PIECE):
        piece = places[start : start + PIECE]
        index = np.column_stack(np.unravel_index(piece, mask.labels.shape))
        nearest = tree.nearest_sphere(mask.grid.points_lps(index))
        flat[piece] = wanted[of_point[nearest]]
    return found


def _owner_of_points(tree: VesselTree) -> np.ndarray:
    """The branch (n,) that each of the tree's points stands for.

    A point inside the sphere at its branch's start stands for the parent where the branch is the
    thinner one.
    """
    owners = []
    for number, branch in enumerate(tree.branches):
        owner = np.full(len(branch.radius_mm), number)
        if branch.parent >= 0:
            beyond = np.median(branch.radius_mm[len(branch.radius_mm) // 2 :])
            at_joint = tree.branches[branch.parent].radius_mm[-1]
            far = np.linalg.norm(branch.points_lps - branch.points_lps[0], axis=1)
            if beyond < 0.8 * at_joint:
                owner[far < at_joint] = branch.parent
            else:
                owner[0] = branch.parent
        owners.append(owner)
    return np.concatenate(owners)
