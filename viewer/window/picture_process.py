"""Draws a case's overview in a process of its own, because VTK draws only in its main thread."""

import logging
import subprocess
import sys
from pathlib import Path

from viewer.case.case import Case

log = logging.getLogger(__name__)
LIMIT_S = 180


def draw_overview(_: Case, folder: Path) -> None:
    """Write `overview.png` into a case folder; a failure is logged, the case is kept."""
    program = (
        [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "viewer"]
    )
    command = [*program, "picture", str(folder), str(folder / "overview.png")]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("The overview was not drawn: %s", error)
        return
    if ended.returncode:
        log.warning("The overview was not drawn: %s", ended.stderr.decode(errors="replace"))
