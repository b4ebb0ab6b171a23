"""The outer wall of an artery that a flap parts: round both lumens, the flap and any clot."""

import numpy as np
from scipy import ndimage

from viewer.geometry.course import Course
from viewer.geometry.dissection_planes import HALF_MM, STEP_MM, Planes, hull_mm
from viewer.geometry.measure import own_part
from viewer.geometry.section import angles
from viewer.geometry.tree import VesselTree

RAYS = 48
FINE_MM, INSIDE_MM, OUTSIDE_MM = 0.5, 4.0, 6.0
LOOK_MM = 2.0
DARKEST_HU, BRIGHTEST_HU, BLOOD_HU = -100.0, 200.0, 150.0
PULL_IN, PULL_OUT = 25.0, 12.0  # HU for each mm off the hull
BEND = 15.0  # HU for each step from ray to ray
LEAST_EDGE_HU = 60.0
ALONG_MM = 2.0
HARMONICS, FITS, LEAST_OUT_MM = 3, 8, 2.0
USUAL_MM, LEAP_MM = 15.0, 2.5


def hulls_mm(planes: Planes, count: int = RAYS) -> np.ndarray:
    """The hull of the artery (n,m) mm in each plane, nan where there is none."""
    out = np.full((len(planes.hu), count), np.nan)
    for row, (hu, labels) in enumerate(zip(planes.hu, planes.labels, strict=True)):
        hull = hull_mm(hu, labels, count)
        if hull is not None:
            out[row] = hull
    known = np.isfinite(out).all(axis=1)
    out[known] = without_mouths(out[known])
    return out


def without_mouths(wall_mm: np.ndarray) -> np.ndarray:
    """Outlines (n,m) without the mouths of branches.

    What stands far out of the smooth line (three harmonics) through the rest of an outline takes
    its place on this line.
    """
    count = wall_mm.shape[1]
    turn = angles(count)
    waves = [np.ones(count)]
    for n in range(1, HARMONICS + 1):
        waves += [np.cos(n * turn), np.sin(n * turn)]
    basis = np.stack(waves, axis=1)
    weight = np.ones(wall_mm.shape)
    line = wall_mm
    for _ in range(FITS):
        normal = np.einsum("nm,mi,mj->nij", weight, basis, basis) + 1e-6 * np.eye(len(waves))
        right = np.einsum("nm,mi,nm->ni", weight, basis, wall_mm)
        line = np.linalg.solve(normal, right[..., None])[..., 0] @ basis.T
        off = wall_mm - line
        spread = 1.4826 * np.median(np.abs(off), axis=1, keepdims=True)
        limit = np.maximum(LEAST_OUT_MM, 2.0 * spread)
        weight = 1 / (1 + np.maximum(off / limit, 0) ** 4)
    out = (wall_mm - line) / limit
    return line + limit * np.where(out < 1, out, np.maximum(2 - out, 0))


