"""What is known of a made-up patient, kept with its case."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewer.errors import ViewerError
from viewer.segment.mask import NAMES, VesselMask
from viewer.volume.files import read_labels, read_note
from viewer.volume.grid import Grid

DOCUMENT = "truth.json"
LABELS = "labels.nii.gz"
SCAN = "scan"
FORMATS = (".nii.gz", ".nrrd")
NOTE = "SYNTHETIC: made-up patient, not a person's scan"


@dataclass(frozen=True, eq=False)
class Truth:
    """What a perfect reader would say: the truth as JSON holds it, and what each voxel is."""

    document: Mapping[str, Any]
    mask: VesselMask

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """What a checksum covers."""
        return (self.mask.labels,)


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Write a truth document as JSON; the same document gives the same bytes."""
    path.write_text(
        json.dumps(dict(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        encoding="utf-8",
    )


def read_document(path: Path) -> dict[str, Any]:
    """The truth document in a file.

    Raises `ViewerError` where it is none: without lesions, each with its kind and place.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        for lesion in document["lesions"]:
            x, y, z = (float(each) for each in lesion["at_lps"])
            ends = float(lesion["from_mm"]), float(lesion["to_mm"])
            values = [float(each) for each in lesion["numbers"].values()]
            if not np.isfinite([x, y, z, *ends, *values, float(lesion["severity"])]).all():
                raise ValueError("not finite")
            _ = str(lesion["kind"]), str(lesion["vessel"]), int(lesion["branch"])
        _ = str(document["region"]), int(document["seed"]), bool(document["synthetic"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ViewerError(
            f"{path.name} holds no truth of a made-up patient; it was left as it is."
        ) from error
    return dict(document)


def scan_in(folder: Path) -> Path | None:
    """The volume file of a made-up patient's folder, None where it holds none."""
    if not (folder / DOCUMENT).is_file():
        return None
    files = (folder / f"{SCAN}{form}" for form in FORMATS)
    return next((file for file in files if file.is_file()), None)


def is_made_up(file: Path) -> bool:
    """Whether a volume file says, in its header or by the truth beside it, that it is made up."""
    return "SYNTHETIC" in read_note(file) or _document_beside(file) is not None


def truth_beside(path: Path, grid: Grid) -> Truth | None:
    """The truth that lies beside a scan (a file, or a folder of DICOM) on the same grid, if any."""
    document = _document_beside(path)
    if document is None:
        return None
    folder = document.parent
    try:
        values, where = read_labels(folder / LABELS)
        truth = Truth(read_document(document), VesselMask(values, where, NAMES))
    except ViewerError:
        return None
    return truth if where.same_as(grid, tolerance_mm=0.01) else None


def _document_beside(path: Path) -> Path | None:
    folders = (path, path.parent) if path.is_dir() else (path.parent,)
    return next((f / DOCUMENT for f in folders if (f / DOCUMENT).is_file()), None)
