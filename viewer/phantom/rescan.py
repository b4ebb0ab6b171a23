"""Scans as another scanner, thicker slices or less dose would have given them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from viewer.enhance.scan_facts import ScanFacts
from viewer.enhance.scan_noise import like_noise
from viewer.errors import ViewerError
from viewer.phantom.dose import ray_noise_hu
from viewer.phantom.scanner import TOP_HU, Scanner, beaten, seen
from viewer.phantom.streaks import hardened_hu, streaks_hu
from viewer.volume.grid import Grid
from viewer.volume.resample import grid_with_spacing
from viewer.volume.separable import along, linear
from viewer.volume.volume import AIR_HU, Volume

_VOXEL = 2.3548 / np.sqrt(12)  # a voxel's own width as that of a Gaussian of its variance


def rescan(
    hu: np.ndarray,
    grid: Grid,
    scanner: Scanner,
    rng: np.random.Generator,
    spacing_mm: Sequence[float],
    *,
    dose: float = 1.0,
    tissue: np.ndarray | None = None,
) -> Volume:
    """What `scanner` gives of what is there: `hu` (float32) on a fine `grid`, without noise.

    Slices lie `spacing_mm[0]` apart and overlap where `scanner.slice_mm` is more. The noise is
    that of rays; with `tissue` the heart beats. What the fine voxels blur is taken off the blur.
    """
    fine = np.array(grid.spacing_mm)
    target = grid_with_spacing(grid, spacing_mm)
    finer = replace(
        scanner,
        slice_mm=float(np.sqrt(max(scanner.slice_mm**2 - (_VOXEL * fine[0]) ** 2, 0))),
        psf_mm=float(np.sqrt(max(scanner.psf_mm**2 - fine[1] * fine[2] / 12, 0))),
    )
    moved = hu if tissue is None else beaten(hu, tissue, fine, scanner.motion_mm, rng)
    clean = seen(moved, fine, finer)
    for thrown in (streaks_hu(hu, fine, rng, tissue), hardened_hu(hu, fine, rng)):
        if thrown is not None:
            clean += np.float32(scanner.streaks) * thrown
    matrices = [
        linear((np.arange(m) + 0.5) * b / a - 0.5, n)
        for n, m, a, b in zip(grid.shape, target.shape, fine, target.spacing_mm, strict=True)
    ]
    out = along(clean, matrices)
    out += ray_noise_hu(out, np.array(target.spacing_mm), scanner, rng, dose)
    np.clip(np.rint(out, out=out), AIR_HU, TOP_HU, out=out)
    return Volume(out.astype(np.int16), target)


def thin(
    volume: Volume,
    facts: ScanFacts,
    rng: np.random.Generator,
    *,
    slices: int = 1,
    every: int | None = None,
    dose: float = 1.0,
) -> Volume:
    """A real scan with thicker slices and a share `dose` of its dose.

    Each new slice is the mean of `slices` old ones and begins `every` (all of them, if None)
    after the one before. The noise that is added has the spectrum, the map and the correlation
    between slices of the scan's own. Slices that are left over at the end are dropped. Raises
    ViewerError where noise is to be added and the scan's own was not measured.
    """
    count, step = len(volume.voxels), every or slices
    if not 1 <= slices <= count or step < 1 or not 0 < dose <= 1:
        raise ViewerError(
            f"A scan of {count} slices cannot be thinned to means of {slices} every {step} at a "
            f"dose of {dose:g}; choose fewer slices and a dose up to 1."
        )
    out = volume.voxels.astype(np.float32)
    if dose < 1:
        out += np.float32(np.sqrt(1 / dose - 1)) * _like_its_own(volume, facts, rng)
    if slices > 1 or step > 1:
        firsts = np.arange(0, count - slices + 1, step)
        means = np.zeros((len(firsts), count), np.float32)
        for row, first in enumerate(firsts):
            means[row, first : first + slices] = 1 / slices
        out = along(out, [means, None, None])
    matrix = volume.grid.lps_from_index.copy()
    matrix[:3, 3] = volume.grid.points_lps(np.array([(slices - 1) / 2, 0, 0]))
    matrix[:3, 0] *= step
    a, b, c = out.shape
    kept = np.clip(np.rint(out), volume.voxels.min(), max(TOP_HU, volume.voxels.max()))
    return Volume(kept.astype(np.int16), Grid((a, b, c), matrix, volume.grid.frame_uid))


def _like_its_own(volume: Volume, facts: ScanFacts, rng: np.random.Generator) -> np.ndarray:
    """Noise (float32) as the scan has it already."""
    if facts.noise_map is None or facts.noise_spectrum is None:
        raise ViewerError(
            "Noise cannot be added to this scan, because its own could not be measured; choose "
            "dose 1."
        )
    shape, spacing_mm = volume.grid.shape, volume.grid.spacing_mm
    noise = like_noise(shape, spacing_mm, facts.noise_spectrum, rng)
    noise *= facts.noise_map.at()
    return noise
