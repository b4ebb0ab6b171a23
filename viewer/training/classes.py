"""Which class of the networks each tissue and each label of the training data belongs to."""

import numpy as np

from viewer.networks.plan import ARTERY, BONE, CHAMBER, DENSE, ORGAN, OTHER, VEIN
from viewer.phantom.tissue import SIZE, VENOUS, Tissue

UNKNOWN = 255

# What lies in an artery besides blood is the artery's: the brightness tells them apart later.
_OF: dict[Tissue, int] = {
    Tissue.ARTERY: ARTERY,
    Tissue.THROMBUS: ARTERY,
    Tissue.PLAQUE: ARTERY,
    Tissue.CALCIUM: ARTERY,
    Tissue.CORTEX: BONE,
    Tissue.MARROW: BONE,
    Tissue.TOOTH: BONE,
    Tissue.LEFT_HEART: CHAMBER,
    Tissue.RIGHT_HEART: CHAMBER,
    Tissue.HEART_WALL: CHAMBER,
    Tissue.LIVER: ORGAN,
    Tissue.SPLEEN: ORGAN,
    Tissue.KIDNEY: ORGAN,
    Tissue.KIDNEY_MEDULLA: ORGAN,
    Tissue.PANCREAS: ORGAN,
    Tissue.THYROID: ORGAN,
    Tissue.ORAL_CONTRAST: DENSE,
    Tissue.METAL: DENSE,
    **dict.fromkeys(VENOUS, VEIN),
}


def class_of_tissue() -> np.ndarray:
    """The class of every tissue (`SIZE`,) uint8; `UNKNOWN` where a number is no tissue."""
    out = np.full(SIZE, UNKNOWN, np.uint8)
    for tissue in Tissue:
        out[tissue] = _OF.get(tissue, OTHER)
    return out
