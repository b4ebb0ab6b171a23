"""Noise as filtered backprojection makes it: by ray, so that it is streaky and follows the body."""

import numpy as np

from viewer.enhance.scan_noise import white_slices
from viewer.phantom.blur import blur
from viewer.phantom.scanner import WATER_PER_MM, Scanner
from viewer.volume.separable import linear

SECTORS = 8
# Share of what a ray through an average body is noisy that the electronics add at full dose.
ELECTRONIC = 0.002
_COARSE = 4  # voxels of a slice in one step of a ray


def ray_noise_hu(
    hu: np.ndarray,
    spacing_mm: np.ndarray,
    scanner: Scanner,
    rng: np.random.Generator,
    dose: float = 1.0,
    *,
    exposure_follows: float = 0.5,
) -> np.ndarray:
    """Noise (k,j,i) float32 of a scan of `hu` by filtered backprojection of noisy rays.

    A ray's variance goes as 1 / dose and as e^(attenuation); automatic exposure takes back the
    share `exposure_follows` of the exponent. Rays of one direction make noise of the frequencies
    across them only, |f| MTF(f)^2 (Riederer, Pelc and Chesler 1978), so that each sector of
    directions gets texture of its own, as strong as its rays are where they pass. The deviation
    is `scanner.noise_hu` where all rays cross the volume's usual thickness. Slices hang together
    by `scanner.slice_mm`.
    """
    near = np.exp(-((spacing_mm[0] / (scanner.slice_mm / 2.355)) ** 2) / 4)
    white = white_slices(rng, hu.shape, float(near))
    power = _kernel_power(hu.shape[1:], spacing_mm[1:], scanner)
    power /= _mean(power, hu.shape[2])
    angle = _angles(hu.shape[1:], spacing_mm[1:])
    usual = _usual_mm(hu, spacing_mm)
    out = np.zeros(hu.shape, np.float32)
    waves = np.fft.rfft2(white)
    for sector in range(SECTORS):
        turn = np.pi * sector / SECTORS
        away = np.abs((angle - turn + np.pi / 2) % np.pi - np.pi / 2) * SECTORS / np.pi
        share = (np.sqrt(power) * np.clip(1 - away, 0, 1)).astype(np.float32)
        texture = np.fft.irfft2(waves * share, s=hu.shape[1:])
        path = _path_mm(hu, spacing_mm, turn)
        thick = WATER_PER_MM * (path - usual)
        starved = ELECTRONIC / dose * np.exp(np.clip(thick, -4, 8))
        variance = np.exp(np.clip((1 - exposure_follows) * thick, -4, 6)) * (1 + starved)
        out += (texture * np.sqrt(variance)).astype(np.float32)
    out *= np.float32(scanner.noise_hu / np.sqrt(dose))
    return out


def _kernel_power(shape: tuple[int, ...], spacing_mm: np.ndarray, scanner: Scanner) -> np.ndarray:
    """The noise's power after the ramp and the kernel, for `rfft2` of a slice, without unit."""
    far = np.hypot(
        np.fft.fftfreq(shape[0], spacing_mm[0])[:, None], np.fft.rfftfreq(shape[1], spacing_mm[1])
    )
    out: np.ndarray = far * scanner.transfer(far) ** 2
    return out


def _mean(power: np.ndarray, columns: int) -> float:
    """Over the whole plane, of which `rfft2` keeps a half."""
    twice = np.full(power.shape[1], 2.0)
    twice[0] = 1
    if columns % 2 == 0:
        twice[-1] = 1
    return float((power * twice).sum() / (len(power) * columns))


def _angles(shape: tuple[int, ...], spacing_mm: np.ndarray) -> np.ndarray:
    """Direction of each frequency of `rfft2`, 0 along rows, in radians."""
    down = np.fft.fftfreq(shape[0], spacing_mm[0])[:, None]
    out: np.ndarray = np.arctan2(down, np.fft.rfftfreq(shape[1], spacing_mm[1]))
    return out


def _usual_mm(hu: np.ndarray, spacing_mm: np.ndarray) -> float:
    """Water on the way of an average ray through the middle of the body, in mm."""
    turns = [_path_mm(hu, spacing_mm, np.pi * n / 4, coarse=True) for n in range(4)]
    body = _thinned(hu) > -500
    where = body if body.any() else np.ones_like(body)
    return float(np.mean([np.mean(turn[where]) for turn in turns]))


def _thinned(hu: np.ndarray) -> np.ndarray:
    return hu[:, ::_COARSE, ::_COARSE]


def _path_mm(
    hu: np.ndarray, spacing_mm: np.ndarray, turn: float, *, coarse: bool = False
) -> np.ndarray:
    """Water on the rays through each voxel that run across the direction `turn`, in mm.

    Rays are summed on every fourth voxel; `coarse` leaves them there.
    """
    few = np.clip(_thinned(hu) * np.float32(0.001) + 1, 0, 2.5)
    steps = spacing_mm[1:] * _COARSE
    y, x = ((np.arange(n) - (n - 1) / 2) * s for n, s in zip(few.shape[1:], steps, strict=True))
    width = float(np.sqrt(np.prod(steps)))
    place = (x * np.cos(turn) + y[:, None] * np.sin(turn)) / width
    low = np.floor(place).astype(int)
    high_part = (place - low).ravel().astype(np.float32)
    low = (low - low.min()).ravel()
    bins = int(low.max()) + 2
    flat = few.reshape(len(few), -1)
    sums = np.stack(
        [
            np.bincount(low, row * (1 - high_part), bins)
            + np.bincount(low + 1, row * high_part, bins)
            for row in flat
        ]
    ).astype(np.float32) * np.float32(np.prod(steps) / width)
    sums = blur(sums[:, :, None], (3 / spacing_mm[0], 6 / width, 0))[:, :, 0]
    through = sums[:, low] * (1 - high_part) + sums[:, low + 1] * high_part
    through = through.reshape(few.shape)
    if coarse:
        return through
    rows, columns = (linear(np.arange(n) / _COARSE, -(-n // _COARSE)) for n in hu.shape[1:])
    return np.asarray(np.matmul(rows, through) @ columns.T, np.float32)
