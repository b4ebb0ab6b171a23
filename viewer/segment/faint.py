"""The whole of a vessel whose blood is faint, layered or clotted, found by its outer wall."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import held, whole
from viewer.progress import Progress
from viewer.segment.gates import closed
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
        """Solid (0 fat to 1 blood) and whether it is known lumen, along rays (...,angles,radii).

        The rays leave one center or several (...,3).
        """
        points = center_lps[..., None, None, :] + self._radii[:, None] * unit[:, None, :]
        index = np.moveaxis(self._grid.index(points), -1, 0)
        hu = ndimage.map_coordinates(
            self._hu, index, output=np.float32, order=1, mode="constant", cval=-1000
        )
        last = np.subtract(self._grid.shape, 1)
        nearest = (np.clip(np.rint(n), 0, end) for n, end in zip(index, last, strict=True))
        labels = self._labels[tuple(n.astype(int) for n in nearest)]
        solid = np.clip((hu - OUTSIDE_HU) / (INSIDE_HU - OUTSIDE_HU), 0, 1)
        solid[self._other[labels] & (hu > 2 * INSIDE_HU)] = 0
        return solid, self._vessel[labels]

    def edges(self, solid: np.ndarray) -> np.ndarray:
        """How clearly each place along the rays is a wall, inside denser (-1 to 1)."""
        n = solid.shape[-1]
        wide = solid[..., np.clip(np.arange(-2, n + 3), 0, n - 1)]
        inner = (wide[..., 1 : n + 1] + wide[..., 2 : n + 2]) / 2
        outer = (wide[..., 4 : n + 4] + wide[..., 5 : n + 5]) / 2
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
        unit = circle(axes_lps)
        steps = np.arange(-18, 19, 3.0)
        moved = np.array([(a, b) for a in steps for b in steps if np.hypot(a, b) <= 18])
        centers = point_lps + moved[:, :1] * axes_lps[1] + moved[:, 1:] * axes_lps[2]
        solid, _ = self.rays(centers, unit)
        filled = solid.mean(axis=1).cumsum(axis=1) / np.arange(1, solid.shape[2] + 1)
        score = np.clip(self.edges(solid), -0.3, 1).mean(axis=1) * filled**2
        least = np.maximum(np.hypot(*moved.T) + 1, LEAST_MM)
        score[(self._radii < least[:, None]) | (self._radii > 24)] = 0
        best, n = np.unravel_index(int(score.argmax()), score.shape)
        if score[best, n] <= 0:
            return None
        center, radius = centers[best], self._radii[n]
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
    total = np.full((len(twice), cost.shape[1] + 2), np.inf)
    total[0, 1:-1] = twice[0]
    for row, before in enumerate(total[:-1], 1):
        aside = np.minimum(before[:-2], before[2:]) + STIFF
        total[row, 1:-1] = twice[row] + np.minimum(aside, before[1:-1])
    three = np.stack([total[:, :-2] + STIFF, total[:, 1:-1], total[:, 2:] + STIFF])
    back = three.argmin(axis=0) - 1
    at = int(total[-1, 1:-1].argmin())
    path = np.empty(len(twice), int)
    for row in range(len(twice) - 1, -1, -1):
        path[row] = at
        at += int(back[row - 1, at])
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
    lifts = np.linspace(-STEP_MM / 2, STEP_MM / 2, int(STEP_MM / pitch) + 2)
    center = grid.index(np.stack([section.center_lps for section in sections]))
    axes = np.stack([section.axes_lps for section in sections]) @ grid.index_from_lps[:3, :3].T
    widest = np.array([[section.radius_mm.max()] for section in sections])
    reach = STEP_MM / 2 * np.abs(axes[:, 0]) + widest * np.hypot(axes[:, 1], axes[:, 2])
    low = np.floor((center - reach).min(axis=0)).astype(int)
    wide = np.zeros(np.ceil((center + reach).max(axis=0)).astype(int) + 1 - low, bool)
    flat, number = wide.reshape(-1), np.array(wide.strides, np.float64)
    for section, middle, (along, *across) in zip(sections, center, axes, strict=True):
        disk = middle[:, None] + np.stack(across).T @ places_within(section, pitch)
        for lift in lifts:
            index = np.rint(disk + (along * lift)[:, None])
            flat[(number @ (index - low[:, None])).astype(np.intp)] = True
    first = np.maximum(low, 0)
    within = wide[tuple(slice(a, b) for a, b in zip(first - low, grid.shape - low, strict=True))]
    cut = held(within, whole(within.shape)) or whole(within.shape)
    a, b, c = ((int(n) + s.start, int(n) + s.stop) for n, s in zip(first, cut, strict=True))
    return (a, b, c), closed(within[cut])


def places_within(section: Section, pitch_mm: float) -> np.ndarray:
    """Places a pitch apart inside a section's wall, along its second and third axis (2,n; mm)."""
    most = float(section.radius_mm.max())
    side = np.arange(-most, most + pitch_mm, pitch_mm)
    places = np.stack(np.meshgrid(side, side)).reshape(2, -1)
    angle = np.mod(np.arctan2(places[1], places[0]), 2 * np.pi) * ANGLES / (2 * np.pi)
    wall = np.append(section.radius_mm, section.radius_mm[0])
    radius = np.interp(angle, np.arange(ANGLES + 1), wall)
    within: np.ndarray = places[:, np.hypot(*places) <= radius - WALL_MM]
    return within
