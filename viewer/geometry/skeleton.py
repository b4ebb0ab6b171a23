"""The skeleton of a mask as a forest of voxels."""

from dataclasses import dataclass
from itertools import product

import numpy as np

NEAR_STEPS = 8


@dataclass(frozen=True, eq=False)
class Forest:
    """Rooted trees over n nodes, each node after its parent in `order`.

    `parent` (n,) is -1 at a root; `step_mm` (n,) is the distance to the parent.
    """

    order: np.ndarray
    parent: np.ndarray
    step_mm: np.ndarray


def beyond_scan(inside: np.ndarray, at_border: np.ndarray) -> np.ndarray:
    """How many voxels (3,2) to add on each side of a box by repeating its outermost ones.

    `at_border` (3,2) says on which sides the scan ends: there the vessels are thought to go on
    for about their width, so that a centerline reaches the scan's last slice.
    """
    pad = np.zeros((3, 2), int)
    for axis, side in product(range(3), range(2)):
        if at_border[axis, side]:
            face = inside.take(-side, axis=axis)
            widest = max(face.sum(axis=0).max(initial=0), face.sum(axis=1).max(initial=0))
            pad[axis, side] = min(int(widest), 40)
    return pad


def neighbors(index: np.ndarray) -> np.ndarray:
    """Pairs (e,2) of voxels that touch by a face, edge or corner."""
    span = index.max(axis=0) + 2
    keys = np.ravel_multi_index(tuple(index.T), tuple(span))
    order = np.argsort(keys)
    ranked = keys[order]
    pairs = []
    for offset in product((-1, 0, 1), repeat=3):
        if offset <= (0, 0, 0):
            continue
        beside = index + offset
        valid = np.flatnonzero(np.all((beside >= 0) & (beside < span), axis=1))
        wanted = np.ravel_multi_index(tuple(beside[valid].T), tuple(span))
        place = np.minimum(np.searchsorted(ranked, wanted), len(ranked) - 1)
        hit = ranked[place] == wanted
        pairs.append(np.column_stack([valid[hit], order[place[hit]]]))
    return np.concatenate(pairs)


def without_loops(
    pairs: np.ndarray, points_lps: np.ndarray, clearance_mm: np.ndarray
) -> np.ndarray:
    """The pairs (e,2) of the minimal spanning forest: each loop is cut where it is thinnest.

    A pair costs its length divided by the squared distance to the wall.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    a, b = pairs.T
    length = np.linalg.norm(points_lps[a] - points_lps[b], axis=1)
    near = np.minimum(clearance_mm[a], clearance_mm[b])
    cost = length / np.maximum(near, 0.05) ** 2 + 1e-9
    graph = coo_array((cost, (a, b)), shape=(len(points_lps), len(points_lps)))
    forest = minimum_spanning_tree(graph.tocsr()).tocoo()
    return np.column_stack([forest.row, forest.col])


def loops_of(pairs: np.ndarray, forest: Forest, longest_mm: float) -> np.ndarray:
    """The node pairs (k,2) that close a loop longer than `longest_mm` in a forest.

    `pairs` (e,2) are all that touch; small loops are but voxels that lie side by side.
    """
    a, b = pairs.T
    closes = (forest.parent[a] != b) & (forest.parent[b] != a)
    a, b = a[closes], b[closes]
    up, down = a, b
    above, below = [a], [b]
    for _ in range(NEAR_STEPS):
        up = np.where(forest.parent[up] >= 0, forest.parent[up], up)
        down = np.where(forest.parent[down] >= 0, forest.parent[down], down)
        above.append(up)
        below.append(down)
    near = (np.stack(above)[:, None] == np.stack(below)[None]).any(axis=(0, 1))
    far = distances(forest)
    found = []
    for one, other in zip(a[~near].tolist(), b[~near].tolist(), strict=True):
        joint = _common(one, other, forest.parent)
        if joint >= 0 and far[one] + far[other] - 2 * far[joint] > longest_mm:
            found.append((one, other))
    return np.array(found, int).reshape(-1, 2)


def _common(one: int, other: int, parent: np.ndarray) -> int:
    """The node where the ways from two nodes to the root meet, -1 where they do not."""
    seen = {one}
    while parent[one] >= 0:
        one = int(parent[one])
        seen.add(one)
    while other not in seen and other >= 0:
        other = int(parent[other])
    return other


def components(pairs: np.ndarray, count: int) -> np.ndarray:
    """The number of the connected piece of each of `count` nodes (count,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), bool), tuple(pairs.T)), shape=(count, count))
    return np.asarray(connected_components(graph.tocsr(), directed=False)[1])


