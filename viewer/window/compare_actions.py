"""What a person can do to compare the raw scan with the restored one."""

from typing import TYPE_CHECKING

from viewer.session.session import Session
from viewer.window.action import Action, has_volume
from viewer.window.restored_actions import has_restored
from viewer.window.swipe import STEP, inside

if TYPE_CHECKING:
    from viewer.window.main_window import MainWindow


def compares(session: Session) -> bool:
    """Possible with a restored scan, or a preview of one."""
    return has_restored(session) or session.looking.shown is not None


def parts(session: Session) -> bool:
    """Possible while the line is shown."""
    return session.view.swipe and compares(session)


def cancels(session: Session) -> bool:
    """Possible while something runs or a preview is shown."""
    return session.jobs.current is not None or session.looking.at_lps is not None


def cancel(window: "MainWindow") -> None:
    """Take the preview away; where there is none, stop what is running."""
    if window.session.looking.at_lps is not None:
        window.session.looking.forget()
    else:
        window.cancel()


def shift(session: Session, step: float) -> None:
    """Move the line by a share of the width."""
    session.view.swipe_at = inside(session.view.swipe_at + step)


# fmt: off
COMPARE_ACTIONS: tuple[Action, ...] = (
    Action("preview-here", "Preview the restoration here", "Steps", lambda w: w.glimpse.here(),
           "Q", enabled=has_volume,
           tip="Restores a box under the pointer with the options of Enhance; Esc takes it away"),
    Action("swipe", "Raw beside restored", "View", lambda w: w.panes.toggle("swipe"), "Shift+S",
           enabled=compares, checked=lambda s: s.view.swipe,
           tip="A line in every slice, raw at its left; drag it, or Alt+Left and Alt+Right"),
    Action("swipe-left", "Move the line to the left", "View",
           lambda w: shift(w.session, -STEP), "Alt+Left", enabled=parts),
    Action("swipe-right", "Move the line to the right", "View",
           lambda w: shift(w.session, STEP), "Alt+Right", enabled=parts),
)
# fmt: on
