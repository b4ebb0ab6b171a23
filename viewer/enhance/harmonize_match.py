"""How a scan's kernel becomes a reference's, and how much of its noise may stay."""

from dataclasses import replace

import numpy as np

from viewer.enhance.harmonize_filter import Kernel, signal_power, slice_sd, transfer, wiener_ratio
from viewer.enhance.harmonize_reference import USUAL_NOISE_HU, Reference
from viewer.enhance.restore import LEAST_OVERLAP
from viewer.enhance.scan_facts import ScanFacts
from viewer.enhance.scan_facts_edges import measure_sharpness
from viewer.enhance.scan_facts_noise import measure_noise
from viewer.progress import Progress
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

THINNER = 0.87  # of the scan's slices: what is thinner is asked of the restoration
MOST_SLICES = 8
PROBED, PROBES = 48, 6  # slices on which the share of noise that is kept is measured; how often
NEAR = 0.03  # of the variance asked for
TURNS = 12


def divided(volume: Volume, facts: ScanFacts, reference: Reference) -> int:
    """Into how many new ones each slice is divided: one where slices are thin enough."""
    apart = volume.grid.spacing_mm[0]
    own = facts.profile_mm or apart
    if reference.profile_mm is None or reference.profile_mm > THINNER * own:
        return 1
    count = int(np.clip(round(apart / reference.profile_mm), 1, MOST_SLICES))
    return 2 if count == 1 and own > LEAST_OVERLAP * apart else count


def first_kernel(
    volume: Volume, facts: ScanFacts, reference: Reference, factor: int
) -> tuple[Kernel, float]:
    """How the scan is changed, and the share of its noise that may be kept so that none is more.

    What sharpening does to noise hangs on what is raised, and what may be raised on how much of
    the noise has to go: both are found in turns.
    """
    apart = volume.grid.spacing_mm[0]
    blur = 0.0
    if factor == 1 and reference.profile_mm is not None:
        blur = slice_sd(facts.profile_mm or apart, reference.profile_mm, apart)
    spectrum = facts.noise_spectrum
    cycles, signal, noise = signal_power(volume, spectrum)
    kernel, kept = Kernel(cycles, np.ones(len(cycles)), blur), 1.0
    for _ in range(TURNS):
        if facts.mtf50_per_mm is not None and reference.mtf50_per_mm is not None:
            lost = (1 - kept**2) * noise
            own, wanted = facts.mtf50_per_mm, reference.mtf50_per_mm
            kernel = replace(kernel, gain=wiener_ratio(cycles, own, wanted, signal, lost))
        if reference.noise_hu is None or facts.noise_hu is None or spectrum is None:
            break
        left = facts.noise_hu * kernel.noise_left(spectrum)
        kept = 0.5 * (kept + min(1.0, reference.noise_hu / max(left, 1e-3)))
    return kernel, kept if kept < 0.98 else 1.0


def no_sharper(
    kernel: Kernel, hu: np.ndarray, grid: Grid, reference: Reference, progress: Progress
) -> Kernel:
    """The kernel with what it still lacks of blur in the slice, as some slices `hu` show.

    Kernels are no bells where they enhance edges, and in much noise none can be measured: what is
    left after the first filter is.
    """
    wanted = reference.mtf50_per_mm
    if wanted is None:
        return kernel
    part = progress.part(0.0, 0.3)
    made = Volume(kernel.applied(hu.copy(), grid.spacing_mm, part), grid)
    noise = reference.noise_hu or USUAL_NOISE_HU
    found = measure_sharpness(made, noise, progress.part(0.3, 1.0)).mtf50_per_mm
    if found is None or found <= wanted:
        return kernel
    cycles = kernel.cycles_per_mm
    return replace(kernel, gain=kernel.gain * transfer(cycles, wanted) / transfer(cycles, found))


def across(
    kernel: Kernel, quiet: Volume, facts: ScanFacts, reference: Reference, progress: Progress
) -> Kernel:
    """The kernel with the blur across slices that divided ones still need."""
    if reference.profile_mm is None:
        return kernel
    apart = quiet.grid.spacing_mm[0]
    noise = facts.noise_hu or USUAL_NOISE_HU
    own = measure_sharpness(quiet, 0.5 * noise, progress).profile_mm or apart
    return replace(kernel, slice_sd=slice_sd(max(own, apart), reference.profile_mm, apart))


def middle(grid: Grid) -> tuple[slice, Grid]:
    """Some slices from the middle of a grid, and theirs."""
    deep = min(PROBED, grid.shape[0])
    start = (grid.shape[0] - deep) // 2
    stop = start + deep
    return slice(start, stop), grid.box((start, 0, 0), (stop, *grid.shape[1:]))


def kept_noise(
    hu: np.ndarray,
    rest: np.ndarray,
    grid: Grid,
    kernel: Kernel,
    noise_hu: float | None,
    expected: float,
    progress: Progress,
) -> float:
    """The share of the noise that is put back, so that after the kernel there is `noise_hu`.

    Measured on some slices between none and all, where the line of the variances says (Illinois).
    """
    if noise_hu is None:
        return 1.0
    base, more = (
        kernel.applied(each.copy(), grid.spacing_mm, part)
        for each, part in ((hu, progress.part(0.0, 0.1)), (rest, progress.part(0.1, 0.2)))
    )
    parts = (progress.part(0.2 + 0.1 * n, 0.3 + 0.1 * n) for n in range(2 + PROBES))

    def excess(share: float) -> float:
        found = measure_noise(Volume(base + np.float32(share) * more, grid), next(parts))
        return float("nan") if found is None else found.hu**2 - noise_hu**2

    low, high = 0.0, 1.0
    below, above = excess(low), excess(high)
    if not (np.isfinite(below) and np.isfinite(above)):
        return expected
    if above <= 0 or below >= 0:
        return high if above <= 0 else low
    for _ in range(PROBES):
        share = low - below * (high - low) / (above - below)
        here = excess(share)
        if not abs(here) > NEAR * noise_hu**2:
            return share
        if here < 0:
            low, below, above = share, here, above / 2
        else:
            high, above, below = share, here, below / 2
    return low
