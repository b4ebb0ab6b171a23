"""The vessels of a contrast-enhanced CT, found without any trained network."""

import numpy as np
from scipy import ndimage

from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.volume import Volume


def segment_vessels(
    volume: Volume,
    suitability: Suitability,
    progress: Progress,
    *,
    sensitivity: float = 0.5,
    seeds_lps: np.ndarray | None = None,
) -> VesselMask:
    """The vessel tree connected with the great vessel (or the seeds (n,3)), bone, calcification.

    `sensitivity` 0 to 1 trades missed thin branches for false ones. Raises `ViewerError` where
    the scan is not fit or no seed is found.
    """
    if not suitability.fit:
        raise ViewerError(suitability.reasons[0])
    great = find_great_vessels(volume, progress.part(0, 0.3))
    if not great.chains or suitability.blood_hu is None:
        raise ViewerError("No great vessel was found; click into a vessel to grow from there.")
    middle = great.chains[0].spots[len(great.chains[0].spots) // 2]
    seed = np.round(middle[:3]).astype(int)
    half = 50 + (0.65 - 0.3 * sensitivity) * (suitability.blood_hu - 50)
    c = great.coarse
    labels, _ = ndimage.label((c.hu > half) & great.inside)
    own = c.native(labels == labels[tuple(seed)])
    out = np.zeros(volume.grid.shape, np.uint8)
    for start in range(0, len(out), 16):
        progress.at(0.3 + 0.7 * start / len(out), "Segmenting")
        block = volume.voxels[start : start + 16] > half
        out[start : start + 16][c.slab(own, start, min(start + 16, len(out))) & block] = ARTERY
    return VesselMask(out, volume.grid)
