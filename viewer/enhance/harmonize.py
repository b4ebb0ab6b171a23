"""A scan brought to the kernel, the slices, the noise and the HU of a reference, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from viewer.enhance.consistent import INT16, smoothest
from viewer.enhance.harmonize_filter import (
    Kernel,
    signal_power,
    slice_sd,
    transfer,
    wiener_ratio,
)
from viewer.enhance.harmonize_hu import HuMap, find_anchors, hu_map
from viewer.enhance.harmonize_report import (
    Look,
    look_of,
    looked_at,
    not_reached,
    rows,
)
from viewer.enhance.restore import LEAST_OVERLAP, restore_scan
from viewer.enhance.restored import Mode, Restored
from viewer.enhance.scan_facts import ScanFacts, unsuitable
from viewer.enhance.scan_facts_edges import measure_sharpness
from viewer.enhance.scan_facts_noise import measure_noise
from viewer.enhance.suitability import background_removed
from viewer.enhance.tube_voltage import IODINE_AT_KVP, contrast_ratio
from viewer.errors import ViewerError
from viewer.networks.network import Network
from viewer.progress import Progress
from viewer.provenance import digest
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

USUAL_NOISE_HU = 20.0
THINNER = 0.87  # of the scan's slices: what is thinner is asked of the restoration
MOST_SLICES = 8
PROBED, PROBES = 48, 6  # slices on which the share of noise that is kept is measured; how often
NEAR = 0.03  # of the variance asked for
TURNS = 12


@dataclass(frozen=True)
class Reference:
    """How a scan should look; None leaves what it says as it is.

    `mtf50_per_mm` is the resolution in the slice, `profile_mm` the slices' full width at half
    maximum, `noise_hu` the most noise in soft tissue, `kvp` the tube voltage whose contrast blood
    should have, `air_hu` and `fat_hu` where both should lie.
    """

    name: str
    mtf50_per_mm: float | None = None
    profile_mm: float | None = None
    noise_hu: float | None = None
    kvp: float | None = None
    air_hu: float | None = -1000.0
    fat_hu: float | None = -100.0


REFERENCES: Mapping[str, Reference] = MappingProxyType(
    {
        each.name: each
        for each in (
            Reference("vascular-1mm", 0.45, 1.0, 15.0, 120.0),
            Reference("soft-3mm", 0.36, 3.0, 12.0, 120.0),
            Reference("soft-5mm", 0.36, 5.0, 10.0, 120.0),
        )
    }
)


@dataclass(frozen=True, eq=False)
class Harmonized:
    """A harmonized scan and what brings the original back.

    `difference` (int16, on the scan's grid) is what `original` adds, `grid` the scan's own,
    `sha256` the digest of its voxels; `facts` are the numbers, `rows` before, asked and after.
    """

    volume: Volume
    difference: np.ndarray
    grid: Grid
    sha256: str
    rows: dict[str, dict[str, Any]]
    notes: tuple[str, ...]
    facts: dict[str, Any]


def reference_like(
    volume: Volume, facts: ScanFacts, progress: Progress, *, name: str, kvp: float | None = None
) -> Reference:
    """The reference that another scan is, of which `facts` were measured."""
    noise = facts.noise_hu or USUAL_NOISE_HU
    found = find_anchors(volume, noise, progress, with_blood=False)
    air, fat = (None if each is None else each[0] for each in (found.air, found.fat))
    return Reference(name, facts.mtf50_per_mm, facts.profile_mm, facts.noise_hu, kvp, air, fat)


def refuse_unsuitable(
    volume: Volume, *, modality: str = "CT", image_type: tuple[str, ...] = ()
) -> None:
    """Raise a `ViewerError` for a scan that cannot be harmonized, or be a reference."""
    why = unsuitable(volume, modality=modality, image_type=image_type)
    if why is None and background_removed(volume):
        why = (
            "Everything but the vessels was taken out of this scan, so that nothing is left in "
            "which noise, air and fat could be measured; the original is kept."
        )
    if why is None and volume.voxels.dtype != np.int16:
        why = "The values are fractions and no whole Hounsfield units, so the original is kept."
    if why is not None:
        raise ViewerError(why)


def harmonize(
    volume: Volume,
    facts: ScanFacts,
    reference: Reference,
    progress: Progress,
    *,
    kvp: float | None = None,
    network: Network | None = None,
    free_bytes: int | None = None,
) -> Harmonized:
    """The scan as the reference's scanner would show it, as far as that can be known.

    Slices are divided where thinner ones are asked and averaged where thicker ones are; noise is
    taken out where there is more than asked, and never added. Raises `ViewerError` for a scan
    that cannot be harmonized, or that does not fit into `free_bytes`.
    """
    refuse_unsuitable(volume)
    noise = facts.noise_hu or USUAL_NOISE_HU
    found = find_anchors(volume, noise, progress.part(0.0, 0.1))
    before = look_of(facts, found)
    volts = (kvp, reference.kvp) if kvp and reference.kvp and kvp != reference.kvp else None
    moved = hu_map(found, reference.air_hu, reference.fat_hu, volts)
    factor = divided(volume, facts, reference)
    kernel, kept = _kernel(volume, facts, reference, factor)
    share, networks = 1.0, {}
    if factor > 1 or kept < 1 or (volts is not None and facts.noise_hu is not None):
        mode: Mode = "exact" if facts.noise_hu is None else "noise"
        quiet = restore_scan(
            volume,
            facts,
            progress.part(0.1, 0.6),
            mode=mode,
            factor=(factor, 1, 1),
            network=network,
            free_bytes=free_bytes,
        )
        networks = dict(quiet.networks)
        if factor > 1:
            kernel = _across(kernel, quiet.volume, facts, reference)
        hu, rest, grid = *_parted(quiet, moved), quiet.volume.grid
        del quiet
        part, box = _middle(grid)
        kernel = _no_sharper(kernel, hu[part], box, reference)
        share = _kept(hu[part], rest[part], box, kernel, reference.noise_hu, kept)
        hu += np.float32(share) * rest
        del rest
    else:
        hu, grid = moved.of(volume.voxels), volume.grid
        part, box = _middle(grid)
        kernel = _no_sharper(kernel, hu[part], box, reference)
    hu = kernel.applied(hu, grid.spacing_mm, progress.part(0.6, 0.8))
    lowest = int(volume.voxels.min())
    made = Volume(np.clip(np.rint(hu, out=hu), lowest, INT16[1]).astype(np.int16), grid)
    del hu
    after = looked_at(made, found.places_lps, progress.part(0.8, 1.0))
    told = rows(before, _asked(reference, before, moved, volts), after)
    numbers = {
        "slices_divided_into": factor,
        "networks": networks,
        "noise_kept": share,
        "hu_map": {"from": moved.knots_hu, "to": moved.moved_hu, "slope_above": moved.above},
        "kvp": kvp,
        "iodine_ratio": contrast_ratio(IODINE_AT_KVP, *volts) if volts else None,
    }
    return Harmonized(
        made,
        volume.voxels - _base(made.voxels, factor),
        volume.grid,
        digest([volume.voxels]),
        told,
        (*facts.reasons, *not_reached(told), *_of_blood(before, reference, kvp)),
        numbers,
    )


def original(made: Volume, difference: np.ndarray, grid: Grid, sha256: str) -> Volume:
    """The scan that was harmonized, bit for bit, from what `Harmonized` holds.

    Raises `ViewerError` where one of them was changed since.
    """
    slices = len(difference)
    fits = slices > 0 and made.voxels.shape[1:] == difference.shape[1:]
    if fits and len(made.voxels) % slices == 0 and difference.dtype == np.int16:
        voxels = difference + _base(made.voxels, len(made.voxels) // slices)
        if digest([voxels]) == sha256:
            return Volume(voxels, grid)
    raise ViewerError(
        "The harmonized scan or its difference was changed since it was written, so the original "
        "cannot be made of them; nothing was written: open the series itself."
    )


def _base(voxels: np.ndarray, factor: int) -> np.ndarray:
    """Harmonized voxels (int16) on the scan's grid, in whole numbers on every machine.

    Sums and differences of int16 may run over; as they run back on the way back, nothing is lost.
    """
    if factor == 1:
        return voxels
    parts = voxels.reshape(-1, factor, *voxels.shape[1:])
    return np.asarray(parts.sum(axis=1, dtype=np.int32) // factor, np.int16)


def divided(volume: Volume, facts: ScanFacts, reference: Reference) -> int:
    """Into how many new ones each slice is divided: one where slices are thin enough."""
    apart = volume.grid.spacing_mm[0]
    own = facts.profile_mm or apart
    if reference.profile_mm is None or reference.profile_mm > THINNER * own:
        return 1
    count = int(np.clip(round(apart / reference.profile_mm), 1, MOST_SLICES))
    return 2 if count == 1 and own > LEAST_OVERLAP * apart else count


def _kernel(
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


def _no_sharper(kernel: Kernel, hu: np.ndarray, grid: Grid, reference: Reference) -> Kernel:
    """The kernel with what it still lacks of blur in the slice, as some slices `hu` show.

    Kernels are no bells where they enhance edges: what the first filter leaves is measured.
    """
    wanted = reference.mtf50_per_mm
    if wanted is None or np.all(kernel.gain == 1):
        return kernel
    made = Volume(kernel.applied(hu.copy(), grid.spacing_mm, Progress()), grid)
    found = measure_sharpness(made, reference.noise_hu or USUAL_NOISE_HU, Progress()).mtf50_per_mm
    if found is None or found <= wanted:
        return kernel
    cycles = kernel.cycles_per_mm
    return replace(kernel, gain=kernel.gain * transfer(cycles, wanted) / transfer(cycles, found))


def _parted(quiet: Restored, moved: HuMap) -> tuple[np.ndarray, np.ndarray]:
    """A restored scan with its HU moved, and what was taken out of it, scaled alike (float32).

    Noise that was moved by a line with kinks would no longer be zero on average.
    """
    rest = smoothest(quiet.residual.astype(np.float32), quiet.acquisition)
    rest *= moved.slope(quiet.volume.voxels)
    return moved.of(quiet.volume.voxels), rest


def _across(kernel: Kernel, quiet: Volume, facts: ScanFacts, reference: Reference) -> Kernel:
    """The kernel with the blur across slices that divided ones still need."""
    if reference.profile_mm is None:
        return kernel
    apart = quiet.grid.spacing_mm[0]
    noise = facts.noise_hu or USUAL_NOISE_HU
    own = measure_sharpness(quiet, 0.5 * noise, Progress()).profile_mm or apart
    return replace(kernel, slice_sd=slice_sd(max(own, apart), reference.profile_mm, apart))


def _middle(grid: Grid) -> tuple[slice, Grid]:
    """Some slices from the middle of a grid, and theirs."""
    deep = min(PROBED, grid.shape[0])
    start = (grid.shape[0] - deep) // 2
    stop = start + deep
    return slice(start, stop), grid.box((start, 0, 0), (stop, *grid.shape[1:]))


def _kept(
    hu: np.ndarray,
    rest: np.ndarray,
    grid: Grid,
    kernel: Kernel,
    noise_hu: float | None,
    expected: float,
) -> float:
    """The share of the noise that is put back, so that after the kernel there is `noise_hu`.

    Measured on some slices between none and all, where the line of the variances says (Illinois).
    """
    if noise_hu is None:
        return 1.0
    base, more = (kernel.applied(each.copy(), grid.spacing_mm, Progress()) for each in (hu, rest))

    def excess(share: float) -> float:
        found = measure_noise(Volume(base + np.float32(share) * more, grid), Progress())
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


def _asked(
    reference: Reference, before: Look, moved: HuMap, volts: tuple[float, float] | None
) -> dict[str, float | None]:
    """What is asked of each number."""
    blood = None
    if volts is not None and before.blood_hu is not None:
        blood = float(moved.of(np.array([before.blood_hu[0]]))[0])
    return {
        "noise_hu": reference.noise_hu,
        "mtf50_per_mm": reference.mtf50_per_mm,
        "profile_mm": reference.profile_mm,
        "air_hu": reference.air_hu,
        "fat_hu": reference.fat_hu,
        "blood_hu": blood,
    }


def _of_blood(before: Look, reference: Reference, kvp: float | None) -> tuple[str, ...]:
    """What is to be known of blood, which no constant anchors."""
    if before.blood_hu is None:
        return ("No great vessel with contrast was found: blood was not looked at.",)
    if reference.kvp is None or kvp is None:
        whose = "scan" if kvp is None else "reference"
        return (f"The tube voltage of the {whose} is not known: contrast was left as it is.",)
    if kvp == reference.kvp:
        return ()
    return (
        f"Contrast was scaled from {kvp:.0f} to {reference.kvp:.0f} kVp; how much of it a person "
        "was given is not known, so blood is not brought to one value. Bone as bright as blood was "
        "scaled like blood, which is too much.",
    )
