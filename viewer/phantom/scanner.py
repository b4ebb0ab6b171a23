"""What a scanner makes of a person: blur, noise, streaks and motion."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from viewer.phantom.appearance import Appearance, paint
from viewer.phantom.blur import blur, grain, shift
from viewer.phantom.scene import Scene
from viewer.phantom.streaks import streaks_hu
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid
from viewer.volume.separable import along
from viewer.volume.volume import AIR_HU, Volume

TOP_HU = 3071
HALO_MM = 0.9  # how far an edge-enhancing kernel's overshoot reaches
WATER_PER_MM = 0.0195
# Automatic exposure takes back about half of what the patient's thickness does to the noise.
_UNCORRECTED = 0.5


@dataclass(frozen=True)
class Scanner:
    """A reconstruction kernel with its slices.

    `psf_mm` is the standard deviation of the point spread in the slice, `slice_mm` the slice
    profile's full width at half maximum; `overshoot` the share of edge enhancement. `noise_hu`
    is the standard deviation at dose 1 in voxels that are small against the noise's grain
    `grain_mm` (a Gaussian's standard deviation), `hollow` (0 to 1) how far its low frequencies
    are missing. `streaks` scales the artifacts of dense bodies, `motion_mm` the heart's beat.
    """

    name: str
    psf_mm: float
    slice_mm: float
    noise_hu: float
    grain_mm: float
    overshoot: float = 0.0
    hollow: float = 0.5
    streaks: float = 1.0
    motion_mm: float = 1.0

    def transfer(self, cycles_per_mm: np.ndarray) -> np.ndarray:
        """The modulation transfer in the slice at some frequencies, 1 at zero."""
        near = np.exp(-2 * (np.pi * self.psf_mm * cycles_per_mm) ** 2)
        halo = np.hypot(HALO_MM, self.psf_mm)
        far = np.exp(-2 * (np.pi * halo * cycles_per_mm) ** 2)
        return np.asarray((1 + self.overshoot) * near - self.overshoot * far)


SCANNERS: Mapping[str, Scanner] = MappingProxyType(
    {
        each.name: each
        for each in (
            Scanner("vascular", 0.42, 0.9, 20, 0.45),
            Scanner("soft", 0.52, 1.2, 13, 0.58, hollow=0.4),
            Scanner("iterative", 0.48, 0.9, 9, 0.80, hollow=0.2, streaks=0.6),
            Scanner("standard", 0.40, 1.5, 18, 0.42),
            Scanner("sharp", 0.28, 1.0, 46, 0.28, overshoot=0.5, hollow=0.8),
            Scanner("thick", 0.45, 5.0, 9, 0.50),
            Scanner("older", 0.55, 3.0, 24, 0.55, streaks=1.6, motion_mm=2.5),
            Scanner("gated", 0.35, 0.7, 28, 0.38, motion_mm=0.2),
            Scanner("photon counting", 0.26, 0.5, 18, 0.30, overshoot=0.2, streaks=0.4),
        )
    }
)
_HOW_OFTEN = np.array([6, 5, 4, 4, 2, 2, 2, 2, 1], float)


def make_scanner(rng: np.random.Generator) -> Scanner:
    """One of the presets with its numbers moved by about a sixth, as installations differ."""
    names = list(SCANNERS)
    base = SCANNERS[names[int(rng.choice(len(names), p=_HOW_OFTEN / _HOW_OFTEN.sum()))]]
    psf, thick, noise, size, motion = np.exp(rng.normal(0, [0.12, 0.15, 0.25, 0.12, 0.4]))
    return replace(
        base,
        psf_mm=base.psf_mm * float(psf),
        slice_mm=base.slice_mm * float(thick),
        noise_hu=base.noise_hu * float(noise),
        grain_mm=base.grain_mm * float(size),
        motion_mm=base.motion_mm * float(motion),
    )


def scan(
    hu: np.ndarray,
    grid: Grid,
    scanner: Scanner,
    rng: np.random.Generator,
    *,
    dose: float = 1.0,
    tissue: np.ndarray | None = None,
) -> np.ndarray:
    """A scan (int16 HU) of what a person is made of (`hu` float32 on `grid`).

    Noise goes with `dose`^-1/2. With `tissue` the heart beats, and bone throws no streaks.
    """
    spacing = np.array(grid.spacing_mm)
    artifacts = streaks_hu(hu, spacing, rng, tissue)
    out = hu if tissue is None else beaten(hu, tissue, spacing, scanner.motion_mm, rng)
    out = seen(out, spacing, scanner)
    out += noise_hu(hu, spacing, scanner, rng, dose)
    if artifacts is not None:
        out += np.float32(scanner.streaks) * artifacts
    np.rint(out, out=out)
    return np.clip(out, AIR_HU, TOP_HU, out=out).astype(np.int16)


def shoot(
    scene: Scene,
    appearance: Appearance,
    scanner: Scanner,
    rng: np.random.Generator,
    *,
    dose: float = 1.0,
) -> Volume:
    """The scan of a scene: painted, then seen by the scanner."""
    hu = paint(scene, appearance, rng)
    return Volume(scan(hu, scene.grid, scanner, rng, dose=dose, tissue=scene.tissue), scene.grid)


def noise_hu(
    hu: np.ndarray,
    spacing_mm: np.ndarray,
    scanner: Scanner,
    rng: np.random.Generator,
    dose: float = 1.0,
) -> np.ndarray:
    """The noise of one scan (float32), stronger where the rays cross more of the body."""
    fine = np.array([scanner.slice_mm / 2.355, scanner.grain_mm, scanner.grain_mm])
    wide = np.sqrt(fine**2 + spacing_mm**2 / 12)
    sd_hu = scanner.noise_hu / np.sqrt(dose) * float(np.prod(np.sqrt(fine / wide)))
    sigma = wide / spacing_mm
    noise = _hollowed(grain(rng, hu.shape, sigma), sigma, scanner.hollow)
    across, down = _paths(hu, spacing_mm)
    noise *= np.sqrt(0.5 * (across[:, :, None] + down[:, None, :]), dtype=np.float32)
    starved = np.clip(np.sqrt(across) - 1.6, 0, 1.5)
    if starved.any():
        noise += grain(rng, hu.shape, sigma * [1, 1, 40]) * starved[:, :, None]
    noise *= np.float32(sd_hu)
    return noise


def _hollowed(noise: np.ndarray, sigma: np.ndarray, hollow: float) -> np.ndarray:
    """Noise with part of its low frequencies in the slice taken off, at deviation 1."""
    if hollow <= 0:
        return noise
    noise -= np.float32(hollow) * blur(noise, (0, *(2 * sigma[1:])))
    noise /= noise.std()
    return noise


def _paths(hu: np.ndarray, spacing_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance of rays that cross the slice along its rows (k,j) and down its columns (k,i).

    It grows with the water on the way; 1 is that of the mean ray in the volume's densest part.
    """
    water = np.clip(hu * np.float32(0.001) + 1, 0, 2)
    across = water.sum(axis=2) * spacing_mm[2]
    down = water.sum(axis=1) * spacing_mm[1]
    out = []
    usual = 0.5 * (float(np.median(across)) + float(np.median(down)))
    for path, step in ((across, spacing_mm[1]), (down, spacing_mm[2])):
        smooth = blur(path[:, :, None], (4 / spacing_mm[0], 8 / step, 0))[:, :, 0]
        out.append(np.exp(np.clip(_UNCORRECTED * WATER_PER_MM * (smooth - usual), -1.5, 1.8)))
    return out[0].astype(np.float32), out[1].astype(np.float32)


def seen(hu: np.ndarray, spacing_mm: np.ndarray, scanner: Scanner) -> np.ndarray:
    """`hu` through the point spread and the slice profile."""
    profile = scanner.slice_mm / 2.355 / spacing_mm[0]
    flat = scanner.psf_mm / spacing_mm[1:]
    out = blur(hu, (profile, *flat))
    if scanner.overshoot > 0:
        halo_mm = np.hypot(HALO_MM, scanner.psf_mm)
        out = (1 + np.float32(scanner.overshoot)) * out
        out -= np.float32(scanner.overshoot) * blur(hu, (profile, *(halo_mm / spacing_mm[1:])))
    return out.copy() if out is hu else out


def beaten(
    hu: np.ndarray,
    tissue: np.ndarray,
    spacing_mm: np.ndarray,
    motion_mm: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """`hu` with the heart seen twice, half a beat to either side."""
    way = rng.normal(0, 1, 3) * [0.5, 1, 1]
    heart = (tissue == Tissue.LEFT_HEART) | (tissue == Tissue.RIGHT_HEART)
    if motion_mm <= 0 or np.count_nonzero(heart) * np.prod(spacing_mm) < 3000:
        return hu
    way *= motion_mm / (2 * np.linalg.norm(way) * spacing_mm)
    here, there = (
        along(hu, [shift(n, sign * w) for n, w in zip(hu.shape, way, strict=True)])
        for sign in (-1, 1)
    )
    near = blur(heart.astype(np.float32), 10 / spacing_mm)
    np.minimum(1.6 * near, 1, out=near)
    here += there
    here *= 0.5
    here -= hu
    here *= near
    here += hu
    return here
