"""What one DICOM file says about itself, read without its pixels."""

import math
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG})

MOST_INFLATED = 256_000_000

SOP_CLASS, SOP_UID = 0x00080016, 0x00080018
IMAGE_TYPE, MODALITY, SYNTHETIC = 0x00080008, 0x00080060, 0x0008001C
PATIENT_ID, STUDY_UID, SERIES_UID, FRAME_UID = 0x00100020, 0x0020000D, 0x0020000E, 0x00200052
INSTANCE, POSITION, ORIENTATION, SPACING = 0x00200013, 0x00200032, 0x00200037, 0x00280030
SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS = (
    0x00280002,
    0x00280004,
    0x00280008,
    0x00280010,
    0x00280011,
)
ALLOCATED, STORED, HIGH_BIT, SIGN = 0x00280100, 0x00280101, 0x00280102, 0x00280103
PADDING, PADDING_LIMIT = 0x00280120, 0x00280121
INTERCEPT, SLOPE, LOSSY = 0x00281052, 0x00281053, 0x00282110
DESCRIPTION = 0x0008103E

TAGS = (
    *(SOP_CLASS, SOP_UID, IMAGE_TYPE, MODALITY, SYNTHETIC, DESCRIPTION),
    *(PATIENT_ID, STUDY_UID, SERIES_UID, FRAME_UID, INSTANCE, POSITION, ORIENTATION, SPACING),
    *(SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS, ALLOCATED, STORED, HIGH_BIT, SIGN),
    *(PADDING, PADDING_LIMIT, INTERCEPT, SLOPE, LOSSY),
)
PIXEL_TAGS = (
    *(SOP_UID, POSITION, ROWS, COLUMNS, SAMPLES, FRAMES, ALLOCATED, STORED, HIGH_BIT, SIGN),
    *(PADDING, PADDING_LIMIT, INTERCEPT, SLOPE),
)


@dataclass(frozen=True)
class Header:
    """The facts of one file that decide where its slice belongs and what its numbers mean.

    `position_lps` (3) and `orientation` (6) are in LPS, `spacing_mm` is (between rows, between
    columns); each is None where absent or not finite. Text is untrusted. `pixels_at` is where the
    pixel element starts in the file (-1: no pixels, or inside a deflated stream).
    """

    path: Path
    size: int
    transfer_syntax: str = ""
    sop_class: str = ""
    sop_uid: str = ""
    modality: str = ""
    description: str = ""
    patient_id: str = ""
    study_uid: str = ""
    series_uid: str = ""
    frame_uid: str = ""
    image_type: tuple[str, ...] = ()
    instance: int | None = None
    position_lps: tuple[float, ...] | None = None
    orientation: tuple[float, ...] | None = None
    spacing_mm: tuple[float, ...] | None = None
    samples: int = 1
    photometric: str = ""
    frames: int = 1
    rows: int = 0
    columns: int = 0
    allocated: int = 16
    stored: int = 16
    high_bit: int = 15
    signed: bool = False
    padding: int | None = None
    padding_limit: int | None = None
    slope: float | None = None
    intercept: float | None = None
    lossy: bool = False
    synthetic: bool = False
    pixels_at: int = -1


