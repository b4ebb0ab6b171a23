"""From a run to a network that ships: weights, card, calibration, and what it is unsure of."""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from viewer.errors import ViewerError
from viewer.networks.plan import CLASSES
from viewer.networks.registry import ModelCard, save_weights
from viewer.networks.trust import doubt, expected_calibration_error, fit_temperature
from viewer.training.checkpoint import Run
from viewer.training.classes import UNKNOWN
from viewer.training.train import Batch

SAMPLED = 4000
BODY = -0.3  # of the second channel of a network's input, thousands of HU
FAMILIAR_SHARE = 99  # percent of the held-out people that are not called unfamiliar
DATA = (
    "LIDC-IDRI-0001, chest CT (TCIA, CC BY 3.0), labels predicted by TotalSegmentator (Apache-2.0)",
    "SPL Abdominal Atlas (Brigham and Women's Hospital, 3D Slicer License, section B)",
    "SPL Head and Neck Atlas (Brigham and Women's Hospital, 3D Slicer License, section B)",
    "Toronto Heart Atlas (Toronto General Hospital, CC BY 4.0)",
    "BodyParts3D (Database Center for Life Science, CC BY 4.0)",
    "TCGA-OV, TCGA-THCA, CPTAC-PDA (TCIA, CC BY 3.0), rough bone masks",
    "made-up patients of Angioscape's own generator",
)
TITLES = {
    "context": "What is what: artery, vein, bone, heart, organ",
    "fine": "Thin vessels and contact with bone",
}
MEASURED = re.compile(r"^\| ([^|]+) \| Angioscape, with networks \| ([\d.]+) \| ([\d.]+) \|", re.M)


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of patches: logits (n, classes) with labels (n,) at random known voxels.

    `of_body` are its logits (classes, m) at random voxels of the body of each patch.
    """

    logits: np.ndarray
    labels: np.ndarray
    of_body: tuple[np.ndarray, ...]


def publish(
    run: Run,
    fitted: Iterator[Batch],
    checked: Iterator[Batch],
    folder: Path,
    *,
    batches: int,
    learned_from: Mapping[int, int],
    held_out: Mapping[int, int],
    measured: Mapping[str, Any] | None = None,
) -> ModelCard:
    """Write a run's averaged weights with their card.

    The temperature is fitted on batches that nobody learned from, and the tables are reported on
    others, `checked`. `learned_from` and `held_out` are the seeds of made-up people with the
    version of the generator that made each; `measured` are further tables, of `measured_on`.
    """
    fit = answers(run, fitted, batches)
    temperature = fit_temperature(fit.logits, fit.labels)
    told = answers(run, checked, batches)
    said = told.logits.argmax(axis=1)
    unsure = [
        float(doubt(chances(each, temperature)).mean()) for each in fit.of_body + told.of_body
    ]
    card = ModelCard(
        name=run.plan.name,
        title=TITLES[run.plan.name],
        plan=run.plan,
        made=datetime.date.today().isoformat(),
        generator=f"Angioscape generator {versions(learned_from)}",
        data=DATA,
        license="Apache-2.0; attributions of the data above are to be kept",
        intended_use="Proposing vessels on contrast-enhanced CT for a physician to check. "
        "Research use only.",
        limits="Trained on few real bodies and many made-up ones; unusual anatomy, implants and "
        "scans without contrast may be misread.",
        class_names=CLASSES,
        softmax_temperature=temperature,
        training={
            "seed": 0,
            "scene_seeds": seeds(learned_from),
            "held_out_seeds": seeds(held_out),
            "held_out_generator": versions(held_out),
            "steps": run.step,
            "minutes": round(run.seconds / 60, 1),
            "device": next(run.network.parameters()).device.type,
            "doubt_limit": round(float(np.percentile(unsure, FAMILIAR_SHARE)), 4),
            "curve_step": [int(c["step"]) for c in run.curve[:: max(1, len(run.curve) // 40)]],
            "curve_loss": [round(c["loss"], 3) for c in run.curve[:: max(1, len(run.curve) // 40)]],
        },
        tables={
            "held_out": {
                **{f"dice_{name}": dice(said, told.labels, n) for n, name in enumerate(CLASSES)},
                "calibration_error": round(calibration(told.logits, told.labels, 1.0), 4),
                "calibration_error_with_temperature": round(
                    calibration(told.logits, told.labels, temperature), 4
                ),
            },
            **(measured or {}),
        },
    )
    state = run.averaged.state_dict()
    arrays = {name: value.cpu().numpy().astype(np.float32) for name, value in state.items()}
    save_weights(folder, card, arrays)
    return card


def answers(run: Run, stream: Iterator[Batch], batches: int) -> Answers:
    """What the averaged network says of some batches."""
    rng = np.random.default_rng(0)
    network = run.averaged.eval()
    device = next(network.parameters()).device
    logits, labels, of_body = [], [], []
    with torch.no_grad():
        for _ in range(batches):
            batch = next(stream)
            out = network(batch.channels.to(device))[:, : run.plan.classes].cpu()
            known = (batch.classes != UNKNOWN).reshape(-1).numpy()
            chosen = rng.choice(np.flatnonzero(known), SAMPLED)
            flat = out.permute(0, 2, 3, 4, 1).reshape(-1, run.plan.classes)
            logits.append(flat[chosen].numpy())
            labels.append(batch.classes.reshape(-1)[chosen].numpy())
            for each, seen in zip(out, batch.channels[:, 1] > BODY, strict=True):
                if seen.any():
                    inside = each[:, seen].numpy()
                    of_body.append(inside[:, rng.integers(0, inside.shape[1], SAMPLED)])
    return Answers(np.concatenate(logits), np.concatenate(labels), tuple(of_body))


def chances(logits: np.ndarray, softmax_temperature: float) -> np.ndarray:
    """The probabilities of logits (classes, n) divided by a temperature (softmax)."""
    scaled = logits / softmax_temperature
    scaled = np.exp(scaled - scaled.max(axis=0))
    return np.asarray(scaled / scaled.sum(axis=0))


def calibration(logits: np.ndarray, labels: np.ndarray, softmax_temperature: float) -> float:
    """Expected calibration error of softmax(logits / softmax_temperature), logits (n, classes)."""
    share = chances(logits.T, softmax_temperature)
    return expected_calibration_error(share.max(axis=0), share.argmax(axis=0) == labels)


def dice(said: np.ndarray, labels: np.ndarray, number: int) -> float:
    """Dice of one class over sampled voxels."""
    both = np.sum((said == number) & (labels == number))
    return round(float(2 * both / max(1, np.sum(said == number) + np.sum(labels == number))), 3)


def seeds(made: Mapping[int, int]) -> list[int]:
    """The first and the last of the seeds, and how many there are."""
    return [min(made), max(made), len(made)] if made else []


def versions(made: Mapping[int, int]) -> str:
    """The generator's versions that made some scenes ("1", "1 and 2")."""
    return " and ".join(str(n) for n in sorted(set(made.values()))) or "unused"


def measured_on(page: Path) -> dict[str, dict[str, dict[str, float]]]:
    """The tables of a card, of the page that `python -m tests.benchmarks.accuracy` writes.

    Dice and clDice of the vessel map with networks, by case. Raises `ViewerError` without any.
    """
    found = {
        case: {"dice": float(of_dice), "cl_dice": float(of_cl_dice)}
        for case, of_dice, of_cl_dice in MEASURED.findall(page.read_text(encoding="utf-8"))
    }
    if not found:
        raise ViewerError(
            f"{page.name} holds no line on the vessel map with networks; nothing was written. "
            "Give the page of the accuracy."
        )
    return {"accuracy": found}
