"""How sure the networks are that a voxel is what its label says."""

import numpy as np

from viewer.enhance.coarse import Coarse
from viewer.enhance.slabs import held, inside, together, whole
from viewer.progress import silent
from viewer.segment.mask import (
    ARTERY,
    BONE,
    CALCIFICATION,
    CHAMBER,
    ORGAN,
    THROMBUS,
    VEIN,
    VesselMask,
)
from viewer.segment.naming import Naming
from viewer.volume.between import between

CERTAIN = 255
SLAB = 16
# Clot and calcification lie inside what the network calls an artery.
NAMED = {
    ARTERY: "artery",
    VEIN: "vein",
    BONE: "bone",
    CALCIFICATION: "artery",
    CHAMBER: "chamber",
    ORGAN: "organ",
    THROMBUS: "artery",
}


def confidence_of(
    labels: np.ndarray, grid: Coarse, naming: Naming, thin: np.ndarray | None = None
) -> np.ndarray:
    """The calibrated probability of each voxel's own label (uint8 like `labels`, 255 is certain).

    Between the blocks of the coarse grid it is linear.
    `thin` is the fine network's probability of a vessel (uint8, like `naming`): a branch is as
    sure as the surer of both. At least 1 inside a label: 0 is kept for what nobody was asked.
    """
    said = {label: getattr(naming, name) for label, name in NAMED.items()}
    if thin is not None:
        said |= {label: np.maximum(said[label], thin) for label in (ARTERY, VEIN, CALCIFICATION)}
    native = {label: grid.native(sure) for label, sure in said.items()}
    ratio = [1 / f for f in grid.factors]
    out = np.zeros(labels.shape, np.uint8)

    def look(start: int) -> None:
        slab = (slice(start, min(start + SLAB, len(labels))), *whole(labels.shape)[1:])
        for label, sure in native.items():
            own = labels[slab] == label
            box = held(own, slab)
            if box is not None:
                found = np.maximum(np.rint(between(sure, box, ratio)), 1).astype(np.uint8)
                np.copyto(out[box], found, where=own[inside(box, slab)])

    together(range(0, len(labels), SLAB), look, silent())
    return out


def sure_text(mask: VesselMask, point_lps: np.ndarray) -> str:
    """What lies at a point and how sure that is ("Artery, 93 % sure")."""
    if not mask.grid.holds(np.asarray(point_lps)):
        return "Outside the scan"
    index = np.clip(np.rint(mask.grid.index(point_lps)), 0, np.array(mask.grid.shape) - 1)
    at = tuple(index.astype(int))
    label = int(mask.labels[at])
    if label == 0:
        return "No structure"
    name = mask.names.get(label, f"label {label}").capitalize()
    if mask.confidence is None:
        return f"{name}, found without networks"
    sure = int(mask.confidence[at])
    if sure == 0:
        return f"{name}, drawn by hand"
    return f"{name}, {100 * sure / CERTAIN:.0f} % sure"
