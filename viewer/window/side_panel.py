"""A scrolling column at a side of the window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget


class SidePanel(QScrollArea):
    """A column that scrolls up and down; `column` takes what stands in it."""

    def __init__(self, least_width: int, margin: int, spacing: int) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(least_width)
        inside = QWidget()
        inside.setObjectName("side")
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(margin, 12, margin, margin)
        self.column.setSpacing(spacing)
        self.setWidget(inside)


def heading(text: str) -> QLabel:
    """A caption above a group."""
    label = QLabel(text)
    label.setObjectName("heading")
    return label
