"""A scan brought to the kernel, the slices, the noise and the HU of a reference, and back."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.enhance.consistent import INT16, smoothest
from viewer.enhance.harmonize_hu import HuMap, find_anchors, hu_map
from viewer.enhance.harmonize_match import (
    across,
    divided,
    first_kernel,
    kept_noise,
    middle,
    no_sharper,
)
from viewer.enhance.harmonize_reference import USUAL_NOISE_HU, Reference, refuse_unsuitable
from viewer.enhance.harmonize_report import Look, look_of, looked_at, not_reached, rows
from viewer.enhance.restore import restore_scan
from viewer.enhance.restored import Mode, Restored
from viewer.enhance.scan_facts import ScanFacts
from viewer.enhance.tube_voltage import IODINE_AT_KVP, contrast_ratio
from viewer.errors import ViewerError
from viewer.networks.network import Network
from viewer.progress import Progress
from viewer.provenance import digest
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


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
    kernel, kept = first_kernel(volume, facts, reference, factor)
    share, networks = 1.0, {}
    if factor > 1 or kept < 1 or (volts is not None and facts.noise_hu is not None):
        mode: Mode = "exact" if facts.noise_hu is None else "noise"
        quiet = restore_scan(
            volume,
            facts,
            progress.part(0.1, 0.5),
            mode=mode,
            factor=(factor, 1, 1),
            network=network,
            free_bytes=free_bytes,
        )
        networks = dict(quiet.networks)
        if factor > 1:
            part = progress.part(0.5, 0.55)
            kernel = across(kernel, quiet.volume, facts, reference, part)
        hu, rest, grid = *_parted(quiet, moved), quiet.volume.grid
        del quiet
        some, box = middle(grid)
        kernel = no_sharper(kernel, hu[some], box, reference, progress.part(0.55, 0.6))
        part, wanted = progress.part(0.6, 0.7), reference.noise_hu
        share = kept_noise(hu[some], rest[some], box, kernel, wanted, kept, part)
        hu += np.float32(share) * rest
        del rest
    else:
        hu, grid = moved.of(volume.voxels), volume.grid
        some, box = middle(grid)
        kernel = no_sharper(kernel, hu[some], box, reference, progress.part(0.1, 0.7))
    hu = kernel.applied(hu, grid.spacing_mm, progress.part(0.7, 0.8))
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


def _parted(quiet: Restored, moved: HuMap) -> tuple[np.ndarray, np.ndarray]:
    """A restored scan with its HU moved, and what was taken out of it, scaled alike (float32).

    Noise that was moved by a line with kinks would no longer be zero on average.
    """
    rest = smoothest(quiet.residual.astype(np.float32), quiet.acquisition)
    rest *= moved.slope(quiet.volume.voxels)
    return moved.of(quiet.volume.voxels), rest


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
