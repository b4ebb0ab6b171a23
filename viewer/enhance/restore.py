"""Sharper and quieter volumes that keep the scanner's measurements."""

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import uniform_filter

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.consistent import (
    INT16,
    Pull,
    agreeing,
    chi_square,
    in_body,
    rounded,
    smoothest,
    weighed,
    within_noise,
)
from viewer.enhance.denoise import reach_voxels, smooth_into
from viewer.enhance.guess import Asked, guessed
from viewer.enhance.halves import disagreement, halves
from viewer.enhance.origin import origins, unseen_hu
from viewer.enhance.restored import Mode, Restored, left_over
from viewer.enhance.scan_facts import ScanFacts
from viewer.errors import ViewerError
from viewer.networks.network import Network
from viewer.progress import Progress
from viewer.units import bytes_text
from viewer.volume.volume import Volume

BYTES_PER_VOXEL = 22  # of the restored volume, held at the same time at most
REST_PER_SECOND = 5e6  # new voxels, in all but the guess
NEAR_MM = 5.0
BETWEEN = 0.45  # of the error of slices twice as thick: that of dividing them once
LEFT = 0.4  # of the noise, after smoothing
LEAST_OVERLAP, WIDEST = 1.15, 2.5  # slice profiles in slice distances
USUAL_CYCLES = 0.24  # a pixel, at half modulation, where it could not be measured


@dataclass(frozen=True)
class Whole:
    """What is known of a whole scan where a part of it is restored: the usual noise, the pull."""

    noise_hu: float
    pull: Pull


def restore_scan(
    volume: Volume,
    facts: ScanFacts,
    progress: Progress,
    *,
    mode: Mode,
    factor: tuple[int, int, int] = (1, 1, 1),
    network: Network | None = None,
    free_bytes: int | None = None,
    whole: Whole | None = None,
) -> Restored:
    """The restored volume of a scan of which `facts` were measured; see `restore`."""
    noise: np.ndarray | float = float("nan") if facts.noise_hu is None else facts.noise_hu
    if facts.noise_map is not None and mode == "noise":
        noise = facts.noise_map.at()
    apart = volume.grid.spacing_mm[0]
    slice_mm = facts.profile_mm or apart
    known = facts.noise_hu is not None
    return restore(
        volume,
        noise,
        progress,
        mode=mode,
        factor=factor,
        profile=min(slice_mm / apart, WIDEST) if slice_mm > LEAST_OVERLAP * apart else 1.0,
        asked=question(volume, facts, network) if network is not None and known else None,
        free_bytes=free_bytes,
        whole=whole,
    )


def question(volume: Volume, facts: ScanFacts, network: Network) -> Asked:
    """What a network is asked of a scan of which `facts` were measured."""
    spacing = volume.grid.spacing_mm
    noise = facts.noise_hu if facts.noise_map is None else facts.noise_map.at()
    assert noise is not None
    sharpness = facts.mtf50_per_mm or USUAL_CYCLES / spacing[1]
    return Asked(network, noise, sharpness, facts.profile_mm or spacing[0])


def check_by_halves(
    volume: Volume,
    facts: ScanFacts,
    progress: Progress,
    *,
    mode: Mode,
    factor: tuple[int, int, int] = (1, 1, 1),
    network: Network | None = None,
    free_bytes: int | None = None,
) -> np.ndarray:
    """How far restorations of two halves of a scan's dose lie apart (float16); see `disagreement`.

    Raises `ViewerError` where the noise of the scan is not known or the memory does not suffice.
    """
    if facts.noise_hu is None or facts.noise_map is None or facts.noise_spectrum is None:
        raise ViewerError(
            "The noise of this scan could not be measured, so no halves of it can be made; the "
            "restoration was not checked: leave the check out."
        )
    acquisition = Acquisition(volume.voxels.shape, factor)  # type: ignore[arg-type]
    _demand_memory(acquisition, free_bytes)
    both = halves(volume, facts.noise_map, facts.noise_spectrum)
    louder = replace(facts.noise_map, sd_hu=facts.noise_map.sd_hu * np.float32(np.sqrt(2)))
    told = replace(facts, noise_hu=float(np.sqrt(2)) * facts.noise_hu, noise_map=louder)
    one, other = (
        restore_scan(half, told, part, mode=mode, factor=factor, network=network).volume
        for half, part in zip(both, (progress.part(0, 0.45), progress.part(0.45, 0.9)), strict=True)
    )
    noise = acquisition.spread(facts.noise_map.at())
    apart = disagreement(one, other, noise).astype(np.float16)
    progress.at(1.0)
    return apart


