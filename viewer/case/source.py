"""Where a case comes from: DICOM, a volume file, or a saved case folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from viewer.case.case import Case
from viewer.case.meter import Meter
from viewer.case.store import is_case, load_case
from viewer.case.truth import is_made_up, scan_in, truth_beside
from viewer.dicom.series import MADE_UP, Series
from viewer.errors import Notice, ViewerError
from viewer.progress import Progress
from viewer.provenance import Record, now, versions
from viewer.units import bytes_text
from viewer.volume.files import read_volume

VOLUME_FILES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")


@dataclass(frozen=True)
class Source:
    """What was found at a path: a saved case, a volume file, or series to choose from."""

    path: Path
    kind: str  # "case", "file" or "dicom"
    series: tuple[Series, ...] = ()
    excluded: tuple[Notice, ...] = ()

    @property
    def choices(self) -> tuple[Series, ...]:
        """The series that can be opened."""
        return tuple(each for each in self.series if each.readable)


def find_source(path: Path, progress: Progress) -> Source:
    """What lies at `path`; raises `ViewerError` with a sentence when nothing can be opened."""
    if not path.exists():
        raise ViewerError(f"{path} does not exist; check the name, or choose another folder.")
    if path.is_file() and path.name == "case.json":
        path = path.parent
    if path.is_dir() and is_case(path):
        return Source(path, "case")
    file = scan_in(path) or path
    if file.is_file() and file.name.lower().endswith(VOLUME_FILES):
        return Source(file, "file")
    from viewer.dicom.folder import scan_folder

    listing = scan_folder(path, progress)
    return Source(path, "dicom", listing.series, listing.excluded)


def open_source(source: Source, series: Series | None, progress: Progress) -> Case:
    """The case of a source: a saved one as it was, or a new one with its volume read."""
    if source.kind == "case":
        return load_case(source.path, progress)
    with Meter() as meter:
        notices: tuple[Notice, ...]
        if source.kind == "file":
            volume = read_volume(source.path, progress)
            made_up = is_made_up(source.path)
            series = Series(
                uid="",
                files=(source.path,),
                grid=volume.grid,
                modality="CT",
                description=source.path.name,
                spacing_mm=volume.grid.spacing_mm,
                slice_thickness_mm=volume.grid.spacing_mm[0],
                patient_name="SYNTHETIC" if made_up else "",
                synthetic=made_up,
            )
            notices = (
                Notice(
                    "no header",
                    "info",
                    f"{source.path.name} has no DICOM header: it is taken for a CT in HU, and "
                    "patient, phase and kernel are unknown.",
                ),
                *((MADE_UP,) if made_up else ()),
            )
        else:
            if series is None:
                raise ViewerError("Choose a series to open; nothing was changed.")
            from viewer.dicom.read import read_series

            demand_memory(series)
            volume, told = read_series(series, progress)
            notices = tuple(series.notices) + tuple(told)
    record = Record(
        step="read",
        part="volume",
        made=now(),
        options={"series": series.uid},
        versions=versions(),
        seconds=round(meter.seconds, 3),
        peak_bytes=meter.peak_bytes,
    )
    case = Case(series=series).put("volume", volume, record, notices=notices)
    truth = truth_beside(source.path, volume.grid) if series.synthetic else None
    return case if truth is None else case.put("truth", truth)


def choose(series: Sequence[Series], uid: str | None) -> Series:
    """The series with this UID, or the only readable one.

    Raises `ViewerError` that lists the choices when it is not clear which is meant.
    """
    if uid is not None:
        found = [each for each in series if each.uid == uid]
        if not found:
            raise ViewerError(f"There is no series {uid} here; list them with: angioscape series")
        if not found[0].readable:
            raise ViewerError(why_not(found[0]))
        return found[0]
    readable = [each for each in series if each.readable]
    if not readable:
        raise ViewerError(why_not(series[0]) if series else "No series was found here.")
    if len(readable) > 1:
        lines = "; ".join(f"{each.uid} ({each.description}, {each.slices})" for each in readable)
        raise ViewerError(
            f"There are {len(readable)} series here and none was chosen; name one with --series. "
            f"Series (description, slices): {lines}"
        )
    return readable[0]


def why_not(series: Series) -> str:
    """The sentence that says why a series cannot be opened."""
    told = next((n.text for n in series.notices if n.severity == "blocks"), "")
    return told or f"The series {series.description or series.uid} cannot be read as a volume."


def demand_memory(series: Series) -> None:
    """Raise a `ViewerError` when the volume of a series cannot fit into free memory."""
    if series.grid is None:
        return
    slices, rows, columns = series.grid.shape
    needed = slices * rows * columns * 2 * 3  # the volume, its enhanced copy, working space
    free = psutil.virtual_memory().available
    if needed > free:
        raise ViewerError(
            f"This series needs about {bytes_text(needed)} of memory and {bytes_text(free)} is "
            "free; nothing was changed: close other programs, or choose a smaller series."
        )
