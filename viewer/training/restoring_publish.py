"""From a run of the restoration network to one that ships."""

import datetime
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from viewer.networks.registry import ModelCard, save_weights
from viewer.networks.unet import UNet
from viewer.training.checkpoint import Run
from viewer.training.publish import seeds, versions
from viewer.training.restoring_score import error_over_sd, score, settings

DATA = (
    "made-up patients of Angioscape's own generator",
    "LIDC-IDRI-0001, chest CT (TCIA, CC BY 3.0), in voxels of 1.5 mm, of 5 HU noise",
    "TCGA-OV, TCGA-THCA, CPTAC-PDA (TCIA, CC BY 3.0), in voxels of 1.5 mm, of 5 HU noise",
)
NAMES = ("residual", "log variance")
KEPT_OF_CURVE = 40


def publish_restoring(
    run: Run,
    fitted: Sequence[Path],
    checked: Sequence[Path],
    folder: Path,
    *,
    learned_from: Mapping[int, int],
    held_out: Mapping[int, int],
) -> ModelCard:
    """Write a run's averaged weights with their card.

    What the network tells of its error is set right on the people `fitted`, whom it never saw; the
    table is of others, `checked`. `learned_from` and `held_out` as in `publish`.
    """
    network = run.averaged.eval()
    z_square = widened(network, fitted)
    every = max(1, len(run.curve) // KEPT_OF_CURVE)
    training: dict[str, Any] = {
        "seed": 0,
        "people_seeds": seeds(learned_from),
        "held_out_seeds": seeds(held_out),
        "held_out_generator": versions(held_out),
        "steps": run.step,
        "minutes": round(run.seconds / 60, 1),
        "device": next(network.parameters()).device.type,
        "z_square_before": round(z_square, 3),
        "curve_step": [int(point["step"]) for point in run.curve[::every]],
        "curve_loss": [round(point["loss"], 4) for point in run.curve[::every]],
    }
    card = ModelCard(
        name=run.plan.name,
        title="Quieter and finer scans, with the error to be expected",
        plan=run.plan,
        made=datetime.date.today().isoformat(),
        generator=f"Angioscape generator {versions(learned_from)}",
        data=DATA,
        license="Apache-2.0; attributions of the data above are to be kept",
        intended_use="A guess of what lies between and under the noise of the voxels of a CT scan, "
        "to be brought to agree with the scan. Research use only.",
        limits="Trained on made-up people and few real scans, each scanned by a model of a "
        "scanner; what it adds was not measured. Unusual kernels, metal and motion may mislead it.",
        class_names=NAMES,
        training=training,
        tables={"held_out": score(network, checked)},
    )
    state = network.state_dict()
    arrays = {name: value.cpu().numpy().astype(np.float32) for name, value in state.items()}
    save_weights(folder, card, arrays)
    return card


def widened(network: UNet, people: Sequence[Path]) -> float:
    """Set the variance that a network tells right on average; gives by how much it was wrong."""
    found = [error_over_sd(network, people, *each) for each in settings()]
    z_square = float(np.mean([np.mean(each**2) for each in found]))
    with torch.no_grad():
        network.head.bias[1] += math.log(z_square)
    return z_square
