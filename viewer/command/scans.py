"""Commands that look at scans: open, series, info."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.errors import ViewerError
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.dicom.series import Series


def add_open(verbs: Any) -> None:
    """Add `open`: the window on a scan or a case."""
    verb = verbs.add_parser("open", help="open a scan or a saved case in the window")
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("path", nargs="?", type=Path, help="DICOM folder, volume file or case folder")
    what.add_argument("--example", action="store_true", help="the example that comes along")
    verb.set_defaults(command=open_window)


def add_series(verbs: Any) -> None:
    """Add `series`: what lies in a folder."""
    verb = verbs.add_parser("series", help="list the series at a path")
    verb.add_argument("path", type=Path)
    verb.add_argument("--json", action="store_true", help="as JSON on standard output")
    verb.set_defaults(command=_series)


def add_info(verbs: Any) -> None:
    """Add `info`: versions and the machine."""
    verb = verbs.add_parser("info", help="versions, processor, memory and graphics")
    verb.set_defaults(command=_info)


def open_window(args: argparse.Namespace, progress: Progress) -> int:
    """Open the window with what was asked for; ends when it is closed."""
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
