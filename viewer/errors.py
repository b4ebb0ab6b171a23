"""What a person is told when something is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

PLACE = ("x_lps_mm", "y_lps_mm", "z_lps_mm")
Severity = Literal["info", "warning", "blocks"]


class ViewerError(Exception):
    """One sentence for a person: what is wrong, what was kept, what to do."""


@dataclass(frozen=True)
class Notice:
    """Something a reader should know about a scan or a result.

    `severity` "blocks" forbids the vessel step and measuring; `files` are names without folder.
    """

    code: str
    severity: Severity
    text: str
    files: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def point_lps(self) -> tuple[float, float, float] | None:
        """Where to look, when `numbers` name a place."""
        if not all(name in self.numbers for name in PLACE):
            return None
        x, y, z = (float(self.numbers[name]) for name in PLACE)
        return x, y, z
