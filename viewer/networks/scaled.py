"""HU as the networks see them."""

import numpy as np


def scaled(hu: np.ndarray) -> np.ndarray:
    """Two channels (2,...) float32 of HU: vessels' range finely, and everything coarsely."""
    hu = np.asarray(hu, np.float32)
    near = np.clip((hu - 150.0) / 250.0, -1.5, 2.0)
    wide = np.clip(hu / 1000.0, -1.0, 2.0)
    return np.stack([near, wide])
