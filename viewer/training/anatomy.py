"""Real anatomy that may train: label maps and scans, brought to one grid and one vocabulary."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from viewer.errors import ViewerError
from viewer.phantom.tissue import Tissue
from viewer.progress import Progress

SPACING_MM = 1.5


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One person's body on an axial grid of `SPACING_MM`, slices upward, rows back, columns left.

    `tissue` uint8 by `Tissue`, or None where only `classes` (uint8 of the networks, 255 unknown)
    and the real `hu` (int16) are known.
    """

    name: str
    tissue: np.ndarray | None
    classes: np.ndarray | None = None
    hu: np.ndarray | None = None


def load(folder: Path) -> list[Anatomy]:
    """All anatomy that `prepare` wrote into a folder; raises `ViewerError` where there is none."""
    found = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
        found.append(Anatomy(path.stem, parts.get("tissue"), parts.get("classes"), parts.get("hu")))
    if not found:
        raise ViewerError(f"No prepared anatomy lies in {folder}; run `train --prepare` first.")
    return found


def save(anatomy: Anatomy, folder: Path) -> None:
    """Write one anatomy for `load`."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"tissue": anatomy.tissue, "classes": anatomy.classes, "hu": anatomy.hu}
    kept: dict[str, Any] = {name: part for name, part in parts.items() if part is not None}
    np.savez_compressed(folder / f"{anatomy.name}.npz", **kept)


def prepare(source: Path, folder: Path, progress: Progress) -> list[str]:
    """Bring every known data set under `source` into `folder`; the names of what was made."""
    from viewer.training import atlases

    made: list[str] = []
    makers: tuple[Callable[[Path], list[Anatomy]], ...] = atlases.ALL
    for number, make in enumerate(makers):
        progress.at(number / len(makers), f"Preparing {make.__name__.replace('_', ' ')}")
        for anatomy in make(source):
            save(anatomy, folder)
            made.append(anatomy.name)
    return made


def fill_body(tissue: np.ndarray, fat_mm: float = 8.0) -> np.ndarray:
    """The map with fat and skin where a label map knows nothing of them.

    The body is what the labels of each slice enclose, once widened to touch.
    """
    solid = tissue != Tissue.AIR
    out = tissue.copy()
    reach = round(15 / SPACING_MM)
    grow = round(fat_mm / SPACING_MM)
    for k in range(len(solid)):
        if not solid[k].any():
            continue
        away = ndimage.distance_transform_edt(~np.pad(solid[k], reach + grow))
        hull = ndimage.binary_fill_holes(away < reach)
        deep = ndimage.distance_transform_edt(hull)
        inside = deep > max(reach - grow, 0)
        cut = slice(reach + grow, -(reach + grow))
        inside, deep = inside[cut, cut], deep[cut, cut]
        empty = inside & ~solid[k]
        skin = empty & (deep <= max(reach - grow, 0) + 1.4)
        out[k][empty] = Tissue.FAT
        out[k][skin] = Tissue.SKIN
    return out


def fill_lungs(tissue: np.ndarray, near: tuple[Tissue, ...]) -> np.ndarray:
    """The map with lungs in the fat deep in the chest, above what lies under the diaphragm.

    `near` are the tissues of the mediastinum, which keeps 7 mm of fat.
    """
    under = np.isin(
        tissue, (Tissue.LIVER, Tissue.SPLEEN, Tissue.KIDNEY, Tissue.BOWEL_WALL, Tissue.BOWEL_FLUID)
    )
    below = np.maximum.accumulate(under[::-1], axis=0)[::-1]
    middle = ndimage.distance_transform_edt(~np.isin(tissue, near)) * SPACING_MM < 7
    deep = np.stack([ndimage.distance_transform_edt(np.pad(t, 1))[1:-1, 1:-1] for t in tissue > 0])
    lung = (deep * SPACING_MM > 22) & (tissue == Tissue.FAT) & ~below & ~middle
    bone = tissue == Tissue.CORTEX
    chest = np.flatnonzero(np.isin(tissue, (Tissue.LEFT_HEART, Tissue.LIVER)).any(axis=(1, 2)))
    lung[: chest[0]] = False
    lung[min(len(tissue), chest[-1] + int(90 / SPACING_MM)) :] = False
    lung &= ~ndimage.binary_dilation(bone)
    lung = ndimage.binary_opening(lung, iterations=2)
    out = tissue.copy()
    out[lung] = Tissue.LUNG
    return out


def hollow_bones(tissue: np.ndarray, cortex_mm: float = 1.6) -> np.ndarray:
    """The map with marrow inside what it calls cortex."""
    bone = tissue == Tissue.CORTEX
    deep = ndimage.distance_transform_edt(np.pad(bone, 1))[1:-1, 1:-1, 1:-1] * SPACING_MM
    out = tissue.copy()
    out[deep > cortex_mm + 0.5 * SPACING_MM] = Tissue.MARROW
    return out


def wall_of(tissue: np.ndarray, hollow: np.ndarray, thick_mm: float) -> np.ndarray:
    """The inner rim of hollow organs (bool)."""
    deep = ndimage.distance_transform_edt(hollow) * SPACING_MM
    return hollow & (deep <= thick_mm)
