"""What series a folder holds."""

import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.dicom.describe import describe
from viewer.dicom.geometry import FEWEST_SLICES
from viewer.dicom.headers import NATIVE, Header, lenient_pydicom, quietly, read_header
from viewer.dicom.series import Series
from viewer.dicom.stacks import Stack, stacks
from viewer.errors import Notice, ViewerError
from viewer.progress import Progress


@dataclass(frozen=True, eq=False)
class Listing:
    """The series of a folder (CT first, most slices first) and what was left out of them."""

    series: tuple[Series, ...]
    excluded: tuple[Notice, ...]
    files: int


def scan_folder(path: Path, progress: Progress) -> Listing:
    """Lists the series of a folder, or the series of its folder that holds a file.

    Raises ViewerError where there is nothing to list.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    _require_readable(path, folder)
    # Folders inside are looked through too, but not beside a single file.
    files = list(_walk(folder, progress, deep=path.is_dir()))
    if not files:
        raise ViewerError(f"The folder {folder} is empty; choose a folder with DICOM files.")
    with quietly():
        headers = _headers(files, folder, progress.part(0.05, 0.9))
        if not headers:
            raise ViewerError(f"No DICOM images in {folder} ({_count(len(files))} looked at).")
        usable, excluded = _sort_out(headers)
        found = [describe(stack) for stack in _numbered(stacks(usable))]
    series, leftovers = _without_leftovers(found)
    if path.is_file():
        series = [one for one in series if path in one.files]
    if not series:
        reasons = " ".join(notice.text for notice in (*excluded, *leftovers)[:2])
        raise ViewerError(
            f"No DICOM images in {path} that make a volume ({_count(len(files))} looked at). "
            f"{reasons}".strip()
        )
    progress.at(1.0)
    ordered = sorted(series, key=lambda one: (one.modality != "CT", not one.readable, -one.slices))
    return Listing(tuple(ordered), (*excluded, *leftovers), len(files))


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _require_readable(path: Path, folder: Path) -> None:
    if not path.exists():
        raise ViewerError(f"{path} does not exist; it may have been moved or removed.")
    if not os.access(folder, os.R_OK | os.X_OK) or not os.access(path, os.R_OK):
        raise ViewerError(f"You have no permission to read {path}; ask its owner for access.")
    if not (path.is_dir() or path.is_file()):
        raise ViewerError(f"{path} is neither a folder nor a file.")


def _walk(folder: Path, progress: Progress, deep: bool) -> Iterator[Path]:
    """Regular files below a folder in order of name; links and devices are passed over."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        progress.at(0.0, "Looking through the folder")
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            if here == folder:
                raise _gone(folder) from error
            continue
        for entry in entries:
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
            except OSError:
                continue
            if stat.S_ISREG(mode):
                yield Path(entry.path)
            elif stat.S_ISDIR(mode) and deep:
                waiting.append(Path(entry.path))


def _gone(folder: Path) -> ViewerError:
    return ViewerError(f"The folder {folder} was removed or closed while it was being read.")


def _headers(files: Sequence[Path], folder: Path, progress: Progress) -> list[Header]:
    lenient_pydicom()
    headers = []
    unreadable = 0
    for file in progress.over(files, len(files), "Reading headers"):
        try:
            header = read_header(file)
        except OSError:
            unreadable += 1
            continue
        if header is not None:
            headers.append(header)
    if unreadable and not folder.is_dir():
        raise _gone(folder)
    if unreadable == len(files):
        raise ViewerError(f"You have no permission to read the files in {folder}.")
    return headers


def _sort_out(headers: Sequence[Header]) -> tuple[list[Header], tuple[Notice, ...]]:
    """The headers that may make a volume, and a notice for each kind of the others."""
    usable = []
    others: dict[tuple[str, str], list[str]] = defaultdict(list)
    for header in headers:
        reason = _unfit(header)
        if reason is None:
            usable.append(header)
        else:
            others[reason].append(header.path.name)
    notices = [
        Notice(
            code,
            "warning" if code == "truncated" else "info",
            f"{_left(names)}: {what}.",
            tuple(names),
        )
        for (code, what), names in others.items()
    ]
    return usable, tuple(notices)


def _left(names: Sequence[str]) -> str:
    return f"{names[0]} was left out" if len(names) == 1 else f"{len(names)} files were left out"


def _unfit(header: Header) -> tuple[str, str] | None:
    """A code and the reason why a file is no slice of any volume, or None."""
    if header.rows == 0 or header.columns == 0 or (header.pixels_at < 0 and not _deflated(header)):
        if header.modality in ("CT", "MR", "PT") and header.rows:
            return "truncated", "the file ends before its pixels"
        return "no-image", f"no image ({header.modality or 'unknown kind'})"
    if "LOCALIZER" in header.image_type:
        return "localizer", "a localizer"
    if header.samples > 1:
        return "color", "a color picture, not a scan"
    if header.sop_class.startswith("1.2.840.10008.5.1.4.1.1.7"):
        return "capture", "a secondary capture, not a scan"
    pixels = header.rows * header.columns * header.frames * (header.allocated // 8)
    if header.transfer_syntax in NATIVE and header.size < header.pixels_at + 8 + pixels:
        return "truncated", "the file is shorter than its header says"
    return None


def _deflated(header: Header) -> bool:
    return header.transfer_syntax.endswith("1.2.1.99")


def _numbered(found: Sequence[Stack]) -> list[tuple[str, Stack]]:
    """A name for each stack: the series UID, with a number where one UID makes several volumes."""
    by_uid: dict[str, list[Stack]] = defaultdict(list)
    for stack in found:
        by_uid[stack.headers[0].series_uid or "blank"].append(stack)
    named = []
    for uid, same in by_uid.items():
        split = [stack for stack in same if stack.label]
        for number, stack in enumerate(same, 1):
            several = len(same) > 1 and (bool(split) or number > 1)
            named.append((f"{uid}#{number}" if several else uid, stack))
    return named


def _without_leftovers(found: Sequence[Series]) -> tuple[list[Series], list[Notice]]:
    """Leaves out stacks of one or two slices beside a volume of the same series."""
    whole = {_base(one.uid) for one in found if one.readable}
    kept, notices = [], []
    for one in found:
        if one.readable or one.slices >= FEWEST_SLICES or _base(one.uid) not in whole:
            kept.append(one)
            continue
        names = tuple(file.name for file in one.files)
        text = f"{_left(names)}: another direction, size or kind than the rest of the series."
        notices.append(Notice("leftover", "info", text, names))
    count = Counter(_base(one.uid) for one in kept)
    return [
        replace(one, uid=_base(one.uid)) if count[_base(one.uid)] == 1 else one for one in kept
    ], notices


def _base(uid: str) -> str:
    return uid.partition("#")[0]
