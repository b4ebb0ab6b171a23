"""Volumes and labels in files: NIfTI, NRRD and MetaImage."""

from pathlib import Path
from typing import Any

import numpy as np

from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.volume.grid import Grid
from viewer.volume.simpleitk import from_image, to_image
from viewer.volume.volume import AIR_HU, Volume

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
NOTES = ("ITK_FileNotes", "descrip", "note")  # NIfTI writes the first and reads the second
FAST_COMPRESSION = 1
NARROW_SPAN = 100.0


def read_volume(path: Path, progress: Progress) -> Volume:
    """The volume in a file, its values taken as HU: int16, or float32 where they span little.

    Raises ViewerError where the file holds no single 3-D volume.
    """
    progress.at(0.0, f"Reading {Path(path).name}")
    voxels, grid = _read(Path(path))
    progress.at(0.8)
    volume = Volume(as_hu(voxels), grid)
    progress.at(1.0)
    return volume


def read_reals(path: Path) -> np.ndarray:
    """Numbers (k,j,i) float32 that are no HU, as a file holds them; raises as `read_volume`."""
    return np.asarray(_read(Path(path))[0], np.float32)


def as_hu(voxels: np.ndarray) -> np.ndarray:
    """Voxels of any type as int16, clamped; fractions that span under 100 stay float32."""
    if voxels.dtype == np.int16:
        return voxels
    if voxels.dtype.kind == "f":
        values = np.nan_to_num(voxels.astype(np.float32), nan=AIR_HU, posinf=32767, neginf=-32768)
        narrow = float(np.ptp(values)) < NARROW_SPAN
        if narrow and not np.array_equal(values, np.rint(values)):
            return np.asarray(values)
        voxels = np.rint(values)
    return np.clip(voxels, -32768, 32767).astype(np.int16)


def write_volume(volume: Volume, path: Path, note: str = "") -> None:
    """Write a volume, with a short note in its header; ViewerError where it cannot be written."""
    _write(_noted(to_image(volume.voxels, volume.grid), note), Path(path))


def read_note(path: Path) -> str:
    """The note in a file's header (`descrip` of NIfTI), "" where there is none."""
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return ""
    found = (reader.GetMetaData(key) for key in NOTES if reader.HasMetaDataKey(key))
    return next((note for note in found if note), "")


def read_labels(path: Path) -> tuple[np.ndarray, Grid]:
    """Labels (uint8, `[slice, row, column]`) and their grid from a file.

    Raises ViewerError where the file does not hold whole numbers from 0 to 255.
    """
    voxels, grid = _read(Path(path))
    labels = np.nan_to_num(voxels, nan=-1.0).astype(np.uint8)
    if not np.array_equal(labels, voxels):
        raise ViewerError(
            f"{Path(path).name} holds no labels: its values are not whole numbers from 0 to 255."
        )
    return labels, grid


def write_reals(values: np.ndarray, grid: Grid, path: Path) -> None:
    """Write numbers that are no HU, float32; raises ViewerError where they cannot be written."""
    _write(to_image(values.astype(np.float32), grid), Path(path))


def write_labels(labels: np.ndarray, grid: Grid, path: Path, note: str = "") -> None:
    """Write labels (uint8) as `write_volume` does; raises ViewerError where they cannot be."""
    if labels.dtype != np.uint8 or labels.shape != grid.shape:
        raise ValueError(f"labels {labels.shape} {labels.dtype} do not fit the grid")
    _write(_noted(to_image(labels, grid), note), Path(path))


def _noted(image: Any, note: str) -> Any:
    """The image with a note where each format keeps one."""
    for key in NOTES if note else ():
        image.SetMetaData(key, note)
    return image


def _read(path: Path) -> tuple[np.ndarray, Grid]:
    import SimpleITK as sitk

    if not path.exists():
        raise ViewerError(f"{path} does not exist; it may have been moved or removed.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.LoadPrivateTagsOff()
    try:
        path.open("rb").close()
        reader.ReadImageInformation()
        _require_volume(reader, path)
        image = reader.Execute()
    except OSError as error:
        raise ViewerError(f"You have no permission to read {path}.") from error
    except RuntimeError as error:
        raise ViewerError(
            f"{path.name} cannot be read as a volume: {_reason(error)}; the file may be damaged."
        ) from error
    except MemoryError as error:
        raise ViewerError(f"{path.name} needs more memory than there is.") from error
    if image.GetDimension() == 4:
        image = image[:, :, :, 0]
    return from_image(image)


def _require_volume(reader: Any, path: Path) -> None:
    size = reader.GetSize()
    if reader.GetNumberOfComponents() > 1:
        raise ViewerError(f"{path.name} holds colors or vectors, not a scan.")
    if reader.GetDimension() == 4 and size[3] > 1:
        raise ViewerError(
            f"{path.name} holds {size[3]} volumes (4-D); save the one that you need as a file."
        )
    if reader.GetDimension() < 3 or min(size[:3]) < 2:
        raise ViewerError(f"{path.name} holds a flat picture, not a volume.")


def _write(image: Any, path: Path) -> None:
    import SimpleITK as sitk

    if not path.name.lower().endswith(SUFFIXES):
        raise ViewerError(f"{path.name} has no known ending; use one of {', '.join(SUFFIXES)}.")
    try:
        sitk.WriteImage(image, str(path), True, compressionLevel=FAST_COMPRESSION)
    except RuntimeError as error:
        raise ViewerError(
            f"{path} could not be written ({_reason(error)}); check the free space and your "
            "permission, then save again."
        ) from error


def _reason(error: RuntimeError) -> str:
    """The last line of an ITK error without its addresses."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else "unknown reason"
    return last.rpartition("): ")[2].rstrip(".") or last
