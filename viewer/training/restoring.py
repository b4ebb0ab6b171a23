"""Pairs for restoration: a scan, brought to new voxels without a network, and what it shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from viewer.enhance.acquisition import Acquisition, Triple
from viewer.enhance.consistent import smoothest
from viewer.enhance.guess import CONTRAST_HU, channels
from viewer.networks.plan import Plan
from viewer.networks.unet import UNet
from viewer.phantom.scanner import Scanner, make_scanner, noise_hu, seen
from viewer.training.anatomy import Anatomy
from viewer.training.data import batches
from viewer.training.restoring_loss import restoring_loss
from viewer.training.restoring_truth import Truth, coarser, person, real
from viewer.training.train import Manner

PATCH = 40
BATCH = 4
SEED = 13
# A higher rate kills the rectifiers at full resolution; batch norm settles soon, because batches
# of a few scans differ more in their levels than an error may be.
MANNER = Manner(highest_rate=1e-3, settled=40)
REAL = 0.3  # of the pairs are made from real scans
COARSE = 0.3  # in voxels twice as large, as scans are that somebody has resampled
FACTORS: tuple[Triple, ...] = ((1, 1, 1), (2, 2, 2), *((n, 1, 1) for n in (2, 3, 4, 5, 6, 8)))
HOW_OFTEN = np.array([0.26, 0.10, 0.16, 0.12, 0.12, 0.11, 0.07, 0.06])
DOSES = (0.1, 1.0)
NO_NOISE, OVERLAP, MOST_NOISE_HU = 0.15, 0.25, 120.0
MISJUDGED = 0.08  # by how much facts of a scan are told wrong


@dataclass(frozen=True)
class Setting:
    """How one scan is made.

    Each of its voxels becomes `factor` new ones, each of which is `thick` cubes of the truth high;
    `profile` is the slice profile in slice distances, `dose` None a scan without noise.
    """

    factor: Triple
    scanner: Scanner
    thick: int = 1
    profile: float = 1.0
    dose: float | None = 1.0

    @property
    def alone(self) -> bool:
        """Whether only noise is to be taken off."""
        return self.factor == (1, 1, 1)


@dataclass(frozen=True, eq=False)
class Pair:
    """What the network sees (5,d,h,w), the scan as it should be, and where vessel walls run.

    `classical` and `target` are HU (d,h,w) on the new voxels.
    """

    channels: torch.Tensor
    classical: torch.Tensor
    target: torch.Tensor
    wall: torch.Tensor


@dataclass(frozen=True, eq=False)
class Pairs:
    """A batch of pairs."""

    channels: torch.Tensor
    classical: torch.Tensor
    target: torch.Tensor
    wall: torch.Tensor

    def loss(self, plan: Plan, out: torch.Tensor) -> torch.Tensor:
        """What the answer `out` is punished for."""
        wanted = ((self.target - self.classical) / CONTRAST_HU).to(out.device)
        truth = (self.target / CONTRAST_HU).to(out.device)
        return restoring_loss(out, wanted, truth, self.wall.to(out.device)).total


def draw_setting(rng: np.random.Generator) -> Setting:
    """One scan by chance."""
    factor = FACTORS[int(rng.choice(len(FACTORS), p=HOW_OFTEN))]
    scanner = make_scanner(rng)
    alone = factor == (1, 1, 1)
    thick = int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15])) if factor[1] == 1 else 1
    overlaps = not alone and rng.random() < OVERLAP
    quiet = not alone and rng.random() < NO_NOISE
    return Setting(
        factor,
        scanner,
        thick,
        float(rng.uniform(1.0, 2.0)) if overlaps else 1.0,
        None if quiet else float(np.exp(rng.uniform(*np.log(DOSES)))),
    )


def needed(setting: Setting, size: int) -> Triple:
    """Cubes of truth for a patch, so that it need not begin where the scan does."""
    a, b, c = (n * -(-(size + n * (n > 1)) // n) for n in setting.factor)
    return a * setting.thick, b, c


@dataclass(frozen=True, eq=False)
class Shot:
    """A scan (acquired voxels, HU) of a truth, and the scan as it should be on the new voxels.

    `facts` are the noise's standard deviation (HU), the factor along z, MTF50 (cycles per mm) and
    the slice profile (mm), as `channels` takes them; `new_mm` the distances of new slices and
    pixels.
    """

    scan: np.ndarray
    acquisition: Acquisition
    target: np.ndarray
    wall: np.ndarray
    facts: tuple[float, int, float, float]
    new_mm: tuple[float, float]


def shoot(truth: Truth, setting: Setting, rng: np.random.Generator) -> Shot:
    """The scan of a truth in a setting."""
    target, wall, spacing = _seen(truth, setting)
    shape = np.array(target.shape) // setting.factor
    target, wall = (x[tuple(map(slice, shape * setting.factor))] for x in (target, wall))
    a, b, c = (int(n) for n in shape)
    acquisition = Acquisition((a, b, c), setting.factor, setting.profile)
    scan = acquisition.acquired(target)
    noise = _noise(scan, spacing * setting.factor, setting, rng)
    facts = (
        float(noise.std()),
        setting.factor[0],
        mtf50(setting, spacing),
        slice_mm(setting, spacing),
    )
    new_mm = float(spacing[0]), float(spacing[1])
    return Shot(np.rint(scan + noise), acquisition, target, wall, facts, new_mm)


def make_pair(truth: Truth, setting: Setting, size: int, rng: np.random.Generator) -> Pair:
    """A scan of the truth in a setting, and its patch of `size` new voxels a side."""
    shot = shoot(truth, setting, rng)
    classical = smoothest(shot.scan, shot.acquisition)
    start = rng.integers(0, np.array(classical.shape) - size + 1)
    box = tuple(slice(int(s), int(s) + size) for s in start)
    parts = (classical, shot.target, shot.wall)
    classical_hu, target, wall = (torch.from_numpy(np.ascontiguousarray(x[box])) for x in parts)
    told = np.exp(rng.normal(0, MISJUDGED, 3))
    noise_sd_hu, factor, mtf50_per_mm, profile_mm = shot.facts
    facts = (noise_sd_hu * told[0], factor, mtf50_per_mm * told[1], profile_mm * told[2])
    shown = torch.from_numpy(channels(classical_hu.numpy(), *facts, new_mm=shot.new_mm))
    return Pair(shown, classical_hu, target, wall)


def _seen(truth: Truth, setting: Setting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The scan as it should be on the new voxels, the walls there, and their spacing.

    It has the kernel of the scan itself, so that nothing is sharpened in the slice; along z
    that of the scan where only noise is taken off, else about one of the new slices.
    """
    thick, mm = setting.thick, truth.spacing_mm
    spacing = np.array([mm * thick, mm, mm])
    along_mm = slice_mm(setting, spacing) if setting.alone else spacing[0]
    deep_mm = float(np.sqrt(max(along_mm**2 - (thick * mm) ** 2, (0.5 * mm) ** 2)))
    out = seen(truth.hu, np.full(3, mm), replace(setting.scanner, slice_mm=deep_mm))
    out = np.clip(out, -1024, 3071)
    count = len(out) // thick
    parts = (x[: count * thick].reshape(count, thick, *x.shape[1:]) for x in (out, truth.wall))
    target, wall = parts
    return target.mean(axis=1), np.asarray(wall.any(axis=1)), spacing


