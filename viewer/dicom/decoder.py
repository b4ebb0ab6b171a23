"""The process that decodes compressed slices; a codec that dies takes only this process along.

It loads neither pydicom nor the window, so that it starts quickly.
"""

import io
import os
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from viewer.dicom.pixels import Stored, fill_hu

JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
RLE = "1.2.840.10008.1.2.5"
JPEG_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")


@dataclass(frozen=True)
class Task:
    """One compressed slice: where its code stream lies in its file, and what it holds."""

    path: Path
    pieces: tuple[tuple[int, int], ...]  # start and length of each fragment, in bytes
    transfer_syntax: str
    stored: Stored


def serve(pipe: Connection) -> None:
    """Answer each task with b"" and the slice in HU (int16), or with the reason of the failure."""
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        if task is None:
            return
        try:
            hu = decode(task)
        except BaseException as error:
            # Codecs written in Rust raise a PanicException, which is no Exception.
            pipe.send_bytes(f"{type(error).__name__}: {error}".encode())
            continue
        pipe.send_bytes(b"")
        pipe.send_bytes(hu.data.cast("B"))


def decode(task: Task) -> np.ndarray:
    """One slice in HU (rows, columns) int16; raises whatever the codec raises."""
    with task.path.open("rb") as file:
        data = b"".join(_piece(file, start, length) for start, length in task.pieces)
    stored = task.stored
    values = np.asarray(_values(task.transfer_syntax, data, stored))
    if values.size != stored.rows * stored.columns:
        raise ValueError(f"{values.size} pixels instead of {stored.rows} x {stored.columns}")
    values = values.reshape(stored.rows, stored.columns)
    if stored.signed and values.dtype.kind == "u":
        values = values.view(f"i{values.dtype.itemsize}")
    hu = np.empty(values.shape, np.int16)
    fill_hu(stored, values, hu)
    return hu


def _piece(file: io.BufferedReader, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _values(syntax: str, data: bytes, stored: Stored) -> np.ndarray:
    if syntax in JPEG_LS:
        import jpeg_ls

        return np.asarray(jpeg_ls.decode(np.frombuffer(data, np.uint8)))
    if syntax == RLE:
        from rle import rle

        raw = rle.decode_frame(data, stored.rows * stored.columns, stored.allocated, "<")
        return np.frombuffer(raw, f"<u{stored.allocated // 8}")
    if syntax in JPEG_LOSSLESS:
        return _jpeg_lossless(data, stored)
    import openjpeg

    return np.asarray(openjpeg.decode(data))


def _jpeg_lossless(data: bytes, stored: Stored) -> np.ndarray:
    """Decoded by ITK from a file written here, so that it meets no header but ours."""
    import SimpleITK as sitk

    from viewer.dicom.headers import lenient_pydicom

    pydicom = lenient_pydicom()
    from pydicom.encaps import encapsulate

    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    dataset.Modality, dataset.PatientName = "CT", ""
    dataset.Rows, dataset.Columns = stored.rows, stored.columns
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored = stored.allocated, stored.stored
    dataset.HighBit, dataset.PixelRepresentation = stored.high_bit, int(stored.signed)
    dataset.PixelData = encapsulate([data])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = JPEG_LOSSLESS[1]
    handle, name = tempfile.mkstemp(suffix=".dcm")
    os.close(handle)
    try:
        dataset.save_as(name, enforce_file_format=True)
        return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(name)))
    finally:
        Path(name).unlink()
