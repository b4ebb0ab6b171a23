"""Commands that make and judge cases: reconstruct, evaluate, picture."""

import argparse
import json
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.case import options as choices
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.units import seconds_text

if TYPE_CHECKING:
    from viewer.case.case import Case

STEP_OPTIONS: dict[str, type[choices.Options]] = {
    "enhance": choices.EnhanceOptions,
    "segment": choices.SegmentOptions,
    "trace": choices.TraceOptions,
}


def add_reconstruct(verbs: Any) -> None:
    """Add `reconstruct`: from a scan to a case folder."""
    verb = verbs.add_parser("reconstruct", help="from a scan to a case folder")
    verb.add_argument("input", type=Path, help="DICOM folder, volume file or case folder")
    verb.add_argument("out", type=Path, help="the case folder to write")
    verb.add_argument("--series", metavar="UID", help="which series, where there are several")
    verb.add_argument("--no-enhance", action="store_true", help="keep the noise")
    verb.add_argument("--overwrite", action="store_true", help="replace an existing case folder")
    _add_step_options(verb)
    verb.set_defaults(command=_reconstruct)


def add_evaluate(verbs: Any) -> None:
    """Add `evaluate`: a case or mask against the truth."""
    verb = verbs.add_parser("evaluate", help="compare a case or a mask with the truth")
    verb.add_argument("found", type=Path, metavar="CASE_OR_MASK")
    verb.add_argument("truth", type=Path, metavar="TRUTH")
    verb.add_argument("--json", action="store_true", help="as JSON on standard output")
    verb.set_defaults(command=_evaluate)


def add_picture(verbs: Any) -> None:
    """Add `picture`: the overview of a case."""
    verb = verbs.add_parser("picture", help="draw the overview of a case")
    verb.add_argument("case", type=Path, metavar="CASE")
    verb.add_argument("out", type=Path, metavar="OUT.png")
    verb.add_argument("--overwrite", action="store_true", help="replace an existing picture")
    verb.set_defaults(command=_picture)


def _add_step_options(verb: argparse.ArgumentParser) -> None:
    for step, kind in STEP_OPTIONS.items():
        for each in fields(kind):
            if "choices" in each.metadata:
                _add_choice(verb, step, each)
                continue
            unit = f" ({each.metadata['unit']})" if each.metadata["unit"] else ""
            verb.add_argument(
                f"--{step}-{each.name.replace('_', '-')}",
                type=float,
                metavar="X",
                help=f"{each.metadata['tip']} Default {each.default:g}{unit}.".replace("%", "%%"),
            )


def _add_choice(verb: argparse.ArgumentParser, step: str, option: Field[Any]) -> None:
    """A flag of a few words; those of the vessel step also without its name."""
    told = "; ".join(f"{word}: {title}" for word, title in option.metadata["choices"].items())
    verb.add_argument(
        f"--{step}-{option.name}",
        *([f"--{option.name}"] if step == "segment" else []),
        choices=tuple(option.metadata["choices"]),
        help=f"{option.metadata['tip']} {told}. Default {option.default}.".replace("%", "%%"),
    )


def _step_options(args: argparse.Namespace) -> dict[str, choices.Options]:
    found: dict[str, choices.Options] = {}
    for step, kind in STEP_OPTIONS.items():
        given = {each.name: getattr(args, f"{step}_{each.name}") for each in fields(kind)}
        if step == "enhance":
            given["device"] = given["device"] or args.segment_device
        options = kind(**{name: value for name, value in given.items() if value is not None})
        choices.check(options)
        found[step] = options
    return found


def _reconstruct(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.pipeline import reconstruct
    from viewer.case.source import choose, find_source, open_source
    from viewer.case.store import refuse_existing, save_case
    from viewer.scene.picture import save_overview

    refuse_existing(args.out, args.overwrite)
    options = _step_options(args)
    _demand_device(options["segment"])
    source = find_source(args.input, progress.part(0.0, 0.02))
    series = choose(source.series, args.series) if source.kind == "dicom" else None
    done = open_source(source, series, progress.part(0.02, 0.1))
    trouble = ""

    def each(_: str, case: "Case") -> None:
        nonlocal done
        done = case

    try:
        reconstruct(
            done,
            progress.part(0.1, 0.8),
            enhance=not args.no_enhance,
            options=options,
            each=each,
        )
    except ViewerError as error:
        trouble = str(error)
    save_case(
        done,
        args.out,
        progress.part(0.8, 1.0),
        overwrite=args.overwrite,
        picture=lambda case, folder: save_overview(case, folder / "overview.png"),
    )
    total = sum({record.step: record.seconds for record in done.records}.values())
    if trouble:
        print(f"Saved what there is in {args.out}.")
        raise ViewerError(trouble)
    print(f"Done in {seconds_text(total)}; the case is in {args.out}.")
    return 0


def _demand_device(options: choices.Options) -> None:
    """Raise a `ViewerError` now, not after the steps before, for a device that is not here."""
    from viewer.networks.device import DEVICES
    from viewer.networks.device import choose as choose_device

    if isinstance(options, choices.SegmentOptions) and options.device == "cuda":
        choose_device(DEVICES[options.device])


def _evaluate(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.masks import read_mask
    from viewer.segment.compare import compare, onto

    found, grid = read_mask(args.found)
    truth, target = read_mask(args.truth)
    moved = not grid.same_as(target)
    if moved:
        found = onto(found, grid, target)
    agreement = compare(found, truth, target)
    rows: dict[str, Callable[[], float]] = {
        "dice": lambda: agreement.dice,
        "cl_dice": lambda: agreement.cl_dice,
        "average_surface_distance_mm": lambda: agreement.average_surface_distance_mm,
        "hd95_mm": lambda: agreement.hd95_mm,
    }
    values = {name: get() for name, get in rows.items()}
    if args.json:
        plain = {name: (value if value == value else None) for name, value in values.items()}
        print(json.dumps(plain | {"resampled": moved}, indent=1))
        return 0
    if moved:
        print("The grids differ: the mask was brought onto the grid of the truth (nearest voxel).")
    for name, value in values.items():
        print(f"{name:28s} {value:.4f}")
    return 0


def _picture(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.store import is_case, load_case
    from viewer.scene.picture import save_overview

    if not is_case(args.case):
        raise ViewerError(f"{args.case} is not a case folder; make one: angioscape reconstruct.")
    if args.out.exists() and not args.overwrite:
        raise ViewerError(f"{args.out} exists already; nothing was changed: add --overwrite.")
    if args.out.suffix.lower() != ".png":
        raise ViewerError(f"{args.out.name} must end in .png; nothing was written.")
    case = load_case(args.case, progress.part(0.0, 0.5))
    progress.at(0.5, "Drawing the overview")
    try:
        save_overview(case, args.out)
    except OSError as error:
        raise ViewerError(f"{args.out} cannot be written ({error.strerror or error}).") from error
    print(f"The overview is in {args.out}.")
    return 0
