"""What a scan holds along many straight lines."""

import numpy as np
from scipy import ndimage


def along_lines(
    voxels: np.ndarray, index: np.ndarray, *, order: int = 1, beyond: float | None = None
) -> np.ndarray:
    """Values at fractional indices (3,...,k) that run straight along their last axis: (...,k).

    Float32 and linear between voxels, or with `order` 0 those of the nearest voxels. Outside the
    scan there is `beyond`, or the scan's rim. Only a box round the lines is read: it stays in the
    processor's cache where the whole scan would not.
    """
    ends = index[..., [0, -1]].reshape(3, -1)
    low = np.clip(np.floor(ends.min(axis=1)).astype(int) - 1, 0, np.array(voxels.shape) - 1)
    high = np.clip(np.ceil(ends.max(axis=1)).astype(int) + 2, low + 1, voxels.shape)
    box = voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    each = (slice(None), *[None] * (index.ndim - 1))
    place = index - low[each]
    if order == 0:
        last = np.array(box.shape)[each] - 1
        return box[tuple(np.clip(np.rint(place).astype(np.int32), 0, last))]
    outside = {"mode": "nearest"} if beyond is None else {"mode": "constant", "cval": beyond}
    return ndimage.map_coordinates(box, place, output=np.float32, order=order, **outside)
