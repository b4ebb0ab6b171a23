"""What lies where on a grid: shapes of the standard adult painted one over the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.phantom.body import Body
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

Box = tuple[slice, slice, slice]
Distance = Callable[[np.ndarray], np.ndarray]

# Smooth things are worked out on every few voxels about this far apart, and interpolated.
COARSE_MM = 6.5


@dataclass(frozen=True, eq=False)
class Shape:
    """Part of an organ: `distance_mm(points (3,...)) -> (...)`, negative inside, standard frame.

    `low` and `high` (3,) are the corners of a box that holds it.
    """

    low: np.ndarray
    high: np.ndarray
    distance_mm: Distance


@dataclass(frozen=True, eq=False)
class Bumps:
    """Two smooth random fields of the standard adult, each about -1 to 1: no organ is an egg."""

    wave: np.ndarray
    offset: np.ndarray

    def at(self, points_standard: np.ndarray) -> np.ndarray:
        """Both fields (2,...) at points (3,...)."""
        flat = points_standard.reshape(3, -1)
        waves = np.sin(self.wave @ flat + self.offset[:, None])
        half = len(waves) // 2
        scale = np.sqrt(2 / half)
        fields = np.stack([waves[:half].sum(axis=0), waves[half:].sum(axis=0)]) * scale
        return fields.reshape(2, *points_standard.shape[1:])


def make_bumps(rng: np.random.Generator, count: int = 5) -> Bumps:
    """Random fields of `count` waves each, 45 to 110 mm long."""
    heading = rng.normal(size=(2 * count, 3))
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    length_mm = rng.uniform(45, 110, (2 * count, 1))
    offset = rng.uniform(0, 2 * np.pi, 2 * count)
    return Bumps((2 * np.pi / length_mm * heading).astype(np.float32), offset.astype(np.float32))


class Places:
    """Where the voxels of a grid lie in the standard adult, finely and coarsely."""

    def __init__(self, body: Body, grid: Grid, bumps: Bumps) -> None:
        self.grid, self.body, self.bumps = grid, body, bumps
        steps = [max(2, round(COARSE_MM / mm)) for mm in grid.spacing_mm]
        self.step = np.array(steps)
        # the nodes stand at the same places for every box of one grid, so that boxes agree
        origin = np.rint(grid.index(np.zeros(3))).astype(int).tolist()
        start = [-(-o % (2 * s)) for o, s in zip(origin, steps, strict=True)]
        self.start = np.array(start)
        ends = zip(grid.shape, start, steps, strict=True)
        count = [max(2, -(-(n - 1 - a) // s) + 1) for n, a, s in ends]
        sizes = zip(grid.shape, count, steps, start, strict=True)
        self._hats = [_hats(n, c, s, a) for n, c, s, a in sizes]
        self._locate(steps, count)

    def _locate(self, steps: list[int], count: list[int]) -> None:
        """Find the coarse nodes in the standard frame, the way there being worked out sparsely.

        The warp of a body is so smooth that every second coarse node does.
        """
        sparse = [max(2, n // 2 + 1) for n in count]
        starts = self.start.tolist()
        sizes = zip(sparse, steps, starts, strict=True)
        axes = [a + np.arange(m) * 2 * s for m, s, a in sizes]
        index = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(float)
        standard = self.body.standard(self.grid.points_lps(index))
        hats = [_hats(n, m, 2) for n, m in zip(count, sparse, strict=True)]
        moved = np.moveaxis(standard, -1, 0).astype(np.float32)
        self.coarse = np.stack([_lifted(axis, hats) for axis in moved])
        flat, target = index.reshape(-1, 3), standard.reshape(-1, 3)
        middle = flat.mean(axis=0)
        away = flat - middle
        linear = (away.T @ (target - target.mean(axis=0))).T / np.maximum(
            (away * away).sum(axis=0), 1e-9
        )
        linear[:, (away * away).sum(axis=0) < 1e-9] = 0
        self._inverse = np.linalg.pinv(linear)
        self._offset = target.mean(axis=0) - linear @ middle
        straight = index @ linear.T + self._offset
        self._sparse_step = 2 * self.step
        self._bend = np.moveaxis(standard - straight, -1, 0)
        self._bend_range = np.stack(
            [self._bend.min(axis=(1, 2, 3)), self._bend.max(axis=(1, 2, 3))]
        )

    @cached_property
    def fine(self) -> np.ndarray:
        """Standard coordinates of every voxel (3, slice, row, column) float32."""
        return np.stack([self.lift(axis) for axis in self.coarse])

    @cached_property
    def coarse_bumps(self) -> np.ndarray:
        """Both bump fields on the coarse grid."""
        return self.bumps.at(self.coarse)

    @cached_property
    def fine_bumps(self) -> np.ndarray:
        """Both bump fields at every voxel."""
        return np.stack([self.lift(field) for field in self.coarse_bumps])

    def box(self, low: np.ndarray, high: np.ndarray) -> Box | None:
        """The voxels that may lie between two corners of the standard frame; None if none do."""
        return self.boxes(np.asarray(low)[None], np.asarray(high)[None])[0]

    def boxes(self, low: np.ndarray, high: np.ndarray) -> list[Box | None]:
        """The voxels that may lie between corners (n,3) of the standard frame; None if none do."""
        first, last = self._reach(low, high, *self._bend_range)
        out: list[Box | None] = [None] * len(low)
        for n in np.flatnonzero(np.all(first < last, axis=1)):
            near = tuple(
                slice((a - o) // s, -(-(b - 1 - o) // s) + 1)
                for a, b, s, o in zip(
                    first[n].tolist(),
                    last[n].tolist(),
                    self._sparse_step.tolist(),
                    self.start.tolist(),
                    strict=True,
                )
            )
            bend = self._bend[(slice(None), *near)].reshape(3, -1)
            a, b = self._reach(low[n], high[n], bend.min(axis=1), bend.max(axis=1))
            if np.all(a < b):
                i, j, k = (slice(*ends) for ends in zip(a.tolist(), b.tolist(), strict=True))
                out[n] = (i, j, k)
        return out

    def _reach(
        self, low: np.ndarray, high: np.ndarray, least: np.ndarray, most: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """First and last index (..., 3) of boxes where the way there bends within two limits."""
        low, high = low - most, high - least
        center = ((low + high) / 2 - self._offset) @ self._inverse.T
        half = ((high - low) / 2) @ np.abs(self._inverse).T
        first = np.maximum(np.floor(center - half), 0).astype(int)
        return first, np.minimum(np.ceil(center + half) + 1, self.grid.shape).astype(int)

    def coarse_box(self, box: Box) -> Box:
        """The coarse nodes that hold a box of voxels."""
        a, b, c = (
            slice((part.start - first) // step, -(-(part.stop - 1 - first) // step) + 1)
            for part, step, first in zip(box, self.step.tolist(), self.start.tolist(), strict=True)
        )
        return a, b, c

    def lift(self, values: np.ndarray, box: Box | None = None) -> np.ndarray:
        """Values on the coarse grid (or on the coarse part of a box) at every voxel there."""
        hats = self._hats
        if box is not None:
            near = self.coarse_box(box)
            hats = [hat[f, c] for hat, f, c in zip(hats, box, near, strict=True)]
        return _lifted(values, hats)


def _lifted(values: np.ndarray, hats: Sequence[np.ndarray]) -> np.ndarray:
    """Values interpolated along all three axes."""
    a, b, c = hats
    rows = np.matmul(b, values.astype(np.float32, copy=False) @ c.T)
    return (a @ rows.reshape(len(rows), -1)).reshape(len(a), len(b), len(c))


Row = Callable[[np.ndarray, Places], None]


def _hats(fine: int, coarse: int, step: int, start: int = 0) -> np.ndarray:
    """Weights (fine, coarse) of linear interpolation between nodes `step` apart from `start`."""
    away = np.abs((np.arange(fine)[:, None] - start) / step - np.arange(coarse)[None])
    return np.maximum(1 - away, 0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Organ:
    """One row of the table of a person: parts joined, and what they are made of by depth.

    `layers` are (depth in mm, tissue), the outermost first. Only voxels of tissues `over` are
    painted (None: all); `bump_mm` roughens the surface, `blend_mm` rounds where parts meet.
    `smooth` organs are worked out on the coarse grid. `gas_y` is the level (standard y) above
    which, toward the front, the innermost layer is gas.
    """

    parts: tuple[Shape, ...]
    layers: tuple[tuple[float, Tissue], ...]
    over: frozenset[Tissue] | None = None
    bump_mm: float = 0.0
    blend_mm: float = 0.0
    smooth: bool = False
    gas_y: float | None = None

    @cached_property
    def _corners(self) -> tuple[np.ndarray, np.ndarray]:
        return np.stack([p.low for p in self.parts]), np.stack([p.high for p in self.parts])

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint this organ into `out` where its grid holds it."""
        boxes = places.boxes(*self._corners)
        near = [(p, box) for p, box in zip(self.parts, boxes, strict=True) if box is not None]
        if not near:
            return
        if self.smooth or self.blend_mm:
            box = _hull([box for _, box in near])
            depths = [(box, self._depth(places, [part for part, _ in near], box))]
        else:
            depths = [(box, self._depth(places, [part], box)) for part, box in near]
        over = self.over
        for depth, tissue in self.layers:
            if tissue is Tissue.METAL:  # wires thinner than a voxel would break into dots
                depth -= 0.4 * max(places.grid.spacing_mm)
            for box, depth_mm in depths:
                _lay(out[box], depth_mm > depth, tissue, over)
            over = None if over is None else frozenset({tissue})
        if self.gas_y is not None:
            for box, depth_mm in depths:
                gas = (depth_mm > depth) & (places.fine[1][box] < self.gas_y)
                _lay(out[box], gas, Tissue.GAS, over)

    @staticmethod
    def depth_of(parts: Sequence[Shape], points_standard: np.ndarray) -> np.ndarray:
        """Depth (mm) below the surface of all parts together at points (3,...)."""
        depth = -parts[0].distance_mm(points_standard)
        for part in parts[1:]:
            depth = np.maximum(depth, -part.distance_mm(points_standard))
        return depth

    def _depth(self, places: Places, parts: list[Shape], box: Box) -> np.ndarray:
        """Depth below the surface of some parts (mm), positive inside, over a box of voxels."""
        near = (slice(None), *(places.coarse_box(box) if self.smooth else box))
        points = (places.coarse if self.smooth else places.fine)[near]
        depth = -parts[0].distance_mm(points)
        for part in parts[1:]:
            depth = joined(depth, -part.distance_mm(points), self.blend_mm)
        if self.bump_mm:
            bumps = places.coarse_bumps if self.smooth else places.fine_bumps
            depth += self.bump_mm * bumps[near][0]
        return places.lift(depth, box) if self.smooth else depth


