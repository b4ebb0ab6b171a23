"""What speaks for and against a segmentation, in numbers and in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from viewer.enhance.slabs import around, held, whole
from viewer.enhance.suitability import Suitability
from viewer.errors import PLACE, Notice, Severity
from viewer.networks.network import Network
from viewer.progress import silent
from viewer.segment.compare import dice
from viewer.segment.context import TISSUE_HU, Context
from viewer.segment.gates import FULL, depth_mm, touching
from viewer.segment.mask import VesselMask
from viewer.segment.metal import metal_near
from viewer.segment.naming import Naming
from viewer.volume.volume import Volume

DENSE_NEAR_MM = 15.0
LEAST_DENSE_ML = 3.0
OPEN_MM = 10.0
LEAST_PIECE_ML = 0.1
LEAST_AGREEMENT = 0.6
LEAST_BLOOD_HU = 150.0
LEAST_CONTRAST = 3.0  # of blood over tissue, in noise
MOST_PLACES = 5
NAMED = 128


@dataclass(frozen=True)
class Place:
    """Somewhere to look, and how much of it there is (mm or ml, as its holder says)."""

    point_lps: tuple[float, float, float]
    amount: float


@dataclass(frozen=True)
class Evidence:
    """What was noticed while the vessels were sought.

    `networks` are the names of those that were asked. `metal` and `dense` (contrast denser than
    arterial blood) near the tree in ml; `agreement` is the Dice of the trunks that network and
    rules found, `disputed` their largest difference in ml; `gates` are necks where nothing but
    their width stopped the growth, in mm; `pieces` of artery that hang on nothing, with their gap
    in mm; `doubt` how unsure the networks are in the mean over the body (0 to 1), `doubt_limit`
    how unsure at most of scans that they know (None where nobody knows). `guessed` is what the
    tree grew from where no great vessel was recognized, in ml.
    """

    networks: tuple[str, ...] = ()
    metal: Place | None = None
    dense: Place | None = None
    agreement: float | None = None
    disputed: Place | None = None
    gates: tuple[Place, ...] = ()
    pieces: tuple[Place, ...] = ()
    doubt: float | None = None
    doubt_limit: float | None = None
    guessed: Place | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """A mask and what speaks for and against it."""

    mask: VesselMask
    evidence: Evidence


def weigh(
    volume: Volume, context: Context, tree: np.ndarray, stopped: np.ndarray | None = None
) -> Evidence:
    """What can be seen of a tree (bool) on the coarse grid of its context.

    Gates count before what was `stopped` (bool); that of the context unless said.
    """
    return Evidence(
        metal=metal_place(volume, context, tree),
        dense=dense_near(volume, context, tree),
        gates=open_gates(volume, context, context.stopped if stopped is None else stopped),
        pieces=() if context.guessed else loose_pieces(volume, context, tree),
        guessed=guessed_start(volume, context, tree),
    )


def guessed_start(volume: Volume, context: Context, tree: np.ndarray) -> Place | None:
    """What a tree grew from, in ml, where no great vessel was recognized."""
    start = context.aorta & tree
    if not (context.guessed and start.any()):
        return None
    amount = np.count_nonzero(start) * context.coarse.voxel_mm3 / 1000
    return Place(_largest(volume, context, start), float(amount))


def weigh_named(
    volume: Volume, context: Context, tree: np.ndarray, naming: Naming, asked: Sequence[Network]
) -> Evidence:
    """What can be seen of a tree that networks named, the first of them giving `naming`.

    A gate is closed by a name, so only those count behind which there is none.
    """
    named = np.maximum(np.maximum(naming.chamber, naming.organ), naming.dense)
    unnamed = context.stopped & (np.maximum(named, naming.vein) < NAMED)
    limit = asked[0].card.training.get("doubt_limit")
    return replace(
        weigh(volume, context, tree, unnamed),
        networks=tuple(network.card.name for network in asked),
        doubt=naming.doubt,
        doubt_limit=float(limit) if isinstance(limit, int | float) else None,
    )


def metal_place(volume: Volume, context: Context, tree: np.ndarray) -> Place | None:
    """Metal in or beside a tree (bool), in ml."""
    index = metal_near(volume, context.coarse, tree, context.bone)
    if not len(index):
        return None
    middle = volume.grid.points_lps(index[len(index) // 2])
    return Place(_point(middle), len(index) * volume.grid.voxel_mm3 / 1000)


def dense_near(volume: Volume, context: Context, tree: np.ndarray) -> Place | None:
    """Contrast denser than arterial blood within 15 mm of a tree, in ml."""
    found = context.hot & _near(context, tree, DENSE_NEAR_MM) & ~tree
    amount = np.count_nonzero(found) * context.coarse.voxel_mm3 / 1000
    if amount < LEAST_DENSE_ML:
        return None
    return Place(_largest(volume, context, found), float(amount))


def open_gates(volume: Volume, context: Context, stopped: np.ndarray) -> tuple[Place, ...]:
    """Necks between the trunk and what was stopped (bool) wide enough for 10 mm, widest first.

    Vessels that only touch have a long seam, but no ball passes from one into the other.
    """
    necks = touching(stopped) & context.trunk
    labels, count = ndimage.label(necks, FULL)
    if count == 0:
        return ()
    depth = depth_mm(context.trunk | stopped, context.coarse.spacing_mm, silent())
    wide_mm = np.zeros(count, np.float32)
    np.maximum.at(wide_mm, labels[necks] - 1, 2 * depth[necks])
    return tuple(
        Place(_middle(volume, context, np.argwhere(labels == n + 1)), float(wide_mm[n]))
        for n in np.argsort(-wide_mm)
        if wide_mm[n] >= OPEN_MM
    )


def loose_pieces(volume: Volume, context: Context, tree: np.ndarray) -> tuple[Place, ...]:
    """Pieces of a tree that its largest piece does not reach, nearest first."""
    grid = context.coarse
    labels, count = ndimage.label(tree, FULL)
    if count < 2:
        return ()
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    main = int(sizes.argmax())
    shell = (labels == main) & ~ndimage.binary_erosion(labels == main)
    spacing = np.array(grid.spacing_mm)
    search = cKDTree(np.argwhere(shell) * spacing)
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if number == main or sizes[number] * grid.voxel_mm3 / 1000 < LEAST_PIECE_ML:
            continue
        blocks = np.argwhere(labels[box] == number) + [s.start for s in box]
        gap_mm, _ = search.query(blocks * spacing)
        nearest = int(gap_mm.argmin())
        place = _middle(volume, context, blocks[[nearest]])
        found.append(Place(place, float(gap_mm[nearest])))
    return tuple(sorted(found, key=lambda each: each.amount))


def disagreement(
    volume: Volume, context: Context, by_network: np.ndarray, by_shape: np.ndarray
) -> tuple[float, Place | None]:
    """Dice of two trunks (bool) and the largest piece that only one of them holds, in ml."""
    apart = ndimage.binary_opening(by_network ^ by_shape)
    if not apart.any():
        return dice(by_network, by_shape), None
    amount = np.count_nonzero(apart) * context.coarse.voxel_mm3 / 1000
    place = Place(_largest(volume, context, apart), float(amount))
    return dice(by_network, by_shape), place


def notices(evidence: Evidence, suitability: Suitability) -> tuple[Notice, ...]:
    """What a reader should know about a segmentation, a sentence each; gravest first."""
    return (
        *_of_the_scan(evidence, suitability),
        *_of_the_networks(evidence),
        *_of_the_tree(evidence),
    )


def _of_the_scan(evidence: Evidence, suitability: Suitability) -> Iterator[Notice]:
    blood, noise = suitability.blood_hu, suitability.noise_hu
    if blood is not None and blood < LEAST_BLOOD_HU:
        yield _warning(
            "low enhancement",
            f"The enhancement is too low ({blood:.0f} HU) to tell lumen from wall by brightness: "
            "check every boundary of the map.",
        )
    if blood is not None and blood - TISSUE_HU < LEAST_CONTRAST * noise:
        yield _warning(
            "noise",
            f"The noise ({noise:.0f} HU) is close to the vessels' contrast "
            f"({blood - TISSUE_HU:.0f} HU): thin branches of the map may be noise.",
        )
    if evidence.metal is not None:
        yield _warning(
            "metal",
            f"There is metal in or beside the vessels ({evidence.metal.amount:.2g} ml): "
            "streaks hide and mimic narrowings there.",
            evidence.metal,
        )
    if evidence.dense is not None:
        yield _warning(
            "dense inflow",
            f"Contrast denser than arterial blood ({evidence.dense.amount:.0f} ml) lies beside "
            "the tree, mostly inflow in the vena cava: check that the map does not run into it.",
            evidence.dense,
        )


def _of_the_networks(evidence: Evidence) -> Iterator[Notice]:
    doubt, limit = evidence.doubt, evidence.doubt_limit
    if doubt is not None and limit is not None and doubt > limit:
        yield _warning(
            "unfamiliar scan",
            f"The networks are unsure nearly everywhere, as of scans unlike those that they were "
            f"trained on (doubt {doubt:.2f}, familiar up to {limit:.2f}): their names and "
            "percentages may be wrong.",
        )
    if evidence.agreement is not None and evidence.agreement < LEAST_AGREEMENT:
        yield _warning(
            "engines disagree",
            f"Networks and rules found different trunks (Dice {evidence.agreement:.2f}): check "
            "which of them is right before anything is measured.",
            evidence.disputed,
        )
    if evidence.networks:
        yield Notice(
            "research networks",
            "info",
            "Networks trained on synthetic data and few real scans: research use.",
        )


def _of_the_tree(evidence: Evidence) -> Iterator[Notice]:
    if evidence.guessed is not None:
        yield _warning(
            "guessed start",
            f"No great vessel was recognized: the map grew from bright tubes "
            f"({evidence.guessed.amount:.1f} ml) that may be arteries, veins or neither: check "
            "what they are, or click into the right vessel.",
            evidence.guessed,
        )
    count = len(evidence.gates)
    for n, gate in enumerate(evidence.gates[:MOST_PLACES], 1):
        yield _warning(
            "open gate",
            f"Growth was stopped at a neck {gate.amount:.0f} mm wide (place {n} of {count}): "
            "check whether a vessel ends there or goes on.",
            gate,
        )
    count = len(evidence.pieces)
    for n, piece in enumerate(evidence.pieces[:MOST_PLACES], 1):
        yield _warning(
            "broken branch",
            f"A piece of artery hangs on nothing, {piece.amount:.0f} mm from the tree (piece {n} "
            f"of {count}): check for an occlusion or a missed vessel between.",
            piece,
        )


def _warning(code: str, text: str, place: Place | None = None) -> Notice:
    severity: Severity = "warning"
    if place is None:
        return Notice(code, severity, text)
    numbers = dict(zip(PLACE, place.point_lps, strict=True)) | {"amount": place.amount}
    return Notice(code, severity, text, numbers=MappingProxyType(numbers))


def _near(context: Context, tree: np.ndarray, reach_mm: float) -> np.ndarray:
    steps = max(1, round(reach_mm / min(context.coarse.spacing_mm)))
    out = np.zeros_like(tree)
    box = held(tree, whole(tree.shape))
    if box is not None:
        box = around(box, [steps] * 3, tree.shape)
        out[box] = ndimage.binary_dilation(tree[box], iterations=steps)
    return out


def _largest(volume: Volume, context: Context, found: np.ndarray) -> tuple[float, float, float]:
    """The middle of the largest piece of an array that is not empty."""
    labels, _ = ndimage.label(found, FULL)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return _middle(volume, context, np.argwhere(labels == sizes.argmax()))


def _middle(volume: Volume, context: Context, blocks: np.ndarray) -> tuple[float, float, float]:
    """The point of the block (n,3) that lies nearest to the middle of all."""
    middle = blocks[np.linalg.norm(blocks - blocks.mean(axis=0), axis=1).argmin()]
    return _point(volume.grid.points_lps(context.coarse.voxel_at(middle)))


def _point(point_lps: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (round(float(n), 2) for n in point_lps)
    return x, y, z
