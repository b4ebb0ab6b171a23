"""A made-up trunk with known vessels, and grids to draw on."""

from dataclasses import dataclass

import numpy as np
import pytest

from viewer.enhance.suitability import Suitability, judge
from viewer.progress import silent
from viewer.segment.mask import VesselMask
from viewer.segment.vessels import segment_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

BLOOD_HU = 400.0


@dataclass(frozen=True, eq=False)
class Phantom:
    """A scan with the bool arrays of what it was made of."""

    volume: Volume
    vessels: np.ndarray
    bone: np.ndarray
    heart: np.ndarray
    table: np.ndarray
    calcium: np.ndarray


def capsule(points: np.ndarray, a, b, radius: float) -> np.ndarray:
    """Signed distance (mm) to a tube with round ends."""
    a, b = np.array(a, float), np.array(b, float)
    along = b - a
    share = np.clip((points - a) @ along / max(along @ along, 1e-9), 0, 1)
    return np.linalg.norm(points - a - share[..., None] * along, axis=-1) - radius


def make_phantom(blood_hu: float = BLOOD_HU, noise_hu: float = 15.0) -> Phantom:
    """A body with an aorta on the spine, branches, a heart on a bridge, a table; x left, y back."""
    spacing = (1.5, 1.2, 1.2)
    grid = Grid.regular((80, 120, 130), spacing, (-78.0, -70.0, 0.0))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    points = grid.points_lps(index)
    x, y, z = np.moveaxis(points, -1, 0)
    hu = np.full(grid.shape, -1000.0)

    def fill(distance: np.ndarray, value: float) -> np.ndarray:
        share = np.clip(0.5 - distance / 1.2, 0, 1)
        hu[...] = hu * (1 - share) + value * share
        return distance <= 0

    fill((np.hypot(x / 68, y / 54) - 1) * 54, 50)
    table = fill(np.abs(y - 64) - 2, 300)
    spine = np.hypot(x, y - 30) - 16
    disc = np.abs((z + 5) % 30 - 15) < 3
    bone = fill(np.where(disc, 99, spine), 750) | fill(np.where(disc, 99, spine + 2.5), 190)
    aorta = capsule(points, (14, 9, -20), (14, 9, 140), 8.5)
    tubes = [
        capsule(points, (14, 9, 30), (14, -20, 26), 3.2),
        capsule(points, (14, -20, 26), (30, -30, 10), 2.6),
        capsule(points, (14, 9, 50), (48, 0, 42), 3.0),
        capsule(points, (14, 9, 52), (-40, -6, 40), 2.6),
    ]
    heart = capsule(points, (-6, -24, 92), (-6, -24, 92), 22)
    bridge = capsule(points, (14, 9, 95), (2, -8, 93), 3.0)
    vessels = fill(aorta, blood_hu)
    for tube in tubes:
        vessels |= fill(tube, blood_hu)
    fill(bridge, blood_hu)
    heart_mask = fill(heart, blood_hu)
    calcium = fill(capsule(points, (14, 1.2, 70), (14, 1.2, 74), 2.0), 1100)
    vessels |= calcium
    noise = np.random.default_rng(3).normal(0, noise_hu, hu.shape)
    volume = Volume(np.rint(hu + noise).astype(np.int16), grid)
    return Phantom(volume, vessels, bone & ~vessels, heart_mask & ~vessels, table, calcium)


@pytest.fixture(scope="session")
def a_phantom() -> Phantom:
    return make_phantom()


@pytest.fixture(scope="session")
def a_suitability(a_phantom) -> Suitability:
    return judge(a_phantom.volume, silent())


@pytest.fixture(scope="session")
def a_mask(a_phantom, a_suitability) -> VesselMask:
    return segment_vessels(a_phantom.volume, a_suitability, silent())


@pytest.fixture
def an_oblique_grid() -> Grid:
    """Turned about two axes, anisotropic, non-cubic, away from the origin."""
    a, b = np.deg2rad(25), np.deg2rad(-15)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    matrix = np.eye(4)
    matrix[:3, :3] = (about_z @ about_x)[:, ::-1] * np.array([2.0, 0.8, 0.7])
    matrix[:3, 3] = (-20.0, 35.0, 60.0)
    return Grid((24, 60, 70), matrix)
