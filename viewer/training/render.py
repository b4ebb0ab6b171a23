"""Crops of tissue rendered as scans: other people, phases and scanners each time."""

import numpy as np
import torch
from torch.nn import functional

from viewer.phantom.appearance import make_appearance
from viewer.phantom.tissue import PHASES, Phase, Tissue, texture_hu
from viewer.training.classes import class_of_tissue

PLAIN_HU = 45  # of blood without contrast

# More late and portal scans than arterial ones come by chance: there vessels are harder to tell.
CHANCE_OF_PHASE = (0.44, 0.16, 0.38, 0.02)
RANDOM_CONTRAST = 0.2


def levels(rng: np.random.Generator, random_contrast: float = RANDOM_CONTRAST) -> np.ndarray:
    """HU of every tissue (`SIZE`,) in one person at one time; a share has random contrast."""
    phase: Phase = PHASES[rng.choice(4, p=CHANCE_OF_PHASE)]
    hu = make_appearance(rng, phase=phase, random_contrast=random_contrast).hu
    return np.clip(hu, -1024, 3071)


def smooth_noise(size: int, knots: int, rng: np.random.Generator) -> torch.Tensor:
    """A smooth random field (size, size, size) of mean 0 and about unit deviation."""
    coarse = torch.from_numpy(rng.standard_normal((1, 1, knots, knots, knots), dtype=np.float32))
    fine = functional.interpolate(coarse, size=(size,) * 3, mode="trilinear", align_corners=True)
    return fine[0, 0] * 1.5


def furnish(
    tissue: torch.Tensor, spacing_mm: float, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The crop with what label maps lack (bowel contents, disease of arteries), and its classes.

    What disease puts into an artery keeps the artery's class.
    """
    size = len(tissue)
    out = tissue.clone()
    hollow = tissue == Tissue.BOWEL_FLUID
    if hollow.any():
        knots = max(3, int(size * spacing_mm / 18))
        field = smooth_noise(size, knots, rng)
        out[hollow & (field > rng.uniform(0.2, 1.5))] = Tissue.GAS
        if rng.random() < 0.35:
            field = smooth_noise(size, knots, rng)
            out[hollow & (field > rng.uniform(-1.0, 1.0))] = Tissue.ORAL_CONTRAST
    classes = torch.from_numpy(class_of_tissue())[out.long()]
    if rng.random() < 0.3:
        out = _diseased(out, spacing_mm, rng)
    return out, classes


def _diseased(tissue: torch.Tensor, spacing_mm: float, rng: np.random.Generator) -> torch.Tensor:
    """Thrombus, calcium or a stent in the thick arteries of a crop."""
    artery = tissue == Tissue.ARTERY
    reach = max(1, round(3.0 / spacing_mm))
    near = functional.avg_pool3d(
        artery[None, None].float(), 2 * reach + 1, stride=1, padding=reach
    )[0, 0]
    thick = artery & (near > 0.45)
    if not thick.any():
        return tissue
    size = len(tissue)
    out = tissue.clone()
    kind = rng.choice(["thrombus", "false lumen", "calcium", "stent"], p=[0.35, 0.2, 0.3, 0.15])
    if kind in ("thrombus", "false lumen"):
        part = smooth_noise(size, max(3, int(size * spacing_mm / 25)), rng) > rng.uniform(0, 1)
        filled = Tissue.THROMBUS if kind == "thrombus" else Tissue.CAVAL
        out[thick & part] = filled
        return out
    rim = artery & (near < 0.8) & (near > 0.3)
    speckle = torch.from_numpy(rng.standard_normal((size,) * 3, dtype=np.float32))
    if kind == "calcium":
        patch = smooth_noise(size, max(4, int(size * spacing_mm / 8)), rng)
        out[rim & (patch > 1.3)] = Tissue.CALCIUM
    else:
        out[rim & (speckle > 0.8)] = Tissue.METAL
    return out


def rendered(
    tissue: torch.Tensor,
    factor: int,
    spacing_mm: float,
    rng: np.random.Generator,
    *,
    stain: torch.Tensor | None = None,
    random_contrast: float = RANDOM_CONTRAST,
) -> torch.Tensor:
    """HU of a crop of tissue (d,h,w), averaged over `factor` voxels; `spacing_mm` of the result.

    `stain` (d,h,w) is how much of the contrast of its blood each place holds; 1 unless given.
    """
    hu_of = torch.from_numpy(levels(rng, random_contrast))
    uneven = torch.from_numpy(texture_hu())
    hu = hu_of[tissue.long()]
    hu += smooth_noise(len(tissue), max(4, len(tissue) // 5), rng) * uneven[tissue.long()]
    hu = hu if stain is None else stained(hu, stain)
    hu = functional.avg_pool3d(hu[None, None], factor)[0, 0] if factor > 1 else hu
    return hu


def stained(hu: torch.Tensor, stain: torch.Tensor) -> torch.Tensor:
    """HU of blood that holds a share of its contrast."""
    return torch.where(stain != 1, PLAIN_HU + stain * (hu - PLAIN_HU), hu)


def scanned(hu: torch.Tensor, spacing_mm: float, rng: np.random.Generator) -> torch.Tensor:
    """HU as a scanner would give them: its point spread, and noise that hangs together."""
    hu = blurred(hu, rng.uniform(0.0, 0.9) / spacing_mm)
    noise = torch.from_numpy(rng.standard_normal(hu.shape, dtype=np.float32))
    sigma = rng.uniform(0.3, 1.3) / spacing_mm
    noise = blurred(noise, sigma)
    noise = noise / noise.std().clamp(min=1e-3)
    strength = np.exp(rng.uniform(np.log(3), np.log(40))) * min(1.0, 1.3 / spacing_mm)
    shade = smooth_noise(len(hu), 3, rng) * rng.uniform(0, 12)
    return (hu + strength * noise + shade).clamp(-1024, 3071)


def blurred(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """A Gaussian blur of (d,h,w), `sigma` in voxels; nothing below a fifth of a voxel."""
    if sigma < 0.2:
        return x
    reach = max(1, int(2.5 * sigma + 0.5))
    at = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = kernel / kernel.sum()
    y = x[None, None]
    for axis in range(3):
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = -1
        padding = [0] * 6
        padding[2 * (2 - axis)] = padding[2 * (2 - axis) + 1] = reach
        y = functional.conv3d(functional.pad(y, padding, mode="replicate"), kernel.reshape(shape))
    return y[0, 0]
