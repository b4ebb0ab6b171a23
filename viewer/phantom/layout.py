"""What lies where on a grid: shapes of the standard adult painted one over the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.phantom.body import Body
from viewer.phantom.tissue import SIZE, Tissue
from viewer.volume.grid import Grid

Box = tuple[slice, slice, slice]
Distance = Callable[[np.ndarray], np.ndarray]

# Smooth things are worked out on every few voxels about this far apart, and interpolated.
COARSE_MM = 5.5
FAR_MM = 99.0


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
        count = [-(-(n - 1) // s) + 1 for n, s in zip(grid.shape, steps, strict=True)]
        count = [max(2, n) for n in count]
        axes = [np.arange(n) * s for n, s in zip(count, steps, strict=True)]
        index = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        standard = body.standard(grid.points_lps(index))
        self.coarse = np.ascontiguousarray(np.moveaxis(standard, -1, 0), np.float32)
        self._hats = [_hats(n, c, s) for n, c, s in zip(grid.shape, count, steps, strict=True)]
        flat, target = index.reshape(-1, 3), standard.reshape(-1, 3)
        ones = np.column_stack([flat, np.ones(len(flat))])
        affine = np.linalg.lstsq(ones, target, rcond=None)[0]
        self._bend = np.abs(ones @ affine - target).max(axis=0)
        self._inverse = np.linalg.pinv(affine[:3].T)
        self._offset = affine[3]

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
        center = self._inverse @ ((low + high) / 2 - self._offset)
        half = np.abs(self._inverse) @ ((high - low) / 2 + self._bend)
        first = np.maximum(np.floor(center - half), 0).astype(int)
        last = np.minimum(np.ceil(center + half) + 1, self.grid.shape).astype(int)
        if np.any(first >= last):
            return None
        a, b, c = (slice(int(i), int(j)) for i, j in zip(first, last, strict=True))
        return a, b, c

    def coarse_box(self, box: Box) -> Box:
        """The coarse nodes that hold a box of voxels."""
        a, b, c = (
            slice(part.start // step, -(-(part.stop - 1) // step) + 1)
            if part.stop - part.start > 1 or part.start % step
            else slice(part.start // step, part.start // step + 1)
            for part, step in zip(box, self.step.tolist(), strict=True)
        )
        return a, b, c

    def lift(self, values: np.ndarray, box: Box | None = None) -> np.ndarray:
        """Values on the coarse grid (or on the coarse part of a box) at every voxel there."""
        hats = self._hats
        if box is not None:
            near = self.coarse_box(box)
            hats = [hat[f, c] for hat, f, c in zip(hats, box, near, strict=True)]
        a, b, c = hats
        out = values.astype(np.float32, copy=False) @ c.T
        out = np.matmul(b, out)
        flat = a @ out.reshape(len(out), -1)
        return flat.reshape(len(a), len(b), len(c))


Row = Callable[[np.ndarray, Places], None]


def _hats(fine: int, coarse: int, step: int) -> np.ndarray:
    """Weights (fine, coarse) of linear interpolation between nodes `step` voxels apart."""
    away = np.abs(np.arange(fine)[:, None] / step - np.arange(coarse)[None])
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

    def __call__(self, out: np.ndarray, places: Places) -> None:
        """Paint this organ into `out` where its grid holds it."""
        seen = [(part, places.box(part.low, part.high)) for part in self.parts]
        near = [(part, box) for part, box in seen if box is not None]
        if not near:
            return
        box = _hull([box for _, box in near])
        depth_mm = self._depth(places, near, box)
        here = out[box]
        inside = depth_mm > 0
        if self.over is not None:
            inside &= _allowed(self.over)[here]
        first, *deeper = self.layers
        np.copyto(here, np.uint8(first[1]), where=inside & (depth_mm > first[0]))
        for depth, tissue in deeper:
            np.copyto(here, np.uint8(tissue), where=inside & (depth_mm > depth))
        if self.gas_y is not None:
            above = places.fine[1][box] < self.gas_y
            np.copyto(here, np.uint8(Tissue.GAS), where=inside & above & (depth_mm > depth))

    @staticmethod
    def depth_of(parts: Sequence[Shape], points_standard: np.ndarray) -> np.ndarray:
        """Depth (mm) below the surface of all parts together at points (3,...)."""
        depth = -parts[0].distance_mm(points_standard)
        for part in parts[1:]:
            depth = np.maximum(depth, -part.distance_mm(points_standard))
        return depth

    def _depth(self, places: Places, near: list[tuple[Shape, Box]], box: Box) -> np.ndarray:
        """Depth below the surface (mm), positive inside, over a box of voxels."""
        if self.smooth:
            coarse = places.coarse_box(box)
            points = places.coarse[(slice(None), *coarse)]
            depth = np.full(points.shape[1:], -FAR_MM, np.float32)
            for part, _ in near:
                depth = joined(depth, -part.distance_mm(points), self.blend_mm)
            if self.bump_mm:
                depth = depth + self.bump_mm * places.coarse_bumps[(0, *coarse)]
            return places.lift(depth, box)
        shape = tuple(part.stop - part.start for part in box)
        depth = np.full(shape, -FAR_MM, np.float32)
        for part, mine in near:
            inner = tuple(
                slice(m.start - b.start, m.stop - b.start) for m, b in zip(mine, box, strict=True)
            )
            part_mm = -part.distance_mm(places.fine[(slice(None), *mine)])
            depth[inner] = joined(depth[inner], part_mm, self.blend_mm)
        if self.bump_mm:
            depth += self.bump_mm * places.fine_bumps[(0, *box)]
        return depth


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


def _allowed(tissues: Iterable[Tissue]) -> np.ndarray:
    """Which tissues may be painted over (`SIZE`,) bool."""
    table = np.zeros(SIZE, bool)
    table[list(tissues)] = True
    return table


def replace(out: np.ndarray, where: np.ndarray, tissue: Tissue, over: Iterable[Tissue]) -> None:
    """Paint `tissue` where `where` is true and one of the tissues `over` lies now."""
    np.copyto(out, np.uint8(tissue), where=where & _allowed(over)[out])
