"""Values between voxels, on a grid of another spacing that begins at the same corner."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

BLUR_REACH = 3.0


def between(
    values: np.ndarray,
    box: tuple[slice, slice, slice],
    ratio: Sequence[float],
    sigma: Sequence[float] = (0.0, 0.0, 0.0),
) -> np.ndarray:
    """Linear values (float32) in a box of another grid with the same corner; the edge goes on.

    `ratio` is the other grid's step in voxels; `sigma` a blur before, in voxels. Only what the
    box needs is touched, and it comes out the same however a grid is cut into boxes.
    """
    places = [
        np.clip((np.arange(b.start, b.stop) + 0.5) * r - 0.5, 0, n - 1)
        for b, r, n in zip(box, ratio, values.shape, strict=True)
    ]
    rim = [int(BLUR_REACH * s + 0.5) for s in sigma]
    first = [max(0, int(p[0]) - w) for p, w in zip(places, rim, strict=True)]
    last = [min(n, int(p[-1]) + 2 + w) for p, w, n in zip(places, rim, values.shape, strict=True)]
    part = values[tuple(slice(a, b) for a, b in zip(first, last, strict=True))].astype(np.float32)
    if max(sigma) > 0:
        part = ndimage.gaussian_filter(part, sigma, truncate=BLUR_REACH)
    for axis, place in enumerate(places):
        part = _along(part, axis, place, first[axis])
    return part


def _along(part: np.ndarray, axis: int, place: np.ndarray, first: int) -> np.ndarray:
    """Linear values at places (n) along one axis of a part that begins at `first`."""
    low = place.astype(int)
    share = (place - low).astype(np.float32)
    if not share.any():
        return part.take(low - first, axis)
    shape = [1, 1, 1]
    shape[axis] = len(place)
    high = np.minimum(low - first + 1, part.shape[axis] - 1)
    out = part.take(high, axis)
    below = part.take(low - first, axis)
    out -= below
    out *= share.reshape(shape)
    out += below
    return out
