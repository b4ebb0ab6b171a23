"""How often a voxel is what its label says, by what networks and rules said of it."""

from collections.abc import Mapping

import numpy as np

from viewer.enhance.coarse import Coarse
from viewer.enhance.slabs import held, inside, together, whole
from viewer.progress import silent
from viewer.segment.context import Context
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

CERTAIN, HALF = 255, 128
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
BY_RULES = {ARTERY: "trunk", VEIN: "veins"}

# The share of delivered voxels that are right, by the probability that the network states and
# (second row) where the rules found the same, on made-up people:
# `python -m tests.benchmarks.calibration --fit`. For bone that did not help on others, and of
# calcification and clot there was too little: there the stated probability stays.
STATED = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
SHARE_RIGHT: Mapping[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    ARTERY: (
        (0.28, 0.45, 0.45, 0.53, 0.7, 0.92, 0.94),
        (0.59, 0.93, 0.93, 0.93, 0.96, 0.99, 1.0),
    ),
    VEIN: (
        (0.78, 0.8, 0.8, 0.8, 0.85, 0.96, 0.97),
        (0.07, 0.65, 0.82, 0.91, 0.97, 1.0, 1.0),
    ),
    CHAMBER: (
        (0.0, 0.2, 0.28, 0.28, 0.45, 0.94, 0.95),
        (0.0, 0.2, 0.28, 0.28, 0.45, 0.94, 0.95),
    ),
    ORGAN: (
        (0.0, 0.2, 0.4, 0.46, 0.67, 0.94, 0.96),
        (0.0, 0.2, 0.4, 0.46, 0.67, 0.94, 0.96),
    ),
}

Curves = Mapping[int, np.ndarray]


def curves(share_right: Mapping[int, tuple[tuple[float, ...], tuple[float, ...]]]) -> Curves:
    """By label the confidence (2, 256) uint8: without the rules' consent, then with it.

    At least 1: 0 is kept for what nobody was asked.
    """
    stated = np.arange(CERTAIN + 1) / CERTAIN
    return {
        label: np.maximum(
            np.rint([np.interp(stated, STATED, share) * CERTAIN for share in rows]), 1
        ).astype(np.uint8)
        for label, rows in share_right.items()
    }


LEARNED = curves(dict.fromkeys(NAMED, (STATED, STATED)) | dict(SHARE_RIGHT))


def confidence_of(
    labels: np.ndarray,
    grid: Coarse,
    naming: Naming,
    thin: np.ndarray | None = None,
    rules: Context | None = None,
    learned: Curves = LEARNED,
) -> np.ndarray:
    """How likely each voxel is what its own label says (uint8 like `labels`, 255 is certain).

    Looked up in what was `learned`, from the network's probability, which is linear between the
    blocks of the coarse grid, and from whether the `rules` found the same there.
    `thin` is the fine network's probability of a vessel (uint8, like `naming`): of a branch the
    higher of both is taken. Clot and calcification count as right anywhere in an artery. At least
    1 inside a label: 0 is kept for what nobody was asked.
    """
    said = {label: getattr(naming, name) for label, name in NAMED.items()}
    if thin is not None:
        said |= {label: np.maximum(said[label], thin) for label in (ARTERY, VEIN, CALCIFICATION)}
    native = {label: grid.native(sure) for label, sure in said.items()}
    found_too = {}
    if rules is not None:
        parts = {name: getattr(rules, name) for name in set(BY_RULES.values())}
        parts = {name: grid.native(part * np.uint8(CERTAIN)) for name, part in parts.items()}
        found_too = {label: parts[name] for label, name in BY_RULES.items()}
    ratio = [1 / f for f in grid.factors]
    out = np.zeros(labels.shape, np.uint8)

    def look(start: int) -> None:
        slab = (slice(start, min(start + SLAB, len(labels))), *whole(labels.shape)[1:])
        for label, sure in native.items():
            own = labels[slab] == label
            box = held(own, slab)
            if box is None:
                continue
            stated = np.rint(between(sure, box, ratio)).astype(np.uint8)
            found = learned[label][0][stated]
            if label in found_too:
                agreed = between(found_too[label], box, ratio) >= HALF
                np.copyto(found, learned[label][1][stated], where=agreed)
            np.copyto(out[box], found, where=own[inside(box, slab)])

    together(range(0, len(labels), SLAB), look, silent())
    return out


def sure_text(mask: VesselMask, point_lps: np.ndarray) -> str:
    """What lies at a point and how sure that is ("Artery, 93 % sure")."""
    if not mask.grid.holds(np.asarray(point_lps)):
        return "Outside the scan"
    at = tuple(mask.grid.nearest(point_lps))
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
