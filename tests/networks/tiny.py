"""A small network, untrained, and its card."""

import dataclasses

import numpy as np

from viewer.networks.plan import CLASSES, Plan
from viewer.networks.registry import ModelCard

TINY = Plan("tiny", 2, len(CLASSES), (8, 12, 16), 4, 2.5)


def state_of(plan, seed=0):
    """The state dict of a U-Net as numpy, its batch norm far from doing nothing."""
    import torch

    from viewer.networks.unet import UNet

    torch.manual_seed(seed)
    network = UNet(plan).eval()
    chance = np.random.default_rng(seed)
    arrays = {name: value.numpy().copy() for name, value in network.state_dict().items()}
    for name, array in arrays.items():
        if name.endswith("running_var"):
            array[:] = chance.uniform(0.3, 2.0, array.shape)
        elif name.endswith(("running_mean", ".1.bias")):
            array[:] = chance.normal(0, 0.2, array.shape)
        elif name.endswith(".1.weight"):
            array[:] = chance.uniform(0.7, 1.4, array.shape)
    return arrays


def card_of(plan, **changes):
    card = ModelCard(
        name=plan.name,
        title="Tells vessels from bone, for tests",
        plan=plan,
        made="2026-11-21",
        generator="1",
        data=("made-up patients",),
        license="Apache-2.0",
        intended_use="Tests of this program.",
        limits='Knows nothing.\nNot even "this".',
        training={"seed": 3, "curve": [[0.0, 2.1], [9.0, 0.4]]},
        tables={"held-out families": {"bone": [0.82, 0.05]}},
    )
    return dataclasses.replace(card, **changes)
