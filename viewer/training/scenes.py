"""Made-up people kept on disk, so that the same geometry is rendered again and again."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from viewer.errors import ViewerError
from viewer.networks.plan import CLASSES, CONTEXT, OTHER
from viewer.phantom.disease import DISEASES
from viewer.phantom.make import GENERATOR, make_scene
from viewer.phantom.regions import REGIONS
from viewer.phantom.scene import Scene
from viewer.phantom.tissue import texture_hu
from viewer.progress import Progress
from viewer.training.classes import UNKNOWN, classes_within
from viewer.training.crops import class_shares, nearest_place, pooled_classes, warped_index
from viewer.training.data import Patch
from viewer.training.render import RANDOM_CONTRAST, levels, rendered, scanned, smooth_noise, stained
from viewer.volume.grid import Shape

SIDE, SPACING_MM = 160, 1.0
# Whole families that no network learns from: what it does on them is what it can do.
HELD_OUT_REGIONS = ("tree", "colony")
HELD_OUT_SEED = 900_000
# The neighborhoods where vessels are most often taken for something else come more often.
HARD_REGIONS = ("carotid", "head", "abdomen", "liver")
MADE_BY = "generators.json"
_STEPS_PER_MM, _ON_WALL = 15, 128
_FINER = 2


def keep_scenes(folder: Path, count: int, first_seed: int, progress: Progress) -> None:
    """Make scenes of every region in turn, the hard ones again and again, two thirds diseased.

    Kept ones stay.
    """
    regions = [name for name in REGIONS if name not in HELD_OUT_REGIONS]
    regions += [*HARD_REGIONS, *HARD_REGIONS]

    def make(region: str, seed: int) -> np.ndarray:
        return packed(drawn_scene(region, seed, (SIDE,) * 3, SPACING_MM))

    keep(folder, range(first_seed, first_seed + count), regions, make, "Making scene", progress)


def keep(
    folder: Path,
    seeds: Sequence[int],
    regions: Sequence[str],
    make: Callable[[str, int], np.ndarray],
    doing: str,
    progress: Progress,
) -> None:
    """Keep an array of each seed, its region in turn, and note which generator made it."""
    folder.mkdir(parents=True, exist_ok=True)
    made_by = kept_scenes(folder)
    for number, seed in enumerate(seeds):
        path = folder / f"{seed}.npy"
        progress.at(number / len(seeds), f"{doing} {number + 1} of {len(seeds)}")
        if path.exists():
            continue
        np.save(path, make(regions[number % len(regions)], seed), allow_pickle=False)
        made_by[seed] = GENERATOR
        (folder / MADE_BY).write_text(json.dumps(made_by))


def kept_scenes(folder: Path) -> dict[int, int]:
    """The seed of every scene in a folder, and the version of the generator that made it.

    The first version did not note itself down.
    """
    there = folder / MADE_BY
    noted = json.loads(there.read_text()) if there.exists() else {}
    seeds = sorted(int(path.stem) for path in folder.glob("*.npy"))
    return {seed: int(noted.get(str(seed), 1)) for seed in seeds}


def drawn_scene(region: str, seed: int, shape: Shape, spacing_mm: float) -> Scene:
    """A part of a made-up person; in two thirds of all cases with a disease, where it can be."""
    rng = np.random.default_rng([seed, 99])
    wanted = {str(rng.choice(list(DISEASES))): float(rng.uniform(0.2, 1))}
    ill = rng.random() < 0.67

    def made(diseases: Mapping[str, float]) -> Scene:
        return make_scene(
            region, seed, spacing_mm=spacing_mm, shape=shape, diseases=diseases, variety=1.3
        )

    try:
        return made(wanted if ill else {})
    except ViewerError:  # this region's vessels cannot have that disease
        return made({})


def packed(scene: Scene) -> np.ndarray:
    """What of a scene is needed to render it again, uint8 (5, d, h, w).

    Tissue, distance to the wall (15 a mm, 128 on the wall), blood, stain (100 is none), and
    the centerlines.
    """
    wall = np.clip(np.rint(scene.wall_mm * _STEPS_PER_MM) + _ON_WALL, 0, 255).astype(np.uint8)
    stain = np.full(scene.grid.shape, 100, np.uint8)
    if scene.stain is not None:
        stain = np.clip(scene.stain * 100, 0, 255).astype(np.uint8)
    return np.stack([scene.tissue, wall, scene.blood, stain, centerlines(scene).astype(np.uint8)])


def centerlines(scene: Scene) -> np.ndarray:
    """The voxels on a vessel's axis and their neighbors inside its lumen (bool)."""
    tree = scene.vessels.tree
    index = np.rint(scene.grid.index(tree.points_lps)).astype(int)
    inside = np.all((index >= 0) & (index < scene.grid.shape), axis=1)
    thick = tree.radius_mm > 0.4 * min(scene.grid.spacing_mm)
    index = index[inside & thick]
    on = np.zeros(scene.grid.shape, bool)
    on[tuple(index.T)] = True
    wide = on.copy()
    for axis in range(3):
        wide |= np.roll(on, 1, axis) | np.roll(on, -1, axis)
    return wide & ((scene.wall_mm < 0) | on)


