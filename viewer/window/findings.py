"""All that was measured in a case, as tables under the panes: a click on a row goes there."""

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.case import pipeline
from viewer.case.case import Case
from viewer.scene.colors import TOKENS
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.window.findings_lists import LISTINGS, Listing
from viewer.window.findings_rows import Row
from viewer.window.findings_table import FindingTable
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_table import VesselTable

ROWS = 6  # that are seen without scrolling, under the heads of the columns
SHARE = 0.25  # of the window's height, at most, for the rows
FREE = 16777215  # as high as one likes
NOT_YET = "Nothing is measured yet: run Measure (Alt+5), or every step (F5)."
WORKING = "The measurements appear as soon as they are made …"
STEP = pipeline.step_named("measure")


def why_empty(session: Session) -> str:
    """Why there are no measurements, and what to do."""
    if session.jobs.current is not None and session.jobs.current.title in (
        STEP.title,
        "Reconstruct",
    ):
        return WORKING
    state, why = pipeline.state(session.case, STEP)
    return why if state == "blocked" else session.failed.get(STEP.name, NOT_YET)


class FindingPage(QStackedWidget):
    """A listing's table, or the sentence that says why it is empty."""

    def __init__(self, listing: Listing, session: Session) -> None:
        super().__init__()
        self.listing, self._session = listing, session
        self._shown: object = None
        self.table = FindingTable(listing)
        self.words = QLabel()
        self.words.setObjectName("quiet")
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.measure = QPushButton("Measure")
        self.measure.setToolTip(f"{STEP.tip} (Alt+5)")
        self.measure.clicked.connect(lambda: session.run(STEP.name))
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.addStretch(1)
        column.addWidget(self.words)
        column.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        self.addWidget(empty)
        self.addWidget(self.table)

    def refresh(self) -> None:
        """Show what the case holds."""
        case = self._session.case
        if case.findings is None or case.tree is None:
            self.words.setText(why_empty(self._session))
            ready = pipeline.state(case, STEP)[0] == "ready"
            self.measure.setVisible(ready and self._session.jobs.current is None)
            self.table.show_rows([])
        elif case.findings is not self._shown:
            self.table.show_rows(self.listing.rows(case.findings, case.tree))
            self.words.setText(self.listing.empty)
            self.measure.hide()
        self._shown = case.findings
        self.setCurrentIndex(1 if self.table.rows else 0)


