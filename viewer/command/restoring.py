"""The command that restores scans: enhance."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.errors import ViewerError
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.enhance.restored import Restored
    from viewer.networks.network import Network
    from viewer.volume.volume import Volume

ENHANCED, ORIGIN, SD = "enhanced.nrrd", "origin.nrrd", "sd.nrrd"
UNSEEN, APART, FACTS = "unseen.nrrd", "apart.nrrd", "enhance.json"


def add_enhance(verbs: Any) -> None:
    """Add `enhance`: a sharper or quieter volume that agrees with what was measured."""
    verb = verbs.add_parser(
        "enhance",
        help="a sharper or quieter volume that keeps what was measured",
        description=f"Writes {ENHANCED} (int16 HU), {ORIGIN} (0 measured, 1 interpolated, 2 "
        f"denoised, 3 inferred), {SD} (standard deviation of the expected error, HU) and {FACTS} "
        "into a new folder.",
    )
    verb.add_argument("input", type=Path, metavar="INPUT", help="DICOM folder, volume file or case")
    verb.add_argument("out", type=Path, metavar="OUT", help="the folder to write")
    verb.add_argument(
        "--mode",
        choices=("exact", "noise"),
        required=True,
        help="exact: averaged back, every acquired voxel is reproduced; noise: within the noise",
    )
    verb.add_argument(
        "--scale",
        metavar="Z,Y,X",
        help="into how many each voxel is divided; by default as many slices as make it cubic "
        "(exact), or none (noise)",
    )
    verb.add_argument("--series", help="the UID of the series in a folder that holds several")
    verb.add_argument("--plain", action="store_true", help="ask no network")
    verb.add_argument(
        "--check",
        action="store_true",
        help=f"restore two halves of the dose, too, and write how far they lie apart ({APART})",
    )
    verb.add_argument("--report", action="store_true", help="print the numbers, too")
    verb.set_defaults(command=_enhance)


def _enhance(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.source import choose, find_source, open_source
    from viewer.case.store import refuse_existing
    from viewer.enhance.restore import check_by_halves, restore_scan
    from viewer.enhance.scan_facts import scan_facts, unsuitable
    from viewer.networks.device import free_memory

    refuse_existing(args.out, overwrite=False)
    factor = _scale(args.scale) if args.scale else None
    source = find_source(args.input, progress.part(0.0, 0.1))
    series = choose(source.series, args.series) if source.kind == "dicom" else None
    case = open_source(source, series, progress.part(0.1, 0.25))
    volume, series = case.volume, case.series
    if volume is None:
        raise ViewerError(f"{args.input.name} holds no scan; nothing was restored.")
    header = {} if series is None else {"modality": series.modality or "CT"}
    why = unsuitable(volume, **header, image_type=series.image_type if series else ())
    if why:
        raise ViewerError(why)
    thickness = series.slice_thickness_mm if series is not None else None
    facts = scan_facts(volume, progress.part(0.25, 0.35), slice_thickness_mm=thickness)
    factor = factor or _usual(volume, args.mode)
    network = _network(args.plain)
    part = progress.part(0.35, 0.5 if args.check else 0.8)
    found = restore_scan(
        volume,
        facts,
        part,
        mode=args.mode,
        factor=factor,
        network=network,
        free_bytes=free_memory(),
    )
    apart = None
    if args.check:
        part = progress.part(0.5, 0.8)
        apart = check_by_halves(volume, facts, part, mode=args.mode, factor=factor, network=network)
    for reason in facts.reasons:
        print(f"Caution: {reason}")
    progress.at(0.8, "Writing")
    write_restored(found, args.out, apart)
    if args.report:
        print(json.dumps(dict(found.facts), indent=1))
    return 0


def _network(plain: bool) -> "Network | None":
    """The restoration network, where it comes along and is wanted."""
    from viewer.enhance.guess import NAME
    from viewer.networks.device import choose
    from viewer.networks.network import network
    from viewer.networks.registry import models

    there = any(card.name == NAME and card.trusted for card in models())
    return network(NAME, choose()) if there and not plain else None


def write_restored(found: "Restored", out: Path, apart: np.ndarray | None = None) -> None:
    """Write a restored volume with all that is known of it into a new folder.

    `apart` is how far restorations of two halves of the dose lie apart, where that was looked at.
    """
    from viewer.case.store import whole
    from viewer.command.vessels import NOT_WRITTEN
    from viewer.enhance.halves import DOUBTFUL
    from viewer.enhance.origin import ORIGINS
    from viewer.volume.files import write_labels, write_volume
    from viewer.volume.volume import Volume

    grid = found.volume.grid
    with whole(out, "The restored scan", NOT_WRITTEN) as partial:
        write_volume(found.volume, partial / ENHANCED, "Restored; see enhance.json")
        write_labels(found.origin, grid, partial / ORIGIN)
        for values, name in ((found.sd_hu, SD), (found.unseen_hu, UNSEEN), (apart, APART)):
            if values is not None:
                write_volume(Volume(values.astype(np.float32), grid), partial / name)
        facts = dict(found.facts) | {"origins": dict(enumerate(ORIGINS)), "voxels": _counts(found)}
        if apart is not None:
            facts["doubtful_share"] = float(np.mean(apart > DOUBTFUL))
        text = json.dumps(facts, indent=1, allow_nan=False)
        (partial / FACTS).write_text(text, encoding="utf-8")


def _counts(found: "Restored") -> dict[str, int]:
    from viewer.enhance.origin import ORIGINS

    counts = np.bincount(found.origin.ravel(), minlength=len(ORIGINS))
    return dict(zip(ORIGINS, counts.tolist(), strict=True))


def _usual(volume: "Volume", mode: str) -> tuple[int, int, int]:
    """As many new slices as make voxels about cubic; none where noise is taken out."""
    from viewer.enhance.acquisition import MOST

    if mode == "noise":
        return 1, 1, 1
    along, across, _ = volume.grid.spacing_mm
    return int(np.clip(round(along / across), 1, MOST)), 1, 1


def _scale(text: str) -> tuple[int, int, int]:
    try:
        z, y, x = (int(part) for part in text.split(","))
    except ValueError:
        raise ViewerError(
            f"The scale {text!r} is not three whole numbers such as 2,1,1; nothing was restored."
        ) from None
    return z, y, x
