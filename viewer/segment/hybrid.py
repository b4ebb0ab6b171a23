"""Networks say what, brightness says where, and the gates of the classical engine stay."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from viewer.enhance.coarse import coarse
from viewer.enhance.distance import distance_within
from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.slabs import around, held, whole
from viewer.enhance.suitability import Suitability
from viewer.progress import Progress, silent
from viewer.segment.boundary import CLOT_HU, draw
from viewer.segment.branches import grow_branches
from viewer.segment.clean import BONE_UNEVEN, Around
from viewer.segment.confidence import confidence_of
from viewer.segment.context import Context, read_context
from viewer.segment.evidence import Found, disagreement, weigh_named
from viewer.segment.gates import FULL, opened
from viewer.segment.mask import VesselMask
from viewer.segment.named import LIKELY, SURE, bony, named_context, without_specks
from viewer.segment.naming import Naming, name_places
from viewer.segment.thin import Thin, thin_vessels
from viewer.segment.veins import grow_veins
from viewer.segment.vessels import Networks, nothing_to_start_from
from viewer.volume.volume import Volume

STRANGE_SHARE = 0.1
HINT = 10  # of 255
NEAR_MM = 15.0
ALIKE_MM = 5.0
STEADY = 0.06  # deviation of the brightness of cores along a vessel
AS_BRIGHT = 0.2
LARGE_SHARE = 0.3
BRIGHT, BRIGHT_SHARE, LEAST_BONE_ML = 0.9, 0.1, 1.0


def segment_named(
    volume: Volume,
    suitability: Suitability,
    networks: Networks,
    progress: Progress,
    *,
    sensitivity: float,
    seeds_lps: np.ndarray | None,
    block_mm: float,
) -> Found:
    """The vessels of a scan as the networks name them; see `find_vessels`."""
    great = find_great_vessels(volume, progress.part(0, 0.1))
    part = progress.part(0.1, 0.25)
    by_shape = read_context(volume, great, suitability, seeds_lps, part, block_mm)
    part = progress.part(0.25, 0.3)
    grid = coarse(volume, block_mm, part) if by_shape is None else by_shape.coarse
    part = progress.part(0.3, 0.6)
    naming = name_places(grid, networks.context, part, overlap=networks.overlap)
    part = progress.part(0.6, 0.65)
    context = named_context(volume, grid, naming, suitability, seeds_lps, by_shape, part)
    by_network = context.trunk
    thin = None
    if networks.fine is not None:
        part = progress.part(0.65, 0.72)
        thin = thin_vessels(volume, context, naming, networks.fine, part, overlap=networks.overlap)
    if by_shape is not None:
        context = merged(context, by_shape, naming, thin)
    if not context.trunk.any():
        raise nothing_to_start_from()
    part = progress.part(0.72, 0.76)
    tree = grow_branches(context, sensitivity, part, thin=thin)
    tree = attached(tree, context)
    grown, around_hu = grow_veins(context, tree, 0.6 - 0.2 * sensitivity, progress.part(0.76, 0.8))
    veins = (grown | context.veins) & ~tree
    vessel = tree | veins
    masses = Around(
        context.bone & ~vessel,
        (naming.chamber >= LIKELY) & ~vessel,
        (naming.organ >= LIKELY) & ~vessel,
        clot(context, naming, vessel),
    )
    share = 0.5 - 0.2 * sensitivity
    labels = draw(volume, context, tree, veins, around_hu, masses, share, progress.part(0.8, 1.0))
    by_fine = None if thin is None else thin.vessel
    sure = confidence_of(labels, grid, naming, by_fine, by_shape)
    evidence = weigh_named(volume, context, tree, naming, networks.asked)
    if by_shape is not None:
        agreement, disputed = disagreement(volume, context, by_network, by_shape.trunk)
        evidence = replace(evidence, agreement=agreement, disputed=disputed)
    return Found(VesselMask(labels, volume.grid, confidence=sure), evidence)


def merged(named: Context, by_shape: Context, naming: Naming, thin: Thin | None = None) -> Context:
    """What both engines found, except where the network is sure of something else.

    Bone is believed only where it is as uneven as bone, there even on a hint, and never in the
    round chain of spots from which the rules' tree grew. Whether organs are nearly as bright as
    blood either engine may have seen: the network knows organs, the rules what is deep and soft.
    Thin bone and what touches it look alike on coarse blocks: there the fine network decides.
    """
    other = np.maximum(naming.chamber, naming.dense)
    no_artery = np.maximum(naming.organ, other) >= SURE
    other = np.maximum(naming.bone, other)
    levels = named.levels if by_shape.levels.blood != named.levels.blood else by_shape.levels
    crowded = by_shape.levels.crowded or named.levels.crowded
    if crowded:  # else what is reached from the aorta and as bright is no vein
        no_artery |= naming.vein >= SURE
    even = by_shape.texture < BONE_UNEVEN
    hard = (naming.bone > naming.artery) & (naming.bone >= HINT) & ~even & ~by_shape.aorta
    hard &= ~steady(by_shape, hard)
    if thin is not None:
        hard &= thin.vessel < LIKELY
    no_artery |= hard
    seen = naming.artery[by_shape.trunk] >= LIKELY
    if seen.size and seen.mean() < STRANGE_SHARE:  # an anatomy that the network does not know
        no_artery = (naming.chamber >= SURE) | faint_bone(by_shape, naming)
    trunk = named.trunk | (by_shape.trunk & ~no_artery)
    veins = ((named.veins & even) | (by_shape.veins & (other < SURE))) & ~trunk
    return replace(
        by_shape,
        levels=replace(levels, crowded=crowded),
        trunk=trunk,
        aorta=by_shape.aorta | named.aorta,
        stopped=(by_shape.stopped | named.stopped) & ~trunk,
        veins=veins,
        soft=by_shape.soft | named.soft,
        bone=(by_shape.bone | named.bone) & ~trunk & ~veins,
        hot=by_shape.hot & ~trunk & ~veins,
    )


def steady(by_shape: Context, disputed: np.ndarray) -> np.ndarray:
    """Where the cores of a trunk are as bright as blood and alike for a way (bool).

    That is how an artery too thin to be even looks on coarse blocks; a bone's cortex and marrow
    differ from place to place. Looked at only around what is `disputed` (bool).
    """
    grid, out = by_shape.coarse, np.zeros(disputed.shape, bool)
    reach = [max(1, round(ALIKE_MM / s)) for s in grid.spacing_mm]
    found = held(disputed & by_shape.trunk, whole(disputed.shape))
    if found is None:
        return out
    box = around(found, [n + 1 for n in reach], disputed.shape)
    size = [2 * n + 1 for n in reach]
    within = by_shape.trunk[box].astype(np.float32)
    core = ndimage.maximum_filter(grid.hu[box].astype(np.float32), 3)
    share = np.maximum(ndimage.uniform_filter(within, size), 1e-6)
    mean = ndimage.uniform_filter(core * within, size) / share
    spread = ndimage.uniform_filter(core * core * within, size) / share - mean * mean
    blood = by_shape.levels.blood
    alike = spread < (STEADY * mean) ** 2
    out[box] = alike & (np.abs(mean - blood) < AS_BRIGHT * blood) & by_shape.trunk[box]
    return out


def faint_bone(by_shape: Context, naming: Naming) -> np.ndarray:
    """The pieces of a trunk that the network calls bone and that are nowhere as bright as blood.

    In an anatomy that it does not know a network calls arteries bone too, but those are bright.
    """
    found = by_shape.trunk & bony(naming) & ~by_shape.aorta
    labels, count = ndimage.label(found, FULL)
    bright = found & (by_shape.coarse.hu > by_shape.levels.at(BRIGHT))
    size = np.bincount(labels[found], minlength=count + 1)
    faint = np.bincount(labels[bright], minlength=count + 1) < BRIGHT_SHARE * size
    faint &= size * by_shape.coarse.voxel_mm3 / 1000 > LEAST_BONE_ML
    return np.asarray(faint[labels])


def attached(tree: np.ndarray, context: Context) -> np.ndarray:
    """The largest piece of a tree (bool), and others that lie near it or are large themselves.

    What is bright and round in the bowel hangs on nothing; beyond an occlusion much may, and where
    the start was guessed every piece that holds a start.
    """
    labels, count = ndimage.label(tree, FULL)
    if count < 2:
        return tree
    size = np.bincount(labels.ravel(), minlength=count + 1)
    size[0] = 0
    keep = size >= LARGE_SHARE * size.max()
    far = distance_within(~keep[labels], context.coarse.spacing_mm, NEAR_MM + 1, silent())
    keep[labels[far <= NEAR_MM]] = True
    if context.guessed:
        keep[np.unique(labels[context.aorta & context.trunk])] = True
    keep[0] = False
    return np.asarray(keep[labels])


def clot(context: Context, naming: Naming, vessel: np.ndarray) -> np.ndarray:
    """What an artery holds besides bright blood (bool): at least a few voxels thick."""
    grid = context.coarse
    dark = (naming.artery >= LIKELY) & ~vessel & ~context.bone & context.inside
    dark &= (grid.hu > CLOT_HU) & (grid.hu < context.levels.at(0.6))
    thick = opened(dark)
    return without_specks(thick, naming.artery, grid.voxel_mm3)
