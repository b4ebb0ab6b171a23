"""What restoration learns from, before any scanner has seen it: painted people, and real scans."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viewer.phantom.appearance import make_appearance, paint
from viewer.phantom.blur import blur
from viewer.phantom.regions import REGIONS
from viewer.progress import Progress
from viewer.training.anatomy import SPACING_MM as ANATOMY_MM
from viewer.training.anatomy import Anatomy
from viewer.training.scenes import (
    HARD_REGIONS,
    HELD_OUT_REGIONS,
    drawn_scene,
    keep,
)

SHAPE, SPACING_MM = (160, 112, 112), 0.6
CONTRAST_OF_NO_CT = 0.1
AT_VESSEL = 0.75
_WALL_STEPS = 100  # a millimeter
_NEAR_WALL_MM = 0.9
_QUIET_MM = 0.6  # of blur: voxels of 1.5 mm have little noise left, under 5 HU
_LARGER = (0.75, 1.35)


@dataclass(frozen=True, eq=False)
class Truth:
    """HU (k,j,i) float32 as they are, on cubes of `spacing_mm`, and where vessel walls run."""

    hu: np.ndarray
    wall: np.ndarray
    spacing_mm: float


def keep_people(
    folder: Path, count: int, first_seed: int, progress: Progress, *, held_out: bool = False
) -> None:
    """Paint parts of made-up people on voxels of `SPACING_MM`; kept ones stay.

    Those held out are in part of whole families that are never learned from.
    """
    regions = [name for name in REGIONS if name not in HELD_OUT_REGIONS]
    regions += [*HARD_REGIONS, *HELD_OUT_REGIONS * 2] if held_out else [*HARD_REGIONS]

    def make(region: str, seed: int) -> np.ndarray:
        scene = drawn_scene(region, seed, SHAPE, SPACING_MM)
        rng = np.random.default_rng([seed, 98])
        look = make_appearance(rng, random_contrast=0.0 if held_out else CONTRAST_OF_NO_CT)
        hu = np.clip(paint(scene, look, rng), -1024, 3071)
        wall = np.clip(scene.wall_mm * _WALL_STEPS, -9999, 9999)
        return np.rint([hu, wall]).astype(np.int16)

    seeds = range(first_seed, first_seed + count)
    keep(folder, seeds, regions[::-1], make, "Painting person", progress)


def person(path: Path, shape: Sequence[int], rng: np.random.Generator) -> Truth:
    """A part of at most `shape` voxels of a kept person, larger or smaller than made, mirrored.

    Mostly there is a vessel's wall about its middle.
    """
    kept = np.load(path, mmap_mode="r", allow_pickle=False)
    walls = np.argwhere(np.abs(kept[1, ::2, ::2, ::2]) < _NEAR_WALL_MM * _WALL_STEPS)
    about = None
    if len(walls) and rng.random() < AT_VESSEL:
        about = 2 * walls[rng.integers(len(walls))]
    hu, wall = _part(kept, shape, rng, about)
    near = np.abs(wall) < _NEAR_WALL_MM * _WALL_STEPS
    return Truth(hu.astype(np.float32), near, SPACING_MM * float(rng.uniform(*_LARGER)))


def coarser(truth: Truth) -> Truth:
    """The same in voxels twice as large, which small vessels hardly fill."""
    a, b, c = (n // 2 for n in truth.hu.shape)
    hu, wall = (
        x[: 2 * a, : 2 * b, : 2 * c].reshape(a, 2, b, 2, c, 2) for x in (truth.hu, truth.wall)
    )
    mean = hu.mean(axis=(1, 3, 5), dtype=np.float32)
    return Truth(mean, np.asarray(wall.any(axis=(1, 3, 5))), 2 * truth.spacing_mm)


def real(anatomy: Anatomy, shape: Sequence[int], rng: np.random.Generator) -> Truth:
    """A part of a real scan in coarse voxels, a little blurred, taken for a body half as large."""
    assert anatomy.hu is not None
    (hu,) = _part(anatomy.hu[None], shape, rng)
    quiet = blur(hu.astype(np.float32), [_QUIET_MM / ANATOMY_MM] * 3)
    nowhere = np.zeros(quiet.shape, bool)
    return Truth(quiet, nowhere, ANATOMY_MM / 2 * float(rng.uniform(*_LARGER)))


def _part(
    kept: np.ndarray,
    shape: Sequence[int],
    rng: np.random.Generator,
    about: np.ndarray | None = None,
) -> np.ndarray:
    """A box of (n,k,j,i), anywhere or with `about` (k,j,i) well inside; mirrored and turned."""
    size = np.minimum(shape, kept.shape[1:])
    most = np.array(kept.shape[1:]) - size
    start = rng.integers(0, most + 1)
    if about is not None:
        start = np.clip(about - rng.integers(size // 5, size - size // 5), 0, most)
    box = tuple(slice(int(a), int(a + n)) for a, n in zip(start, size, strict=True))
    out = np.array(kept[(slice(None), *box)])
    out = out[:, :: rng.choice([1, -1]), :: rng.choice([1, -1]), :: rng.choice([1, -1])]
    return out.swapaxes(2, 3) if rng.random() < 0.5 else out
