"""How bright one person's tissues are, and a scene painted with them."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from scipy.spatial import cKDTree

from viewer.enhance.tube_voltage import IODINE_AT_KVP
from viewer.phantom.blur import blur, grain
from viewer.phantom.levels import levels
from viewer.phantom.scan import part_inside
from viewer.phantom.scene import Scene
from viewer.phantom.tissue import (
    BLOOD,
    PHASES,
    SIZE,
    Phase,
    Tissue,
    mean_hu,
    spread_hu,
    texture_hu,
)

# What rises and falls together from person to person, and how much of the spread is shared.
_TOGETHER: tuple[tuple[float, tuple[Tissue, ...]], ...] = (
    (0.97, (Tissue.ARTERY, Tissue.LEFT_HEART, Tissue.PULMONARY_VEIN)),
    (0.95, (Tissue.RIGHT_HEART, Tissue.PULMONARY_ARTERY)),
    (0.8, (Tissue.CAVAL, Tissue.PORTAL, Tissue.RENAL_VEIN, Tissue.HEPATIC_VEIN)),
    (0.7, (Tissue.LIVER, Tissue.SPLEEN, Tissue.KIDNEY, Tissue.PANCREAS, Tissue.BOWEL_WALL)),
    (0.7, (Tissue.HEART_WALL, Tissue.THYROID, Tissue.GLAND, Tissue.TUMOR)),
    (0.8, (Tissue.CORTEX, Tissue.MARROW, Tissue.CARTILAGE)),
)
_LEFT_SIDE = list(_TOGETHER[0][1])
_RIGHT_SIDE = list(_TOGETHER[1][1])
_BLOOD = sorted(BLOOD)
_LAYERING = (Tissue.INFLOW, Tissue.CAVAL, Tissue.RIGHT_HEART, Tissue.RENAL_VEIN)
_KEPT_AT_RANDOM = {Tissue.AIR, Tissue.GAS, Tissue.AIRWAY, Tissue.LUNG, Tissue.TABLE, Tissue.METAL}

# The grain of a tissue's unevenness is fine (a tenth of a centimeter) or coarse; share of fine.
_FINE_SHARE = np.full(SIZE, 0.5, np.float32)
_FINE_SHARE[[Tissue.MARROW, Tissue.CORTEX, Tissue.LUNG, Tissue.CALCIUM, Tissue.TOOTH]] = 0.85
_FINE_SHARE[[Tissue.INFLOW, Tissue.CAVAL, Tissue.RIGHT_HEART, Tissue.ORAL_CONTRAST]] = 0.1
_FINE_SHARE[Tissue.FAT] = 0.35
FINE_MM, COARSE_MM = 0.8, 5.0

# Tissues other than blood are known by whole voxels: this blur (voxels) makes up for it.
SOFT = 0.6
_SHELL = 1.7
_THIN = 1.0


@dataclass(frozen=True, eq=False)
class Appearance:
    """How one person looks on one scan.

    `hu` and `plain_hu` (`SIZE`,) are the levels with and without iodine, `texture_hu` the
    unevenness inside a tissue. `layering` is the share by which contrast in veins is denser at
    the back, `vessel_spread` that by which enhancement differs from vessel to vessel.
    `by_chance` marks contrast that is no CT's.
    """

    phase: Phase
    kvp: int
    hu: np.ndarray
    plain_hu: np.ndarray
    texture_hu: np.ndarray
    layering: float = 0.0
    vessel_spread: float = 0.01
    by_chance: bool = False

    def __post_init__(self) -> None:
        for each in (self.hu, self.plain_hu, self.texture_hu):
            each.flags.writeable = False


def make_appearance(
    rng: np.random.Generator,
    *,
    phase: Phase | None = None,
    kvp: int | None = None,
    random_contrast: float = 0.2,
) -> Appearance:
    """A person's levels; phase and tube voltage by chance unless given.

    In `random_contrast` of all cases the soft tissues' levels change places, as on another kind
    of scanner: blood stands out, air stays dark.
    """
    drawn: Phase = phase or PHASES[int(rng.choice(4, p=[0.6, 0.13, 0.22, 0.05]))]
    volts = kvp or int(rng.choice([80, 100, 120, 140], p=[0.1, 0.35, 0.5, 0.05]))
    assert drawn in get_args(Phase)
    hu, plain = _levels(rng, drawn, volts)
    by_chance = bool(rng.random() < random_contrast)
    if by_chance:
        hu = _by_chance(rng, hu)
        plain = np.minimum(plain, hu)
    return Appearance(
        drawn,
        volts,
        hu.astype(np.float32),
        plain.astype(np.float32),
        texture_hu() * np.float32(rng.uniform(0.7, 1.3)),
        layering=float(rng.uniform(0, 0.12)),
        vessel_spread=float(rng.uniform(0.002, 0.02)),
        by_chance=by_chance,
    )


def _levels(rng: np.random.Generator, phase: Phase, kvp: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels with and without iodine (`SIZE`,) of one person."""
    mean, plain, best = mean_hu(phase, kvp), mean_hu("plain", kvp), mean_hu("arterial", kvp)
    z = rng.normal(size=SIZE)
    for share, group in _TOGETHER:
        common = rng.normal()
        for tissue in group:
            z[tissue] = np.sqrt(share) * common + np.sqrt(1 - share) * z[tissue]
    spread = spread_hu().astype(float)
    # blood differs from person to person by what it has taken up of the contrast
    gain = np.abs(mean - plain)[_BLOOD] / np.maximum(np.abs(best - plain)[_BLOOD], 25)
    spread[_BLOOD] *= np.clip(gain, 0.08, 1.5) * (IODINE_AT_KVP[kvp] if phase != "plain" else 1)
    z = np.clip(z, -2.2, 2.5)
    hu = mean + spread * z
    plain = plain + np.minimum(spread, 8) * z * 0.5
    if phase == "arterial":
        _opacify(rng, hu)
    elif phase == "portal":  # vessels stand out of the liver even then
        hu[_BLOOD] = np.maximum(hu[_BLOOD], hu[Tissue.LIVER] + rng.uniform(15, 60))
    hu[Tissue.INFLOW] = np.clip(hu[Tissue.INFLOW], hu[Tissue.CAVAL], 3071)
    hu[_BLOOD] = np.maximum(hu[_BLOOD], 28)
    hu[Tissue.LUNG] = np.clip(hu[Tissue.LUNG], -920, -680)
    hu[Tissue.CORTEX] = max(hu[Tissue.CORTEX], hu[Tissue.MARROW] + 150)
    hu[Tissue.MARROW] = max(hu[Tissue.MARROW], 40)
    hu[Tissue.ORAL_CONTRAST] = max(hu[Tissue.ORAL_CONTRAST], 80)
    hu[Tissue.CALCIUM] = max(hu[Tissue.CALCIUM], 350)
    return hu, plain


