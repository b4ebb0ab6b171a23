"""What a person can do with all that was measured."""

from viewer.session.session import Session
from viewer.window.action import Action, has_volume, shows_vessel
from viewer.window.findings_lists import LISTINGS


def has_findings(session: Session) -> bool:
    """Possible on measured vessels."""
    return session.case.findings is not None


def _shows_findings(session: Session) -> bool:
    """Whether the tables are seen."""
    return shows_vessel(session) or (session.view.findings_shown and has_volume(session))


def _other_layout(session: Session) -> bool:
    """Possible where the tables are not always under the panes."""
    return has_volume(session) and session.view.layout != "vessel"


# fmt: off
FINDINGS_ACTIONS: tuple[Action, ...] = (
    Action("findings", "All that was measured", "Vessel",
           lambda w: w.panes.toggle("findings_shown"), "F3", enabled=_other_layout,
           checked=_shows_findings, tip="Tables under the panes: narrowings, widenings, audit …"),
    *(Action(f"findings-{each.name}", each.title, "Vessel",
             lambda w, name=each.name: w.panes.show_findings(name), enabled=has_volume,
             tip=f"The table of what was measured: {each.title.lower()}") for each in LISTINGS),
    Action("finding-next", "Next in the table", "Vessel",
           lambda w: w.panes.vessel.findings.step(1), "J", enabled=has_findings,
           tip="Go to the next place of the table of measurements that is seen"),
    Action("finding-previous", "Previous in the table", "Vessel",
           lambda w: w.panes.vessel.findings.step(-1), "Shift+J", enabled=has_findings),
    Action("finding-marks", "Marks of what was measured", "Vessel",
           lambda w: w.panes.toggle("marks_shown"), "F4", enabled=has_findings,
           checked=lambda s: s.view.marks_shown,
           tip="Narrowings, widenings and landmarks on slices and in 3-D"),
    Action("copy-vessel", "Copy the table of measurements", "Vessel",
           lambda w: w.panes.vessel.findings.copy(), "Ctrl+Shift+C", enabled=_shows_findings,
           tip="The table that is seen, with tabs between its columns"),
)
# fmt: on
