"""Vessels that nobody arranged: trees that divide at random, and trees that fill an organ."""

import numpy as np

from viewer.phantom.vessels import Tube

FINEST_MM = 0.4
WIDTHS = 0.75


def ramify(
    starts_lps: np.ndarray,
    headings: np.ndarray,
    radius_mm: np.ndarray,
    twigs: int,
    rng: np.random.Generator,
    *,
    slenderness: float = 9.0,
) -> list[Tube]:
    """Trees that divide at random from starts (k,3): about `twigs` tubes in all.

    Daughters keep the sum of their parent's radii to a random power of 2.3 to 3 (Murray 1926) and
    bend away by the angles that need the least work (Murray 1926b), unevenly. A tube is
    about `slenderness` radii long. Tubes with parent -1-n leave start n.
    """
    power = rng.uniform(2.3, 3.0)
    front = [
        (-1 - n, np.array(start, float), _unit(heading), float(radius))
        for n, (start, heading, radius) in enumerate(
            zip(starts_lps, headings, radius_mm, strict=True)
        )
    ]
    tubes: list[Tube] = []
    while front and len(tubes) < twigs:
        parent, start, heading, radius = front.pop(0)
        share = rng.uniform(0.5, 0.85)
        aside = _unit(np.cross(heading, rng.normal(size=3)))
        for part, sign in ((share, 1), (1 - share, -1)):
            thin = radius * part ** (1 / power)
            if thin < FINEST_MM:
                continue
            cosine = (1 + part ** (4 / power) - (1 - part) ** (4 / power)) / (
                2 * part ** (2 / power)
            )
            angle = np.arccos(np.clip(cosine, -1, 1)) * rng.uniform(0.7, 1.4)
            away = _unit(np.cos(angle) * heading + sign * np.sin(angle) * aside)
            length = slenderness * thin**0.9 * rng.lognormal(0, 0.35)
            path = _bent(start, heading, away, length, thin, rng)
            tubes.append(Tube(path, np.full(len(path), thin), parent))
            front.append((len(tubes) - 1, path[-1], _unit(path[-1] - path[-2]), thin))
    return tubes


def colonize(
    starts_lps: np.ndarray,
    headings: np.ndarray,
    targets_lps: np.ndarray,
    radius_mm: np.ndarray,
    rng: np.random.Generator,
    *,
    power: float | None = None,
    others_lps: np.ndarray | None = None,
    clearance_mm: np.ndarray | None = None,
) -> list[Tube]:
    """Trees from starts (k,3) that share out the targets (m,3) among them and reach all.

    Space colonization (Runions 2007): every target pulls the nearest end until it is reached.
    Radii shrink from `radius_mm` (k,) by Murray's law with the number of twigs to be fed, with
    an exponent between 2.3 and 3 unless `power` says. Tubes keep their walls `clearance_mm` (o,)
    off points `others_lps` (o,3) where they can. Tubes with parent -1-n leave start n.
    """
    points, parents = _colony(
        np.array(starts_lps, float), np.array(headings, float), targets_lps, rng
    )
    fed = np.zeros(len(parents))
    heirs: list[list[int]] = [[] for _ in parents]
    for n in range(len(parents) - 1, -1, -1):
        fed[n] = max(fed[n], 1.0)
        if parents[n] >= 0:
            fed[parents[n]] += fed[n]
            heirs[parents[n]].append(n)
    root = np.arange(len(parents))
    for n in range(len(starts_lps), len(parents)):
        root[n] = root[parents[n]]
    power = power or rng.uniform(2.3, 3.0)
    radii = np.asarray(radius_mm, float)[root] * (fed / fed[root]) ** (1 / power)
    points = _smooth(points, parents, heirs)
    if others_lps is not None and clearance_mm is not None and len(others_lps):
        free = slice(len(starts_lps), None)
        points[free] = _pushed(points[free], radii[free], others_lps, clearance_mm)
    return _chains(points, parents, heirs, radii, len(starts_lps))


def _colony(
    starts: np.ndarray, headings: np.ndarray, targets: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, list[int]]:
    """Nodes (n,3) of the trees and the node each grew from (-1 for the starts)."""
    volume = float(np.prod(np.ptp(targets, axis=0) + 1))
    apart = (volume / (2 * len(targets))) ** (1 / 3)
    step, reached = 0.33 * apart, 0.7 * apart
    nodes, course = [starts], [headings / np.linalg.norm(headings, axis=1, keepdims=True)]
    all_nodes, all_course = nodes[0], course[0]
    parents, children = [-1] * len(starts), np.zeros(len(starts), int)
    far, nearest = _nearest(targets, starts)
    alive = far > reached
    for _ in range(150):
        alive &= children[nearest] < 3
        if not alive.any():
            break
        from_ = nearest[alive]
        pull = (targets[alive] - all_nodes[from_]) / far[alive, None]
        growing, slot = np.unique(from_, return_inverse=True)
        mean = np.column_stack([np.bincount(slot, pull[:, a], len(growing)) for a in range(3)])
        mean = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        way = mean + 0.5 * all_course[growing] + rng.normal(0, 0.18, mean.shape)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        fresh = all_nodes[growing] + step * way
        first = len(all_nodes)
        parents += growing.tolist()
        children[growing] += 1
        children = np.r_[children, np.zeros(len(growing), int)]
        all_nodes, all_course = np.vstack([all_nodes, fresh]), np.vstack([all_course, way])
        new_far, new_nearest = _nearest(targets, fresh)
        nearer = new_far < far
        far = np.where(nearer, new_far, far)
        nearest = np.where(nearer, new_nearest + first, nearest)
        alive &= far > reached
    return all_nodes, parents


