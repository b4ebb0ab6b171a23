"""Vessels that touch and yet are two: told from branches by where their axes run."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

MOST_BRIDGE = 4.0  # radii of both vessels together
APART = 0.5  # of both radii together: the axes of a branch and its vessel meet, these do not
OFF = 0.35  # of the radius: how far two arms may lie off one smooth course
STRAIGHT = -0.8
FROM_RADII, TO_RADII, TO_MM = 1.2, 4.0, 6.0
LEAST_POINTS = 4
PAIRINGS = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))


@dataclass(frozen=True, eq=False)
class Arm:
    """Nodes of a vessel from a contact outwards: those `near` it and those of its `course`."""

    near: list[int]
    course: list[int]
    radius_mm: float


@dataclass(frozen=True, eq=False)
class Contact:
    """Two vessels that touch: nodes to take `away`, and the courses that go on instead.

    Each course is a node, points (k,3) beyond it and the node where the vessel goes on.
    """

    away: list[int]
    courses: tuple[tuple[int, np.ndarray, int], ...]
    at_lps: np.ndarray


def contacts(
    points_lps: np.ndarray, pairs: np.ndarray, clearance_mm: np.ndarray, voxel_mm: float
) -> list[Contact]:
    """Where two vessels touch in a skeleton without loops, no node in two contacts.

    Four arms that leave one place are two vessels when they pair into two smooth courses whose
    axes pass each other; the axis of a branch runs into that of its vessel.
    """
    beside = _beside(pairs, len(points_lps))
    joints = {node for node, near in beside.items() if len(near) > 2}
    found: list[Contact] = []
    used: set[int] = set()
    for joint in sorted(joints):
        for bridge in _bridges(joint, joints, beside):
            contact = _contact(bridge, joints, beside, points_lps, clearance_mm, voxel_mm)
            if contact is not None and used.isdisjoint(contact.away):
                used.update(contact.away)
                found.append(contact)
    return found


def parted(
    points_lps: np.ndarray, pairs: np.ndarray, found: list[Contact]
) -> tuple[np.ndarray, np.ndarray]:
    """Points (n+k,3) and pairs of the skeleton in which vessels that touch run on apart."""
    points, links = [points_lps], []
    count = len(points_lps)
    away = np.zeros(count, bool)
    for contact in found:
        away[contact.away] = True
        for start, between, stop in contact.courses:
            nodes = [start, *range(count, count + len(between)), stop]
            links += list(pairwise(nodes))
            points.append(between)
            count += len(between)
    kept = pairs[~away[pairs].any(axis=1)]
    return np.concatenate(points), np.concatenate([kept, np.array(links, int).reshape(-1, 2)])


def _beside(pairs: np.ndarray, count: int) -> dict[int, list[int]]:
    beside: dict[int, list[int]] = {}
    for a, b in pairs.tolist():
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    return beside


def _bridges(joint: int, joints: set[int], beside: dict[int, list[int]]) -> list[list[int]]:
    """The ways from a joint to the next ones of a higher number; itself where four ways meet."""
    if len(beside[joint]) == 4:
        return [[joint]]
    if len(beside[joint]) != 3:
        return []
    found = []
    for first in beside[joint]:
        way = [joint, first]
        while len(beside[way[-1]]) == 2:
            way.append(next(n for n in beside[way[-1]] if n != way[-2]))
        if way[-1] in joints and way[-1] > joint and len(beside[way[-1]]) == 3:
            found.append(way)
    return found


def _contact(
    bridge: list[int],
    joints: set[int],
    beside: dict[int, list[int]],
    points_lps: np.ndarray,
    clearance_mm: np.ndarray,
    voxel_mm: float,
) -> Contact | None:
    """The contact at a bridge, if its four arms are two vessels that pass each other."""
    arms = []
    for joint in dict.fromkeys((bridge[0], bridge[-1])):
        for node in beside[joint]:
            if node not in bridge:
                arm = _arm(joint, node, joints, beside, points_lps, clearance_mm)
                if arm is None:
                    return None
                arms.append(arm)
    length = float(np.linalg.norm(points_lps[bridge[0]] - points_lps[bridge[-1]]))
    if length > MOST_BRIDGE * max(arm.radius_mm for arm in arms) * 2:
        return None
    best: tuple[float, Contact] | None = None
    for pairing in PAIRINGS:
        vessels = [(arms[a], arms[b]) for a, b in pairing]
        one, other = (_course(a, b, points_lps, voxel_mm) for a, b in vessels)
        if one is None or other is None:
            continue
        (first, off), (second, more) = one, other
        far = np.linalg.norm(first[:, None] - second[None], axis=2)
        radii = [0.5 * (a.radius_mm + b.radius_mm) for a, b in vessels]
        if far.min() < APART * sum(radii):
            continue
        away = [*bridge, *(node for arm in arms for node in arm.near)]
        ways = tuple(
            (a.course[0], course[1:-1], b.course[0])
            for (a, b), course in zip(vessels, (first, second), strict=True)
        )
        i, j = divmod(int(far.argmin()), len(second))
        contact = Contact(away, ways, 0.5 * (first[i] + second[j]))
        if best is None or off + more < best[0]:
            best = off + more, contact
    return best[1] if best is not None else None


def _arm(
    joint: int,
    first: int,
    joints: set[int],
    beside: dict[int, list[int]],
    points_lps: np.ndarray,
    clearance_mm: np.ndarray,
) -> Arm | None:
    """The nodes from a joint along one of its ways; None where it is too short to tell."""
    way, far = [first], [float(np.linalg.norm(points_lps[first] - points_lps[joint]))]
    before = joint
    widths = [float(clearance_mm[first])]
    while far[-1] < (FROM_RADII + TO_RADII) * float(np.median(widths)) + TO_MM:
        ahead = [n for n in beside[way[-1]] if n != before]
        if not ahead:
            break
        before = way[-1]
        way.append(max(ahead, key=lambda n: float(clearance_mm[n])))
        far.append(far[-1] + float(np.linalg.norm(points_lps[way[-1]] - points_lps[before])))
        widths.append(float(clearance_mm[way[-1]]))
    radius = float(np.median(widths))
    begin = int(np.searchsorted(far, FROM_RADII * radius))
    if len(way) - begin < LEAST_POINTS or far[-1] < FROM_RADII * radius + radius:
        return None
    if any(node in joints for node in way[:begin]):
        return None
    return Arm(way[:begin], way[begin:], radius)


def _course(
    one: Arm, other: Arm, points_lps: np.ndarray, voxel_mm: float
) -> tuple[np.ndarray, float] | None:
    """Points from one arm over to the other on a smooth course, and how far they lie off it."""
    if not 0.5 < one.radius_mm / other.radius_mm < 2:
        return None
    first, second = points_lps[one.course], points_lps[other.course]
    gap = second[0] - first[0]
    width = float(np.linalg.norm(gap))
    if width < 1e-9:
        return None
    ahead, behind = _heading(first), _heading(second)
    if ahead @ behind > STRAIGHT or ahead @ gap > 0:
        return None
    both = np.concatenate([first, second])
    t = (both - 0.5 * (first[0] + second[0])) @ (gap / width)
    terms = np.vander(t, 3)
    found: Any = np.linalg.lstsq(terms, both, rcond=None)[0]
    off = float(np.sqrt(((terms @ found - both) ** 2).sum(axis=1).mean()))
    if off > OFF * min(one.radius_mm, other.radius_mm) + 0.5 * voxel_mm:
        return None
    count = max(3, int(np.ceil(width / voxel_mm)) + 1)
    course = np.vander(np.linspace(-0.5 * width, 0.5 * width, count), 3) @ found
    course[0], course[-1] = first[0], second[0]
    return course, off


def _heading(points: np.ndarray) -> np.ndarray:
    """The direction (3,), one long, in which points (n,3) run on the whole."""
    away = points[-1] - points[0]
    return np.asarray(away / max(float(np.linalg.norm(away)), 1e-9))
