"""What a scan is fit for: contrast, blood, noise, thickness."""

from dataclasses import dataclass


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
