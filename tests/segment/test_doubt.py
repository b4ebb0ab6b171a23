"""What the network that ships is sure of, and what it is not."""

import numpy as np
import pytest

from viewer.enhance.coarse import coarse
from viewer.networks.device import Device
from viewer.networks.network import Network
from viewer.networks.registry import models_folder, open_weights
from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.scanner import make_scanner, shoot
from viewer.progress import silent
from viewer.segment.naming import mean_doubt, name_places
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


@pytest.fixture(scope="module")
def a_network():
    """The network that ships, with what it may be unsure of; of earlier ones nobody knows that."""
    folder = models_folder()
    if folder is None or not (folder / "context.toml").is_file():
        pytest.skip("no network comes with this checkout")
    weights = open_weights("context", folder, untrusted=True)
    if "doubt_limit" not in weights.card.training:
        pytest.skip("this network was published before its doubt was measured")
    return Network(weights, Device("processor", "processor", 1))


@pytest.fixture(scope="module")
def a_chest():
    """A made-up chest from a seed that no network learned from."""
    rng = np.random.default_rng(0)
    scene = make_scene("thoracic-aorta", 900_020, spacing_mm=2.5)
    look = make_appearance(rng, phase="arterial", random_contrast=0.0)
    return shoot(scene, look, make_scanner(rng), rng)


def unsure(network, volume):
    return name_places(coarse(volume, 2.5, silent()), network, silent()).doubt


def test_a_contrast_scan_is_familiar_and_what_is_none_is_not(a_network, a_chest):
    limit = a_network.card.training["doubt_limit"]
    assert unsure(a_network, a_chest) < limit
    hu = a_chest.voxels
    assert unsure(a_network, Volume((-hu).clip(-1024, 3071), a_chest.grid)) > limit
    noise = np.random.default_rng(1).normal(50, 300, (64, 64, 64)).astype(np.int16)
    assert unsure(a_network, Volume(noise, Grid.regular(noise.shape, (2.5,) * 3))) > limit


def test_doubt_counts_inside_only():
    said = np.zeros((4, 2, 2, 2), np.uint8)
    said[0] = 255
    said[:, 0, 0, 0] = 64
    inside = np.zeros((2, 2, 2), bool)
    assert mean_doubt(said, inside) == 0
    inside[0, 0] = True
    assert mean_doubt(said, inside) == pytest.approx(0.5, abs=0.01)