def restore(
    volume: Volume,
    noise_hu: np.ndarray | float,
    progress: Progress,
    *,
    mode: Mode,
    factor: tuple[int, int, int] = (1, 1, 1),
    profile: float = 1.0,
    asked: Asked | None = None,
    free_bytes: int | None = None,
    whole: Whole | None = None,
) -> Restored:
    """The restored volume of a scan with a noise of `noise_hu`, a number or one for each voxel.

    "exact": every acquired voxel is the mean of its new ones, noise and all. "noise": the scan is
    kept within its noise, which is taken out. Both at once cannot be had. With `asked` a network
    guesses first; else the smoothest volume is the guess. Raises `ViewerError` where the memory
    does not suffice or the noise is not known. A part of a scan is restored as in the `whole`.
    """
    exact = mode == "exact"
    acquisition = Acquisition(volume.voxels.shape, factor, 1.0 if exact else profile)  # type: ignore[arg-type]
    usual_noise = float(np.sqrt(np.mean(np.square(noise_hu, dtype=np.float64))))
    if whole is not None:
        usual_noise = whole.noise_hu
    if not exact and not usual_noise > 0:
        raise ViewerError(
            "The noise of this scan could not be measured, so nothing can be kept within it; the "
            "scan was kept as it is: choose the mode exact."
        )
    _demand_memory(acquisition, free_bytes)
    clock = _Clock()
    progress.at(0.0, "Dividing voxels")
    plain = smoothest(volume.voxels, acquisition)
    guess_done, agree_done = _shares(exact, asked)
    part = progress.part(0.0, guess_done)
    small = whole is not None
    guess, sd_hu = _guess(volume, plain, usual_noise, acquisition, exact, asked, small, part)
    clock.note("guess")
    progress.at(guess_done, "Keeping what was measured")
    strength = 0.0
    if exact:
        fine = rounded(agreeing(guess, volume.voxels, acquisition), volume.voxels, acquisition)
    else:
        pull = None if whole is None else whole.pull
        found = within_noise(guess, volume.voxels, noise_hu, acquisition, pull)
        fine = np.clip(np.rint(found.hu), *INT16).astype(np.int16)
        strength = found.strength
        del found
    del guess
    clock.note("consistency")
    progress.at(agree_done, "Telling what is measured and what is not")
    residual = left_over(volume, fine, acquisition, mode)
    origin = origins(fine, volume.voxels, plain, noise_hu, acquisition, exact=exact)
    del plain
    progress.at((1 + agree_done) / 2)
    unseen = unseen_hu(fine, acquisition)
    clock.note("origin")
    progress.at(1.0)
    return Restored(
        Volume(fine, acquisition.grid(volume.grid)),
        mode,
        acquisition,
        origin,
        sd_hu,
        unseen,
        residual.astype(np.float16),
        usual_noise,
        strength,
        _chi_square(volume, residual, noise_hu) if usual_noise > 0 else float("nan"),
        clock.seconds,
        asked.checksums if asked is not None else {},
    )


def _shares(exact: bool, asked: Asked | None) -> tuple[float, float]:
    """What share of the time is gone when the guess is made, and when it agrees with the scan."""
    if asked is None:
        return (0.25, 0.65) if exact else (0.75, 0.87)
    guess = REST_PER_SECOND / (REST_PER_SECOND + asked.network.voxels_per_second)
    return guess, (1 + guess) / 2


