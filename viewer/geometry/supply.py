"""Where the blood of a vessel comes from: whether anything wide enough leads to it."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from viewer.geometry.names_ways import Ways
from viewer.geometry.stump import Stump

FED = 0.6  # of a stump's width: vessels that are thinner do not feed it well
SMOOTH = 9  # points along a branch


def well_fed(
    one: Stump, other: Stump, ways: Ways, closed: Sequence[tuple[Stump, Stump]] = ()
) -> bool:
    """Whether vessels hardly thinner than two stumps join them: then neither lacks blood.

    What lies between two `closed` stumps counts as open: a vessel that lacks blood because of
    one closed stretch needs no other.
    """
    tree = ways.tree
    wide = np.concatenate([ndimage.median_filter(b.radius_mm, SMOOTH) for b in tree.branches])
    kept = np.flatnonzero(wide >= FED * min(one.radius_mm, other.radius_mm))
    if not len(kept):
        return False

    def before(stump: Stump) -> int:
        inside = stump.face_lps - stump.radius_mm * stump.heading
        return int(kept[np.linalg.norm(tree.points_lps[kept] - inside, axis=1).argmin()])

    count, last = len(wide), np.cumsum([len(b.points_lps) for b in tree.branches]) - 1
    first = np.append(0, last[:-1] + 1)
    within = np.setdiff1d(np.arange(count - 1), last)
    joints = count + ways.nodes
    links = [(within, within + 1), (first, joints[:, 0]), (last, joints[:, 1])]
    links += [(np.array([before(a)]), np.array([before(b)])) for a, b in closed]
    a, b = (np.concatenate(side) for side in zip(*links, strict=True))
    held = np.append(np.isin(np.arange(count), kept), np.ones(int(ways.nodes.max()) + 1, bool))
    through = held[a] & held[b]
    graph = coo_matrix((np.ones(through.sum()), (a[through], b[through])), (len(held),) * 2)
    piece = connected_components(graph, directed=False)[1]
    return bool(piece[before(one)] == piece[before(other)])
