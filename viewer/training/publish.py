"""From a run to a network that ships: weights, card, calibration, and what is familiar to it."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from viewer.networks.plan import CLASSES
from viewer.networks.registry import ModelCard, save_weights
from viewer.networks.trust import expected_calibration_error, familiar, fit_temperature
from viewer.phantom.make import GENERATOR
from viewer.training.checkpoint import Run
from viewer.training.classes import UNKNOWN
from viewer.training.train import Batch

SAMPLED = 4000
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


def publish(run: Run, held_out: Iterator[Batch], folder: Path, *, batches: int) -> ModelCard:
    """Write a run's averaged weights with their card; calibrated on batches nobody learned from."""
    logits, labels, features = answers(run, held_out, batches)
    temperature = fit_temperature(logits, labels)
    before = calibration(logits, labels, 1.0)
    after = calibration(logits, labels, temperature)
    said = logits.argmax(axis=1)
    card = ModelCard(
        name=run.plan.name,
        title=TITLES[run.plan.name],
        plan=run.plan,
        made=datetime.date.today().isoformat(),
        generator=f"Angioscape generator {GENERATOR}",
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
            "steps": run.step,
            "minutes": round(run.seconds / 60, 1),
            "device": next(run.network.parameters()).device.type,
            "curve_step": [int(c["step"]) for c in run.curve[:: max(1, len(run.curve) // 40)]],
            "curve_loss": [round(c["loss"], 3) for c in run.curve[:: max(1, len(run.curve) // 40)]],
        },
        tables={
            "held_out": {
                **{f"dice_{name}": dice(said, labels, n) for n, name in enumerate(CLASSES)},
                "calibration_error": round(before, 4),
                "calibration_error_with_temperature": round(after, 4),
            }
        },
    )
    state = run.averaged.state_dict()
    arrays = {name: value.cpu().numpy().astype(np.float32) for name, value in state.items()}
    save_weights(folder, card, arrays, familiar(features))
    return card


def answers(
    run: Run, stream: Iterator[Batch], batches: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits (n, classes) with labels (n,) at random known voxels; pooled features (m, c)."""
    rng = np.random.default_rng(0)
    network = run.averaged.eval()
    device = next(network.parameters()).device
    logits, labels, features = [], [], []
    with torch.no_grad():
        for _ in range(batches):
            batch = next(stream)
            out = network(batch.channels.to(device))[:, : run.plan.classes].cpu()
            features.append(network.pooled.cpu().numpy())
            known = (batch.classes != UNKNOWN).reshape(-1).numpy()
            chosen = rng.choice(np.flatnonzero(known), SAMPLED)
            flat = out.permute(0, 2, 3, 4, 1).reshape(-1, run.plan.classes)
            logits.append(flat[chosen].numpy())
            labels.append(batch.classes.reshape(-1)[chosen].numpy())
    return np.concatenate(logits), np.concatenate(labels), np.concatenate(features)


def calibration(logits: np.ndarray, labels: np.ndarray, softmax_temperature: float) -> float:
    """Expected calibration error of softmax(logits / softmax_temperature)."""
    scaled = logits / softmax_temperature
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    share = scaled / scaled.sum(axis=1, keepdims=True)
    best = share.argmax(axis=1)
    return expected_calibration_error(share.max(axis=1), best == labels)


def dice(said: np.ndarray, labels: np.ndarray, number: int) -> float:
    """Dice of one class over sampled voxels."""
    both = np.sum((said == number) & (labels == number))
    return round(float(2 * both / max(1, np.sum(said == number) + np.sum(labels == number))), 3)
