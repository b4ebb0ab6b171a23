"""Resamples slices that lie irregularly, or askew, onto a rectangular grid."""

from collections.abc import Sequence

import numpy as np

from viewer.dicom.geometry import hole_mm, slice_tolerance_mm
from viewer.progress import Progress
from viewer.volume.grid import Grid
from viewer.volume.volume import AIR_HU


def rectify(
    slices: Sequence[np.ndarray],
    positions_lps: np.ndarray,
    grid: Grid,
    progress: Progress,
    out: np.ndarray,
) -> None:
    """Fill `out` (the shape of `grid`, int16) from slices in order along the normal.

    `slices` are int16 (rows, columns), `positions_lps` (n,3) is where their first pixels lie. A
    slice moves within its plane by linear interpolation, which never mixes in air from outside
    its field of view; places between two slices are their weighted mean; holes stay air.
    """
    index = grid.index(positions_lps)
    along = index[:, 0] * grid.spacing_mm[0]
    near = slice_tolerance_mm(grid.spacing_mm[0])
    longest = hole_mm(np.diff(along))
    out[:] = AIR_HU
    moved: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def shifted(number: int) -> tuple[np.ndarray, np.ndarray]:
        if number not in moved:
            moved[number] = shift(slices[number], index[number, 1:], grid.shape[1:])
        return moved[number]

    for k in range(grid.shape[0]):
        progress.at(k / grid.shape[0], "Making the volume rectangular")
        place = k * grid.spacing_mm[0]
        after = int(np.searchsorted(along, place))
        nearest = min(
            (n for n in (after - 1, after) if 0 <= n < len(along)),
            key=lambda n: abs(along[n] - place),
        )
        if abs(along[nearest] - place) <= near:
            out[k] = shifted(nearest)[0]
        elif 0 < after < len(along) and along[after] - along[after - 1] <= longest:
            share = float((place - along[after - 1]) / (along[after] - along[after - 1]))
            out[k] = blend(shifted(after - 1), shifted(after), share)
        for number in [number for number in moved if number < after - 1]:
            del moved[number]


def shift(
    image: np.ndarray, start: np.ndarray, shape: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """An image (int16) moved so that its first pixel lies at `start` (row, column) of `shape`.

    Also where it has values; elsewhere it is air.
    """
    down = _weights(image.shape[0], float(start[0]), shape[0])
    right = _weights(image.shape[1], float(start[1]), shape[1])
    (low_r, high_r, share_r, rows), (low_c, high_c, share_c, columns) = down, right
    values = image.astype(np.float32)
    values = values[low_r] * (1 - share_r)[:, None] + values[high_r] * share_r[:, None]
    values = values[:, low_c] * (1 - share_c) + values[:, high_c] * share_c
    inside = rows[:, None] & columns[None, :]
    return np.where(inside, np.rint(values), AIR_HU).astype(np.int16), inside


def _weights(
    length: int, start: float, wanted: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    source = np.arange(wanted) - start
    nearest = np.rint(source)
    source = np.where(np.abs(source - nearest) < 1e-3, nearest, source)
    inside = (source >= -0.5) & (source <= length - 0.5)
    held = np.clip(source, 0, length - 1)
    low = np.floor(held).astype(int)
    high = np.minimum(low + 1, length - 1)
    return low, high, (held - low).astype(np.float32), inside


def blend(
    before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray], share: float
) -> np.ndarray:
    """The weighted mean of two shifted slices; where only one has values, that one counts."""
    (first, has_first), (second, has_second) = before, after
    mean = np.rint(first * np.float32(1 - share) + second * np.float32(share)).astype(np.int16)
    mean = np.where(has_second, mean, first)
    return np.where(has_first, mean, second)
