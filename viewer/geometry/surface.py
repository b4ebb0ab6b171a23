"""The wall of a mask as triangles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangle mesh in LPS millimeters.

    `points_lps` (n,3) float32, `triangles` (m,3) int32 or int64 with outward normals by the
    right-hand rule; `point_data` holds one value per point by name (`radius_mm`, `label`).
    """

    points_lps: np.ndarray
    triangles: np.ndarray
    point_data: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "point_data", MappingProxyType(dict(self.point_data)))
        for array in (self.points_lps, self.triangles, *self.point_data.values()):
            array.flags.writeable = False

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return self.points_lps, self.triangles
