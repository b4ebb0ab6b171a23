"""How sure the program is: what lies under the cursor, what to check, and proposed repairs."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from viewer.case.case import Case
from viewer.case.decide import about
from viewer.errors import Notice
from viewer.segment.bridges import Bridge, build
from viewer.segment.confidence import sure_text
from viewer.session.session import Session
from viewer.window.style import icon

SIGNS = {
    "info": ("info", "accent", "Note"),
    "warning": ("warning", "caution", "Caution"),
    "blocks": ("warning-circle", "danger", "Problem"),
}
GRAVEST_FIRST = ("blocks", "warning", "info")
Point = tuple[float, float, float]


class NoticeRow(QWidget):
    """One sentence with its severity and, where it names a place, the way there.

    Of several notices of one kind, each with its place, one is read at a time.
    """

    wanted = Signal(object)

    def __init__(self, notices: Sequence[Notice]) -> None:
        super().__init__()
        self._notices = notices
        self._at = -1
        sign_name, color, self._word = SIGNS[notices[0].severity]
        sign = QLabel()
        sign.setPixmap(icon(sign_name, color).pixmap(16, 16))
        sign.setAccessibleName(self._word)
        sign.setToolTip(self._word)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        many = len(notices) > 1
        self.go = QPushButton(f"Go to the next of {len(notices)}" if many else "Go there")
        self.go.setToolTip("Put the crosshair on this place (N: the next one)")
        self.go.setVisible(notices[0].point_lps is not None)
        self.go.clicked.connect(self._next)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self.text)
        column.addWidget(self.go, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(column, 1)
        self._read(notices[0])

    def show_place(self, point_lps: Point) -> None:
        """Read the notice of a place, if it is one of these."""
        for at, notice in enumerate(self._notices):
            if notice.point_lps == point_lps:
                self._at = at
                self._read(notice)

    def _next(self) -> None:
        self._at = (self._at + 1) % len(self._notices)
        self._read(self._notices[self._at])
        self.wanted.emit(self._notices[self._at].point_lps)

    def _read(self, notice: Notice) -> None:
        self.text.setText(f"{self._word}: {notice.text}")


class Doubts(QWidget):
    """The cursor's structure, the tint of confidence, bridges to decide on, and all notices."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._place = self._bridge = -1
        self._told: tuple = ()
        self.cursor = QLabel()
        self.cursor.setWordWrap(True)
        self.cursor.setTextFormat(Qt.TextFormat.PlainText)
        self.cursor.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.tint = QCheckBox("Tint by confidence")
        self.tint.setToolTip("Color the mask by how sure the program is (Ctrl+I)")
        self.tint.toggled.connect(self._set_tint)
        self.proposal = QLabel()
        self.proposal.setWordWrap(True)
        self.buttons = QWidget()
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for title, tip, run in (
            ("Next", "Go to the next proposed bridge (Shift+N)", self.next_bridge),
            ("Accept", "Make this bridge part of the map (Y)", self.accept),
            ("Dismiss", "Drop this proposal (Shift+Y)", self.dismiss),
        ):
            button = QPushButton(title)
            button.setToolTip(tip)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(run)
            row.addWidget(button)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.cursor, self.tint, self.proposal, self.buttons):
            column.addWidget(widget)
        column.addLayout(self.rows)

    # What is shown

    def show_case(self, case: Case) -> None:
        """Show the notices and the bridges of a case."""
        if case.warnings != self._told:
            self._told, self._place = case.warnings, -1
            self._show_notices(case)
        mask = case.mask
        self.tint.setEnabled(mask is not None and mask.confidence is not None)
        self._show_bridges()
        self.follow_view()

    def follow_view(self) -> None:
        """Show what lies under the cursor."""
        view, mask = self._session.view, self._session.case.mask
        self.cursor.setVisible(mask is not None)
        if mask is not None:
            self.cursor.setText(sure_text(mask, view.cursor_lps))
        self.tint.setChecked(view.confidence_shown)

    def _show_notices(self, case: Case) -> None:
        while self.rows.count():
            self.rows.takeAt(0).widget().deleteLater()
        for notices in by_kind(case.warnings):
            row = NoticeRow(notices)
            row.wanted.connect(self._go)
            self.rows.addWidget(row)

    def _show_bridges(self) -> None:
        bridges = self._session.case.bridges or ()
        self.proposal.setVisible(bool(bridges))
        self.buttons.setVisible(bool(bridges))
        if not bridges:
            return
        n = self._bridge
        if not 0 <= n < len(bridges):
            count = len(bridges)
            self.proposal.setText(f"{count} bridge{'s' if count > 1 else ''} proposed, dashed")
            return
        self.proposal.setText(bridge_text(bridges[n], n + 1, len(bridges)))

    def _set_tint(self, on: bool) -> None:
        if self._session.view.confidence_shown != on:
            self._session.view.confidence_shown = on

    # What can be done

    @property
    def places(self) -> list[Point]:
        """Where the notices say to look."""
        found = [notice.point_lps for notice in self._session.case.warnings]
        return [point for point in found if point is not None]

    def next_place(self) -> None:
        """Put the crosshair on the next place that should be checked."""
        if self.places:
            self._place = (self._place + 1) % len(self.places)
            self._go(self.places[self._place])

    def next_bridge(self) -> None:
        """Put the crosshair on the next proposed bridge."""
        bridges = self._session.case.bridges or ()
        if bridges:
            self._bridge = (self._bridge + 1) % len(bridges)
            self._go(bridges[self._bridge].middle_lps)
            self._show_bridges()

    def accept(self) -> None:
        """Make the bridge at hand part of the map."""
        bridge = self._chosen()
        if bridge is None:
            return
        if not self._session.may_edit:
            self._session.say("info", "Wait until the running job has ended, or cancel it (Esc).")
            return
        self._bridge = -1
        decided = about(bridge, self._session.case, accepted=True)
        self._session.edit("Accept bridge", lambda case, _: build(case.mask, bridge), decided)

    def dismiss(self) -> None:
        """Drop the bridge at hand."""
        bridge = self._chosen()
        if bridge is None:
            return
        self._bridge = -1
        self._session.decide(about(bridge, self._session.case, accepted=False))

    def _chosen(self) -> Bridge | None:
        """The bridge at hand; where none is, the first is shown before it is decided on."""
        bridges = self._session.case.bridges or ()
        if 0 <= self._bridge < len(bridges):
            return bridges[self._bridge]
        self.next_bridge()
        return None

    def _go(self, point_lps: Point) -> None:
        self._session.view.cursor_lps = point_lps
        for n in range(self.rows.count()):
            self.rows.itemAt(n).widget().show_place(point_lps)


def by_kind(notices: Sequence[Notice]) -> list[list[Notice]]:
    """Notices gravest first; those of one kind that each name a place stand together."""
    found: dict[tuple, list[Notice]] = {}
    for notice in sorted(notices, key=lambda n: GRAVEST_FIRST.index(n.severity)):
        alone = "" if notice.point_lps is not None else notice.text
        found.setdefault((notice.code, notice.severity, alone), []).append(notice)
    return list(found.values())


def bridge_text(bridge: Bridge, number: int, count: int) -> str:
    """What is proposed, in one line."""
    gap = "no contrast in the gap" if bridge.occluded else "contrast in the gap"
    return (
        f"Bridge {number} of {count}: {bridge.gap_mm:.1f} mm, radius {bridge.radius_mm:.1f} mm, "
        f"{gap}, rank {bridge.confidence:.2f}"
    )
