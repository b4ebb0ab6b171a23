"""The scanner's table, hidden in the 3-D picture because it stands before the patient."""

import numpy as np
from scipy import ndimage

from viewer.scene.blocks import smaller
from viewer.volume.grid import Grid

CELLS = 150_000  # so coarse that a table's thin shells vanish in the mean of a cell
BODY_HU, SOLID_HU, AIR_HU = -350, -200, -1024
LEAST_SHARE = 0.01  # legs and arms apart from the trunk stay


def without_table(voxels: np.ndarray, grid: Grid) -> tuple[np.ndarray, bool]:
    """Voxels with air outside the body, and whether anything solid was hidden by that."""
    few, cells = smaller(voxels, grid, CELLS)
    body = body_cells(few)
    if not body.any() or body.all():
        return voxels, False
    places = [
        np.minimum(np.arange(n) // max(n // c, 1), c - 1)
        for n, c in zip(grid.shape, cells.shape, strict=True)
    ]
    made, hidden = voxels.copy(), 0
    for k, coarse in enumerate(places[0]):
        outside = ~body[coarse][np.ix_(places[1], places[2])]
        hidden += int(np.count_nonzero(made[k][outside] > SOLID_HU))
        made[k][outside] = AIR_HU
    return (made, True) if hidden > made.size / 20_000 else (voxels, False)


def body_cells(few: np.ndarray) -> np.ndarray:
    """Which coarse cells belong to the body, with the lungs and a margin (same shape, bool)."""
    dense = few > BODY_HU
    core = ndimage.binary_erosion(dense, border_value=1)
    labels, count = ndimage.label(core)
    if count == 0:
        return np.zeros(few.shape, dtype=bool)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    body = (sizes >= LEAST_SHARE * sizes.max())[labels]
    body &= labels > 0
    body = ndimage.binary_dilation(body, iterations=2)
    return np.array([ndimage.binary_fill_holes(one) for one in body])
