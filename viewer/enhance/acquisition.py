"""How a scan samples what is there: the operator from a finer grid back to the scanner's."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from viewer.errors import ViewerError
from viewer.volume.grid import Grid
from viewer.volume.separable import along

MOST = 8  # new voxels along one axis of an acquired one
REACH = 1.0  # of the smoothness that is assumed between voxels, in acquired voxels
Triple = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Acquisition:
    """From restored voxels to acquired ones, axis by axis.

    Each acquired voxel is divided into `factor` (slices, rows, columns) new ones and is their
    mean. Where slices overlap, `profile` is how many slice distances wide (full width at half
    maximum) the scanner saw each of them; 1 is the plain mean of its own new voxels.
    """

    shape: Triple
    factor: Triple
    profile: float = 1.0

    def __post_init__(self) -> None:
        if not all(1 <= each <= MOST for each in self.factor):
            told = ",".join(str(each) for each in self.factor)
            raise ViewerError(
                f"A voxel can be divided into 1 to {MOST} along each axis, not {told}; nothing was "
                "restored, choose another scale."
            )

    @property
    def fine_shape(self) -> Triple:
        """The shape of the restored volume."""
        a, b, c = (n * f for n, f in zip(self.shape, self.factor, strict=True))
        return a, b, c

    @property
    def voxels(self) -> int:
        """New voxels in each acquired one."""
        return int(np.prod(self.factor))

    @cached_property
    def axes(self) -> tuple["Axis | None", "Axis | None", "Axis | None"]:
        """What each axis does; None where voxels stay as they are."""
        wide = (self.profile, 1.0, 1.0)
        first, second, third = (
            Axis(n, f, width) if f > 1 else None
            for n, f, width in zip(self.shape, self.factor, wide, strict=True)
        )
        return first, second, third

    def grid(self, acquired: Grid) -> Grid:
        """The grid of the restored volume: the new voxels fill the acquired ones."""
        if self.voxels == 1:
            return acquired
        factor = np.array(self.factor, float)
        matrix = acquired.lps_from_index.copy()
        matrix[:3, :3] = matrix[:3, :3] / factor
        matrix[:3, 3] = acquired.points_lps(((1 / factor - 1) / 2)[None])[0]
        return Grid(self.fine_shape, matrix)

    def acquired(self, fine: np.ndarray) -> np.ndarray:
        """What the scanner would have given of a restored volume (float32)."""
        return along(fine, self.each(lambda axis: axis.forward))

    def each(self, part: "Callable[[Axis], np.ndarray]") -> list[np.ndarray | None]:
        """A matrix of every axis; None where voxels stay as they are."""
        return [None if axis is None else part(axis) for axis in self.axes]

    def spread(self, acquired: np.ndarray) -> np.ndarray:
        """Each acquired value given to all its new voxels."""
        for axis, factor in enumerate(self.factor):
            acquired = np.repeat(acquired, factor, axis=axis) if factor > 1 else acquired
        return acquired

    def means(self, fine: np.ndarray) -> np.ndarray:
        """The mean of the new voxels of each acquired one (float64)."""
        a, b, c = fine.shape
        x, y, z = self.factor
        parts = np.asarray(fine, np.float64).reshape(a // x, x, b // y, y, c // z, z)
        return parts.mean(axis=(1, 3, 5))


class Axis:
    """One axis along which voxels are divided.

    `forward` (acquired, new) gives acquired values; `spread` (new, acquired) is the smoothest way
    back, after which `forward` gives the acquired values again. Smooth is what has a small sum of
    squares of itself and of its second differences: of all signals with these acquired values the
    one of least x'(1 + l^4 D'D)x, by the normal equations of that problem (a generalized
    smoothing spline; Wahba 1990, section 1.3).
    """

    def __init__(self, count: int, factor: int, profile: float) -> None:
        self.forward = _rows(count, factor, profile)
        fine = count * factor
        bend = np.diff(np.eye(fine), 2, axis=0)
        stiff = np.eye(fine) + (REACH * factor) ** 4 * bend.T @ bend
        carried = np.linalg.solve(stiff, self.forward.T)
        seen = self.forward @ carried
        scale = np.trace(seen) / count
        values, self.vectors = np.linalg.eigh((seen + seen.T) / (2 * scale))
        self.values = np.maximum(values, 1e-9)
        self._carried = carried / scale
        self.spread = self._carried @ (self.vectors / self.values) @ self.vectors.T

    @property
    def back(self) -> np.ndarray:
        """From the coefficients of the eigenvectors to new voxels (new, acquired)."""
        return self._carried @ self.vectors


def _rows(count: int, factor: int, profile: float) -> np.ndarray:
    """How much of each new voxel (columns) an acquired one (rows) holds; rows sum to 1.

    A profile wider than the slice is a trapezoid: the collimated beam, as wide as the slice, moved
    along while it is seen (Hsieh, Computed Tomography, 3rd ed., section 9.3).
    """
    at = (np.arange(count * factor) + 0.5) / factor - 0.5
    away = np.abs(at[None] - np.arange(count)[:, None])
    flank = max(profile - 1.0, 0.0)
    if flank < 1e-3:
        rows = (away < 0.5).astype(float)
    else:
        rows = np.clip((profile / 2 + flank / 2 - away) / flank, 0, 1)
    out: np.ndarray = rows / rows.sum(axis=1, keepdims=True)
    return out
