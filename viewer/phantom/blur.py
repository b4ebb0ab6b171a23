"""Blurring and smooth noise on a grid, as products with one small matrix for each axis."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from viewer.volume.separable import along, linear


def blur(values: np.ndarray, sigma_voxels: Sequence[float] | np.ndarray) -> np.ndarray:
    """`values` (k,j,i) float32 blurred with a Gaussian along each axis; borders are continued."""
    return along(
        values,
        [
            _gaussian(n, float(sigma)) if sigma > 0.05 else None
            for n, sigma in zip(values.shape, sigma_voxels, strict=True)
        ],
    )


def grain(
    rng: np.random.Generator, shape: Sequence[int], sigma_voxels: Sequence[float] | np.ndarray
) -> np.ndarray:
    """Gaussian noise of standard deviation 1: white noise seen through a Gaussian along each axis.

    Voxels d apart correlate as exp(-d^2 / 4 sigma^2). Coarse noise is drawn on a coarser lattice.
    """
    matrices = [_grains(int(n), float(s)) for n, s in zip(shape, sigma_voxels, strict=True)]
    white = rng.standard_normal(tuple(m.shape[1] for m in matrices), dtype=np.float32)
    return along(white, matrices)


def shift(count: int, voxels: float) -> np.ndarray:
    """Matrix (count, count) that moves values up an axis by a fraction of voxels, linearly."""
    return linear(np.arange(count) - voxels, count)


@lru_cache(maxsize=64)
def _gaussian(count: int, sigma: float) -> np.ndarray:
    """Each row a Gaussian about its place, with what falls off the ends given to the end voxels."""
    reach = int(np.ceil(4 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    out = np.zeros((count, count))
    rows = np.arange(count)
    for step, weight in zip(range(-reach, reach + 1), weights, strict=True):
        np.add.at(out, (rows, np.clip(rows + step, 0, count - 1)), weight)
    return out.astype(np.float32)


@lru_cache(maxsize=64)
def _grains(count: int, sigma: float) -> np.ndarray:
    """Rows of unit length, so that white noise keeps its deviation everywhere (count, lattice)."""
    pace = max(1.0, sigma)
    reach = int(np.ceil(4 * sigma / pace))
    lattice = pace * np.arange(-reach, int(np.ceil((count - 1) / pace)) + reach + 1)
    apart = np.arange(count)[:, None] - lattice
    if sigma < 0.1:
        return (np.abs(apart) < 0.5).astype(np.float32)
    weights = np.where(np.abs(apart) < 5 * sigma, np.exp(-0.5 * (apart / sigma) ** 2), 0)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return np.asarray(weights, np.float32)
