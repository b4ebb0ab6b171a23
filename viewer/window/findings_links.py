"""How much was measured, a line for each table: a click shows it."""

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.case.case import Case
from viewer.session.session import Session
from viewer.window.findings import why_empty
from viewer.window.findings_lists import LISTINGS


class FindingsLinks(QWidget):
    """The tables of a case with what they count; nothing but a sentence where none is made."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.words = QLabel()
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.words)
        self.links = {each.name: QPushButton() for each in LISTINGS}
        for name, link in self.links.items():
            link.setObjectName("link")
            link.clicked.connect(lambda _=False, name=name: self._show(name))
            column.addWidget(link)

    def show_case(self, case: Case) -> None:
        """Show what a case holds."""
        found = case.findings
        self.words.setVisible(found is None)
        if found is None:
            self.words.setText(why_empty(self._session) if case.volume else "Nothing yet.")
        for listing in LISTINGS:
            link = self.links[listing.name]
            link.setVisible(found is not None)
            if found is not None:
                link.setText(f"{listing.title}: {listing.count(found)}")
                link.setToolTip(f"Show the table of {listing.title.lower()}")

    def _show(self, name: str) -> None:
        view = self._session.view
        view.findings_tab, view.maximized = name, ""
        view.findings_shown = True
