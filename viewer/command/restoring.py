"""The command that restores scans: enhance."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.errors import ViewerError
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.enhance.halves import RestorationCheck
    from viewer.enhance.restored import Restored

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
    from viewer.case.checking import check_restoration
    from viewer.case.options import EnhanceOptions
    from viewer.case.restoring import restore_case
    from viewer.case.source import choose, find_source, open_source
    from viewer.case.store import refuse_existing

    refuse_existing(args.out, overwrite=False)
    factor = _scale(args.scale) if args.scale else None
    source = find_source(args.input, progress.part(0.0, 0.1))
    series = choose(source.series, args.series) if source.kind == "dicom" else None
    case = open_source(source, series, progress.part(0.1, 0.25))
    options = EnhanceOptions(
        args.mode,
        "cubic" if args.mode == "exact" else "none",
        "plain" if args.plain else "networks",
    )
    part = progress.part(0.25, 0.5 if args.check else 0.8)
    made = restore_case(case, options, part, factor=factor)
    for notice in made.notices:
        if notice.severity == "warning":
            raise ViewerError(notice.text)
        print(f"Caution: {notice.text}")
    checked = None
    if args.check:
        case = case.put("restored", made.restored)
        checked = check_restoration(case, progress.part(0.5, 0.8)).check
    progress.at(0.8, "Writing")
    write_restored(made.restored, args.out, checked)
    if args.report:
        print(json.dumps(dict(made.restored.facts), indent=1))
    return 0


def write_restored(found: "Restored", out: Path, check: "RestorationCheck | None" = None) -> None:
    """Write a restored volume with all that is known of it, and its check, into a new folder."""
    from viewer.case.store import whole
    from viewer.command.vessels import NOT_WRITTEN
    from viewer.enhance.origin import ORIGINS
    from viewer.volume.files import write_labels, write_reals, write_volume

    grid = found.volume.grid
    with whole(out, "The restored scan", NOT_WRITTEN) as partial:
        write_volume(found.volume, partial / ENHANCED, "Restored; see enhance.json")
        write_labels(found.origin, grid, partial / ORIGIN)
        write_reals(found.sd_hu, grid, partial / SD)
        write_reals(found.unseen_hu, grid, partial / UNSEEN)
        facts = dict(found.facts) | {"origins": dict(enumerate(ORIGINS)), "voxels": _counts(found)}
        if check is not None:
            write_reals(check.apart, grid, partial / APART)
            facts["doubtful_share"] = check.share
        text = json.dumps(facts, indent=1, allow_nan=False)
        (partial / FACTS).write_text(text, encoding="utf-8")


def _counts(found: "Restored") -> dict[str, int]:
    from viewer.enhance.origin import ORIGINS

    counts = np.bincount(found.origin.ravel(), minlength=len(ORIGINS))
    return dict(zip(ORIGINS, counts.tolist(), strict=True))


def _scale(text: str) -> tuple[int, int, int]:
    try:
        z, y, x = (int(part) for part in text.split(","))
    except ValueError:
        raise ViewerError(
            f"The scale {text!r} is not three whole numbers such as 2,1,1; nothing was restored."
        ) from None
    return z, y, x
