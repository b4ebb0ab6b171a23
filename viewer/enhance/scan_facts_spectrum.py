"""The spectrum of noise from places too small to show it plainly."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

_BIN = 1.5  # of the rings of a spectrum, in steps of the discrete transform
_STIFF = 0.3  # how much smoother than seen a spectrum is taken to be


def planes(side: int) -> np.ndarray:
    """An orthonormal basis of the planes over a square (side * side, 3)."""
    y, x = (each.ravel() / side for each in np.indices((side, side)) - (side - 1) / 2)
    return np.asarray(np.linalg.qr(np.stack([np.ones_like(x), x, y], axis=1))[0], np.float32)


def rings(side: int) -> list[np.ndarray]:
    """Frequencies (side, side) about equally far from zero, from the lowest to the corners."""
    away = far(side) * side
    edges = np.arange(0.75, away.max() + _BIN, _BIN)
    found = [(away >= low) & (away < high) for low, high in pairwise(edges)]
    return [ring for ring in found if ring.any()]


def far(side: int) -> np.ndarray:
    """Distance of each discrete frequency from zero, in cycles per voxel (side, side)."""
    once = np.fft.fftfreq(side)
    out: np.ndarray = np.hypot(once[:, None], once)
    return out


def taper(side: int) -> np.ndarray:
    """A window (side, side) that falls to its borders (Hann)."""
    window = np.hanning(side + 2)[1:-1]
    return np.asarray(np.outer(window, window), np.float32)


def _hats(side: int) -> np.ndarray:
    """Radial spectra that are linear between nodes 1.5 / `side` apart (nodes, 2 side, 2 side)."""
    away = far(2 * side) * side / _BIN
    nodes = np.arange(int(np.ceil(away.max())) + 1)
    out: np.ndarray = np.clip(1 - np.abs(away - nodes[:, None, None]), 0, 1)
    return out


@lru_cache(maxsize=4)
def _seen(side: int) -> np.ndarray:
    """What rings become of each radial spectrum (rings, nodes).

    A value of the periodogram is the noise's product with a wave, tapered and with the plane
    taken out; its mean is the spectrum's product with that wave's own spectrum.
    """
    hats, window, plane = _hats(side), taper(side), planes(side)
    flat = hats.reshape(len(hats), -1) / hats[0].size
    rows = []
    for ring in rings(side):
        upper = np.argwhere(ring)[:: max(1, np.count_nonzero(ring) // 24)]
        place = np.arange(side) / side
        turns = upper[:, :1, None] * place[:, None] + upper[:, 1:, None] * place
        waves = (np.exp(2j * np.pi * turns) * window).reshape(len(upper), -1)
        waves -= (waves @ plane) @ plane.T
        own = np.abs(np.fft.fft2(waves.reshape(-1, side, side), (2 * side, 2 * side))) ** 2
        rows.append(flat @ own.mean(axis=0).ravel() / (window**2).sum())
    return np.array(rows)


def unfolded(seen: np.ndarray, side: int) -> np.ndarray:
    """The spectrum (2 side, 2 side) of which rings are `seen`."""
    from scipy.optimize import nnls

    rows = _seen(side)
    bend = np.diff(np.eye(rows.shape[1]), 2, axis=0)
    bend[:, 0] *= 2
    weight = 1 / np.maximum(seen, 0.05 * seen.max())
    smooth = _STIFF / seen.max() * bend
    values, _ = nnls(
        np.vstack([rows * weight[:, None], smooth]), np.append(seen * weight, np.zeros(len(bend)))
    )
    out: np.ndarray = np.tensordot(values, _hats(side), 1)
    return out
