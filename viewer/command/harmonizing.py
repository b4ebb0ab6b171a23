"""The command that brings scans to a reference, and back: harmonize."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.errors import ViewerError
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.dicom.series import Series
    from viewer.enhance.harmonize import Harmonized
    from viewer.enhance.harmonize_reference import Reference
    from viewer.enhance.scan_facts import ScanFacts
    from viewer.volume.volume import Volume

HARMONIZED, DIFFERENCE, FACTS = "harmonized.nrrd", "difference.nrrd", "harmonize.json"
USUAL = "vascular-1mm"


def add_harmonize(verbs: Any) -> None:
    """Add `harmonize`: a scan with the kernel, slices, noise and HU of a reference."""
    verb = verbs.add_parser(
        "harmonize",
        help="a scan as another scanner would show it, and back",
        description=f"Writes {HARMONIZED} (int16 HU), {DIFFERENCE} (what brings the original back) "
        f"and {FACTS} (before, asked and after) into a new folder. With --undo the original is "
        "made of such a folder, bit for bit.",
    )
    verb.add_argument("input", type=Path, metavar="INPUT", help="DICOM folder, volume file or case")
    verb.add_argument("out", type=Path, metavar="OUT", help="the folder to write")
    what = verb.add_mutually_exclusive_group()
    what.add_argument("--to", default=USUAL, metavar="REFERENCE", help=f"{USUAL} if not given")
    what.add_argument("--like", type=Path, metavar="OTHER", help="a scan that is the reference")
    what.add_argument(
        "--undo", action="store_true", help="INPUT is such a folder, OUT the volume file to write"
    )
    verb.add_argument("--series", help="the UID of the series in a folder that holds several")
    verb.add_argument("--kvp", type=float, help="the tube voltage, where no header says it")
    verb.add_argument("--plain", action="store_true", help="ask no network")
    verb.add_argument("--report", action="store_true", help="print before, asked and after, too")
    verb.set_defaults(command=_harmonize)


def _harmonize(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.options import EnhanceOptions
    from viewer.case.restoring import restoration_network
    from viewer.case.store import refuse_existing
    from viewer.enhance.harmonize import harmonize
    from viewer.enhance.harmonize_report import table
    from viewer.networks.device import free_memory

    refuse_existing(args.out, overwrite=False)
    if args.undo:
        return undo(args.input, args.out, progress)
    if args.like is not None:
        reference = _like(args.like, progress.part(0.0, 0.2))
    else:
        reference = _named(args.to)
    volume, facts, series = _measured(args.input, args.series, progress.part(0.2, 0.4))
    found = harmonize(
        volume,
        facts,
        reference,
        progress.part(0.4, 0.9),
        kvp=args.kvp or series.kvp,
        network=restoration_network(EnhanceOptions(engine="plain" if args.plain else "networks")),
        free_bytes=free_memory(),
    )
    progress.at(0.9, "Writing")
    write_harmonized(found, reference, series, args.out)
    if args.report:
        print(table(found.rows))
    for note in found.notes:
        print(f"Caution: {note}")
    return 0


def _named(name: str) -> "Reference":
    from viewer.enhance.harmonize_reference import REFERENCES

    if name not in REFERENCES:
        raise ViewerError(
            f"There is no reference {name!r}; nothing was changed: choose one of "
            f"{', '.join(REFERENCES)}, or name a scan with --like."
        )
    return REFERENCES[name]


def _like(path: Path, progress: Progress) -> "Reference":
    from viewer.enhance.harmonize_reference import reference_like

    volume, facts, series = _measured(path, None, progress.part(0.0, 0.9))
    name = series.description or path.name
    return reference_like(volume, facts, progress.part(0.9, 1.0), name=name, kvp=series.kvp)


def _measured(
    path: Path, uid: str | None, progress: Progress
) -> "tuple[Volume, ScanFacts, Series]":
    """The scan at a path, what was measured of it, and its series; else a `ViewerError`."""
    from viewer.case.source import choose, find_source, open_source
    from viewer.enhance.harmonize_reference import refuse_unsuitable
    from viewer.enhance.scan_facts import scan_facts

    source = find_source(path, progress.part(0.0, 0.2))
    chosen = choose(source.series, uid) if source.kind == "dicom" else None
    case = open_source(source, chosen, progress.part(0.2, 0.5))
    volume, series = case.volume, case.series
    if volume is None or series is None:
        raise ViewerError(f"{path.name} holds no scan; nothing was changed.")
    kind = series.modality or "CT"
    refuse_unsuitable(volume, modality=kind, image_type=series.image_type)
    # Without a header the thickness that a series tells is the distance of its slices.
    thickness = series.slice_thickness_mm if series.uid else None
    facts = scan_facts(volume, progress.part(0.5, 1.0), slice_thickness_mm=thickness)
    return volume, facts, series


def write_harmonized(
    found: "Harmonized", reference: "Reference", series: "Series", out: Path
) -> None:
    """Write a harmonized scan, what brings the original back, and the numbers into a folder."""
    from viewer.case.store import whole
    from viewer.command.vessels import NOT_WRITTEN
    from viewer.volume.files import write_volume
    from viewer.volume.volume import Volume

    told = {
        "of": {"series": series.uid, "sha256": found.sha256},
        "reference": asdict(reference),
        "numbers": found.rows,
        "not_reached": list(found.notes),
        **found.facts,
    }
    with whole(out, "The harmonized scan", NOT_WRITTEN) as partial:
        write_volume(found.volume, partial / HARMONIZED, f"Harmonized; see {FACTS}")
        difference = Volume(found.difference, found.grid)
        write_volume(difference, partial / DIFFERENCE, "No scan: what was changed")
        text = json.dumps(told, indent=1, allow_nan=False)
        (partial / FACTS).write_text(text, encoding="utf-8")


def undo(folder: Path, out: Path, progress: Progress) -> int:
    """Write the original of a harmonized scan's folder, bit for bit."""
    from viewer.enhance.harmonize import original
    from viewer.volume.files import read_volume, write_volume

    try:
        told = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        sha256 = told["of"]["sha256"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ViewerError(
            f"{folder} holds no harmonized scan ({FACTS} is missing or damaged); nothing was "
            "written: name the folder that `angioscape harmonize` wrote."
        ) from error
    made = read_volume(folder / HARMONIZED, progress.part(0.0, 0.4))
    difference = read_volume(folder / DIFFERENCE, progress.part(0.4, 0.8))
    scan = original(made, difference.voxels, difference.grid, sha256)
    write_volume(scan, out)
    progress.at(1.0)
    return 0
