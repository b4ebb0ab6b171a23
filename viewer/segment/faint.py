"""The whole of a vessel whose blood is faint, layered or clotted, found by its outer wall."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from viewer.progress import Progress
from viewer.segment.mask import CHAMBER, ORGAN, Box, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

ANGLES = 32
WIDEST_MM = 30.0
LEAST_MM = 3.0
RAY_MM = 0.75
STEP_MM = 2.5
REACH_MM = 200.0
OUTSIDE_HU, INSIDE_HU = -60.0, 45.0  # fat and lung; blood and clot of any brightness above
SUPPORT, LEAST_SUPPORT = 0.42, 0.2  # of the wall seen, and where muscle or liver hides it
STIFF = 0.25
FULL_SHARE = 0.9  # where known lumen fills the section, nothing is missing
REST_MM = 16.0
HIDDEN_MM = 30.0  # of the way, where muscle or liver hides the wall
WALL_MM = 0.75
BEYOND_MM, BEYOND = 6.0, 0.5  # known lumen just outside a wall speaks against it


@dataclass(frozen=True, eq=False)
class Section:
    """One cross-section: center and unit directions (LPS), wall radius (mm) per angle.

    `support` is the share of the wall that is seen and `known` the share that is lumen already.
    """

    center_lps: np.ndarray
    axes_lps: np.ndarray
    radius_mm: np.ndarray
    support: float
    known: float

    @property
    def area_mm2(self) -> float:
        """Area within the wall."""
        return float(np.mean(self.radius_mm**2) * np.pi)


def turned(direction_lps: np.ndarray) -> np.ndarray:
    """A direction and two others at right angles to it (rows, unit vectors)."""
    along = direction_lps / np.linalg.norm(direction_lps)
    side = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    side /= np.linalg.norm(side)
    return np.stack([along, side, np.cross(along, side)])


def circle(axes_lps: np.ndarray, angles: int = ANGLES) -> np.ndarray:
    """Unit vectors around the first axis (angles,3)."""
    turn = np.arange(angles) * (2 * np.pi / angles)
    unit: np.ndarray = np.cos(turn)[:, None] * axes_lps[1] + np.sin(turn)[:, None] * axes_lps[2]
    return unit


class Wall:
    """Asks a scan where fat or lung ends and a vessel begins."""

    def __init__(self, volume: Volume, mask: VesselMask, vessel: tuple[int, ...]) -> None:
        self._hu, self._labels, self._grid = volume.voxels, mask.labels, volume.grid
        self._vessel = np.isin(np.arange(256), vessel)
        self._other = np.isin(np.arange(256), (CHAMBER, ORGAN))
        self._radii = np.arange(1, round(WIDEST_MM / RAY_MM) + 1) * RAY_MM

    def rays(self, center_lps: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solid (0 fat to 1 blood) and whether it is known lumen, along rays (angles,radii)."""
        points = center_lps + self._radii[None, :, None] * unit[:, None, :]
        index = np.moveaxis(self._grid.index(points), -1, 0)
        hu = ndimage.map_coordinates(
            self._hu, index, output=np.float32, order=1, mode="constant", cval=-1000
        )
        last = np.array(self._grid.shape)[:, None, None] - 1
        labels = self._labels[tuple(np.clip(np.rint(index), 0, last).astype(int))]
        solid = np.clip((hu - OUTSIDE_HU) / (INSIDE_HU - OUTSIDE_HU), 0, 1)
        solid[self._other[labels] & (hu > 2 * INSIDE_HU)] = 0
        return solid, self._vessel[labels]

    def edges(self, solid: np.ndarray) -> np.ndarray:
        """How clearly each place along the rays is a wall, inside denser (-1 to 1)."""
        wide = np.pad(solid, ((0, 0), (2, 3)), mode="edge")
        n = solid.shape[1]
        inner = (wide[:, 1 : n + 1] + wide[:, 2 : n + 2]) / 2
        outer = (wide[:, 4 : n + 4] + wide[:, 5 : n + 5]) / 2
        wall: np.ndarray = inner - outer
        return wall

    def section(
        self, center_lps: np.ndarray, axes_lps: np.ndarray, prior_mm: np.ndarray
    ) -> Section:
        """The section around a center whose wall is best seen and near the prior radii."""
        unit = circle(axes_lps)
        solid, known = self.rays(center_lps, unit)
        edge = self.edges(solid)
        pull = np.minimum(((self._radii[None] - prior_mm[:, None]) / 2.5) ** 2, 9.0)
        chosen = closed_path(0.12 * pull - edge + BEYOND * share_beyond(known))
        radius = self._radii[chosen]
        rows = np.arange(ANGLES)
        seen = float(np.mean(edge[rows, chosen] > 0.3))
        within = self._radii[None] < radius[:, None]
        weight = within * self._radii[None]
        filled = float((known * weight).sum() / max(weight.sum(), 1e-6))
        return Section(center_lps, axes_lps, radius, seen, filled)

    def first(self, point_lps: np.ndarray, axes_lps: np.ndarray) -> Section | None:
        """The section that holds a point: the circle with the clearest wall, then its true form."""
        best, found = 0.0, None
        unit = circle(axes_lps)
        steps = np.arange(-18, 19, 3.0)
        for a, b in ((a, b) for a in steps for b in steps if np.hypot(a, b) <= 18):
            center = point_lps + a * axes_lps[1] + b * axes_lps[2]
            solid, _ = self.rays(center, unit)
            filled = solid.mean(axis=0).cumsum() / np.arange(1, solid.shape[1] + 1)
            score = np.clip(self.edges(solid), -0.3, 1).mean(axis=0) * filled**2
            score[(self._radii < max(np.hypot(a, b) + 1, LEAST_MM)) | (self._radii > 24)] = 0
            n = int(score.argmax())
            if score[n] > best:
                best, found = float(score[n]), (center, self._radii[n])
        if found is None:
            return None
        center, radius = found
        rough = self.settled(center, axes_lps, np.full(ANGLES, radius))
        return self.settled(rough.center_lps, axes_lps, rough.radius_mm)

    def settled(
        self, center_lps: np.ndarray, axes_lps: np.ndarray, prior_mm: np.ndarray
    ) -> Section:
        """The section with its center moved to the middle of its wall."""
        section = self.section(center_lps, axes_lps, prior_mm)
        unit = circle(axes_lps)
        shift = (section.radius_mm[:, None] * unit).mean(axis=0)
        away = np.maximum(section.radius_mm - unit @ shift, RAY_MM)
        return replace(section, center_lps=center_lps + shift, radius_mm=away)