def _noise(
    scan: np.ndarray, spacing_mm: np.ndarray, setting: Setting, rng: np.random.Generator
) -> np.ndarray:
    """The noise of the scan (acquired voxels): that of neighbors hangs together as they overlap.

    What is thicker than the scanner's own slices is less noisy, what is thinner more.
    """
    if setting.dose is None:
        return np.zeros_like(scan)
    base, thick = setting.scanner, setting.scanner.slice_mm
    if not setting.alone:
        apart = float(spacing_mm[0])
        thick = min(thick, apart) + (setting.profile - 1) * apart
    weaker = float(np.sqrt(base.slice_mm / thick))
    scanner = replace(base, slice_mm=thick, noise_hu=base.noise_hu * weaker)
    noise = noise_hu(scan, spacing_mm, scanner, rng, setting.dose)
    return np.asarray(noise * np.float32(min(1.0, MOST_NOISE_HU / float(noise.std()))))


def slice_mm(setting: Setting, spacing_mm: np.ndarray) -> float:
    """Full width at half maximum of the slice profile of the scan."""
    if setting.alone:
        return max(setting.scanner.slice_mm, float(spacing_mm[0]))
    return setting.profile * setting.factor[0] * float(spacing_mm[0])


def mtf50(setting: Setting, spacing_mm: np.ndarray) -> float:
    """Cycles per mm at which the scan shows half of the contrast in the slice."""
    at = np.linspace(0, 3, 1201)
    share = setting.scanner.transfer(at) * np.sinc(at * setting.factor[1] * spacing_mm[1])
    return float(at[np.argmax(share < 0.5)])


def draw_pair(
    people: Sequence[Path], anatomies: Sequence[Anatomy], size: int, rng: np.random.Generator
) -> Pair:
    """A pair from a made-up person, now and then from a real scan."""
    setting = draw_setting(rng)
    shape = needed(setting, size)
    scans = [each for each in anatomies if each.hu is not None]
    if scans and rng.random() < REAL:
        truth = real(scans[int(rng.integers(len(scans)))], shape, rng)
    else:
        truth = _of_person(people[int(rng.integers(len(people)))], shape, rng)
    return make_pair(truth, setting, size, rng)


def _of_person(path: Path, shape: Triple, rng: np.random.Generator) -> Truth:
    """A part of a made-up person, now and then in coarse voxels where there are enough."""
    there = np.load(path, mmap_mode="r", allow_pickle=False).shape[1:]
    wide = tuple(2 * n for n in shape)
    if rng.random() > COARSE or np.any(np.greater(wide, there)):
        return person(path, shape, rng)
    return coarser(person(path, wide, rng))


def pairs_of(made: Sequence[Pair]) -> Pairs:
    """Pairs stacked."""
    return Pairs(
        torch.stack([each.channels for each in made]),
        torch.stack([each.classical for each in made]),
        torch.stack([each.target for each in made]),
        torch.stack([each.wall for each in made]),
    )


def start_from_classical(network: UNet) -> None:
    """Make a fresh network answer with no residual, and see differences rather than levels.

    Noise is small beside the levels of tissues; kernels that sum to zero over the scan's channel
    find it at once.
    """
    with torch.no_grad():
        network.head.weight[0].zero_()
        network.head.bias.zero_()
        for block, scan in (
            (network.stem, slice(0, 8)),
            (network.last, slice(network.plan.last, network.plan.last + 1)),
        ):
            kernel = block.steps[0][0].weight[:, scan]
            kernel -= kernel.mean(dim=(1, 2, 3, 4), keepdim=True)


def restoring_stream(
    anatomies: Sequence[Anatomy], people: Sequence[Path], first: int
) -> Iterator[Pairs]:
    """Batches for the restoration network from batch number `first` on."""
    make = partial(draw_pair, people, anatomies, PATCH)
    return map(pairs_of, batches(make, BATCH, SEED, first))
