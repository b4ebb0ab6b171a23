"""Thin branches, fainter than the trunk because a voxel holds more than blood."""

import numpy as np

from viewer.enhance.vesselness import vesselness
from viewer.progress import Progress
from viewer.segment.context import Context
from viewer.segment.gates import admit, touching
from viewer.segment.thin import Thin

SCALES_MM = (1.0, 1.7, 2.6)
LIKELY_SHARE = 0.3
LIKELY, DOUBTED = 128, 25  # of 255


def grow_branches(
    context: Context,
    sensitivity: float,
    progress: Progress,
    *,
    thin: Thin | None = None,
) -> np.ndarray:
    """The tree with its thin branches on the coarse grid (bool).

    Hysteresis: from the trunk through voxels that look like a tube and are at least a share of
    the way to blood (0.45 down to 0.15 as `sensitivity` goes from 0 to 1), not through what a
    gate has stopped, and through the same gates again. What the fine network takes for an artery
    (`thin`) needs not look like a tube and may touch bone; what it takes for no vessel is left.
    """
    grid, levels = context.coarse, context.levels
    low = levels.at(0.45 - 0.3 * sensitivity)
    if levels.crowded:
        low = max(low, levels.organ)
    barred = context.stopped | context.bone | context.hot
    near = touching(barred)
    progress.at(0.1)
    faint = (grid.hu > low) & (grid.hu < levels.top) & ~near & ~context.trunk
    strength = vesselness(grid.hu, faint, grid.spacing_mm, SCALES_MM, progress.part(0.1, 0.6))
    tubular = faint & (strength > (0.16 - 0.1 * sensitivity) * (levels.blood - levels.tissue))
    if thin is not None:
        tubular &= thin.vessel >= DOUBTED
        likely = thin.artery >= LIKELY + (0.5 - sensitivity) * 100
        tubular |= likely & (grid.hu > levels.at(LIKELY_SHARE)) & ~barred
    grown, _ = admit(
        tubular | context.trunk,
        context.trunk,
        grid.spacing_mm,
        progress.part(0.6, 1.0),
        widening=1.3,
    )
    return grown