def _opacify(rng: np.random.Generator, hu: np.ndarray) -> None:
    """Arteries of 180 HU or more, but in a tenth of all people a poor bolus."""
    if rng.random() < 0.1:
        hu[_LEFT_SIDE] *= rng.uniform(110, 180) / hu[Tissue.ARTERY]
        hu[_RIGHT_SIDE] *= rng.uniform(0.4, 1.0)
    elif hu[Tissue.ARTERY] < 180:
        hu[_LEFT_SIDE] *= rng.uniform(180, 240) / hu[Tissue.ARTERY]


def _by_chance(rng: np.random.Generator, hu: np.ndarray) -> np.ndarray:
    """The levels of soft tissue and bone in another order, blood apart from all of the common."""
    out = hu.copy()
    solid = [t for t in Tissue if t not in BLOOD and t not in _KEPT_AT_RANDOM]
    out[solid] = np.clip(out[rng.permutation(solid)], -150, 700)
    usual = out[[Tissue.FAT, Tissue.MUSCLE, Tissue.HEART_WALL, Tissue.LIVER, Tissue.BRAIN]]
    tried = rng.uniform(-150, 800, 12)
    apart = np.abs(tried[:, None] - usual).min(axis=1)
    artery = tried[int(np.argmax(apart))]
    vein = artery if rng.random() < 0.5 else rng.uniform(-100, 700)
    out[_BLOOD] = vein + rng.normal(0, 15, len(_BLOOD))
    out[_LEFT_SIDE] = artery + rng.normal(0, 8, len(_LEFT_SIDE))
    return out


def paint(scene: Scene, appearance: Appearance, rng: np.random.Generator) -> np.ndarray:
    """A scene in HU (float32) before any scanner has seen it.

    Where the lumen's wall cuts a voxel its level follows from the share inside, which comes from
    the signed distance; thinner tubes than a voxel keep their cross-section.
    """
    hu = levels(scene, appearance.hu)
    voxel_mm = max(scene.grid.spacing_mm)
    wall = scene.wall_mm.reshape(-1)
    near = np.flatnonzero(scene.wall_mm < 0.5 * voxel_mm)
    # what lies behind the wall is continued into the lumen, so that the blur takes up no blood
    shell = near[(wall[near] < 0) & (wall[near] > -_SHELL * voxel_mm)]
    behind = _behind(scene, shell)
    flat = hu.reshape(-1)
    flat[shell[behind >= 0]] = flat[behind[behind >= 0]]
    flat = (hu := blur(hu, (SOFT, SOFT, SOFT))).reshape(-1)
    share = _share(scene, near)
    level = _blood_hu(scene, appearance, near, rng)
    alone = np.zeros(flat.shape, bool)
    alone[shell[behind < 0]] = True
    share[alone[near]] = 1
    flat[near] += share * (level - flat[near])
    _stain(scene, appearance, hu)
    _texture(scene, appearance, hu, rng)
    return hu


def _share(scene: Scene, near: np.ndarray) -> np.ndarray:
    """How much of each of the voxels `near` a wall lies in the lumen."""
    wall = scene.wall_mm.reshape(-1)[near]
    radius = _radius(scene, near)
    share = part_inside(wall + radius, radius, _width(scene, near))
    return np.asarray(share, np.float32)


