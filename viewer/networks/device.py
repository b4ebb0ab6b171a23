"""Where networks run: the processor, or a graphics processor through torch."""

import contextlib
import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from viewer.errors import ViewerError

PLACE = "ANGIOSCAPE_DEVICE"
DEVICES = {"auto": "", "cpu": "processor", "cuda": "cuda"}  # as options call them


@dataclass(frozen=True)
class Device:
    """What runs the networks.

    `exact` computes in float32; otherwise in half precision where the device itself can, which
    is several times as fast there. `threads` count on the processor only.
    """

    kind: Literal["processor", "cuda"]
    name: str
    threads: int
    exact: bool = True

    @property
    def free_bytes(self) -> int:
        """Memory that is free there now."""
        return free_memory() if self.kind == "processor" else _cuda_free()


def choose(wanted: str = "", *, exact: bool | None = None) -> Device:
    """The device to use: `wanted`, or what ANGIOSCAPE_DEVICE says, or the fastest there is.

    `wanted` is "processor", "cuda", or "" for the fastest. `exact` is True on the processor and
    False on a graphics processor unless said. Raises `ViewerError` for a device that is not here.
    """
    wanted = wanted or os.environ.get(PLACE, "")
    if wanted not in ("", "processor", "cuda"):
        raise ViewerError(
            f"There is no kind of device called {wanted!r}; nothing was run. Choose processor or "
            "cuda."
        )
    name = _cuda_name() if wanted != "processor" else ""
    if wanted == "cuda" and not name:
        raise ViewerError(
            "This machine has no graphics processor that torch can use; nothing was run. Choose "
            "the processor."
        )
    if name:
        return Device("cuda", name, _threads(), bool(exact))
    return Device("processor", "processor", _threads(), exact is None or exact)


def free_memory() -> int:
    """Bytes of main memory that can be had without swapping."""
    try:
        import psutil
    except ImportError:  # a bare machine that only trains
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(psutil.virtual_memory().available)


def _threads() -> int:
    """Processor cores that this process may use, but one: the window must go on turning."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)) - 1)
    return max(1, (os.cpu_count() or 1) - 1)


def _cuda_name() -> str:
    """The graphics processor's name, or nothing; torch is loaded only where it could find one."""
    with contextlib.suppress(PackageNotFoundError):
        if version("torch").endswith("+cpu"):
            return ""
    try:
        import torch
    except ImportError:
        return ""
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else ""


def _cuda_free() -> int:
    import torch

    return int(torch.cuda.mem_get_info()[0])
