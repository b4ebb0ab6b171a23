"""Training in pieces that resume: the same on a processor and on a graphics processor."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from viewer.networks.plan import Plan
from viewer.progress import Progress
from viewer.training.checkpoint import Run, save
from viewer.training.data import Patch, as_input
from viewer.training.loss import class_loss, vessel_loss

SAVE_EVERY_S = 120.0


class Lesson(Protocol):
    """What goes into a network (n,c,d,h,w), and what its answer is punished for."""

    @property
    def channels(self) -> torch.Tensor:
        """What the network sees."""
        ...

    def loss(self, plan: Plan, out: torch.Tensor) -> torch.Tensor:
        """How wrong the answer `out` is, one number."""
        ...


@dataclass(frozen=True, eq=False)
class Batch:
    """What goes into a network that names voxels, and what should come out (`vessel_loss`)."""

    channels: torch.Tensor
    classes: torch.Tensor
    tube: torch.Tensor
    wall: torch.Tensor
    exact: torch.Tensor

    def loss(self, plan: Plan, out: torch.Tensor) -> torch.Tensor:
        """How wrong the logits `out` are."""
        loss = class_loss(out[:, : plan.classes], self.classes.to(out.device))
        if plan.tube or plan.wall:
            parts = (self.tube, self.wall, self.exact)
            loss = loss + vessel_loss(plan, out, *(part.to(out.device) for part in parts))
        return loss


def batch_of(patches: list[Patch]) -> Batch:
    """Patches stacked, with what another network said of them as further channels."""
    channels = torch.stack([as_input(p.hu) for p in patches])
    names = [p.names for p in patches if p.names is not None]
    if names:
        channels = torch.cat([channels, torch.stack(names)], dim=1)
    classes = torch.stack([p.classes for p in patches])
    empty = torch.zeros(classes.shape[1:])
    return Batch(
        channels,
        classes,
        torch.stack([empty > 0 if p.tube is None else p.tube for p in patches]),
        torch.stack([empty if p.wall is None else (p.wall / 4).clamp(-1, 1) for p in patches]),
        torch.tensor([p.tube is not None for p in patches]),
    )


@dataclass(frozen=True)
class Manner:
    """How a network is trained: its highest learning rate, and when batch norm settles.

    From step `settled` on, batch norm keeps the mean and variance that it has seen so far.
    """

    highest_rate: float = 3e-3
    settled: int | None = None


def rate(done: float, highest: float = Manner.highest_rate) -> float:
    """The learning rate when a share of the run is done: a short rise, then a cosine."""
    rise = min(1.0, done / 0.02 + 0.02)
    return highest * rise * (0.5 + 0.5 * math.cos(math.pi * min(done, 1.0)))


def train(
    run: Run,
    stream: Iterator[Lesson],
    folder: Path,
    progress: Progress,
    *,
    minutes: float,
    of_minutes: float,
    manner: Manner | None = None,
) -> Run:
    """Train for some minutes of a run planned to take `of_minutes` in all; saved as it goes."""
    device = next(run.network.parameters()).device
    half = halves(device)
    if half:
        run.network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    begun, saved = time.perf_counter(), time.perf_counter()
    so_far, losses = run.seconds, []
    manner = manner or Manner()
    while True:
        run.network.train(manner.settled is None or run.step < manner.settled)
        elapsed = time.perf_counter() - begun
        run.seconds = so_far + elapsed
        done = run.seconds / (60 * of_minutes)
        if elapsed > 60 * minutes or done >= 1:
            break
        batch = next(stream)
        for group in run.optimizer.param_groups:
            group["lr"] = rate(done, manner.highest_rate)
        channels = batch.channels.to(device)
        if half:
            channels = channels.to(memory_format=torch.channels_last_3d)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            out = run.network(channels)
        loss = batch.loss(run.plan, out.float())
        run.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
        run.optimizer.step()
        run.step += 1
        run.average()
        losses.append(float(loss.detach()))
        if len(losses) >= 25:
            run.curve.append(
                {"step": run.step, "minutes": run.seconds / 60, "loss": float(np.mean(losses))}
            )
            losses = []
            progress.at(min(done, 1.0), f"Step {run.step}, loss {run.curve[-1]['loss']:.3f}")
        if time.perf_counter() - saved > SAVE_EVERY_S:
            save(run, folder)
            saved = time.perf_counter()
    save(run, folder)
    return run


def halves(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 fast: CUDA, and processors with AMX.

    Others take minutes for a step in bfloat16.
    """
    if device.type != "cpu":
        return device.type == "cuda"
    facts = Path("/proc/cpuinfo")
    return facts.exists() and "amx_bf16" in facts.read_text()
