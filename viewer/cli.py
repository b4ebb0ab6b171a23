"""The command line: every verb of the program without the window."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.case import options as choices
from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress
from viewer.provenance import product_version
from viewer.units import seconds_text

if TYPE_CHECKING:
    from viewer.case.case import Case
    from viewer.dicom.series import Series

STEP_OPTIONS: dict[str, type[choices.Options]] = {
    "enhance": choices.EnhanceOptions,
    "segment": choices.SegmentOptions,
    "trace": choices.TraceOptions,
}


def run(arguments: Sequence[str]) -> int:
    """Run one command; 0 done, 1 failed (one sentence on stderr), 2 wrong arguments."""
    try:
        args = _parser().parse_args(arguments)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 2
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    cancel = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: cancel.set())
    try:
        return args.command(args, Progress(_Printer(), cancel)) or 0
    except ViewerError as error:
        return _fail(str(error))
    except (Cancelled, KeyboardInterrupt):
        return _fail("Cancelled; nothing was written.")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _fail("There is not enough memory; nothing was written: close other programs.")
    except Exception as error:
        if os.environ.get("ANGIOSCAPE_TRACEBACK"):
            raise
        logging.getLogger(__name__).debug("failed", exc_info=True)
        return _fail(
            f"Something went wrong inside the program ({type(error).__name__}: {error}); nothing "
            "was changed. Set ANGIOSCAPE_TRACEBACK=1 to see where."
        )


def _fail(sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return 1


class _Printer:
    """Prints each new message with how far it is; on a terminal the line moves on."""

    def __init__(self) -> None:
        self._message = ""
        self._shown = -1

    def __call__(self, fraction: float, message: str) -> None:
        percent = int(100 * fraction)
        new = bool(message) and message != self._message
        self._message = message or self._message
        if new or percent >= self._shown + 10 or percent < self._shown:
            self._shown = percent
            print(f"{percent:3d} %  {self._message}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="angioscape",
        description="From CT angiograms to 3-D maps of the vessels. Research use only, not for "
        "diagnosis. Without a command the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"angioscape {product_version()}")
    parser.set_defaults(command=_window)
    verbs = parser.add_subparsers(title="commands", metavar="")

    verb = verbs.add_parser("open", help="open a scan or a saved case in the window")
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("path", nargs="?", type=Path, help="DICOM folder, volume file or case folder")
    what.add_argument("--example", action="store_true", help="the example that comes along")
    verb.set_defaults(command=_window)

    verb = verbs.add_parser("series", help="list the series at a path")
    verb.add_argument("path", type=Path)
    verb.add_argument("--json", action="store_true", help="as JSON on standard output")
    verb.set_defaults(command=_series)

    verb = verbs.add_parser("reconstruct", help="from a scan to a case folder")
    verb.add_argument("input", type=Path, help="DICOM folder, volume file or case folder")
    verb.add_argument("out", type=Path, help="the case folder to write")
    verb.add_argument("--series", metavar="UID", help="which series, where there are several")
    verb.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    verb.add_argument("--no-enhance", action="store_true", help="keep the noise")
    verb.add_argument("--overwrite", action="store_true", help="replace an existing case folder")
    _add_step_options(verb)
    verb.set_defaults(command=_reconstruct)

    verb = verbs.add_parser("evaluate", help="compare a case or a mask with the truth")
    verb.add_argument("found", type=Path, metavar="CASE_OR_MASK")
    verb.add_argument("truth", type=Path, metavar="TRUTH")
    verb.add_argument("--json", action="store_true", help="as JSON on standard output")
    verb.set_defaults(command=_evaluate)

    verb = verbs.add_parser("picture", help="draw the overview of a case")
    verb.add_argument("case", type=Path, metavar="CASE")
    verb.add_argument("out", type=Path, metavar="OUT.png")
    verb.add_argument("--overwrite", action="store_true", help="replace an existing picture")
    verb.set_defaults(command=_picture)

    verb = verbs.add_parser("info", help="versions, processor, memory and graphics")
    verb.set_defaults(command=_info)
    return parser


def _add_step_options(verb: argparse.ArgumentParser) -> None:
    for step, kind in STEP_OPTIONS.items():
        for each in fields(kind):
            unit = f" ({each.metadata['unit']})" if each.metadata["unit"] else ""
            verb.add_argument(
                f"--{step}-{each.name.replace('_', '-')}",
                type=float,
                metavar="X",
                help=f"{each.metadata['tip']} Default {each.default:g}{unit}.".replace("%", "%%"),
            )


def _step_options(args: argparse.Namespace) -> dict[str, choices.Options]:
    found: dict[str, choices.Options] = {}
    for step, kind in STEP_OPTIONS.items():
        given = {each.name: getattr(args, f"{step}_{each.name}") for each in fields(kind)}
        options = kind(**{name: value for name, value in given.items() if value is not None})
        choices.check(options)
        found[step] = options
    return found


def _window(args: argparse.Namespace, progress: Progress) -> int:
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM")
    ):
        raise ViewerError(
            "There is no display to open a window on; use `angioscape reconstruct` and "
            "`angioscape picture` instead."
        )
    from viewer.window.app import show

    path = getattr(args, "path", None)
    if getattr(args, "example", False):
        from viewer.resource import resource

        path = resource("example")
    if path is not None and not path.exists():
        raise ViewerError(f"{path} does not exist; check the name, or choose another folder.")
    return show(path)


def _series(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.dicom.folder import scan_folder

    quiet = Progress()
    listing = scan_folder(args.path, quiet)
    if args.json:
        print(json.dumps([_series_row(each) for each in listing.series], indent=1))
        return 0
    for each in listing.series:
        row = _series_row(each)
        spacing = row["spacing_mm"]
        size = " x ".join(f"{mm:.3g}" for mm in spacing) + " mm" if spacing else "spacing unknown"
        facts = [row["modality"] or "?", f"{row['slices']} slices", size]
        facts += [f"{name} {row[name]}" for name in ("phase", "kernel", "contrast") if row[name]]
        print(f"{row['uid']}\n  {row['description'] or '(no description)'}: {', '.join(facts)}")
        for notice in each.notices:
            print(f"  {notice.severity}: {notice.text}")
    for notice in listing.excluded:
        print(f"Left out: {notice.text}")
    return 0


def _series_row(series: "Series") -> dict[str, Any]:
    from viewer.case.facts import series_facts

    row = series_facts(series) or {}
    row["files"] = len(series.files)
    row["warnings"] = row.pop("notices")
    row["readable"] = series.readable
    return row


def _reconstruct(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.pipeline import reconstruct
    from viewer.case.source import choose, find_source, open_source
    from viewer.case.store import refuse_existing, save_case
    from viewer.scene.picture import save_overview

    refuse_existing(args.out, args.overwrite)
    options = _step_options(args)
    _demand_device(args.device)
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
        return _fail(trouble)
    print(f"Done in {seconds_text(total)}; the case is in {args.out}.")
    return 0


def _demand_device(device: str) -> None:
    if device != "cuda":
        return
    import torch

    if not torch.cuda.is_available():
        raise ViewerError(
            "There is no CUDA device on this machine; nothing was written: use --device auto."
        )


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


def _info(args: argparse.Namespace, progress: Progress) -> int:
    import platform

    import psutil

    from viewer.provenance import versions
    from viewer.units import bytes_text

    memory = psutil.virtual_memory()
    rows = dict(versions()) | {
        "system": platform.platform(),
        "processor": f"{os.cpu_count()} threads, {platform.machine()}",
        "memory": f"{bytes_text(memory.total)}, {bytes_text(memory.available)} free",
    }
    try:
        import torch

        cuda = torch.cuda.is_available()
        rows["torch"] = torch.__version__
        rows["CUDA device"] = torch.cuda.get_device_name(0) if cuda else "none"
    except ImportError:
        rows["torch"] = "not installed"
    for name, value in rows.items():
        print(f"{name:14s} {value}")
    return 0
