"""Where every result comes from: one record for each step that was run."""

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

import numpy as np

LIBRARIES = ("numpy", "scipy", "scikit-image", "SimpleITK", "vtk", "pydicom")


@dataclass(frozen=True, eq=False)
class Record:
    """How one part of a case was made.

    `made` is the time (UTC, ISO 8601); `of` maps each part it was made from to that part's
    SHA-256; `seconds` is wall time and `peak_bytes` the highest memory of the process meanwhile.
    `networks` maps each network that was asked to the SHA-256 of its weights, and `device` ran
    them.
    """

    step: str
    part: str
    made: str
    of: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    peak_bytes: int = 0
    by: str = "machine"
    networks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    device: str = ""


def now() -> str:
    """The time now in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def product_version() -> str:
    """The version of the installed program, or "0" from a bare source tree."""
    try:
        return version("angioscape")
    except PackageNotFoundError:
        return "0"


@cache
def versions() -> Mapping[str, str]:
    """Versions of the program, of Python and of the libraries that make numbers."""
    found = {"angioscape": product_version(), "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return MappingProxyType(found)


def digest(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256 over shapes, types and contents of arrays (hex)."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.dtype.str}{array.shape}".encode())
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()
