"""The vessels of a contrast-enhanced CT: with the networks, or without any."""

from dataclasses import dataclass

import numpy as np

from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.networks.network import Network
from viewer.progress import Progress
from viewer.segment.boundary import draw
from viewer.segment.branches import grow_branches
from viewer.segment.clean import look_around
from viewer.segment.context import CONTEXT_MM, read_context
from viewer.segment.evidence import Found, weigh
from viewer.segment.mask import VesselMask
from viewer.segment.veins import grow_veins
from viewer.volume.volume import Volume

DRAFT_OVERLAP, FINAL_OVERLAP = 0.25, 0.5
DRAFT_MM, FINAL_MM = 1.6, CONTEXT_MM


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks to ask; `overlap` is the share of a tile that its neighbor sees too."""

    context: Network
    fine: Network | None = None
    overlap: float = FINAL_OVERLAP

    @property
    def asked(self) -> tuple[Network, ...]:
        """Those that there are."""
        return (self.context,) if self.fine is None else (self.context, self.fine)


def segment_vessels(
    volume: Volume,
    suitability: Suitability,
    progress: Progress,
    *,
    sensitivity: float = 0.5,
    seeds_lps: np.ndarray | None = None,
    networks: Networks | None = None,
) -> VesselMask:
    """The mask of `find_vessels`."""
    found = find_vessels(
        volume,
        suitability,
        progress,
        sensitivity=sensitivity,
        seeds_lps=seeds_lps,
        networks=networks,
    )
    return found.mask


def find_vessels(
    volume: Volume,
    suitability: Suitability,
    progress: Progress,
    *,
    sensitivity: float = 0.5,
    seeds_lps: np.ndarray | None = None,
    networks: Networks | None = None,
    block_mm: float = FINAL_MM,
) -> Found:
    """The vessel tree connected with the aorta (and the seeds (n,3)), bone and calcification.

    In the portal-venous phase also the veins. With `networks` these say what is artery, vein,
    bone, heart or organ, and brightness says where it ends; without, all is told by brightness
    and shape.

    `sensitivity` 0 to 1 trades missed thin branches for false ones; `block_mm` is about the size
    of the blocks on which it is decided what is what. Raises `ViewerError` where
    the scan is not fit or there is nothing to start from.
    """
    if not suitability.fit:
        raise ViewerError(suitability.reasons[0])
    if networks is not None:
        from viewer.segment.hybrid import segment_named

        return segment_named(
            volume,
            suitability,
            networks,
            progress,
            sensitivity=sensitivity,
            seeds_lps=seeds_lps,
            block_mm=block_mm,
        )
    great = find_great_vessels(volume, progress.part(0, 0.25))
    part = progress.part(0.25, 0.6)
    context = read_context(volume, great, suitability, seeds_lps, part, block_mm)
    if context is None:
        raise nothing_to_start_from()
    tree = grow_branches(context, sensitivity, progress.part(0.6, 0.75))
    veins, around_hu = grow_veins(context, tree, 0.6 - 0.2 * sensitivity, progress.part(0.75, 0.8))
    around = look_around(context, tree | veins, progress.part(0.8, 0.85))
    share = 0.5 - 0.2 * sensitivity
    labels = draw(volume, context, tree, veins, around_hu, around, share, progress.part(0.85, 1.0))
    return Found(VesselMask(labels, volume.grid), weigh(volume, context, tree))


def nothing_to_start_from() -> ViewerError:
    """What is said where no vessel was found."""
    return ViewerError(
        "No great vessel was found to start from; the scan is kept: click into a vessel to "
        "grow from there."
    )
