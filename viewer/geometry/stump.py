"""Stumps: where a vessel ends with its full caliber, as far as its blood goes on the scan."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.geometry.left_out import left_out
from viewer.geometry.names_ways import Step, Ways
from viewer.geometry.tree import distance_along
from viewer.segment.mask import VesselMask
from viewer.volume.volume import Volume

THIN = 0.6  # of the caliber: what is thinner does not carry the vessel on
CARRIES = 0.3  # of its flow, by the cubes of radii: vessels that go on with more are its branches
LEAST_MM, LEAST_VOXELS = 0.8, 0.9  # radius: what is thinner ends anywhere
OUT_MM = 6.0
SEEN_MM, SEEN_RADII = 8.0, 4.0
TISSUE_HU = 45.0
CALCIUM_HU = 150.0  # above blood: what is brighter is calcium or bone
MOST_ON_MM = 30.0
STEP_MM = 0.5
REACH = 1.2  # of the radius: how far around a point blood is looked for
DISK, INNER = 24, 4  # points of such a disk, the first of them in its inner half
FULL = 0.7  # of the caliber: what is thinner is no more its own width
CENTER = 0.3  # of the way to the middle of the blood, at each step
STEER, STEERS = 0.25, 0.7  # with less blood in a section its middle tells nothing of the way


@dataclass(frozen=True, eq=False)
class Stump:
    """An end of a vessel: the middle of its `face` (3,), and where it points.

    `branch` ends (or, not `forward`, starts) there; `radius_mm` and `blood_hu` are the vessel's
    before it; `taper` is its radius shortly before the face by that radius. Where it is not
    `in_tree` only the map shows it, beside that place of the branch.
    """

    branch: int
    forward: bool
    at_mm: float
    face_lps: np.ndarray
    heading: np.ndarray
    radius_mm: float
    blood_hu: float
    taper: float
    in_tree: bool = True

    @property
    def half_hu(self) -> float:
        """Half way from its blood to soft tissue."""
        return 0.5 * (self.blood_hu + TISSUE_HU)


@dataclass(frozen=True, eq=False)
class _End:
    """Where a vessel may end, and the way back into it: points (n,3) and radius (n,) mm.

    The first `own_mm` of that way are sure to lie in no wider vessel that it leaves.
    """

    branch: int
    forward: bool
    at_mm: float
    points_lps: np.ndarray
    radius_mm: np.ndarray
    own_mm: float = 0.0
    in_tree: bool = True


def stumps(ways: Ways, volume: Volume, mask: VesselMask) -> tuple[Stump, ...]:
    """Every place beyond which no vessel of like caliber goes on and blood ends nearby."""
    near: list[tuple[float, Stump]] = []
    for end in (*_at_joints(ways), *_within(ways), *_left_out(ways, mask, least_mm(volume))):
        stump = next(filter(None, (_stump(end, volume, wide) for wide in _calibers(end))), None)
        if stump is not None:
            near.append((float(np.linalg.norm(stump.face_lps - end.points_lps[0])), stump))
    found: list[Stump] = []
    for _, stump in sorted(near, key=lambda each: (not each[1].in_tree, each[0])):
        if not any(_same(stump, other) for other in found):
            found.append(stump)
    return tuple(found)


def _same(one: Stump, other: Stump) -> bool:
    """Whether two stumps are one that was found twice."""
    far = float(np.linalg.norm(one.face_lps - other.face_lps))
    return far < max(one.radius_mm, other.radius_mm) and float(one.heading @ other.heading) > 0


def _at_joints(ways: Ways) -> Iterator[_End]:
    """Ends and joints where all that goes on is thin and carries little (Murray 1926)."""
    for steps in ways.leaving.values():
        for back in steps:
            length = ways.tree.branches[back.branch].length_mm
            at, own = 0.0 if back.forward else length, length - ways.joint_radius(back.back)
            way = ways.follow(back)
            end = _End(back.branch, not back.forward, at, way.points_lps, way.radius_mm, own)
            others = [ways.caliber(other) / _calibers(end)[0] for other in steps if other != back]
            if max(others, default=0.0) <= THIN and sum(r**3 for r in others) <= CARRIES:
                yield end


def _within(ways: Ways) -> Iterator[_End]:
    """Places inside a branch, out of the vessel that it leaves, at which it is suddenly thin."""
    for number, branch in enumerate(ways.tree.branches):
        for forward in (True, False):
            out = ways.joint_radius(Step(number, forward)) + OUT_MM
            turn = slice(None, None, 1 if forward else -1)
            points, radius = branch.points_lps[turn], branch.radius_mm[turn]
            s = distance_along(points)
            for n in _drops(s, radius):
                if s[n] < out:
                    continue
                at = float(s[n] if forward else s[-1] - s[n])
                yield _End(number, forward, at, points[n::-1], radius[n::-1])


def _left_out(ways: Ways, mask: VesselMask, least: float) -> Iterator[_End]:
    """Ends that the map shows and the tree has no branch for."""
    tree = ways.tree
    first = np.cumsum([0] + [len(branch.points_lps) for branch in tree.branches])
    for piece in left_out(tree, mask, least):
        number = int(tree.branch_of_point[piece.at])
        branch, n = tree.branches[number], piece.at - int(first[number])
        on = branch.points_lps[min(n + 1, len(branch.points_lps) - 1)]
        forward = float((piece.points_lps[0] - branch.points_lps[n]) @ (on - branch.points_lps[n]))
        radius = np.full(len(piece.points_lps), piece.radius_mm)
        at = float(branch.s_mm[n])
        yield _End(number, forward > 0, at, piece.points_lps, radius, in_tree=False)


def least_mm(volume: Volume) -> float:
    """The least radius in mm of a vessel whose end tells anything on a scan."""
    return max(LEAST_MM, LEAST_VOXELS * float(np.cbrt(volume.grid.voxel_mm3)))


def _drops(s_mm: np.ndarray, radius_mm: np.ndarray) -> list[int]:
    """The last thick points (k,) before a radius (n,) falls to a thin one for good."""
    before, after = (_beside(s_mm, radius_mm, ends) for ends in ((-SEEN_MM, 0.0), (2.0, SEEN_MM)))
    ratio = np.where(np.isfinite(before) & np.isfinite(after), after / before, 1.0)
    low = ndimage.label(ratio < THIN)[0]
    return [
        int(place[np.argmin(ratio[place])])
        for place in (np.flatnonzero(low == k) for k in range(1, int(low.max(initial=0)) + 1))
    ]


def _beside(s_mm: np.ndarray, radius_mm: np.ndarray, ends_mm: tuple[float, float]) -> np.ndarray:
    """The median radius (n,) between two distances from each point; nan beyond the branch."""
    first, last = (np.searchsorted(s_mm, s_mm + end) for end in ends_mm)
    whole = (s_mm + ends_mm[0] >= 0) & (s_mm + ends_mm[1] <= s_mm[-1])
    out = np.full(len(s_mm), np.nan)
    for n in np.flatnonzero(whole & (last > first)):
        out[n] = np.median(radius_mm[first[n] : last[n]])
    return out


def _stump(end: _End, volume: Volume, wide_mm: float) -> Stump | None:
    """The stump where a vessel of about such a radius ends; None where it goes on or is thin."""
    s = distance_along(end.points_lps)
    own = end.radius_mm >= FULL * wide_mm
    seen = s <= float(s[own][0]) + max(SEEN_MM, SEEN_RADII * wide_mm)
    radius = float(np.median(end.radius_mm[own & seen]))
    last = float(s[np.argmax(end.radius_mm >= FULL * radius)])
    if radius < least_mm(volume) or s[-1] - last < 2 * radius:
        return None

    def back(mm: np.ndarray | float) -> np.ndarray:
        return np.stack([np.interp(mm, s, axis) for axis in end.points_lps.T], axis=-1)

    start = last + min(radius, 0.5 * float(s[-1] - last))
    blood = float(np.median(sampled(volume, back(np.linspace(start, start + SEEN_MM, 12)))))
    ahead = back(start) - back(start + max(SEEN_MM, 2 * radius))
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-9)
    followed = _followed(volume, back(start), ahead, radius, blood)
    if followed is None:
        return None
    face, ahead, taper = followed
    return Stump(end.branch, end.forward, end.at_mm, face, ahead, radius, blood, taper, end.in_tree)


def _calibers(end: _End) -> tuple[float, ...]:
    """The radius (mm) that a vessel may have at its end, likeliest first.

    Beside the tip of a clot, and into a twig, its last millimeters are thin.
    """
    s = distance_along(end.points_lps)
    last = float(np.median(end.radius_mm[s <= SEEN_MM]))
    before = end.radius_mm[(s > SEEN_MM) & (s <= min(2 * SEEN_MM, end.own_mm))]
    if len(before) and last < FULL * np.median(before):
        return float(np.median(before)), last
    return (last,)


def _followed(
    volume: Volume, start_lps: np.ndarray, ahead: np.ndarray, radius_mm: float, blood_hu: float
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Where blood ends that is followed from a point: the face (3,), its heading, the taper.

    None where it goes on for more than 30 mm, or out of the scan.
    """
    half_hu, most_hu = 0.5 * (blood_hu + TISSUE_HU), blood_hu + CALCIUM_HU
    point, wide = start_lps, [1.0]
    step = min(STEP_MM, 0.5 * radius_mm)
    for _ in range(int((MOST_ON_MM + radius_mm) / step)):
        disk = disk_lps(point + step * ahead, ahead, REACH * radius_mm)
        index = volume.grid.index(disk)
        if np.any((index < 0) | (index > np.array(volume.grid.shape) - 1)):
            return None
        hu = sampled(volume, disk)
        bright = (hu > half_hu) & (hu < most_hu)
        if bright[:INNER].mean() < 0.5:
            near = wide[-1 - min(len(wide) - 1, int(radius_mm / step))]
            return point + 0.5 * step * ahead, ahead, float(np.sqrt(min(near, 1.0)))
        point = point + step * ahead
        share = REACH**2 * float(bright.mean())
        wide.append(share)
        if share > STEERS:
            aside = disk[bright].mean(axis=0) - point
            point = point + CENTER * aside
            ahead = ahead + STEER * aside / radius_mm
            ahead = ahead / np.linalg.norm(ahead)
    return None


def disk_lps(center_lps: np.ndarray, normal: np.ndarray, radius_mm: float) -> np.ndarray:
    """Points (k,3) spread evenly over a disk (Vogel 1979)."""
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    one = np.cross(normal, helper)
    one /= np.linalg.norm(one)
    n = np.arange(DISK)
    far = radius_mm * np.sqrt((n + 0.5) / DISK)[:, None]
    turn = n[:, None] * np.pi * (3 - np.sqrt(5))
    return np.asarray(
        center_lps + far * (np.cos(turn) * one + np.sin(turn) * np.cross(normal, one))
    )


def sampled(volume: Volume, points_lps: np.ndarray) -> np.ndarray:
    """HU (...) at points (...,3), linear between voxels."""
    index = np.moveaxis(volume.grid.index(points_lps), -1, 0)
    return np.asarray(
        ndimage.map_coordinates(volume.voxels, index, output=np.float32, order=1, mode="nearest")
    )
