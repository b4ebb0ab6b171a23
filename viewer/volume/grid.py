"""Where voxels lie in the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular grid of voxels in the patient.

    `shape` is (slices, rows, columns); `lps_from_index` is 4x4 in millimeters and takes the
    array index (slice, row, column, 1) to the point in the DICOM patient frame (LPS).
    """

    shape: Shape
    lps_from_index: np.ndarray
    frame_uid: str = ""

    def __post_init__(self) -> None:
        matrix = np.array(self.lps_from_index, dtype=np.float64)
        matrix.flags.writeable = False
        object.__setattr__(self, "lps_from_index", matrix)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @classmethod
    def regular(
        cls,
        shape: Sequence[int],
        spacing_mm: Sequence[float] = (1.0, 1.0, 1.0),
        origin_lps: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> "Grid":
        """An axial grid: slices go up, rows back, columns left; `spacing_mm` in array order."""
        matrix = np.zeros((4, 4))
        matrix[2, 0], matrix[1, 1], matrix[0, 2] = spacing_mm
        matrix[:3, 3] = origin_lps
        matrix[3, 3] = 1.0
        return cls((int(shape[0]), int(shape[1]), int(shape[2])), matrix)

    @cached_property
    def index_from_lps(self) -> np.ndarray:
        """The inverse of `lps_from_index` (4x4)."""
        return np.linalg.inv(self.lps_from_index)

    @cached_property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbors along slices, rows and columns."""
        lengths = np.linalg.norm(self.lps_from_index[:3, :3], axis=0)
        return float(lengths[0]), float(lengths[1]), float(lengths[2])

    @cached_property
    def voxel_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.lps_from_index[:3, :3])))

    @cached_property
    def center_lps(self) -> np.ndarray:
        """The middle of the grid (3,)."""
        return self.points_lps((np.array(self.shape) - 1) / 2)

    @cached_property
    def corners_lps(self) -> np.ndarray:
        """Centers of the eight corner voxels (8,3)."""
        ends = [(0, n - 1) for n in self.shape]
        index = np.array([(k, j, i) for k in ends[0] for j in ends[1] for i in ends[2]])
        return self.points_lps(index)

    def points_lps(self, index: np.ndarray) -> np.ndarray:
        """Points in LPS (...,3) of array indices (...,3)."""
        matrix = self.lps_from_index
        return np.asarray(index, dtype=np.float64) @ matrix[:3, :3].T + matrix[:3, 3]

    def index(self, points_lps: np.ndarray) -> np.ndarray:
        """Fractional array indices (...,3) of points in LPS (...,3)."""
        matrix = self.index_from_lps
        return np.asarray(points_lps, dtype=np.float64) @ matrix[:3, :3].T + matrix[:3, 3]

    def nearest(self, points_lps: np.ndarray) -> np.ndarray:
        """Array indices (...,3) int of the voxels nearest to points in LPS (...,3)."""
        index = np.clip(np.rint(self.index(points_lps)), 0, np.array(self.shape) - 1)
        return np.asarray(index.astype(int))

    def holds(self, point_lps: np.ndarray) -> bool:
        """Whether a point lies inside the grid (up to half a voxel beyond the centers)."""
        index = self.index(point_lps)
        return bool(np.all(index >= -0.5) and np.all(index <= np.array(self.shape) - 0.5))

    def same_as(self, other: "Grid", tolerance_mm: float = 1e-3) -> bool:
        """Whether both grids put every voxel at the same place."""
        return self.shape == other.shape and bool(
            np.abs(self.corners_lps - other.corners_lps).max() <= tolerance_mm
        )

    def box(self, start: Sequence[int], stop: Sequence[int]) -> "Grid":
        """The part from index `start` to `stop` (excluded), at its place in the patient."""
        matrix = self.lps_from_index.copy()
        matrix[:3, 3] = self.points_lps(np.asarray(start))
        shape = tuple(int(b) - int(a) for a, b in zip(start, stop, strict=True))
        return Grid((shape[0], shape[1], shape[2]), matrix, self.frame_uid)