def _nearest(targets: np.ndarray, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each target to the nearest node, and which node that is."""
    from scipy.spatial.distance import cdist

    far = cdist(targets, nodes)
    nearest = np.argmin(far, axis=1)
    return far[np.arange(len(targets)), nearest], nearest


def _smooth(points: np.ndarray, parents: list[int], heirs: list[list[int]]) -> np.ndarray:
    """The nodes drawn toward their neighbors, starts and tips held fast."""
    inner = np.array([n for n, p in enumerate(parents) if p >= 0 and heirs[n]], int)
    if not len(inner):
        return points
    above = np.array(parents)[inner]
    main = np.array([heirs[n][-1] for n in inner])
    for _ in range(2):
        points = points.copy()
        points[inner] = 0.5 * points[inner] + 0.25 * (points[above] + points[main])
    return points


def _pushed(
    points: np.ndarray, radii: np.ndarray, others: np.ndarray, clearance: np.ndarray
) -> np.ndarray:
    """The nodes moved away from the nearest of `others` until their walls are clear of it."""
    from scipy.spatial import cKDTree

    for _ in range(4):
        far, nearest = cKDTree(others).query(points)
        lack = np.maximum(0.0, radii + clearance[nearest] - far)
        away = (points - others[nearest]) / np.maximum(far, 1e-6)[:, None]
        points = points + lack[:, None] * away
    return points


def _chains(
    points: np.ndarray,
    parents: list[int],
    heirs: list[list[int]],
    radii: np.ndarray,
    starts: int,
) -> list[Tube]:
    """The tubes between starts, forks and tips; those too thin are left out."""
    tubes: list[Tube] = []
    front = [(n, heir, -1 - n) for n in range(starts) for heir in heirs[n]]
    while front:
        above, node, parent = front.pop()
        if radii[node] < FINEST_MM:
            continue
        chain = [above, node]
        while len(heirs[chain[-1]]) == 1:
            chain.append(heirs[chain[-1]][0])
        stub = len(chain) == 2 and not heirs[node]
        if stub and np.linalg.norm(points[node] - points[above]) < 1.6 * radii[above]:
            continue
        before = points[parents[above]] if parents[above] >= 0 else None
        path = _through(points[chain], before, WIDTHS * min(1.0, radii[node]))
        tubes.append(Tube(path, np.full(len(path), radii[node]), parent))
        front += [(chain[-1], heir, len(tubes) - 1) for heir in heirs[chain[-1]]]
    return tubes


def _through(knots: np.ndarray, before: np.ndarray | None, step_mm: float) -> np.ndarray:
    """A smooth path (n,3) through knots (Catmull and Rom 1974), coming from `before`."""
    lead = 2 * knots[0] - knots[1] if before is None else before
    guide = np.vstack([lead, knots, 2 * knots[-1] - knots[-2]])
    gap = np.linalg.norm(knots[1:] - knots[:-1], axis=1).max()
    t = np.linspace(0, 1, max(2, int(np.ceil(1.1 * gap / step_mm)) + 1))[1:, None]
    weights = 0.5 * np.hstack(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    )
    windows = np.stack([guide[n : n + len(knots) - 1] for n in range(4)], axis=1)
    return np.vstack([knots[:1], (weights @ windows).reshape(-1, 3)])


def _bent(
    start: np.ndarray,
    heading: np.ndarray,
    away: np.ndarray,
    length: float,
    radius: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """A path that leaves along `heading`, turns into `away` and winds a little."""
    s = np.linspace(0, 1, max(3, int(np.ceil(length / (WIDTHS * min(1.0, radius)))) + 1))[:, None]
    turn = start + length * (0.2 * s * (1 - s) * heading + (s - 0.2 * s * (1 - s)) * away)
    aside = _unit(np.cross(away, rng.normal(size=3)))
    across = np.cross(away, aside)
    high = 0.05 * length * np.sin(np.pi * s)
    return turn + high * (
        rng.normal() * np.sin(rng.uniform(2, 8) * s + rng.uniform(0, 6)) * aside
        + rng.normal() * np.sin(rng.uniform(2, 8) * s + rng.uniform(0, 6)) * across
    )


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
