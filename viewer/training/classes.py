"""Which class of the networks each tissue and each label of the training data belongs to."""

import numpy as np
import torch

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


def classes_within(tissue: torch.Tensor, blood: torch.Tensor) -> torch.Tensor:
    """The class (uint8) of tissues; what disease puts into a vessel of some blood is the vessel's.

    `blood` is the tissue that flows there, 0 where none does.
    """
    of = torch.from_numpy(class_of_tissue())
    inner = torch.zeros(SIZE, dtype=torch.bool)
    inner[[Tissue.THROMBUS, Tissue.PLAQUE, Tissue.CALCIUM]] = True
    return torch.where(inner[tissue] & (blood > 0), of[blood], of[tissue])
