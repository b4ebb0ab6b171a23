"""A training run on disk: weights, their running mean, the optimizer, and the curve."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from viewer.networks.plan import Plan
from viewer.networks.unet import UNet

EMA = 0.998


@dataclass(eq=False)
class Run:
    """A network in training; `averaged` is the running mean of its weights, which is what ships."""

    plan: Plan
    network: UNet
    averaged: UNet
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)

    def average(self) -> None:
        """Move the running mean a little toward the present weights."""
        keep = min(EMA, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            mean = self.averaged.state_dict()
            for name, value in self.network.state_dict().items():
                if value.dtype.is_floating_point:
                    mean[name].lerp_(value, 1 - keep)
                else:
                    mean[name].copy_(value)


def begin(plan: Plan, seed: int, device: str) -> Run:
    """A new run with weights from a seed."""
    torch.manual_seed(seed)
    network = UNet(plan).to(device)
    averaged = UNet(plan).to(device).eval()
    averaged.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-4)
    return Run(plan, network, averaged, optimizer)


def save(run: Run, folder: Path) -> None:
    """Write a run so that `resume` goes on; the file before stays until the new one is whole."""
    from safetensors.torch import save_file

    parts: dict[str, torch.Tensor] = {}
    for name, value in run.network.state_dict().items():
        parts[f"network.{name}"] = value.contiguous()
    for name, value in run.averaged.state_dict().items():
        parts[f"averaged.{name}"] = value.contiguous()
    for number, values in run.optimizer.state_dict()["state"].items():
        for name, value in values.items():
            parts[f"optimizer.{number}.{name}"] = torch.as_tensor(value).contiguous().clone()
    facts = {
        "plan": run.plan.as_dict(),
        "step": run.step,
        "seconds": run.seconds,
        "curve": run.curve,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.plan.name}.safetensors"
    fresh = path.with_suffix(".new")
    save_file(parts, fresh, metadata={"run": json.dumps(facts)})
    fresh.replace(path)


def resume(folder: Path, name: str, device: str) -> Run:
    """The run that `save` wrote."""
    from safetensors import safe_open

    with safe_open(folder / f"{name}.safetensors", framework="pt") as file:
        facts = json.loads(file.metadata()["run"])
        parts = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    run = begin(Plan.from_dict(facts["plan"]), 0, device)
    for prefix, network in (("network.", run.network), ("averaged.", run.averaged)):
        found = {k[len(prefix) :]: v for k, v in parts.items() if k.startswith(prefix)}
        network.load_state_dict(found)
    state: dict[int, dict[str, Any]] = {}
    for key, value in parts.items():
        if key.startswith("optimizer."):
            _, number, name_of = key.split(".", 2)
            state.setdefault(int(number), {})[name_of] = value
    whole = run.optimizer.state_dict()
    whole["state"] = state
    run.optimizer.load_state_dict(whole)
    run.step, run.seconds, run.curve = facts["step"], facts["seconds"], facts["curve"]
    return run
