"""What the restoration network guesses of a scan on new voxels, and how far off it may be."""

import itertools
from dataclasses import dataclass

import numpy as np

from viewer.enhance.acquisition import Acquisition
from viewer.networks.forecast import plan_run
from viewer.networks.network import Network
from viewer.networks.tiles import Box, blend, cut
from viewer.progress import Progress
from viewer.units import bytes_text, seconds_text

NAME = "restore"
WATER_HU, CONTRAST_HU, NOISE_HU, ERROR_HU = 40.0, 400.0, 50.0, 100.0
LEAST, MOST = -4.0, 8.0
OVERLAP = 0.25
SD_HU = (0.5, 2000.0)


@dataclass(frozen=True, eq=False)
class Asked:
    """The network that is asked, and what it is told of the scan: noise (HU), MTF50, slices."""

    network: Network
    noise_hu: float
    mtf50_per_mm: float
    profile_mm: float

    @property
    def checksums(self) -> dict[str, str]:
        """The network by name with the SHA-256 of its weights, for the record."""
        return {self.network.card.name: self.network.checksum}


def channels(
    classical_hu: np.ndarray,
    noise_hu: float,
    factor: int,
    mtf50_per_mm: float,
    profile_mm: float,
    *,
    new_mm: float,
) -> np.ndarray:
    """What the network sees (5,d,h,w) of a scan brought to new voxels, `new_mm` apart along z."""
    numbers = (noise_hu / NOISE_HU, np.log2(factor), mtf50_per_mm, profile_mm / (4 * new_mm))
    out = np.empty((5, *classical_hu.shape), np.float32)
    np.clip((classical_hu - WATER_HU) / CONTRAST_HU, LEAST, MOST, out=out[0])
    out[1:] = np.array(numbers, np.float32)[:, None, None, None]
    return out


def guessed(
    asked: Asked,
    classical_hu: np.ndarray,
    acquisition: Acquisition,
    new_mm: float,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray]:
    """The guess (float32, HU) and the standard deviation of its error (float16, HU).

    Tiles overlap and are weighted by Gaussians; their size follows the memory that is free. Stops
    between and inside tiles.
    """
    shape, network = classical_hu.shape, asked.network
    speed = network.voxels_per_second
    needed = np.ones(shape, bool)
    run = plan_run(needed, network.plan, network.device, overlap=OVERLAP, voxels_per_second=speed)
    cost = f"{seconds_text(run.seconds)}, {bytes_text(run.bytes)}"
    done = itertools.count()

    def of(box: Box) -> np.ndarray:
        facts = (asked.noise_hu, acquisition.factor[0], asked.mtf50_per_mm, asked.profile_mm)
        return channels(classical_hu[box], *facts, new_mm=new_mm)

    def answer(box: Box) -> np.ndarray:
        progress.at(next(done) / len(run.tiling.starts), f"Network {NAME} (about {cost})")
        return network.session.run(cut(of, run.tiling.shape, box), progress.check)

    hu = np.empty(shape, np.float32)
    sd_hu = np.empty(shape, np.float16)
    for box, found in blend(run.tiling, network.plan.outputs, answer):
        np.multiply(found[0], CONTRAST_HU, out=hu[box])
        hu[box] += classical_hu[box]
        sd_hu[box] = np.clip(ERROR_HU * np.exp(found[1] / 2), *SD_HU)
    progress.at(1.0)
    return hu, sd_hu
