"""Where the middles of vessels meet that merge into one lumen."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.tree import Branch, VesselTree, distance_along

STRAIGHT_ON = np.cos(np.radians(110))
THIN = 0.5  # of the radius: a side branch that hardly changes the section of its vessel
OWN_SHARE = 0.5
LEAST_SINE = 0.35
HEADING_RADII, HEADING_MM = 2.0, 2.0
FIT_RADII, FIT_MM = 3.0, 4.0
HOLD = 0.002  # weight of the old joint beside that of a line


@dataclass(frozen=True, eq=False)
class Line:
    """A straight continuation: from `point_lps` (3,) along `heading` (3,), one long, outwards."""

    point_lps: np.ndarray
    heading: np.ndarray
    radius_mm: float


def clear_mm(tree: VesselTree, number: int) -> tuple[float, float]:
    """How far from its start and from its stop a branch's lumen is one with another's (mm).

    Two round vessels of one joint come apart where their axes lie as far apart as their radii
    together; one that goes straight on does not disturb, nor one that is thin.
    """
    branch = tree.branches[number]
    at_start = (
        [n for n in tree.children[branch.parent] if n != number] if branch.parent >= 0 else []
    )
    beside = [_seen_from(tree.branches[n], 0) for n in at_start]
    if branch.parent >= 0:
        beside.append(_seen_from(tree.branches[branch.parent], -1))
    beyond = [_seen_from(tree.branches[n], 0) for n in tree.children[number]]
    return _merged_mm(_seen_from(branch, 0), beside), _merged_mm(_seen_from(branch, -1), beyond)


def _seen_from(branch: Branch, end: int) -> tuple[np.ndarray, float]:
    """Heading (3,) away from an end (0 or -1) and radius (mm) of a branch some way from it."""
    far = np.abs(branch.s_mm - branch.s_mm[end])
    radius = float(np.median(branch.radius_mm))
    reach = min(HEADING_RADII * float(branch.radius_mm[end]) + HEADING_MM, float(far.max()))
    near = int(np.flatnonzero(far <= reach)[-1 if end == 0 else 0])
    away = branch.points_lps[near] - branch.points_lps[end]
    return away / max(float(np.linalg.norm(away)), 1e-9), radius


def _merged_mm(own: tuple[np.ndarray, float], others: list[tuple[np.ndarray, float]]) -> float:
    """How far along its heading a vessel is merged with others that start at the same joint."""
    heading, radius = own
    reach = 0.0
    for other, wide in others:
        if wide < THIN * radius:
            continue
        cosine = float(heading @ other)
        reach = max(reach, OWN_SHARE * radius)
        if cosine > STRAIGHT_ON:
            sine = np.sqrt(1 - min(max(cosine, 0.0), 1.0) ** 2)
            reach = max(reach, (wide + OWN_SHARE * radius) / max(sine, LEAST_SINE))
    return reach


def line_at(points_lps: np.ndarray, radius_mm: float) -> Line:
    """How a path (n,3) runs on beyond its first point: by a parabola through what is near it."""
    s = distance_along(points_lps)
    near = s <= max(FIT_RADII * radius_mm, FIT_MM)
    near[:5] = True
    degree = 2 if np.count_nonzero(near) >= 8 else 1
    terms = np.vander(s[near], degree + 1, increasing=True)
    found = np.linalg.lstsq(terms, points_lps[near], rcond=None)[0]
    heading = -found[1] / max(float(np.linalg.norm(found[1])), 1e-9)
    return Line(found[0], heading, radius_mm)


def meeting_points(
    tree: VesselTree, lines: list[tuple[Line | None, Line | None]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The first and the last point of each branch, the same for all that share a joint.

    A joint is the point nearest to the lines of its branches (least squares, a thick vessel
    counts by its section), and stays within the inscribed sphere of the old joint. A free end
    goes onto its line, at the height where it was.
    """
    starts: list[np.ndarray] = []
    stops: list[np.ndarray] = []
    for number, branch in enumerate(tree.branches):
        if tree.children[number]:
            meeting = [lines[number][1], *(lines[n][0] for n in tree.children[number])]
            stops.append(_nearest(branch, -1, meeting))
        else:
            stops.append(_on(branch.points_lps[-1], lines[number][1]))
    for number, branch in enumerate(tree.branches):
        at_root = branch.parent < 0
        start = _on(branch.points_lps[0], lines[number][0]) if at_root else stops[branch.parent]
        starts.append(start)
    return list(zip(starts, stops, strict=True))


def _nearest(branch: Branch, end: int, lines: list[Line | None]) -> np.ndarray:
    """The point (3,) nearest to all lines, not far from an end of a branch."""
    known = [line for line in lines if line is not None]
    old, radius = branch.points_lps[end], float(branch.radius_mm[end])
    if len(known) < 2:
        return old
    weights = np.array([line.radius_mm**2 for line in known])
    weights /= weights.sum()
    matrix, right = HOLD * np.eye(3), HOLD * old
    for weight, line in zip(weights, known, strict=True):
        across = weight * (np.eye(3) - np.outer(line.heading, line.heading))
        matrix, right = matrix + across, right + across @ line.point_lps
    moved = np.linalg.solve(matrix, right) - old
    far = float(np.linalg.norm(moved))
    return np.asarray(old + moved * min(1.0, radius / max(far, 1e-9)))


def _on(point: np.ndarray, line: Line | None) -> np.ndarray:
    """The place (3,) of a line that is nearest to a point, or the point without a line."""
    if line is None:
        return point
    away = line.point_lps + (float((point - line.point_lps) @ line.heading)) * line.heading
    return np.asarray(away)
