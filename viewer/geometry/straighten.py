"""Curved planar reformations: sheets through a vessel laid flat, and what a scan shows on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from viewer.geometry.frames import Frames
from viewer.volume.grid import Grid
from viewer.volume.lines import along_lines
from viewer.volume.volume import Volume

SAME_MM = 0.05


@dataclass(frozen=True)
class Place:
    """Where a point lies beside a path.

    `s_mm` along it, and in the plane there `offset_mm` away at an `angle` (radians) from `across`
    towards `up`. A point beyond an end is dropped onto that end's plane.
    """

    s_mm: float
    offset_mm: float
    angle: float


@dataclass(frozen=True)
class Slab:
    """How thick a sheet is read: `thick_mm` about it in steps, of which one value is made."""

    mode: Literal["mip", "minip", "mean"]
    thick_mm: float
    step_mm: float

    @property
    def offsets_mm(self) -> np.ndarray:
        """How far from the sheet its layers lie (n,)."""
        count = max(1, round(self.thick_mm / self.step_mm))
        return (np.arange(count) - (count - 1) / 2) * self.step_mm


class Sheet(Protocol):
    """A surface of straight lines through a vessel, laid flat without stretching along them.

    `along` runs with the vessel from 0 to `length_mm`, `across` along the lines; both in mm.
    """

    @property
    def length_mm(self) -> float:
        """How long the sheet is."""

    def along_mm(self, s_mm: np.ndarray) -> np.ndarray:
        """Where on the sheet places of the path lie."""

    def s_mm(self, along_mm: np.ndarray) -> np.ndarray:
        """The places of the path that lie there on the sheet."""

    def middle_mm(self, s_mm: np.ndarray) -> np.ndarray:
        """Where across the sheet the path itself lies."""

    def lines(self, along_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The points (n,3) at `across` 0 in LPS, and the directions (n,3) of growing `across`."""

    def normals(self, along_mm: np.ndarray) -> np.ndarray:
        """The directions (n,3), one long, in which a slab of the sheet is thick."""

    def flat(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Along and across of a point, dropped onto the sheet where it lies beside it."""


def frames_at(frames: Frames, s_mm: np.ndarray) -> Frames:
    """The frames at distances (n,) along a path, straight between its points."""
    s = frames.s_mm
    at = np.clip(np.asarray(s_mm, np.float64), 0.0, s[-1])
    low = np.clip(np.searchsorted(s, at, side="right") - 1, 0, len(s) - 2)
    share = ((at - s[low]) / np.maximum(s[low + 1] - s[low], 1e-12))[:, None]

    def between(each: np.ndarray) -> np.ndarray:
        return np.asarray(each[low] + share * (each[low + 1] - each[low]))

    tangent = _one_long(between(frames.tangent))
    across = between(frames.across)
    across = _one_long(across - (across * tangent).sum(axis=1, keepdims=True) * tangent)
    return Frames(between(frames.points_lps), tangent, across, np.cross(tangent, across))


def point_at(frames: Frames, place: Place) -> np.ndarray:
    """The point (3,) in LPS of a place beside a path."""
    here = frames_at(frames, np.array([place.s_mm]))
    return np.asarray(here.points_lps[0] + place.offset_mm * here.turned(place.angle)[0])


def place_of(frames: Frames, point_lps: np.ndarray) -> Place:
    """Where a point lies beside a path: in the nearest of the planes that hold it.

    Between two points of the path the plane turns evenly, so the place follows from a quadratic
    equation and `point_at` gives the same point again.
    """
    away = np.asarray(point_lps, np.float64) - frames.points_lps
    step, turn = np.diff(frames.points_lps, axis=0), np.diff(frames.tangent, axis=0)
    a = -(step * turn).sum(axis=1)
    b = (away[:-1] * turn).sum(axis=1) - (step * frames.tangent[:-1]).sum(axis=1)
    c = (away[:-1] * frames.tangent[:-1]).sum(axis=1)
    shares = _roots(a, b, c)
    far = np.linalg.norm(away[:-1, None] - shares[..., None] * step[:, None], axis=2)
    far = np.where(np.isfinite(shares), far, np.inf)
    s = frames.s_mm
    row, which = np.unravel_index(int(far.argmin()), far.shape)
    nearest = float(far[row, which])
    at = float(s[row] + shares[row, which] * (s[row + 1] - s[row])) if nearest < np.inf else 0.0
    for end, side in ((0, -1.0), (-1, 1.0)):
        beyond = side * float(away[end] @ frames.tangent[end]) > 0
        if beyond and np.linalg.norm(away[end]) < nearest:
            nearest, at = float(np.linalg.norm(away[end])), float(s[end])
    here = frames_at(frames, np.array([at]))
    rest = np.asarray(point_lps, np.float64) - here.points_lps[0]
    across, up = float(rest @ here.across[0]), float(rest @ here.up[0])
    return Place(at, float(np.hypot(across, up)), float(np.arctan2(up, across)))


@dataclass(frozen=True, eq=False)
class Straightened:
    """The sheet of the lines at one angle (radians) in every plane; the path becomes straight."""

    frames: Frames
    angle: float

    @property
    def length_mm(self) -> float:
        """How long the path is."""
        return float(self.frames.s_mm[-1])

    def along_mm(self, s_mm: np.ndarray) -> np.ndarray:
        """The same: the sheet runs with the path."""
        return np.asarray(s_mm, np.float64)

    def s_mm(self, along_mm: np.ndarray) -> np.ndarray:
        """The same: the sheet runs with the path."""
        return np.asarray(along_mm, np.float64)

    def middle_mm(self, s_mm: np.ndarray) -> np.ndarray:
        """Nought: the path is the middle."""
        return np.zeros_like(np.asarray(s_mm, np.float64))

    def lines(self, along_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the path and the turned directions in its planes."""
        here = frames_at(self.frames, along_mm)
        return here.points_lps, here.turned(self.angle)

    def normals(self, along_mm: np.ndarray) -> np.ndarray:
        """Across the path and across the lines."""
        return frames_at(self.frames, along_mm).turned(self.angle + np.pi / 2)

    def flat(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Along and across of a point, dropped onto the line in its own plane."""
        place = place_of(self.frames, point_lps)
        return place.s_mm, place.offset_mm * float(np.cos(place.angle - self.angle))


@dataclass(frozen=True, eq=False)
class Stretched:
    """The sheet of parallel lines through a path, rolled out (Kanitsar et al. 2002).

    The lines lie across the path's main direction, at an angle (radians) like that of the plane
    half way. The path keeps its true length and its bends within the sheet.
    """

    frames: Frames
    angle: float

    @cached_property
    def direction(self) -> np.ndarray:
        """The direction (3,) of the lines."""
        points = self.frames.points_lps
        main = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
        main = main if main @ (points[-1] - points[0]) >= 0 else -main
        across, up = (each[len(points) // 2] for each in (self.frames.across, self.frames.up))
        start = across - (across @ main) * main
        if np.linalg.norm(start) < 0.1:
            start = np.cross(up, main)
        start = start / np.linalg.norm(start)
        return np.asarray(np.cos(self.angle) * start + np.sin(self.angle) * np.cross(main, start))

    @cached_property
    def _origin(self) -> np.ndarray:
        return np.asarray(self.frames.points_lps.mean(axis=0))

    @cached_property
    def _feet(self) -> np.ndarray:
        """The path dropped along the lines onto the plane where `across` is 0 (n,3)."""
        return np.asarray(
            self.frames.points_lps - np.outer(self._height(self.frames.points_lps), self.direction)
        )

    @cached_property
    def _rolled(self) -> np.ndarray:
        """Where along the sheet each point of the path lies (n,)."""
        steps = np.linalg.norm(np.diff(self._feet, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])

    def _height(self, points_lps: np.ndarray) -> np.ndarray:
        return np.asarray((points_lps - self._origin) @ self.direction)

    @property
    def length_mm(self) -> float:
        """How long the sheet is: no longer than the path."""
        return float(self._rolled[-1])

    def along_mm(self, s_mm: np.ndarray) -> np.ndarray:
        """Where on the sheet places of the path lie."""
        return np.interp(s_mm, self.frames.s_mm, self._rolled)

    def s_mm(self, along_mm: np.ndarray) -> np.ndarray:
        """The places of the path that lie there on the sheet."""
        return np.interp(along_mm, self._rolled, self.frames.s_mm)

    def middle_mm(self, s_mm: np.ndarray) -> np.ndarray:
        """Where across the sheet the path itself lies."""
        height = self._height(self.frames.points_lps)
        return np.interp(s_mm, self.frames.s_mm, height)

    def lines(self, along_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Feet of the lines and their one direction."""
        feet = np.column_stack(
            [np.interp(along_mm, self._rolled, self._feet[:, axis]) for axis in range(3)]
        )
        return feet, np.broadcast_to(self.direction, feet.shape)

    def normals(self, along_mm: np.ndarray) -> np.ndarray:
        """Across the lines and the way of their feet."""
        way = np.gradient(self._feet, axis=0)
        here = np.column_stack([np.interp(along_mm, self._rolled, axis) for axis in way.T])
        return _one_long(np.cross(here, self.direction))

    def flat(self, point_lps: np.ndarray) -> tuple[float, float]:
        """Along and across of a point, dropped onto the nearest line.

        Where several lines are as near, the one whose place on the path is nearest.
        """
        point = np.asarray(point_lps, np.float64)
        height = float(self._height(point))
        away = point - height * self.direction - self._feet[:-1]
        step = np.diff(self._feet, axis=0)
        square = np.maximum((step**2).sum(axis=1), 1e-18)
        share = np.clip((away * step).sum(axis=1) / square, 0.0, 1.0)
        beside = np.linalg.norm(away - share[:, None] * step, axis=1)
        path = self.frames.points_lps
        places = path[:-1] + share[:, None] * np.diff(path, axis=0)
        far = np.linalg.norm(point - places, axis=1)
        row = int(np.where(beside <= beside.min() + SAME_MM, far, np.inf).argmin())
        along = self._rolled[row] + share[row] * (self._rolled[row + 1] - self._rolled[row])
        return float(along), height


def point_on(sheet: Sheet, along_mm: float, across_mm: float) -> np.ndarray:
    """The point (3,) in LPS at a place of a sheet."""
    start, way = sheet.lines(np.array([along_mm]))
    return np.asarray(start[0] + across_mm * way[0])


@dataclass(frozen=True, eq=False)
class Lines:
    """Straight lines of a sheet: where they start (n,3), their way and what is across both."""

    start_lps: np.ndarray
    way: np.ndarray
    normal: np.ndarray

    def index(self, grid: Grid, across_mm: np.ndarray, offset_mm: float = 0.0) -> np.ndarray:
        """Fractional indices (3,n,m) float32 of places on them, `offset_mm` beside the sheet."""
        first = grid.index(self.start_lps + offset_mm * self.normal).T
        step = (self.way @ grid.index_from_lps[:3, :3].T).T
        across = np.asarray(across_mm, np.float32)
        return first.astype(np.float32)[:, :, None] + step.astype(np.float32)[:, :, None] * across


def lines_on(sheet: Sheet, along_mm: np.ndarray) -> Lines:
    """The lines of a sheet at places (n,) along it."""
    return Lines(*sheet.lines(along_mm), sheet.normals(along_mm))


def resampled(
    volume: Volume, lines: Lines, across_mm: np.ndarray, slab: Slab | None = None
) -> np.ndarray:
    """What a scan shows on lines: HU float32 (n,m), linear between voxels; nan beyond the scan.

    A row for each line, a column for each of `across_mm` (m,). A `slab` is read layer by layer.
    """

    def layer(offset_mm: float) -> np.ndarray:
        index = lines.index(volume.grid, across_mm, offset_mm)
        return along_lines(volume.voxels, index, beyond=np.nan)

    if slab is None:
        return layer(0.0)
    first, *rest = slab.offsets_mm.tolist()
    made = layer(first)
    if slab.mode == "mean":
        count = np.isfinite(made).astype(np.int32)
        total = np.nan_to_num(made, nan=0.0)
        for offset in rest:
            read = layer(offset)
            count += np.isfinite(read)
            total += np.nan_to_num(read, nan=0.0)
        return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    for offset in rest:
        (np.fmin if slab.mode == "minip" else np.fmax)(made, layer(offset), out=made)
    return made


def resampled_labels(
    layers: Sequence[np.ndarray],
    grid: Grid,
    lines: Lines,
    across_mm: np.ndarray,
    offset_mm: float = 0.0,
) -> list[np.ndarray]:
    """Values (n,m) of the voxels nearest to places on lines, for each layer of a grid.

    0 beyond the grid. The lines are moved by `offset_mm` out of their sheet.
    """
    index = lines.index(grid, across_mm, offset_mm)
    shown = [along_lines(layer, index, order=0) for layer in layers]
    ends = index[..., [0, -1]].reshape(3, -1)
    if (ends.min(axis=1) < -0.5).any() or (ends.max(axis=1) > np.array(grid.shape) - 0.5).any():
        size = np.array(grid.shape)[:, None, None]
        inside = np.all((index >= -0.5) & (index <= size - 0.5), axis=0)
        shown = [np.where(inside, each, each.dtype.type(0)) for each in shown]
    return shown


def _roots(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The roots (n,2) of a x^2 + b x + c from 0 to 1; nan where there are fewer."""
    with np.errstate(invalid="ignore", divide="ignore"):
        q = -0.5 * (b + np.where(b < 0, -1.0, 1.0) * np.sqrt(b * b - 4 * a * c))
        both = np.column_stack([q / a, c / q])
    inside = (both >= -1e-9) & (both <= 1 + 1e-9)
    return np.where(inside, np.clip(both, 0.0, 1.0), np.nan)


def _one_long(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
