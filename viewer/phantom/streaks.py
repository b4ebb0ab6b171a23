"""Streaks that metal and undiluted contrast throw across a slice, and the shadows of bone."""

import numpy as np

from viewer.phantom.tissue import Tissue
from viewer.volume.separable import along, linear

DENSE_HU = 800.0
BONE_HU = 300.0
# Metal is far denser than the scale of HU goes, and iodine hardens the beam more than water.
METAL_HU = 2400.0
_METAL, _IODINE = 5.0, 2.5
ANGLES = 40
_WATER_PER_MM = 0.0195
_HARDENING = 0.04
_STARVING = 0.02


def streaks_hu(
    hu: np.ndarray,
    spacing_mm: np.ndarray,
    rng: np.random.Generator,
    tissue: np.ndarray | None = None,
) -> np.ndarray | None:
    """Bright and dark bands (float32) around what exceeds `DENSE_HU`; None where nothing does.

    The rays through dense bodies are measured too bright (the beam hardens) and with more
    noise (few photons arrive); the error is reconstructed by filtered backprojection from
    `ANGLES` parallel views of each slice. Bone, where `tissue` tells it, throws none.
    """
    dense = hu > DENSE_HU
    if tissue is not None and dense.any():
        dense &= ~np.isin(tissue, (Tissue.CORTEX, Tissue.MARROW, Tissue.TOOTH))
    extra = (hu[dense] - DENSE_HU) / 1000
    extra *= np.where(hu[dense] > METAL_HU, _METAL, _IODINE)
    return _thrown(dense, extra, hu.shape, spacing_mm, rng, noisy=True)


def hardened_hu(
    hu: np.ndarray, spacing_mm: np.ndarray, rng: np.random.Generator
) -> np.ndarray | None:
    """Shadows (float32) between and inside dense bones; None where there are none.

    A beam that has passed bone is harder than the scanner's correction for water takes it to be,
    so that it is measured too weak by a part that grows as the square of the bone on the way
    (Joseph and Spital 1978).
    """
    dense = hu > BONE_HU
    return _thrown(dense, (hu[dense] - BONE_HU) / 1000, hu.shape, spacing_mm, rng, noisy=False)


def _thrown(
    dense: np.ndarray,
    extra: np.ndarray,
    shape: tuple[int, ...],
    spacing_mm: np.ndarray,
    rng: np.random.Generator,
    *,
    noisy: bool,
) -> np.ndarray | None:
    """The bands of bodies `dense` that weaken the beam by `extra` times what water does."""
    found = np.nonzero(dense)
    if not len(found[0]):
        return None
    slices, which = np.unique(found[0], return_inverse=True)
    path, step_mm, angle = _views(
        (which, found[1], found[2]), extra, len(slices), shape, spacing_mm, rng
    )
    error = _error(path, rng if noisy else None) @ _ramp(path.shape[2], step_mm)
    out = np.zeros(shape, np.float32)
    out[slices] = _spread(error, angle, step_mm, shape, spacing_mm)
    return out


def _views(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
    extra: np.ndarray,
    slices: int,
    shape: tuple[int, ...],
    spacing_mm: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Line integrals (slices, angles, bins) of the dense bodies in mm of water, bin and angles."""
    step_mm = float(max(spacing_mm[1:].min(), 0.7))
    angle = np.pi * (np.arange(ANGLES) + rng.uniform(-0.3, 0.3, ANGLES)) / ANGLES
    half_mm = 0.5 * float(np.linalg.norm(np.array(shape[1:]) * spacing_mm[1:]))
    bins = 2 * int(np.ceil(half_mm / step_mm)) + 3
    y_mm = (found[1] - 0.5 * (shape[1] - 1)) * spacing_mm[1]
    x_mm = (found[2] - 0.5 * (shape[2] - 1)) * spacing_mm[2]
    area = extra * float(np.prod(spacing_mm[1:])) / step_mm
    path = np.empty((slices, ANGLES, bins), np.float32)
    for n, turn in enumerate(angle):
        place = np.rint((x_mm * np.cos(turn) + y_mm * np.sin(turn)) / step_mm).astype(int)
        at = found[0] * bins + place + bins // 2
        path[:, n] = np.bincount(at, area, slices * bins).reshape(slices, bins)
    return path, step_mm, angle


def _error(path_mm: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
    """By how much each line integral is measured wrong (attenuation, without unit)."""
    thick = np.minimum(path_mm * _WATER_PER_MM, 4)
    error = -_HARDENING * thick**2
    if rng is not None:
        noise = rng.standard_normal(path_mm.shape, dtype=np.float32)
        error += _STARVING * np.sqrt(np.expm1(thick)) * noise
    return np.asarray(error)


def _ramp(bins: int, step_mm: float) -> np.ndarray:
    """Ramachandran and Lakshminarayanan's filter (1971), smoothed over three bins (bins, bins)."""
    apart = np.abs(np.arange(bins)[:, None] - np.arange(bins))
    odd = apart % 2 == 1
    ramp = np.where(odd, -1 / (np.pi * np.where(odd, apart, 1)) ** 2, 0.0)
    ramp[apart == 0] = 0.25
    smooth = np.where(apart == 0, 0.5, np.where(apart == 1, 0.25, 0.0))
    return np.asarray(ramp @ smooth / step_mm, np.float32)


def _spread(
    error: np.ndarray,
    angle: np.ndarray,
    step_mm: float,
    shape: tuple[int, ...],
    spacing_mm: np.ndarray,
) -> np.ndarray:
    """Backprojection (slices, rows, columns) in HU, on every second row and column."""
    rows, columns = np.arange(0, shape[1] + 1, 2), np.arange(0, shape[2] + 1, 2)
    y_mm = (rows - 0.5 * (shape[1] - 1)) * spacing_mm[1]
    x_mm = (columns - 0.5 * (shape[2] - 1)) * spacing_mm[2]
    bins = error.shape[2]
    out = np.zeros((len(error), len(rows) * len(columns)), np.float32)
    for n, turn in enumerate(angle):
        place = (x_mm * np.cos(turn) + y_mm[:, None] * np.sin(turn)) / step_mm + bins // 2
        index = np.clip(np.rint(place), 0, bins - 1).astype(int).ravel()
        out += np.ascontiguousarray(error[:, n]).take(index, axis=1)
    out *= np.float32(1000 * np.pi / (len(angle) * _WATER_PER_MM))
    coarse = out.reshape(len(error), len(rows), len(columns))
    fill = [linear(np.arange(n) / 2, n // 2 + 1) for n in shape[1:]]
    return along(coarse, [None, *fill])
