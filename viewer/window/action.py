"""One thing that a person can do, and when it can be done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.case import pipeline
from viewer.session.session import Session

if TYPE_CHECKING:
    from viewer.window.main_window import MainWindow


def always(_: Session) -> bool:
    """Possible at any time."""
    return True


def has_volume(session: Session) -> bool:
    """Possible with a scan."""
    return session.case.volume is not None


def has_mask(session: Session) -> bool:
    """Possible with segmented vessels."""
    return session.case.mask is not None


def fits(session: Session) -> bool:
    """Possible on a scan that is fit for the vessel step."""
    return session.case.volume is not None and session.case.suitability is not None


def has_tree(session: Session) -> bool:
    """Possible with traced vessels."""
    return session.case.tree is not None


def shows_vessel(session: Session) -> bool:
    """Possible in the layout of one vessel."""
    return has_tree(session) and session.view.layout == "vessel"


def has_truth(session: Session) -> bool:
    """Possible on a made-up patient."""
    return session.case.truth is not None


def has_confidence(session: Session) -> bool:
    """Possible on vessels that networks found."""
    mask = session.case.mask
    return mask is not None and mask.confidence is not None


def has_places(session: Session) -> bool:
    """Possible where a notice names a place."""
    return any(notice.point_lps is not None for notice in session.case.warnings)


def has_bridges(session: Session) -> bool:
    """Possible where bridges are proposed."""
    return bool(session.case.bridges)


def idle_with_bridges(session: Session) -> bool:
    """Possible where bridges are proposed, while nothing but tracing runs."""
    return has_bridges(session) and session.may_edit


def step_ready(name: str) -> Callable[[Session], bool]:
    """Possible when a step is not blocked and nothing runs."""
    step = pipeline.step_named(name)

    def ready(session: Session) -> bool:
        return session.jobs.current is None and pipeline.state(session.case, step)[0] != "blocked"

    return ready


def idle_with_volume(session: Session) -> bool:
    """Possible with a scan while nothing runs."""
    return has_volume(session) and session.jobs.current is None


def may_undo(session: Session) -> bool:
    """Possible after a change; while something runs, only of what a person noted."""
    history = session.history
    return bool(history.undo_name) and (session.jobs.current is None or history.undoes_notes)


def may_redo(session: Session) -> bool:
    """Possible after an undo; while something runs, only of what a person noted."""
    history = session.history
    return bool(history.redo_name) and (session.jobs.current is None or history.redoes_notes)


def has_drawings(session: Session) -> bool:
    """Possible where something is drawn."""
    return bool(session.case.drawings)


@dataclass(frozen=True)
class Action:
    """One thing that a person can do.

    `shortcut` is a Qt key sequence; `checked` says whether a switch is on (None: not a switch).
    """

    name: str
    title: str
    menu: str
    run: Callable[["MainWindow"], object]
    shortcut: str = ""
    icon: str = ""
    toolbar: bool = False
    enabled: Callable[[Session], bool] = always
    checked: Callable[[Session], bool] | None = None
    tip: str = ""