def share_beyond(known: np.ndarray) -> np.ndarray:
    """Which share of the next 6 mm along each ray is known lumen (angles,radii).

    A flap or a clot between two lumens is no outer wall.
    """
    reach = round(BEYOND_MM / RAY_MM)
    so_far = np.pad(known.astype(np.float32), ((0, 0), (1, reach - 1))).cumsum(axis=1)
    share: np.ndarray = (so_far[:, reach:] - so_far[:, :-reach]) / reach
    return share


def closed_path(cost: np.ndarray) -> np.ndarray:
    """The cheapest closed way round (one column a row, neighbors one column apart at most)."""
    twice = np.concatenate([cost, cost[: len(cost) // 2]])
    total, back = twice[0], np.zeros(twice.shape, np.int8)
    columns = np.arange(cost.shape[1])
    for row in range(1, len(twice)):
        wide = np.pad(total, 1, constant_values=np.inf)
        three = np.stack([wide[:-2] + STIFF, wide[1:-1], wide[2:] + STIFF])
        step = three.argmin(axis=0)
        back[row] = step - 1
        total = twice[row] + three[step, columns]
    at = int(total.argmin())
    path = np.empty(len(twice), int)
    for row in range(len(twice) - 1, -1, -1):
        path[row] = at
        at += int(back[row, at])
    turn = len(cost) // 4
    return np.roll(path[turn : turn + len(cost)], turn)


def follow(wall: Wall, start: Section, sign: int) -> Iterator[Section]:
    """The sections from a first one along the vessel until its wall is lost or it is full."""
    section, axes = start, start.axes_lps * np.array([[sign], [1], [1]])
    areas, full_mm = [start.area_mm2], 0.0
    hidden: list[Section] = []
    for _ in range(round(REACH_MM / STEP_MM)):
        ahead = wall.settled(section.center_lps + STEP_MM * axes[0], axes, section.radius_mm)
        usual = float(np.median(areas[-8:]))
        full_mm = full_mm + STEP_MM if ahead.known > FULL_SHARE else 0.0
        if full_mm > REST_MM or not 0.6 < ahead.area_mm2 / usual < 1.5:
            return
        hidden.append(ahead)
        if ahead.support >= SUPPORT:
            yield from hidden
            areas += [each.area_mm2 for each in hidden]
            hidden.clear()
        elif len(hidden) * STEP_MM > HIDDEN_MM:
            return
        moved = ahead.center_lps - section.center_lps
        axes = leaning(axes, moved / max(float(np.linalg.norm(moved)), 1e-6))
        section = ahead


def leaning(axes_lps: np.ndarray, way_lps: np.ndarray) -> np.ndarray:
    """The axes turned a little towards the way that the vessel takes."""
    along = axes_lps[0] + 0.15 * way_lps
    along /= np.linalg.norm(along)
    side = axes_lps[1] - (axes_lps[1] @ along) * along
    side /= np.linalg.norm(side)
    third = np.cross(along, side)
    return np.stack([along, side, third * np.sign(third @ axes_lps[2])])


def whole_vessel(
    volume: Volume,
    mask: VesselMask,
    point_lps: np.ndarray,
    direction_lps: np.ndarray,
    vessel: tuple[int, ...],
    progress: Progress,
) -> list[Section]:
    """Sections along the vessel whose wall encloses a point; empty where no wall is seen.

    `direction_lps` is about the way that the vessel runs; `vessel` the labels that are lumen.
    """
    wall = Wall(volume, mask, vessel)
    first = wall.first(point_lps, turned(direction_lps))
    if first is None or first.support < LEAST_SUPPORT:
        return []
    progress.at(0.4, "Following the wall")
    up = list(follow(wall, first, 1))
    progress.at(0.7)
    down = list(follow(wall, first, -1))
    if first.support < SUPPORT and not (up or down):
        return []
    return [*down[::-1], first, *up]


def voxels_within(sections: list[Section], grid: Grid) -> tuple[Box, np.ndarray]:
    """A box and which of its voxels lie inside the sections, without the wall itself (bool)."""
    pitch = 0.85 * min(grid.spacing_mm)
    turn = np.arange(ANGLES + 1)
    lifts = np.linspace(-STEP_MM / 2, STEP_MM / 2, int(STEP_MM / pitch) + 2)
    found = []
    for section in sections:
        reach = float(section.radius_mm.max())
        side = np.arange(-reach, reach + pitch, pitch)
        a, b = (each.ravel() for each in np.meshgrid(side, side))
        angle = np.mod(np.arctan2(b, a), 2 * np.pi) * ANGLES / (2 * np.pi)
        wall = np.interp(angle, turn, np.append(section.radius_mm, section.radius_mm[0]))
        inside = np.hypot(a, b) <= wall - WALL_MM
        center = grid.index(section.center_lps)
        along, *across = section.axes_lps @ grid.index_from_lps[:3, :3].T
        flat = center[:, None] + np.outer(across[0], a[inside]) + np.outer(across[1], b[inside])
        lifted = flat[:, None] + along[:, None, None] * lifts[:, None]
        found.append(np.rint(lifted.reshape(3, -1)).astype(np.int32))
    index = np.concatenate(found, axis=1)
    held = np.ones(index.shape[1], bool)
    for each, count in zip(index, grid.shape, strict=True):
        held &= (each >= 0) & (each < count)
    index = index[:, held]
    low, high = index.min(axis=1), index.max(axis=1) + 1
    within = np.zeros(tuple(high - low), bool)
    within[tuple(index - low[:, None])] = True
    a0, b0, c0 = ((int(m), int(n)) for m, n in zip(low, high, strict=True))
    return (a0, b0, c0), ndimage.binary_closing(within) | within
