"""A restored scan, and what is to be known of each of its voxels."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.origin import ORIGINS, unseen_hu
from viewer.enhance.scan_facts_noise import NoiseMap
from viewer.volume.volume import Volume

Mode = Literal["exact", "noise"]


@dataclass(frozen=True, eq=False)
class Restored:
    """A restored volume with what is to be known of each voxel.

    `origin` (uint8, see `ORIGINS`), `sd_hu` (float16) the standard deviation of the error to be
    expected, and `unseen_hu` (float16, the null-space part) lie on the restored grid; `residual`
    (float16) on the scan's: the scan less what the scanner would have given of the restored volume.
    `noise` is the scan's own, where it was measured.
    """

    volume: Volume
    mode: Mode
    acquisition: Acquisition
    origin: np.ndarray
    sd_hu: np.ndarray
    unseen_hu: np.ndarray
    residual: np.ndarray
    noise_hu: float
    strength: float
    chi_square: float
    seconds: Mapping[str, float]
    networks: Mapping[str, str]
    noise: NoiseMap | None = None

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers, and what is held in memory."""
        return (*self.volume.arrays, self.origin, self.sd_hu, self.unseen_hu, self.residual)

    @property
    def untouched(self) -> bool:
        """Whether this is the scan itself: nothing was divided and nothing taken away."""
        return self.mode == "exact" and self.acquisition.voxels == 1

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """The numbers of the restoration, for a file and for the screen.

        They are counted once, where the restoration is made: that takes a second on a large scan.
        """
        return {
            "mode": self.mode,
            "factor": list(self.acquisition.factor),
            "slice_profile": self.acquisition.profile,
            "noise_hu": _told(self.noise_hu),
            "lambda": _told(self.strength),
            "chi_square": _told(self.chi_square),
            "residual_rms_hu": _rms(self.residual),
            "residual_greatest_hu": max(float(np.abs(each).max()) for each in self.residual),
            "unseen_rms_hu": _rms(self.unseen_hu),
            "shares": {
                name: int(np.count_nonzero(self.origin == number)) / self.origin.size
                for number, name in enumerate(ORIGINS)
            },
            "seconds": dict(self.seconds),
            "networks": dict(self.networks),
        }

    @property
    def remembered(self) -> dict[str, Any]:
        """What `recalled` needs beside the voxels: the facts, and the noise of the scan."""
        if self.noise is None:
            return dict(self.facts)
        told = {
            "sd_hu": np.round(self.noise.sd_hu.astype(float), 3).tolist(),
            "places": [np.round(each, 3).tolist() for each in self.noise.places],
        }
        return dict(self.facts) | {"noise_map": told}


def left_over(scan: Volume, fine: np.ndarray, acquisition: Acquisition, mode: Mode) -> np.ndarray:
    """The scan less what the scanner would have given of a restored volume (float32, HU)."""
    if mode == "exact":
        return (scan.voxels - acquisition.means(fine)).astype(np.float32)
    return np.asarray(scan.voxels - acquisition.acquired(fine), np.float32)


def recalled(
    facts: Mapping[str, Any], scan: Volume, voxels: np.ndarray, origin: np.ndarray, sd: np.ndarray
) -> Restored:
    """The restored volume whose `facts` and voxels (int16), origin and error were written."""
    a, b, c = (int(each) for each in facts["factor"])
    mode: Mode = "exact" if facts["mode"] == "exact" else "noise"
    acquisition = Acquisition(scan.grid.shape, (a, b, c), float(facts["slice_profile"]))
    return Restored(
        Volume(voxels, acquisition.grid(scan.grid)),
        mode,
        acquisition,
        origin,
        sd.astype(np.float16),
        unseen_hu(voxels, acquisition),
        left_over(scan, voxels, acquisition, mode).astype(np.float16),
        _untold(facts["noise_hu"]),
        _untold(facts["lambda"], float("inf")),
        _untold(facts["chi_square"]),
        dict(facts["seconds"]),
        dict(facts["networks"]),
        _noise_from(facts.get("noise_map"), scan.grid.shape),
    )


def _noise_from(told: Mapping[str, Any] | None, shape: tuple[int, int, int]) -> NoiseMap | None:
    """The noise that `remembered` told."""
    if told is None:
        return None
    first, second, third = (np.array(each, float) for each in told["places"])
    return NoiseMap(np.array(told["sd_hu"], np.float32), (first, second, third), shape)


def _rms(values: np.ndarray) -> float:
    """The root mean square, slice by slice."""
    return float(np.sqrt(np.mean([np.mean(np.square(each, dtype=np.float32)) for each in values])))


def _untold(number: float | None, missing: float = float("nan")) -> float:
    """The number that `_told` told."""
    return missing if number is None else float(number)


def _told(number: float) -> float | None:
    """A number for a file; None where there is none."""
    return number if np.isfinite(number) else None
