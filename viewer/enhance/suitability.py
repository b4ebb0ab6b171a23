"""What a scan is fit for: contrast, blood, noise, thickness."""

from dataclasses import dataclass

import numpy as np

from viewer.enhance.great_vessels import GreatVessels, find_great_vessels
from viewer.enhance.noise import noise_hu
from viewer.progress import Progress
from viewer.volume.volume import Volume

THICK_MM = 3.0
NOISY_HU = 40.0
FAINT_HU = 200.0


@dataclass(frozen=True, eq=False)
class Suitability:
    """Facts measured on a scan that later steps depend on.

    `blood_hu` and `blood_sd_hu` are mean and spread inside the enhanced lumen (None where no
    blood pool was found); `reasons` holds one sentence for each thing that forbids the vessel
    step, `warnings` one for each thing that a reader should know.
    """

    contrast: bool
    blood_hu: float | None
    blood_sd_hu: float | None
    noise_hu: float
    slice_thickness_mm: float
    field_of_view_mm: tuple[float, float, float]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def fit(self) -> bool:
        """Whether vessels can be segmented on this scan."""
        return not self.reasons


def judge(volume: Volume, progress: Progress, *, modality: str = "CT") -> Suitability:
    """What was measured on a scan, and whether its vessels can be segmented."""
    spacing = volume.grid.spacing_mm
    a, b, c = (s * n for s, n in zip(spacing, volume.grid.shape, strict=True))
    great = find_great_vessels(volume, progress.part(0.0, 0.8))
    removed = background_removed(volume)
    blood, spread = great.blood_hu, great.blood_sd_hu
    noise = noise_hu(volume, progress.part(0.8, 1.0))
    if np.isnan(noise):
        noise = float(np.median(great.chains[0].spots[:, 5])) if great.chains else 0.0
    reasons = []
    if modality != "CT":
        reasons.append(
            f"This is a series of modality {modality or 'unknown'}, not a CT; it is kept and can "
            "be viewed, but vessels are segmented on CT angiograms only: open a CT series."
        )
    elif blood is None:
        reasons.append(no_contrast(great, noise))
    warnings = []
    if removed:
        warnings.append(
            "The values are not calibrated Hounsfield units (the background was removed): vessels "
            "are found, but calcification and bone cannot be told by their density."
        )
    if spacing[0] > THICK_MM:
        warnings.append(
            f"The slices are {spacing[0]:.1f} mm apart: vessels narrower than about "
            f"{2 * spacing[0]:.0f} mm may be missed and diameters are uncertain."
        )
    if noise > NOISY_HU or (blood is not None and noise > (blood - 50) / 4):
        warnings.append(f"The noise is high ({noise:.0f} HU): thin branches may be missed.")
    if blood is not None and blood < FAINT_HU and not removed:
        warnings.append(
            f"The contrast is faint ({blood:.0f} HU in the great vessel): arteries, veins and "
            "organs have nearly the same density, so the map needs a careful check."
        )
    progress.at(1.0)
    return Suitability(
        contrast=blood is not None,
        blood_hu=blood,
        blood_sd_hu=spread,
        noise_hu=noise,
        slice_thickness_mm=spacing[0],
        field_of_view_mm=(a, b, c),
        reasons=tuple(reasons),
        warnings=tuple(warnings),
    )


def no_contrast(great: GreatVessels, noise: float) -> str:
    """Why a scan without an enhanced vessel is refused."""
    tissue = great.coarse.hu[great.inside & (great.coarse.hu > 0) & (great.coarse.hu < 85)]
    level = f"soft tissue at {np.median(tissue):.0f} HU, " if len(tissue) else ""
    return (
        "No contrast-enhanced vessels were found (no round vessel brighter than 90 HU, "
        f"{level}noise {noise:.0f} HU); the scan is kept and can be viewed, but vessels cannot be "
        "segmented: open a contrast-enhanced series."
    )


def background_removed(volume: Volume) -> bool:
    """Whether everything but the vessels was set to one value that is not air."""
    few = volume.voxels[:: max(1, len(volume.voxels) // 20), ::3, ::3]
    lowest = int(few.min())
    return lowest > -200 and float(np.mean(few == lowest)) > 0.3
