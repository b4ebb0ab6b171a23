"""The vessels of a contrast-enhanced CT, found without any trained network."""

import numpy as np

from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.suitability import Suitability
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.segment.boundary import draw
from viewer.segment.branches import grow_branches
from viewer.segment.context import read_context
from viewer.segment.mask import VesselMask
from viewer.segment.veins import grow_veins
from viewer.volume.volume import Volume


def segment_vessels(
    volume: Volume,
    suitability: Suitability,
    progress: Progress,
    *,
    sensitivity: float = 0.5,
    seeds_lps: np.ndarray | None = None,
) -> VesselMask:
    """The vessel tree connected with the aorta (and the seeds (n,3)), bone and calcification.

    In the portal-venous phase also the veins that start in chains of round spots.

    `sensitivity` 0 to 1 trades missed thin branches for false ones. Raises `ViewerError` where
    the scan is not fit or there is nothing to start from.
    """
    if not suitability.fit:
        raise ViewerError(suitability.reasons[0])
    great = find_great_vessels(volume, progress.part(0, 0.25))
    context = read_context(volume, great, suitability, seeds_lps, progress.part(0.25, 0.6))
    if context is None:
        raise ViewerError(
            "No great vessel was found to start from; the scan is kept: click into a vessel to "
            "grow from there."
        )
    tree = grow_branches(context, sensitivity, progress.part(0.6, 0.75))
    found = grow_veins(context, tree, 0.6 - 0.2 * sensitivity, progress.part(0.75, 0.8))
    labels = draw(volume, context, tree, *found, 0.5 - 0.2 * sensitivity, progress.part(0.8, 1.0))
    return VesselMask(labels, volume.grid)
