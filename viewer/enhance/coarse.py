"""A volume at a coarser spacing, turned to the patient's axes, on which context is decided."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from viewer.enhance.slabs import Box, common, held, together, whole
from viewer.progress import Progress
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SOLID_HU = -400.0


@dataclass(frozen=True, eq=False)
class Coarse:
    """Block means of a volume: axis 0 goes up, axis 1 to the back, axis 2 to the left.

    `hu` float32; `spacing_mm` along its axes; `order` says which axis of the volume each axis is,
    `turned` whether it runs the other way, `factors` how many voxels of the volume (in the
    volume's axis order) a block holds, `full` the volume's shape.
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    order: tuple[int, int, int]
    turned: tuple[bool, bool, bool]
    factors: tuple[int, int, int]
    full: tuple[int, int, int]

    @property
    def voxel_mm3(self) -> float:
        """Volume of one block."""
        return float(np.prod(self.spacing_mm))

    def upright(self, blocks: np.ndarray) -> np.ndarray:
        """An array of blocks in the volume's axis order, brought to the patient's axes (a view)."""
        seen = blocks.transpose(self.order)
        return seen[tuple(slice(None, None, -1 if t else 1) for t in self.turned)]

    def native(self, upright: np.ndarray) -> np.ndarray:
        """An array on the patient's axes, brought to the volume's axis order (a view)."""
        seen = upright[tuple(slice(None, None, -1 if t else 1) for t in self.turned)]
        return seen.transpose(tuple(int(n) for n in np.argsort(self.order)))

    def spread(self, native: np.ndarray, box: Box) -> np.ndarray:
        """Blocks in the volume's axis order, repeated to its voxels, in a box of the volume."""
        out = native
        for axis, (b, f) in enumerate(zip(box, self.factors, strict=True)):
            out = out.take(np.arange(b.start, b.stop) // f, axis)
        return out

    def held(self, native: np.ndarray, start: int, stop: int) -> Box | None:
        """The smallest box of voxels of slices start to stop that holds all blocks but zeros.

        The blocks (a, b, c) are in the volume's axis order; None where all are zero.
        """
        f0 = self.factors[0]
        cut = (slice(start // f0, -(-stop // f0)), *whole(native.shape)[1:])
        found = held(native[cut] != 0, cut)
        if found is None:
            return None
        first, second, third = (
            slice(b.start * f, b.stop * f) for b, f in zip(found, self.factors, strict=True)
        )
        return common((first, second, third), (slice(start, stop), *whole(self.full)[1:]))

    def blocks_at(self, index: np.ndarray) -> np.ndarray:
        """Block indices (n,3) on the patient's axes of voxel indices (n,3) of the volume."""
        shape = np.array([-(-n // f) for n, f in zip(self.full, self.factors, strict=True)])
        blocks = np.asarray(index).astype(np.int64) // np.array(self.factors)
        blocks = np.clip(blocks, 0, shape - 1)
        out = blocks[:, list(self.order)]
        size = shape[list(self.order)]
        flip = np.array(self.turned)
        return np.where(flip, size - 1 - out, out)

    def voxel_at(self, block: np.ndarray) -> np.ndarray:
        """The voxel index (3,) in the middle of a block (3,) on the patient's axes."""
        size = np.array([-(-n // f) for n, f in zip(self.full, self.factors, strict=True)])
        out = np.empty(3)
        out[list(self.order)] = np.where(
            self.turned, size[list(self.order)] - 1 - np.asarray(block), block
        )
        middle = out * self.factors + (np.array(self.factors) - 1) / 2
        return np.minimum(middle, np.array(self.full) - 1)


def axes_of(grid: Grid) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Which axis of the grid runs most along S, P and L of the patient, and whether backwards."""
    directions = grid.lps_from_index[:3, :3] / np.array(grid.spacing_mm)
    best: tuple[int, int, int] = (0, 1, 2)
    most = -1.0
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        along = sum(abs(directions[2 - k, axis]) for k, axis in enumerate(order))
        if along > most + 1e-9:
            most, best = along, order
    a, b, c = (bool(directions[2 - k, axis] < 0) for k, axis in enumerate(best))
    return best, (a, b, c)


def coarse(volume: Volume, target_mm: float, progress: Progress) -> Coarse:
    """Block means of a volume with blocks as near to `target_mm` as whole voxels allow."""
    spacing = volume.grid.spacing_mm
    f0, f1, f2 = (max(1, round(target_mm / s)) for s in spacing)
    n0, n1, n2 = volume.grid.shape
    rows = np.arange(0, n1, f1)
    columns = np.arange(0, n2, f2)
    wide = np.diff(np.append(rows, n1))[:, None] * np.diff(np.append(columns, n2))[None]
    out = np.empty((-(-n0 // f0), len(rows), len(columns)), np.float32)
    for k in range(out.shape[0]):
        if k % 8 == 0:
            progress.at(k / out.shape[0])
        layer = volume.voxels[k * f0 : (k + 1) * f0]
        flat = layer.sum(axis=0, dtype=np.float32)
        blocks = np.add.reduceat(np.add.reduceat(flat, rows, axis=0), columns, axis=1)
        out[k] = blocks / (wide * len(layer))
    order, turned = axes_of(volume.grid)
    seen = out.transpose(order)[tuple(slice(None, None, -1 if t else 1) for t in turned)]
    sizes = [s * f for s, f in zip(spacing, (f0, f1, f2), strict=True)]
    return Coarse(
        np.ascontiguousarray(seen),
        (sizes[order[0]], sizes[order[1]], sizes[order[2]]),
        order,
        turned,
        (f0, f1, f2),
        volume.grid.shape,
    )


def body(hu: np.ndarray, spacing_mm: tuple[float, float, float], progress: Progress) -> np.ndarray:
    """The patient without table and air outside, slice by slice filled (bool, like `hu`)."""
    reach = max(1, round(6.0 / spacing_mm[1]))
    cross = ndimage.generate_binary_structure(2, 1)
    thin = np.empty(hu.shape, bool)

    def narrow(k: int) -> None:
        thin[k] = ndimage.binary_erosion(hu[k] > SOLID_HU, cross, reach, border_value=1)

    together(range(len(hu)), narrow, progress.part(0, 0.5))
    labels, count = ndimage.label(thin)
    if count == 0:
        return hu > SOLID_HU
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    most = sizes.argmax()

    def fill(k: int) -> None:
        grown = ndimage.binary_dilation(labels[k] == most, cross, reach + 1)
        thin[k] = ndimage.binary_fill_holes(grown & (hu[k] > SOLID_HU))

    together(range(len(hu)), fill, progress.part(0.5, 1.0))
    return thin
