"""How much the surroundings of a voxel look like a bright tube."""

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import Box, around, blocks, held, inside, together
from viewer.progress import Progress

Spacing = tuple[float, float, float]


def vesselness(
    hu: np.ndarray,
    where: np.ndarray,
    spacing_mm: Spacing,
    scales_mm: tuple[float, ...],
    progress: Progress,
) -> np.ndarray:
    """Tube strength in HU (float32), the greatest over Gaussian scales; 0 outside `where`.

    At each scale s it is -s^2 times the middle eigenvalue of the Hessian where that is negative
    (Sato et al. 1998, with a sheet's second eigenvalue near zero): bright tubes answer, sheets
    do not; a round tube of radius s*sqrt(2) answers with about a third of its contrast.
    """
    out = np.zeros(hu.shape, np.float32)
    halo = [int(np.ceil(3.5 * max(scales_mm) / s)) + 2 for s in spacing_mm]

    def measure(block: Box) -> None:
        own = held(where[block], block)
        if own is None:
            return
        wide = around(own, halo, hu.shape)
        part = np.ascontiguousarray(hu[wide], dtype=np.float32)
        wanted = np.zeros(part.shape, bool)
        wanted[inside(own, wide)] = where[own]
        index = np.flatnonzero(wanted)
        best = np.zeros(len(index), np.float32)
        for scale in scales_mm:
            smooth = ndimage.gaussian_filter(
                part, [scale / s for s in spacing_mm], truncate=3.0, mode="nearest"
            )
            _, middle, _ = eigenvalues(hessian(smooth, index, spacing_mm))
            np.maximum(best, -(scale**2) * middle, out=best)
        out[own][where[own]] = best

    together(blocks(hu.shape), measure, progress, "Looking for thin vessels")
    return out


def hessian(image: np.ndarray, index: np.ndarray, spacing_mm: Spacing) -> np.ndarray:
    """Second differences (6,n) at flat indices: zz, yy, xx, zy, zx, yx (per mm^2, float32)."""
    shape = np.array(image.shape)
    place = np.stack(np.unravel_index(index, image.shape))
    place = np.clip(place, 1, np.maximum(shape[:, None] - 2, 1))
    place = np.minimum(place, shape[:, None] - 1)
    steps = np.array([image.shape[1] * image.shape[2], image.shape[2], 1])
    steps = np.where(shape >= 3, steps, 0)
    flat = np.ravel_multi_index(tuple(place), image.shape)
    values = image.ravel()
    center = values[flat]
    out = np.empty((6, len(index)), np.float32)
    for axis in range(3):
        both = values[flat + steps[axis]] + values[flat - steps[axis]]
        out[axis] = (both - 2 * center) / spacing_mm[axis] ** 2
    for row, (a, b) in enumerate(((0, 1), (0, 2), (1, 2)), start=3):
        same = values[flat + steps[a] + steps[b]] + values[flat - steps[a] - steps[b]]
        cross = values[flat + steps[a] - steps[b]] + values[flat - steps[a] + steps[b]]
        out[row] = (same - cross) / (4 * spacing_mm[a] * spacing_mm[b])
    return out


def eigenvalues(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues of symmetric 3x3 matrices (6,n), greatest first, in closed form (Smith 1961)."""
    a, b, c, d, e, f = matrix.astype(np.float32)
    mean = (a + b + c) / 3
    a, b, c = a - mean, b - mean, c - mean
    size = np.sqrt((a * a + b * b + c * c + 2 * (d * d + e * e + f * f)) / 6)
    safe = np.maximum(size, 1e-12)
    determinant = a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)
    angle = np.arccos(np.clip(determinant / (2 * safe**3), -1, 1)) / 3
    first = mean + 2 * size * np.cos(angle)
    last = mean + 2 * size * np.cos(angle + np.float32(2 * np.pi / 3))
    return first, 3 * mean - first - last, last
