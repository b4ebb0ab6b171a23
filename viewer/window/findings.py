"""All that was measured in a case, as tabs under the panes: a click on a row goes there."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from PySide6.QtWidgets import QTableWidgetItem as Item

from viewer.case import pipeline
from viewer.case.case import Case
from viewer.scene.colors import TOKENS
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.window.findings_lists import LISTINGS, Head, Listing
from viewer.window.findings_rows import Row
from viewer.window.vessel_chosen import ChosenVessel
from viewer.window.vessel_table import VesselTable

ROWS = 6  # that are seen without scrolling
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


def _side(head: Head) -> Qt.AlignmentFlag:
    """Numbers stand at the right of their column, words at the left."""
    side = Qt.AlignmentFlag.AlignRight if head.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class FindingTable(QTableWidget):
    """One listing; `wanted` tells which row a person goes to."""

    wanted = Signal(object)

    def __init__(self, listing: Listing) -> None:
        super().__init__(0, len(listing.heads))
        self.listing = listing
        self.rows: list[Row] = []
        for column, head in enumerate(listing.heads):
            item = Item(head.title)
            item.setTextAlignment(_side(head))
            item.setToolTip(head.tip)
            self.setHorizontalHeaderItem(column, item)
        self.verticalHeader().hide()
        widths = self.horizontalHeader()
        widths.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        widths.setSectionResizeMode(len(listing.heads) - 1, QHeaderView.ResizeMode.Stretch)
        widths.setHighlightSections(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(listing.title)
        self.cellClicked.connect(lambda row, _: self._go(row))

    def show_rows(self, rows: list[Row]) -> None:
        """Show other rows."""
        self.rows = rows
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        with QSignalBlocker(self):
            self.clearSelection()
            self.setRowCount(len(rows))
            for number, row in enumerate(rows):
                for column, cell in enumerate(row.cells):
                    item = Item(cell.text)
                    item.setTextAlignment(_side(self.listing.heads[column]))
                    item.setToolTip(cell.tip)
                    if cell.color != "text":
                        item.setForeground(QColor(TOKENS[cell.color]))
                    self.setItem(number, column, item)

    def text(self) -> str:
        """The table with tabs between its columns."""
        lines = [tuple(head.title for head in self.listing.heads)]
        lines += [tuple(cell.text for cell in row.cells) for row in self.rows]
        return "\n".join("\t".join(line) for line in lines)

    def step(self, by: int) -> None:
        """Go to the next row that has a place, or the one before."""
        placed = [n for n, row in enumerate(self.rows) if row.at_lps is not None]
        if placed:
            at = self.currentRow() if self.selectedItems() else (-1 if by > 0 else len(self.rows))
            beyond = [n for n in placed if (n - at) * by > 0] or placed
            self.selectRow(beyond[0 if by > 0 else -1])
            self._go(self.currentRow())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from row to row, Enter goes to the current one again."""
        before = self.currentRow()
        super().keyPressEvent(event)
        again = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if self.currentRow() != before or again:
            self._go(self.currentRow())

    def _go(self, row: int) -> None:
        if 0 <= row < len(self.rows):
            self.wanted.emit(self.rows[row])


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


class FindingsPanel(QTabWidget):
    """The chosen vessel's table, and a tab for each listing of the whole case."""

    def __init__(self, vessel: ChosenVessel, table: VesselTable) -> None:
        super().__init__()
        self._vessel, self._table = vessel, table
        self._session, self._view = vessel.session, vessel.view
        self.setObjectName("findings")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.setAccessibleName("All that was measured")
        own = QWidget()
        column = QVBoxLayout(own)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(table)
        column.addStretch(1)
        self.addTab(own, "This vessel")
        self.setTabToolTip(0, "The chosen vessel at its flags and at the cursor")
        self.pages = {each.name: FindingPage(each, self._session) for each in LISTINGS}
        for page in self.pages.values():
            page.table.wanted.connect(self.go)
            self.addTab(page, page.listing.title)
        self.currentChanged.connect(self._tab_chosen)
        self._session.case_changed.connect(self._case_changed)
        self._session.jobs.changed.connect(self._job_changed)
        self._view.events.findings_tab.connect(self._show_tab)
        self._view.events.layout.connect(self._lay_out)
        self._lay_out()

    def release(self) -> None:
        """Stop listening."""
        self._session.case_changed.disconnect(self._case_changed)
        self._session.jobs.changed.disconnect(self._job_changed)
        self._view.events.findings_tab.disconnect(self._show_tab)
        self._view.events.layout.disconnect(self._lay_out)

    def fit(self, alone: bool) -> None:
        """Take the height of some rows, or all the room."""
        row = self.fontMetrics().height() + 8
        self._table.fit()
        inner = max(self._table.height(), (ROWS + 1) * row + 12)
        height = self.tabBar().sizeHint().height() + inner
        self.setMinimumHeight(height)
        self.setMaximumHeight(16777215 if alone else height)

    def refresh(self) -> None:
        """Show what the case holds: the counts at once, the rows of the tab that is seen."""
        found = self._session.case.findings
        for number, page in enumerate(self.pages.values(), start=1):
            title = page.listing.title
            self.setTabText(
                number, title if found is None else f"{title} {page.listing.count(found)}"
            )
        page = self.page
        if page is not None:
            page.refresh()

    @property
    def page(self) -> FindingPage | None:
        """The listing that is seen; None for the chosen vessel's table."""
        seen = self.currentWidget()
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

    def _tab_chosen(self, number: int) -> None:
        names = ("vessel", *self.pages)
        if self._view.findings_tab != names[number]:
            self._view.findings_tab = names[number]
        self.refresh()

    def _show_tab(self, *_: object) -> None:
        names = ("vessel", *self.pages)
        self.setCurrentIndex(names.index(self._view.findings_tab))

    def _lay_out(self, *_: object) -> None:
        """The chosen vessel is measured in its own layout only."""
        here = self._view.layout == "vessel"
        with QSignalBlocker(self):
            self.setTabVisible(0, here)
            chosen = ("vessel", *self.pages).index(self._view.findings_tab)
            self.setCurrentIndex(chosen if here else max(chosen, 1))
        self.refresh()

    def _case_changed(self, before: Case, after: Case) -> None:
        self.refresh()

    def _job_changed(self, job: Job) -> None:
        if self._session.case.findings is None and self.page is not None:
            self.page.refresh()
