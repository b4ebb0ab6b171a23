"""Surfaces, trees and measures as files: the border between our types and VTK's formats."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from viewer.errors import ViewerError
from viewer.geometry.measure import Measure
from viewer.geometry.polydata import lines_of, mesh_of, surface_of, tree_of
from viewer.geometry.surface import Surface
from viewer.geometry.tree import VesselTree

HEAD_BYTES = 65536
TAIL_BYTES = 64
PROMISE = re.compile(rb"NumberOf[A-Za-z]+=\"(\d+)")
MOST_PACKED = 1100  # zlib packs at most about this many bytes into one
FORMATS = (".vtp", ".stl", ".ply")
READABLE = (".vtp", ".stl")
HEADER = ("branch", "name", "quantity", "value", "sd", "unit")
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_surface(surface: Surface, path: Path) -> None:
    """Write a surface in LPS mm as .vtp (with its point data), binary .stl or binary .ply."""
    writer = _surface_writer(path)
    writer.SetInputData(mesh_of(surface))
    _write(writer, path, "surface")


def read_surface(path: Path) -> Surface:
    """A surface in LPS mm from .vtp or .stl; a broken file raises `ViewerError`."""
    mesh = _read(_surface_reader(path), path, "surface")
    try:
        return surface_of(mesh)
    except (KeyError, ValueError, IndexError) as problem:
        raise _broken(path, "surface", "it holds no valid triangles") from problem


def write_tree(tree: VesselTree, path: Path) -> None:
    """Write a tree in LPS mm as .vtp: one line per branch, exact to the last bit.

    Point data `radius_mm`; cell data `branch`, `parent`, `name`; field data `joints` (j,3),
    `repairs`, and `invented_mm` (k,3): branch, from, to.
    """
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    writer = vtkXMLPolyDataWriter()
    writer.SetInputData(lines_of(tree))
    _write(writer, path, "vessel tree")


def read_tree(path: Path) -> VesselTree:
    """A tree in LPS mm from .vtp; a broken file raises `ViewerError`."""
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    lines = _read(vtkXMLPolyDataReader(), path, "vessel tree")
    try:
        return tree_of(lines)
    except (KeyError, ValueError, IndexError) as problem:
        raise _broken(path, "vessel tree", "its branches do not fit together") from problem


def write_measures(measures: Sequence[Measure], path: Path) -> None:
    """Write measures as UTF-8 CSV with a header; text never starts a spreadsheet formula."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(HEADER)
            for one in measures:
                name, quantity, unit = map(_harmless, (one.name, one.quantity, one.unit))
                rows.writerow([one.branch, name, quantity, repr(one.value), repr(one.sd), unit])
    except OSError as problem:
        raise _unwritten(path, "measures") from problem


def _harmless(text: str) -> str:
    """The text, with a quote before a sign that would make a spreadsheet compute."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _surface_writer(path: Path) -> Any:
    from vtkmodules.vtkIOGeometry import vtkSTLWriter
    from vtkmodules.vtkIOPLY import vtkPLYWriter
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    kind = _kind(path, FORMATS)
    if kind == ".vtp":
        return vtkXMLPolyDataWriter()
    writer = vtkSTLWriter() if kind == ".stl" else vtkPLYWriter()
    writer.SetFileTypeToBinary()
    return writer


def _surface_reader(path: Path) -> Any:
    """VTK's reader for .vtp or .stl; its PLY reader crashes the process on a cut-off file."""
    from vtkmodules.vtkIOGeometry import vtkSTLReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    return vtkXMLPolyDataReader() if _kind(path, READABLE) == ".vtp" else vtkSTLReader()


def _kind(path: Path, formats: tuple[str, ...]) -> str:
    """The file's ending, if it is one of the formats."""
    kind = path.suffix.lower()
    if kind not in formats:
        raise ViewerError(
            f"{path.name} does not end with {' or '.join(formats)}, so it is no such file; "
            "nothing was changed: choose one of these endings."
        )
    return kind


def _write(writer: Any, path: Path, what: str) -> None:
    """Let a VTK writer write; failure becomes a sentence."""
    writer.SetFileName(str(path))
    with _silence():
        written = writer.Write()
    if writer.GetErrorCode() or not written or not path.is_file():
        path.unlink(missing_ok=True)
        raise _unwritten(path, what)


def _read(reader: Any, path: Path, what: str) -> Any:
    """What a VTK reader reads; failure becomes a sentence."""
    if not path.is_file():
        raise _broken(path, what, "there is no such file")
    try:
        _check_promise(path, what)
    except OSError as problem:
        raise _broken(path, what, "it may not be read") from problem
    reader.SetFileName(str(path))
    with _silence():
        reader.Update()
    mesh = reader.GetOutput()
    if reader.GetErrorCode() or mesh is None or not mesh.GetNumberOfPoints():
        raise _broken(path, what, "it is damaged or of another kind")
    return mesh


@contextmanager
def _silence() -> Iterator[None]:
    """Keeps VTK from printing its own complaints; what they say is in the error code."""
    from vtkmodules.vtkCommonCore import vtkObject

    shown = vtkObject.GetGlobalWarningDisplay()
    vtkObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)


def _check_promise(path: Path, what: str) -> None:
    """Refuse a file whose header promises more than its size can hold, before VTK makes room."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    if path.suffix.lower() == ".stl" and head[:5].lower() != b"solid":
        promised = 84 + 50 * int.from_bytes(head[80:84], "little")
        if promised != size:
            raise _broken(path, what, "it is cut off or damaged")
    if path.suffix.lower() == ".vtp" and b"</VTKFile>" not in tail:
        raise _broken(path, what, "it is cut off or damaged")
    counts = PROMISE.findall(head)
    if any(len(n) > 15 or int(n) > MOST_PACKED * size for n in counts):
        raise _broken(path, what, "it promises more than it holds")


def _broken(path: Path, what: str, why: str) -> ViewerError:
    return ViewerError(
        f"The {what} {path.name} cannot be read: {why}; "
        "what is open is unchanged: choose another file or make it again."
    )


def _unwritten(path: Path, what: str) -> ViewerError:
    return ViewerError(
        f"The {what} could not be written to {path}; what is open is unchanged: "
        "check that the folder exists, may be written and has free space, then save again."
    )
