"""Which voxels are which structure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from viewer.volume.grid import Grid
from viewer.volume.resample import resample_array

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

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

    `names` says what each label means. `confidence` is None without networks, or the probability
    (uint8, 255 is certain) that a voxel is what its label says; 0 where no network was asked.
    """

    labels: np.ndarray
    grid: Grid
    names: Mapping[int, str] = field(default_factory=lambda: NAMES)
    confidence: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.labels.shape != self.grid.shape or self.labels.dtype != np.uint8:
            raise ValueError(f"labels {self.labels.shape} {self.labels.dtype} do not fit the grid")
        self.labels.flags.writeable = False
        if self.confidence is not None:
            if self.confidence.shape != self.grid.shape or self.confidence.dtype != np.uint8:
                raise ValueError(f"confidence {self.confidence.shape} does not fit the grid")
            self.confidence.flags.writeable = False
        object.__setattr__(self, "names", MappingProxyType(dict(self.names)))

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        sure = () if self.confidence is None else (self.confidence,)
        return self.labels, self.grid.lps_from_index, *sure

    @cached_property
    def counts(self) -> Mapping[int, int]:
        """How many voxels bear each label that occurs, without background."""
        known = {n: int(np.count_nonzero(self.labels == n)) for n in (0, *self.names)}
        if sum(known.values()) < self.labels.size:
            layers = (np.bincount(each.ravel(), minlength=256) for each in self.labels)
            found = np.sum(np.stack(list(layers)), axis=0)
            known = {n: int(count) for n, count in enumerate(found)}
        return MappingProxyType({n: count for n, count in sorted(known.items()) if count and n})

    @property
    def present(self) -> tuple[int, ...]:
        """Labels that occur, ascending, without background."""
        return tuple(self.counts)

    def volume_ml(self, label: int) -> float:
        """Volume of one label in milliliters."""
        return self.counts.get(label, 0) * self.grid.voxel_mm3 / 1000

    def on(self, grid: Grid) -> "VesselMask":
        """The mask on another grid over the same place: each voxel as the nearest one here."""
        if grid.same_as(self.grid):
            return self
        labels, sure = (
            None if each is None else resample_array(each, self.grid, grid, order=0)
            for each in (self.labels, self.confidence)
        )
        assert labels is not None
        return VesselMask(labels, grid, self.names, sure)

    def patched(
        self, box: Box, labels: np.ndarray, confidence: np.ndarray | None = None
    ) -> "VesselMask":
        """The mask with other labels inside a box (start, stop per axis).

        Without a `confidence` of the box no network stands for what is changed.
        """
        cut = tuple(slice(*ends) for ends in box)
        patched = self.labels.copy()
        patched[cut] = labels
        sure = self.confidence
        if sure is not None:
            kept = np.where(labels == self.labels[cut], sure[cut], 0)
            sure = sure.copy()
            sure[cut] = kept if confidence is None else confidence
        mask = VesselMask(patched, self.grid, self.names, sure)
        if "counts" in self.__dict__:
            change = Counter(dict(enumerate(np.bincount(labels.ravel(), minlength=256).tolist())))
            change.subtract(
                dict(enumerate(np.bincount(self.labels[cut].ravel(), minlength=256).tolist()))
            )
            change.update(self.counts)
            known = {n: count for n, count in sorted(change.items()) if count and n}
            mask.__dict__["counts"] = MappingProxyType(known)
        return mask
