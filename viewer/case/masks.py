"""The vessels of a case or of a mask file, for comparison."""

import json
from pathlib import Path

import numpy as np

from viewer.case.store import FILES, NAME, is_case
from viewer.errors import ViewerError
from viewer.volume.files import read_labels
from viewer.volume.grid import Grid

VESSELS = ("artery", "vein", "calcification")  # plaque and stents lie inside the vessel


def read_mask(path: Path) -> tuple[np.ndarray, Grid]:
    """The vessels as a bool array `[slice, row, column]` and their grid.

    In a case (its folder, or the mask file in it) these are arteries and veins with their
    calcifications; in any other mask file everything that is not 0.
    """
    if not path.exists():
        raise ViewerError(f"{path} does not exist; check the name.")
    folder = path if path.is_dir() else path.parent
    of_case = is_case(folder) and (path.is_dir() or path.name == FILES["mask"])
    if path.is_dir() and not of_case:
        raise ViewerError(f"{path} is not a case folder; name a case folder or a mask file.")
    file = folder / FILES["mask"] if of_case else path
    if not file.exists():
        raise ViewerError(f"The case {folder.name} holds no vessels yet; segment them first.")
    labels, grid = read_labels(file)
    if not of_case:
        return labels > 0, grid
    try:
        names = json.loads((folder / NAME).read_text(encoding="utf-8"))["mask"]["names"]
        wanted = [int(label) for label, name in names.items() if name in VESSELS]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ViewerError(f"The case {folder.name} is damaged: {NAME} names no labels.") from error
    return np.isin(labels, wanted), grid
