"""A scan's sharpness brought to another kernel's, in its slices and across them."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from viewer.enhance.scan_facts_noise import NoiseSpectrum
from viewer.progress import Progress
from viewer.volume.volume import Volume

FWHM = 2.3548
LEAST_TRANSFER = 0.05  # what a scan transfers less of is not raised
SLICES = 12  # of which the spectrum is taken
BORDER = 24
BINS = 96


@dataclass(frozen=True, eq=False)
class Kernel:
    """How a scan is changed: `gain` at `cycles_per_mm` in the slice, and a blur across slices.

    The gain holds in all directions and is 1 at zero; the blur is bell-shaped, `slice_sd` its
    standard deviation in slices.
    """

    cycles_per_mm: np.ndarray
    gain: np.ndarray
    slice_sd: float = 0.0

    def applied(
        self, hu: np.ndarray, spacing_mm: tuple[float, float, float], progress: Progress
    ) -> np.ndarray:
        """HU (k,j,i) through the kernel, written over the float32 array that is given."""
        if self.slice_sd > 0:
            progress.at(0.0, "Averaging slices")
            gaussian_filter1d(hu, self.slice_sd, axis=0, output=hu, mode="nearest")
        if np.any(self.gain != 1):
            far = _far((hu.shape[1] + 2 * BORDER, hu.shape[2] + 2 * BORDER), spacing_mm)
            gain = np.interp(far, self.cycles_per_mm, self.gain).astype(np.float32)
            inner = slice(BORDER, -BORDER)
            for k in progress.over(range(len(hu)), len(hu), "Matching the kernel"):
                wide = np.pad(hu[k], BORDER, mode="symmetric")
                wide = np.fft.irfft2(np.fft.rfft2(wide) * gain, s=wide.shape)
                hu[k] = wide[inner, inner]
        return hu

    def noise_left(self, spectrum: NoiseSpectrum) -> float:
        """Which share of the noise's deviation is left after the kernel."""
        cycles, power = spectrum.cycles_per_mm, spectrum.power_hu2_mm2
        gain = np.interp(cycles, self.cycles_per_mm, self.gain)
        within, before = (
            float(np.trapezoid(cycles * each, cycles)) for each in (power * gain**2, power)
        )
        across = 1.0
        if self.slice_sd > 0:
            apart = np.arange(-200, 201)
            # Two slices d apart share exp(-d^2 / 4 s^2) of what both were averaged of.
            weights = np.exp(-(apart**2) / (4 * self.slice_sd**2))
            near = spectrum.neighbors[0] if spectrum.neighbors else 0.0
            shared = np.clip(near, 0.0, 0.999) ** np.square(apart, dtype=float)
            across = float((weights * shared).sum() / weights.sum())
        return float(np.sqrt(within / before * across))


def transfer(cycles_per_mm: np.ndarray, mtf50_per_mm: float) -> np.ndarray:
    """The modulation transfer of a bell-shaped kernel, one half at `mtf50_per_mm`."""
    return np.asarray(np.exp(-np.log(2) * np.square(cycles_per_mm / mtf50_per_mm)))


def wiener_ratio(
    cycles_per_mm: np.ndarray,
    from_mtf50: float,
    to_mtf50: float,
    signal: np.ndarray,
    noise: np.ndarray,
) -> np.ndarray:
    """The gain that turns one kernel into another, as far as signal stands above noise.

    The ratio of both transfers, where it raises weighted by what Wiener's filter keeps,
    signal / (signal + noise), powers as they are in the scan. Raising ends at doing nothing.
    """
    own, wanted = (transfer(cycles_per_mm, each) for each in (from_mtf50, to_mtf50))
    if to_mtf50 <= from_mtf50:
        return np.asarray(wanted / own)
    kept = signal / np.maximum(signal + noise, 1e-12)
    raised = wanted * own / (own**2 + LEAST_TRANSFER**2) * kept
    return np.maximum(raised / max(float(raised[0]), 1e-6), 1.0)


def signal_power(
    volume: Volume, spectrum: NoiseSpectrum | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies (n,), and the power of a scan without noise and of its noise there.

    Both as in `NoiseSpectrum`; the signal is what tapered slices have more than the noise.
    """
    picked = np.unique(np.linspace(0, len(volume.voxels) - 1, SLICES).astype(int))
    rows, columns = volume.voxels.shape[1:]
    window = np.outer(np.hanning(rows + 2)[1:-1], np.hanning(columns + 2)[1:-1])
    area = volume.grid.spacing_mm[1] * volume.grid.spacing_mm[2]
    far = _far((rows, columns), volume.grid.spacing_mm)
    edges = np.linspace(0, float(far.max()), BINS + 1)
    ring = np.clip(np.digitize(far.ravel(), edges) - 1, 0, BINS - 1)
    total = np.zeros(BINS)
    for k in picked:
        plane = volume.voxels[k].astype(np.float32)
        waves = np.abs(np.fft.rfft2((plane - plane.mean()) * window)) ** 2
        total += np.bincount(ring, waves.ravel(), BINS)
    count = np.maximum(np.bincount(ring, minlength=BINS), 1)
    power = total / (count * len(picked)) * area / float((window**2).sum())
    cycles = (edges[1:] + edges[:-1]) / 2
    noise = np.zeros(BINS)
    if spectrum is not None:
        noise = np.interp(cycles, spectrum.cycles_per_mm, spectrum.power_hu2_mm2)
    cycles[0] = 0.0
    return cycles, np.maximum(power - noise, 0), noise


def slice_sd(from_mm: float, to_mm: float, apart_mm: float) -> float:
    """The blur, in slices, that makes slices of one width as wide as others; 0 where they are."""
    if to_mm <= from_mm:
        return 0.0
    return float(np.sqrt(to_mm**2 - from_mm**2)) / FWHM / apart_mm


def _far(shape: tuple[int, int], spacing_mm: tuple[float, float, float]) -> np.ndarray:
    """Distance of each frequency of `rfft2` from zero, in cycles per mm."""
    out: np.ndarray = np.hypot(
        np.fft.fftfreq(shape[0], spacing_mm[1])[:, None], np.fft.rfftfreq(shape[1], spacing_mm[2])
    )
    return out
