"""The question for a vessel's name, with what the program calls it and how sure it is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.case.by_hand_facts import LONGEST_NAME, name_of
from viewer.case.case import Case
from viewer.case.decide import name_told, program_name
from viewer.geometry.vocabulary import known_names
from viewer.window.tree_hand import TreeHand


class RenameVessel(QDialog):
    """Asks for the name of one branch; "As named by the program" takes a given one back."""

    def __init__(self, hand: TreeHand, case: Case, branch: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._hand, self._branch = hand, branch
        self.setWindowTitle("Rename the vessel")
        self.told = QLabel(name_told(case, branch))
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.name = QLineEdit(case.tree.branches[branch].name)
        self.name.setAccessibleName("Name of the vessel")
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setMinimumWidth(320)
        offered = QCompleter(known_names(), self)
        offered.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        offered.setFilterMode(Qt.MatchFlag.MatchContains)
        self.name.setCompleter(offered)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        own = program_name(case, branch)
        self.back = QPushButton(f"As named by the program: {own or 'no name'}")
        self.back.setAutoDefault(False)
        self.back.setVisible(self._given(case))
        column = QVBoxLayout(self)
        column.setSpacing(12)
        for widget in (self.told, self.name, self.back, self.buttons):
            column.addWidget(widget)
        self.name.textChanged.connect(self._check)
        self.back.clicked.connect(self._take_back)
        self.buttons.accepted.connect(self._take)
        self.buttons.rejected.connect(self.reject)
        self.name.selectAll()
        self._check()

    def _given(self, case: Case) -> bool:
        return name_told(case, self._branch).startswith("Named by hand")

    def _check(self, *_: object) -> None:
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(self._typed() != "")

    def _typed(self) -> str:
        try:
            return name_of(self.name.text())
        except ValueError:
            return ""

    def _take(self) -> None:
        self._hand.rename(self._branch, self._typed())
        self.accept()

    def _take_back(self) -> None:
        self._hand.rename(self._branch, "")
        self.accept()


def ask_vessel_name(hand: TreeHand, case: Case, branch: int, parent: QWidget) -> None:
    """Ask for the name of a branch."""
    dialog = RenameVessel(hand, case, branch, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
