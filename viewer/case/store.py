"""The case folder: written beside its place and renamed, read back with every file checked."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from viewer.case import facts
from viewer.case.by_hand_facts import by_hand_facts, by_hand_from
from viewer.case.case import Case
from viewer.case.drawings import drawing_facts, drawings_from
from viewer.case.findings import read_findings, write_findings
from viewer.case.truth import DOCUMENT, NOTE, Truth, read_document, write_document
from viewer.enhance.halves import RestorationCheck, checked
from viewer.enhance.restored import Restored, recalled
from viewer.errors import ViewerError
from viewer.geometry import beside
from viewer.geometry.drawn_text import as_measures
from viewer.geometry.files import (
    read_surface,
    read_tree,
    write_measures,
    write_surface,
    write_tree,
)
from viewer.geometry.measure import Measure
from viewer.progress import Progress, silent
from viewer.provenance import now, product_version
from viewer.segment.mask import VesselMask
from viewer.units import bytes_text
from viewer.volume.files import (
    read_labels,
    read_reals,
    read_volume,
    write_labels,
    write_reals,
    write_volume,
)
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

# Since 2 with truth, confidence and bridges, since 3 with findings, drawings and by_hand, since 4
# with all that is known of a restored scan.
FORMAT = 4
NAME = "case.json"
FILES = {
    "volume": "volume.nrrd",
    "truth": "truth.nrrd",
    "lesions": DOCUMENT,
    "enhanced": "enhanced.nrrd",
    "origin": "origin.nrrd",
    "sd": "sd.nrrd",
    "apart": "apart.nrrd",
    "mask": "vessels.nrrd",
    "confidence": "confidence.nrrd",
    "tree": "tree.vtp",
    "surface": "surface.vtp",
    "print": "surface.stl",
    "measures": "measures.csv",
    "findings": "findings.json",
}
Picture = Callable[[Case, Path], None]


def is_case(folder: Path) -> bool:
    """Whether a folder looks like a saved case."""
    return (folder / NAME).is_file()


def save_case(
    case: Case,
    folder: Path,
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
    picture: Picture | None = None,
) -> None:
    """Write the case folder; it appears whole or not at all.

    `picture` writes `overview.png` of a case into a folder. Raises `ViewerError` when the folder
    exists (and `overwrite` is not set), is not a case folder, or cannot be written.
    """
    progress = progress or silent()
    if case.volume is None:
        raise ViewerError("There is no scan to save yet; open one first.")
    refuse_existing(folder, overwrite)
    demand_space(case, folder.parent)
    kept = "it is still open and complete: free some space or save it elsewhere."
    with whole(folder, "The case", kept) as partial:
        _write_parts(case, partial, progress.part(0.0, 0.95), picture)
        progress.at(0.97, "Putting the case in its place")
    progress.at(1.0)


@contextmanager
def whole(folder: Path, what: str, advice: str) -> Iterator[Path]:
    """A folder to write into that becomes `folder` when all is written, or leaves no trace.

    Where it cannot be written a `ViewerError` says so of `what`, with `advice`.
    """
    partial: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        yield partial
        _put_in_place(partial, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ViewerError(
            f"{what} could not be saved in {folder.parent} ({reason}); {advice}"
        ) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def refuse_existing(folder: Path, overwrite: bool) -> None:
    """Raise a `ViewerError` when saving to `folder` would destroy something."""
    if not os.path.lexists(folder):
        return
    if not overwrite:
        raise ViewerError(f"{folder} exists already; nothing was changed: name another place.")
    if not folder.is_dir() or (any(folder.iterdir()) and not is_case(folder)):
        raise ViewerError(
            f"{folder} is not a case folder, so it is not replaced; name another place."
        )


def demand_space(case: Case, place: Path) -> None:
    """Raise a `ViewerError` when the disk cannot hold the case even without compression."""
    arrays = [
        array
        for part in ("volume", "restored", "check", "mask", "surface")
        if getattr(case, part) is not None
        for array in getattr(case, part).arrays
    ]
    needed = sum(array.nbytes for array in arrays)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise ViewerError(
            f"Saving may need {bytes_text(needed)} and {place} has {bytes_text(free)} free; the "
            "case is still open and complete: free some space or save it elsewhere."
        )


def _write_parts(case: Case, folder: Path, progress: Progress, picture: Picture | None) -> None:
    note = NOTE if case.series is not None and case.series.synthetic else ""

    sure = None if case.mask is None or case.mask.confidence is None else case.mask

    drawn = as_measures(case.drawings or ())
    both = beside.as_measures(case.findings.both if case.findings is not None else ())
    rows = (*(case.measures or ()), *drawn, *both) if case.measures is not None or drawn else None

    def write_scan(volume: Volume, path: Path) -> None:
        write_volume(volume, path, note)

    def write_confidence(mask: VesselMask, path: Path) -> None:
        if mask.confidence is not None:
            write_labels(mask.confidence, mask.grid, path)

    writers: list[tuple[str, Any, Callable[[Any, Path], None]]] = [
        ("volume", case.volume, write_scan),
        ("truth", case.truth, lambda truth, path: _write_mask(truth.mask, path)),
        ("lesions", case.truth, lambda truth, path: write_document(truth.document, path)),
        ("enhanced", case.restored, lambda made, path: write_scan(made.volume, path)),
        ("origin", case.restored, _write_origin),
        ("sd", case.restored, lambda made, path: write_reals(made.sd_hu, made.volume.grid, path)),
        ("apart", case.check, lambda made, path: write_reals(made.apart, made.grid, path)),
        ("mask", case.mask, _write_mask),
        ("confidence", sure, write_confidence),
        ("tree", case.tree, write_tree),
        ("surface", case.surface, write_surface),
        ("print", case.surface, write_surface),
        ("measures", rows, write_measures),
        ("findings", case.findings, write_findings),
    ]
    files = {}
    for number, (part, value, write) in enumerate(writers):
        progress.at(number / (len(writers) + 1), "Saving the case")
        if value is not None:
            path = folder / FILES[part]
            write(value, path)
            files[part] = {"file": path.name, "sha256": file_digest(path)}
    text = json.dumps(
        _described(case, files), indent=1, ensure_ascii=False, allow_nan=False, default=_plain
    )
    with (folder / NAME).open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    if picture is not None:
        progress.at(len(writers) / (len(writers) + 1), "Drawing the overview")
        picture(case, folder)


def _write_mask(mask: VesselMask, path: Path) -> None:
    write_labels(mask.labels, mask.grid, path)


def _write_origin(restored: Restored, path: Path) -> None:
    write_labels(restored.origin, restored.volume.grid, path)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be saved")


def _described(case: Case, files: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "angioscape": product_version(),
        "saved": now(),
        "use": "Research use only, not for diagnosis",
        "parts": files,
        "series": facts.series_facts(case.series),
        "suitability": facts.suitability_facts(case.suitability),
        "restored": None if case.restored is None else case.restored.remembered,
        "mask": None
        if case.mask is None
        else {
            "names": {str(label): name for label, name in case.mask.names.items()},
            "volume_ml": {
                case.mask.names.get(label, str(label)): round(case.mask.volume_ml(label), 3)
                for label in case.mask.present
            },
        },
        "bridges": None if case.bridges is None else [facts.bridge_facts(b) for b in case.bridges],
        "by_hand": by_hand_facts(case.by_hand),
        "drawings": None
        if case.drawings is None
        else [drawing_facts(drawing) for drawing in case.drawings],
        "measures": None if case.measures is None else [asdict(m) for m in case.measures],
        "warnings": [
            {"part": part, **facts.notice_facts(notice)}
            for part, notices in case.notices.items()
            for notice in notices
        ],
        "records": [facts.record_facts(record) for record in case.records],
    }


def _put_in_place(partial: Path, folder: Path) -> None:
    partial.chmod(0o755)
    if not folder.exists():
        partial.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / "case")
    try:
        partial.rename(folder)
    except OSError:
        (old / "case").rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes (hex)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def load_case(folder: Path, progress: Progress | None = None) -> Case:
    """The case of a case folder.

    Raises `ViewerError` when the folder is damaged or from a newer program.
    """
    progress = progress or silent()
    try:
        described = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(folder, f"{NAME} cannot be read") from error
    _refuse_newer(folder, described)
    try:
        files = _checked_files(folder, described["parts"], progress.part(0.0, 0.3))
        case = _read_parts(folder, described, files, progress.part(0.3, 1.0))
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as error:
        raise _damaged(folder, f"{NAME} does not fit its files") from error
    progress.at(1.0)
    return case


def _refuse_newer(folder: Path, described: Any) -> None:
    if not isinstance(described, dict) or not isinstance(described.get("format"), int):
        raise _damaged(folder, f"{NAME} is not a case")
    if described["format"] > FORMAT:
        raise ViewerError(
            f"{folder.name} was saved by a newer Angioscape ({described.get('angioscape', '?')}); "
            "it was left as it is: open it with that version, or update this one."
        )


def _damaged(folder: Path, why: str) -> ViewerError:
    return ViewerError(
        f"The case {folder.name} is damaged ({why}); it was left as it is, and what was open "
        "stays open: open the original scan again."
    )


def _checked_files(folder: Path, parts: dict[str, Any], progress: Progress) -> dict[str, Path]:
    found = {}
    for part, entry in progress.over(parts.items(), len(parts), "Checking the files"):
        name = entry["file"]
        if part not in FILES or name != FILES[part]:
            raise _damaged(folder, f"unknown part {part!r}")
        path = folder / name
        if not path.is_file():
            raise _damaged(folder, f"{name} is missing")
        if file_digest(path) != entry["sha256"]:
            raise _damaged(folder, f"{name} was changed after it was saved")
        found[part] = path
    return found


def _read_parts(
    folder: Path, described: dict[str, Any], files: dict[str, Path], progress: Progress
) -> Case:
    volume = read_volume(files["volume"], progress.part(0.0, 0.4))
    restored = _read_restored(files, described.get("restored"), volume, progress.part(0.4, 0.7))
    grid = volume.grid if restored is None else restored.volume.grid
    mask = None
    if "mask" in files:
        labels, _ = read_labels(files["mask"])
        names = {int(label): str(name) for label, name in described["mask"]["names"].items()}
        sure = read_labels(files["confidence"])[0] if "confidence" in files else None
        mask = VesselMask(labels, grid, names, sure)
        _ = mask.counts  # counted here, so that showing it costs nothing
    progress.at(0.8, "Reading the vessels")
    notices: dict[str, tuple[Any, ...]] = {}
    for entry in described["warnings"]:
        notices[entry["part"]] = (*notices.get(entry["part"], ()), facts.notice_from(entry))
    measures, bridges = described["measures"], described.get("bridges")
    tree = read_tree(files["tree"]) if "tree" in files else None
    return Case(
        series=facts.series_from(described["series"], volume.grid),
        volume=volume,
        truth=_read_truth(files, volume.grid),
        drawings=drawings_from(described.get("drawings"), volume),
        by_hand=by_hand_from(described.get("by_hand")),
        suitability=facts.suitability_from(described["suitability"]),
        restored=restored,
        check=_read_check(files, restored),
        mask=mask,
        bridges=None if bridges is None else tuple(facts.bridge_from(b) for b in bridges),
        tree=tree,
        surface=read_surface(files["surface"]) if "surface" in files else None,
        measures=None if measures is None else tuple(Measure(**entry) for entry in measures),
        findings=read_findings(files["findings"], tree) if "findings" in files else None,
        records=tuple(facts.record_from(entry) for entry in described["records"]),
        notices=MappingProxyType(notices),
    )


def _read_restored(
    files: dict[str, Path], told: Any, volume: Volume, progress: Progress
) -> Restored | None:
    if told is None:  # before format 4 nothing was known of a denoised scan: it is left out
        return None
    voxels = read_volume(files["enhanced"], progress).voxels
    origin, _ = read_labels(files["origin"])
    sd = read_reals(files["sd"])
    restored = recalled(told, volume, voxels, origin, sd)
    _ = restored.facts  # counted here, so that showing them costs nothing
    return restored


def _read_check(files: dict[str, Path], restored: Restored | None) -> RestorationCheck | None:
    if "apart" not in files or restored is None:
        return None
    return checked(read_reals(files["apart"]), restored.volume.grid)


def _read_truth(files: dict[str, Path], grid: Grid) -> Truth | None:
    if "truth" not in files or "lesions" not in files:
        return None
    labels, _ = read_labels(files["truth"])
    return Truth(read_document(files["lesions"]), VesselMask(labels, grid))
