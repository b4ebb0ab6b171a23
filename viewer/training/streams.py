"""What each network learns from: which sources, in which shares."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from viewer.networks.plan import CONTEXT, FINE, RESTORE
from viewer.training.anatomy import Anatomy, load
from viewer.training.crops import source_of
from viewer.training.data import (
    Maker,
    Patch,
    anatomy_patch,
    batches,
    cut_short,
    mixed,
)
from viewer.training.render import RANDOM_CONTRAST
from viewer.training.restoring import restoring_stream
from viewer.training.scenes import HELD_OUT_SEED, SPACING_MM, guessed_names, scene_crop, scene_patch
from viewer.training.train import Batch, Lesson, batch_of

PATCH = 64
BATCH = 4
SEED = 11
# Shares of the anatomies; those of other hearts in the same chest divide `HEARTS` among them.
SHARE = {
    "bodyparts": 0.14,
    "abdomen": 0.15,
    "neck": 0.06,
    "chest-real": 0.24,
    "chest-rendered": 0.09,
    "venous-abdomen": 0.03,
    "venous-chest": 0.02,
    "venous-neck": 0.02,
}
HEARTS = 0.2
CUT_SHORT = 0.25
SCENES = {"context": 0.33, "fine": 0.55}


def stream_of(name: str, work: Path, first: int) -> Iterator[Lesson]:
    """Batches for a network from what was prepared in a folder, from batch number `first` on."""
    anatomies = load(work / "anatomy")
    if name == RESTORE.name:
        return restoring_stream(anatomies, sorted((work / "people").glob("*.npy")), first)
    scenes = sorted((work / "scenes").glob("*.npy"))
    if name == CONTEXT.name:
        return context_stream(anatomies, scenes, first)
    return fine_stream(anatomies, scenes, first)


def maker(
    name: str, anatomies: Sequence[Anatomy], scenes: Sequence[Path], size: int, spacing_mm: float
) -> Maker:
    """Makes patches for a network from bodies and from kept scenes of the generator."""
    rng = np.random.default_rng(SEED)
    hearts = max(1, sum(a.name not in SHARE for a in anatomies))
    makers: list[tuple[float, Maker]] = []
    for anatomy in anatomies:
        source = source_of(anatomy, rng)
        share = SHARE.get(anatomy.name, HEARTS / hearts)
        makers.append((share, partial(anatomy_patch, source, size, spacing_mm)))
    kept = [path for path in scenes if int(path.stem) < HELD_OUT_SEED]
    if kept:
        total = sum(share for share, _ in makers)
        share = SCENES[name] / (1 - SCENES[name]) * total
        makers.append((share, partial(_from_scene, kept, size, spacing_mm)))
    return mixed(makers)


def _from_scene(
    kept: Sequence[Path],
    size: int,
    spacing_mm: float,
    rng: np.random.Generator,
    *,
    random_contrast: float = RANDOM_CONTRAST,
) -> Patch:
    path = kept[int(rng.integers(len(kept)))]
    if spacing_mm == SPACING_MM:
        return scene_patch(path, rng, size=size, random_contrast=random_contrast)
    return scene_crop(path, size, spacing_mm, rng, random_contrast=random_contrast)


def context_stream(
    anatomies: Sequence[Anatomy], scenes: Sequence[Path], first: int
) -> Iterator[Batch]:
    """Batches for the context network from batch number `first` on."""
    whole = maker(CONTEXT.name, anatomies, scenes, PATCH, CONTEXT.spacing_mm)

    def make(rng: np.random.Generator) -> Patch:
        patch = whole(rng)
        return cut_short(patch, rng) if rng.random() < CUT_SHORT else patch

    return map(batch_of, batches(make, BATCH, SEED, first))


def fine_stream(
    anatomies: Sequence[Anatomy], scenes: Sequence[Path], first: int
) -> Iterator[Batch]:
    """Batches for the fine network, with what the context network might say of them."""
    make = maker(FINE.name, anatomies, scenes, PATCH, FINE.spacing_mm)

    def named(rng: np.random.Generator) -> Patch:
        patch = make(rng)
        return replace(patch, names=guessed_names(patch.classes, rng))

    return map(batch_of, batches(named, BATCH, SEED + 1, first))


def held_out_stream(name: str, scenes: Sequence[Path]) -> Iterator[Batch]:
    """Batches of people of the generator that no network learned from, as CT shows them.

    A quarter are parts of scans that end inside the patch, as in training.
    """
    plan = CONTEXT if name == CONTEXT.name else FINE

    def make(rng: np.random.Generator) -> Patch:
        patch = _from_scene(scenes, PATCH, plan.spacing_mm, rng, random_contrast=0.0)
        if rng.random() < CUT_SHORT:
            patch = cut_short(patch, rng)
        names = guessed_names(patch.classes, rng) if name == FINE.name else None
        return replace(patch, names=names)

    return map(batch_of, batches(make, BATCH, HELD_OUT_SEED, 0))
