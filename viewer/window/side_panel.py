"""A scrolling column at a side of the window."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

WIDEST_LINES = 10  # heights of a line


class SidePanel(QScrollArea):
    """A column that scrolls up and down; `column` takes what stands in it."""

    def __init__(self, least_width: int, margin: int, spacing: int) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._least_width = least_width
        inside = QWidget()
        inside.setObjectName("side")
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(margin, 12, margin, margin)
        self.column.setSpacing(spacing)
        self.setWidget(inside)

    def minimumSizeHint(self) -> QSize:
        """As wide as what stands in it, in large type too, but for very long words."""
        bar = self.verticalScrollBar().sizeHint().width()
        wanted = self.widget().minimumSizeHint().width() + bar
        most = WIDEST_LINES * self.fontMetrics().height()
        return QSize(max(self._least_width, min(wanted, most)), super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another width when what stands in the column asks for it."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def heading(text: str) -> QLabel:
    """A caption above a group."""
    label = QLabel(text)
    label.setObjectName("heading")
    return label