def scene_patch(
    path: Path,
    rng: np.random.Generator,
    *,
    size: int,
    random_contrast: float = RANDOM_CONTRAST,
) -> Patch:
    """A part of a kept scene, `size` voxels a side, as another scan with its exact truth."""
    kept = np.load(path, mmap_mode="r", allow_pickle=False)
    start = _start(kept, size, rng)
    box = tuple(slice(int(a), int(a) + size) for a in start)
    parts = torch.from_numpy(np.array(kept[(slice(None), *box)]))
    tissue, blood = parts[0].long(), parts[2].long()
    wall = (parts[1].float() - _ON_WALL) / _STEPS_PER_MM
    hu_of = torch.from_numpy(levels(rng, random_contrast))
    hu = hu_of[tissue]
    grain = torch.from_numpy(rng.standard_normal(hu.shape, dtype=np.float32))
    smooth = smooth_noise(len(hu), max(3, int(size / 6)), rng)
    hu += torch.from_numpy(texture_hu())[tissue] * (0.6 * smooth + 0.6 * grain)
    hu = with_partial_volume(hu, wall / SPACING_MM, hu_of[blood])
    hu = stained(hu, parts[3].float() / 100)
    classes = classes_within(tissue, blood).long()
    return Patch(scanned(hu, SPACING_MM, rng), classes, parts[4] > 0, wall / SPACING_MM)


def scene_crop(
    path: Path,
    size: int,
    spacing_mm: float,
    rng: np.random.Generator,
    *,
    random_contrast: float = RANDOM_CONTRAST,
) -> Patch:
    """A warped crop of a kept scene as another scan on a coarser grid of `spacing_mm`.

    Where it reaches beyond the scene, the edge goes on and nobody knows the class.
    """
    kept = np.load(path, mmap_mode="r", allow_pickle=False)
    shape = kept.shape[1:]
    fine_mm = spacing_mm / _FINER
    middle = np.array(shape) / 2
    index = warped_index(middle, size * _FINER, fine_mm, rng, bend=0.6, source_mm=SPACING_MM)
    place, inside = nearest_place(shape, index)
    flat = (torch.from_numpy(np.array(kept[n]).reshape(-1)) for n in (0, 2, 3))
    tissue, blood, stain = (each[place].int() for each in flat)
    stain = stain / 100
    hu = rendered(tissue, _FINER, spacing_mm, rng, stain=stain, random_contrast=random_contrast)
    classes = torch.where(inside, classes_within(tissue, blood), UNKNOWN)
    return Patch(scanned(hu, spacing_mm, rng), pooled_classes(classes, size))


def _start(kept: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Where a part begins: two times in three around a voxel of a centerline."""
    most = np.array(kept.shape[1:]) - size
    start = rng.integers(0, most + 1)
    if most.any() and rng.random() < 0.67:
        slices = rng.permutation(kept.shape[1])[:12]
        for k in slices:
            on = np.argwhere(kept[4, k])
            if len(on):
                place = np.r_[k, on[rng.integers(len(on))]]
                return np.clip(place - rng.integers(8, size - 8, 3), 0, most)
    return start


def with_partial_volume(
    hu: torch.Tensor, wall: torch.Tensor, blood_hu: torch.Tensor
) -> torch.Tensor:
    """HU where the lumen's wall (distance in voxels) cuts voxels: blood as far as they hold it."""
    outside = (wall >= 0).float()[None, None]
    around = functional.avg_pool3d(hu[None, None] * outside, 3, 1, 1)
    share = functional.avg_pool3d(outside, 3, 1, 1)
    behind = torch.where(share > 0, around / share.clamp(min=1e-3), hu[None, None])[0, 0]
    behind = torch.where(wall >= 0, hu, behind)
    part = (0.5 - wall).clamp(0, 1)
    rim = (part > 0) & (part < 1)
    level = torch.where(wall < 0, hu, blood_hu)
    return torch.where(rim, behind + part * (level - behind), hu)


def guessed_names(classes: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """What the context network might say of a crop at 1 mm (classes, d, h, w): coarse, and wrong.

    The truth at 2.5 mm, blurred; in half of all crops one class is taken for another somewhere,
    so that the fine network learns when not to believe it.
    """
    size = len(classes)
    share = class_shares(classes, max(4, round(size * SPACING_MM / CONTEXT.spacing_mm)))
    share[OTHER] += share[len(CLASSES)]
    share = functional.avg_pool3d(share[None, : len(CLASSES)], 3, 1, 1, count_include_pad=False)
    names = functional.interpolate(share, size=(size,) * 3, mode="trilinear")[0]
    if rng.random() < 0.5:
        wrong, said = rng.integers(0, len(CLASSES), 2)
        field = smooth_noise(size, 4, rng) > rng.uniform(-1, 1.5)
        moved = names[wrong] * field
        names[wrong] -= moved
        names[said] += moved
    return names ** float(rng.uniform(0.7, 2.0))
