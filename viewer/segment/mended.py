"""Which notices about a map an edit has dealt with."""

import numpy as np

from viewer.errors import Notice
from viewer.segment.edit import Edit, box_around, offsets_mm, slices
from viewer.segment.mask import ARTERY, CALCIFICATION, VesselMask
from viewer.segment.shells import cells_of

TREE = (ARTERY, CALCIFICATION)
BROKEN, LOCAL = "broken branch", ("open gate", "engines disagree")
NEAR_MM, WIDEST_MM = 4.0, 20.0
LEAST_MM3 = 4.0


def unmended(
    notices: tuple[Notice, ...], before: VesselMask | None, edit: Edit
) -> tuple[Notice, ...]:
    """The notices that still hold after an edit.

    A piece that hung on nothing is dealt with when it reaches the tree or is gone; a gate and a
    place where the engines disagree, when the map was changed there.
    """
    if before is None:
        return notices
    broken = [n for n in notices if n.code == BROKEN and n.point_lps is not None]
    loose = still_loose(broken, edit.mask) if broken else {}
    return tuple(
        notice
        for notice in notices
        if loose.get(id(notice), True)
        and not (notice.code in LOCAL and changed_at(notice, before, edit))
    )


def changed_at(notice: Notice, before: VesselMask, edit: Edit) -> bool:
    """Whether an edit changes the map at the place of a notice, as far as it is wide."""
    if notice.point_lps is None:
        return False
    grid = edit.mask.grid
    reach = NEAR_MM
    if notice.code == "open gate":
        reach = float(np.clip(notice.numbers.get("amount", 0.0) / 2, NEAR_MM, WIDEST_MM))
    box = box_around(np.array(notice.point_lps), reach, grid)
    differs = edit.mask.labels[slices(box)] != before.labels[slices(box)]
    differs &= offsets_mm(box, grid, np.array(notice.point_lps)) <= reach
    return bool(differs.sum() * grid.voxel_mm3 >= LEAST_MM3)


def still_loose(notices: list[Notice], mask: VesselMask) -> dict[int, bool]:
    """Whether the pieces that notices name still hang on nothing, by the notices' id."""
    cells = cells_of(mask.labels, TREE, mask.grid)
    if len(cells.voxels) == 0:
        return {id(notice): False for notice in notices}
    part = cells.parts
    main = int(np.bincount(part, weights=cells.size).argmax())
    found = {}
    for notice in notices:
        point = np.array(notice.point_lps)
        box = box_around(point, NEAR_MM, mask.grid)
        far = offsets_mm(box, mask.grid, point)
        near = np.isin(mask.labels[slices(box)], TREE) & (far <= NEAR_MM)
        if not near.any():
            found[id(notice)] = False
            continue
        nearest = np.unravel_index(np.where(near, far, np.inf).argmin(), far.shape)
        at = [int(n) + low for n, (low, _) in zip(nearest, box, strict=True)]
        flat = int(np.ravel_multi_index(at, mask.grid.shape))
        found[id(notice)] = int(part[cells.of(flat)]) != main
    return found
