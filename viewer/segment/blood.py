"""Whether what a mask marks can be blood."""

import numpy as np
from scipy import ndimage

from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.volume import Volume

MOST_HU = 1200.0  # brighter is metal or solid bone
LEAST_VOXELS = 200
DENSER, DENSER_HU = 1.25, 30.0  # a shell against what is in it
UNEVEN, UNEVEN_HU = 6.0, 200.0  # of the noise, and at least


def why_not_blood(volume: Volume, mask: VesselMask, noise_hu: float, *, label: int = ARTERY) -> str:
    """Why a label of a mask cannot be blood, as a clause, or "" where it can.

    Blood is even, and less bright at its rim, where a voxel holds wall too. Bone has a shell that
    is brighter than its marrow, or is uneven; metal and solid bone are brighter than any blood.
    """
    inside = mask.labels == label
    boxes = ndimage.find_objects(inside.astype(np.uint8))
    if not boxes:
        return ""
    marked, hu = inside[boxes[0]], volume.voxels[boxes[0]]
    core = ndimage.binary_erosion(marked, iterations=2, border_value=1)
    rim = ndimage.binary_erosion(marked, border_value=1) & ~core
    bright = float(np.median(hu[marked]))
    if bright > MOST_HU:
        return f"half of it is brighter than {bright:.0f} HU, as only metal and solid bone are"
    if core.sum() < LEAST_VOXELS or rim.sum() < LEAST_VOXELS:
        return ""
    shell, marrow = float(np.median(hu[rim])), float(np.median(hu[core]))
    grain = float(np.subtract(*np.percentile(hu[core], [75, 25]))) / 1.349
    if shell > DENSER * marrow + DENSER_HU:
        return f"its shell is brighter than its inside ({shell:.0f} against {marrow:.0f} HU)"
    if grain > max(UNEVEN * noise_hu, UNEVEN_HU):
        return f"its inside is more uneven than blood ever is ({grain:.0f} HU)"
    return ""
