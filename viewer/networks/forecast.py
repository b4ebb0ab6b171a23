"""What a run will take, decided before it starts: tiles, memory and time."""

from dataclasses import dataclass

import numpy as np

from viewer.errors import ViewerError
from viewer.networks.device import Device
from viewer.networks.plan import Plan
from viewer.networks.tiles import Tiling, lay_tiles

WHOLE = 224  # the most voxels a side that are answered in one piece
SIDES = (*[(side,) * 3 for side in (WHOLE, 160, 128, 96)], (64, 128, 128), (64, 96, 96))
SMALL_SIDES = tuple((side,) * 3 for side in (64, 48, 32))  # see little round: for short memory
SHARE = 0.6  # of what is free
SESSION_BYTES = 120_000_000
TORCH_FACTOR = 2.0  # torch frees nothing in between


@dataclass(frozen=True, eq=False)
class RunPlan:
    """The tiles to be run, the memory that takes at its peak, results included, and the time."""

    tiling: Tiling
    overlap: float
    bytes: int
    seconds: float


def plan_run(
    needed: np.ndarray,
    plan: Plan,
    device: Device,
    *,
    overlap: float = 0.5,
    voxels_per_second: float = 2e6,
    budget_bytes: int | None = None,
    widest: int = WHOLE,
) -> RunPlan:
    """The tiling of least work that fits into the memory, for the `needed` voxels (bool, d, h, w).

    `budget_bytes` is 60 percent of what is free unless said; tiles have at most `widest` voxels a
    side. Raises `ViewerError` when not even the smallest tiles fit.
    """
    budget = int(SHARE * device.free_bytes) if budget_bytes is None else budget_bytes
    for sides in (SIDES, SMALL_SIDES):
        runs = []
        for largest in (each for each in sides if max(each) <= widest):
            tiling = lay_tiles(needed, largest, overlap, plan.multiple)
            bytes_ = run_bytes(plan, tiling, device)
            runs.append(RunPlan(tiling, overlap, bytes_, tiling.voxels / voxels_per_second))
        fitting = [run for run in runs if run.bytes <= budget]
        if fitting:
            return min(fitting, key=lambda run: run.seconds)
    raise ViewerError(
        f"The network {plan.name} needs {runs[-1].bytes / 1e9:.1f} GB for this scan and "
        f"{budget / 1e9:.1f} GB can be had; nothing was run. Close other programs, or crop the "
        "scan."
    )


def tile_bytes(plan: Plan, device: Device) -> float:
    """Peak memory a voxel of a tile, as measured with OpenVINO (within a fifth)."""
    floats = 2 * (plan.inputs + plan.last + plan.outputs) + 5 * plan.widths[0] / 8
    torch_too = TORCH_FACTOR if device.kind == "cuda" else 1.0
    return 4.0 * floats * torch_too


def run_bytes(plan: Plan, tiling: Tiling, device: Device) -> int:
    """Peak memory of a run: a tile, what is held of its layer, and the result."""
    held = 4 * (plan.outputs + 1) * tiling.held_voxels
    result = (1 + plan.classes + int(plan.tube) + 2 * int(plan.wall)) * int(np.prod(tiling.shape))
    at_once = int(np.prod(tiling.tile)) * tile_bytes(plan, device) if len(tiling.starts) else 0
    return int(SESSION_BYTES + at_once + held + result)