def _lay(
    here: np.ndarray, where: np.ndarray, tissue: Tissue, over: frozenset[Tissue] | None
) -> None:
    if over is not None:
        where &= _among(here, over)
    np.copyto(here, np.uint8(tissue), where=where)


def joined(one: np.ndarray, other: np.ndarray, blend_mm: float) -> np.ndarray:
    """The larger of two depths (mm), rounded where they are alike within `blend_mm`."""
    if not blend_mm:
        return np.maximum(one, other)
    near = np.maximum(blend_mm - np.abs(one - other), 0) / blend_mm
    return np.maximum(one, other) + near * near * (0.25 * blend_mm)


def _hull(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds others."""
    a, b, c = (
        slice(min(box[axis].start for box in boxes), max(box[axis].stop for box in boxes))
        for axis in range(3)
    )
    return a, b, c


def _among(here: np.ndarray, tissues: Iterable[Tissue]) -> np.ndarray:
    """Where one of some tissues lies (bool): comparing bytes is faster than a table."""
    out = np.zeros(here.shape, bool)
    for tissue in tissues:
        out |= here == np.uint8(tissue)
    return out


def replace(out: np.ndarray, where: np.ndarray, tissue: Tissue, over: Iterable[Tissue]) -> None:
    """Paint `tissue` where `where` is true and one of the tissues `over` lies now."""
    np.copyto(out, np.uint8(tissue), where=where & _among(out, over))
