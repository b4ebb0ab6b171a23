"""What a network says of a volume: class probabilities, centerline, distance to the wall."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from viewer.networks.forecast import RunPlan, plan_run
from viewer.networks.network import Network
from viewer.networks.plan import OTHER
from viewer.networks.tiles import Box, blend, cut
from viewer.progress import Progress, silent
from viewer.units import bytes_text, seconds_text

CERTAIN = 255
WALL_SCALE = 4.0  # the network's unit of distance, in voxels
FAR_MM = 100.0

Channels = np.ndarray | Callable[[Box], np.ndarray]


@dataclass(frozen=True, eq=False)
class Prediction:
    """A network's answer on its own grid (d, h, w).

    `labels` uint8 is the likeliest class. `probabilities` (classes, d, h, w) and `tube` (of lying
    on a centerline) are uint8, 255 is certain. `wall_mm` float16 is the signed distance to the
    lumen wall, negative inside. Where no tile was run all
    is "other" and far from any wall.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    tube: np.ndarray | None
    wall_mm: np.ndarray | None

    def probability(self, number: int) -> np.ndarray:
        """The probability of one class (float32, 0 to 1)."""
        return self.probabilities[number].astype(np.float32) / CERTAIN


def predict(
    network: Network,
    channels: Channels,
    needed: np.ndarray,
    progress: Progress | None = None,
    *,
    overlap: float = 0.5,
    run: RunPlan | None = None,
) -> Prediction:
    """Run a network where it is needed (bool, d, h, w), in overlapping tiles.

    `channels` (inputs, d, h, w) float32, or a function that gives those of a box inside the
    volume: then nothing but a tile of them is ever held. `run` is what `plan_run` decided; else
    that is done here from the memory that is free. Stops between and inside tiles.
    """
    progress = progress or silent()
    plan = network.plan
    if run is None:
        speed = network.voxels_per_second
        run = plan_run(needed, plan, network.device, overlap=overlap, voxels_per_second=speed)
    tiling = run.tiling
    of = channels if callable(channels) else lambda box: channels[(slice(None), *box)]
    cost = f"{seconds_text(run.seconds)}, {bytes_text(run.bytes)}"
    doing = f"Network {plan.name} (about {cost})"
    done = itertools.count()

    def answer(box: Box) -> np.ndarray:
        progress.at(next(done) / len(tiling.starts), doing)
        return network.session.run(cut(of, tiling.shape, box), progress.check)

    prediction = _nothing(network, needed.shape)
    for box, logits in blend(tiling, plan.outputs, answer):
        _write(prediction, network, box, logits)
    progress.at(1.0)
    return _frozen(prediction)


def _nothing(network: Network, shape: tuple[int, ...]) -> Prediction:
    """The answer before anything was asked."""
    plan = network.plan
    probabilities = np.zeros((plan.classes, *shape), np.uint8)
    probabilities[OTHER] = CERTAIN
    return Prediction(
        np.full(shape, OTHER, np.uint8),
        probabilities,
        np.zeros(shape, np.uint8) if plan.tube else None,
        np.full(shape, FAR_MM, np.float16) if plan.wall else None,
    )


def _write(into: Prediction, network: Network, box: Box, logits: np.ndarray) -> None:
    """Turn logits (outputs, *box) into what they mean, where a tile was."""
    plan = network.plan
    asked = ~np.isnan(logits[0])
    chances = _softmax(logits[: plan.classes] / network.card.softmax_temperature)
    np.copyto(into.labels[box], chances.argmax(axis=0).astype(np.uint8), where=asked)
    np.copyto(into.probabilities[(slice(None), *box)], _bytes(chances), where=asked)
    rest = iter(logits[plan.classes :])
    if into.tube is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            chance = 1.0 / (1.0 + np.exp(-next(rest)))
        np.copyto(into.tube[box], _bytes(chance), where=asked)
    if into.wall_mm is not None:
        wall_mm = np.clip(next(rest) * (WALL_SCALE * plan.spacing_mm), -FAR_MM, FAR_MM)
        np.copyto(into.wall_mm[box], wall_mm.astype(np.float16), where=asked)


def _softmax(logits: np.ndarray) -> np.ndarray:
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return logits


def _bytes(chances: np.ndarray) -> np.ndarray:
    """Probabilities as uint8; what is no number becomes 0."""
    return np.nan_to_num(chances * CERTAIN + 0.5).astype(np.uint8)


def _frozen(found: Prediction) -> Prediction:
    for each in fields(found):
        part = getattr(found, each.name)
        if part is not None:
            part.flags.writeable = False
    return found