def _width(scene: Scene, near: np.ndarray) -> np.ndarray:
    """Width of the voxel across the wall (mm), one for all where voxels are cubes."""
    spacing = np.array(scene.grid.spacing_mm, np.float32)
    if spacing.max() < 1.01 * spacing.min():
        return np.asarray(spacing.mean())
    low, high = _neighbors(scene.grid.shape, near)
    flat = scene.wall_mm.reshape(-1)
    slope = np.stack([flat[b] - flat[a] for a, b in zip(low, high, strict=True)]) / (
        2 * spacing[:, None]
    )
    steep = np.maximum(np.sqrt((slope**2).sum(axis=0)), 1e-6)
    width = np.sqrt(((slope * spacing[:, None]) ** 2).sum(axis=0)) / steep
    flat_on = np.sqrt(np.mean(spacing**2))
    return np.where(steep > 0.2, width, flat_on).astype(np.float32)


def _neighbors(
    shape: tuple[int, ...], near: np.ndarray, step: int = 1
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Flat indices of the neighbors before and after along each axis, kept inside the grid."""
    strides = (shape[1] * shape[2], shape[2], 1)
    index = np.unravel_index(near, shape)
    low = [near - s * np.minimum(at, step) for s, at in zip(strides, index, strict=True)]
    high = [
        near + s * np.minimum(n - 1 - at, step)
        for s, at, n in zip(strides, index, shape, strict=True)
    ]
    return low, high


def _radius(scene: Scene, near: np.ndarray) -> np.ndarray:
    """Radius (mm) of the vessel at voxels: its mean, and where it is thin that of the place."""
    branches = scene.vessels.tree.branches
    number = scene.branch.reshape(-1)[near]
    mean = np.array([b.radius_mm.mean() for b in branches] + [5.0], np.float32)
    out = mean[number]
    limit = _THIN * max(scene.grid.spacing_mm)
    thin = np.array([bool(b.radius_mm.min() < limit) for b in branches] + [False])
    where = np.flatnonzero(thin[number])
    if len(where):
        index = np.stack(np.unravel_index(near[where], scene.grid.shape), axis=1)
        there = [b for b, t in zip(branches, thin, strict=False) if t]
        points = np.concatenate([b.points_lps for b in there])
        radius = np.concatenate([b.radius_mm for b in there])
        places = cKDTree(points, balanced_tree=False, compact_nodes=False)
        out[where] = radius[places.query(scene.grid.points_lps(index))[1]]
    return out


def _behind(scene: Scene, rim: np.ndarray) -> np.ndarray:
    """For each voxel inside the rim of a lumen the nearest neighbor outside it (-1 where none)."""
    wall = scene.wall_mm.reshape(-1)
    behind = np.full(len(rim), -1)
    for step in (1, 2):
        missing = np.flatnonzero(behind < 0)
        if not len(missing):
            break
        low, high = _neighbors(scene.grid.shape, rim[missing], step)
        sides = np.stack(low + high)
        best = sides[np.argmax(wall[sides], axis=0), np.arange(len(missing))]
        behind[missing] = np.where(wall[best] >= 0, best, -1)
    return behind


def _blood_hu(
    scene: Scene, appearance: Appearance, near: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Level of the blood at the voxels `near` a lumen: a little other in each vessel, layered."""
    blood = scene.blood.reshape(-1)[near]
    plain = appearance.plain_hu[blood]
    gain = np.ones(len(scene.vessels.tree.branches) + 1, np.float32)
    drift = rng.normal(0, appearance.vessel_spread, len(gain))
    for number, branch in enumerate(scene.vessels.tree.branches):
        gain[number] = (gain[branch.parent] if branch.parent >= 0 else 1) * (1 + drift[number])
    enhanced = (appearance.hu[blood] - plain) * gain[scene.branch.reshape(-1)[near]]
    if appearance.layering > 0:
        lying = np.flatnonzero(np.isin(blood, _LAYERING))
        low, high = _neighbors(scene.grid.shape, near[lying], 2)
        flat = scene.wall_mm.reshape(-1)
        deeper = (flat[high[1]] - flat[low[1]]) / (4 * scene.grid.spacing_mm[1])
        enhanced[lying] *= 1 + np.float32(appearance.layering) * np.clip(deeper, -1, 1)
    return plain + enhanced


def _stain(scene: Scene, appearance: Appearance, hu: np.ndarray) -> None:
    """Multiply the enhancement where the scene is stained."""
    if scene.stain is None:
        return
    where = (scene.stain != 1) & (scene.tissue != Tissue.METAL)
    plain = appearance.plain_hu[scene.tissue[where]]
    hu[where] = plain + scene.stain[where] * (hu[where] - plain)


def _texture(
    scene: Scene, appearance: Appearance, hu: np.ndarray, rng: np.random.Generator
) -> None:
    """Add each tissue's unevenness, of fine and of coarse grain."""
    spacing = np.array(scene.grid.spacing_mm)
    for mm, share in ((FINE_MM, _FINE_SHARE), (COARSE_MM, 1 - _FINE_SHARE)):
        uneven = grain(rng, hu.shape, mm / spacing)
        uneven *= (appearance.texture_hu * np.sqrt(share)).take(scene.tissue)
        hu += uneven
