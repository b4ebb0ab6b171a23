"""How well a found mask agrees with the truth."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

from viewer.volume.grid import Grid


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of two masks: ratios 0 to 1 (1 is perfect), distances in millimeters (0 is)."""

    dice: float
    cl_dice: float
    average_surface_distance_mm: float
    hd95_mm: float


def compare(found: np.ndarray, truth: np.ndarray, grid: Grid) -> Agreement:
    """Agreement of two bool masks on one grid.

    Dice (1945); clDice (Shit et al. 2021, eq. 1 and 2) on skeletons of one voxel; mean and 95th
    percentile of the distances from each surface to the other, both ways pooled. Two empty masks
    agree (1, 1, 0, 0); if only one is empty the ratios are 0 and the distances nan.
    """
    if found.shape != truth.shape or found.shape != grid.shape:
        raise ValueError(f"masks {found.shape} and {truth.shape} do not fit grid {grid.shape}")
    found, truth = found.astype(bool), truth.astype(bool)
    either = found | truth
    if not either.any():
        return Agreement(1.0, 1.0, 0.0, 0.0)
    if not found.any() or not truth.any():
        return Agreement(0.0, 0.0, float("nan"), float("nan"))
    box = tuple(
        slice(max(s.start - 1, 0), s.stop + 1) for s in ndimage.find_objects(either.astype(int))[0]
    )
    found, truth = found[box], truth[box]
    there, back = surface_distances(found, truth, grid.spacing_mm)
    distances = np.concatenate([there, back])
    return Agreement(
        dice(found, truth),
        cl_dice(found, truth),
        float(distances.mean()),
        float(np.percentile(distances, 95)),
    )


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    """Twice the overlap over the sum of sizes (Dice 1945); 1 for two empty masks."""
    both = np.count_nonzero(found & truth)
    total = np.count_nonzero(found) + np.count_nonzero(truth)
    return float(2.0 * both / total) if total else 1.0


def cl_dice(found: np.ndarray, truth: np.ndarray) -> float:
    """Harmonic mean of how much of each skeleton the other mask holds (Shit et al. 2021, eq. 2)."""
    skeleton_found, skeleton_truth = skeletonize(found), skeletonize(truth)
    precision = float(truth[skeleton_found].mean()) if skeleton_found.any() else 0.0
    recall = float(found[skeleton_truth].mean()) if skeleton_truth.any() else 0.0
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def surface_distances(
    found: np.ndarray, truth: np.ndarray, spacing_mm: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Distances (mm) from surface voxels of `found` to those of `truth`, and back."""
    edge_found, edge_truth = surface(found), surface(truth)
    to_truth = ndimage.distance_transform_edt(~edge_truth, spacing_mm)
    there = to_truth[edge_found]
    del to_truth
    to_found = ndimage.distance_transform_edt(~edge_found, spacing_mm)
    return there, to_found[edge_truth]


def surface(mask: np.ndarray) -> np.ndarray:
    """Voxels of a mask with a face towards the outside, the border of the array included."""
    return mask & ~ndimage.binary_erosion(mask)


def onto(labels: np.ndarray, grid: Grid, target: Grid) -> np.ndarray:
    """Labels on another grid by the nearest voxel; 0 outside their own grid."""
    step = grid.index_from_lps @ target.lps_from_index
    out = np.zeros(target.shape, labels.dtype)
    rows, columns = np.meshgrid(*(np.arange(n) for n in target.shape[1:]), indexing="ij")
    plane = np.stack([rows, columns], axis=-1) @ step[:3, 1:3].T + step[:3, 3]
    size = np.array(grid.shape)
    for k in range(target.shape[0]):
        index = np.floor(plane + step[:3, 0] * k + 0.5).astype(np.int64)
        held = np.all((index >= 0) & (index < size), axis=-1)
        a, b, c = index[held].T
        out[k][held] = labels[a, b, c]
    return out
