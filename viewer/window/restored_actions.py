"""What a person can do with the tint of the restored scan."""

from viewer.scene.tint_restored import TITLES
from viewer.session.session import Session
from viewer.session.view_state import Tint
from viewer.window.action import Action


def has_restored(session: Session) -> bool:
    """Possible on a scan that was restored."""
    restored = session.case.restored
    return restored is not None and not restored.untouched


def tints(session: Session) -> list[Tint]:
    """The tints that tell something of the case."""
    checked = session.case.check is not None
    return [name for name in TITLES if name != "none" and (checked or name != "apart")]


def next_tint(session: Session) -> None:
    """Show the next tint, after the last one none."""
    order: list[Tint] = ["none", *tints(session)]
    at = order.index(session.view.tint) if session.view.tint in order else 0
    session.view.tint = order[(at + 1) % len(order)]


def toggle_tint(session: Session) -> None:
    """Show no tint, or where each voxel comes from."""
    session.view.tint = "none" if session.view.tint != "none" else "origin"


def _tint(name: Tint) -> Action:
    return Action(
        f"tint-{name}",
        f"Tint: {TITLES[name][0].lower()}{TITLES[name][1:]}",
        "View",
        lambda w: setattr(w.session.view, "tint", name),
        enabled=lambda s: has_restored(s) and name in tints(s),
        checked=lambda s: s.view.tint == name,
    )


# fmt: off
RESTORED_ACTIONS: tuple[Action, ...] = (
    Action("tint-next", "Next tint of the restored scan", "View", lambda w: next_tint(w.session),
           "I", enabled=has_restored,
           tip="Origin, expected error, what the scanner could not see, what was taken away, none"),
    Action("tint", "Tint of the restored scan", "View", lambda w: toggle_tint(w.session),
           "Shift+I", enabled=has_restored, checked=lambda s: s.view.tint != "none",
           tip="Shows on every picture what was measured and what was not"),
    *(_tint(name) for name in TITLES if name != "none"),
    Action("check-restoration", "Check the restoration", "Steps",
           lambda w: w.session.check_restoration(), "Ctrl+Shift+I",
           enabled=lambda s: has_restored(s) and s.jobs.current is None,
           tip="Restores two halves of the dose, too: where they disagree, the picture hangs on "
           "the noise, and is marked"),
)
# fmt: on
