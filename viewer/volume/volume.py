"""Hounsfield units on a grid."""

from dataclasses import dataclass

import numpy as np

from viewer.volume.grid import Grid

AIR_HU = -1024


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan: `voxels` in HU, int16 or float32, `[slice, row, column]`, on a grid.

    `voxels` is made read-only; it is never copied.
    """

    voxels: np.ndarray
    grid: Grid

    def __post_init__(self) -> None:
        if self.voxels.ndim != 3 or self.voxels.shape != self.grid.shape:
            raise ValueError(f"voxels {self.voxels.shape} do not fit grid {self.grid.shape}")
        if self.voxels.dtype not in (np.int16, np.float32):
            raise ValueError(f"voxels are {self.voxels.dtype}, not int16 or float32")
        self.voxels.flags.writeable = False

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return self.voxels, self.grid.lps_from_index

    def box(self, start: tuple[int, int, int], stop: tuple[int, int, int]) -> "Volume":
        """The part from index `start` to `stop` (excluded), without a copy."""
        cut = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        return Volume(self.voxels[cut], self.grid.box(start, stop))
