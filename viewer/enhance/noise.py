"""How noisy a scan is."""

import numpy as np

from viewer.progress import Progress
from viewer.volume.volume import Volume

TISSUE_HU = (-20.0, 160.0)
SQUARE_MM = 5.0


def noise_hu(
    volume: Volume, progress: Progress, tissue_hu: tuple[float, float] = TISSUE_HU
) -> float:
    """Standard deviation in homogeneous soft tissue: the lower quartile over 5 mm squares (HU).

    Squares of the slices (the plane of best sampling) whose mean lies within `tissue_hu` count,
    with a linear slope across the square taken out; nan where there are fewer than 20.
    """
    return plane_noise_hu(volume.voxels, volume.grid.spacing_mm, progress, tissue_hu)


def plane_noise_hu(
    planes: np.ndarray,
    spacing_mm: tuple[float, float, float],
    progress: Progress,
    tissue_hu: tuple[float, float] = TISSUE_HU,
) -> float:
    """The same of HU `[slice, row, column]` with a spacing."""
    wide = [int(np.clip(round(SQUARE_MM / s), 4, 11)) for s in spacing_mm[1:]]
    picked = range(0, len(planes), max(1, len(planes) // 40))
    spreads = [
        squares(planes[k].astype(np.float32), wide, tissue_hu)
        for k in progress.over(picked, len(picked), "Measuring noise")
    ]
    found = np.concatenate(spreads) if spreads else np.empty(0)
    return float(np.percentile(found, 25)) if len(found) >= 20 else float("nan")


def squares(plane: np.ndarray, wide: list[int], tissue_hu: tuple[float, float]) -> np.ndarray:
    """Standard deviations (n,) of the squares of one slice that lie in soft tissue."""
    rows, columns = plane.shape[0] // wide[0], plane.shape[1] // wide[1]
    cut = plane[: rows * wide[0], : columns * wide[1]]
    split = cut.reshape(rows, wide[0], columns, wide[1]).transpose(0, 2, 1, 3)
    tiles = split.reshape(-1, wide[0], wide[1])
    mean = tiles.mean(axis=(1, 2))
    lowest, highest = tiles.min(axis=(1, 2)), tiles.max(axis=(1, 2))
    low, high = tissue_hu
    keep = (mean > low) & (mean < high) & (lowest > low - 200) & (highest < high + 200)
    keep &= highest > lowest
    tiles = tiles[keep] - mean[keep][:, None, None]
    if len(tiles) == 0:
        return np.empty(0)
    y = np.arange(wide[0]) - (wide[0] - 1) / 2
    x = np.arange(wide[1]) - (wide[1] - 1) / 2
    sy = np.einsum("nij,i->n", tiles, y) / (wide[1] * (y**2).sum())
    sx = np.einsum("nij,j->n", tiles, x) / (wide[0] * (x**2).sum())
    flat = tiles - sy[:, None, None] * y[:, None] - sx[:, None, None] * x[None, :]
    return np.sqrt((flat**2).sum(axis=(1, 2)) / (wide[0] * wide[1] - 3))
