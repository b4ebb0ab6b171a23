"""The command line: every verb of the program without the window."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence

from viewer.command import cases, harmonizing, networks, patients, restoring, scans, vessels
from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress
from viewer.provenance import product_version

VERBS = (
    scans.add_open,
    scans.add_series,
    cases.add_reconstruct,
    cases.add_evaluate,
    cases.add_picture,
    restoring.add_enhance,
    harmonizing.add_harmonize,
    vessels.add_trace,
    patients.add_phantom,
    networks.add_train,
    networks.add_models,
    scans.add_info,
)


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
    parser.set_defaults(command=scans.open_window)
    verbs = parser.add_subparsers(title="commands", metavar="")
    for add in VERBS:
        add(verbs)
    return parser
