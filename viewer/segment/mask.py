"""Which voxels are which structure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from viewer.volume.grid import Grid

ARTERY, VEIN, BONE, CALCIFICATION, CHAMBER, ORGAN, THROMBUS = range(1, 8)
NAMES: Mapping[int, str] = MappingProxyType(
    {
        ARTERY: "artery",
        VEIN: "vein",
        BONE: "bone",
        CALCIFICATION: "calcification",
        CHAMBER: "chamber",
        ORGAN: "organ",
        THROMBUS: "thrombus",
    }
)


@dataclass(frozen=True, eq=False)
class VesselMask:
    """Labels on a grid: `labels` uint8 `[slice, row, column]`, 0 is background.

    `names` says what each label means; `confidence` is None or uint8 (0 to 255) per voxel.
    """

    labels: np.ndarray
    grid: Grid
    names: Mapping[int, str] = field(default_factory=lambda: NAMES)
    confidence: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.labels.shape != self.grid.shape or self.labels.dtype != np.uint8:
            raise ValueError(f"labels {self.labels.shape} {self.labels.dtype} do not fit the grid")
        self.labels.flags.writeable = False
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return self.labels, self.grid.lps_from_index

    @cached_property
    def present(self) -> tuple[int, ...]:
        """Labels that occur, ascending, without background."""
        counts = np.bincount(self.labels.ravel(), minlength=256)
        return tuple(int(n) for n in np.flatnonzero(counts) if n)

    def volume_ml(self, label: int) -> float:
        """Volume of one label in milliliters."""
        return float(np.count_nonzero(self.labels == label)) * self.grid.voxel_mm3 / 1000
