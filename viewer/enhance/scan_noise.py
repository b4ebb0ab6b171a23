"""Noise as a scan has it: made anew from what was measured of the scan's own."""

import numpy as np

from viewer.enhance.scan_facts_noise import NoiseSpectrum
from viewer.volume.separable import along


def like_noise(
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    spectrum: NoiseSpectrum,
    rng: np.random.Generator,
) -> np.ndarray:
    """Noise (k,j,i) float32 of deviation 1 with a scan's spectrum and its share among slices."""
    near = spectrum.neighbors[0] if spectrum.neighbors else 0.0
    _, rows, columns = shape
    far = np.hypot(
        np.fft.fftfreq(rows, spacing_mm[1])[:, None], np.fft.rfftfreq(columns, spacing_mm[2])
    )
    waves = np.fft.rfft2(white_slices(rng, shape, near))
    waves *= np.sqrt(np.interp(far, spectrum.cycles_per_mm, spectrum.power_hu2_mm2))
    noise = np.fft.irfft2(waves, s=(rows, columns)).astype(np.float32)
    noise /= noise.std()
    return noise


def white_slices(rng: np.random.Generator, shape: tuple[int, ...], near: float) -> np.ndarray:
    """Noise (float32) of deviation 1, white in each slice, that correlates across slices.

    Neighbors correlate as `near`, slices d apart as near^(d^2), as bell-shaped profiles do.
    """
    white = rng.standard_normal(shape, dtype=np.float32)
    if near < 0.01:
        return white
    apart = np.arange(shape[0])[:, None] - np.arange(shape[0])
    values, vectors = np.linalg.eigh(min(near, 0.999) ** (apart**2.0))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return along(white, [root.astype(np.float32), None, None])
