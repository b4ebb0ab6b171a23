"""What the restoration network guesses of a scan on new voxels, and how far off it may be."""

import itertools
from dataclasses import dataclass

import numpy as np

from viewer.enhance.acquisition import Acquisition, Triple
from viewer.networks.forecast import RunPlan, plan_run
from viewer.networks.network import Network
from viewer.networks.tiles import Box, blend, cut, one_tile
from viewer.progress import Progress
from viewer.units import bytes_text, seconds_text

NAME = "restore"
WATER_HU, CONTRAST_HU, NOISE_HU, ERROR_HU = 40.0, 400.0, 50.0, 100.0
LEAST, MOST = -4.0, 8.0
USUAL_MM = 0.6  # a pixel of which MTF50 is told as it is
OVERLAP = 0.25
WIDEST = 160  # voxels a side of a tile: wider ones are no faster and take thrice the memory
SD_HU = (0.5, 2000.0)


@dataclass(frozen=True, eq=False)
class Asked:
    """The network that is asked, and what it is told of the scan: noise, MTF50, slices.

    `noise_hu` is a number or one for each voxel of the scan.
    """

    network: Network
    noise_hu: np.ndarray | float
    mtf50_per_mm: float
    profile_mm: float

    @property
    def checksums(self) -> dict[str, str]:
        """The network by name with the SHA-256 of its weights, for the record."""
        return {self.network.card.name: self.network.checksum}


def channels(
    classical_hu: np.ndarray,
    noise_hu: np.ndarray | float,
    factor: int,
    mtf50_per_mm: float,
    profile_mm: float,
    *,
    new_mm: tuple[float, float],
) -> np.ndarray:
    """What the network sees (5,d,h,w) of a scan brought to new voxels.

    They are `new_mm` apart (slices, pixels). Sharpness and slices are told in voxels, so that a
    scan in larger voxels is the same to the network; `noise_hu` is a number or one a new voxel.
    """
    slice_mm, pixel_mm = new_mm
    sharpness = mtf50_per_mm * pixel_mm / USUAL_MM
    numbers = (np.log2(factor), sharpness, profile_mm / (4 * slice_mm))
    out = np.empty((5, *classical_hu.shape), np.float32)
    np.clip((classical_hu - WATER_HU) / CONTRAST_HU, LEAST, MOST, out=out[0])
    out[1] = np.asarray(noise_hu) / NOISE_HU
    out[2:] = np.array(numbers, np.float32)[:, None, None, None]
    return out


def run_on(shape: Triple, network: Network) -> RunPlan:
    """The tiles, memory and time of asking a network of so many new voxels."""
    return plan_run(
        np.ones(shape, bool),
        network.plan,
        network.device,
        overlap=OVERLAP,
        voxels_per_second=network.voxels_per_second,
        widest=WIDEST,
    )


def guessed(
    asked: Asked,
    classical_hu: np.ndarray,
    acquisition: Acquisition,
    new_mm: tuple[float, float],
    progress: Progress,
    *,
    at_once: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """The guess (float32, HU) and the standard deviation of its error (float16, HU).

    Tiles overlap and are weighted by Gaussians; their size follows the memory that is free. Stops
    between and inside tiles. A small box is answered `at_once`, in one tile.
    """
    shape, network = classical_hu.shape, asked.network
    speed = network.voxels_per_second
    if at_once:
        tiling = one_tile(shape, network.plan.multiple)  # type: ignore[arg-type]
        cost = seconds_text(tiling.voxels / speed)
    else:
        run = run_on(shape, network)
        tiling = run.tiling
        cost = f"{seconds_text(run.seconds)}, {bytes_text(run.bytes)}"
    done = itertools.count()

    def of(box: Box) -> np.ndarray:
        facts = (acquisition.factor[0], asked.mtf50_per_mm, asked.profile_mm)
        noise = _noise_in(box, asked.noise_hu, acquisition)
        return channels(classical_hu[box], noise, *facts, new_mm=new_mm)

    def answer(box: Box) -> np.ndarray:
        progress.at(next(done) / len(tiling.starts), f"Network {NAME} (about {cost})")
        return network.session.run(cut(of, tiling.shape, box), progress.check)

    hu = np.empty(shape, np.float32)
    sd_hu = np.empty(shape, np.float16)
    for box, found in blend(tiling, network.plan.outputs, answer):
        np.multiply(found[0], CONTRAST_HU, out=hu[box])
        hu[box] += classical_hu[box]
        sd_hu[box] = np.clip(ERROR_HU * np.exp(found[1] / 2), *SD_HU)
    progress.at(1.0)
    return hu, sd_hu


def _noise_in(
    box: Box, noise_hu: np.ndarray | float, acquisition: Acquisition
) -> np.ndarray | float:
    """The noise of the new voxels in a box."""
    if not isinstance(noise_hu, np.ndarray):
        return noise_hu
    own = zip(box, acquisition.factor, strict=True)
    wide = tuple(slice(b.start // f, -(-b.stop // f)) for b, f in own)
    starts = zip(box, wide, acquisition.factor, strict=True)
    inner = tuple(slice(b.start - w.start * f, b.stop - w.start * f) for b, w, f in starts)
    return acquisition.spread(noise_hu[wide])[inner]
