"""A network that is open on a device, kept for the life of the process."""

import time
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from viewer.networks.device import Device
from viewer.networks.plan import Plan
from viewer.networks.registry import ModelCard, Weights, open_weights
from viewer.networks.session import Session, open_session
from viewer.provenance import digest

TRIAL = 64


class Network:
    """Weights on a device; the session opens when it is first asked."""

    def __init__(self, weights: Weights, device: Device) -> None:
        self.weights = weights
        self.device = device

    @property
    def card(self) -> ModelCard:
        """What is known about the network."""
        return self.weights.card

    @property
    def plan(self) -> Plan:
        """What the network looks like."""
        return self.weights.plan

    @property
    def checksum(self) -> str:
        """The SHA-256 of its weights."""
        arrays = self.weights.arrays
        return digest(arrays[name] for name in sorted(arrays))

    @cached_property
    def session(self) -> Session:
        """What answers tiles."""
        return open_session(self.weights, self.device)

    @cached_property
    def voxels_per_second(self) -> float:
        """How fast tiles are answered here, measured once on a small one."""
        side = -(-TRIAL // self.plan.multiple) * self.plan.multiple
        trial = np.zeros((self.plan.inputs, side, side, side), np.float32)
        self.session.run(trial, lambda: None)  # the first pass prepares the kernels
        started = time.perf_counter()
        self.session.run(trial, lambda: None)
        return float(side**3 / (time.perf_counter() - started))


@cache
def network(
    name: str, device: Device, folder: Path | None = None, *, untrusted: bool = False
) -> Network:
    """A network by name, opened once in a process; see `open_weights` for what is refused."""
    return Network(open_weights(name, folder, untrusted=untrusted), device)
