"""Strongly warped crops of real anatomy."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from viewer.networks.plan import ARTERY, CLASSES, VEIN
from viewer.training.anatomy import SPACING_MM, Anatomy
from viewer.training.classes import UNKNOWN, class_of_tissue

# How often a crop is put on a voxel of each class: vessels and what is mistaken for them.
QUOTA = np.array([0.06, 0.36, 0.22, 0.13, 0.13, 0.08, 0.02])
KEPT = 20_000


@dataclass(frozen=True, eq=False)
class Source:
    """An anatomy with some places (n,3) of each class, to put crops on."""

    anatomy: Anatomy
    places: tuple[np.ndarray, ...]


def source_of(anatomy: Anatomy, rng: np.random.Generator) -> Source:
    """The anatomy with up to `KEPT` places of each class."""
    if anatomy.tissue is not None:
        classes = class_of_tissue()[anatomy.tissue]
    else:
        assert anatomy.classes is not None
        classes = anatomy.classes
    places = []
    for number in range(len(CLASSES)):
        found = np.flatnonzero(classes.ravel() == number)
        if len(found) > KEPT:
            found = rng.choice(found, KEPT, replace=False)
        places.append(np.stack(np.unravel_index(found, classes.shape), axis=1))
    return Source(anatomy, tuple(places))


def somewhere(source: Source, rng: np.random.Generator) -> np.ndarray:
    """An index (3,) of the anatomy to put a crop on."""
    share = QUOTA * [len(p) > 0 for p in source.places]
    if source.anatomy.tissue is None and not len(source.places[VEIN]):
        share[ARTERY] = 0
    number = rng.choice(len(share), p=share / share.sum())
    chosen = source.places[number]
    return np.asarray(chosen[rng.integers(len(chosen))], float)


def warped_index(
    center: np.ndarray,
    size: int,
    spacing_mm: float,
    rng: np.random.Generator,
    *,
    bend: float = 1.0,
    source_mm: float = SPACING_MM,
) -> torch.Tensor:
    """Where the voxels of a warped crop lie in an anatomy: fractional index (3, size, size, size).

    `center` is an index of the anatomy, whose voxels are `source_mm` wide.
    Turned by up to about 20 degrees, scaled by 0.75 to 1.3, bent smoothly (`bend` 1 is about
    7 mm over 40 mm), shifted by up to a quarter of the crop.
    """
    turn = _rotation(rng.normal(0, 0.16, 3))
    scale = np.exp(rng.normal(0, 0.1) + rng.normal(0, 0.07, 3))
    matrix = turn @ np.diag(scale) * spacing_mm / source_mm
    middle = center + rng.uniform(-0.25, 0.25, 3) * size * spacing_mm / source_mm
    axis = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"))
    index = torch.einsum("ab,bdhw->adhw", torch.tensor(matrix, dtype=torch.float32), grid)
    knots = max(4, int(size * spacing_mm / 40) + 3)
    waves = torch.tensor(rng.normal(0, 3.5 * bend / source_mm, (1, 3, knots, knots, knots)))
    waves = functional.interpolate(
        waves.float(), size=(size,) * 3, mode="trilinear", align_corners=True
    )
    return index + waves[0] + torch.tensor(middle, dtype=torch.float32)[:, None, None, None]


def _rotation(angles: np.ndarray) -> np.ndarray:
    a, b, c = angles
    first = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    second = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    third = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(first @ second @ third)


def nearest(values: np.ndarray, index: torch.Tensor, outside: int) -> torch.Tensor:
    """Values at the voxels nearest to fractional indices (3,...); `outside` beyond the array."""
    place, inside = nearest_place(values.shape, index)
    found = torch.from_numpy(values.reshape(-1))[place]
    return torch.where(inside, found, torch.tensor(outside, dtype=found.dtype))


def nearest_place(shape: tuple[int, ...], index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Which voxel of a flat array of `shape` is nearest to fractional indices (3,...).

    Beyond the array it is the nearest on its edge; the second tensor (bool) says where it is not.
    """
    place = torch.zeros(index.shape[1:], dtype=torch.int32)
    inside = torch.ones(index.shape[1:], dtype=torch.bool)
    for at, count in zip(index, shape, strict=True):
        near = (at + 0.5).floor()
        inside &= (near >= 0) & (near < count)
        place = place * count + near.clamp(0, count - 1).int()
    return place, inside


def linear(values: np.ndarray, index: torch.Tensor, outside: float) -> torch.Tensor:
    """Values between voxels at fractional indices (3,...), float32."""
    low = index.reshape(3, -1).amin(dim=1).floor().long().numpy()
    high = index.reshape(3, -1).amax(dim=1).ceil().long().numpy() + 2
    start, stop = np.clip(low, 0, None), np.minimum(high, values.shape)
    if np.any(stop - start < 2):
        return torch.full(index.shape[1:], outside)
    part = torch.from_numpy(
        np.ascontiguousarray(values[tuple(map(slice, start, stop))], dtype=np.float32)
    )
    size = torch.tensor(part.shape)[:, None, None, None]
    place = (index - torch.tensor(start)[:, None, None, None]) / (size - 1) * 2 - 1
    grid = place.flip(0).permute(1, 2, 3, 0)[None]
    found = functional.grid_sample(
        part[None, None] - outside, grid, align_corners=True, padding_mode="zeros"
    )
    return found[0, 0] + outside


def pooled_classes(classes: torch.Tensor, size: int) -> torch.Tensor:
    """Classes of a cube on `size` voxels a side; a thin vessel wins over what is round it."""
    if size == len(classes):
        return classes.long()
    share = class_shares(classes, size)
    share[[ARTERY, VEIN]] *= 1.5
    best = share.argmax(dim=0)
    return torch.where(best == len(CLASSES), UNKNOWN, best)


def class_shares(classes: torch.Tensor, size: int) -> torch.Tensor:
    """How much of each voxel of a coarser cube every class fills, `UNKNOWN` last (8, s, s, s)."""
    step = len(classes) // size
    share = torch.empty(len(CLASSES) + 1, size, size, size)
    for number, at in enumerate((*range(len(CLASSES)), UNKNOWN)):
        own = (classes == at)[None].float()
        if step * size == len(classes):
            share[number] = functional.avg_pool3d(own, step)[0]
        else:
            share[number] = functional.adaptive_avg_pool3d(own, size)[0]
    return share