class FindingsPanel(QWidget):
    """The chosen vessel's table and a listing of each kind for the whole case, one of them seen."""

    def __init__(self, vessel: ChosenVessel, table: VesselTable) -> None:
        super().__init__()
        self._vessel, self._table = vessel, table
        self._session, self._view = vessel.session, vessel.view
        self.setAccessibleName("All that was measured")
        own = QWidget()
        column = QVBoxLayout(own)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(table)
        column.addStretch(1)
        self.stack = QStackedWidget()
        self.stack.setObjectName("findings")
        self.stack.addWidget(own)
        self.pages = {each.name: FindingPage(each, self._session) for each in LISTINGS}
        for page in self.pages.values():
            page.table.wanted.connect(self.go)
            self.stack.addWidget(page)
        self._names = ("vessel", *self.pages)
        self.titles = self._list_of_titles()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.titles)
        column.addWidget(self.stack, 1)
        self.titles.currentRowChanged.connect(self._chosen)
        self._session.case_changed.connect(self._case_changed)
        self._session.jobs.changed.connect(self._job_changed)
        self._view.events.findings_tab.connect(self._lay_out)
        self._view.events.layout.connect(self._lay_out)
        self._lay_out()

    def _list_of_titles(self) -> QListWidget:
        titles = QListWidget()
        titles.setObjectName("tables")
        titles.setAccessibleName("Tables")
        titles.setFlow(QListWidget.Flow.LeftToRight)
        titles.setWrapping(True)
        titles.setResizeMode(QListWidget.ResizeMode.Adjust)
        titles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        titles.addItems(["This vessel", *(each.title for each in LISTINGS)])
        titles.item(0).setToolTip("The chosen vessel at its flags and at the cursor")
        for number, each in enumerate(LISTINGS, start=1):
            titles.item(number).setToolTip(f"{each.title}\nDouble click: all the room, and back")
        return titles

    def release(self) -> None:
        """Stop listening."""
        self._session.case_changed.disconnect(self._case_changed)
        self._session.jobs.changed.disconnect(self._job_changed)
        self._view.events.findings_tab.disconnect(self._lay_out)
        self._view.events.layout.disconnect(self._lay_out)

    def fit(self, alone: bool) -> None:
        """Take the height of some rows, or all the room."""
        self._fold()
        self._table.fit()
        rows = min((ROWS + 1) * self._row + 12, round(self.window().height() * SHARE))
        height = self.titles.height() + max(self._table.height(), rows)
        self.setMinimumHeight(height)
        self.setMaximumHeight(FREE if alone else height)

    @property
    def _row(self) -> int:
        return self.fontMetrics().height() + 8

    def _fold(self) -> None:
        """Lay the titles out side by side in as many lines as they need; more than two scroll."""
        letters, room = self.titles.fontMetrics(), self.titles.viewport().width()
        lines, used = 1, 0
        for item in map(self.titles.item, range(self.titles.count())):
            width = letters.horizontalAdvance(item.text()) + 2 * letters.height()
            item.setSizeHint(QSize(width, self._row))
            if not item.isHidden():
                lines, used = (lines + 1, width) if used + width > room else (lines, used + width)
        self.titles.setFixedHeight(min(lines, 2) * self._row + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the titles out anew in another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit(self.maximumHeight() == FREE)

    def changeEvent(self, event: QEvent) -> None:
        """Take as much room as other letters need."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit(self.maximumHeight() == FREE)

    def refresh(self) -> None:
        """Show what the case holds: the counts at once, the rows of the table that is seen."""
        found = self._session.case.findings
        for number, listing in enumerate(LISTINGS, start=1):
            count = "" if found is None else listing.count(found)
            item = self.titles.item(number)
            item.setText(f"{listing.title} {count}".rstrip())
            item.setForeground(QColor(TOKENS["quiet" if count in ("", "0") else "text"]))
        self._fold()
        page = self.page
        if page is not None:
            page.refresh()

    @property
    def page(self) -> FindingPage | None:
        """The listing that is seen; None for the chosen vessel's table."""
        seen = self.stack.currentWidget()
        return seen if isinstance(seen, FindingPage) else None

    def copy(self) -> None:
        """Put the table that is seen onto the clipboard."""
        if self.page is None:
            self._table.copy()
        else:
            QApplication.clipboard().setText(self.page.table.text())

    def step(self, by: int) -> None:
        """Go to the next row of the listing that is seen, or the one before."""
        if self.page is not None:
            self.page.refresh()
            self.page.table.step(by)

    def go(self, row: Row) -> None:
        """Put the cursor where a row tells of, choose its vessel, and propose its flags."""
        if row.at_lps is None or row.branch is None:
            return
        if row.flags_lps:
            self._vessel.propose(row.branch, row.flags_lps)
        else:
            self._vessel.choose_at(row.branch, row.at_lps)

    def _chosen(self, number: int) -> None:
        self._view.findings_tab = self._names[number]

    def _lay_out(self, *_: object) -> None:
        """Show the table that is asked for; a vessel is measured in its own layout only."""
        here = self._view.layout == "vessel"
        asked = self._names.index(self._view.findings_tab)
        shown = asked if here else max(asked, 1)
        with QSignalBlocker(self.titles):
            self.titles.item(0).setHidden(not here)
            self.titles.setCurrentRow(shown)
        self.stack.setCurrentIndex(shown)
        self.refresh()

    def _case_changed(self, before: Case, after: Case) -> None:
        self.refresh()

    def _job_changed(self, job: Job) -> None:
        if self._session.case.findings is None and self.page is not None:
            self.page.refresh()
