"""How a scan should look: named references, and the one that another scan is."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from viewer.enhance.harmonize_hu import find_anchors
from viewer.enhance.scan_facts import ScanFacts, unsuitable
from viewer.enhance.suitability import background_removed
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.volume.volume import Volume

USUAL_NOISE_HU = 20.0  # where it could not be measured


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
