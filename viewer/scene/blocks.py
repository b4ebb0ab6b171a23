"""Smaller copies of volumes: the mean of blocks of voxels, their largest or their middle."""

from collections.abc import Sequence

import numpy as np

from viewer.volume.grid import Grid


def smaller(voxels: np.ndarray, grid: Grid, most: int) -> tuple[np.ndarray, Grid]:
    """Voxels averaged in blocks, nearly cubic in millimeters, until no more than `most` remain."""
    factors = block_factors(grid, most)
    if factors == (1, 1, 1):
        return as_int16(voxels), grid
    made_shape = tuple(n // f for n, f in zip(grid.shape, factors, strict=True))
    made = np.empty(made_shape, dtype=np.int16)
    for k in range(made_shape[0]):
        block = voxels[k * factors[0] : (k + 1) * factors[0]]
        made[k] = block_mean(block, factors[1:], made_shape[1:])
    scale = np.diag([*map(float, factors), 1.0])
    shift = np.eye(4)
    shift[:3, 3] = [(f - 1) / 2 for f in factors]
    return made, Grid(made_shape, grid.lps_from_index @ shift @ scale, grid.frame_uid)


def block_factors(grid: Grid, most: int) -> tuple[int, int, int]:
    """How many voxels make one along each axis."""
    factors = [1, 1, 1]
    while np.prod([n // f for n, f in zip(grid.shape, factors, strict=True)]) > most:
        sizes = [
            s * f if n // (f + 1) >= 2 else np.inf
            for s, f, n in zip(grid.spacing_mm, factors, grid.shape, strict=True)
        ]
        factors[int(np.argmin(sizes))] += 1
    return factors[0], factors[1], factors[2]


def block_mean(block: np.ndarray, factors: Sequence[int], shape: Sequence[int]) -> np.ndarray:
    """Mean of all slices of a block and of `factors` rows and columns (rows,columns) int16."""
    total = np.zeros(shape, dtype=np.float32)
    for j in range(factors[0]):
        for i in range(factors[1]):
            rows = slice(j, shape[0] * factors[0], factors[0])
            columns = slice(i, shape[1] * factors[1], factors[1])
            for one in block:
                total += one[rows, columns]
    return (total / (len(block) * factors[0] * factors[1])).round().astype(np.int16)


def largest(values: np.ndarray, grid: Grid, coarser: Grid) -> np.ndarray:
    """The largest value of each block of `grid` that is one voxel of a `smaller` copy's grid."""
    slices, rows, columns = _ratios(grid, coarser)
    if (slices, rows, columns) == (1, 1, 1):
        return values
    made = np.empty(coarser.shape, dtype=values.dtype)
    _, high, wide = coarser.shape
    for k in range(len(made)):
        one = values[k * slices : (k + 1) * slices, : high * rows, : wide * columns].max(axis=0)
        made[k] = one.reshape(high, rows, wide, columns).max(axis=(1, 3))
    return made


def middles(values: np.ndarray, grid: Grid, coarser: Grid) -> np.ndarray:
    """The value in the middle of each block of `grid` that is one voxel of a `smaller` copy's."""
    ratios = zip(_ratios(grid, coarser), coarser.shape, strict=True)
    return values[tuple(slice(ratio // 2, ratio * count, ratio) for ratio, count in ratios)]


def _ratios(grid: Grid, coarser: Grid) -> tuple[int, int, int]:
    slices, rows, columns = np.array(coarser.spacing_mm) / grid.spacing_mm
    return max(1, round(slices)), max(1, round(rows)), max(1, round(columns))


def as_int16(voxels: np.ndarray) -> np.ndarray:
    """Voxels as int16, rounded where they were not."""
    if voxels.dtype == np.int16:
        return voxels
    return np.clip(np.round(voxels), -32767, 32767).astype(np.int16)