@contextmanager
def quietly() -> Iterator[None]:
    """Runs without Python warnings: pydicom warns about every oddity of a header."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def lenient_pydicom() -> Any:
    """The pydicom module, set to take headers as they are."""
    import logging

    import pydicom

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    return pydicom


def looks_like_dicom(start: bytes) -> bool:
    """Whether a file that begins with these (at least 144) bytes may be DICOM."""
    if start[128:132] == b"DICM":
        return True
    return start[:2] in (b"\x02\x00", b"\x08\x00") and start[3:4] == b"\x00" and len(start) >= 132


def read_header(path: Path) -> Header | None:
    """The header of a DICOM file, or None where the file is something else.

    Raises OSError where the file cannot be opened.
    """
    with path.open("rb") as file:
        if not looks_like_dicom(file.read(144)):
            return None
        file.seek(0)
        return None if inflates_too_far(file) else parse_header(file, path)


def inflates_too_far(file: BinaryIO) -> bool:
    """Whether a deflated data set unpacks to more than a slice can need; rewinds the file."""
    start = file.read(4096)
    file.seek(0)
    if DEFLATED.encode() not in start:
        return False
    file.seek(144 + int.from_bytes(start[140:144], "little"))
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacked = 0
    try:
        while unpacked <= MOST_INFLATED and not unpacker.eof:
            packed = unpacker.unconsumed_tail or file.read(1 << 16)
            if not packed:
                break
            unpacked += len(unpacker.decompress(packed, 1 << 22))
    except zlib.error:
        unpacked = MOST_INFLATED + 1
    file.seek(0)
    return unpacked > MOST_INFLATED


def parse_header(file: BinaryIO, path: Path, tags: tuple[int, ...] = TAGS) -> Header | None:
    """The header from an open file; leaves the file at its pixel element."""
    pydicom = lenient_pydicom()
    try:
        dataset = pydicom.dcmread(file, force=True, stop_before_pixels=True, specific_tags=tags)
        return _header(dataset, file, path)
    except Exception:
        # A broken header raises whatever its bytes happen to trigger inside pydicom.
        return None


def _header(dataset: Any, file: BinaryIO, path: Path) -> Header | None:
    values = Values(dataset)
    syntax = _transfer_syntax(dataset)
    if not (values.text(SOP_CLASS) or values.text(SOP_UID) or values.text(MODALITY)):
        has_rows = values.short(ROWS) is not None
        if not has_rows:
            return None
    signed = values.short(SIGN, 0) == 1
    stored = values.short(STORED, 16) or 16
    return Header(
        path=path,
        size=os.fstat(file.fileno()).st_size,
        transfer_syntax=syntax,
        sop_class=values.text(SOP_CLASS),
        sop_uid=values.text(SOP_UID),
        modality=values.text(MODALITY).upper(),
        description=values.text(DESCRIPTION),
        patient_id=values.text(PATIENT_ID),
        study_uid=values.text(STUDY_UID),
        series_uid=values.text(SERIES_UID),
        frame_uid=values.text(FRAME_UID),
        image_type=tuple(part.strip().upper() for part in values.text(IMAGE_TYPE).split("\\")),
        instance=values.whole(INSTANCE),
        position_lps=values.numbers(POSITION, 3),
        orientation=values.numbers(ORIENTATION, 6),
        spacing_mm=values.numbers(SPACING, 2),
        samples=values.short(SAMPLES, 1) or 1,
        photometric=values.text(PHOTOMETRIC).upper(),
        frames=values.whole(FRAMES) or 1,
        rows=values.short(ROWS, 0) or 0,
        columns=values.short(COLUMNS, 0) or 0,
        allocated=values.short(ALLOCATED, 16) or 16,
        stored=stored,
        high_bit=values.short(HIGH_BIT, stored - 1) or 0,
        signed=signed,
        padding=values.short(PADDING, None, signed),
        padding_limit=values.short(PADDING_LIMIT, None, signed),
        slope=values.number(SLOPE),
        intercept=values.number(INTERCEPT),
        lossy=values.text(LOSSY) == "01",
        synthetic=values.text(SYNTHETIC).upper() == "YES",
        pixels_at=-1 if syntax == DEFLATED else _pixels_at(file),
    )


def _pixels_at(file: BinaryIO) -> int:
    at = file.tell()
    tag = file.read(4)
    file.seek(at)
    return at if tag in (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10") else -1


def _transfer_syntax(dataset: Any) -> str:
    named = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if named:
        return str(named)
    implicit, little = dataset.original_encoding
    if implicit:
        return IMPLICIT_LITTLE
    return EXPLICIT_LITTLE if little else EXPLICIT_BIG


class Values:
    """Reads elements from their raw bytes: quick, and a bad one is absent rather than an error."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def text(self, tag: int) -> str:
        """An element as text, "" where absent."""
        if tag not in self._dataset:
            return ""
        value = self._dataset.get_item(tag).value
        if value is None:
            return ""
        if isinstance(value, bytes):
            return value.decode("latin-1").strip(" \0\r\n\t")
        return str(value).strip()

    def number(self, tag: int) -> float | None:
        """A decimal string as a finite number."""
        try:
            number = float(self.text(tag).split("\\")[0])
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def whole(self, tag: int) -> int | None:
        """An integer string."""
        number = self.number(tag)
        return None if number is None else int(number)

    def numbers(self, tag: int, count: int) -> tuple[float, ...] | None:
        """Exactly `count` finite numbers, or None."""
        try:
            numbers = tuple(float(part) for part in self.text(tag).split("\\"))
        except ValueError:
            return None
        fit = len(numbers) == count and all(math.isfinite(number) for number in numbers)
        return numbers if fit else None

    def short(self, tag: int, absent: int | None = None, signed: bool = False) -> int | None:
        """A 16-bit number, with the sign that the pixels have (writers mix up US and SS)."""
        if tag not in self._dataset:
            return absent
        raw = self._dataset.get_item(tag)
        value = raw.value
        if isinstance(value, int):
            return value
        if not isinstance(value, bytes) or len(value) < 2:
            return absent
        order = "<" if getattr(raw, "is_little_endian", True) else ">"
        return int(struct.unpack(order + ("h" if signed else "H"), value[:2])[0])
