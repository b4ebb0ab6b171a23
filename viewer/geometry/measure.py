"""Sizes of vessels, each with its uncertainty."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.tree import Branch, VesselTree
from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.grid import Grid

WALL_VOXELS = 0.25
WHOLE_WALL_VOXELS = 0.15
JOINT_RADII = 0.3
PATH_SHARE = 0.01
WHOLE = -1


@dataclass(frozen=True)
class Measure:
    """One number with its standard deviation `sd`, both in `unit`; `branch` is -1 for the whole."""

    branch: int
    name: str
    quantity: str
    value: float
    sd: float
    unit: str


def measures(
    tree: VesselTree,
    mask: VesselMask,
    *,
    scan: Grid | None = None,
    before: tuple[Measure, ...] = (),
) -> tuple[Measure, ...]:
    """The volume of the arteries, then length and diameters of each branch.

    Errors go by the voxels of the `scan`, which may be coarser than those of the mask.

    A diameter is twice the radius of the inscribed sphere, taken where the branch has left the
    vessel that it comes from and nothing of it is invented; how long the invented part is, is a
    number of its own. The volume is taken from measures `before` of the same mask.
    """
    voxel_mm = (scan or mask.grid).voxel_mm3 ** (1 / 3)
    found = [each for each in before if each.branch == WHOLE] or [_volume(mask, voxel_mm)]
    for number, branch in enumerate(tree.branches):
        parent = tree.branches[branch.parent] if branch.parent >= 0 else None
        found += _of_branch(number, branch, parent, bool(tree.children[number]), voxel_mm)
    return tuple(found)


def _of_branch(
    number: int, branch: Branch, parent: Branch | None, divides: bool, voxel_mm: float
) -> list[Measure]:
    """Length and diameters of one branch."""
    own = np.zeros(len(branch.radius_mm), bool)
    own[own_part(branch, parent)] = True
    for low, high in branch.invented:
        own &= (branch.s_mm < low) | (branch.s_mm > high)
    diameter = 2 * branch.radius_mm[own]
    one = diameter_sd_mm(voxel_mm)
    length = length_sd_mm(branch, parent is not None, divides, voxel_mm)
    rows = [("length", branch.length_mm, length)]
    if branch.invented:
        invented = sum(high - low for low, high in branch.invented)
        rows.append(("invented length", invented, float(np.sqrt(2) * voxel_mm)))
    if diameter.size:
        spread = float(diameter.std()) / np.sqrt(len(diameter))
        rows += [
            ("mean diameter", float(diameter.mean()), float(np.hypot(one, spread))),
            ("least diameter", float(diameter.min()), one),
            ("greatest diameter", float(diameter.max()), one),
        ]
    return [Measure(number, branch.name, what, value, sd, "mm") for what, value, sd in rows]


def own_part(branch: Branch, parent: Branch | None) -> slice:
    """The points of a branch outside its parent's last sphere; its outer half where none are."""
    if parent is None:
        return slice(0, None)
    far = np.linalg.norm(branch.points_lps - parent.points_lps[-1], axis=1)
    outside = np.flatnonzero(far > parent.radius_mm[-1])
    half = len(far) // 2
    return slice(min(int(outside[0]), half) if len(outside) else half, None)


def diameter_sd_mm(voxel_mm: float) -> float:
    """Standard deviation of a diameter (mm).

    Each of the two walls lies somewhere within its voxel: sqrt(2) * `WALL_VOXELS` * voxel, where
    `WALL_VOXELS` is the wall's deviation in voxels (0.29 for a place spread evenly over one
    voxel, 1/sqrt(12); 0.25 was found on phantoms). The voxel's edge is the cube root of its volume.
    """
    return float(np.sqrt(2) * WALL_VOXELS * voxel_mm)


def length_sd_mm(branch: Branch, starts: bool, divides: bool, voxel_mm: float) -> float:
    """Standard deviation of a branch's length (mm).

    The path is known to `PATH_SHARE` of its length, an end to half a voxel, and a joint to
    `JOINT_RADII` of the radius there, since where two vessels part is a convention.
    """
    ends = [(0, starts), (-1, divides)]
    joints = [JOINT_RADII * float(branch.radius_mm[end]) for end, joint in ends if joint]
    return float(np.sqrt(0.5 * voxel_mm**2 + sum(j**2 for j in joints) + _path(branch) ** 2))


def _path(branch: Branch) -> float:
    """Uncertainty of the path itself (mm)."""
    return PATH_SHARE * branch.length_mm


def _volume(mask: VesselMask, voxel_mm: float) -> Measure:
    """Volume of the arteries (ml).

    Standard deviation: the wall as a whole may lie `WHOLE_WALL_VOXELS` off (found on phantoms
    along the grid's axes, where whole rows of voxels are in or out together), so that share of the
    volume of the voxels at the wall; and each of them is in or out by itself (spread evenly, 1/12).
    """
    inside = mask.labels == ARTERY
    at_wall = _count_at_wall(inside)
    one = mask.grid.voxel_mm3 / 1000
    whole = WHOLE_WALL_VOXELS * voxel_mm / mask.grid.voxel_mm3 ** (1 / 3)
    sd = one * float(np.hypot(whole * at_wall, np.sqrt(at_wall / 12)))
    name = mask.names.get(ARTERY, "artery")
    return Measure(WHOLE, name, "volume", mask.volume_ml(ARTERY), sd, "ml")


def _count_at_wall(inside: np.ndarray) -> int:
    """How many true voxels have a false one beside them."""
    from viewer.geometry.wall import bounding_box

    box = bounding_box(inside)
    if box is None:
        return 0
    padded = np.pad(inside[box], 1)
    core = padded[1:-1, 1:-1, 1:-1].copy()
    whole = int(np.count_nonzero(core))
    for axis in range(3):
        for side in (0, 2):
            cut: list[slice] = [slice(1, -1)] * 3
            cut[axis] = slice(side, padded.shape[axis] - 2 + side)
            core &= padded[tuple(cut)]
    return whole - int(np.count_nonzero(core))