def rooted(pairs: np.ndarray, roots: np.ndarray, points_lps: np.ndarray) -> Forest:
    """The forest of loop-free pairs seen from one root for each tree.

    Nodes that no root reaches are left out of `order`.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    count = len(points_lps)
    links = np.column_stack([np.full(len(roots), count), roots])
    both = np.concatenate([pairs, pairs[:, ::-1], links])
    graph = coo_array((np.ones(len(both), np.int8), tuple(both.T)), shape=(count + 1, count + 1))
    order, parent = breadth_first_order(graph.tocsr(), count, directed=True)
    order, parent = order[1:], parent[:count].astype(np.int64)
    parent[(parent < 0) | (parent == count)] = -1
    step = np.zeros(count)
    inner = np.flatnonzero(parent >= 0)
    step[inner] = np.linalg.norm(points_lps[inner] - points_lps[parent[inner]], axis=1)
    return Forest(order.astype(np.int64), parent, step)


def heights(forest: Forest) -> np.ndarray:
    """Length (n,) in mm of the longest way from each node outwards."""
    height = [0.0] * len(forest.parent)
    parent, step = forest.parent.tolist(), forest.step_mm.tolist()
    for node in reversed(forest.order.tolist()):
        above = parent[node]
        if above >= 0:
            height[above] = max(height[above], height[node] + step[node])
    return np.array(height)


def tallest_child(forest: Forest, height: np.ndarray) -> np.ndarray:
    """The child (n,) on the longest way outwards, -1 at a leaf."""
    nodes = forest.order[forest.parent[forest.order] >= 0]
    reach = height[nodes] + forest.step_mm[nodes]
    child = np.full(len(forest.parent), -1)
    ranked = nodes[np.argsort(reach, kind="stable")]
    child[forest.parent[ranked]] = ranked
    return child


def distances(forest: Forest) -> np.ndarray:
    """Length (n,) in mm of the way from the root to each node."""
    far = [0.0] * len(forest.parent)
    parent, step = forest.parent.tolist(), forest.step_mm.tolist()
    for node in forest.order.tolist():
        if parent[node] >= 0:
            far[node] = far[parent[node]] + step[node]
    return np.array(far)


def best_of_each(piece: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The node of the highest score in each connected piece (k,), best piece number first."""
    ranked = np.lexsort((np.arange(len(piece)), -score, piece))
    first = np.ones(len(ranked), bool)
    first[1:] = piece[ranked][1:] != piece[ranked][:-1]
    return ranked[first]


def long_enough(forest: Forest, clearance_mm: np.ndarray, shortest_mm: float) -> np.ndarray:
    """Which nodes (n,) bool belong to branches that are long enough.

    The longest way from each root stays when it is `shortest_mm` long; a side branch stays when
    it reaches that far beyond the inscribed sphere of the vessel that it leaves.
    """
    height = heights(forest)
    above = np.maximum(forest.parent, 0)
    is_main = tallest_child(forest, height)[above] == np.arange(len(above))
    beyond = height + forest.step_mm - clearance_mm[above]
    stays = np.where(forest.parent >= 0, is_main | (beyond >= shortest_mm), height >= shortest_mm)
    kept, parent = stays.tolist(), forest.parent.tolist()
    for node in forest.order.tolist():
        if parent[node] >= 0:
            kept[node] = kept[node] and kept[parent[node]]
    reached = np.zeros(len(above), bool)
    reached[forest.order] = True
    return np.array(kept) & reached


def among(pairs: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The pairs (e,2) of which both ends are kept."""
    return pairs[kept[pairs].all(axis=1)]