def outer_mm(planes: Planes, hulls: np.ndarray, noise_hu: float) -> tuple[np.ndarray, np.ndarray]:
    """Distance (n,m) mm from the path to the outer wall, and where an edge shows it (bool).

    The closed line that runs along the strongest falls of brightness near the hull; where there
    is none, as beside muscle, along the hull. On each ray the wall lies half way from what is
    inside to what is outside; beside blood no darker than fat, as the wall itself ends the lumen.
    """
    rows = np.flatnonzero(np.isfinite(hulls).all(axis=1))
    out, seen = np.full(hulls.shape, np.nan), np.zeros(hulls.shape, bool)
    if not len(rows):
        return out, seen
    hull = hulls[rows]
    count = hulls.shape[1]
    away = np.arange(-INSIDE_MM, OUTSIDE_MM + 1e-6, FINE_MM)
    wide = np.arange(away[0] - LOOK_MM, away[-1] + LOOK_MM + 1e-6, FINE_MM)
    far = np.clip(hull[..., None] + wide, 0.0, HALF_MM - STEP_MM)
    hu = _along_rays(planes.hu[rows], far)
    look = int(LOOK_MM / FINE_MM)
    clipped = np.clip(hu, DARKEST_HU, BRIGHTEST_HU)
    total = np.cumsum(np.pad(clipped, ((0, 0), (0, 0), (1, 0))), axis=2)
    mean = (total[..., look:] - total[..., :-look]) / look
    fall = mean[..., : len(away)] - mean[..., look : look + len(away)]
    cost = -fall + np.where(away < 0, -PULL_IN, PULL_OUT) * away
    place = _closed_line(cost)
    ray = np.arange(count)[None]
    row = np.arange(len(rows))[:, None]
    sharp = fall[row, ray, place]
    within = np.stack([hu[row, ray, place + k] for k in range(look // 2 + 1)]).max(axis=0)
    beyond = np.stack([hu[row, ray, place + look + k] for k in range(look + 1)]).min(axis=0)
    level = 0.5 * (within + np.where(within > BLOOD_HU, np.maximum(beyond, DARKEST_HU), beyond))
    edge = _crossing(hu, level, place + look)
    wall = hull + away[0] - LOOK_MM + FINE_MM * edge
    shown = (sharp > max(LEAST_EDGE_HU, 3 * noise_hu / 2)) & np.isfinite(edge)
    rough = hull + away[place]
    wall = np.where(shown, wall, rough)
    smooth = ndimage.gaussian_filter1d(
        ndimage.median_filter(wall, (1, 5), mode="wrap"), 1.0, axis=1, mode="wrap"
    )
    out[rows], seen[rows] = without_mouths(smooth), shown
    return _steady(out, planes), seen


def at_mouths(planes: Planes, wall_mm: np.ndarray, tree: VesselTree, course: Course) -> np.ndarray:
    """Which planes (n,) cut a branch of the vessel inside their outline, which bulges there."""
    f, count = planes.frames, wall_mm.shape[1]
    out = np.zeros(len(wall_mm), bool)
    for mouth in course.mouths:
        branch = tree.branches[mouth.branch]
        parent = tree.branches[branch.parent] if branch.parent in course.branches else None
        part = own_part(branch, parent)
        for point, radius in zip(branch.points_lps[part], branch.radius_mm[part], strict=True):
            away = point - f.points_lps
            x, y = (away * f.across).sum(axis=1), (away * f.up).sum(axis=1)
            turn = np.mod(np.arctan2(y, x), 2 * np.pi) * count / (2 * np.pi)
            wall = wall_mm[np.arange(len(wall_mm)), np.rint(turn).astype(int) % count]
            near = np.abs((away * f.tangent).sum(axis=1)) <= radius
            out |= near & (np.hypot(x, y) <= wall)
    return out


def _along_rays(hu: np.ndarray, far_mm: np.ndarray) -> np.ndarray:
    """HU (n,m,k) at distances (n,m,k) mm along m even rays from the middles of pictures."""
    turn = angles(far_mm.shape[1])[None, :, None]
    middle = hu.shape[1] // 2
    index = np.stack(
        [
            np.broadcast_to(np.arange(len(hu))[:, None, None], far_mm.shape).astype(float),
            middle + far_mm * np.sin(turn) / STEP_MM,
            middle + far_mm * np.cos(turn) / STEP_MM,
        ]
    )
    return ndimage.map_coordinates(hu, index, order=1, mode="nearest", output=np.float32)


def _closed_line(cost: np.ndarray) -> np.ndarray:
    """Which of k places each of m rays takes (n,m) so that the line costs least.

    By dynamic programming twice round; the second half is kept, so that the line closes.
    """
    n, m, k = cost.shape
    jumps = np.arange(-2, 3)
    best = cost[:, 0].copy()
    back = np.zeros((2 * m, n, k), np.int8)
    for turn in range(1, 2 * m):
        padded = np.pad(best, ((0, 0), (2, 2)), constant_values=np.inf)
        ways = np.stack([padded[:, 2 + j : 2 + j + k] + BEND * abs(j) for j in jumps])
        choice = ways.argmin(axis=0)
        back[turn] = choice
        best = np.take_along_axis(ways, choice[None], axis=0)[0] + cost[:, turn % m]
    place = best.argmin(axis=1)
    line = np.zeros((2 * m, n), int)
    rows = np.arange(n)
    for turn in range(2 * m - 1, -1, -1):
        line[turn] = place
        place = np.clip(place + jumps[back[turn, rows, place]], 0, k - 1)
    middle = slice(m // 2, m // 2 + m)
    return np.roll(line[middle], m // 2, axis=0).T


def _crossing(hu: np.ndarray, level: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The fractional sample (n,m) nearest to a place at which rays fall below a level; or nan."""
    above = hu >= level[..., None]
    falls = above[..., :-1] & ~above[..., 1:]
    away = np.where(falls, np.abs(np.arange(falls.shape[2]) - near[..., None]), np.inf)
    at = away.argmin(axis=2)[..., None]
    high = np.take_along_axis(hu, at, axis=2)[..., 0]
    low = np.take_along_axis(hu, at + 1, axis=2)[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.clip((high - level) / (high - low), 0, 1)
    close = np.take_along_axis(away, at, axis=2)[..., 0] * FINE_MM <= LOOK_MM
    return np.where(close, at[..., 0] + part, np.nan)


def _steady(wall_mm: np.ndarray, planes: Planes) -> np.ndarray:
    """Outlines (n,m) without leaps along the path."""
    s = planes.frames.s_mm
    step = float(s[-1]) / max(len(s) - 1, 1)
    known = np.isfinite(wall_mm).all(axis=1)
    if known.sum() < 3:
        return wall_mm
    wide = 2 * max(1, round(ALONG_MM / step)) + 1
    own = wall_mm[known]
    usual = ndimage.median_filter(own, (2 * round(USUAL_MM / step) + 1, 1), mode="nearest")
    own = np.minimum(own, usual + LEAP_MM)
    own = ndimage.median_filter(own, (wide, 1), mode="nearest")
    own = ndimage.gaussian_filter1d(own, ALONG_MM / 2 / step, axis=0, mode="nearest")
    out = wall_mm.copy()
    out[known] = own
    return out
