"""Endless batches for the networks, each patch from its own seed."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch

from viewer.networks.plan import ARTERY, CLASSES, ORGAN, VEIN
from viewer.networks.scaled import scaled
from viewer.phantom.tissue import Tissue
from viewer.training.classes import UNKNOWN
from viewer.training.crops import (
    Source,
    linear,
    nearest,
    pooled_classes,
    somewhere,
    warped_index,
)
from viewer.training.render import blurred, furnish, rendered, scanned


@dataclass(frozen=True, eq=False)
class Patch:
    """HU (d,h,w) with its classes (`UNKNOWN` where nobody knows).

    `tube` (bool, on a centerline) and `wall` (signed distance to the lumen wall in voxels) are
    None where the truth has no exact vessels; `names` (classes,d,h,w) is what another network
    has said of it.
    """

    hu: torch.Tensor
    classes: torch.Tensor
    tube: torch.Tensor | None = None
    wall: torch.Tensor | None = None
    names: torch.Tensor | None = None


def anatomy_patch(source: Source, size: int, spacing_mm: float, rng: np.random.Generator) -> Patch:
    """A warped crop of a real body: its scan where there is one, else rendered from its labels."""
    anatomy = source.anatomy
    place = somewhere(source, rng)
    if anatomy.tissue is None:
        return _scan_patch(source, place, size, spacing_mm, rng)
    factor = 2 if spacing_mm > 1.6 else 1
    index = warped_index(place, size * factor, spacing_mm / factor, rng)
    tissue = nearest(anatomy.tissue, index, int(Tissue.AIR))
    tissue, classes = furnish(tissue, spacing_mm / factor, rng)
    hu = rendered(tissue, factor, spacing_mm, rng)
    return Patch(scanned(hu, spacing_mm, rng), pooled_classes(classes, size))


def _scan_patch(
    source: Source, place: np.ndarray, size: int, spacing_mm: float, rng: np.random.Generator
) -> Patch:
    anatomy = source.anatomy
    assert anatomy.hu is not None
    assert anatomy.classes is not None
    index = warped_index(place, size, spacing_mm, rng, bend=0.6)
    classes = nearest(anatomy.classes, index, UNKNOWN).long()
    hu = linear(anatomy.hu, index, -1024.0)
    if rng.random() < 0.6:
        gain = np.ones(len(CLASSES) + 1, np.float32)
        gain[[ARTERY, VEIN, ARTERY + 3, ORGAN]] = np.exp(rng.normal(-0.15, 0.35, 4))
        of = torch.from_numpy(gain)[torch.where(classes == UNKNOWN, len(CLASSES), classes)]
        hu = torch.where(hu > 50, 50 + (hu - 50) * blurred(of, 0.7), hu)
    if rng.random() < 0.5:
        hu = hu + float(rng.uniform(2, 20)) * torch.from_numpy(
            rng.standard_normal(hu.shape, dtype=np.float32)
        )
    return Patch(hu.clamp(-1024, 3071), classes)


def cut_short(patch: Patch, rng: np.random.Generator) -> Patch:
    """The patch as part of a scan that ends inside it: its edge goes on, as `tiles.cut` does it.

    Mostly few slices are left, now and then a narrow field of view.
    """
    size = len(patch.hu)
    hu, classes = patch.hu, patch.classes.clone()
    for axis in (0, *rng.permutation([1, 2])[: int(rng.integers(0, 3)) // 2]):
        length = int(rng.integers(size // 5, size))
        start = int(rng.integers(0, size - length + 1))
        at = torch.arange(size).clamp(start, start + length - 1)
        hu = hu.index_select(int(axis), at)
        beyond = at != torch.arange(size)
        classes.movedim(int(axis), 0)[beyond] = UNKNOWN
    return replace(patch, hu=hu, classes=classes)


def as_input(hu: torch.Tensor) -> torch.Tensor:
    """The channels (2,d,h,w) that a network sees of HU (d,h,w)."""
    return torch.from_numpy(scaled(hu.numpy()))


Maker = Callable[[np.random.Generator], Patch]
Made = TypeVar("Made")


def mixed(makers: Sequence[tuple[float, Maker]]) -> Maker:
    """A maker that picks one of several, each with its share."""
    share = np.array([weight for weight, _ in makers], float)
    share /= share.sum()

    def make(rng: np.random.Generator) -> Patch:
        return makers[rng.choice(len(makers), p=share)][1](rng)

    return make


def made_ahead(
    make: Callable[[np.random.Generator], Made], seed: int, first: int, ahead: int = 6
) -> Iterator[Made]:
    """Patches from number `first` on, made in a thread while others are used.

    Patch n comes from (seed, n) alone, so a run that resumes goes on where it stopped.
    """

    def one(number: int) -> Made:
        return make(np.random.default_rng([seed, number]))

    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(one, first + n) for n in range(ahead)]
        for number in itertools.count(first + ahead):
            done = waiting.pop(0).result()
            waiting.append(pool.submit(one, number))
            yield done


def batches(
    make: Callable[[np.random.Generator], Made], size: int, seed: int, first: int
) -> Iterator[list[Made]]:
    """Batches of `size` patches from batch number `first` on."""
    stream = made_ahead(make, seed, first * size)
    while True:
        yield [next(stream) for _ in range(size)]
