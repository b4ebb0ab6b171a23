"""The volume of a series."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from viewer.dicom.decode import decode_slices
from viewer.dicom.decoder import Task
from viewer.dicom.fragments import fragments
from viewer.dicom.geometry import FEWEST_SLICES, SHIFT_PIXELS, slice_tolerance_mm
from viewer.dicom.headers import (
    DEFLATED,
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    NATIVE,
    PIXEL_TAGS,
    Header,
    lenient_pydicom,
    parse_header,
    quietly,
)
from viewer.dicom.pixels import Stored, fill_hu, shift_in_place
from viewer.dicom.rectify import rectify
from viewer.dicom.series import Series
from viewer.errors import Notice, ViewerError
from viewer.progress import Progress
from viewer.volume.grid import Grid
from viewer.volume.volume import AIR_HU, Volume


@dataclass
class Reading:
    """A series while it is read: where each slice goes and what failed."""

    grid: Grid
    voxels: np.ndarray
    slots: dict[Path, int] = field(default_factory=dict)
    loose: dict[Path, np.ndarray] = field(default_factory=dict)
    positions: dict[Path, np.ndarray] = field(default_factory=dict)
    failed: dict[Path, str] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)

    def target(self, header: Header) -> np.ndarray:
        """The array (rows, columns) that takes a slice: in the volume where it fits exactly."""
        position = np.array(header.position_lps)
        self.positions[header.path] = position
        slot = slot_of(self.grid, position, (header.rows, header.columns))
        if slot is None:
            self.loose[header.path] = np.empty((header.rows, header.columns), np.int16)
            return self.loose[header.path]
        self.slots[header.path] = slot
        return np.asarray(self.voxels[slot])

    def slice_of(self, path: Path) -> np.ndarray:
        """The pixels of a file that was read."""
        if path in self.loose:
            return self.loose[path]
        return np.asarray(self.voxels[self.slots[path]])


def slot_of(grid: Grid, position_lps: np.ndarray, shape: tuple[int, int]) -> int | None:
    """The slice of the grid that a slice at a position fills exactly, or None."""
    index = grid.index(position_lps)
    slot = round(float(index[0]))
    off_mm = abs(index[0] - slot) * grid.spacing_mm[0]
    off_pixels = float(np.abs(index[1:]).max())
    exact = off_mm <= slice_tolerance_mm(grid.spacing_mm[0]) and off_pixels <= SHIFT_PIXELS
    fits = shape == grid.shape[1:] and 0 <= slot < grid.shape[0]
    return slot if exact and fits else None


def read_series(series: Series, progress: Progress) -> tuple[Volume, tuple[Notice, ...]]:
    """The volume in HU (int16) and what its reader must know, beside the series' own notices.

    Slices that cannot be read stay air and are reported. Raises ViewerError where no volume can
    be made, Cancelled when asked to stop.
    """
    if series.grid is None:
        reasons = [notice.text for notice in series.notices if notice.severity == "blocks"]
        raise ViewerError(" ".join(reasons) or "No volume can be made of this series.")
    progress.at(0.0, "Reading slices")
    try:
        voxels = np.empty(series.grid.shape, np.int16)
    except MemoryError as error:
        raise ViewerError(
            "The series needs more memory than there is; close other programs and try again."
        ) from error
    reading = Reading(series.grid, voxels)
    with quietly():
        _read_native(reading, series, progress.part(0.0, 0.9))
    _decode(reading, progress.part(0.0, 0.9))
    if len(series.files) - len(reading.failed) < FEWEST_SLICES:
        raise ViewerError(_too_few(series, reading.failed))
    _fill(reading, series, progress.part(0.9, 1.0))
    progress.at(1.0)
    return Volume(voxels, series.grid), _notices(reading, series)


def _read_native(reading: Reading, series: Series, progress: Progress) -> None:
    """Read every uncompressed slice into its place and note a task for each compressed one."""
    lenient_pydicom()
    known = {header.path: header for header in series.headers}
    files = series.files
    done = 0

    def read(path: Path) -> None:
        nonlocal done
        progress.check()
        try:
            _read_file(reading, path, known.get(path))
        except (OSError, ValueError, OverflowError, ViewerError) as error:
            reading.failed[path] = str(error)
        done += 1

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        pending = [pool.submit(read, path) for path in files]
        try:
            for future in pending:
                future.result()
                if not reading.tasks:
                    progress.at(done / len(files), "Reading slices")
        finally:
            for future in pending:
                future.cancel()


def _read_file(reading: Reading, path: Path, known: Header | None) -> None:
    with path.open("rb") as file:
        header = known
        if header is None or header.size != os.fstat(file.fileno()).st_size:
            header = _parsed(path)
        if header is None or header.position_lps is None:
            raise ViewerError("its header cannot be read")
        stored = _stored(header)
        if header.transfer_syntax == DEFLATED:
            out = reading.target(header)
            fill_hu(stored, _inflated(path, stored), out)
            return
        if header.pixels_at < 0:
            raise ViewerError("it ends before its pixels")
        if header.transfer_syntax not in NATIVE:
            pieces = fragments(file, header.pixels_at, header.size)
            reading.tasks.append(Task(path, pieces, header.transfer_syntax, stored))
            reading.target(header)
            return
        start = header.pixels_at + (8 if header.transfer_syntax == IMPLICIT_LITTLE else 12)
        if header.size < start + stored.bytes:
            raise ViewerError("it is shorter than its header says")
        out = reading.target(header)
        file.seek(start)
        if stored.plain and float(stored.intercept).is_integer():
            if file.readinto(out.data.cast("B")) != stored.bytes:
                raise ViewerError("it is shorter than its header says")
            shift_in_place(stored, out)
        else:
            raw = np.frombuffer(file.read(stored.bytes), stored.dtype)
            fill_hu(stored, raw.reshape(stored.rows, stored.columns), out)


def _parsed(path: Path) -> Header | None:
    with path.open("rb") as file:
        return parse_header(file, path, PIXEL_TAGS)


def _stored(header: Header) -> Stored:
    if not header.slope or header.intercept is None:
        raise ViewerError("RescaleSlope or RescaleIntercept is missing or zero")
    if header.allocated not in (8, 16, 32) or header.samples != 1 or header.frames != 1:
        raise ViewerError("its pixels are not of a CT slice")
    return Stored(
        rows=header.rows,
        columns=header.columns,
        allocated=header.allocated,
        stored=header.stored,
        high_bit=header.high_bit,
        signed=header.signed,
        slope=header.slope,
        intercept=header.intercept,
        padding=header.padding,
        padding_limit=header.padding_limit,
        big_endian=header.transfer_syntax == EXPLICIT_BIG,
    )


def _inflated(path: Path, stored: Stored) -> np.ndarray:
    data = lenient_pydicom().dcmread(path).PixelData
    values = np.frombuffer(data, stored.dtype, stored.rows * stored.columns)
    return values.reshape(stored.rows, stored.columns)


def _decode(reading: Reading, progress: Progress) -> None:
    tasks = sorted(reading.tasks, key=lambda task: task.path)
    if not tasks:
        return
    outs = [reading.slice_of(task.path) for task in tasks]
    for number, reason in decode_slices(tasks, outs, progress).items():
        reading.failed[tasks[number].path] = reason


def _fill(reading: Reading, series: Series, progress: Progress) -> None:
    """Put loose slices onto the grid and air where no slice is."""
    good = [path for path in series.files if path not in reading.failed]
    # Slices a millimeter and then two apart all lie on the finest grid, with places between.
    uneven = any(notice.code == "variable-spacing" for notice in series.notices)
    if reading.loose or uneven:
        slices = [
            reading.slice_of(path) if path in reading.loose else reading.slice_of(path).copy()
            for path in good
        ]
        positions = np.array([reading.positions[path] for path in good])
        rectify(slices, positions, reading.grid, progress, reading.voxels)
        return
    filled = {reading.slots[path] for path in good}
    for slot in set(range(reading.grid.shape[0])) - filled:
        reading.voxels[slot] = AIR_HU


def _notices(reading: Reading, series: Series) -> tuple[Notice, ...]:
    if not reading.failed:
        return ()
    names = tuple(sorted(path.name for path in reading.failed))
    reason = next(iter(reading.failed.values()))
    count = "One slice" if len(names) == 1 else f"{len(names)} slices"
    text = (
        f"{count} could not be read and left a gap: {', '.join(names[:3])}"
        f"{', ...' if len(names) > 3 else ''} ({reason}); get the complete series from the archive."
    )
    gap_mm = reading.grid.spacing_mm[0] * (len(names) + 1)
    numbers = {"missing": float(len(names)), "gap_mm": gap_mm}
    return (Notice("gap", "blocks", text, names, numbers),)


def _too_few(series: Series, failed: dict[Path, str]) -> str:
    if not any(path.exists() for path in series.files):
        return (
            f"The folder {series.files[0].parent} was removed or its drive was taken out while it "
            "was open; put it back and open it again."
        )
    reason = next(iter(failed.values()), "the series has too few slices")
    return (
        f"{len(failed)} of {len(series.files)} slices could not be read ({reason}), which leaves "
        "no volume; get the complete series from the archive."
    )
