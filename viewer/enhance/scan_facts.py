"""What a scan itself tells of how it was made: noise, sharpness and slices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.enhance.scan_facts_edges import measure_sharpness
from viewer.enhance.scan_facts_noise import NoiseMap, NoiseSpectrum, measure_noise
from viewer.progress import Progress
from viewer.volume.volume import Volume

METAL_HU, METAL_SHARE = 2500, 0.02
NEARLY_NOTHING, DARK_SHARE, REMOVED_SHARE = 0.05, 0.15, 0.3
# By how much edges and noise are off on scans whose slice profile is known.
EDGES_OFF, NOISE_OFF, HEADER_OFF = 0.10, 0.15, 0.05
CONTRADICTED = 0.5
_NOT_ACQUIRED = (
    "LOCALIZER", "MIP", "MINIP", "MPR", "CPR", "VRT", "SSD", "AVERAGE", "REFORMATTED",
    "PROJECTION IMAGE", "SUBTRACTION", "DOSE_INFO", "SCREEN SAVE",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ScanFacts:
    """What was estimated on a scan; None where it cannot be told, with a sentence in `reasons`.

    `noise_hu` is the noise's standard deviation in soft tissue (root mean square), `noise_map`
    tells it for each voxel; `noise_spectrum` in the slice and between slices. `mtf50_per_mm` is
    the resolution in the slice (cycles per mm at half modulation), `profile_mm` the slice
    profile's full width at half maximum. Each `..sd..` is one standard deviation of the estimate.
    """

    noise_hu: float | None = None
    noise_sd_hu: float | None = None
    noise_map: NoiseMap | None = None
    noise_spectrum: NoiseSpectrum | None = None
    mtf50_per_mm: float | None = None
    mtf50_sd_per_mm: float | None = None
    profile_mm: float | None = None
    profile_sd_mm: float | None = None
    reasons: tuple[str, ...] = ()


def scan_facts(
    volume: Volume, progress: Progress, *, slice_thickness_mm: float | None = None
) -> ScanFacts:
    """What is estimated on a scan; `slice_thickness_mm` is what the header says of its slices."""
    reasons = []
    noise = measure_noise(volume, progress.part(0.0, 0.4))
    if noise is None:
        reasons.append("The noise could not be measured: no even places were found in the scan.")
    level = noise.hu if noise else 0.0
    seen = measure_sharpness(volume, level, progress.part(0.4, 1.0))
    if seen.mtf50_per_mm is None:
        reasons.append(
            "The resolution in the slices could not be measured: too few smooth edges stand out "
            f"from the noise ({seen.edges})."
        )
    neighbors = noise.spectrum.neighbors if noise else ()
    spacing_mm = volume.grid.spacing_mm[0]
    widths = [_from_edges(seen.profile_mm, seen.profile_sd_mm), _from_noise(neighbors, spacing_mm)]
    profile, profile_sd, reason = _profile([w for w in widths if w], slice_thickness_mm, spacing_mm)
    if reason:
        reasons.append(reason)
    return ScanFacts(
        noise.hu if noise else None,
        noise.sd_hu if noise else None,
        noise.map if noise else None,
        noise.spectrum if noise else None,
        seen.mtf50_per_mm,
        seen.mtf50_sd,
        profile,
        profile_sd,
        tuple(reasons),
    )


def unsuitable(
    volume: Volume, *, modality: str = "CT", image_type: Sequence[str] = ()
) -> str | None:
    """Why a series cannot be restored, None where it can; `image_type` is the header's."""
    if modality != "CT":
        return (
            f"This is a series of modality {modality or 'unknown'}, not a CT: its noise and slices "
            "follow other laws, so the original is kept."
        )
    kinds = {each.strip().upper() for each in image_type}
    strange = sorted(kinds & set(_NOT_ACQUIRED))
    if strange or ("DERIVED" in kinds and "AXIAL" not in kinds):
        return (
            f"These slices were computed from others ({strange[0] if strange else 'derived'}), in "
            "a way that the header does not tell: nothing is known of how they were sampled, so "
            "the original is kept; open the series that the scanner reconstructed."
        )
    few = volume.voxels[:: max(1, len(volume.voxels) // 30), ::3, ::3].astype(np.float32)
    if float(np.ptp(few)) < 1:
        return "Every voxel has the same value: there is nothing to restore."
    if _no_hounsfield(few):
        return (
            "The values are not Hounsfield units (none is negative, and much is nearly nothing, as "
            "air in an MR), so the original is kept: open the series as the scanner wrote it."
        )
    body = few[few > -500]
    metal = float(np.mean(body > METAL_HU)) if len(body) else 0.0
    if metal > METAL_SHARE:
        return (
            f"Metal fills {100 * metal:.0f} % of the body in this scan: its streaks are no noise "
            "that could be told from the person, so the original is kept."
        )
    return None


def _no_hounsfield(few: np.ndarray) -> bool:
    """Whether values look like an MR: dark air is nearly 0, and nothing lies below."""
    lowest, bright = float(few.min()), float(np.percentile(few, 99))
    removed = float(np.mean(few == lowest)) > REMOVED_SHARE  # of the background, by a person
    dark = float(np.mean(few < NEARLY_NOTHING * bright))
    return lowest > -NEARLY_NOTHING * bright and dark > DARK_SHARE and not removed


def _from_edges(width: float | None, sd: float | None) -> tuple[float, float] | None:
    if width is None or sd is None:
        return None
    return width, float(np.hypot(sd, EDGES_OFF * width))


def _from_noise(neighbors: tuple[float, ...], spacing_mm: float) -> tuple[float, float] | None:
    """The width of a bell-shaped profile whose slices share so much of their noise.

    Two slices d apart correlate as exp(-d^2 / 4 sigma^2).
    """
    if not neighbors or neighbors[0] > 0.98:
        return None
    if neighbors[0] < 0.05:
        return spacing_mm, 0.25 * spacing_mm
    width = spacing_mm * float(np.sqrt(2 * np.log(2) / -np.log(neighbors[0])))
    return width, NOISE_OFF * width


def _profile(
    measured: Sequence[tuple[float, float]], header_mm: float | None, spacing_mm: float
) -> tuple[float | None, float | None, str]:
    """The slice profile's width by header and measurements, its deviation, and what is odd.

    Slices leave no gaps, so that a profile narrower than their distance is taken to be as wide.
    """
    if header_mm and header_mm > 0:
        if all(abs(np.log(max(w, spacing_mm) / header_mm)) > CONTRADICTED for w, _ in measured):
            if not measured:
                return header_mm, 2 * HEADER_OFF * header_mm, ""
            width, sd = measured[0]
            return (
                max(width, spacing_mm),
                max(sd, 0.3 * width),
                f"The header says that slices are {header_mm:.1f} mm thick, but edges and noise "
                f"look like {width:.1f} mm; the measurement is used.",
            )
        return header_mm, HEADER_OFF * header_mm, ""
    if not measured:
        return None, None, "The slice profile could not be measured: too few edges cross slices."
    width, sd = measured[0]
    return max(width, spacing_mm), sd, ""
