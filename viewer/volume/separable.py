"""Arrays multiplied along each axis by a small matrix, and the matrix of linear interpolation."""

from collections.abc import Sequence

import numpy as np


def along(values: np.ndarray, matrices: Sequence[np.ndarray | None]) -> np.ndarray:
    """`values` (k,j,i) with each axis multiplied by its matrix (new, old), the last axis first.

    float32; None leaves an axis.
    """
    first, second, third = (
        None if each is None else np.ascontiguousarray(each, np.float32) for each in matrices
    )
    out = np.asarray(values, np.float32)
    if third is not None:
        out = (out.reshape(-1, out.shape[2]) @ third.T).reshape(*out.shape[:2], len(third))
    if second is not None:
        out = np.matmul(second, out)
    if first is not None:
        rows = first @ out.reshape(len(out), -1)
        out = rows.reshape(len(first), *out.shape[1:])
    return out


def linear(at: np.ndarray, count: int) -> np.ndarray:
    """Matrix (places, count) that interpolates `count` values linearly at places `at` (index).

    Beyond the ends it gives the last value.
    """
    at = np.clip(at, 0, count - 1)
    low = np.minimum(at.astype(int), max(count - 2, 0))
    out = np.zeros((len(at), count), np.float32)
    rows = np.arange(len(at))
    out[rows, low] += 1 - (at - low)
    out[rows, np.minimum(low + 1, count - 1)] += at - low
    return out