def _guess(
    volume: Volume,
    plain: np.ndarray,
    noise_hu: float,
    acquisition: Acquisition,
    exact: bool,
    asked: Asked | None,
    small: bool,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray]:
    """A guess at the restored volume (float32) and the deviation of its error (float16), HU."""
    if asked is not None:
        slice_mm, pixel_mm, _ = acquisition.grid(volume.grid).spacing_mm
        guess, sd_hu = guessed(asked, plain, acquisition, (slice_mm, pixel_mm), progress)
        if not exact:
            guess = weighed(guess, sd_hu, volume.voxels, asked.noise_hu, acquisition)
        elif noise_hu > 0:  # what is exact has the noise of the scan
            np.hypot(sd_hu, np.float16(noise_hu), out=sd_hu)
        return guess, sd_hu
    if exact:
        guess = plain
    else:
        along, down, across = reach_voxels(volume.grid.spacing_mm)
        reach = along, max(down, 1), max(across, 1)  # else nothing would be taken out
        quiet = np.empty(volume.voxels.shape, np.float32)
        smooth_into(quiet, volume, noise_hu, reach, progress.part(0.0, 0.7))
        guess = smoothest(quiet, acquisition)
    progress.at(0.7, "Estimating the error")
    return guess, expected_error_hu(volume, noise_hu, acquisition, exact=exact)


def expected_error_hu(
    volume: Volume, noise_hu: float, acquisition: Acquisition, *, exact: bool
) -> np.ndarray:
    """The standard deviation of the error of a restored volume (float16), without a network.

    What is lost between voxels is estimated where it can be seen: the scan is made twice as
    coarse, divided again and compared with itself, in a neighborhood of 5 mm. To that comes the
    noise: all of it in exact mode, in the other what smoothing leaves of it.
    """
    hu = volume.voxels.astype(np.float32)
    noise_hu = noise_hu if noise_hu > 0 else 0.0
    left = noise_hu if exact else LEFT * noise_hu
    variance = np.full(hu.shape, left**2, np.float32)
    reach = [2 * int(NEAR_MM / mm / 2) + 1 for mm in volume.grid.spacing_mm]
    for number, factor in enumerate(acquisition.factor):
        if factor > 1 and hu.shape[number] >= 4:
            error = np.square(hu - _coarser(hu, number))
            lost = uniform_filter(error, reach, mode="nearest") - noise_hu**2 / 2
            halvings = int(np.ceil(np.log2(factor)))
            share = sum(BETWEEN ** (2 * n) for n in range(1, halvings + 1))
            variance += np.float32(share) * np.maximum(lost, 0)
    return acquisition.spread(np.sqrt(variance).astype(np.float16))


def _coarser(hu: np.ndarray, axis: int) -> np.ndarray:
    """HU from half as many voxels along an axis, divided again."""
    count = hu.shape[axis] // 2
    factor, shape = [1, 1, 1], list(hu.shape)
    factor[axis], shape[axis] = 2, count
    acquisition = Acquisition(tuple(shape), tuple(factor))  # type: ignore[arg-type]
    even = np.take(hu, range(2 * count), axis=axis)
    made = smoothest(acquisition.acquired(even), acquisition)
    if hu.shape[axis] > 2 * count:  # the odd one at the end has no partner
        made = np.concatenate([made, np.take(hu, [-1], axis=axis)], axis=axis)
    return made


def _chi_square(scan: Volume, residual: np.ndarray, noise_hu: np.ndarray | float) -> float:
    return chi_square(residual, noise_hu, in_body(scan.voxels - residual))


def _demand_memory(acquisition: Acquisition, free_bytes: int | None) -> None:
    """Raise a `ViewerError` where the restored volume does not fit."""
    needed = BYTES_PER_VOXEL * int(np.prod(acquisition.fine_shape, dtype=np.int64))
    if free_bytes is not None and needed > free_bytes:
        raise ViewerError(
            f"The restored volume needs about {bytes_text(needed)} of memory and "
            f"{bytes_text(free_bytes)} are free; the scan was kept as it is: choose a smaller "
            "scale."
        )


class _Clock:
    """How long each part took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[part] = round(now - self._last, 3)
        self._last = now
